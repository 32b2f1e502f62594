"""Speed of reading attempts per user: from a Parquet file on disk to `UserAttempts`.

Users come as they please: nearly every row of a row group has another user, which is the worst case
for anything that looks texts up. The file is written anew, and so it lies in the system's cache.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.lab.report import REPORTING, Line, rng_of, table
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
    """Rows a second by the clock and by the processors' time, the best of a few runs."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.parquet"
        write(path, rows, users, rng_of(REPORTING))
        all_of_it = [_timed(path, None) for _ in range(TIMES)]
        day = [(MONDAY + 86_400.0 * 8, MONDAY + 86_400.0 * 9)]
        one_day = [_timed(path, day) for _ in range(TIMES)]
    clock, work = min(c for c, _ in all_of_it), min(w for _, w in all_of_it)
    note = f"{rows / 1e6:g} M attempts of {users / 1e6:g} M users"
    return [
        Line(
            "attempts per user, a second and core",
            f"≥ {ASKED / 1e6:g} M",
            f"{rows / work / 1e6:.1f} M",
            rows / work >= ASKED,
            note,
        ),
        Line("the same by the clock", "–", f"{rows / clock / 1e6:.1f} M", None, "sha256 included"),
        Line("one day of 28", "–", f"{min(c for c, _ in one_day):.2f} s", None, note),
    ]


def _timed(path: Path, spans: Sequence[tuple[float, float]] | None) -> tuple[float, float]:
    clock, work = perf_counter(), process_time()
    found = load([str(path)], Reading(), KNOWN, Pseudonyms(b"a secret"), spans)
    assert found.attempts["auth"].user.size
    return perf_counter() - clock, process_time() - work


if __name__ == "__main__":
    print(table(run(*map(int, sys.argv[1:]))))
