"""Remote write: a real Prometheus against `serve` that is stopped and killed, and speed.

script/bench remote_write [--minutes M] lets Prometheus send for so long and compares what it has
with what we have, sample by sample; then it measures requests of 2,000 samples of as many series.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.lab.report import Line, table
from outage_window.store import Store
from tests.conftest import find_programs, missing
from tests.real import sending
from tests.webhooks.sent import MAKERS, NOW, Receiver, snappy
from webhooks.remote_write.parser import Parser

PODS = 150
EVERY = 25.0
SERIES = 2000
ROUNDS = 30
ASKED_MS = 14.0
"""What a request of 2,000 samples takes where every label is read each time."""


def real(minutes: float) -> Iterator[Line]:
    """A line a service, and one on the whole."""
    programs = {name: path for name, path in find_programs().items() if path is not None}
    with TemporaryDirectory() as folder:
        done = sending.run(programs, Path(folder), 60 * minutes, PODS, EVERY)
    for service in sending.SERVICES:
        theirs, ours = len(done.theirs[service]), len(done.ours[service])
        apart = len(done.differences(service))
        stale = done.stale(service)
        yield Line(
            f"samples of {service}",
            f"{theirs:,}",
            f"{ours:,}",
            theirs == ours and not apart,
            f"{apart} differ; {stale} of them stale markers",
        )
    failed = done.metrics["samples_failed_total"]
    yield Line(
        "samples that Prometheus gave up",
        "0",
        f"{failed:.0f}",
        failed == 0,
        f"{done.seconds / 60:.1f} min, {done.kills} × kill -9, {done.restarts} × stopped, "
        f"{done.metrics['samples_retried_total']:.0f} samples sent again",
    )


def speed(rounds: int = ROUNDS) -> Iterator[Line]:
    """What a request of 2,000 samples takes: to be read, and until its answer after the commit."""
    for version in ("1.0", "2.0"):
        bodies = [_body(version, at) for at in range(rounds + 1)]
        parse = partial(Parser().parse, version, now=NOW * 10**6)
        first, *parsed = (_timed(partial(parse, body)) for body in bodies)
        ms, asked = 1000 * median(parsed), version == "1.0"
        yield Line(
            f"{version}: ms to read a request of {SERIES}",
            f"≤ {ASKED_MS:g}" if asked else "–",
            f"{ms:.1f}",
            ms <= ASKED_MS if asked else None,
            f"{1000 * first:.0f} the first time",
        )
        whole = median(_kept(version, bodies)[1:])
        yield Line(
            f"{version}: ms until it is on the disk and answered",
            "–",
            f"{1000 * whole:.1f}",
            None,
            f"{SERIES / whole:,.0f} samples a second by one sender, all of them kept",
        )


def _kept(version: str, bodies: list[bytes]) -> list[float]:
    """Seconds of each request to an app on a store of its own."""
    service = {"name": "auth", "source": "remote_write", "attempts": "a", "errors": "b"}
    with TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'ow.db'}")
        receiver = Receiver(store, service)
        took = [_timed(partial(_sent, receiver, version, body)) for body in bodies]
        assert len(receiver.kept()) == SERIES
        store.close()
    return took


def _body(version: str, at: int) -> bytes:
    series = (
        (
            {
                "__name__": "a",
                "code": "200",
                "instance": f"10.0.{i >> 8}.{i & 255}:9090",
                "job": "auth",
                "namespace": "login",
                "pod": f"auth-7d9f5b-{i:05d}",
                "result": "success",
                "service": "auth",
            },
            [(NOW + 15_000 * at, float(1000 * i + at))],
        )
        for i in range(SERIES)
    )
    return snappy(MAKERS[version](*series).SerializeToString())


def _sent(receiver: Receiver, version: str, body: bytes) -> None:
    answer = receiver.send(body, version)
    assert answer.status_code == 204, answer.text


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def main(arguments: list[str]) -> int:
    """Print the tables; 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="script/bench remote_write", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args(arguments).minutes
    if missing():
        print(f"not found: {', '.join(missing())}", file=sys.stderr)
        return 2
    lines = list(speed())
    print(table(lines), flush=True)
    sent = list(real(minutes))
    print(f"\n{table(sent)}")
    return int(any(line.met is False for line in [*lines, *sent]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
