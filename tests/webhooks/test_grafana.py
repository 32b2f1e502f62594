"""Grafana Alerting's webhook: Alertmanager's with more in it, and alerts about itself."""

import json

import pytest

from webhooks import alertmanager, grafana
from webhooks.model import Refused

ALERT = {
    "status": "firing",
    "labels": {"alertname": "High login failures", "service": "auth", "grafana_folder": "SRE"},
    "annotations": {"summary": "Many attempts fail"},
    "startsAt": "2026-11-20T18:43:10+01:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "values": {"B": 0.4127, "C": 1},
    "generatorURL": "http://grafana.test/alerting/grafana/uid/view?orgId=1",
    "fingerprint": "57c6d9296de2ad39",
    "silenceURL": "http://grafana.test/alerting/silence/new?matcher=alertname",
    "dashboardURL": "http://grafana.test/d/abc?orgId=1",
    "panelURL": "http://grafana.test/d/abc?orgId=1&viewPanel=4",
    "imageURL": "http://grafana.test/img.png",
    "valueString": "[ var='B' labels={service=auth} value=0.4127 ]",
}
BODY = {
    "receiver": "outage-window",
    "status": "firing",
    "orgId": 1,
    "alerts": [ALERT],
    "groupLabels": {"alertname": "High login failures"},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://grafana.test/",
    "version": "1",
    "groupKey": '{}:{alertname="High login failures"}',
    "truncatedAlerts": 0,
    "title": "[FIRING:1] High login failures (auth SRE)",
    "state": "alerting",
    "message": "**Firing**\n\nValue: B=0.4127",
}


def parsed(body=BODY, **alert):
    return grafana.parse(json.dumps(body | {"alerts": [ALERT | alert]}).encode())


def test_what_grafana_says_beside_alertmanager_becomes_annotations():
    (alert,) = parsed().alerts
    assert alert.labels == ALERT["labels"]
    assert (alert.fingerprint, alert.status, alert.ends_at) == ("57c6d9296de2ad39", "firing", None)
    assert alert.starts_at == 1_795_196_590 * 10**9
    assert alert.annotations["summary"] == "Many attempts fail"
    assert json.loads(alert.annotations["values"]) == {"B": 0.4127, "C": 1}
    assert alert.annotations["orgId"] == "1"
    for name in ("valueString", "silenceURL", "dashboardURL", "panelURL", "imageURL"):
        assert alert.annotations[name] == ALERT[name]


def test_the_rules_own_annotations_win():
    (alert,) = parsed(annotations={"values": "mine"}).alerts
    assert alert.annotations["values"] == "mine"


@pytest.mark.parametrize(
    ("name", "annotations", "summary"),
    [
        ("DatasourceNoData", {}, "Grafana found no data for the rule Login failures"),
        (
            "DatasourceError",
            {"Error": "connection refused"},
            "Grafana could not evaluate the rule Login failures: connection refused",
        ),
        ("DatasourceError", {"summary": "own words"}, "own words"),
        ("Other", {}, None),
    ],
)
def test_alerts_that_grafana_raises_of_its_own_say_what_they_are(name, annotations, summary):
    labels = {"alertname": name, "rulename": "Login failures", "service": "auth"}
    (alert,) = parsed(labels=labels, annotations=annotations).alerts
    assert alert.annotations.get("summary") == summary


def test_a_resolved_alert_has_its_end():
    (alert,) = parsed(status="resolved", endsAt="2026-11-20T19:00:00+01:00").alerts
    assert alert.ends_at == 1_795_197_600 * 10**9


def test_what_was_cut_off_is_kept():
    assert parsed(BODY | {"truncatedAlerts": 3}).truncated == 3


@pytest.mark.parametrize("values", [None, [], {"B": None}, {"B": {"deep": [[]]}}, "text"])
def test_values_of_another_shape_are_left_out(values):
    (alert,) = parsed(values=values).alerts
    assert "values" not in alert.annotations


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (BODY | {"version": "4"}, "version"),
        ({"title": "custom payload"}, "version"),
        (BODY | {"alerts": {}}, "alerts"),
        (BODY | {"alerts": [ALERT | {"status": "pending"}]}, "alerts[0].status"),
        (BODY | {"alerts": [ALERT | {"labels": {"a": 1}}]}, "alerts[0].labels"),
    ],
)
def test_another_payload_is_refused_by_name(body, field):
    with pytest.raises(Refused) as refusal:
        grafana.parse(json.dumps(body).encode())
    assert refusal.value.field == field


def test_the_two_formats_are_apart():
    with pytest.raises(Refused, match="Alertmanager webhook format"):
        alertmanager.parse(json.dumps(BODY).encode())
