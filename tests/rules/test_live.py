# The backtest against what a real Prometheus fired itself, with the same rules on the same samples.
from __future__ import annotations

import random
import re
import threading
import time

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from outage_window.rules.engine import Engine
from outage_window.rules.evaluating import evaluate
from outage_window.rules.files import Rules, read
from outage_window.sources.firing import FIRING
from outage_window.sources.pull import PrometheusClient
from tests.real.programs import free_port, prometheus, wait_for, write_yaml

FAILS = 'auth_requests_total{result="failure"}'
RATIO = f"sum by (job) (rate({FAILS}[5s])) / sum by (job) (rate(auth_requests_total[5s]))"
RULES: list[tuple[str, str, str]] = [
    ("up == 0", "0s", "0s"),
    ("up == 0", "3s", "0s"),
    ("up == 0", "0s", "4s"),
    (f"absent({FAILS})", "0s", "0s"),
    (f"absent({FAILS})", "2s", "4s"),
    ("absent_over_time(load[3s])", "0s", "0s"),
    (f"rate({FAILS}[5s]) > 5", "0s", "0s"),
    (f"rate({FAILS}[5s]) > 5", "3s", "0s"),
    (f"rate({FAILS}[5s]) > 5", "2s", "3s"),
    (f"{RATIO} > 0.3", "0s", "0s"),
    (f"{RATIO} > 0.3", "2s", "5s"),
    (f"increase({FAILS}[10s]) > 40", "1s", "0s"),
    ("resets(auth_requests_total[20s]) > 0", "0s", "0s"),
    (f"rate({FAILS}[5s]) > 5 and on (instance) load > 5", "0s", "0s"),
    (f"rate({FAILS}[5s]) > 5 unless on (instance) load > 5", "0s", "2s"),
    (f"rate({FAILS}[5s]) * on (instance) group_left (version) build_info > 5", "0s", "0s"),
    ("load > 5", "1s", "0s"),
    ("load > 5", "0s", "3s"),
    ("avg_over_time(load[4s]) > 5", "0s", "0s"),
    ("changes(load[6s]) > 2", "0s", "0s"),
    ("(sum(up) or vector(0)) < 1", "2s", "0s"),
    ("load offset 3s > 5", "0s", "0s"),
    (f"max_over_time(rate({FAILS}[4s])[8s:1s]) > 8", "0s", "0s"),
    ("job:errors:ratio5s > 0.3", "2s", "0s"),
]  # fmt: skip


class Exporter:
    """A service whose metrics may fail, fall silent and begin again from nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.failing, self.load = 0.0, 1.0
        self._random = random.Random(5)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.back()
        self._thread = threading.Thread(target=self._drive)
        self._thread.start()

    def back(self) -> None:
        """Answer (again), with counters that begin at 0."""
        registry = CollectorRegistry()
        with self._lock:
            self._requests = Counter("auth_requests", "Attempts.", ["result"], registry=registry)
            self._load = Gauge("load", "How busy it is.", registry=registry)
            Gauge("build_info", "Its version.", ["version"], registry=registry).labels("7").set(1)
        self._server, self._serving = start_http_server(self.port, "127.0.0.1", registry)

    def away(self) -> None:
        """Answer nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.away()

    def _drive(self) -> None:
        while not self._stop.wait(0.02):
            failed = self._random.random() < self.failing
            with self._lock:
                self._requests.labels("failure" if failed else "success").inc()
                self._load.set(self.load)


def play(exporter: Exporter) -> None:
    """What happens, in about a minute."""
    for seconds, failing, load, step in [
        (5, 0.0, 1, ""), (7, 0.6, 9, ""), (3, 0.0, 9, ""), (2, 0.6, 1, ""), (2, 0.0, 9, ""),
        (5, 0.0, 1, "away"), (3, 0.0, 1, "back"), (6, 0.7, 1, ""), (2, 0.7, 9, "away"),
        (3, 0.7, 9, "back"), (1, 0.0, 1, ""), (1, 0.0, 9, ""), (1, 0.0, 2, ""), (1, 0.0, 9, ""),
        (6, 0.0, 1, ""),
    ]:  # fmt: skip
        exporter.failing, exporter.load = failing, load
        if step:
            getattr(exporter, step)()
        time.sleep(seconds)


def groups():
    """The rules in two groups, each with a moment of its own within the second."""
    rules = [
        {"alert": f"A{i}", "expr": expr, "for": hold, "keep_firing_for": keep,
         "labels": {"severity": "page", "at": "{{ $labels.instance }}"}}
        for i, (expr, hold, keep) in enumerate(RULES)
    ]  # fmt: skip
    half = len(rules) // 2
    recording = {"record": "job:errors:ratio5s", "expr": RATIO}
    return [
        {"name": "g0", "interval": "1s", "rules": rules[:half]},
        {"name": "g1", "interval": "1s", "rules": [recording, *rules[half:]]},
    ]


@pytest.fixture
def lived(programs, tmp_path, running):
    """A Prometheus that has evaluated the rules itself: its client, and from when to when."""
    exporter = Exporter()
    running.callback(exporter.stop)
    rules = write_yaml(tmp_path / "rules.yml", {"groups": groups()})
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {"job_name": "auth", "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
        ],
    }
    program = prometheus(programs, tmp_path, config)
    running.callback(program.stop)
    wait_for(lambda: program.get("/api/v1/query", query="up == 1")["data"]["result"], 20, "scrape")
    for _ in range(3):
        before, start = missed(program), time.time()
        play(exporter)
        if missed(program) == before:
            break  # else the machine was too busy for it to evaluate every second: once more
    return program.url, str(rules), start + 3, time.time() - 4


def missed(program):
    told = re.findall(r"^prometheus_rule_group_iterations_missed_total\{.*\} (\S+)$",
                      program.text("/metrics"), re.M)  # fmt: skip
    assert len(told) == 2
    return sum(float(count) for count in told)


def live_runs(firing):
    """(labels, first, last + 1) of each stretch of samples of ALERTS that are a second apart."""
    for one in firing:
        # In ALERTS, not in the alert itself, a template that comes out empty stands as it is.
        labels = {k: v for k, v in one.labels.items() if "{{" not in v and k != "alertstate"}
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "__name__"))
        for times in np.split(one.time, np.flatnonzero(np.diff(one.time) > 1.5) + 1):
            yield key, times[0], times[-1] + 1


def our_runs(found, end):
    for one in found:
        assert one.refused is None
        for alert in one.alerts:
            for firing in alert.firings:
                until = end if firing.ended_at is None else firing.ended_at
                yield tuple(sorted(alert.labels.items())), firing.fired_at, until


@pytest.mark.real
def test_it_fires_as_the_live_prometheus_did(lived, running):
    url, rules, start, end = lived
    engine = Engine(lambda: PrometheusClient(url, 30.0, {}), url)
    running.callback(engine.close)
    client = PrometheusClient(url, 30.0, {})
    running.callback(client.close)
    assert engine.evaluation_interval() == 1.0
    firing = client.samples(FIRING, int((start - 10) * 1e9), int(end * 1e9))
    alone, found = read([rules]), []
    for name in ("g0", "g1"):
        mine = tuple(rule for rule in alone.alerting if rule.place.group == name)
        names = {rule.alert for rule in mine}
        phase = next(one.time[0] % 1 for one in firing if one.labels["alertname"] in names)
        part = Rules(mine, alone.recording)
        found += evaluate(part, engine, start - 10, end, 60.0, phase=phase)

    def whole(runs):
        """Those that began and ended while it was looked at: at the edges all is quiet."""
        return sorted(run for run in runs if run[1] >= start and run[2] < end - 1)

    live, ours = whole(live_runs(firing)), whole(our_runs(found, end))
    assert [run[0] for run in live] == [run[0] for run in ours]
    assert len({dict(run[0])["alertname"] for run in live}) >= 20
    for (labels, fired, ended), (_, our_fired, our_ended) in zip(live, ours, strict=True):
        assert abs(fired - our_fired) <= 1.01, labels
        assert abs(ended - our_ended) <= 1.01, labels
