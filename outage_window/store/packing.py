"""The user-intervals of an hour to bytes and back: what a hash makes random is not compressed.

Users lie in the order of their hashes, each once, as steps from one to the next: the lower six
bytes of a step are noise, the upper two tell how many users there are. A source is written where it
differs from that of the same user's record before, a span where there is more than one attempt.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outage_window.store.minutes import U8, U16, Hour

_HEAD = struct.Struct("<BI")
_SAMPLE, _WORTH = 4096, 0.9
_SECONDS = 0x80
"""Flag of the head: times are whole seconds. The lower bits tell which columns are compressed."""


def pack(hour: Hour) -> bytes:
    """All of it but `reasons` and `cuts`."""
    new = np.ones(len(hour.user), bool)
    new[1:] = hour.user[1:] != hour.user[:-1]
    steps = np.diff(hour.user[new], prepend=np.uint64(0)).astype("<u8").view(np.uint8)
    bytes_of = steps.reshape(-1, 8)
    moved = new.copy()
    moved[1:] |= hour.source[1:] != hour.source[:-1]
    wide = "<u4" if len(hour.reasons) > 255 else "u1"
    soft = [
        np.packbits(new).tobytes(),
        np.packbits(moved[~new]).tobytes(),
        hour.minute.tobytes(),
        hour.outcome.astype(wide).tobytes(),
        _planes(hour.count),
        bytes_of[:, 6:].T.tobytes(),
    ]
    span = (hour.last - hour.first)[hour.count > 1]
    seconds = not (hour.first % 1000).any() and not (span % 1000).any()
    hard = [
        _times(hour.first, seconds),
        _times(span, seconds),
        hour.source[moved].astype("<u4").tobytes(),
    ]
    flags = _SECONDS * seconds
    for number, column in enumerate(hard):
        if _shrinks(column):
            soft.append(column)
            flags |= 1 << number
    packed = zlib.compress(b"".join(soft), 1)
    loose = [column for number, column in enumerate(hard) if not flags >> number & 1]
    head = _HEAD.pack(flags, len(packed))
    return b"".join([head, packed, *loose, bytes_of[:, :6].tobytes()])


def unpack(
    data: bytes, size: int, reasons: tuple[str, ...], cuts: Mapping[int, int] | None = None
) -> Hour:
    """What `pack` was given."""
    flags, length = _HEAD.unpack_from(data)
    soft = _Bytes(zlib.decompress(data[_HEAD.size : _HEAD.size + length]))
    hard = _Bytes(data, _HEAD.size + length)
    new = soft.bits(size)
    users = int(np.count_nonzero(new))
    moved = new.copy()
    moved[~new] = soft.bits(size - users)
    minute = soft.take("u1", size)
    outcome = soft.take("<u4" if len(reasons) > 255 else "u1", size).astype(np.uint32)
    low, high = soft.take("u1", size), soft.take("u1", size)
    count = low | high.astype(np.uint16) << np.uint16(8)
    upper = soft.take("u1", 2 * users).reshape(2, -1)
    several = count > 1
    columns = [
        (soft if flags >> number & 1 else hard).take(kind, amount)
        for number, (kind, amount) in enumerate(
            [
                (_kind(flags), size),
                (_kind(flags), int(np.count_nonzero(several))),
                ("<u4", int(np.count_nonzero(moved))),
            ]
        )
    ]
    first, span = (_milliseconds(column, flags) for column in columns[:2])
    last = first.copy()
    last[several] += span
    steps = np.empty((users, 8), np.uint8)
    steps[:, :6], steps[:, 6:] = hard.take("u1", 6 * users).reshape(-1, 6), upper.T
    hashes = np.cumsum(steps.reshape(-1).view("<u8"), dtype=np.uint64)
    user = hashes[np.cumsum(new) - 1]
    source = columns[2].astype(np.uint32)[np.cumsum(moved) - 1]
    return Hour(minute, user, outcome, source, first, last, count, reasons, cuts or {})


class _Bytes:
    """Bytes that are taken column by column."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def take(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found

    def bits(self, count: int) -> NDArray[np.bool_]:
        return np.unpackbits(self.take("u1", -(-count // 8)), count=count).astype(bool)


def _planes(values: U16) -> bytes:
    """All low bytes, then all high ones."""
    table: U8 = values.astype("<u2").view(np.uint8).reshape(-1, 2)
    return table.T.tobytes()


def _kind(flags: int) -> str:
    return "u1" if flags & _SECONDS else "<u2"


def _times(values: U16, seconds: bool) -> bytes:
    return (values // 1000).astype("u1").tobytes() if seconds else values.astype("<u2").tobytes()


def _milliseconds(values: NDArray[Any], flags: int) -> U16:
    wide = values.astype(np.uint16)
    return wide * np.uint16(1000) if flags & _SECONDS else wide


def _shrinks(column: bytes) -> bool:
    """Whether compressing pays, by its beginning: noise takes the most time and gains nothing."""
    sample = column[:_SAMPLE]
    return len(zlib.compress(sample, 1)) < _WORTH * len(sample)
