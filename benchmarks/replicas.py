"""Replicas on a real PostgreSQL, of which one is killed each minute: every outage once, in time.

script/bench replicas [--services N] [--minutes M] [--settle M] [--interval S] [--step S] [--stall]
simulates N services whose counters come by remote write, and some that only alerts tell of, through
senders that go on to the next replica where one fails. docs/operations.md tells what was seen.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.lab.report import table
from benchmarks.lab.trial import Asked, run
from benchmarks.lab.verdict import lines
from tests import postgres


def parsed(arguments: list[str]) -> Asked:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="script/bench replicas", description=__doc__)
    default = Asked()
    for name in ("services", "minutes", "settle", "interval", "step", "every", "away", "seed"):
        value = getattr(default, name)
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--stall", action="store_true", help="every second one is stopped instead")
    return Asked(**vars(parser.parse_args(arguments)))


def main(arguments: list[str]) -> int:
    """Print the table; 1 where a target is missed."""
    asked = parsed(arguments)
    if postgres.find() is None:
        print("not found: PostgreSQL (apt-get install postgresql)", file=sys.stderr)
        return 2
    server = postgres.Postgres()
    try:
        with TemporaryDirectory() as folder:
            done = list(lines(run(asked, server, Path(folder))))
    finally:
        server.drop()
    print(table(done))
    return int(any(line.met is False for line in done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
