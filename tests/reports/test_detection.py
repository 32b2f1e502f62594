"""The delay of detection in its parts: they add up, none lacks an interval, none is made up."""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.estimate import Estimate
from detector.shown import METHOD
from outage_window.live.describing import document
from reports import moments
from reports.detection import Step, detection, told
from reports.draft import render
from reports.facts import AlertFact, EventFact, Incident
from reports.passed import CLOCKS, FOR_STATE, NOT_KEPT
from reports.record import decode, encode
from reports.side_by_side import steps

from .incidents import ACCOUNTS, DECLARED, IDENTITY, REFERENCES, SESSIONS, SUSPECTED, TOKENS
from .markdown import parse

MACHINE = ("onset", "first_scrape", "rule_true", "fired", "sent", "delivered")
WINDOW = ACCOUNTS.window
assert WINDOW is not None
ONSET = WINDOW.onset


def estimated(value: float, before: float, after: float, method: str = "made") -> Estimate:
    return Estimate.estimated(value, value - before, value + after, "time", method)


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    """An incident whose onset, scrape, alert and events lie anywhere, also where none can."""
    whole = st.integers(-3000, 9000).map(float)
    reach = st.integers(0, 400).map(float)
    start = estimated(ONSET, draw(reach), draw(reach))
    assert start.low is not None
    assert start.high is not None
    step = draw(st.sampled_from([15.0, 60.0, 300.0]))
    ends = [step * (math.floor(edge / step) + 1) for edge in (start.low, ONSET, start.high)]
    shown = Estimate.estimated(ends[1], ends[0], ends[2], "time", METHOD)
    fired = ONSET + draw(whole) + draw(st.sampled_from([0.0, 0.214]))
    waited = draw(st.none() | st.integers(0, 1200))
    took = draw(st.none() | st.floats(-20, 900).map(lambda s: round(s, 3)))
    alert = AlertFact(
        "A",
        {},
        "",
        "alertmanager",
        fired,
        None,
        received_at=None if took is None else fired + took,
        active_since=None if waited is None else float(math.floor(fired) - waited),
        backfilled=draw(st.sampled_from(["", "prometheus", "alertmanager"]))
        if took is None
        else "",
    )
    kinds = draw(st.lists(st.sampled_from(["ticket", "acknowledged", "escalated"]), max_size=4))
    events = [EventFact(ONSET + draw(whole), kind, kind) for kind in kinds]
    return replace(
        ACCOUNTS,
        window=replace(WINDOW, start=start),
        first_shown=draw(st.sampled_from([shown, None])),
        alerts=(alert,) if draw(st.booleans()) else (),
        alerts_known=draw(st.booleans()),
        events=tuple(sorted(events, key=lambda one: one.time)),
    )


def points(found: tuple[Step, ...]) -> list[Step]:
    return [one for one in found if one.at.value is not None]


@given(incidents())
@settings(max_examples=150, deadline=None)
def test_the_parts_add_up_and_each_has_its_interval(incident: Incident) -> None:
    found = detection(incident)
    total = low = high = 0.0
    for before, one in zip([None, *points(found)], points(found), strict=False):
        assert (one.since_previous is None) is (before is None)
        if one.since_previous is None or before is None:
            continue
        part, whole = one.since_previous, one.since_onset
        assert one.previous == before.id
        for estimate in (part, whole):
            assert None not in (estimate.value, estimate.low, estimate.high)
            assert estimate.low <= estimate.value <= estimate.high
        total, low, high = total + part.value, low + part.low, high + part.high
        assert total == pytest.approx(whole.value, abs=1e-4)
        # Each interval holds what the parts leave possible.
        assert low <= whole.low + 1e-4
        assert high >= whole.high - 1e-4


@given(incidents())
@settings(max_examples=150, deadline=None)
def test_what_detects_and_acknowledges_is_at_ttd_and_tta(incident: Incident) -> None:
    found = {one.id: one for one in detection(incident)}
    seen = moments.detected(incident).means
    by = {"alert": "fired", "ticket": "ticket"}
    for name, delay in (
        (by.get(seen, ""), moments.time_to_detect(incident)),
        ("acknowledged", moments.time_to(incident, "acknowledged", "", "none was given")),
    ):
        if delay.seconds.value is not None:
            one = found[name].since_onset
            for field in ("value", "low", "high"):
                assert getattr(one, field) == pytest.approx(getattr(delay.seconds, field), abs=1e-5)


@given(incidents())
@settings(max_examples=150, deadline=None)
def test_nothing_negative_goes_without_a_flag_and_the_order_stays(incident: Incident) -> None:
    found = detection(incident)
    assert [one.id for one in found if one.id in MACHINE] == list(MACHINE)
    assert len({one.id for one in found}) == len(found)
    for one in found:
        part = one.since_previous
        assert bool(one.flag) is (part is not None and part.low is not None and part.low < 0)
        refused = one.at.status == "not_derivable"
        assert bool(one.source) is not refused
        assert bool(one.at.reason) is refused
        if one.at.value is None and not refused:  # a range
            assert one.at.low <= one.at.high
            assert one.since_onset.low <= one.since_onset.high
    people = [one.at.value for one in found if one.id not in MACHINE and one.at.value is not None]
    assert people == sorted(people)


@given(incidents())
@settings(max_examples=20, deadline=None)
def test_any_such_incident_can_be_drafted_stored_and_told(incident: Incident) -> None:
    again = decode(encode(incident))
    assert detection(again) == detection(incident)
    tables = [table for table in parse(render(incident)).tables if table[0][0] == "Step"]
    assert len(tables) == 1
    assert [row[0] for row in tables[0][1:]] == [one.label for one in told(incident)]


def seconds(text: str) -> float:
    """A duration as it is printed, without its interval."""
    found = re.match(r"(−?)(?:(\d+) h)? ?(?:(\d+) min)? ?(?:(\d+) s)?", text)
    assert found is not None
    hours, minutes, rest = (int(one or 0) for one in found.groups()[1:])
    return (-1 if found[1] else 1) * (3600 * hours + 60 * minutes + rest)


@pytest.mark.parametrize("name", REFERENCES)
def test_what_is_printed_adds_up_to_rounding(name: str) -> None:
    incident = REFERENCES[name]
    coarse = 60 if name == "2024-05-05" else 1  # its onset is known to minutes
    total, count = 0.0, 0
    for row, step in zip(steps(incident), told(incident), strict=True):
        if step.at.value is not None and step.since_previous is not None:
            total, count = total + seconds(row.part), count + 1
            assert abs(total - seconds(row.length)) <= (count + 1) / 2 * coarse, row


def test_no_alert_is_said_once_and_a_ticket_detects() -> None:
    rows = steps(ACCOUNTS)
    assert [row.name for row in rows] == [
        "Onset (measured)",
        "First scrape that shows it",
        "Rule true, first alert fired, notification sent, first alert delivered",
        "Noticed by a ticket",
        "Escalated",
    ]
    assert rows[2].start == "not derivable, because no alert fired"
    assert rows[3].part == "10 min 40 s since the first scrape"
    unknown = steps(replace(ACCOUNTS, alerts_known=False))
    assert "because no source of alerts was given (needed: alerts)" in unknown[2].start


def test_an_alert_seven_hours_late_was_late_after_the_scrape() -> None:
    found = {one.id: one for one in detection(IDENTITY)}
    assert found["first_scrape"].since_previous.high < 400
    assert found["fired"].previous == "first_scrape"
    assert found["fired"].since_previous.low > 6.9 * 3600
    true = found["rule_true"]
    assert (true.at.value, true.at.status) == (None, "estimated")
    assert true.at.high == found["fired"].at.value
    assert FOR_STATE in true.source


def test_an_alert_before_the_declared_start_is_told_from_the_measured_one() -> None:
    found = {one.id: one for one in detection(SESSIONS)}
    assert found["fired"].since_onset.value == 118
    assert found["fired"].flag == ""
    assert found["sent"].at.value is None
    assert (found["sent"].since_previous.low, found["sent"].since_previous.high) == (0, 32)
    assert found["delivered"].previous == "fired"


def test_a_condition_that_prometheus_tells_splits_the_wait() -> None:
    found = {one.id: one for one in detection(TOKENS)}
    assert found["rule_true"].since_previous.value == 280
    assert found["fired"].previous == "rule_true"
    assert found["fired"].since_previous.value == 600
    assert found["fired"].since_previous.low == 599  # the condition's time is cut to the second


def one(incident: Incident, step: str) -> Step:
    return next(found for found in detection(incident) if found.id == step)


def test_an_alert_before_the_onset_is_flagged_as_about_something_else() -> None:
    (alert,) = TOKENS.alerts
    early = replace(alert, fired_at=alert.fired_at - 2000, active_since=None, received_at=None)
    fired = one(replace(TOKENS, alerts=(early,)), "fired")
    assert fired.since_previous.value < 0
    assert "about something else or earlier" in fired.flag
    true = one(replace(TOKENS, alerts=(early,)), "rule_true")
    assert "it fired before the first scrape" in true.at.reason
    held = replace(alert, active_since=alert.fired_at - 2000)
    true = one(replace(TOKENS, alerts=(held,)), "rule_true")
    assert "about something else or earlier" in true.flag


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"received_at": None}, "no delivery of it is known"),
        (
            {"received_at": None, "backfilled": "prometheus", "deliveries": 0},
            "it was never delivered here, only back-filled from Prometheus",
        ),
        (
            {"received_at": None, "backfilled": "alertmanager", "deliveries": 0},
            "it was never delivered here, only back-filled from Alertmanager",
        ),
    ],
)
def test_what_was_never_delivered_says_so(changed: dict[str, object], reason: str) -> None:
    incident = replace(TOKENS, alerts=(replace(TOKENS.alerts[0], **changed),))
    assert one(incident, "delivered").at.reason == one(incident, "sent").at.reason == reason
    (row,) = [row for row in steps(incident) if "delivered" in row.name]
    assert row.name == "Notification sent, first alert delivered"


def test_clocks_that_differ_make_no_range() -> None:
    alert = replace(TOKENS.alerts[0], received_at=TOKENS.alerts[0].fired_at - 3)
    incident = replace(TOKENS, alerts=(alert,))
    assert one(incident, "sent").at.reason == CLOCKS
    assert one(incident, "delivered").flag == f"negative: {CLOCKS}"


def test_without_a_window_only_the_alert_has_parts() -> None:
    assert [step.id for step in told(SUSPECTED)] == ["rule_true", "fired", "sent", "delivered"]
    assert one(SUSPECTED, "fired").since_previous.reason == "no earlier step is known"
    assert one(SUSPECTED, "delivered").since_previous.value == 32
    assert one(SUSPECTED, "fired").since_onset.status == "not_derivable"
    assert [step.id for step in told(DECLARED)] == ["rule_true", "escalated"]


def test_what_an_earlier_version_kept_is_refused_and_not_guessed() -> None:
    facts = msgspec.json.decode(zlib.decompress(encode(TOKENS)))
    del facts["first_shown"]
    old = decode(zlib.compress(msgspec.json.encode(facts)))
    shown = one(old, "first_scrape")
    assert (shown.at.status, shown.at.reason) == ("not_derivable", NOT_KEPT)
    assert one(old, "rule_true").at.value == TOKENS.alerts[0].active_since
    assert one(old, "fired").since_onset == one(TOKENS, "fired").since_onset
    assert NOT_KEPT in render(old)


def test_the_document_has_every_step() -> None:
    for incident in (*REFERENCES.values(), SUSPECTED, DECLARED):
        found = document(incident)["detection"]
        assert [row["step"] for row in found] == [step.id for step in detection(incident)]
        assert found[0]["since_previous"] is None
        assert all(row["since_previous"] is not None for row in found[1:])
    rows = {row["step"]: row for row in document(TOKENS)["detection"]}
    assert rows["fired"]["since_onset"]["value"] == document(TOKENS)["time_to_detect"]["value"]
    assert rows["onset"]["at"]["value"] == document(TOKENS)["start"]["value"]
    assert rows["sent"]["at"]["value"] is None
    assert rows["acknowledged"]["at"]["inputs"]
