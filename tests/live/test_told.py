# What others tell of changes and escalations, from the door to the draft: TTA and what is near.
from __future__ import annotations

import hashlib
import hmac
import json
import re

import pytest

from tests.webhooks.told import body, value

from .made import BORN, DAY, Metrics, Place, text

START = BORN + 3 * DAY + 7200
END = START + 3600
SENDERS = (
    {"name": "gh", "kind": "github", "secret": "gh-key", "services": {"acme/auth": "auth"}},
    {
        "name": "pd",
        "kind": "pagerduty",
        "secret": "pd-key",
        "services": {"Auth production": ["auth"]},
    },
    {"name": "ci", "kind": "events", "token": "ci-key", "services": {"deployment/auth": "auth"}},
)
BASE = "/api/v1/incidents"


@pytest.fixture
def place(store):
    return Place(store, Metrics((START, END)), senders=SENDERS)


def post(place, kind, whole, event="push"):
    """The recorded body, signed as its sender would."""
    data = json.dumps(whole).encode()
    key = {"github": b"gh-key", "pagerduty": b"pd-key"}[kind]
    digest = hmac.new(key, data, hashlib.sha256).hexdigest()
    headers = (
        {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": event}
        if kind == "github"
        else {"X-PagerDuty-Signature": f"v1={digest}"}
    )
    return place.client.post(f"/api/v1/webhooks/{kind}", data=data, headers=headers)


def page(place, name, at, incident="PGR0VU2"):
    whole = value("pagerduty", name)
    whole["event"] |= {"occurred_at": text(at), "id": f"{name}-{incident}-{at}"}
    part = whole["event"]["data"]
    part.get("incident", part)["id"] = incident
    answer = post(place, "pagerduty", whole)
    assert answer.status_code == 200
    return answer.json


def deploy(place, name, at, number):
    whole = value("github", name)
    whole["deployment_status"] |= {"created_at": text(at), "id": number}
    answer = post(place, "github", whole, "deployment_status")
    assert answer.json == {"kept": 1}


def tell(place, data, **headers):
    sent = {"Authorization": "Bearer ci-key"} | headers
    return place.client.post("/api/v1/events", data=data, headers=sent)


def draft(place):
    (found,) = place.at(END + 1200)
    shown = place.client.get(f"{BASE}/{found['id']}/draft").text
    facts = place.client.get(f"{BASE}/{found['id']}").json
    return facts, re.sub(r"[\\*]", "", shown)


def test_pagerduty_tells_who_was_paged_when_somebody_answered_and_to_whom_it_went(place):
    for name, after in (
        ("triggered", 240),
        ("acknowledged", 540),
        ("escalated", 900),
        ("delegated", 1200),
        ("annotated", 1500),
        ("resolved", 3900),
    ):
        assert page(place, name, START + after) == {"kept": 1}
        assert page(place, name, START + after) == {"kept": 0}  # delivered again
    facts, shown = draft(place)
    assert facts["time_to_acknowledge"]["value"] == pytest.approx(540, abs=30)
    assert facts["time_to_detect"]["value"] == pytest.approx(240, abs=30)
    assert facts["declared_end"]["value"] == text(START + 3900)
    kinds = {event["type"]: event["text"] for event in facts["events"]}
    assert kinds["note"] == "PagerDuty, Logins fail: The new limit counts every tenant as one"
    escalated = [e for e in facts["events"] if e["type"] == "escalated"]
    assert [e["team"] for e in escalated] == ["Database on call"] * 2
    assert "PagerDuty incident #2417 escalated: Logins fail → Database on call" in shown
    assert re.search(r"Time to acknowledge \(TTA\)\W+8 min 57 s", shown)
    assert "Robin" not in shown


def test_of_several_acknowledgements_the_first_that_can_be_of_it_counts(place):
    page(place, "triggered", START - 6600, "EARLIER")
    page(place, "acknowledged", START - 6000, "EARLIER")
    for after in (600, 1500, 2400):
        page(place, "acknowledged", START + after)
    page(place, "acknowledged", START + 900, "OTHER")
    facts, shown = draft(place)
    assert facts["time_to_acknowledge"]["value"] == pytest.approx(600, abs=30)
    assert "negative: the first acknowledgement" not in shown


def test_an_acknowledgement_of_something_else_alone_makes_no_time(place):
    page(place, "acknowledged", START - 6000, "EARLIER")
    facts, _ = draft(place)
    tta = facts["time_to_acknowledge"]
    assert (tta["status"], tta["reason"]) == (
        "not_derivable",
        "no acknowledgement was given but what came long before the onset",
    )


def test_deployments_of_github_are_changes_near_the_onset_and_the_recovery(place):
    deploy(place, "deployment_status", START - 300, 1)
    deploy(place, "deployment_status.success", START - 120, 2)
    whole = value("github", "push")
    whole["repository"]["pushed_at"] = END - 240
    whole["head_commit"]["message"] = 'Revert "Raise the session limit"'
    assert post(place, "github", whole).json == {"kept": 1}
    facts, shown = draft(place)
    found = {one["id"]: one for one in facts["findings"]}
    onset, recovery = found["change_before_onset"], found["revert_before_recovery"]
    assert (onset["verdict"], recovery["verdict"]) == ("supported", "supported")
    assert "deployment of main (f95f852) to production finished" in onset["evidence"]["change"]
    assert 'Revert "Raise the session limit"' in recovery["evidence"]["change"]
    assert "change near in time: 5 min 3 s before the onset" in shown


def test_cloudevents_and_flux_are_changes_near_the_onset(place):
    one = value("cloudevents", "cdevents.deployed") | {"time": text(START - 420)}
    answer = tell(place, json.dumps(one), **{"Content-Type": "application/cloudevents+json"})
    assert answer.json == {"kept": 1}
    flux = value("flux", "kustomization") | {"timestamp": text(START - 180)}
    assert tell(place, json.dumps(flux)).json == {"kept": 1}
    binary = {
        "Content-Type": "application/json",
        "ce-specversion": "1.0",
        "ce-type": "outage-window.mitigating",
        "ce-source": "/chat",
        "ce-id": "7",
        "ce-time": text(START + 1800),
        "ce-subject": "auth",
    }
    for kept in (1, 0):
        assert tell(place, b'{"text": "Limits switched off"}', **binary).json == {"kept": kept}
    facts, shown = draft(place)
    assert [e["type"] for e in facts["events"]] == ["change", "change", "mitigating"]
    assert "deployment/auth deployed in production" in shown
    assert "Flux Kustomization apps/auth" in shown
    assert facts["time_to_mitigate"]["value"] == pytest.approx(1800, abs=30)


def test_what_is_told_after_it_closed_makes_a_revision(place):
    (closed,) = place.at(END + 1200)
    page(place, "acknowledged", START + 540)
    (revised,) = place.at(END + 1300)
    assert (closed["revision"], revised["revision"]) == (1, 2)
    facts = place.client.get(f"{BASE}/{closed['id']}").json
    assert facts["time_to_acknowledge"]["value"] == pytest.approx(540, abs=30)


def test_what_tells_of_nothing_is_counted(place):
    before = place.metric("outage_window_events_ignored_total")
    assert post(place, "github", value("github", "ping"), "ping").status_code == 200
    assert place.metric("outage_window_events_ignored_total") == before + 1


def test_a_note_without_a_known_incident_belongs_to_nobody(place):
    assert page(place, "annotated", START + 60, "UNKNOWN")["kept"] == 0
    page(place, "triggered", START + 60, "P_K%")  # what a pattern would take for a sign
    assert page(place, "annotated", START + 60, "PXKY")["kept"] == 0
    assert page(place, "annotated", START + 60, "P_K%")["kept"] == 1


def test_a_real_process_takes_them_and_tells_no_secret(tmp_path):
    from .process import Process

    file = "senders: [{name: gh, kind: github, secret_file: key}]\n"
    (tmp_path / "key").write_text("gh-s3cret\n")
    with Process(tmp_path, file) as serving:
        data = body("github", "push")
        path = "/api/v1/webhooks/github"
        digest = hmac.new(b"gh-s3cret", data, hashlib.sha256).hexdigest()
        sent = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={digest}"}
        assert serving.post(path, data, **sent).json() == {"kept": 1}
        assert serving.post(path, data, **sent).json() == {"kept": 0}
        sent["X-Hub-Signature-256"] = "sha256=" + "0" * 64
        refused = serving.post(path, data, **sent)
        assert (refused.status_code, refused.json()["field"]) == (401, "X-Hub-Signature-256")
        assert serving.metric("outage_window_events_total") == 1
    assert "s3cret" not in serving.log
    assert "Traceback" not in serving.log
