"""What a trial of replicas comes to: a table from what was acknowledged, stored and published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.lab import crowd, judged
from benchmarks.lab.report import Line
from benchmarks.lab.trial import CHUNK, Run
from detector.model import Options
from outage_window.store.opened import looking

JUDGED = 500
"""So many services at most, beside those with an outage, are looked at sample by sample."""


def lines(done: Run) -> Iterator[Line]:
    """The table: what was asked of the run, and what was seen."""
    with looking(done.url) as connection:
        incidents = judged.found(connection)
        by_alert = judged.by_alert(connection)
        delays, lost, never = _looked_at(done, connection, incidents)
    yield _found(done, incidents, never)
    yield _detected(done, delays)
    yield _delivered(done, by_alert, lost)
    yield _published(done, incidents)
    yield _taken_over(done)
    yield _used(done)


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


def _found(done: Run, incidents: list[judged.Found], never: set[str]) -> Line:
    """Each outage that the detector finds, and each service that is alerted, is one incident."""
    plan = done.plan
    known = Counter(one.service for one in incidents)
    out = {plan.services[n] for n in plan.outages}
    expected = sorted((out - never) | set(plan.alerted))
    once = sum(known[name] == 1 for name in expected)
    double = sum(known[name] > 1 for name in expected)
    quiet = sum(n for name, n in known.items() if name not in out and name not in plan.alerted)
    return Line(
        "outages found, each as one incident", f"{len(expected)}", f"{once}",
        once == len(expected),
        f"{double} as more than one; {len(never)} that one process would not find; "
        f"{quiet} incidents of the {done.asked.services - len(out)} quiet services",
    )  # fmt: skip


def _detected(done: Run, delays: list[float]) -> Line:
    """Seconds from the answer to what shows an outage until its incident is there."""
    most = 2 * done.asked.interval
    worst = max(delays) if delays else float("nan")
    return Line(
        "detection after the samples or alert that show it were acknowledged",
        f"≤ {most:g} s", f"{worst:.0f} s", worst <= most,
        f"half within {np.median(delays):.0f} s, 95 % within {np.quantile(delays, 0.95):.0f} s",
    )  # fmt: skip


def _delivered(done: Run, by_alert: Counter[str], lost: int) -> Line:
    """`lost` services lack samples; each alert is to be stored once."""
    alerted = done.plan.alerted
    alerts_lost = [name for name in alerted if by_alert[name] != 1]
    sent = len(done.acknowledged) + len(done.alerted)
    failed = sum(n for code, n in done.codes.items() if code is None or code // 100 != 2)
    return Line(
        "deliveries lost or double", "0", f"{lost + len(alerts_lost)}",
        not lost and not alerts_lost and len(done.alerted) == len(alerted),
        f"{sent:,} requests, {failed} tries answered otherwise than 2xx or lost and sent again",
    )  # fmt: skip


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


def _taken_over(done: Run) -> Line:
    """The slowest of all takeovers."""
    slow = max(done.takeovers, default=0.0)
    return Line(
        "all shards of one that died led by others", "≤ 10 s", f"{slow:.1f} s", slow <= 10,
        f"{done.killed} × kill -9, {done.stalled} × SIGSTOP for {done.asked.away:g} s",
    )  # fmt: skip


def _used(done: Run) -> Line:
    """What the replicas took of the machine while rounds were sent."""
    asked = done.asked
    spent = done.cpu / (60 * asked.minutes)
    return Line(
        "processors that the replicas used, memory of the largest", "–",
        f"{spent:.2f}, {done.memory:.0f} MiB", None,
        f"{asked.services:,} services, samples every {asked.step:g} s, scanned every "
        f"{asked.interval:g} s",
    )  # fmt: skip
