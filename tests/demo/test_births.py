# Counters as they are born: a new reason, a new pod, a restart in the outage's first interval.
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outage_window.demo.counters import SCRAPE, scrape
from outage_window.demo.references import REFERENCES, moved
from outage_window.demo.simulate import simulate
from tests.demo.worlds import detected, scrape_with_newborn

CASES = [(moved(reference, seed), seed) for reference in REFERENCES for seed in (1, 2)]
NAMES = [f"{outage.id}-{seed}" for outage, seed in CASES]


def edges(detection):
    (window,) = detection.windows
    return window.start.value, window.end.value


@pytest.mark.parametrize(("outage", "seed"), CASES, ids=NAMES)
def test_a_reason_first_seen_in_the_outage_counts_from_nothing(outage, seed):
    born = scrape(outage, simulate(outage, seed), seed)
    first = [one for one in born if one.labels.get("reason") == outage.reason]
    assert any(one.value[0] > 5 and one.time[0] - outage.start < 2 * SCRAPE for one in first)
    # The same counters, had the service shown the reason as 0 from its start.
    shown = {one.labels["instance"]: one for one in born if one.labels["result"] == "success"}
    always = []
    for one in born:
        if one in first:
            times = shown[one.labels["instance"]].time
            before = times < one.time[0]
            times = np.concatenate([times[before], one.time])
            one = replace(one, time=times, value=np.append(np.zeros(before.sum()), one.value))
        always.append(one)
    assert edges(detected(outage, born)) == edges(detected(outage, always))


@pytest.mark.parametrize(("outage", "seed"), CASES, ids=NAMES)
def test_a_restart_in_the_first_interval_moves_no_edge(outage, seed):
    attempts = simulate(outage, seed)
    pod = seed % outage.pods
    series = scrape(outage, attempts, seed, {pod: outage.start + 7.0})
    start, end = edges(detected(outage, series))
    assert abs(start - outage.start) <= SCRAPE
    assert abs(end - outage.end) <= SCRAPE


@pytest.mark.parametrize(("outage", "seed"), CASES, ids=NAMES)
def test_a_pod_born_in_the_first_interval_moves_no_edge(outage, seed):
    outage = replace(outage, pods=outage.pods + 1)
    series = scrape_with_newborn(
        outage, simulate(outage, seed), seed, outage.pods - 1, outage.start + 11.0
    )
    start, end = edges(detected(outage, series))
    assert abs(start - outage.start) <= SCRAPE
    assert abs(end - outage.end) <= SCRAPE
