"""How well windows are found, how exact they are, and how fast: script/bench detection [PART]…"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.lab import boundaries, found, hard, online, petshop, quiet, speed, versus
from benchmarks.lab.report import REPORTING, TUNING, Line, table


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated: in full, or scaled down for a quick look."""

    share: float
    seed: int
    workers: int
    extras: tuple[float, ...] = ()
    """Extra failing fractions of the grid of edges; all if empty."""

    def of(self, full: int) -> int:
        """So many of `full`, at least a few."""
        return max(round(full * self.share), 4)


def _boundaries(size: Size) -> Iterator[str]:
    scores = boundaries.scores(size.of(2000), size.seed, size.workers, size.extras)
    yield table(boundaries.lines(scores))
    yield boundaries.grid_table(scores)


def _lines(make: Callable[[Size], Sequence[Line]]) -> Callable[[Size], Iterator[str]]:
    def part(size: Size) -> Iterator[str]:
        yield table(make(size))

    return part


PARTS: dict[str, tuple[str, Callable[[Size], Iterator[str]]]] = {
    "boundaries": ("Edges, over the whole grid", _boundaries),
    "found": (
        "Outages found",
        _lines(lambda size: found.lines(size.of(5000), size.seed, size.workers)),
    ),
    "quiet": (
        "Quiet weeks",
        _lines(lambda size: quiet.lines(size.of(2100), size.seed, size.workers)),
    ),
    "hard": (
        "Hard shapes",
        _lines(lambda size: hard.lines(size.of(200), size.seed, size.workers)),
    ),
    "online": (
        "Delay of the first report",
        _lines(lambda size: online.lines(size.of(100), size.seed, size.workers)),
    ),
    "petshop": ("Real rows (PetShop)", lambda size: iter([petshop.report(size.seed, size.of(20))])),
    "peers": ("Peers", lambda size: iter([versus.table(size.of(40), size.seed, size.workers)])),
    "speed": ("Speed", lambda size: iter([table(speed.lines())])),
}


def _command(part: str, asked: argparse.Namespace) -> str:
    """What makes the same table again."""
    share = "" if asked.share == 1 else f" --share {asked.share:g}"
    extra = "".join(f" --extra {one:g}" for one in asked.extra or ())
    return f"script/bench detection {part}{share}{extra}{' --tuning' * asked.tuning}"


def main() -> int:
    """Print the tables of the parts asked for, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size, such as 0.05")
    parser.add_argument("--tuning", action="store_true", help="the seeds for tuning")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--extra", type=float, action="append", help="only this part of the grid")
    asked = parser.parse_args()
    unknown = sorted(set(asked.parts) - set(PARTS))
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    size = Size(
        asked.share, TUNING if asked.tuning else REPORTING, asked.workers, tuple(asked.extra or ())
    )
    for name in asked.parts or PARTS:
        title, part = PARTS[name]
        print(f"## {title}\n")
        print(f"`{_command(name, asked)}`, {'tuning' if asked.tuning else 'reporting'} seeds.\n")
        for text in part(size):
            print(text, end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
