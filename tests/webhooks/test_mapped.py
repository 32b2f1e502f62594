"""Anybody's JSON by a mapping of paths: what is mapped is read, all else is refused by name."""

import json
from contextlib import suppress

import pytest
from hypothesis import given

from tests.webhooks.test_alertmanager import HOSTILE, json_values
from webhooks.mapped import Mapped, is_path, parse
from webhooks.model import AlertDelivery, Refused

SECOND = 10**9
START = 1_700_000_000
OWN = {
    "name": "AuthErrorRateHigh",
    "status": "firing",
    "starts_at": "2023-11-14T22:13:20Z",
    "labels": {"service": "auth", "severity": 2},
    "annotations": {"summary": "Many attempts fail", "paged": True, "none": None},
    "fingerprint": "f1",
}
OTHER = Mapped(
    alerts="incidents",
    name="title",
    status="state",
    firing=("open", "Alerting"),
    resolved=("ok", "closed"),
    ignored=("acknowledged",),
    starts_at="created_at",
    ends_at="closed_at",
    labels={"service": "host.app", "team": "$.team.name", "zone": "=eu", "first": "tags.0"},
    annotations={"summary": "text"},
    fingerprint="id",
    time_unit="ms",
)
INCIDENT = {
    "id": 4711,
    "title": "Logins fail",
    "state": "ALERTING",
    "created_at": START * 1000 + 5,
    "host": {"app": "auth"},
    "tags": ["x", "y"],
    "text": "4 of 10",
}


def refusal(body, mapping=OTHER):
    with pytest.raises(Refused) as found:
        parse(json.dumps(body).encode(), mapping)
    return found.value.field


@pytest.mark.parametrize("body", [OWN, [OWN], {"alerts": [OWN]}])
def test_our_own_shape_needs_no_mapping(body):
    (alert,) = parse(json.dumps(body).encode()).alerts
    assert (alert.name, alert.status, alert.fingerprint) == ("AuthErrorRateHigh", "firing", "f1")
    assert alert.labels == {
        "alertname": "AuthErrorRateHigh",
        "service": "auth",
        "severity": "2",
    }
    assert alert.annotations == {"summary": "Many attempts fail", "paged": "true"}
    assert (alert.starts_at, alert.ends_at) == (START * SECOND, None)


def test_a_mapping_names_where_everything_stands():
    over = INCIDENT | {"id": 4712, "state": "closed", "closed_at": str(START * 1000 + 60_000)}
    body = {"team": {"name": "identity"}, "incidents": [INCIDENT, over]}
    first, second = parse(json.dumps(body).encode(), OTHER).alerts
    assert first.labels == {
        "alertname": "Logins fail",
        "service": "auth",
        "team": "identity",
        "zone": "eu",
        "first": "x",
    }
    assert first.annotations == {"summary": "4 of 10"}
    assert (first.status, first.fingerprint) == ("firing", "4711")
    assert (first.starts_at, first.ends_at) == (START * SECOND + 5_000_000, None)
    assert (second.status, second.ends_at) == ("resolved", (START + 60) * SECOND)


def test_what_an_alert_lacks_is_left_out_and_its_labels_are_its_identity():
    bare = {key: INCIDENT[key] for key in ("title", "state", "created_at")}
    first, again = (
        parse(json.dumps({"incidents": [bare | more]}).encode(), OTHER).alerts[0]
        for more in ({}, {"text": "now worse"})
    )
    assert first.labels == {"alertname": "Logins fail", "zone": "eu"}
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint.startswith("labels:")


def test_a_status_that_is_to_be_ignored_is_no_alert():
    body = {"incidents": [INCIDENT | {"state": "Acknowledged"}, INCIDENT]}
    assert len(parse(json.dumps(body).encode(), OTHER).alerts) == 1


def test_a_long_id_is_still_an_identity():
    ids = ("x" * 100, "x" * 99 + "y", "x" * 100)
    found = [
        parse(json.dumps({"incidents": [INCIDENT | {"id": one}]}).encode(), OTHER).alerts[0]
        for one in ids
    ]
    assert found[0].fingerprint == found[2].fingerprint != found[1].fingerprint
    assert all(len(one.fingerprint) <= 64 for one in found)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "snoozed"}, "alerts[0].state"),
        ({"state": None}, "alerts[0].state"),
        ({"title": ""}, "alerts[0].title"),
        ({"title": ["a"]}, "alerts[0].title"),
        ({"created_at": None}, "alerts[0].created_at"),
        ({"created_at": True}, "alerts[0].created_at"),
        ({"created_at": 10**18}, "alerts[0].created_at"),
        ({"created_at": "-5"}, "alerts[0].created_at"),
        ({"state": "ok"}, "alerts[0].closed_at"),
        ({"state": "ok", "closed_at": "0001-01-01T00:00:00Z"}, "alerts[0].closed_at"),
        ({"host": {"app": {"name": "auth"}}}, "alerts[0].host.app"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_path(change, field):
    assert refusal({"incidents": [INCIDENT | change]}) == field


def test_the_list_must_be_there():
    assert refusal({"other": []}) == "alerts[0]"
    assert refusal({"incidents": [5]}) == "alerts[0]"
    assert refusal({"incidents": [INCIDENT] * 10_001}) == "incidents"


def test_a_number_is_no_time_where_no_unit_is_given():
    body = OWN | {"starts_at": START}
    assert refusal(body, Mapped()) == "alerts[0].starts_at"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("host.app", True),
        ("items.0.id", True),
        ("$.team", True),
        ("$", True),
        ("=text with. anything=", True),
        ("=", True),
        ("", False),
        ("a..b", False),
        (".a", False),
        ("a.", False),
        ("$a", False),
    ],
)
def test_paths(text, good):
    assert is_path(text) is good


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"a list", "infinity"}))
def test_hostile_bodies_are_refused_and_nothing_else(name):
    """But for those two, which hold no alert, and nothing else that anybody asks for."""
    for mapping in (Mapped(), OTHER):
        with pytest.raises(Refused):
            parse(HOSTILE[name], mapping)


@given(json_values)
def test_any_json_is_parsed_or_refused(value):
    for mapping in (Mapped(), OTHER):
        with suppress(Refused):  # any other exception fails
            assert isinstance(parse(json.dumps(value).encode(), mapping), AlertDelivery)
