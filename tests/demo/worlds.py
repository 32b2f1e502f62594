# From a simulated world to what the detector finds in it; importable by other processes.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.detect import detect
from detector.increase import Counter, increases
from detector.model import Detection, Options
from outage_window.demo.counters import Scraped, scrape
from outage_window.demo.model import Outage
from outage_window.demo.references import REFERENCES, moved
from outage_window.demo.simulate import Attempts, simulate


def counters(series: Sequence[Scraped], result: str | None = None) -> list[Counter]:
    return [
        Counter(one.labels["instance"], one.time, one.value)
        for one in series
        if one.name == "auth_requests_total" and result in (None, one.labels["result"])
    ]


def detected(outage: Outage, series: Sequence[Scraped]) -> Detection:
    found = increases(counters(series), counters(series, "failure"))
    assert found.counts is not None, found.refused
    return detect(found.counts, Options(zone=outage.zone))


def scrape_with_newborn(
    outage: Outage, attempts: Attempts, seed: int, pod: int, born: float
) -> list[Scraped]:
    """What is scraped if one pod starts at `born`, counting from 0; the first pod worked alone."""
    elsewhere = np.where((attempts.pod == pod) & (attempts.time < born), 0, attempts.pod)
    attempts = replace(attempts, pod=elsewhere.astype(np.int8))
    series = []
    for one in scrape(outage, attempts, seed, {pod: born}):
        if one.labels["instance"].endswith(f"-{pod + 1}:8080"):
            lives = one.time > born
            one = replace(one, time=one.time[lives], value=one.value[lives])
        series.append(one)
    return series


def moved_edges(seed: int) -> list[tuple[str, list[str], list[tuple[float, float, float, float]]]]:
    """For each reference moved by `seed`: its name, its windows, and (low, value, high, truth)."""
    answers = []
    for outage in (moved(reference, seed) for reference in REFERENCES):
        windows = detected(outage, scrape(outage, simulate(outage, seed), seed)).windows
        edges = [
            (edge.low, edge.value, edge.high, true)
            for window in windows[:1]
            for edge, true in ((window.start, outage.start), (window.end, outage.end))
        ]
        answers.append((f"{outage.id}, seed {seed}", [one.status for one in windows], edges))
    return answers
