# The doors of GitHub, PagerDuty and Flux: who signed, what is answered; nothing breaks them.
import copy
import hashlib
import hmac
import json
import logging
from dataclasses import fields
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webhooks.credentials import Credentials, Sender
from webhooks.doors.receiver import receiver
from webhooks.keeping import Keepers

from .test_alertmanager import HOSTILE, json_values
from .told import RECORDED, body, paths, value

SECRETS = {"github": "gh-s3cret", "pagerduty": "pd-s3cret", "events": "fx-s3cret"}
HEADERS = {"github": "X-Hub-Signature-256", "pagerduty": "X-PagerDuty-Signature",
           "events": "X-Signature"}  # fmt: skip
PREFIX = {"github": "sha256=", "pagerduty": "v1=", "events": "sha256="}
PATHS = {"github": "/api/v1/webhooks/github", "pagerduty": "/api/v1/webhooks/pagerduty",
         "events": "/api/v1/events"}  # fmt: skip
GOOD = {"github": body("github", "push"), "pagerduty": body("pagerduty", "acknowledged"),
        "events": body("flux", "kustomization")}  # fmt: skip
KINDS = list(PATHS)
OTHERS = [
    Sender("old", "github", secret="gh-0ld", services={"*": ["old"]}),
    Sender("ours", "github", secret=SECRETS["github"], services={"acme/auth": ["login"]}),
    Sender("pd", "pagerduty", secret=SECRETS["pagerduty"]),
    Sender("flux", "events", secret=SECRETS["events"]),
    Sender("ci", "events", token="ci-t0ken", services={"apps/auth": ["from-ci"]}),
]


def refuse(*_):
    raise AssertionError("nothing of the kind was sent")


class Receiver:
    """The doors alone, with lists for a store."""

    def __init__(self, keys):
        self.kept, self.counted = [], []
        own = {
            "events": self._keep,
            "services_of": lambda beginning: ("auth",),
            "ignored": lambda: self.counted.append("ignored"),
            "refused": self.counted.append,
        }
        keep = Keepers(**{one.name: refuse for one in fields(Keepers)} | own)
        app = Flask("test")
        app.register_blueprint(receiver(keep, keys))
        self.client = app.test_client()

    def _keep(self, events):
        self.kept += events
        return len(events)

    def post(self, kind, data, headers=None, **more):
        sent = {"X-GitHub-Event": "push"} if kind == "github" else {}
        return self.client.post(PATHS[kind], data=data, headers=sent | (headers or {}), **more)

    def signed(self, kind, data, secret=None, **headers):
        return self.post(kind, data, sign(kind, data, secret) | headers)


def sign(kind, data, secret=None):
    made = hmac.new((secret or SECRETS[kind]).encode(), data, hashlib.sha256).hexdigest()
    return {HEADERS[kind]: PREFIX[kind] + made}


@pytest.fixture
def guarded():
    return Receiver(Credentials(OTHERS))


@pytest.fixture
def open_to_all():
    return Receiver(Credentials())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_is_kept(guarded, kind):
    answer = guarded.signed(kind, GOOD[kind])
    assert (answer.status_code, answer.json) == (200, {"kept": 1})
    assert len(guarded.kept) == 1


def test_each_secret_has_names_of_its_own(guarded):
    for secret in (SECRETS["github"], "gh-0ld"):
        guarded.signed("github", GOOD["github"], secret)
    guarded.post("events", GOOD["events"], {"Authorization": "Bearer ci-t0ken"})
    assert [event.service for event in guarded.kept] == ["login", "old", "from-ci"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        "{prefix}",
        "{digest}",
        "{prefix}{digest} x",
        "sha1={digest}",
        "{prefix}{upper}",
        "{prefix}{digest}\xe9",
        "{prefix}\xff\xfe",
        "{prefix}{prefix}{digest}",
        "{prefix}" + "0" * 64,
        "{prefix}" + "0" * 60_000,
    ],
)
def test_what_is_not_signed_is_turned_away(guarded, kind, wrong):
    digest = sign(kind, GOOD[kind])[HEADERS[kind]].removeprefix(PREFIX[kind])
    headers = {}
    if wrong is not None:
        made = wrong.format(prefix=PREFIX[kind], digest=digest, upper=digest.upper())
        headers = {HEADERS[kind]: made}
    answer = guarded.post(kind, GOOD[kind], headers)
    assert answer.status_code == 401
    assert set(answer.json) == {"error", "field"}
    assert guarded.kept == []
    assert guarded.counted == ["unauthorised"]


@pytest.mark.parametrize("kind", KINDS)
def test_another_body_or_another_secret_is_turned_away(guarded, kind):
    assert guarded.signed(kind, GOOD[kind], "gh-s3cre").status_code == 401
    headers = sign(kind, GOOD[kind])
    assert guarded.post(kind, GOOD[kind] + b" ", headers).status_code == 401
    assert guarded.kept == []


def test_of_two_signature_headers_pagerduty_may_have_one_right_and_github_none(guarded):
    for kind, status in (("github", 401), ("pagerduty", 200)):
        right = sign(kind, GOOD[kind])[HEADERS[kind]]
        both = [(HEADERS[kind], PREFIX[kind] + "0" * 64), (HEADERS[kind], right)]
        sent = [*both, ("X-GitHub-Event", "push")]
        answer = guarded.client.post(PATHS[kind], data=GOOD[kind], headers=sent)
        assert answer.status_code == status


def test_a_token_opens_no_door_of_those_who_sign():
    both = Receiver(Credentials(OTHERS, token="c0mmon"))
    for kind in ("github", "pagerduty"):
        answer = both.post(kind, GOOD[kind], {"Authorization": "Bearer c0mmon"})
        assert (answer.status_code, answer.json["field"]) == (401, HEADERS[kind])


class Users:
    """One user, by the Authorization header alone."""

    def needed(self):
        return True

    def user(self, headers):
        return "ann" if headers.get("Authorization") == "Basic ann" else None

    def may_change(self, user):
        return True


@pytest.mark.parametrize("kind", ["github", "pagerduty"])
def test_a_user_need_not_sign_but_a_wrong_signature_is_wrong(kind):
    doors = Receiver(Credentials(OTHERS, login=Users()))
    user = {"Authorization": "Basic ann"}
    assert doors.post(kind, GOOD[kind], user).json == {"kept": 1}
    assert doors.post(kind, GOOD[kind], {"Authorization": "Basic bob"}).status_code == 401
    wrong = {HEADERS[kind]: PREFIX[kind] + "0" * 64}
    assert doors.post(kind, GOOD[kind], user | wrong).status_code == 401
    assert len(doors.kept) == 1


@pytest.mark.parametrize("kind", ["github", "pagerduty"])
def test_without_a_secret_nothing_is_taken_where_anything_is_asked(kind):
    asked = Receiver(Credentials([Sender("ci", "events", token="t")]))
    empty = hmac.new(b"", GOOD[kind], hashlib.sha256).hexdigest()
    answer = asked.post(kind, GOOD[kind], {HEADERS[kind]: PREFIX[kind] + empty})
    assert answer.status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_asked_everybody_may_post(open_to_all, kind):
    assert open_to_all.post(kind, GOOD[kind]).json == {"kept": 1}


@pytest.mark.parametrize(
    ("kind", "name", "headers"),
    [
        ("github", "ping", {"X-GitHub-Event": "ping"}),
        ("github", "issues", {"X-GitHub-Event": "issues"}),
        ("github", "issues", {"X-GitHub-Event": "x" * 5000}),
        ("pagerduty", "ping", {}),
    ],
)
def test_what_is_of_no_use_is_acknowledged_and_counted(guarded, kind, name, headers):
    answer = guarded.signed(kind, body(kind, name), **headers)
    assert (answer.status_code, answer.json["kept"]) == (200, 0)
    assert guarded.counted == ["ignored"]


def test_github_may_send_a_form(guarded):
    form = urlencode({"payload": GOOD["github"].decode()}).encode()
    answer = guarded.signed("github", form, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, len(guarded.kept)) == (200, 1)


def test_the_name_of_githubs_event_is_needed(guarded):
    answer = guarded.client.post(
        PATHS["github"], data=GOOD["github"], headers=sign("github", GOOD["github"])
    )
    assert (answer.status_code, answer.json["field"]) == (400, "X-GitHub-Event")


@pytest.mark.parametrize(("kind", "limit"), [("github", 25), ("pagerduty", 4), ("events", 4)])
def test_too_large_a_body_is_refused_unread(guarded, kind, limit):
    large = b" " * (limit * 1024 * 1024 + 1)
    assert guarded.signed(kind, large).status_code == 413
    assert guarded.post(kind, large).status_code in (401, 413)
    assert guarded.kept == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("poison", HOSTILE.values(), ids=HOSTILE.keys())
def test_poison_is_refused_with_one_clear_line(guarded, kind, poison):
    answer = guarded.signed(kind, poison)
    assert answer.status_code == 400
    assert answer.text.count("\n") == 1
    assert answer.json["error"].startswith("expected")


@pytest.mark.parametrize(
    "mode",
    ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"],
)
@pytest.mark.parametrize("poison", HOSTILE.values(), ids=HOSTILE.keys())
def test_poison_in_cloudevents_is_refused(open_to_all, mode, poison):
    headers = {"Content-Type": mode}
    if mode == "application/json":
        headers |= {"ce-id": "1", "ce-source": "/", "ce-type": "t", "ce-specversion": "1.0",
                    "ce-time": "2024-01-22T15:22:05Z", "ce-subject": ""}  # fmt: skip
    answer = open_to_all.post("events", poison, headers)
    empty_batch = mode.endswith("batch+json") and poison == b"[]"
    assert answer.status_code == (200 if empty_batch else 400)
    assert open_to_all.kept == []


def test_strange_texts_are_kept_as_text(open_to_all):
    strange = "<img onerror=x> [a](javascript:b) \ud800 \x00 \u202e{{7*7}}\n## Root cause\x1b[31m"
    push, incident = value("github", "push"), value("pagerduty", "acknowledged")
    flux = value("flux", "kustomization")
    push["head_commit"]["message"] = strange
    incident["event"]["data"]["title"] = strange
    flux["message"] = flux["involvedObject"]["name"] = strange
    for kind, whole in (("github", push), ("pagerduty", incident), ("events", flux)):
        assert open_to_all.post(kind, json.dumps(whole)).status_code == 200
    assert len(open_to_all.kept) == 3
    for event in open_to_all.kept:
        (event.text + event.service + event.id).encode()  # a lone surrogate would fail
        assert "\x00" not in event.text
        assert "\n" not in event.text
        assert "<img onerror=x>" in event.text


def test_secrets_are_never_told(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    for kind in KINDS:
        guarded.signed(kind, GOOD[kind])
        assert "s3cret" not in guarded.post(kind, GOOD[kind], {HEADERS[kind]: "v1=x"}).text
        guarded.signed(kind, b"[")
    assert "s3cret" not in caplog.text
    assert sign("github", GOOD["github"])[HEADERS["github"]][7:] not in caplog.text


SEEDS = [(kind, file.stem, json.loads(file.read_text()))
         for kind in ("github", "pagerduty", "flux", "cloudevents")
         for file in sorted((RECORDED / kind).glob("*.json"))]  # fmt: skip
STRANGE = st.one_of(
    json_values,
    st.sampled_from(["", " ", "\x00", "\ud800", "9" * 400, -1, 2**70, 1e300, True, None, [], {}]),
)


@given(st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_in_any_field_breaks_a_door(open_to_all, data):
    kind, name, whole = data.draw(st.sampled_from(SEEDS))
    whole = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(whole)))
        place = whole
        for key in path[:-1]:
            place = place[key]
        if data.draw(st.booleans()):
            place[path[-1]] = data.draw(STRANGE)
        else:
            del place[path[-1]]
        if not paths(whole):
            break
    headers = {"X-GitHub-Event": name.partition(".")[0]} if kind == "github" else {}
    if kind == "cloudevents":
        headers = {"Content-Type": "application/cloudevents+json"}
    door = kind if kind in PATHS else "events"
    open_to_all.kept.clear()
    answer = open_to_all.client.post(PATHS[door], data=json.dumps(whole), headers=headers)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json["error"].startswith("expected")
    for event in open_to_all.kept:
        assert event.service.strip()
        (event.service + event.text + event.team + event.id).encode()
