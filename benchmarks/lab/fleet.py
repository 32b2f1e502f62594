"""Replicas of `serve` on one PostgreSQL, which are killed or stalled by turns, and come back."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from outage_window.store.leading import SLOTS
from outage_window.store.opened import looking
from outage_window.store.schema import leads

COMMAND = [sys.executable, "-c", "from outage_window.cli.main import run; run()", "serve"]
ALERTS = "/api/v1/webhooks/alertmanager"
AWAY = 20.0
"""Seconds after which one that was killed is started again, or one that was stopped goes on."""


class Fleet:
    """`size` replicas; `takeovers` are the seconds until all that one led was led by others."""

    def __init__(self, folder: Path, settings: dict[str, Any], ports: list[int], url: str) -> None:
        self.takeovers: list[float] = []
        self.killed = self.stalled = 0
        self._folder = folder
        self._url = url
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._files = []
        for port in ports:
            file = folder / f"replica-{port}.yml"  # JSON is YAML, and quicker to write
            web = {**settings["web"], "listen": f"127.0.0.1:{port}"}
            file.write_text(json.dumps({**settings, "web": web}))
            self._files.append(file)
        self.ports = ports
        self.processes = [self._started(n) for n in range(len(ports))]

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        with (self._folder / f"replica-{number}.log").open("ab") as log:
            return subprocess.Popen(
                [*COMMAND, "--config.file", self._files[number]], stdout=log, stderr=log
            )

    def ready(self, seconds: float) -> None:
        """Wait until all of them answer."""
        deadline = time.monotonic() + seconds
        for number, port in enumerate(self.ports):
            while True:
                with suppress(requests.RequestException):
                    if requests.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).ok:
                        break
                if time.monotonic() > deadline or self.processes[number].poll() is not None:
                    raise AssertionError(self.log(number)[-3000:])
                time.sleep(0.2)

    def log(self, number: int) -> str:
        """What a replica said, in all its lives."""
        return (self._folder / f"replica-{number}.log").read_text("utf-8", "replace")

    def terms(self) -> dict[int, tuple[int, str]]:
        """The term of each slot, and who began it."""
        with looking(self._url) as connection:
            rows = connection.execute(select(leads.c.slot, leads.c.term, leads.c.holder)).all()
        return {row.slot: (row.term, row.holder) for row in rows}

    def all_led(self, seconds: float) -> None:
        """Wait until somebody leads each slot."""
        deadline = time.monotonic() + seconds
        while len(self.terms()) < SLOTS:
            assert time.monotonic() < deadline, "not all shards are led"
            time.sleep(0.2)

    def harass(self, every: float, first: float, away: float, stall: bool) -> None:
        """From now on, kill one after the other; every second one is stalled instead, if so."""

        def run() -> None:
            turn, pause = 0, first
            while not self._stop.wait(pause):
                began = time.monotonic()
                self._one(turn % len(self.processes), away, stall and turn % 2 == 1)
                turn += 1
                pause = max(every - (time.monotonic() - began), 0.0)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def _one(self, number: int, away: float, stall: bool) -> None:
        process = self.processes[number]
        before = self.terms()
        own = {s: t for s, (t, holder) in before.items() if holder.endswith(f"/{process.pid}")}
        began = time.monotonic()
        if stall:
            process.send_signal(signal.SIGSTOP)
            self.stalled += 1
        else:
            process.kill()
            process.wait()
            self.killed += 1
        while own and time.monotonic() - began < away:
            now = self.terms()
            if all(now[slot][0] > term for slot, term in own.items()):
                break
            time.sleep(0.1)
        self.takeovers.append(time.monotonic() - began)
        self._stop.wait(max(away - (time.monotonic() - began), 0.0))
        if stall:
            process.send_signal(signal.SIGCONT)
        else:
            self.processes[number] = self._started(number)

    def leave(self) -> None:
        """Harass them no more; all of them run."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def cpu(self) -> float:
        """Seconds of processor time of all that ran so far, the dead included."""
        ticks = os.sysconf("SC_CLK_TCK")
        dead = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = round((dead.ru_utime + dead.ru_stime) * ticks)
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / ticks

    def memory(self) -> list[float]:
        """Resident MiB of each."""
        page = os.sysconf("SC_PAGE_SIZE")
        return [
            int(Path(f"/proc/{one.pid}/statm").read_text().split()[1]) * page / 2**20
            for one in self.processes
        ]

    def stop(self) -> None:
        """End all of them, as an operator would."""
        self.leave()
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
