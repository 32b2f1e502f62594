"""What replicas made of a crowd of services: read from their database, compared with the plan."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from benchmarks.lab.crowd import OUT, Plan
from detector.model import Options
from outage_window.assess import Declared, assess
from outage_window.live.feeds.cache import Cache
from outage_window.settings.models import Service
from outage_window.store import arrivals, samples
from outage_window.store.samples import Samples
from outage_window.store.schema import alerts, incidents

NS = 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """An incident as it is stored; times in seconds."""

    id: str
    service: str
    opened: float
    start: float
    closed: float | None
    revision: int


def found(connection: Connection) -> list[Found]:
    """All incidents that stand for themselves."""
    columns = incidents.c
    rows = connection.execute(select(incidents).where(columns.merged_into.is_(None)))
    return [
        Found(
            row.id, row.service, row.opened_at / NS, row.start / NS,
            None if row.closed_at is None else row.closed_at / NS, row.revision,
        )
        for row in rows
    ]  # fmt: skip


def by_alert(connection: Connection) -> Counter[str]:
    """How often each alert is stored, by its service."""
    rows = connection.execute(select(alerts.c.labels))
    return Counter(json.loads(row.labels)["service"] for row in rows)


def stored(connection: Connection, service: str) -> list[Samples]:
    """All samples of a service, merged or not, each time once."""
    cache = Cache()
    cache.add(samples.load(connection, service, 0))
    waiting = [one.id for one in arrivals.waiting(connection, service)]
    cache.add(arrivals.load(connection, waiting))
    return cache.series


def complete(of: list[Samples], times: list[int]) -> bool:
    """Whether every series has a sample at each of these times (nanoseconds)."""
    wanted = np.array(times)
    return bool(of) and all(np.isin(wanted, one.time).all() for one in of)


def detectable(
    of: list[Samples], service: dict[str, Any], times: list[int], options: Options
) -> int | None:
    """The first of these times (nanoseconds) with whose samples a window is found; None: never."""
    known = Service.model_validate(service)
    for at in times:
        cache = Cache()
        cache.add([_until(one, at) for one in of])
        assessment = assess(cache.data(known, "remote write"), None, options, Declared())
        detection = assessment.detection
        if detection is not None and any(w.until * NS > times[0] for w in detection.windows):
            return at
    return None


def _until(one: Samples, at: int) -> Samples:
    n = int(np.searchsorted(one.time, at, "right"))
    return Samples(one.role, one.labels, one.time[:n], one.value[:n])


def during(plan: Plan, service: int, times: list[int]) -> list[int]:
    """The times of the rounds of an outage, and of some after it."""
    begins = plan.outages[service]
    return times[begins : begins + OUT + 3]
