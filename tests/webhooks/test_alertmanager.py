"""Bodies that real Alertmanagers sent, and bodies that none would send."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import alertmanager
from webhooks.model import AlertDelivery, Refused
from webhooks.times import parse_time

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
FIRING = json.loads((Path(__file__).parent / "recorded" / "am-0.25-firing.json").read_text())


def parsed(**changes):
    body = FIRING | {k: v for k, v in changes.items() if k in FIRING or k == "unknown"}
    alert = FIRING["alerts"][0] | {k: v for k, v in changes.items() if k not in FIRING}
    return alertmanager.parse(json.dumps(body | {"alerts": [alert]}).encode())


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_recorded_bodies(file):
    sent = json.loads(file.read_text())["alerts"][0]
    (alert,) = alertmanager.parse(file.read_bytes()).alerts
    assert alert.labels == sent["labels"]
    assert alert.fingerprint == sent["fingerprint"]
    assert alert.starts_at == parse_time(sent["startsAt"], "")
    firing = sent["status"] == "firing"
    assert alert.ends_at == (None if firing else parse_time(sent["endsAt"], ""))


def test_what_is_unknown_is_ignored():
    body = FIRING | {"routeLabels": {"a": "b"}, "later": [1, {}]}
    assert len(alertmanager.parse(json.dumps(body).encode()).alerts) == 1


def test_truncated_alerts_are_a_fact():
    body = FIRING | {"truncatedAlerts": 7}
    assert alertmanager.parse(json.dumps(body).encode()).truncated == 7


def test_an_alert_without_fingerprint_is_identified_by_its_labels():
    first, again = parsed(fingerprint=""), parsed(fingerprint="", annotations={})
    other = parsed(fingerprint="", labels={"alertname": "Other"})
    assert first.alerts[0].fingerprint == again.alerts[0].fingerprint
    assert first.alerts[0].fingerprint != other.alerts[0].fingerprint


def test_what_no_database_can_hold_is_replaced():
    (alert,) = parsed(labels={"a": "x\x00y", "b": "\ud800"}).alerts
    assert alert.labels == {"a": "x�y", "b": "�"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": "3"}, "version"),
        ({"version": 4}, "version"),
        ({"truncatedAlerts": -1}, "truncatedAlerts"),
        ({"truncatedAlerts": True}, "truncatedAlerts"),
        ({"truncatedAlerts": 1.5}, "truncatedAlerts"),
        ({"status": "pending"}, "alerts[0].status"),
        ({"startsAt": 5}, "alerts[0].startsAt"),
        ({"labels": {"a": 1}}, "alerts[0].labels"),
        ({"labels": []}, "alerts[0].labels"),
        ({"annotations": None}, "alerts[0].annotations"),
        ({"fingerprint": "f" * 65}, "alerts[0].fingerprint"),
    ],
)
def test_refusals_name_the_field(changes, field):
    body = FIRING | {k: v for k, v in changes.items() if k in ("version", "truncatedAlerts")}
    own = {k: v for k, v in changes.items() if k not in ("version", "truncatedAlerts")}
    body |= {"alerts": [FIRING["alerts"][0] | own]}
    with pytest.raises(Refused) as refusal:
        alertmanager.parse(json.dumps(body).encode())
    assert refusal.value.field == field


def test_a_resolved_alert_needs_an_end():
    body = json.dumps(FIRING | {"alerts": [FIRING["alerts"][0] | {"status": "resolved"}]})
    with pytest.raises(Refused) as refusal:
        alertmanager.parse(body.encode())
    assert refusal.value.field == "alerts[0].endsAt"


HOSTILE = {
    "empty": b"",
    "not utf-8": b"\xff\xfe{}",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep value": b'{"version":"4","alerts":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "huge integer": b'{"version":"4","alerts":[],"truncatedAlerts":' + b"9" * 5000 + b"}",
    "nan": b'{"version":"4","alerts":[],"truncatedAlerts":NaN}',
    "infinity": b'{"version":"4","alerts":[],"truncatedAlerts":1e999}',
    "a key twice": b'{"version":"4","version":"4","alerts":[]}',
    "a list": b"[]",
    "nul": b"\x00",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_are_refused_and_nothing_else(body):
    with pytest.raises(Refused):
        alertmanager.parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.fixed_dictionaries({"version": st.just("4"), "alerts": st.lists(json_values)}))
def test_any_json_is_parsed_or_refused(value):
    with suppress(Refused):  # any other exception fails
        assert isinstance(alertmanager.parse(json.dumps(value).encode()), AlertDelivery)
