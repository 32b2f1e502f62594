"""How right the share of users is, by tier, and how fast: script/bench users [PART]…"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks.lab import attempts_post, causes, shares, user_files
from benchmarks.lab.people import Habits
from benchmarks.lab.report import REPORTING, TUNING, table

OUTAGES = 400
INCIDENTS = 300


def _tiers(outages: int, seed: int, workers: int) -> Iterator[str]:
    found = shares.several(list(shares.SCENARIOS), Habits(), outages, seed, workers)
    yield shares.estimators(found)
    yield table(shares.targets(found))


def _counters(outages: int, seed: int, workers: int) -> Iterator[str]:
    names = ["25 % hard, 11 h", "45 % hard, 75 min", "30 % hard, 91 h", "intermittent, 4 h"]
    levels = {f"± {level:.0%} a day": Habits(traffic=level) for level in (0.03, 0.1, 0.2)}
    found = {
        level: shares.several(names, habits, outages // 4, seed, workers)
        for level, habits in levels.items()
    }
    yield shares.counters_table(found)


def _findings(outages: int, seed: int, workers: int) -> Iterator[str]:
    incidents = INCIDENTS * outages // OUTAGES
    yield "\n".join(
        [
            f"| {' | '.join(causes.HEAD)} |",
            "| --- |" + " --- |" * (len(causes.HEAD) - 1),
            *(f"| {' | '.join(row)} |" for row in causes.run(incidents, seed, workers)),
        ]
    )


def _speed(outages: int, seed: int, workers: int) -> Iterator[str]:
    rows = max(20_000_000 * outages // OUTAGES, 100_000)
    lines = [line for users in (10, 400) for line in user_files.run(rows, rows // users)]
    bodies = max(20 * outages // OUTAGES, 2)
    posted = [line for size in (15_000, 1_000, 100) for line in attempts_post.run(bodies, size)]
    yield table([*lines, *posted])


PARTS: dict[str, tuple[str, Callable[[int, int, int], Iterator[str]]]] = {
    "tiers": ("Estimators and tiers", _tiers),
    "counters": ("Tier 3 and the error of the forecast", _counters),
    "findings": ("Findings on incidents of known cause", _findings),
    "speed": ("Speed", _speed),
}


def main() -> int:
    """Print the tables of the parts asked for, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size, such as 0.05")
    parser.add_argument("--tuning", action="store_true", help="the seeds for tuning")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    asked = parser.parse_args()
    unknown = sorted(set(asked.parts) - set(PARTS))
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    seed = TUNING if asked.tuning else REPORTING
    for name in asked.parts or PARTS:
        title, part = PARTS[name]
        share = "" if asked.share == 1 else f" --share {asked.share:g}"
        print(f"## {title}\n")
        print(f"`script/bench users {name}{share}{' --tuning' * asked.tuning}`\n")
        for text in part(max(round(OUTAGES * asked.share), 8), seed, asked.workers):
            print(text, end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
