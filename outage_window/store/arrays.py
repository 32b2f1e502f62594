"""Arrays to compressed bytes and back, with every bit of a float kept (NaN payloads too)."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64


def pack_samples(time: I64, value: F64) -> bytes:
    """Times in nanoseconds (increasing) and the bits of values; both of shape (n,)."""
    steps = np.diff(time, prepend=np.int64(0)).astype("<i8")
    bits = np.ascontiguousarray(value, dtype="<f8").view("<u8")
    return zlib.compress(_planes(steps) + _planes(bits), 1)


def unpack_samples(data: bytes, count: int) -> tuple[I64, F64]:
    """What `pack_samples` was given."""
    raw = zlib.decompress(data)
    steps = _unplanes(raw[: 8 * count]).view("<i8")
    return np.cumsum(steps, dtype=np.int64), _unplanes(raw[8 * count :]).view("<f8")


def pack_arrival(of: I64, time: I64, value: F64) -> bytes:
    """Numbers of series, times in nanoseconds (in any order), the bits of values; shape (n,)."""
    steps = np.diff(time, prepend=np.int64(0)).astype("<i8")
    bits = np.ascontiguousarray(value, dtype="<f8").view("<u8")
    return zlib.compress(_planes(of.astype("<i8")) + _planes(steps) + _planes(bits), 1)


def unpack_arrival(data: bytes, count: int) -> tuple[I64, I64, F64]:
    """What `pack_arrival` was given."""
    raw = zlib.decompress(data)
    of, steps, bits = (raw[8 * count * i : 8 * count * (i + 1)] for i in range(3))
    time = np.cumsum(_unplanes(steps).view("<i8"), dtype=np.int64)
    return _unplanes(of).view("<i8"), time, _unplanes(bits).view("<f8")


def _planes(values: NDArray[Any]) -> bytes:
    """Bytes of equal weight side by side: counters differ in their low bytes only."""
    return values.view(np.uint8).reshape(-1, 8).T.tobytes()


def _unplanes(raw: bytes) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(8, -1).T).reshape(-1)
