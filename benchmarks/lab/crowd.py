"""Many services made up for replicas: what each counts, when which is out, and what is alerted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.webhooks.sent import TYPES, first, snappy

BEFORE = 240
"""Rounds of samples before the run: what is normal is learned from them."""
OUT = 6
"""Rounds that an outage lasts."""
METRIC = "auth_requests_total"
HEADERS = {
    "Content-Type": TYPES["1.0"],
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens: in which round each service that has an outage begins with it, in seconds after
    the beginning when each service that has no metrics is alerted."""

    services: list[str]
    outages: dict[int, int]
    alerted: dict[str, float]


def plan(services: int, rounds: range, step: float, seed: int) -> Plan:
    """One service in fifty has an outage in these rounds, and one in a hundred beside them only
    alerts; `step` is the seconds of a round."""
    rng = np.random.default_rng(seed)
    out = rng.choice(services, max(services // 50, 6), replace=False)
    first = rounds.start + 1
    latest = max(rounds.stop - OUT - 2, first + 1)
    outages = {int(one): int(rng.integers(first, latest)) for one in out}
    begin, seconds = rounds.start * step, len(rounds) * step
    alerted = {
        f"alerted-{n:04d}": begin + float(rng.uniform(2, 0.8 * seconds))
        for n in range(max(services // 100, 4))
    }
    return Plan([f"service-{n:05d}" for n in range(services)], outages, alerted)


class Crowd:
    """The counters of all services, round by round; the first `BEFORE` rounds are past."""

    def __init__(self, plan: Plan, rounds: int, seed: int) -> None:
        rng = np.random.default_rng(seed + 1)
        shape = (len(plan.services), BEFORE + rounds)
        attempts = rng.poisson(60, shape)
        ratio = np.full(shape, 0.01)
        for service, begins in plan.outages.items():
            ratio[service, BEFORE + begins : BEFORE + begins + OUT] = 0.6
        failed = rng.binomial(attempts, ratio)
        self._good = np.cumsum(attempts - failed, axis=1, dtype=np.float64)
        self._bad = np.cumsum(failed, axis=1, dtype=np.float64)
        self._names = plan.services

    def write(self, of: range, rounds: range, times: list[int]) -> bytes:
        """A remote write request of these services: their samples of these rounds, times in ms."""
        columns = slice(rounds.start, rounds.stop)
        series = []
        for n in of:
            for result, counter in (("failure", self._bad), ("success", self._good)):
                labels = {
                    "__name__": METRIC,
                    "instance": "a:1",
                    "job": "auth",
                    "result": result,
                    "service": self._names[n],
                }
                values = counter[n, columns].tolist()
                series.append((labels, list(zip(times, values, strict=True))))
        return snappy(first(*series).SerializeToString())


def settings_of(service: str) -> dict[str, str]:
    """The service as the settings name it."""
    chosen = f'{METRIC}{{service="{service}"}}'
    return {
        "name": service,
        "source": "remote_write",
        "attempts": chosen,
        "errors": chosen.replace("}", ',result="failure"}'),
    }
