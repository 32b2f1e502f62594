"""When the first scrape was taken that shows an outage, against a plain look at each of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.cells import Cells
from detector.detect import detect
from detector.estimate import Estimate
from detector.model import Detection, Options
from detector.results import Window
from detector.series import Counts, Levels
from detector.shown import INSIDE, first_shown
from tests.detector.simulated import DAY, EPOCH, counts
from tests.detector.test_between import END, ONSET, targets


def ratio(seed: int) -> Levels:
    """The same as an error ratio alone."""
    found = counts(seed, step=60, mean=90, outages=((ONSET, END, 0.3),))
    value = found.errors / np.maximum(found.attempts, 1)
    return Levels(found.start, found.end, value, 60.0, "ratio")


def gap(seed: int) -> Counts:
    """As targets, and for ten minutes around the onset nothing was scraped."""
    found = targets(seed)
    there = (found.end < ONSET - 250) | (found.start > ONSET + 350)
    kept = [getattr(found, f)[there] for f in ("start", "end", "attempts", "errors", "cell")]
    return Counts(*kept, 60.0)


SERIES = {
    "one target": counts(1, step=60, mean=90, outages=((ONSET, END, 0.3),)),
    "few attempts": counts(5, step=60, mean=3, outages=((ONSET, END, 0.6),)),
    "two targets": targets(3),
    "a gap": gap(3),
    "ratio": ratio(2),
}
FOUND = {name: detect(series) for name, series in SERIES.items()}


def only(detection: Detection) -> Window:
    (window,) = detection.windows
    return window


def slow(detection: Detection, cells: Cells, time: float) -> float:
    """The end of the first observation that ends after `time` and fails more than expected."""
    series = detection.series
    ends = []
    for i, end in enumerate(series.end.tolist()):
        place = i // 2 if isinstance(series, Counts) and len(series.end) > len(cells.end) else i
        expected = float(cells.expected[place])
        if isinstance(series, Counts):
            shows = series.errors[i] > series.attempts[i] * expected
        else:
            shows = series.value[i] > expected
        if shows and end > time:
            ends.append(end)
    return min(ends)


@pytest.mark.parametrize("name", FOUND)
def test_it_is_what_a_plain_look_at_each_scrape_finds(name: str) -> None:
    found, window = FOUND[name], only(FOUND[name])
    shown, cells = first_shown(found, window), found.cells
    assert cells is not None
    edges = (window.start.low, window.onset, window.start.high)
    expected = [slow(found, cells, edge) for edge in edges if edge is not None]
    assert [shown.low, shown.value, shown.high] == pytest.approx(expected, abs=1e-6)
    assert shown.status == ("measured" if shown.low == shown.high else "estimated")
    assert shown.unit == "time"


@given(
    st.sampled_from(sorted(FOUND)),
    st.floats(-600, 600),
    st.floats(0, 400),
    st.floats(0, 400),
)
@settings(max_examples=60, deadline=None)
def test_it_comes_after_the_onset_and_later_for_a_later_one(
    name: str, moved: float, before: float, after: float
) -> None:
    found, window = FOUND[name], only(FOUND[name])
    onset = window.onset + moved
    start = Estimate.estimated(onset, onset - before - 1, onset + after + 1, "time", "made")
    shown = first_shown(found, replace(window, start=start))
    assert shown.low is not None
    assert shown.value is not None
    assert shown.high is not None
    assert shown.low <= shown.value <= shown.high
    assert shown.low > onset - before - 1
    assert shown.value > onset
    assert shown.high > onset + after + 1
    assert {shown.low, shown.value, shown.high} <= set(found.series.end.tolist())


def test_where_scrapes_are_missing_it_is_the_first_after_them() -> None:
    found = FOUND["a gap"]
    window = only(found)
    shown = first_shown(found, window)
    assert window.start.low is not None
    assert shown.value is not None
    # Nothing tells where in the gap it began, but when it was first seen.
    assert window.start.low < ONSET
    assert shown.value == min(end for end in found.series.end.tolist() if end > ONSET)
    assert shown.value > ONSET + 350


def test_of_two_targets_that_which_is_scraped_first_tells() -> None:
    found = FOUND["two targets"]
    shown = first_shown(found, only(found))
    assert shown.value in set(found.series.end.tolist())
    assert shown.value is not None
    assert shown.value - ONSET <= 60


def test_maintenance_shows_nothing() -> None:
    found, window = FOUND["one target"], only(FOUND["one target"])
    planned = (ONSET - 60.0, ONSET + 600.0)
    judged = detect(SERIES["one target"], Options(maintenance=(planned,)))
    shown = first_shown(judged, window)
    plain = first_shown(found, window)
    assert plain.value is not None
    assert shown.value is not None
    assert plain.value < planned[1] - 30 <= shown.value


def test_lost_traffic_is_shown_by_the_first_interval_whatever_failed_in_it() -> None:
    found, window = FOUND["few attempts"], only(FOUND["few attempts"])
    shown = first_shown(found, replace(window, kind="traffic_loss"))
    assert shown.value == min(end for end in found.series.end.tolist() if end > window.onset)
    assert "lost traffic" in shown.method


def test_data_that_begin_inside_the_outage_do_not_tell() -> None:
    began = EPOCH + 600.0
    found = detect(counts(7, step=60, mean=90, days=3, outages=((EPOCH - DAY, began + 3000, 0.4),)))
    shown = first_shown(found, only(found))
    assert (shown.status, shown.reason) == ("not_derivable", INSIDE)
    assert shown.needs == "data from before the outage"


def test_what_was_not_judged_is_refused_with_that_reason() -> None:
    window = only(FOUND["ratio"])
    found = Detection(SERIES["ratio"], (), (), None, "too little data")
    shown = first_shown(found, window)
    assert shown.reason == "too little data"
    late = replace(window, start=Estimate.exact(math.inf, "time", "made"))
    assert first_shown(FOUND["ratio"], late).status == "not_derivable"
