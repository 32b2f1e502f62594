"""How `analyze` grows: against pandas and Arrow, from a million rows to a hundred, on Dask.

Whole processes, in turn, so that a noisy machine treats all alike. The table and the cost model are
for docs/scale.md. `--rows` and `--length` make it smaller. Run by `script/bench scale`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab.dask import cluster
from benchmarks.lab.much import STEP, Export
from benchmarks.lab.tree import Taken, measured

MEMORY = 1.5 * 2**30
SPEEDUP = 1.8
DAY = 86400 // STEP
PROGRAM = [sys.executable, "-c", "from outage_window.cli.main import run; run()"]
PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1])"
ARROW = (
    "import sys, pyarrow.parquet as p\n"
    "for part in p.ParquetFile(sys.argv[1]).iter_batches(2**18): pass"
)


@dataclass(frozen=True)
class Made:
    """One export in both forms."""

    rows: int
    csv: Path
    parquet: Path


class Bench:
    """Makes exports in a folder, and measures commands on them."""

    def __init__(self, folder: Path, length: int) -> None:
        self._folder, self.length = folder, length

    def made(self, rows: int, csv: bool = True) -> Made:
        """An export of so many rows: more rows are more series of the same length."""
        export = Export(rows // self.length, self.length)
        found = Made(rows, self._folder / f"{rows}.csv", self._folder / f"{rows}.parquet")
        export.to_parquet(found.parquet)
        if csv:
            export.to_csv(found.csv)
        return found

    def analyze(self, path: Path, *options: str, cpu: int | None = None) -> Taken:
        """The whole command, on one processor alone if that is said."""
        environment = os.environ | {"XDG_CACHE_HOME": str(self._folder / "cache")}
        command = [*PROGRAM, "analyze", str(path), "--format", "json", *options]
        if cpu is not None:
            command = ["taskset", "-c", str(cpu), *command]
        return measured(command, path.with_suffix(".json"), env=environment)

    def peer(self, program: str, path: Path) -> Taken:
        """Another program reading the same."""
        return measured([sys.executable, "-c", program, str(path)])


def against(bench: Bench, made: Made, pairs: int) -> bool:
    """The largest export against pandas and Arrow, in turn; whether the targets are met."""
    packed, plain, pandas, arrow = [], [], [], []
    for _ in range(pairs):
        packed.append(bench.analyze(made.parquet))
        pandas.append(bench.peer(PANDAS, made.csv))
        plain.append(bench.analyze(made.csv))
        arrow.append(bench.peer(ARROW, made.parquet))
    print(f"\n| {made.rows:,} rows, {pairs} times in turn | seconds | cpu s | peak MiB |")
    print("| --- | --- | --- | --- |")
    for name, found in (
        ("analyze, Parquet", packed),
        ("analyze, CSV", plain),
        ("pandas.read_csv", pandas),
        ("pyarrow, reading the Parquet", arrow),
    ):
        times = [one.wall for one in found]
        most = max(one.memory for one in found) / 2**20
        cpu = statistics.median(one.cpu for one in found)
        print(f"| {name} | {statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"
              f" | {cpu:.1f} | {most:,.0f} |")  # fmt: skip
    first, second, third = (ratio(packed, pandas), ratio(plain, pandas), ratio(packed, arrow))
    print("\n| target | | seen | |\n| --- | --- | --- | --- |")
    peak = max(one.memory for one in packed)
    return all(
        [
            told("Parquet / pandas.read_csv", "≤ 1", first, first <= 1),
            told("CSV / pandas.read_csv", "≤ 1", second, second <= 1),
            told("peak of Parquet, GiB", "≤ 1.5", peak / 2**30, peak <= MEMORY),
            told("Parquet / only reading it with Arrow", "reported; goal 5", third, None),
        ]
    )


def ratio(ours: Sequence[Taken], theirs: Sequence[Taken]) -> float:
    """The median of the pairs' ratios."""
    return statistics.median(a.wall / b.wall for a, b in zip(ours, theirs, strict=True))


def told(what: str, target: str, seen: float, met: bool | None) -> bool:
    """Print a line of targets."""
    verdict = {True: "met", False: "**missed**", None: ""}[met]
    print(f"| {what} | {target} | {seen:.2f} | {verdict} |")
    return met is not False


def growth(bench: Bench, sizes: Sequence[Made], pairs: int) -> bool:
    """Time and memory of Parquet by size; what starting takes is measured and taken off."""
    least = bench.made(bench.length, csv=False)
    start = statistics.median(bench.analyze(least.parquet).wall for _ in range(3))
    print(f"\n| rows of Parquet | s | ns a row without starting ({start:.1f} s) | peak MiB |")
    print("| --- | --- | --- | --- |")
    each, peaks = [], []
    for made in sizes:
        found = [bench.analyze(made.parquet) for _ in range(pairs)]
        wall = statistics.median(one.wall for one in found)
        peaks.append(max(one.memory for one in found))
        each.append((wall - start) / made.rows)
        print(f"| {made.rows:,} | {wall:.2f} | {each[-1] * 1e9:.0f} | {peaks[-1] / 2**20:,.0f} |")
    print("\n| target | | seen | |\n| --- | --- | --- | --- |")
    spread, memory = max(each) / min(each), max(peaks) / min(peaks)
    return all(
        [
            told("most / least time a row", "≤ 1.1", spread, spread <= 1.1),
            told("most / least memory", "≤ 1.2", memory, memory <= 1.2),
        ]
    )


def model(bench: Bench, sizes: Sequence[Made]) -> None:
    """The cost of a series-day, from the largest export, checked against the others."""
    taken = {made.rows: bench.analyze(made.parquet) for made in sizes}
    largest = sizes[-1]
    cpu = taken[largest.rows].cpu / largest.rows
    size = largest.parquet.stat().st_size / largest.rows
    row = in_folder(largest.parquet)
    print(f"\nA series-day is {DAY:,} rows of {STEP} s: {cpu * DAY * 1e3:.2f} ms of a processor,"
          f" {size * DAY / 1024:.1f} KiB of Parquet read, {row * DAY / 1024:.0f} KiB of work folder"
          " written once and read once.")  # fmt: skip
    print("\n| rows | processor s, by the model | measured |\n| --- | --- | --- |")
    for rows, found in taken.items():
        print(f"| {rows:,} | {cpu * rows:.1f} | {found.cpu:.1f} |")
    million = 1_000_000 * DAY
    print(f"\nA million series for a day, on paper: {million / 1e9:.2f} thousand million rows,"
          f" {cpu * million / 3600:.1f} processor-hours, {size * million / 2**30:.0f} GiB of"
          f" Parquet, {row * million / 2**30:.0f} GiB of work folder.")  # fmt: skip


def in_folder(export: Path) -> float:
    """Bytes that a row takes in the work folder, by the first block of an export."""
    from outage_window.batch.folder import InFolder
    from outage_window.batch.storage import storage_at
    from outage_window.sources.inputs import Inputs
    from outage_window.sources.reading import Reading
    from outage_window.sources.scanning import Scan

    reading = Reading()
    with tempfile.TemporaryDirectory() as folder:
        scan = Scan(reading, 100, InFolder(storage_at(folder), 100))
        scanned = scan(next(Inputs([str(export)], reading).tasks()))
        size = sum(one.stat().st_size for one in Path(folder).iterdir())
    return size / sum(entry.rows for entry in scanned.entries)


def on_dask(bench: Bench, made: Made) -> bool:
    """One worker process against two."""
    walls = {}
    for count in (1, 2, 2, 1):
        with cluster(count) as address:
            found = bench.analyze(made.parquet, "--engine", "dask", "--scheduler", address)
            walls.setdefault(count, []).append(found.wall)
    one, two = (statistics.mean(walls[count]) for count in (1, 2))
    print(f"\n| Dask, {made.rows:,} rows | seconds |\n| --- | --- |")
    print(f"| 1 worker process | {one:.1f} |\n| 2 worker processes | {two:.1f} |")
    print("\n| target | | seen | |\n| --- | --- | --- | --- |")
    return told("1 worker / 2 workers", f"≥ {SPEEDUP}", one / two, one / two >= SPEEDUP)


def on_machine(bench: Bench, made: Made) -> None:
    """What a second processor is worth here: commands that share nothing, on one processor each."""
    other = made.parquet.with_stem(f"{made.parquet.stem}-again")
    shutil.copyfile(made.parquet, other)
    alone = statistics.mean(bench.analyze(made.parquet, cpu=cpu).wall for cpu in (0, 1))
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(bench.analyze, path, cpu=cpu)
            for cpu, path in enumerate((made.parquet, other))
        ]
        together = max(one.result().wall for one in both)
    print(f"\n| Parquet, {made.rows:,} rows, one processor a command | seconds |\n| --- | --- |")
    print(f"| one command alone | {alone:.1f} |\n| two at once | {together:.1f} |")
    print("\n| target | | seen | |\n| --- | --- | --- | --- |")
    told("what two processors are worth, of 2", "reported", 2 * alone / together, None)


def main(words: Sequence[str] | None = None) -> int:
    """Print Markdown; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7, 1e8])
    parser.add_argument("--length", type=int, default=10_000, help="rows a series")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--only", choices=["against", "growth", "model", "dask", "machine"])
    parser.add_argument("--folder", type=Path, help="where the exports are made (a temporary one)")
    asked = parser.parse_args(words)
    with _folder(asked.folder) as folder:
        bench = Bench(folder, asked.length)
        sizes = [int(rows) for rows in asked.rows]
        text = asked.only in (None, "against")
        made = [bench.made(rows, csv=text and rows == sizes[-1]) for rows in sizes]
        steps = {
            "against": lambda: against(bench, made[-1], asked.pairs),
            "growth": lambda: growth(bench, made, asked.pairs),
            "model": lambda: model(bench, made) is None,
            "dask": lambda: on_dask(bench, made[-1]),
            "machine": lambda: on_machine(bench, made[-2:][0]) is None,
        }
        done = [step() for name, step in steps.items() if asked.only in (None, name)]
    return 0 if all(done) else 1


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
