# Findings in words: changes near an edge, how often that is chance, and what a lead's text names.
from __future__ import annotations

from dataclasses import replace

import pytest

from detector.results import Finding
from reports.findings import NAMES, near_findings, said, statement, verdict_on

from .incidents import CONFIG, CROWD, ONGOING, at, event, judged

DAY = 86_400.0
AROUND = (at("2024-01-08 00:00"), at("2024-01-19 00:00"))


def near(*events, changes=(), extent=None, incident=CONFIG):
    given = replace(incident, events=tuple(events))
    told = near_findings(given, changes or [e.time for e in events], extent)
    return {finding.id: finding for finding in told}


def test_a_change_and_a_revert_near_the_edges_are_supported_as_near_in_time():
    found = near(
        event("2024-01-18 08:20", "change", "deploy 12"),
        event("2024-01-18 12:25", "change", "rolled back deploy 12"),
    )
    onset, recovery = found["change_before_onset"], found["revert_before_recovery"]
    assert (onset.verdict, recovery.verdict) == ("supported", "supported")
    assert "“deploy 12” came 23 min before the onset" in onset.because
    assert "no proof of a cause" in onset.because
    assert onset.evidence["change"] == "deploy 12"


@pytest.mark.parametrize("text", ["deploy 13", "scaled to 12 pods"])
def test_a_change_that_names_no_revert_is_none(text):
    found = near(event("2024-01-18 12:25", "change", text))
    assert found["revert_before_recovery"].verdict == "not_supported"


def test_changes_far_away_support_nothing_and_none_given_is_not_assessable():
    far = near(event("2024-01-18 07:50", "change", "deploy 12"))
    assert far["change_before_onset"].verdict == "not_supported"
    none = near()
    assert none["change_before_onset"].verdict == "not_assessable"
    assert none["revert_before_recovery"].verdict == "not_assessable"


def test_where_changes_are_all_the_time_nearness_says_nothing():
    near_one = event("2024-01-18 08:40", "change", "deploy")
    few = near(near_one, changes=[near_one.time], extent=AROUND)["change_before_onset"]
    assert few.verdict == "supported"
    assert "under 1 % of the time" in few.because
    every = [AROUND[0] + 3000.0 * i for i in range(int(11 * DAY / 3000))]
    often = near(near_one, changes=every, extent=AROUND)["change_before_onset"]
    assert often.verdict == "not_assessable"
    assert "60 % of the time" in often.because  # 30 of every 50 minutes
    both_ends = [time + later for time in every[::4] for later in (0.0, 60.0)]
    deploys = near(near_one, changes=both_ends, extent=AROUND)["change_before_onset"]
    assert deploys.evidence["by_chance"] == pytest.approx(1860 / 12_000, rel=0.01)


def test_while_it_goes_on_there_is_no_recovery_to_be_near_to():
    found = near(event("2024-06-01 22:00", "change", "deploy"), incident=ONGOING)
    assert found["change_before_onset"].verdict == "supported"
    assert found["revert_before_recovery"].verdict == "not_assessable"


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("Suspected DDoS: looking at traffic", "flood_from_new_sources"),
        ("is this an attack?", "flood_from_new_sources"),
        ("brute-force on /login", "credential_stuffing"),
        ("clients retry like mad", "retry_storm"),
        ("Looking at the database", None),
        ("Meeting about dosing", None),
    ],
)
def test_a_lead_is_told_what_the_figures_say_to_it(text, lead):
    told = verdict_on(text, judged(CONFIG, CROWD).findings)
    assert told.startswith(NAMES[lead]) if lead else told == ""


def test_what_cannot_be_assessed_takes_one_line():
    told = said(judged(CONFIG, CROWD).findings)
    assert [line for line in told if line.startswith("Not assessable")] == [told[-1]]
    assert told[0].startswith("A retry storm: supported.")
    assert said([Finding("retry_storm", "supported", "because")]) == (
        "A retry storm: supported. Because.",
    )
    assert statement(Finding("traffic_loss", "not_assessable", "x")) == (
        "Loss of traffic: not assessable. X."
    )
