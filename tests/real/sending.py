# A real Prometheus sends to `serve`, which is stopped and killed meanwhile; both are compared.
from __future__ import annotations

import random
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import requests
from prometheus_client import CollectorRegistry, Counter, start_http_server

from outage_window.store import Store, arrivals, samples
from tests.real.fake_auth import FakeAuth
from tests.real.programs import TOKEN, Program, free_port, prometheus, serve

STALE = 0x7FF0000000000002
SERVICES = ("auth", "gone", "crowd")
DOWN_SECONDS = 3.0

Key = tuple[str, int]
"""Labels as Prometheus prints them, and milliseconds."""

_LINE = re.compile(r"(\{.*\}) (\S+) (-?\d+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


@dataclass
class Run:
    """What came of a run: samples by key, ours and Prometheus's own; NaN stands for stale."""

    theirs: dict[str, dict[Key, float]]
    ours: dict[str, dict[Key, float]]
    restarts: int
    kills: int
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)

    def differences(self, service: str) -> list[Key]:
        """Samples that one side has and the other has not, or has with another value."""
        mine, other = self.ours[service], self.theirs[service]
        return sorted(
            key
            for key in mine.keys() | other.keys()
            if key not in mine or key not in other or not _same(mine[key], other[key])
        )

    def stale(self, service: str) -> int:
        return sum(value != value for value in self.theirs[service].values())


class Crowd:
    """A target with many series, each of which counts on between two scrapes."""

    def __init__(self, pods: int) -> None:
        registry = CollectorRegistry()
        labels = ["service", "result", "pod"]
        self._requests = Counter("auth_requests", "Attempts.", labels, registry=registry)
        self._random = random.Random(5)
        self._series = [
            self._requests.labels("crowd", result, f"pod-{pod}")
            for pod in range(pods)
            for result in ("success", "failure")
        ]
        self.port = free_port()
        self._server, self._thread = start_http_server(self.port, "127.0.0.1", registry)

    def count(self) -> None:
        for one in self._series:
            one.inc(self._random.randrange(9))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def run(programs: dict[str, str], folder: Path, seconds: float, pods: int, every: float) -> Run:
    """Let Prometheus send for so long, `serve` being stopped or killed in turn each `every` s."""
    with ExitStack() as running:
        auth, gone, crowd = FakeAuth("auth", 1), FakeAuth("gone", 2), Crowd(pods)
        for target in (auth, crowd):
            running.callback(target.stop)
        leaves = ExitStack()  # its target is down then: Prometheus marks its series as stale
        leaves.callback(gone.stop)
        running.callback(leaves.close)
        port = free_port()
        served = [serve(folder, port, _settings())]
        running.callback(lambda: served[-1].stop())
        config = _config(port, {"auth": auth.port, "gone": gone.port, "crowd": crowd.port})
        flags = ("--storage.remote.flush-deadline=2m",)
        source = prometheus(programs, folder, config, flags=flags)
        running.callback(source.stop)
        began = time.monotonic()
        due, end = began + every, began + seconds
        while time.monotonic() < end:
            crowd.count()
            time.sleep(0.5)
            if time.monotonic() > began + seconds / 2:
                leaves.close()
            if due < time.monotonic() < end - every / 2:
                served[-1].stop() if len(served) % 2 == 0 else served[-1].kill()
                time.sleep(DOWN_SECONDS)
                served.append(serve(folder, port, _settings()))
                due = time.monotonic() + every
        took, metrics = time.monotonic() - began, _metrics(source)
        # Stopped first: it sends what is left.
    turns = len(served) - 1
    theirs = {name: _dumped(programs, folder, name) for name in SERVICES}
    return Run(theirs, _stored(folder), turns // 2, (turns + 1) // 2, took, metrics)


def _settings() -> dict[str, Any]:
    return {
        "scan_interval": "1s",
        "services": [
            {
                "name": name,
                "source": "remote_write",
                "attempts": f'auth_requests_total{{service="{name}"}}',
                "errors": f'auth_requests_total{{service="{name}",result="failure"}}',
            }
            for name in SERVICES
        ],
    }


def _config(port: int, scraped: dict[str, int]) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{at}"]}]}
            for name, at in scraped.items()
        ],
        "remote_write": [
            {
                "url": f"http://127.0.0.1:{port}/api/v1/write",
                "authorization": {"type": "Bearer", "credentials": TOKEN},
                "queue_config": {"batch_send_deadline": "1s", "max_backoff": "500ms"},
            }
        ],
    }


def _metrics(source: Program) -> dict[str, float]:
    """What Prometheus says of its sending."""
    text = requests.get(f"{source.url}/metrics", timeout=10).text
    wanted = ("samples_total", "samples_failed_total", "samples_retried_total")
    found = {}
    for name in wanted:
        for line in text.splitlines():
            if line.startswith(f"prometheus_remote_storage_{name}{{"):
                found[name] = float(line.rpartition(" ")[2])
    return found


def _dumped(programs: dict[str, str], folder: Path, service: str) -> dict[Key, float]:
    """All samples of a service that Prometheus has itself, its stale markers too."""
    selector = f'{{__name__="auth_requests_total",service="{service}"}}'
    done = subprocess.run(
        [programs["promtool"], "tsdb", "dump", f"--match={selector}", folder / "prometheus-data"],
        check=True, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    found: dict[Key, float] = {}
    for line in done.stdout.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            found[_text(dict(_LABEL.findall(match[1]))), int(match[3])] = float(match[2])
    return found


def _stored(folder: Path) -> dict[str, dict[Key, float]]:
    """All samples that we have: of the attempts, which hold the errors."""
    store = Store.open(f"sqlite:///{folder / 'serve.db'}")
    try:
        with store.read() as connection:
            return {
                name: dict(_rows(samples.load(connection, name, 0)))
                | dict(_rows(arrivals.load(connection, _waiting(connection, name))))
                for name in SERVICES
            }
    finally:
        store.close()


def _waiting(connection: Any, name: str) -> list[int]:
    return [one.id for one in arrivals.waiting(connection, name)]


def _rows(found: list[samples.Samples]) -> Iterator[tuple[Key, float]]:
    for one in found:
        if one.role == "attempts":
            bits = one.value.view(np.uint64)
            assert set(bits[np.isnan(one.value)].tolist()) <= {STALE}
            text = _text(one.labels)
            for time_, value in zip(one.time.tolist(), one.value.tolist(), strict=True):
                assert time_ % 1_000_000 == 0
                yield (text, time_ // 1_000_000), value


def _text(labels: Any) -> str:
    return ",".join(f"{name}={labels[name]}" for name in sorted(labels))


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)
