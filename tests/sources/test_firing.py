"""Prometheus' series of alerts to the times that each of them fired."""

import json
from pathlib import Path

import numpy as np
import pytest

from outage_window.sources.firing import USUAL_STEP, fingerprint, runs, touches
from outage_window.sources.samples import Sampled

RECORDED = sorted((Path(__file__).parents[1] / "webhooks" / "recorded").glob("*.json"))
START = 1_700_000_000.0
LABELS = {"alertname": "A", "service": "auth"}


def series(times, name="ALERTS", state="firing", values=None, **labels):
    own = {"__name__": name, **LABELS, **labels} | ({"alertstate": state} if state else {})
    time = START + np.array(times, float)
    return Sampled(own, time, np.ones(len(time)) if values is None else np.array(values, float))


def condition(times, since, **labels):
    return series(times, "ALERTS_FOR_STATE", None, [START + s for s in since], **labels)


def found(firing, conditions=(), end=10_000):
    return [
        (run.first - START, run.last - START, run.step, run.over)
        for run in runs(firing, conditions, START + end)
    ]


def test_a_run_lasts_from_its_first_to_its_last_evaluation():
    assert found([series([60, 75, 90])]) == [(60, 90, 15, True)]


def test_one_skipped_evaluation_is_no_end_and_two_are():
    assert found([series([0, 15, 30, 60, 75])]) == [(0, 75, 15, True)]
    assert found([series([0, 15, 30, 75, 90])]) == [(0, 30, 15, True), (75, 90, 15, True)]


@pytest.mark.parametrize(("end", "over"), [(100, False), (127, False), (128, True)])
def test_what_was_just_seen_may_still_fire(end, over):
    assert found([series([60, 75, 90])], end=end) == [(60, 90, 15, over)]


def test_a_single_evaluation_has_the_interval_of_the_others():
    assert found([series([60]), series([0, 30, 60], instance="a")])[1] == (60, 60, 30, True)
    assert found([series([60])]) == [(60, 60, USUAL_STEP, True)]


def test_pieces_of_one_series_are_one():
    assert found([series([0, 15, 30]), series([30, 45])]) == [(0, 45, 15, True)]
    assert found([series([])]) == []


def test_the_condition_held_before_it_fired():
    """Its value is a time; a run takes the newest that is not after it began."""
    firing = [series([300, 315, 900, 915])]
    conditions = [condition([0, 300, 315, 885, 900], [-5, -5, -5, 880, 880])]
    assert [run.active_since for run in runs(firing, conditions, START + 9000)] == [
        START - 5,
        START + 880,
    ]
    other = [condition([0], [0], service="vpn")]
    assert runs(firing, other, START + 9000)[0].active_since is None


@pytest.mark.parametrize(("start", "expected"), [(60, True), (23, True), (22, False)])
def test_a_run_at_the_beginning_may_have_begun_before(start, expected):
    assert touches(runs([series([60, 75])], (), START + 9000), START + start) is expected


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_the_fingerprint_is_alertmanagers(file):
    for alert in json.loads(file.read_text())["alerts"]:
        assert fingerprint(alert["labels"]) == alert["fingerprint"]
        assert fingerprint(alert["labels"] | {"x": "é"}) != alert["fingerprint"]
