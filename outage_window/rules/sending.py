"""Series to the bodies of remote write 1.0, in order of time and with every bit of a value kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cramjam
import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64
from webhooks.remote_write.schema import TimeSeries, WriteRequest

STALE: float = np.array([0x7FF0000000000002], dtype="<u8").view("<f8")[0]
"""What Prometheus writes where a series ends: a NaN of its own."""

AT_ONCE = 50_000
"""Samples of one request."""
_SAMPLE = 20
"""Bytes of a sample: tag, length; tag, eight of the value; tag, seven of the time."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One series to be written: labels with `__name__`; `time` in ms, increasing; shape (n,).

    `value` may be NaN or `STALE`; its bits are kept.
    """

    labels: Mapping[str, str]
    time: I64
    value: F64


def requests_of(series: Sequence[Lines], at_once: int = AT_ONCE) -> Iterator[bytes]:
    """The bodies of requests that write all samples, the oldest of all series first."""
    parts = [(_labels(one.labels), _samples(one)) for one in series]
    times = np.sort(np.concatenate([one.time for one in series])) if series else np.empty(0)
    edges = times[at_once::at_once]
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        request = WriteRequest()
        for (labels, data), one in zip(parts, series, strict=True):
            first, last = np.searchsorted(one.time, [low, high])
            if last > first:
                request.timeseries.append(labels + data[first:last].tobytes())
        if request.timeseries:
            yield bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def _labels(labels: Mapping[str, str]) -> bytes:
    message = TimeSeries()
    for name in sorted(labels):
        message.labels.add(name=name.encode(), value=labels[name].encode())
    found: bytes = message.SerializeToString()
    return found


def _samples(one: Lines) -> NDArray[np.uint8]:
    """The samples as the wire has them, shape (n, 20): a message object each would cost more."""
    found = np.empty((len(one.time), _SAMPLE), np.uint8)
    found[:, 0], found[:, 1], found[:, 2], found[:, 11] = 0x12, _SAMPLE - 2, 0x09, 0x10
    bits = np.ascontiguousarray(one.value, dtype="<f8").view(np.uint8)
    found[:, 3:11] = bits.reshape(-1, 8)
    for place in range(8):  # a varint may be longer than it must be
        more = 0x80 if place < 7 else 0
        found[:, 12 + place] = (one.time >> (7 * place)) & 0x7F | more
    return found
