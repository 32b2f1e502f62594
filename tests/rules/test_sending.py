# What is written to a Prometheus, read by the parser of our own receiver.
from __future__ import annotations

import cramjam
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from outage_window.rules.sending import STALE, Lines, requests_of
from webhooks.remote_write.schema import TimeSeries, WriteRequest

TIMES = st.lists(st.integers(0, 7_258_118_400_000), unique=True, min_size=1, max_size=30)
VALUES = st.floats(allow_nan=True, allow_infinity=True) | st.just(STALE)


@given(st.lists(TIMES, min_size=1, max_size=4), st.data(), st.integers(1, 9))
def test_every_bit_arrives_in_order_of_time(times, data, at_once):
    series = [
        Lines(
            {"__name__": f"m{i}", "x": "é"},
            np.array(sorted(one), dtype=np.int64),
            np.array(data.draw(st.lists(VALUES, min_size=len(one), max_size=len(one)))),
        )
        for i, one in enumerate(times)
    ]
    found: dict[str, list[tuple[int, int]]] = {}
    latest = -1
    for body in requests_of(series, at_once):
        request = WriteRequest.FromString(bytes(cramjam.snappy.decompress_raw(body)))
        parts = [TimeSeries.FromString(one) for one in request.timeseries]
        assert parts
        assert min(one.samples[0].timestamp for one in parts) >= latest
        for one in parts:
            labels = {label.name.decode(): label.value.decode() for label in one.labels}
            assert labels.pop("x") == "é"
            mine = found.setdefault(labels["__name__"], [])
            mine += [(sample.timestamp, sample.bits) for sample in one.samples]
            latest = max(latest, one.samples[-1].timestamp)
    assert found == {
        one.labels["__name__"]: list(
            zip(one.time.tolist(), one.value.view("<u8").tolist(), strict=True)
        )
        for one in series
    }


def test_nothing_makes_no_request():
    assert list(requests_of([])) == []
