# A fake authentication service: prometheus-client counters that a thread drives, with outages.
from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import numpy as np
from prometheus_client import CollectorRegistry, Counter, start_http_server

from tests.real.programs import free_port

ATTEMPTS_A_SECOND = 80.0
WRONG_PASSWORD = 0.04
STEP = 0.01


class FakeAuth:
    """Attempts come at random; while `fail()` holds, a share of them fails for the system."""

    def __init__(self, service: str, seed: int) -> None:
        self.service = service
        self.port = free_port()
        self.onset: float | None = None
        self.recovery: float | None = None
        registry = CollectorRegistry()
        self._requests = Counter(
            "auth_requests", "Authentication attempts.", ["service", "result", "reason"],
            registry=registry,
        )  # fmt: skip
        self._random = random.Random(seed)
        self._share = 0.0
        self._wanted = 0.0
        self._stop = threading.Event()
        self._server, _ = start_http_server(self.port, "127.0.0.1", registry)
        self._thread = threading.Thread(target=self._drive)
        self._thread.start()

    def past(self, until: float, seconds: int) -> Iterator[str]:
        """What a scrape a second would have seen of normal running before, as OpenMetrics lines."""
        draw = np.random.default_rng(self._random.randrange(2**32))
        times = until - seconds + np.arange(seconds)
        shares = {("success", ""): 1 - WRONG_PASSWORD, ("failure", "bad_password"): WRONG_PASSWORD}
        for (result, reason), share in shares.items():
            total = 1000 + np.cumsum(draw.poisson(ATTEMPTS_A_SECOND * share, seconds))
            labels = f'service="{self.service}",result="{result}",reason="{reason}"'
            where = f'job="{self.service}",instance="127.0.0.1:{self.port}"'
            for time_, value in zip(times, total, strict=True):
                yield f"auth_requests_total{{{labels},{where}}} {value} {time_:.3f}\n"

    def fail(self, share: float) -> None:
        """From the next step on, a share of the attempts fails."""
        self._wanted = share

    def recover(self) -> None:
        """From the next step on, all is well."""
        self._wanted = 0.0

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._server.shutdown()
        self._server.server_close()

    def _drive(self) -> None:
        due = time.time()
        while not self._stop.wait(STEP):
            now = time.time()
            if self._wanted and not self._share:
                self.onset = now
            if self._share and not self._wanted:
                self.recovery = now
            self._share = self._wanted
            while due < now:
                due += self._random.expovariate(ATTEMPTS_A_SECOND)
                self._attempt()

    def _attempt(self) -> None:
        if self._random.random() < self._share:
            outcome = ("failure", "invalid_token")
        elif self._random.random() < WRONG_PASSWORD:
            outcome = ("failure", "bad_password")
        else:
            outcome = ("success", "")
        self._requests.labels(self.service, *outcome).inc()
