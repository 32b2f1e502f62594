"""Incidents of every state, their windows found by the product in simulated data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.lab.simulate import DAY, EPOCH, Truth, World, sample
from detector.estimate import Origin
from detector.model import Options
from detector.series import table
from outage_window.assess import Assessment, ServiceData, assess
from outage_window.ids import new_id
from outage_window.incident_facts import facts
from outage_window.live.rows import told_by
from outage_window.live.scene import Scene, declared, windowless
from reports.facts import AlertFact, Correction, Incident
from webhooks.model import Event

NS = 10**9
SERVICE = "service-00"
"""Of every incident here: a name that stands for nothing else in their texts."""
DAYS = 4.0
LENGTHS = (6, 11, 18, 25, 40, 55, 75, 110, 150, 240, 420, 1020)
"""Minutes that outages last: the middle is that of the simulated services elsewhere here."""
EXTRAS = (0.9, 0.3, 0.06, 0.5, 0.15)
NAMES = ("AuthErrorRateHigh", "LoginLatencyHigh", "TokenValidationFailing", "SyntheticLoginFails")


@dataclass(frozen=True, slots=True)
class Made:
    """An incident with its edges in nanoseconds, as the live loop matches it by them."""

    incident: Incident
    edges: tuple[int, int | None]


def closed(until: float) -> list[Made]:
    """Measured incidents that are over, of the days before `until` (seconds)."""
    plain = [_measured(until, number, minutes) for number, minutes in enumerate(LENGTHS)]
    loss = [_measured(until, number, minutes, "lost") for number, minutes in ((20, 30), (21, 200))]
    phased = [
        _measured(until, number, minutes, "parts") for number, minutes in ((30, 90), (31, 300))
    ]
    one = _measured(until, 33, 25)
    said = Correction("dismissed", "planned failover, nobody was hit", "Platform", until)
    dismissed = Made(replace(one.incident, corrections=(said,)), one.edges)
    return [*plain, *loss, *phased, dismissed]


def unmeasured(until: float) -> list[Made]:
    """What is over, and only alerts or people told of."""
    return [
        _windowless(until, 52, "unconfirmed", 25),
        _windowless(until, 53, "unconfirmed", 190),
        _windowless(until, 54, "declared", 45),
    ]


def lasting(until: float) -> list[Made]:
    """What still goes on at `until`."""
    ongoing = [_measured(until, number, None) for number in (40, 41, 42)]
    return [
        *ongoing,
        _windowless(until, 50, "suspected", None),
        _windowless(until, 51, "suspected", None),
        _windowless(until, 55, "declared", None),
    ]


def _measured(until: float, number: int, minutes: float | None, how: str = "") -> Made:
    """An outage of so many minutes, or one that goes on; in `parts`, or with its traffic `lost`."""
    rng = np.random.default_rng(number)
    world = World(300.0 * (1 + number % 4), 0.004, 60.0, DAYS)
    start = world.starts()
    later = until - start[-1] - world.step
    ago = 1500 + 9000 * (number % 4) if minutes is None else DAY + 3600 * (5.3 * number % 30)
    onset = start[-1] + world.step - ago + 17 * number
    end = EPOCH + (DAYS + 1) * DAY if minutes is None else onset + 60 * minutes
    extra = 0.0 if how == "lost" else EXTRAS[number % len(EXTRAS)]
    extra = max(extra, 0.3) if minutes is None or minutes < 30 else extra
    length, gap = ((end - onset) / 3, 400.0) if how == "parts" else (end - onset, 0.0)
    truths = [
        Truth(onset + length * n, onset + length * (n + 1) - gap, extra)
        for n in range(3 if how == "parts" else 1)
    ]
    left = np.where((start >= onset) & (start < end), 0.1 if how == "lost" else 1.0, 1.0)
    drawn = sample(rng, world, tuple(truths), traffic=world.traffic(start) * left)
    origin = Origin(f'auth_requests_total{{service="{SERVICE}"}}', f"{number:064x}", len(start))
    series = table(drawn.start + later, world.step, drawn.attempts, drawn.errors)
    found = assess(ServiceData(SERVICE, series, (origin,)), None, Options())
    return _incident(found, number, minutes is None)


def _incident(found: Assessment, number: int, goes_on: bool) -> Made:
    """The window that was found last, with the alerts and events that such an outage has."""
    assert found.detection is not None
    index = len(found.detection.windows) - 1
    window = found.detection.windows[index]
    assert (window.status == "ongoing") == goes_on, f"{number}: {window.status}"
    identity = new_id(SERVICE, window.onset)
    incident = facts(
        found,
        index,
        alerts=list(_alerts(window.onset, None if goes_on else window.until, number)),
        events=list(_events(window.onset, window.until, number)),
        zone="UTC",
        command=f"outage-window draft {identity}",
        incident_id=identity,
    )
    end = None if goes_on else round(window.until * NS)
    return Made(_told(incident), (round(window.onset * NS), end))


def _windowless(until: float, number: int, state: str, minutes: float | None) -> Made:
    start = until - DAY * 0.9 + 3300 * (number - 50) + 11
    end = None if minutes is None else start + 60 * minutes
    identity = new_id(SERVICE, start)
    command = f"outage-window draft {identity}"
    edges = (round(start * NS), None if end is None else round(end * NS))
    told = tuple(_events(start, end or until, number))
    blind = "no metrics of this service are known"
    scene = Scene(SERVICE, "UTC", round(until * NS), 0, None, blind, None, (), told, (), {})
    if state == "declared":
        return Made(_told(declared(scene, identity, edges, command)), edges)
    alerts = list(_alerts(start - 95, end, 5 * number))
    found = windowless(scene, identity, state, blind, alerts, command)  # type: ignore[arg-type]
    return Made(_told(found), edges)


def _alerts(onset: float, until: float | None, number: int) -> Iterator[AlertFact]:
    """None for every fifth outage, up to a dozen of several rules for the others."""
    for n in range(0 if number % 5 == 2 else 1 + number * 5 % 12):
        name = NAMES[n % len(NAMES)]
        fired = onset + 95.0 + 40 * n
        yield AlertFact(
            name,
            {"alertname": name, "service": SERVICE, "severity": "page", "pod": f"auth-{n}"},
            "A high share of authentication attempts fails",
            "alertmanager",
            fired,
            None if until is None else max(until, fired) + 150.0 + 5 * n,
            received_at=fired + 31,
            deliveries=1 + n % 4,
        )


def _events(onset: float, until: float, number: int) -> Iterator[Event]:
    """What people and their machines told of it."""
    told = (
        (onset - 240, "change", "deploy token-validator 4.11.0", ""),
        (onset + 300, "declared_start", "Users report that sign-in fails", ""),
        (onset + 420, "acknowledged", "On call looks at it", "Platform"),
        (onset + 700, "investigating", "Looking at the database", ""),
        (onset + 900, "ticket", "Cannot sign in: access denied", ""),
        (onset + 1200, "escalated", "Escalated", "DevOps and Security"),
        (until - 200, "identified", "The connection pool is too small", ""),
        (until - 90, "mitigating", "Rollback started", ""),
        (until - 10, "change", "rollback token-validator 4.10.2", ""),
        (until + 30, "declared_end", "Users sign in again", ""),
    )
    for time, kind, text, team in told[number % 3 :]:
        yield Event(round(time) * NS, kind, SERVICE, text, team)  # type: ignore[arg-type]


def _told(incident: Incident) -> Incident:
    return replace(incident, told_by=told_by(incident))
