"""What a scraper sees of the attempts: counters a pod, restarts, missed scrapes, late births."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outage_window.demo.model import Outage
from outage_window.demo.simulate import (
    HICCUPPED,
    OUTAGE,
    SLOW,
    SUCCESS,
    WRONG_PASSWORD,
    Attempts,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SCRAPE = 60.0
MISSED = 0.0008
"""Share of scrapes that never arrive."""
RESTARTS_A_WEEK = 0.8
OUTCOMES = 5
USER_REASON, SYSTEM_REASON = "bad_password", "backend_timeout"


@dataclass(frozen=True, slots=True)
class Scraped:
    """One series as scraped: metric name, labels, and samples (n,): instant in seconds, value."""

    name: str
    labels: Mapping[str, str]
    time: F64
    value: F64


@dataclass(frozen=True, slots=True)
class _Pod:
    """One pod's scrape instants, its restarts, and its counts (outcome, scrape) between scrapes."""

    scrapes: F64
    restarts: F64
    counts: I64


def scrape(
    outage: Outage, attempts: Attempts, seed: int, restarts: Mapping[int, float] | None = None
) -> list[Scraped]:
    """Scrape every pod once a minute, each at its own second, for the whole of the attempts.

    Pods restart at random, and those in `restarts` also at the times given there.
    """
    rng = np.random.default_rng([seed, 7, *outage.id.encode()])
    series: list[Scraped] = []
    offsets = rng.random(outage.pods) * SCRAPE
    steps = int((attempts.end - attempts.begin) // SCRAPE)
    counts = _between_scrapes(outage, attempts, offsets, steps)
    for pod in range(outage.pods):
        scrapes = attempts.begin + np.round(offsets[pod], 3) + SCRAPE * np.arange(steps)
        weeks = (attempts.end - attempts.begin) / 604_800.0
        died = rng.uniform(scrapes[0], scrapes[-1], rng.poisson(RESTARTS_A_WEEK * weeks))
        if restarts and pod in restarts:
            died = np.append(died, restarts[pod])
        seen = _Pod(scrapes, np.sort(died), counts[pod])
        labels = {
            "service": outage.service,
            "job": outage.service,
            "instance": f"{outage.service}-{pod + 1}:8080",
        }
        series += _expose(outage, attempts, seen, pod, labels, rng)
    return series


def _between_scrapes(outage: Outage, attempts: Attempts, offsets: F64, steps: int) -> I64:
    """Count attempts by pod, outcome and the scrape that first sees them: (pods, outcomes, steps).

    An attempt at the very instant of a scrape is seen by it.
    """
    since = attempts.time - attempts.begin - np.round(offsets, 3)[attempts.pod]
    first = np.ceil(since / SCRAPE).astype(np.int64)
    first[(first < 0) | (first >= steps)] = steps
    key = (attempts.pod.astype(np.int64) * OUTCOMES + attempts.outcome) * (steps + 1) + first
    flat = np.bincount(key, minlength=outage.pods * OUTCOMES * (steps + 1))
    return flat.reshape(outage.pods, OUTCOMES, steps + 1)[:, :, :steps]


def _expose(
    outage: Outage,
    attempts: Attempts,
    seen: _Pod,
    pod: int,
    labels: Mapping[str, str],
    rng: np.random.Generator,
) -> list[Scraped]:
    """Turn one pod's counts into the series that it exposes, born at their first increment."""
    before = rng.integers([40_000, 1_500, 100, 0, 80], [90_000, 4_000, 300, 1, 200])
    arrived = rng.random(len(seen.scrapes)) >= MISSED
    total = _running(attempts, seen, pod, before)
    done = {
        ("success", ""): total[SUCCESS] + total[SLOW],
        ("failure", USER_REASON): total[WRONG_PASSWORD],
        ("failure", SYSTEM_REASON): total[HICCUPPED],
        ("failure", outage.reason): total[OUTAGE],
    }
    series = []
    for (result, reason), value in done.items():
        mine = {**labels, "result": result, "reason": reason}
        series.append(_series("auth_requests_total", mine, seen, value, arrived))
    histogram = {"2.0": total[SUCCESS], "+Inf": total[SUCCESS] + total[SLOW]}
    for le, value in histogram.items():
        mine = {**labels, "result": "success", "le": le}
        name = "auth_request_duration_seconds_bucket"
        series.append(_series(name, mine, seen, value, arrived))
    return series


def _running(attempts: Attempts, seen: _Pod, pod: int, before: I64) -> I64:
    """Sum the counts from restart to restart; what came after the last scrape is lost with a pod.

    Shape (outcomes, steps); `before` is what each counter showed when the history begins.
    """
    counts = seen.counts.copy()
    counts[:, 0] += before
    total = np.cumsum(counts, axis=1)
    for died in seen.restarts:
        at = int(np.searchsorted(seen.scrapes, died))
        last = seen.scrapes[at - 1]
        unseen = (attempts.time > last) & (attempts.time <= died) & (attempts.pod == pod)
        lost = np.bincount(attempts.outcome[unseen], minlength=OUTCOMES)
        total[:, at:] -= (total[:, at - 1] + lost)[:, None]
    return total


def _series(
    name: str, labels: Mapping[str, str], seen: _Pod, value: I64, arrived: NDArray[np.bool_]
) -> Scraped:
    """Keep the samples that arrived; a labelled counter does not exist before its first use."""
    kept = arrived & (value > 0)
    text = {key: label for key, label in labels.items() if label}
    return Scraped(name, text, seen.scrapes[kept], value[kept].astype(np.float64))
