# The timeline: order, folding of repeats, and what is said of changes and recoveries.
from __future__ import annotations

from dataclasses import replace

from reports import moments
from reports.escape import bare
from reports.timeline import MOST_NAMES, timeline

from .incidents import (
    ACCOUNTS,
    BLIND,
    IDENTITY,
    ONGOING,
    PHASED,
    REFERENCES,
    SESSIONS,
    TOKENS,
    alert,
    at,
    event,
)


def kinds(incident):
    return [row.kind for row in timeline(incident)]


def test_rows_are_in_order_and_hold_every_event_and_both_edges():
    for incident in REFERENCES.values():
        rows = timeline(incident)
        assert [r.time for r in rows] == sorted(r.time for r in rows)
        texts = " ".join(r.text for r in rows)
        assert all(e.text in texts for e in incident.events)
        assert [r.kind for r in rows].count("Onset") == 1
        assert [r.kind for r in rows].count("Recovery") == 1


def test_repeats_of_one_alert_are_folded_with_their_count():
    fired = [r for r in timeline(IDENTITY) if r.kind == "Alert fired"]
    assert [(r.text.partition(":")[0], r.count) for r in fired] == [
        ("AuthErrorBudgetBurn", 1),
        ("AuthLatencyHigh", 2),
    ]
    assert "(2 times, last 2024-05-07T09:02:00Z)" in fired[1].text
    resolved = [r for r in timeline(IDENTITY) if r.kind == "Alert resolved"]
    assert [(r.time, r.count) for r in resolved] == [
        (at("2024-05-07 09:40"), 2),
        (at("2024-05-08 23:20"), 1),
    ]


def test_an_alert_of_many_pods_is_one_row():
    pods = tuple(
        replace(alert("2023-11-10 15:45", None), labels={"pod": str(i)}) for i in range(50)
    )
    fired = [r for r in timeline(replace(TOKENS, alerts=pods)) if r.kind.startswith("Alert")]
    assert len(fired) == 1
    assert "50 times on 50 label sets" in fired[0].text


def flood(names, resolved="2023-11-10 16:00"):
    fired = [alert("2023-11-10 15:45", resolved, name=f"Rule{n:04d}") for n in range(names)]
    return tuple(replace(one, fired_at=one.fired_at + n) for n, one in enumerate(fired))


def test_alerts_of_more_names_than_anybody_reads_share_a_row():
    rows = [r for r in timeline(replace(TOKENS, alerts=flood(2000))) if r.kind.startswith("Alert")]
    assert [
        len([r for r in rows if r.kind == f"Alert {how}"]) for how in ("fired", "resolved")
    ] == [
        MOST_NAMES + 1,
        MOST_NAMES + 1,
    ]
    together = next(r for r in rows if "more names" in r.text)
    assert together.text == (
        "1,970 alerts of 1,970 more names, first Rule0030 (last 2023-11-10T16:18:19Z)"
    )
    assert (together.time, together.count) == (at("2023-11-10 15:45:30"), 1970)
    assert together.important
    assert sum(r.count for r in rows if r.kind == "Alert fired") == 2000


def test_of_those_that_share_a_row_it_is_said_how_many_still_fire():
    alerts = (*flood(40)[:38], *flood(40, None)[38:])
    rows = timeline(replace(TOKENS, alerts=alerts))
    (together,) = (r for r in rows if "more names" in r.text)
    assert together.text.endswith("; 2 of them still fire")


def test_as_many_names_as_have_rows_share_none():
    rows = timeline(replace(TOKENS, alerts=flood(MOST_NAMES)))
    assert not any("more names" in r.text for r in rows)


def test_a_timed_out_end_is_called_that():
    ended = replace(alert("2023-11-10 15:45", "2023-11-10 16:00"), timed_out=True)
    row = next(r for r in timeline(replace(TOKENS, alerts=(ended,))) if r.kind == "Alert timed out")
    assert "no evidence of recovery" in row.text


def test_the_programs_own_alert_is_marked_and_minor():
    own = replace(alert("2023-11-10 15:45", None), labels={"outage_window": "self"})
    row = next(r for r in timeline(replace(TOKENS, alerts=(own,))) if "lert fired" in r.kind)
    assert (row.kind, row.important) == ("Own alert fired", False)


def test_recovery_names_the_nearest_change_before_it():
    row = next(r for r in timeline(ACCOUNTS) if r.kind == "Recovery")
    said = bare(row.text)
    assert said == "Measured recovery, 1 min 3 s after “rollback config: login policy 117”"
    row = next(r for r in timeline(IDENTITY) if r.kind == "Recovery")
    said = bare(row.text)
    assert said == "Measured recovery; “hotfix key-distributor 1.9.2” lies within its interval"


def test_phases_are_rows():
    assert [r.text for r in timeline(PHASED) if r.kind == "Phase"] == [
        "Phase 1 of 2 ends",
        "Phase 2 of 2 begins",
    ]


def test_without_a_window_or_an_end_there_is_no_such_row():
    assert kinds(BLIND) == ["Alert fired"]
    assert "Recovery" not in kinds(ONGOING)


def test_escalations_name_the_team():
    row = next(r for r in timeline(ACCOUNTS) if r.kind == "Escalated")
    assert row.text == "Escalated → DevOps"


def test_the_change_comes_before_what_happened_at_the_same_second():
    same = event("2024-05-03 14:45:00", "change", "flag on")
    rows = [r for r in timeline(replace(SESSIONS, events=(same,))) if r.time == same.time]
    assert [r.kind for r in rows] == ["Change", "Alert fired"]


def test_how_it_was_noticed():
    assert moments.detected(TOKENS).means == "alert"
    assert moments.detected(ACCOUNTS).means == "ticket"
    reported = replace(ACCOUNTS, events=moments.events_of(ACCOUNTS, "detected_by"))
    assert moments.detected(reported).means == "report"
    assert moments.detected(replace(ACCOUNTS, events=())).time is None


def test_delays_count_from_the_onset_with_its_interval():
    seconds = moments.time_to_detect(TOKENS).seconds
    assert (seconds.low, seconds.value, seconds.high) == (882.0, 896.0, 910.0)
    delays = {name: delay.seconds.value for name, _, delay in moments.delays(TOKENS)}
    assert delays["time_to_acknowledge"] == at("2023-11-10 15:49") - TOKENS.window.onset
    assert moments.time_to_recover(TOKENS).seconds == TOKENS.window.duration_seconds
    assert moments.time_to_recover(ONGOING).seconds.status == "not_derivable"
