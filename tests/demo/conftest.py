# From what was scraped to what the detector takes: the road that a source takes, in short.
from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from detector.detect import detect
from detector.increase import Counter, increases
from detector.model import Detection, Options
from outage_window.demo.counters import Scraped
from outage_window.demo.model import Outage

Detect = Callable[[Outage, Sequence[Scraped]], Detection]


def counters(series: Sequence[Scraped], result: str | None = None) -> list[Counter]:
    return [
        Counter(one.labels["instance"], one.time, one.value)
        for one in series
        if one.name == "auth_requests_total" and (result in (None, one.labels["result"]))
    ]


@pytest.fixture(scope="session")
def detected() -> Detect:
    def run(outage: Outage, series: Sequence[Scraped]) -> Detection:
        found = increases(counters(series), counters(series, "failure"))
        assert found.counts is not None, found.refused
        return detect(found.counts, Options(zone=outage.zone))

    return run
