# The chart: a picture of every kind of incident, the same bytes twice, and no spike lost.
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.cells import Cells
from reports import envelope, lanes
from reports.chart import render, text_equivalent
from reports.columns import columns, steps
from reports.envelope import COLUMNS, curve, cut
from reports.facts import Curve, EventFact

from .incidents import (
    ACCOUNTS,
    BLIND,
    IDENTITY,
    LEVEL,
    ONGOING,
    PHASED,
    RATIO_ONLY,
    SUSPECTED,
    TOKENS,
    alert,
    at,
    cells,
)

WIDE, NARROW = ", 95 % interval", " (interval too narrow to draw)"
SVG = "{http://www.w3.org/2000/svg}"


def nothing(incident):
    drawn = incident.curve
    none = (None,) * len(drawn.start)
    silent = replace(drawn, low=none, high=none, per_minute=(0.0,) * len(none))
    return replace(incident, curve=silent)


KINDS = {
    "short": ACCOUNTS,
    "long": IDENTITY,
    "ongoing": ONGOING,
    "suspected": SUSPECTED,
    "phased": PHASED,
    "ratio only": RATIO_ONLY,
    "level": LEVEL,
    "no attempts": nothing(SUSPECTED),
    "one cell": replace(
        SUSPECTED,
        curve=Curve(*((v,) for v in (1.7e9, 1.7e9 + 60, 0.1, 0.1, 0.1, 0, 0.2, 9))),
    ),
    "odd name": replace(SUSPECTED, service="$x^{ 数据\n<b>-->", id="\x1b[31m$$\ud800-- >"),
}


@pytest.mark.parametrize("name", KINDS)
def test_svg_is_whole_and_the_same_twice(name):
    first = render(KINDS[name])
    assert first == render(KINDS[name])
    root = ET.fromstring(first)
    assert root.tag == f"{SVG}svg"
    assert not root.findall(f".//{SVG}script")
    assert text_equivalent(KINDS[name])


def test_png_is_the_same_twice_and_from_several_threads():
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: render(TOKENS, "png"), range(4)))
    assert drawn[0].startswith(b"\x89PNG")
    assert len(set(drawn)) == 1


def test_no_metrics_no_chart_but_words():
    with pytest.raises(ValueError, match="no metrics"):
        render(BLIND)
    assert text_equivalent(BLIND).startswith("No chart of auth")


LONG = cells(at("2024-05-05 00:00"), at("2024-05-09 00:00"), None)


def test_a_spike_of_one_cell_survives_the_envelope():
    assert len(LONG.start) > 5 * COLUMNS
    ratio = LONG.ratio.copy()
    ratio[1234] = 0.97
    drawn = columns(curve(replace(LONG, ratio=ratio)))
    assert len(drawn.start) == COLUMNS
    assert np.nanmax(drawn.high) == 0.97
    assert np.nanmin(drawn.low) == pytest.approx(np.nanmin(ratio), rel=1e-5)


def test_the_envelope_keeps_all_time_and_all_attempts():
    drawn = columns(curve(LONG))
    assert (drawn.start[0], drawn.end[-1]) == (LONG.start[0], LONG.end[-1])
    minutes = (drawn.end - drawn.start) / 60
    assert (drawn.per_minute * minutes).sum() == pytest.approx(LONG.attempts.sum(), rel=1e-5)
    assert (drawn.low <= drawn.high).all()


def test_columns_without_attempts_stay_empty():
    ratio = LONG.ratio.copy()
    ratio[1000:2000] = np.nan
    drawn = columns(curve(replace(LONG, ratio=ratio)))
    inside = (drawn.start >= LONG.start[1000]) & (drawn.end <= LONG.end[1999])
    assert inside.sum() > 50
    assert np.isnan(drawn.high[inside]).all()
    assert np.isfinite(drawn.high[~inside]).sum() >= (~inside).sum() - 2


def test_a_line_breaks_where_time_is_left_out():
    start = np.array([0.0, 60.0, 300.0])
    x, y = steps(start, start + 60, np.array([1.0, 2.0, 3.0]))
    assert list(x) == [0, 60, 60, 120, 120, 300, 360]
    np.testing.assert_array_equal(y, [1, 1, 2, 2, np.nan, 3, 3])


def test_words_say_what_the_picture_shows():
    text = text_equivalent(PHASED)
    assert text.startswith("Error ratio of token-api, 2023-11-10T13:48Z to 2023-11-11T04:27Z. ")
    assert "from 2023-11-10T15:30:04Z to 2023-11-11T02:45:09Z, in 2 phases" in text
    assert "1 alert, 2 changes" in text
    assert "1 gap without data" in text
    assert "\n" not in text


def test_words_count_what_is_drawn_and_no_more():
    said = text_equivalent(ACCOUNTS)
    assert (
        "Marked: 2 changes, 2 tickets, 1 report, 1 escalation, 3 milestones, 1 declared stretch."
        in said
    )
    begin, end = lanes.limits(ACCOUNTS)
    far = tuple(EventFact(t, "ticket", "far") for t in (begin - 7200, end + 7200))
    assert text_equivalent(replace(ACCOUNTS, events=(*ACCOUNTS.events, *far))) == said
    assert "Marked" not in text_equivalent(replace(ACCOUNTS, events=()))


def test_a_row_without_a_visible_mark_is_not_drawn():
    begin, _ = lanes.limits(ACCOUNTS)
    far = EventFact(begin - 7200, "ticket", "far")
    assert lanes.within(replace(ACCOUNTS, events=(far,))) == ()
    held = replace(ACCOUNTS, events=(), alerts=(alert("2024-01-20 10:00", None),))
    assert lanes.counted(held) == "1 alert", "it fires on into the chart"


def test_an_interval_that_nobody_can_see_has_no_entry_of_its_own_in_the_legend():
    edges = replace(ACCOUNTS.window, start=hour(ACCOUNTS.window.start))
    both = replace(edges, end=hour(ACCOUNTS.window.end))
    for incident, said in (
        (ACCOUNTS, [f"onset and recovery{NARROW}"]),
        (replace(ACCOUNTS, window=both), [f"onset and recovery{WIDE}"]),
        (replace(ACCOUNTS, window=edges), [f"onset{WIDE}", f"recovery{NARROW}"]),
        (ONGOING, [f"onset{WIDE}"]),
        (SUSPECTED, []),
    ):
        drawn = re.findall("<!-- (.*) -->", render(incident).decode())
        assert [text for text in drawn if text.endswith((WIDE, NARROW))] == said


def test_both_intervals_stand_beside_the_times_however_narrow():
    drawn = re.findall("<!-- (.*) -->", render(TOKENS).decode())
    at_onset = drawn.index("onset 2023-11-10T15:30:04Z")
    assert drawn[at_onset + 1] == "95 %: 15:29:50Z to 15:30:18Z"
    at_end = drawn.index("recovery 2023-11-11T02:45:09Z")
    assert drawn[at_end + 1] == "95 %: 02:44:55Z to 02:45:23Z"


def hour(edge):
    return replace(edge, low=edge.value - 1800, high=edge.value + 1800)


def test_a_level_of_errors_is_not_called_a_ratio():
    text = text_equivalent(LEVEL)
    assert text.startswith("Errors of accounts")
    assert "%" not in text


@given(
    st.lists(st.one_of(st.floats(0, 1), st.floats(allow_infinity=False)), min_size=1, max_size=20)
)
def test_columns_keep_six_digits(values):
    shown = envelope._plain(np.array(values))
    for given_value, value in zip(values, shown, strict=True):
        if given_value != given_value:
            assert value is None
        else:
            assert value == pytest.approx(given_value, rel=5.1e-6, abs=1e-300)
            assert value == pytest.approx(float(f"{given_value:.6g}"), rel=2e-6, abs=1e-300)


@given(
    st.integers(1, 3000),
    st.integers(10, 400),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.floats(0.001, 1),
)
def test_a_spike_stays_at_any_zoom(size, most, seed, at_share, width):
    rng = np.random.default_rng(seed)
    start = np.cumsum(rng.choice([15.0, 15.1, 30.0, 600.0], size)) + 1.7e9
    spike = int(at_share * (size - 1))
    ratio = rng.uniform(0, 0.1, size)
    ratio[spike] = 0.875
    flat = np.full(size, 0.05)
    made = Cells(start, start + 15, flat * 1e3, flat, ratio, flat, flat, flat)
    whole = curve(made, most)
    assert len(whole.start) <= most
    assert max(whole.high) == 0.875
    span = start[-1] + 15 - start[0]
    begin = start[spike] - width * span / 2
    closer = cut(whole, begin, begin + width * span, most)
    assert max(closer.high) == 0.875
    assert closer.start[0] <= start[spike] < closer.end[-1]
    low = [one for one in closer.low if one is not None]
    assert min(low) <= 0.875


def test_a_curve_is_cut_to_what_touches_the_stretch():
    whole = curve(LONG)
    part = cut(whole, whole.end[9], whole.start[20])
    assert (part.start, part.high) == (whole.start[10:20], whole.high[10:20])
    assert part.per_minute == pytest.approx(whole.per_minute[10:20], rel=1e-5)
    assert cut(whole, 0.0, 1.0).start == ()
    fewer = cut(whole, whole.start[0], whole.end[-1], 10)
    assert len(fewer.start) == 10
    assert max(fewer.high) == max(whole.high)
