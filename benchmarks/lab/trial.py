"""One trial of replicas on a PostgreSQL: what they are sent, which is killed when, and what came.

Counters come by remote write, and some services only alerts tell of, through senders that go on to
the next replica where one fails.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.lab import crowd, fleet
from benchmarks.lab.balancer import Balancer, Sent, Target
from benchmarks.lab.crowd import BEFORE, Crowd, Plan
from benchmarks.lab.fleet import Fleet
from tests import postgres
from tests.real.programs import free_port

TOKEN = "a-token-of-the-benchmark"
CHUNK = 500
"""Services of one remote write request; 50 while history is sent, each with many samples."""
REPLICAS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is to be. Times in seconds, but for minutes: those in which replicas die, and
    those before, in which they read and judge the history."""

    services: int = 10_000
    minutes: float = 10.0
    settle: float = 4.0
    interval: float = 60.0
    step: float = 30.0
    every: float = 60.0
    away: float = fleet.AWAY
    stall: bool = False
    seed: int = 1

    @property
    def settling(self) -> int:
        """How many rounds there are before anything happens."""
        return round(60 * self.settle / self.step)

    @property
    def rounds(self) -> int:
        """How many there are in the run."""
        return self.settling + round(60 * self.minutes / self.step)

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
    happens = range(asked.settling, asked.rounds)
    plan = crowd.plan(asked.services, happens, asked.step, asked.seed)
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
        _rounds(done, made, ports, range(asked.settling))
        _say(f"{asked.settling} rounds later they have settled")
        replicas.harass(asked.every, 0.4 * asked.every, asked.away, asked.stall)
        used = replicas.cpu()
        _rounds(done, made, ports, happens)
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


def _rounds(done: Run, made: Crowd, ports: list[int], rounds: range) -> None:
    asked, balancer = done.asked, Balancer(ports, TOKEN)
    waiting = sorted(done.plan.alerted.items(), key=lambda one: one[1])
    for number in rounds:
        _wait(done, balancer, waiting, done.time(number) / 1000)
        for chunk, of in _chunks(asked.services, CHUNK):
            column = BEFORE + number
            body = made.write(of, range(column, column + 1), [done.time(number)])

            def note(at: float, key: tuple[int, int] = (chunk, number)) -> None:
                done.acknowledged[key] = at

            balancer.put(Sent("/api/v1/write", body, crowd.HEADERS, note))
    balancer.finish()
    done.codes += balancer.codes


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


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)
