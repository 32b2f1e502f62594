# The chart as a table: nothing of the curve is lost or counted twice, whatever its shape.
from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.chart_table import TableRow, round_step, table
from reports.facts import Curve

from .incidents import ACCOUNTS, BLIND, IDENTITY, LEVEL, ONGOING, RATIO_ONLY, SUSPECTED, at

MINUTE, HOUR, DAY = 60, 3600, 86400
LENGTHS = [n * MINUTE for n in (1, 2, 5, 10, 15, 30)]
LENGTHS += [n * HOUR for n in (1, 2, 3, 6, 12)]
LENGTHS += [n * DAY for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)]

share = st.none() | st.floats(0, 1)
rate = st.floats(0, 1e6)


@st.composite
def curves(draw, unit=MINUTE, rates=rate):
    """Columns of whole units of time, with holes between them."""
    at = draw(st.integers(0, 40_000_000)) * MINUTE
    found = []
    for _ in range(draw(st.integers(1, 30))):
        start = at + draw(st.sampled_from((0, 0, 0, 1, 90))) * unit
        at = start + draw(st.integers(1, 200)) * unit
        low, high = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
        empty = draw(st.booleans())
        extremes = (None, None) if empty else (low, high)
        found.append((start, at, *extremes, draw(share), 0.0, 1.0, draw(rates)))
    return Curve(*(tuple(column) for column in zip(*found, strict=True)))


def drawn(curve, most=16):
    return table(replace(SUSPECTED, curve=curve), most)


def minute_by_minute(curve, step):
    """The slow and obvious way: every minute goes to the one row that it lies in."""
    rows = {}
    for column in zip(*(getattr(curve, f) for f in Curve.__dataclass_fields__), strict=True):
        start, end, low, high, expected, _, _, per_minute = column
        for minute in range(start // MINUTE, end // MINUTE):
            row = rows.setdefault(minute * MINUTE // step, {"low": [], "high": [], "n": 0})
            row["low"].append(low)
            row["high"].append(high)
            row["n"] += 1
            row.setdefault("attempts", []).append(per_minute)
            row.setdefault("expected", []).append(expected)
    return rows


def kept(values):
    return [value for value in values if value is not None]


@given(curves(rates=st.none() | rate), st.integers(2, 40))
def test_rows_say_what_their_minutes_say(curve, most):
    rows = drawn(curve, most)
    step = rows[0].end - rows[0].start
    slow = minute_by_minute(curve, round(step))
    for row in rows:
        there = slow.get(row.start // step)
        if there is None:
            assert row == TableRow(row.start, row.end, 0, None, None, None, None, False)
            continue
        assert row.covered == there["n"] * MINUTE
        assert row.lowest == min(kept(there["low"]), default=None)
        assert row.highest == max(kept(there["high"]), default=None)
        usual = kept(there["expected"])
        mean = sum(usual) / len(usual) if usual else None
        assert row.expected == (None if mean is None else pytest.approx(mean, abs=1e-12))
        known = kept(there["attempts"])
        if len(known) < there["n"]:
            assert row.attempts is None, "a part of them is not known"
        else:
            assert row.attempts == pytest.approx(sum(known), abs=1e-6)


@given(curves(unit=1.37), st.integers(2, 40))
def test_no_attempt_and_no_extreme_is_lost_where_columns_cross_the_rows(curve, most):
    rows = drawn(curve, most)
    whole = sum(
        rate * (end - start) / MINUTE
        for start, end, rate in zip(curve.start, curve.end, curve.per_minute, strict=True)
    )
    assert sum(kept(row.attempts for row in rows)) == pytest.approx(whole, rel=1e-6, abs=1e-6)
    assert min(kept(r.lowest for r in rows), default=None) == min(kept(curve.low), default=None)
    assert max(kept(r.highest for r in rows), default=None) == max(kept(curve.high), default=None)
    time = sum(end - start for start, end in zip(curve.start, curve.end, strict=True))
    assert sum(row.covered for row in rows) == pytest.approx(time)


@given(curves(unit=1.37), st.integers(2, 40))
def test_rows_are_equal_round_and_as_fine_as_their_number_allows(curve, most):
    rows = drawn(curve, most)
    step = rows[0].end - rows[0].start
    assert step in LENGTHS
    assert all(row.end - row.start == step and row.start % step == 0 for row in rows)
    assert all(a.end == b.start for a, b in itertools.pairwise(rows))
    assert rows[0].start <= curve.start[0] < rows[0].end
    assert rows[-1].start < curve.end[-1] <= rows[-1].end
    assert len(rows) <= most
    for finer in LENGTHS[: LENGTHS.index(step)]:
        assert math.ceil(curve.end[-1] / finer) - math.floor(curve.start[0] / finer) > most


@pytest.mark.parametrize("length", LENGTHS)
def test_every_round_length_is_used_where_it_fits(length):
    begin = 7000 * DAY
    assert round_step(begin, begin + 16 * length, 16) == length
    assert round_step(begin, begin + 16 * length + 1, 16) > length
    assert round_step(begin - 1, begin + 16 * length, 16) > length


def test_a_reference_outage_as_a_table():
    rows = table(ACCOUNTS)
    assert len(rows) == 14
    assert (rows[0].start, rows[0].end) == (at("2024-01-22 15:00"), at("2024-01-22 15:10"))
    inside = [row for row in rows if row.in_window]
    assert (inside[0].start, inside[-1].end) == (at("2024-01-22 15:30"), at("2024-01-22 16:50"))
    assert all(row.highest > 0.6 for row in inside)
    assert all(row.highest < 0.1 for row in rows if not row.in_window)
    assert all(0.04 < row.expected < 0.07 for row in rows)


@pytest.mark.parametrize("incident", [ACCOUNTS, IDENTITY, ONGOING, SUSPECTED, RATIO_ONLY, LEVEL])
def test_attempts_are_counted_where_they_are_known(incident):
    rows = table(incident)
    assert 8 < len(rows) <= 16
    unknown = incident.curve.per_minute[0] is None
    assert {row.attempts is None for row in rows} == {unknown}
    assert any(row.in_window for row in rows) == (incident.window is not None)


def test_a_row_that_only_touches_the_window_is_outside():
    curve = Curve(*((v,) for v in (0.0, 600.0, 0.1, 0.2, 0.1, 0.0, 0.2, 9.0)))
    edge = replace(ACCOUNTS.window.start, value=120.0, low=110.0, high=130.0)
    until = replace(edge, value=180.0, low=170.0, high=190.0)
    window = replace(ACCOUNTS.window, start=edge, end=until)
    rows = table(replace(SUSPECTED, curve=curve, window=window))
    assert [row.start for row in rows if row.in_window] == [120.0]
    assert [row.attempts for row in rows] == [9.0] * 10


def test_no_curve_no_rows_and_one_row_is_never_enough():
    assert table(BLIND) == ()
    with pytest.raises(ValueError, match="two rows or more"):
        round_step(0.0, 60.0, 1)


def test_the_table_needs_no_numpy():
    code = "import reports.chart_table, sys; print({'numpy', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
