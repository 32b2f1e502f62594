# Counters as they are born: a new reason, a new pod, a restart in the outage's first interval.
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outage_window.demo.counters import SCRAPE, scrape
from outage_window.demo.references import REFERENCES, moved
from outage_window.demo.simulate import simulate

CASES = [(moved(reference, seed), seed) for reference in REFERENCES for seed in (1, 2)]
NAMES = [f"{outage.id}-{seed}" for outage, seed in CASES]


def edges(detection):
    (window,) = detection.windows
    return window.start.value, window.end.value


@pytest.mark.parametrize(("outage", "seed"), CASES, ids=NAMES)
def test_a_reason_first_seen_in_the_outage_counts_from_nothing(detected, outage, seed):
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
def test_a_restart_in_the_first_interval_moves_no_edge(detected, outage, seed):
    attempts = simulate(outage, seed)
    pod = seed % outage.pods
    series = scrape(outage, attempts, seed, {pod: outage.start + 7.0})
    start, end = edges(detected(outage, series))
    assert abs(start - outage.start) <= SCRAPE
    assert abs(end - outage.end) <= SCRAPE


@pytest.mark.parametrize(("outage", "seed"), CASES, ids=NAMES)
def test_a_pod_born_in_the_first_interval_moves_no_edge(detected, outage, seed):
    outage = replace(outage, pods=outage.pods + 1)
    new, born = outage.pods - 1, outage.start + 11.0
    attempts = simulate(outage, seed)
    elsewhere = np.where((attempts.pod == new) & (attempts.time < born), 0, attempts.pod)
    attempts = replace(attempts, pod=elsewhere.astype(np.int8))
    series = []
    for one in scrape(outage, attempts, seed, {new: born}):  # counts from 0 since it was born
        if one.labels["instance"].endswith(f"-{new + 1}:8080"):
            lives = one.time > born
            one = replace(one, time=one.time[lives], value=one.value[lives])
        series.append(one)
    start, end = edges(detected(outage, series))
    assert abs(start - outage.start) <= SCRAPE
    assert abs(end - outage.end) <= SCRAPE
