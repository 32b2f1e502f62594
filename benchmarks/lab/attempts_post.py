"""Speed of `POST /api/v1/attempts`: durable on disk, against the same server only parsing.

Both are the same application on the same kind of database, with a body posted to each in turn, so
that a noisy machine slows both. Every answer comes after the commit is on the disk.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import func, select

from benchmarks.lab.report import REPORTING, Line, rng_of, table
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.store.schema import attempt_blocks
from outage_window.web import create_app
from webhooks.credentials import Credentials
from webhooks.doors.receiver import receiver
from webhooks.keeping import Keepers
from webhooks.model import AttemptBatch

START = 1_704_067_200
ASKED = 0.5
MOST_BYTES = 16
ROUNDS = 5
"""Alternating rounds, each of all bodies."""


def run(bodies: int = 20, lines: int = 15_000) -> list[Line]:
    """Lines a second durable and only parsed, their ratio, and bytes a stored record."""
    rng = rng_of(REPORTING)
    durable, parsed, ratios = [], [], []
    with TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'ow.db'}")
        app, plain = create_app(store, Settings()), _parsing_only()
        try:
            for at in range(ROUNDS + 1):
                sent = [made(rng, lines, at * bodies + n) for n in range(bodies)]
                only, kept = _round(sent, plain, app)
                if at:  # the first round warms up
                    durable.append(bodies * lines / kept)
                    parsed.append(bodies * lines / only)
                    ratios.append(only / kept)
            with store.read() as connection:
                columns = (attempt_blocks.c.size, func.length(attempt_blocks.c.data))
                stored = np.array(connection.execute(select(*columns)).all())
        finally:
            store.close()
    records, size = stored.sum(axis=0)
    ratio, note = median(ratios), f"{bodies} bodies of {lines} lines, {ROUNDS} rounds in turn"
    return [
        Line(
            "durable / only parsed", f"≥ {ASKED}", f"{ratio:.2f}", ratio >= ASKED, _spread(ratios)
        ),
        Line("attempts a second, durable", "–", f"{median(durable) / 1e3:.0f} k", None, note),
        Line("attempts a second, only parsed", "–", f"{median(parsed) / 1e3:.0f} k", None, ""),
        Line(
            "bytes a stored record",
            f"≤ {MOST_BYTES}",
            f"{size / records:.1f}",
            bool(size <= MOST_BYTES * records),
            f"{records} records in {len(stored)} blocks",
        ),
    ]


def made(rng: np.random.Generator, lines: int, number: int) -> bytes:
    """A minute of attempts: one or two a user, one source each, one in ten failed."""
    user = rng.integers(0, lines, lines)
    at = START + 60 * number + np.sort(rng.random(lines)) * 60
    failed = rng.random(lines) < 0.1
    rows = [
        {
            "time": f"{datetime.fromtimestamp(t, UTC):%Y-%m-%dT%H:%M:%S}.{int(t % 1 * 1000):03d}Z",
            "user": f"user-{u:07d}@example.org",
            "outcome": "failure" if bad else "success",
            "reason": "bad_password" if bad else "",
            "source": f"10.{u >> 16 & 255}.{u >> 8 & 255}.{u & 255}",
            "service": "auth",
        }
        for t, u, bad in zip(at.tolist(), user.tolist(), failed.tolist(), strict=True)
    ]
    return "\n".join(map(json.dumps, rows)).encode()


def _parsing_only() -> Flask:
    """The same doors, with nothing behind them."""

    def count(_: bytes, found: AttemptBatch) -> int:
        return len(found.time)

    app = Flask(__name__)
    nothing: dict[str, Any] = {one.name: lambda *_: None for one in fields(Keepers)}
    keep = Keepers(**nothing | {"attempts": count})
    app.register_blueprint(receiver(keep, Credentials()))
    return app


def _round(sent: list[bytes], plain: Flask, app: Flask) -> tuple[float, float]:
    """Seconds that each took for all bodies, one to each in turn."""
    seconds = [0.0, 0.0]
    clients = [plain.test_client(), app.test_client()]
    for body in sent:
        for which, client in enumerate(clients):
            began = perf_counter()
            answer = client.post("/api/v1/attempts", data=body)
            seconds[which] += perf_counter() - began
            assert answer.status_code == 200, answer.text
    return seconds[0], seconds[1]


def _spread(ratios: list[float]) -> str:
    return f"median; rounds {min(ratios):.2f} to {max(ratios):.2f}"


if __name__ == "__main__":
    print(table(run(*map(int, sys.argv[1:]))))
