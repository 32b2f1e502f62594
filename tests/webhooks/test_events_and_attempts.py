"""Events and attempts: what people and scripts send is taken whole, or refused by name."""

import json

import pytest

from webhooks import attempts, events
from webhooks.model import Refused

EVENT = {"time": "2024-01-22T15:50:00Z", "type": "escalated", "service": "auth", "text": "DevOps"}
ATTEMPT = {"time": "2024-01-22T15:50:00Z", "user": "u1", "outcome": "failure", "service": "auth"}


def test_one_event_or_a_list_of_them():
    one = events.parse(json.dumps(EVENT).encode())
    assert events.parse(json.dumps([EVENT, EVENT]).encode()) == one * 2
    assert (one[0].type, one[0].team, one[0].id) == ("escalated", "", "")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (EVENT | {"type": "Escalated"}, "type"),
        (EVENT | {"time": "yesterday"}, "time"),
        (EVENT | {"taem": "DevOps"}, "taem"),
        (EVENT | {"service": " "}, "service"),
        (EVENT | {"text": "x" * 10_001}, "text"),
        ([EVENT, EVENT | {"text": None}], "[1].text"),
        ([], "body"),
        ("text", "body"),
        ([EVENT, 1], "[1]"),
    ],
)
def test_events_are_refused_by_field(value, field):
    with pytest.raises(Refused) as refusal:
        events.parse(json.dumps(value).encode())
    assert refusal.value.field == field


def test_attempts_are_read_line_by_line():
    lines = [ATTEMPT | {"reason": "bad_password", "ip": "10.0.0.1"}, ATTEMPT | {"reason": None}]
    body = "\n".join(json.dumps(line) for line in lines) + "\n\n"
    found = attempts.parse(body.encode())
    assert [found.reason.texts[code] for code in found.reason.codes] == ["bad_password", ""]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (json.dumps(ATTEMPT | {"outcome": "ok"}), "line 2: outcome"),
        (json.dumps(ATTEMPT | {"user": ""}), "line 2"),
        (json.dumps(ATTEMPT | {"user": 5}), "line 2: user"),
        (json.dumps(ATTEMPT | {"time": 1.5}), "line 2: time"),
        (json.dumps(ATTEMPT | {"reason": 7}), "line 2: reason"),
        ("{", "line 2"),
        ("[" * 100_000, "line 2"),
    ],
)
def test_attempts_are_refused_by_line(line, field):
    with pytest.raises(Refused) as refusal:
        attempts.parse(f"{json.dumps(ATTEMPT)}\n{line}".encode())
    assert refusal.value.field == field


def test_no_attempts_at_all_are_refused():
    with pytest.raises(Refused):
        attempts.parse(b"\n\n")
