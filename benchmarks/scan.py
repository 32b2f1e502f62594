"""An idle `serve` that scans many services on a real VictoriaMetrics: CPU and memory.

script/bench scan [--services N] [--days D] [--minutes M] [--interval S] [--step S] fills
VictoriaMetrics with attempts and errors of each service at such steps, starts `serve`, waits until
it has caught up, and measures it for M minutes while new samples keep coming.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import requests

from benchmarks.lab.report import Line, table
from outage_window.settings.durations import show_duration
from tests.conftest import find_programs, missing
from tests.real import programs

KINDS = 20
"""Histories that differ; services share them, since a store does not care."""
AT_ONCE = 10
"""Services in one request of the filling."""
MOST_SHARE, MOST_MIB = 30.0, 400.0
"""Per cent of a core and MiB that a thousand services may take."""
ASKED = 1000
PATIENCE = 3 * 3600
SUCCEEDED = "outage_window_last_successful_scan_timestamp_seconds"


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far and resident bytes of a process."""

    cpu: float
    rss: float


def usage(pid: int) -> Usage:
    """What Linux says of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


class Counters:
    """The counters of all services at any step (seconds): quiet, with errors now and then."""

    def __init__(self, services: int, first: int, steps: int, step: int) -> None:
        rng = np.random.default_rng(9)
        self.services, self.first, self.steps, self.step = services, first, steps, step
        attempts = rng.poisson(30, (KINDS, steps))
        self.values = {
            "attempts": np.cumsum(attempts, axis=1),
            "errors": np.cumsum(rng.binomial(attempts, 0.005), axis=1),
        }

    def time(self, number: int) -> int:
        """The time of a step in seconds since the epoch."""
        return self.first + self.step * number

    def lines(self, start: int, stop: int, services: range) -> str:
        """The steps from `start` up to `stop` of some services, for `/api/v1/import`."""
        times = ",".join(str(1000 * self.time(i)) for i in range(start, stop))
        found: dict[tuple[str, int], str] = {}
        lines = []
        for service in services:
            for name, values in self.values.items():
                kind = service % KINDS
                if (name, kind) not in found:
                    found[name, kind] = ",".join(map(str, values[kind, start:stop].tolist()))
                labels = f'"service":"s{service:05d}","job":"auth","instance":"a{service}:9090"'
                lines.append(
                    f'{{"metric":{{"__name__":"auth_{name}_total",{labels}}},'
                    f'"values":[{found[name, kind]}],"timestamps":[{times}]}}'
                )
        return "\n".join(lines)


class Feeder(threading.Thread):
    """Sends each step once its time has come."""

    def __init__(self, url: str, counters: Counters, at: int) -> None:
        super().__init__(daemon=True)
        self._url, self._counters, self._at = url, counters, at
        self.stopped = threading.Event()

    def run(self) -> None:
        """Until it is stopped, or the counters end."""
        every = range(self._counters.services)
        while self._at < self._counters.steps and not self.stopped.is_set():
            due = self._counters.time(self._at)
            if self.stopped.wait(max(0.0, due - time.time())):
                return
            imported(self._url, self._counters.lines(self._at, self._at + 1, every))
            self._at += 1


def imported(url: str, lines: str) -> None:
    """Have VictoriaMetrics keep these samples."""
    requests.post(f"{url}/api/v1/import", data=lines.encode(), timeout=300).raise_for_status()


def settings_of(url: str, services: int, days: float, interval: float) -> dict[str, Any]:
    """What `serve` is told."""
    names = [f"s{number:05d}" for number in range(services)]
    return {
        "prometheus": {"url": url, "history": show_duration(86400 * days)},
        "scan_interval": show_duration(interval),
        "services": [
            {
                "name": name,
                "source": "pull",
                "attempts": f'auth_attempts_total{{service="{name}"}}',
                "errors": f'auth_errors_total{{service="{name}"}}',
            }
            for name in names
        ],
    }


def caught_up(served: programs.Program, services: int) -> bool:
    """Whether each service has been assessed."""
    lines = served.text("/metrics").splitlines()
    found = [one for one in lines if one.startswith(SUCCEEDED + "{")]
    return sum(not one.endswith((" 0", " 0.0", " NaN")) for one in found) == services


@dataclass(frozen=True, slots=True)
class Watching:
    """A `serve` that has caught up with its store, in `took` seconds, while samples keep coming."""

    served: programs.Program
    store: programs.Program
    counters: Counters
    took: float


@contextmanager
def watching(folder: Path, asked: argparse.Namespace) -> Iterator[Watching]:
    """Fill a store, and run `serve` beside it, both in `folder`."""
    found = {name: path for name, path in find_programs().items() if path is not None}
    with ExitStack() as stack:
        store = programs.victoria(found, folder)
        stack.callback(store.stop)
        steps = round(asked.days * 86400 / asked.step)
        first = (int(time.time()) // asked.step - steps) * asked.step
        later = round(PATIENCE / asked.step)
        counters = Counters(asked.services, first, steps + later, asked.step)
        for at in range(0, asked.services, AT_ONCE):
            some = range(at, min(at + AT_ONCE, asked.services))
            imported(store.url, counters.lines(0, steps, some))
        feeder = Feeder(store.url, counters, steps)
        feeder.start()
        stack.callback(feeder.join, 60)
        stack.callback(feeder.stopped.set)
        settings = settings_of(store.url, asked.services, asked.days, asked.interval)
        began = time.monotonic()
        served = programs.serve(folder, programs.free_port(), settings)
        stack.callback(served.stop)
        programs.wait_for(lambda: caught_up(served, asked.services), PATIENCE, "whole history")
        yield Watching(served, store, counters, time.monotonic() - began)


def lines(of: Watching, asked: argparse.Namespace) -> Iterator[Line]:
    """A line for each thing that is measured, some scans after it has caught up."""
    time.sleep(2 * asked.interval)
    pids = of.served.pid, of.store.pid
    before, began = [usage(pid) for pid in pids], time.monotonic()
    most = 0.0
    while time.monotonic() - began < 60 * asked.minutes:
        time.sleep(1)
        most = max(most, usage(pids[0]).rss)
    seconds = time.monotonic() - began
    after = [usage(pid) for pid in pids]
    ours, theirs = (100 * (b.cpu - a.cpu) / seconds for a, b in zip(before, after, strict=True))
    judged = asked.services >= ASKED
    what = f"{asked.services:,} services, {asked.days:g} d of history, every {asked.interval:g} s"
    yield Line(
        f"CPU of `serve`: {what}",
        f"≤ {MOST_SHARE:g} % of one core",
        f"{ours:.0f} %",
        ours <= MOST_SHARE if judged else None,
        f"{10 * ours * asked.interval / asked.services:.1f} ms a service and pass; "
        f"{asked.minutes:g} min",
    )
    yield Line(
        "memory of `serve`, the most seen",
        f"≤ {MOST_MIB:g} MiB",
        f"{most:.0f} MiB",
        most <= MOST_MIB if judged else None,
        f"{most / asked.services:.2f} MiB a service",
    )
    yield Line(
        "CPU of VictoriaMetrics beside it", "–", f"{theirs:.0f} %", None, "samples sent, too"
    )
    yield Line(
        "first reading of the whole history", "–", f"{of.took:.0f} s", None,
        f"{1000 * of.took / asked.services:.0f} ms a service",
    )  # fmt: skip


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="script/bench scan", description=__doc__)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--days", type=float, default=28.0)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--interval", type=float, default=60.0)
    parser.add_argument("--step", type=int, default=15)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Print the table; 1 if a target is missed."""
    asked = parsed(arguments)
    if missing():
        print(f"not found: {', '.join(missing())}", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder, watching(Path(folder), asked) as found:
        told = list(lines(found, asked))
    print(table(told))
    return int(any(line.met is False for line in told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
