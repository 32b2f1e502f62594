# What does not fit: each oddity of the reference outages is stated as what it is, and no other.
from __future__ import annotations

from dataclasses import replace

import pytest

from detector.results import ThresholdRule
from reports.asked import BRIEF
from reports.contradictions import contradictions
from reports.draft import render
from reports.escape import bare
from reports.facts import EventFact

from .incidents import (
    ACCOUNTS,
    CONFIG,
    IDENTITY,
    ONGOING,
    PHASED,
    RATIO_ONLY,
    REFERENCES,
    SESSIONS,
    SUSPECTED,
    TOKENS,
    alert,
    at,
    event,
)
from .markdown import parse


def ids(incident):
    return [c.id for c in contradictions(incident)]


def statement(incident, wanted):
    return next(bare(c.statement) for c in contradictions(incident) if c.id == wanted)


def alerted(incident, fired, resolved="2023-11-11 02:51"):
    return replace(incident, alerts=(alert(fired, resolved),))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2023-11-10", []),
        ("2024-01-18", ["declared-start-equals-alert", "declared-start-differs"]),
        (
            "2024-05-03",
            ["alert-before-declared-start", "declared-start-differs", "declared-end-differs"],
        ),
        ("2024-01-22", ["no-alert"]),
        ("2024-05-05", ["alert-late"]),
    ],
)
def test_reference_oddities_are_found_and_no_others(name, expected):
    assert ids(REFERENCES[name]) == expected


def test_the_alert_that_never_fired_names_the_rule_that_would_have():
    assert statement(ACCOUNTS, "no-alert") == (
        "No alert fired. “error ratio over 5 min > 15 % for 1 min” would have fired at "
        "2024-01-22T15:32:30Z, 2 min 29 s after the measured onset, with no firing in the "
        "20.9 days of normal running in the data (the threshold was chosen on these data, so "
        "that is no promise)."
    )


def test_the_late_alert_is_late_by_seven_hours():
    said = statement(IDENTITY, "alert-late")
    assert "AuthErrorBudgetBurn, 2024-05-05T10:30:00Z) came late: 7 h after" in said
    assert "would have fired at 2024-05-05T03:34:40Z" in said


def test_the_alert_before_the_declared_start():
    said = statement(SESSIONS, "alert-before-declared-start")
    assert "2024-05-03T14:45:00Z) came 15 min before the declared start" in said
    assert "measured onset is 2024-05-03T14:43:02Z" in said
    assert "is 17 min after the measured onset" in statement(SESSIONS, "declared-start-differs")
    assert "is 30 min after the measured recovery" in statement(SESSIONS, "declared-end-differs")


def test_start_equal_to_alert_is_suspicious():
    said = statement(CONFIG, "declared-start-equals-alert")
    assert "equals the first alert's time to the second. That is suspicious" in said
    assert "2024-01-18T08:43:07Z (95 % interval 2024-01-18T08:42:58Z to 08:43:16Z)" in said


def test_a_declared_minute_that_holds_the_alert_is_suspicious_to_the_minute():
    incident = alerted(CONFIG, "2024-01-18 08:45:41", "2024-01-18 12:36")
    assert "to the minute" in statement(incident, "declared-start-equals-alert")


@pytest.mark.parametrize("name", REFERENCES)
def test_every_statement_stands_in_the_draft(name):
    text = parse(render(REFERENCES[name])).text
    for found in contradictions(REFERENCES[name]):
        assert bare(found.statement) in text
        assert BRIEF[found.id] in text


@pytest.mark.parametrize(
    ("fired", "expected"),
    [
        ("2023-11-10 15:20", ["alert-before-onset", "alert-before-declared-start"]),
        ("2023-11-10 15:29:55", ["alert-within-onset-interval", "alert-before-declared-start"]),
        ("2023-11-10 15:30:04", ["onset-equals-alert", "declared-start-equals-alert"]),
        ("2023-11-10 15:59", []),
        ("2023-11-10 16:01", ["alert-late"]),
    ],
)
def test_first_alert_against_the_onset(fired, expected):
    assert ids(alerted(TOKENS, fired)) == expected


def test_alerts_unknown_is_not_no_alert():
    assert ids(RATIO_ONLY) == ["alerts-not-known"]
    text = parse(render(RATIO_ONLY)).text
    assert "It is not known whether an alert fired" in text
    assert "No alert fired" not in text
    assert "no alert fired" not in text


def test_the_programs_own_alert_is_no_alert():
    own = replace(alert("2024-01-22 15:34", None), labels={"outage_window": "self"})
    incident = replace(ACCOUNTS, alerts=(own,))
    assert ids(incident) == ["no-alert"]
    assert statement(incident, "no-alert").startswith("No alert fired but this program's own.")
    assert "Noticed: by ticket" in parse(render(incident)).text


def test_no_rule_and_a_rule_that_stays_silent():
    assert "No plain threshold rule" in statement(replace(ACCOUNTS, rule=None), "no-alert")
    silent = replace(ACCOUNTS, rule=ThresholdRule(0.75, 300.0, 60.0, None, 86400.0))
    assert "would not have fired either" in statement(silent, "no-alert")


def test_a_rule_chosen_before_the_outage_says_so():
    rule = ThresholdRule(0.1, 300.0, 60.0, ACCOUNTS.window.onset + 120.0, 12 * 86400.0, True)
    said = statement(replace(ACCOUNTS, rule=rule), "no-alert")
    assert "2 min after the measured onset, with no false alarm in the 1.7 weeks" in said
    assert "of normal running before, which alone it was chosen on." in said


def test_alert_without_outage_and_declared_without_outage():
    assert ids(SUSPECTED) == ["alert-without-outage"]
    said = replace(SUSPECTED, events=(event("2024-06-01 22:00", "declared_start", "down"),))
    assert "declared-without-outage" in ids(said)


def test_declared_over_while_errors_go_on():
    over = replace(ONGOING, events=(event("2024-06-01 22:50", "declared_end", "over"),))
    assert ids(over) == ["declared-end-while-ongoing"]


@pytest.mark.parametrize(
    ("declared", "differs"),
    [
        ("2023-11-10 15:29", False),  # a minute, rounded: 15:30:04 less 14 s less the minute
        ("2023-11-10 15:28", True),
        ("2023-11-10 15:30:20", True),  # written to the second, outside by 2 s
        ("2023-11-10 15:30:17", False),
        ("2023-11-10 15:31", False),
        ("2023-11-10 15:32", True),
    ],
)
def test_declared_minutes_are_taken_as_minutes(declared, differs):
    incident = replace(TOKENS, events=(event(declared, "declared_start", "x"),))
    assert ("declared-start-differs" in ids(incident)) is differs


def test_ends_of_alerts():
    first = TOKENS.alerts[0]
    early = replace(TOKENS, alerts=(replace(first, resolved_at=at("2023-11-11 01:00")),))
    assert ids(early) == ["alert-resolved-early"]
    open_ended = replace(TOKENS, alerts=(replace(first, resolved_at=None),))
    assert ids(open_ended) == ["alert-outlives-outage"]
    timed_out = replace(TOKENS, alerts=(replace(first, timed_out=True),))
    assert ids(timed_out) == ["alert-timed-out"]
    assert "no evidence of recovery" in statement(timed_out, "alert-timed-out")


def test_truncated_alerts_gaps_and_slow_delivery():
    assert "3 alerts were cut off" in statement(
        replace(TOKENS, truncated_alerts=3), "alerts-truncated"
    )
    assert ids(PHASED) == ["data-gap-at-edge"]
    assert "measured onset can be no sharper" in statement(PHASED, "data-gap-at-edge")
    inside = replace(TOKENS, data_gaps=((at("2023-11-10 20:00"), at("2023-11-10 20:30")),))
    assert ids(inside) == ["data-gap"]
    scrapes = tuple((t, t + 60.0) for t in (at("2023-11-10 17:00"), at("2023-11-10 18:00")))
    missed = replace(TOKENS, data_gaps=(*scrapes, *inside.data_gaps))
    assert ids(missed) == ["data-gap"]
    assert "(30 min). That is the longest of 3 gaps of 32 min in all" in statement(
        missed, "data-gap"
    )
    slow = replace(TOKENS.alerts[0], received_at=TOKENS.alerts[0].fired_at + 400)
    assert ids(replace(TOKENS, alerts=(slow,))) == ["alert-delivered-late"]


def test_evidence_is_plain_values():
    for incident in (*REFERENCES.values(), SUSPECTED, PHASED):
        for found in contradictions(incident):
            assert all(isinstance(v, str | float) for v in found.evidence.values())


def test_an_old_ticket_is_not_how_it_was_noticed():
    old = EventFact(TOKENS.window.onset - 20_000, "ticket", "lost my badge")
    text = parse(render(replace(TOKENS, events=(old,)))).text
    assert "Noticed: by alert" in text


def told(fired, resolved, source="prometheus", **more):
    """An alert that an API told of and no delivery brought."""
    found = alert(fired, resolved, delivered=None, **more)
    return replace(found, backfilled=source, deliveries=0)


def test_an_alert_that_no_delivery_brought_was_lost():
    start = "2024-05-03 15:00"
    incident = replace(TOKENS, alerts=(told(start, "2024-05-03 15:10"),))
    assert "alert-lost" in ids(incident)
    text = statement(incident, "alert-lost")
    assert text.startswith("1 alert fired that no delivery brought, as Prometheus tells")
    assert "2024-05-03T15:00:00Z" in text
    assert "alert-lost" not in ids(TOKENS)


def test_one_that_fires_since_minutes_may_be_on_its_way():
    now = at("2024-05-03 15:00")
    waiting = replace(TOKENS, as_of=now + 60, alerts=(told("2024-05-03 15:00", None),))
    assert "alert-lost" not in ids(waiting)
    assert "alert-lost" in ids(replace(waiting, as_of=now + 600))


def test_many_lost_alerts_are_one_line():
    lost = tuple(
        told(f"2024-05-03 15:{n:02}", f"2024-05-03 15:{n:02}", source, name=f"A{n % 5}")
        for n in range(20)
        for source in ("alertmanager", "prometheus")
    )
    text = statement(replace(TOKENS, alerts=lost), "alert-lost")
    assert text.startswith(
        "40 alerts fired that no delivery brought, as Alertmanager and Prometheus"
    )
    assert "A0, A1, A2 and 2 more" in text
