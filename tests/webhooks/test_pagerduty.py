# PagerDuty's webhooks: what people did about an incident, of which service, with no person named.
import json

import pytest

from webhooks import pagerduty
from webhooks.model import Refused
from webhooks.naming import Services

from .told import body, changed, shown, value

OURS = Services({"Auth production": ["auth"]})


def nobody(beginning):
    return ()


def parse(whole, services=OURS, services_of=nobody):
    return pagerduty.parse(json.dumps(whole).encode(), services, services_of)


@pytest.mark.parametrize(
    ("name", "time", "kind", "said", "team"),
    [
        ("triggered", "15:41:00", "detected_by", "triggered", "Identity"),
        ("acknowledged", "15:46:30", "acknowledged", "acknowledged", "Identity"),
        ("escalated", "15:58:00", "escalated", "escalated", "Database on call"),
        ("delegated", "16:02:00", "escalated", "handed to another escalation policy",
         "Database on call"),
        ("reassigned", "16:05:00", "note", "reassigned", "Identity"),
        ("resolved", "16:40:00", "declared_end", "resolved", "Identity"),
        ("resolved.integration", "16:41:00", "note", "resolved", "Identity"),
    ],
)  # fmt: skip
def test_each_is_an_event_of_the_service(name, time, kind, said, team):
    text = f"PagerDuty incident #2417 {said}: Logins fail"
    assert shown(parse(value("pagerduty", name))) == [(time, kind, "auth", text, team)]


def test_what_a_person_triggered_says_so():
    whole = value("pagerduty", "triggered")
    whole["event"]["agent"] = value("pagerduty", "acknowledged")["event"]["agent"]
    assert [event.text for event in parse(whole)] == [
        "PagerDuty incident #2417 triggered by hand: Logins fail"
    ]


@pytest.mark.parametrize("name", ["unacknowledged", "reopened"])
def test_what_undoes_something_is_a_note(name):
    whole = changed(value("pagerduty", "acknowledged"), ("event", "event_type"), f"incident.{name}")
    assert [event.type for event in parse(whole)] == ["note"]


@pytest.mark.parametrize("name", ["incident.priority_updated", "service.updated", "", "x" * 999])
def test_other_events_are_ignored(name):
    whole = changed(value("pagerduty", "acknowledged"), ("event", "event_type"), name)
    assert parse(whole) == ()


def test_a_ping_is_ignored():
    assert parse(value("pagerduty", "ping")) == ()


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ({}, ["Auth production"]),
        ({"auth PRODUCTION": ["a", "b"]}, ["a", "b"]),
        ({"PF9KMXH": ["by-id"]}, ["by-id"]),
        ({"*": ["all"]}, ["all"]),
        ({"Auth production": []}, []),
    ],
)
def test_the_settings_say_which_service_is_meant(services, expected):
    found = parse(value("pagerduty", "acknowledged"), Services(services))
    assert [event.service for event in found] == expected


def test_an_incident_without_a_service_goes_where_all_others_do():
    whole = changed(value("pagerduty", "acknowledged"), ("event", "data", "service"), None)
    assert parse(whole) == ()
    assert [e.service for e in parse(whole, Services({"*": ["auth"]}))] == ["auth"]


def test_a_note_finds_its_service_by_its_incident():
    (known,) = parse(value("pagerduty", "triggered"))
    asked = []

    def services_of(beginning):
        asked.append(beginning)
        return ("auth",)

    note = value("pagerduty", "annotated")
    assert shown(parse(note, services_of=services_of)) == [
        ("16:10:00", "note", "auth",
         "PagerDuty, Logins fail: The new limit counts every tenant as one", "")
    ]  # fmt: skip
    assert known.id.startswith(asked[0])
    assert parse(note) == ()
    assert [e.service for e in parse(note, Services({"*": ["vpn"]}))] == ["vpn"]


def test_no_person_is_named():
    for name in ("triggered", "acknowledged", "escalated", "resolved", "reassigned"):
        assert b"Robin" in body("pagerduty", name)
        for event in parse(value("pagerduty", name)):
            assert "Robin" not in event.text + event.team


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        (("event",), [], "event"),
        (("event", "id"), "", "event.id"),
        (("event", "id"), 5, "event.id"),
        (("event", "occurred_at"), "2024-01-22", "event.occurred_at"),
        (("event", "data"), None, "event.data"),
        (("event", "data", "service"), "x", "event.data.service"),
        (("event", "data", "teams"), {"a": 1}, "event.data.teams"),
        (("event", "data", "teams", 0), 1, "event.data.teams[0]"),
        (("event", "data", "escalation_policy"), 1, "event.data.escalation_policy"),
    ],
)
def test_a_field_that_is_wrong_is_named(path, new, field):
    with pytest.raises(Refused) as refusal:
        parse(changed(value("pagerduty", "acknowledged"), path, new))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ("v1=aa", ["aa"]),
        ("v1=aa, v1=bb", ["aa", "bb"]),
        ("v0=cc,v1=bb", ["bb"]),
        ("v1=" + ",v1=a" * 100, [""] + ["a"] * 19),
    ],
)
def test_signatures_of_a_header(header, expected):
    assert pagerduty.signatures(header) == expected
