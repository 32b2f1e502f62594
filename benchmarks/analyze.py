"""How long `analyze` takes on a three-week 15-second export, against pandas reading the same file.

Whole processes in alternating pairs, so that a noisy machine treats both alike; the ratio of each
pair counts, and its median is the result. Run with the project's Python: `benchmarks/analyze.py`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEP = 15
ROWS = 21 * 86400 // STEP
START = 1_704_067_200  # 2024-01-01T00:00:00Z
TARGET = 3.0


def make_export(path: Path, seed: int = 20240118) -> None:
    """Write three weeks with a daily cycle, wrong passwords, and one outage of four hours."""
    rng = np.random.default_rng(seed)
    second = np.arange(ROWS) * STEP
    attempts = rng.poisson(120 * (1 + 0.6 * np.sin(2 * np.pi * second / 86400)))
    ratio = np.full(ROWS, 0.03)
    ratio[(second >= 17 * 86400 + 31_380) & (second < 17 * 86400 + 45_000)] = 0.4
    errors = rng.binomial(attempts, ratio)
    stamps = np.datetime_as_string((START + second).astype("datetime64[s]"))
    lines = ["time,service,attempts,errors"]
    lines += [
        f"{stamp}Z,auth,{n},{k}" for stamp, n, k in zip(stamps, attempts, errors, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")


def seconds(arguments: list[str]) -> float:
    """The wall time of a whole process that must succeed."""
    begun = time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> int:
    """Print a Markdown table; exit 1 when the median ratio misses the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.csv"
        make_export(export)
        program = "from outage_window.cli.main import run; run()"
        ours = [sys.executable, "-c", program, "analyze", str(export), "--format", "json"]
        peer = [sys.executable, "-c", f"import pandas; pandas.read_csv({str(export)!r})"]
        seconds(ours), seconds(peer)  # the first run fills the caches of both
        timed = [(seconds(ours), seconds(peer)) for _ in range(pairs)]
    ratios = [mine / other for mine, other in timed]
    median = statistics.median(ratios)
    print(f"| {ROWS:,} rows, {pairs} pairs | median s | lowest s | highest s |")
    print("| --- | --- | --- | --- |")
    for name, column in (("outage-window analyze", 0), ("pandas.read_csv", 1)):
        times = [pair[column] for pair in timed]
        print(f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")
    print(f"| ratio | **{median:.2f}** | {min(ratios):.2f} | {max(ratios):.2f} |")
    print(f"\nTarget: under {TARGET:g}.")
    return 0 if median < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
