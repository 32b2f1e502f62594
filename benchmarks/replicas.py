"""Replicas on a real PostgreSQL, of which one is killed each minute: every outage once, in time.

script/bench replicas [--services N] [--minutes M] [--interval S] [--step S] [--stall]
simulates N services whose counters come by remote write, and some that only alerts tell of, through
senders that go on to the next replica where one fails. docs/operations.md tells what was seen.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.lab import crowd, fleet, judged
from benchmarks.lab.balancer import Balancer, Sent, Target
from benchmarks.lab.crowd import BEFORE, Crowd, Plan
from benchmarks.lab.fleet import Fleet
from benchmarks.lab.report import Line, table
from detector.model import Options
from outage_window.store.opened import looking
from tests import postgres
from tests.real.programs import free_port

TOKEN = "a-token-of-the-benchmark"
CHUNK = 500
"""Services of one remote write request; 50 while history is sent, each with many samples."""
REPLICAS = 3
JUDGED = 500
"""So many services at most, beside those with an outage, are looked at sample by sample."""
EARLY = 1.0
"""Seconds that clocks and rounding may make of a delay that is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is to be. Times in seconds."""

    services: int = 10_000
    minutes: float = 10.0
    interval: float = 60.0
    step: float = 30.0
    every: float = 60.0
    away: float = fleet.AWAY
    stall: bool = False
    seed: int = 1

    @property
    def rounds(self) -> int:
        """How many there are in the run."""
        return round(60 * self.minutes / self.step)

    @property
    def least(self) -> float:
        """The shortest window, and the gap within one: short, so that incidents close in time."""
        return 4 * self.step


@dataclass
class Run:
    """What came of it: when each round of each chunk, and each alert, was acknowledged."""

    asked: Asked
    plan: Plan
    began: float
    acknowledged: dict[tuple[int, int], float] = field(default_factory=dict)
    alerted: dict[str, float] = field(default_factory=dict)
    published: list[tuple[str, float]] = field(default_factory=list)
    codes: Counter[int | None] = field(default_factory=Counter)
    takeovers: list[float] = field(default_factory=list)
    killed: int = 0
    stalled: int = 0
    cpu: float = 0.0
    memory: float = 0.0
    url: str = ""
    ended: float = 0.0

    def time(self, number: int) -> int:
        """The time of a round in milliseconds; rounds before the run are negative."""
        return round(1000 * (self.began + self.asked.step * number))


def run(asked: Asked, server: postgres.Postgres, folder: Path) -> Run:
    """Send, kill and wait as asked; the database stays for the judge."""
    plan = crowd.plan(asked.services, asked.rounds, 60 * asked.minutes, asked.seed)
    made = Crowd(plan, asked.rounds, asked.seed)
    done = Run(asked, plan, 0.0, url=server.database())
    with ExitStack() as stack:
        target = Target()
        stack.callback(target.stop)
        ports = [free_port() for _ in range(REPLICAS)]
        settings = _settings(asked, plan, folder, done.url, target.url)
        replicas = Fleet(folder, settings, ports, done.url)
        stack.callback(replicas.stop)
        replicas.ready(180)
        replicas.all_led(60)
        _say(f"{REPLICAS} replicas run")
        done.began = time.time() + 0.012 * asked.services + 5  # history takes as long to send
        _before(done, made, ports)
        _say(f"{BEFORE} rounds of history are sent")
        time.sleep(max(done.began - time.time(), 0.0))
        replicas.harass(asked.every, 0.4 * asked.every, asked.away, asked.stall)
        used = replicas.cpu()
        _rounds(done, made, ports)
        replicas.leave()
        _say("all rounds are sent")
        done.cpu, done.memory = replicas.cpu() - used, max(replicas.memory())
        time.sleep(2 * asked.interval + 5)
        done.ended = time.time()
        done.published = list(target.came)
        done.takeovers = replicas.takeovers
        done.killed, done.stalled = replicas.killed, replicas.stalled
    return done


def _settings(asked: Asked, plan: Plan, folder: Path, url: str, target: str) -> dict[str, Any]:
    key = folder / "user.key"
    key.write_bytes(postgres.KEY)
    return {
        "web": {"token": TOKEN},
        "storage": {"url": url},
        "attempts": {"user_key_file": str(key)},
        "scan_interval": f"{asked.interval:g}s",
        "detection": {"min_duration": f"{asked.least:g}s", "join_gap": f"{asked.least:g}s"},
        "remote_write": {"history": f"{round((BEFORE + asked.rounds) * asked.step) + 3600}s"},
        "publish": [{"kind": "webhook", "url": target}],
        "services": [crowd.settings_of(name) for name in plan.services],
    }


def _chunks(services: int, size: int) -> Iterator[tuple[int, range]]:
    for number, start in enumerate(range(0, services, size)):
        yield number, range(start, min(start + size, services))


def _before(done: Run, made: Crowd, ports: list[int]) -> None:
    """Send what is past; each chunk is sent once the one before is acknowledged by somebody."""
    balancer = Balancer(ports, TOKEN)
    times = [done.time(n - BEFORE) for n in range(BEFORE)]
    for _, of in _chunks(done.asked.services, 50):
        body = made.write(of, range(BEFORE), times)
        balancer.put(Sent("/api/v1/write", body, crowd.HEADERS, lambda _: None))
    balancer.finish()


def _rounds(done: Run, made: Crowd, ports: list[int]) -> None:
    asked, balancer = done.asked, Balancer(ports, TOKEN)
    waiting = sorted(done.plan.alerted.items(), key=lambda one: one[1])
    for number in range(asked.rounds):
        _wait(done, balancer, waiting, done.time(number) / 1000)
        for chunk, of in _chunks(asked.services, CHUNK):
            column = BEFORE + number
            body = made.write(of, range(column, column + 1), [done.time(number)])

            def note(at: float, key: tuple[int, int] = (chunk, number)) -> None:
                done.acknowledged[key] = at

            balancer.put(Sent("/api/v1/write", body, crowd.HEADERS, note))
    balancer.finish()
    done.codes = balancer.codes


def _wait(done: Run, balancer: Balancer, waiting: list[tuple[str, float]], until: float) -> None:
    """Until the next round; alerts fire meanwhile."""
    while (left := until - time.time()) > 0:
        while waiting and done.began + waiting[0][1] < time.time():
            name, _ = waiting.pop(0)
            done_at = lambda at, name=name: done.alerted.setdefault(name, at)  # noqa: E731
            headers = {"Content-Type": "application/json"}
            balancer.put(Sent(fleet.ALERTS, _delivery(name), headers, done_at))
        time.sleep(min(left, 0.2))


def _delivery(service: str) -> bytes:
    """What Alertmanager sends of one alert."""
    labels = {"alertname": "Down", "service": service}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": service,
    }
    body = {"version": "4", "receiver": "r", "status": "firing", "alerts": [alert]}
    common = {"groupLabels": labels, "commonLabels": labels, "commonAnnotations": {}}
    rest = {"groupKey": service, "externalURL": "http://am", "truncatedAlerts": 0}
    return json.dumps({**body, **common, **rest}).encode()


def lines(done: Run) -> Iterator[Line]:
    """The table: what was asked of the run, and what was seen."""
    asked, plan = done.asked, done.plan
    with looking(done.url) as connection:
        incidents = judged.found(connection)
        by_alert = judged.by_alert(connection)
        delays, lost, never = _looked_at(done, connection, incidents)
    known = Counter(one.service for one in incidents)
    out = {plan.services[n] for n in plan.outages}
    expected = sorted((out - never) | set(plan.alerted))
    once = sum(known[name] == 1 for name in expected)
    double = sum(known[name] > 1 for name in expected)
    quiet = sum(n for name, n in known.items() if name not in out and name not in plan.alerted)
    yield Line(
        "outages found, each as one incident", f"{len(expected)}", f"{once}",
        once == len(expected),
        f"{double} as more than one; {len(never)} that one process would not find; "
        f"{quiet} incidents of the {asked.services - len(out)} quiet services",
    )  # fmt: skip
    worst = max(delays) if delays else float("nan")
    yield Line(
        "detection after the samples or alert that show it were acknowledged",
        f"≤ {2 * asked.interval:g} s", f"{worst:.0f} s", worst <= 2 * asked.interval,
        f"half within {np.median(delays):.0f} s, 95 % within {np.quantile(delays, 0.95):.0f} s",
    )  # fmt: skip
    alerts_lost = [name for name in plan.alerted if by_alert[name] != 1]
    sent = len(done.acknowledged) + len(done.alerted)
    failed = sum(n for code, n in done.codes.items() if code is None or code // 100 != 2)
    yield Line(
        "deliveries lost or double", "0", f"{lost + len(alerts_lost)}",
        not lost and not alerts_lost and len(done.alerted) == len(plan.alerted),
        f"{sent:,} requests, {failed} tries answered otherwise than 2xx or lost and sent again",
    )  # fmt: skip
    yield _published(done, incidents)
    slow = max(done.takeovers, default=0.0)
    yield Line(
        "all shards of one that died led by others", "≤ 10 s", f"{slow:.1f} s", slow <= 10,
        f"{done.killed} × kill -9, {done.stalled} × SIGSTOP for {asked.away:g} s",
    )  # fmt: skip
    spent = done.cpu / (60 * asked.minutes)
    yield Line(
        "processors that the replicas used, memory of the largest", "–",
        f"{spent:.2f}, {done.memory:.0f} MiB", None,
        f"{asked.services:,} services, samples every {asked.step:g} s, scanned every "
        f"{asked.interval:g} s",
    )  # fmt: skip


def _looked_at(
    done: Run, connection: Any, incidents: list[judged.Found]
) -> tuple[list[float], int, set[str]]:
    """Delays in seconds, services that lack samples, and outages that are none for the detector."""
    asked, plan = done.asked, done.plan
    opened = {one.service: one.opened for one in reversed(incidents)}
    options = Options(asked.least, asked.least, "UTC", ())
    times = [done.time(n) * 10**6 for n in range(asked.rounds)]
    rng = np.random.default_rng(asked.seed)
    also = rng.choice(asked.services, min(JUDGED, asked.services), replace=False).tolist()
    delays, lost, never = [], 0, set()
    for number in sorted({*plan.outages, *also}):
        name = plan.services[number]
        of = judged.stored(connection, name)
        lost += not judged.complete(of, times)
        if number not in plan.outages:
            continue
        window = judged.during(plan, number, times)
        at = judged.detectable(of, crowd.settings_of(name), window, options)
        if at is None:
            never.add(name)
        elif name in opened:
            shown = done.acknowledged[number // CHUNK, times.index(at)]
            delays.append(max(opened[name] - shown, 0.0))
    delays += [max(opened[n] - at, 0.0) for n, at in done.alerted.items() if n in opened]
    return delays, lost, never


def _published(done: Run, incidents: list[judged.Found]) -> Line:
    """Each closed incident is to be published once in each revision that it got."""
    came = Counter(key for key, _ in done.published)
    early = done.ended - 2 * done.asked.interval
    closed = [one for one in incidents if one.closed is not None and one.closed < early]
    missing = [one for one in closed if f"{one.id}.r{one.revision}" not in came]
    twice = sum(n - 1 for n in came.values())
    return Line(
        "closed incidents not published, or twice", "0", f"{len(missing) + twice}",
        not missing and not twice, f"{len(closed)} closed, {len(done.published)} publications",
    )  # fmt: skip


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def parsed(arguments: list[str]) -> Asked:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="script/bench replicas", description=__doc__)
    default = Asked()
    for name in ("services", "minutes", "interval", "step", "every", "away", "seed"):
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
