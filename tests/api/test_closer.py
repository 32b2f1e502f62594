"""Series and measure over HTTP: what is refused and where, and no spike lost at any zoom."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.cells import Cells
from outage_window.store import cells
from tests.live.made import OUTAGE, text

SIZE = 5000
SPIKE = 3210


def closed(place):
    return next(one["id"] for one in place.incidents() if one["state"] == "closed")


def get(place, what, identity=None, **query):
    path = f"/api/v1/incidents/{identity or closed(place)}/{what}"
    return place.client.get(path, query_string=query)


@pytest.mark.parametrize(
    ("what", "query", "field", "expected"),
    [
        ("series", {"from": "yesterday"}, "from", "RFC 3339"),
        ("series", {"to": "2024-01-22T15:30:00"}, "to", "its zone"),
        ("series", {"to": "1969-01-01T00:00:00Z"}, "to", "between the years"),
        ("series", {"from": text(OUTAGE), "to": text(OUTAGE)}, "to", "after from"),
        ("series", {"columns": "9"}, "columns", "from 10 to 4000"),
        ("series", {"columns": "4001"}, "columns", "from 10 to 4000"),
        ("series", {"columns": "1e2"}, "columns", "whole number"),
        ("series", {"columns": "٥٠"}, "columns", "whole number"),
        ("series", {"columns": "1" * 5000}, "columns", "whole number"),
        ("measure", {"start": "1700000000"}, "start", "RFC 3339"),
        ("measure", {"end": "2024-13-01T00:00:00Z"}, "end", "RFC 3339"),
        ("measure", {"start": text(OUTAGE), "end": text(OUTAGE - 1)}, "end", "after the start"),
        ("measure", {"start": text(OUTAGE + 86400 * 900)}, "start", "has come"),
        ("measure", {"end": text(OUTAGE + 86400 * 900)}, "end", "has come"),
        ("measure", {"start": text(OUTAGE + 3600)}, "start", "after the start"),
        ("measure", {"end": text(OUTAGE - 3600)}, "end", "after the start"),
    ],
)
def test_what_is_no_stretch_or_window_is_refused(place, what, query, field, expected):
    answer = get(place, what, **query)
    assert answer.status_code == 400
    assert answer.json["field"] == field
    assert expected in answer.json["error"]


@pytest.mark.parametrize("what", ["series", "measure"])
def test_an_incident_that_is_not_there(place, what):
    answer = get(place, what, "nothing-20240101T0000Z")
    assert (answer.status_code, answer.json["error"]) == (404, "no such incident")


def test_one_without_metrics_has_no_series(place):
    (mail,) = (one["id"] for one in place.incidents() if one["service"] == "mail")
    answer = get(place, "series", mail)
    assert (answer.status_code, answer.json["error"]) == (404, "no metrics, so no series")


def test_an_empty_value_is_not_given(place):
    assert get(place, "series", columns="", to="").json == get(place, "series").json
    assert get(place, "measure", start="").json == get(place, "measure").json


def test_every_number_is_shown_as_text(place):
    found = get(place, "measure", start=text(OUTAGE - 60)).json
    assert found["error_budget"] is None
    numbers = {name for name, one in found.items() if isinstance(one, dict) and "unit" in one}
    assert set(found["shown"]) == numbers
    assert re.fullmatch(r"[0-9,]+", found["shown"]["attempts"]["value"])
    assert found["shown"]["start"]["value"] == text(OUTAGE - 60)


@pytest.fixture(scope="module")
def spiked(place):
    """Thousands of quiet intervals with one that is not."""
    rng = np.random.default_rng(1)
    start = OUTAGE + 15.0 * np.arange(SIZE)
    ratio = rng.uniform(0.0, 0.1, SIZE)
    ratio[SPIKE] = 0.875
    flat = np.full(SIZE, 0.05)
    made = Cells(start, start + 15, flat * 2000, ratio * 100, ratio, flat, flat, flat)
    identity = closed(place)
    with place.store.read() as connection:
        before = cells.of(connection, identity)
    keep(place, identity, SIZE, cells.pack(made))
    place.restart()  # what is unpacked is kept
    yield start[SPIKE]
    keep(place, identity, *before)
    place.restart()


def keep(place, *given):
    place.store.write(lambda c: cells.keep(c, *given))


@settings(max_examples=60)
@given(
    before=st.floats(0, SPIKE * 15),
    after=st.floats(15, (SIZE - SPIKE) * 15),
    columns=st.integers(10, 4000),
)
def test_a_spike_of_one_interval_stays_at_any_zoom(place, spiked, before, after, columns):
    edges = {"from": text(spiked - before), "to": text(spiked + after + 1)}
    found = get(place, "series", **edges, columns=columns).json
    assert max(found["high"]) == 0.875
    assert len(found["start"]) <= columns
    at = found["high"].index(0.875)
    assert found["start"][at] <= spiked < found["end"][at]
    if found["exact"]:
        assert (found["start"][at], found["end"][at]) == (spiked, spiked + 15)
        assert found["low"] == found["high"]
