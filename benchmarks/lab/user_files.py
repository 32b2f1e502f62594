"""Speed of the share of users: from a Parquet file on disk to the answer for a window.

Users come as they please: nearly every row of a row group has another user, which is the worst case
for anything that looks texts up. The file is written anew, and so it lies in the system's cache.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.lab.report import REPORTING, Line, rng_of, table
from benchmarks.lab.shares import window_between
from detector.users.counted import counted
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import Reasons
from outage_window.sources.reading import Reading
from outage_window.sources.users import load

MONDAY, MONTH = 1_704_067_200, 28 * 86_400
GROUP = 2**20
REASONS = ("invalid_token", "bad_password", "captcha")
KNOWN = Reasons(frozenset(REASONS[:1]), frozenset(REASONS[1:]))
ASKED = 5e6
"""Attempts a second and core."""
TIMES = 3
MOST_BYTES = 64


def write(path: Path, rows: int, users: int, rng: np.random.Generator) -> None:
    """Write attempts of four weeks in order of time, one in ten of them failed."""
    import pyarrow as pa
    from pyarrow import parquet

    time = MONDAY * 1000 + np.sort(rng.integers(0, MONTH * 1000, rows))
    ids = pa.array([f"user-{i:07d}" for i in range(users)])
    homes = [f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(users // 4 + 1)]
    writer = None
    for low in range(0, rows, GROUP):
        part = time[low : low + GROUP]
        who, failed = rng.integers(0, users, len(part)), rng.random(len(part)) < 0.1
        why = rng.integers(0, len(REASONS), len(part))
        columns = {
            "time": pa.array(part).cast(pa.timestamp("ms", tz="UTC")),
            "user": _words(who, ids),
            "outcome": _words(failed.astype(int), pa.array(["success", "failure"])),
            "reason": _words(why, pa.array(REASONS), ~failed),
            "source": _words(who // 4, pa.array(homes)),
            "service": _words(np.zeros(len(part), int), pa.array(["auth"])),
        }
        batch = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    if writer is not None:
        writer.close()


def _words(codes: np.ndarray, words: Any, nulls: np.ndarray | None = None) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=nulls), words).cast(
        pa.string()
    )


def run(rows: int = 20_000_000, users: int = 2_000_000) -> list[Line]:
    """From a Parquet file to the answer: for a window of one day, and for one of all the weeks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.parquet"
        write(path, rows, users, rng_of(REPORTING))
        day = _best(path, MONDAY + 86_400.0 * 8, MONDAY + 86_400.0 * 9)
        whole = _best(path, float(MONDAY), float(MONDAY + MONTH))
    note = f"{rows / 1e6:g} M attempts of {users / 1e6:g} M users in the file"
    return [
        Line(
            "attempts a second and core, to the answer for one day of 28",
            f"≥ {ASKED / 1e6:g} M",
            f"{rows / day.work / 1e6:.1f} M",
            rows / day.work >= ASKED,
            f"{note}; {day.clock:.2f} s by the clock, sha256 of the file included",
        ),
        Line(
            "the same for all 28 days",
            f"≥ {ASKED / 1e6:g} M",
            f"{rows / whole.work / 1e6:.1f} M",
            rows / whole.work >= ASKED,
            f"reading alone {rows / whole.reading / 1e6:.1f} M",
        ),
        Line(
            "bytes held for a distinct user, one day",
            f"≤ {MOST_BYTES}",
            f"{day.held:.0f}",
            day.held <= MOST_BYTES,
            f"all 28 days, {rows / users:g} attempts a user: {whole.held:.0f}",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds by the clock, of the processors in all and for reading, and bytes held a user."""

    clock: float
    work: float
    reading: float
    held: float


def _best(path: Path, start: float, end: float) -> Run:
    """The quickest of a few runs, by the processors' time."""
    return min((_timed(path, start, end) for _ in range(TIMES)), key=lambda run: run.work)


def _timed(path: Path, start: float, end: float) -> Run:
    clock, work = perf_counter(), process_time()
    found = load([str(path)], Reading(), KNOWN, Pseudonyms(b"a secret"), [(start, end)])
    near = found.attempts["auth"]
    reading = process_time() - work
    answer = counted(near, window_between(start, end), near.at(near.first < 0))
    assert answer is not None
    assert answer.active.value
    names = ("user", "first", "last", "attempts", "outcome", "source")
    arrays = {id(a): a.nbytes for a in (getattr(near, name) for name in names)}
    return Run(
        perf_counter() - clock,
        process_time() - work,
        reading,
        sum(arrays.values()) / answer.active.value,
    )


if __name__ == "__main__":
    print(table(run(*map(int, sys.argv[1:]))))
