"""The intervals around a closed incident: to bytes and back, kept with it and as long as it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.cells import Cells
from detector.detect import detect
from detector.series import Levels
from outage_window.live import incidents as live_incidents
from outage_window.store import StoreFailed, cells, incidents, retention
from tests.detector.simulated import DAY, EPOCH, counts
from tests.live.made import BORN, Metrics, Place

TIMES = ("start", "end")
EXACT = ("attempts", "errors", "ratio")
START = BORN + 3 * DAY + 8 * 3600
END = START + 3600


def same(given: Cells, times: float = 1e-6) -> None:
    back = cells.unpack(cells.pack(given), len(given.start))
    for field in fields(Cells):
        ours, theirs = getattr(back, field.name), getattr(given, field.name)
        assert ours.dtype == np.float64
        if field.name in TIMES:
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=times)
        elif field.name in EXACT:
            np.testing.assert_array_equal(ours, theirs)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1.1e-7, atol=0)


values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=False),
    st.integers(0, 300).map(float),
    st.integers(0, 2**53).map(float),
    st.just(float("nan")),
)
shares = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 1e-300, 3.5e38, float("nan")]))


@st.composite
def any_cells(draw):
    n = draw(st.integers(1, 12))

    def column(kind):
        whole = st.lists(kind, min_size=n, max_size=n)
        return np.array(draw(st.one_of(whole, kind.map(lambda one: [one] * n))), float)

    steps = column(st.one_of(st.just(15.0), st.floats(-5, 1e6)))
    start = draw(st.floats(0, 7e9)) + np.cumsum(steps)
    end = start + column(st.one_of(st.just(15.0), st.floats(1e-3, 1e6)))
    attempts, errors = column(values), column(values)
    ratio = column(values)
    if draw(st.booleans()):
        with np.errstate(all="ignore"):
            ratio = np.where(attempts > 0, errors / attempts, np.nan)
    return Cells(start, end, attempts, errors, ratio, *(column(shares) for _ in range(3)))


@settings(max_examples=100)
@given(any_cells())
def test_whatever_they_hold_comes_back(given):
    same(given)


def test_what_a_detector_finds_comes_back_and_is_small():
    found = detect(counts(1, step=15, mean=40, outages=((EPOCH + DAY, EPOCH + DAY + 900, 0.3),)))
    same(found.cells)
    assert len(cells.pack(found.cells)) < 8 * len(found.cells.start)
    rng = np.random.default_rng(1)
    start = EPOCH + 60.0 * np.arange(4000)
    for quantity in ("ratio", "level"):
        value = np.minimum(rng.gamma(4.0, 0.005, 4000), 1.0)
        same(detect(Levels(start, start + 60, value, 60.0, quantity)).cells)
    assert np.isnan(found.between(EPOCH, EPOCH + 1).ratio).sum() == 0


def test_they_are_kept_when_an_incident_closes_and_stay(store):
    place = Place(store, Metrics((START, END)))
    (going,) = place.at(START + 1800)
    assert kept(store, going["id"]) is None
    (closed,) = place.at(END + 1200)
    found = kept(store, closed["id"])
    assert found.start[0] <= START - 7100
    assert found.end[-1] >= END + 1100
    assert closed["attempts"]["value"] < found.attempts.sum()
    inside = (found.start >= START) & (found.end <= END)
    assert found.ratio[inside].mean() == pytest.approx(0.4, abs=0.02)
    retention.expire(store, 2**62)
    assert kept(store, closed["id"]) is not None
    place.alert(START + 300, END + 60)
    (revised,) = place.at(END + 7000)
    assert revised["revision"] == 2
    assert kept(store, closed["id"]).end[-1] > found.end[-1] + 3600


def test_they_are_written_with_the_incident_or_not_at_all(store, monkeypatch):
    place = Place(store, Metrics((START, END)))

    def full(_connection, _identity, _size, _data):
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(live_incidents.cells, "keep", full)
    assert place.at(END + 1200) == []
    monkeypatch.undo()
    (closed,) = place.at(END + 1200)
    assert kept(store, closed["id"]) is not None
    with store.read() as connection:
        assert incidents.get(connection, closed["id"]).closed_at is not None


def kept(store, identity):
    with store.read() as connection:
        found = cells.of(connection, identity)
    return None if found is None else cells.unpack(found[1], found[0])
