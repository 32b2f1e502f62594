"""One incident as big as they get: half a million intervals around it, and thousands of alerts."""

from __future__ import annotations

import numpy as np

from detector.estimate import Origin
from detector.model import Options
from detector.series import table
from outage_window.assess import ServiceData, assess
from outage_window.live.incidents import Keeper
from outage_window.live.scene import Scene
from outage_window.settings.models import Settings
from outage_window.store import Store, incidents
from reports.facts import AlertFact

NS = 10**9
SERVICE = "signin"
STEP = 1.0
SPIKE = 0.1
"""Where in the series a single interval fails, far from the outage: a chart must show it."""
NAMES = 12
PODS = 400


def fill(store: Store, until: float, points: int = 500_000, alerts: int = 2_000) -> str:
    """Let the live loop's keeper find and save it, over shortly before `until` (s); its id.

    The outage takes the middle half of the series, so that all of it is near enough to be kept.
    """
    rng = np.random.default_rng(points)
    start = until - STEP * (points - np.arange(points))
    onset, end = start[points // 4], start[3 * points // 4]
    mean = 40 * (1 + 0.5 * np.sin(2 * np.pi * start / 86_400))
    share = np.where((start >= onset) & (start < end), 0.35, 0.02)
    share[round(SPIKE * points)] = 0.9
    attempts = rng.poisson(mean)
    errors = rng.binomial(attempts, share)
    series = table(start, STEP, attempts.astype(float), errors.astype(float))
    origin = Origin(f'auth_requests_total{{service="{SERVICE}"}}', "5" * 64, points)
    assessment = assess(ServiceData(SERVICE, series, (origin,)), None, Options())
    scene = Scene(
        service=SERVICE,
        zone="UTC",
        now=round(until * NS),
        horizon=0,
        assessment=assessment,
        blind="",
        data_until=until,
        alerts=_alerts(float(onset), float(end), alerts),
        events=(),
        stored=(),
        corrections={},
    )
    Keeper(Settings.model_validate({}), store).update(scene)
    with store.read() as connection:
        (found,) = incidents.of_service(connection, SERVICE, 0)
    assert found.state == "closed"
    return found.id


def _alerts(onset: float, end: float, count: int) -> list[AlertFact]:
    """Of a dozen rules and hundreds of pods, one after the other for as long as it lasts."""
    found = []
    for number in range(count):
        name, pod = f"AuthErrorRateHigh{number % NAMES}", number % PODS
        fired = onset + 120 + (end - onset - 900) * number / count
        labels = {"alertname": name, "service": SERVICE, "severity": "page"}
        labels |= {"instance": f"10.0.{pod // 250}.{pod % 250}:9100", "pod": f"auth-{pod:04d}"}
        summary = "A high share of authentication attempts fails"
        found.append(
            AlertFact(
                name,
                labels,
                summary,
                "alertmanager",
                fired,
                fired + 600,
                received_at=fired + 31,
                deliveries=3,
            )
        )
    return found
