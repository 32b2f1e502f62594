"""Real rows (of `benchmarks/data/petshop`): false windows on them, and outages put into them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import betabinom

from detector import series
from detector.detect import detect
from detector.series import Counts

F64 = NDArray[np.float64]
Span = tuple[float, float]  # seconds since the epoch
Key = tuple[str, str]  # scenario and service

DATA = Path(__file__).resolve().parents[1] / "data" / "petshop"
STEP = 300.0
MEDIAN, SIGMA = 70 * 60.0, 1.3  # of how long outages last
SHARES, LEAST_GAIN = (0.1, 0.3, 1.0), 50.0
APART = 900.0  # an outage nearer than this to a real one would rightly be joined with it

_IMAGES = (1_692_608_400.0, 1_692_611_400.0)  # 2023-08-21 09:00 to 09:50
_PROBE = (1_692_769_500.0, 1_692_769_800.0)  # 2023-08-23 05:45 to 05:50
REAL: dict[Key, list[Span]] = {
    ("low_traffic", "PetSite"): [_IMAGES, _PROBE],
    ("low_traffic", "PetSearch_AWS::ECS::Fargate"): [_IMAGES],
    ("low_traffic", "PetSearch_client"): [_IMAGES],
    ("low_traffic", "servi-searc.us-west-2.elb.amazonaws.com_remote"): [_IMAGES],
}
"""Faults that are in the rows. _IMAGES: the errors of PetSearch are, step by step, as many as the
requests to S3, which end for good within the last step; without them there are none in two days.
_PROBE: 708 errors on top of the usual 485 attempts of one step, seen at the front only."""


class Found(NamedTuple):
    """A window on untouched rows; `real` where it meets a fault that is in the rows."""

    key: Key
    start: float
    end: float
    attempts: float
    errors: float
    ratio: float
    baseline: float
    real: bool


class Outcome(NamedTuple):
    """One injected outage; `standing` windows are those of the untouched rows, `other` the rest."""

    key: Key
    share: float
    span: Span
    gain: float
    iou: float
    found: bool
    standing: int
    other: int


def normal_rows() -> dict[Key, Counts]:
    """Read two days of normal running of every service; a step without requests has no row."""
    read = pd.read_csv(DATA / "requests.csv.gz").query("part == 'noissue'").sort_values("time")
    rows = {}
    for (scenario, service), group in read.groupby(["scenario", "service"]):
        start = group["time"].str.rstrip("Z").to_numpy("datetime64[s]").astype(float)
        counts = (group[name].to_numpy(float) for name in ("attempts", "errors"))
        rows[str(scenario), str(service)] = series.table(start, STEP, *counts)
    return rows


def touches(span: Span, others: Sequence[Span], slack: float = 0.0) -> bool:
    """Whether a span comes nearer than `slack` to one of the others."""
    return any(span[0] < end + slack and span[1] > start - slack for start, end in others)


def untouched() -> tuple[list[Found], float]:
    """Every window on the rows as they are, and how many service-days the detector judged."""
    windows, days = [], 0.0
    for key, rows in normal_rows().items():
        seen = detect(rows)
        days += len(rows.start) * STEP / 86_400 if seen.not_assessed is None else 0.0
        for w in seen.windows:
            counts = (w.attempts, w.errors, w.error_ratio, w.baseline_error_ratio)
            n, k, ratio, usual = (np.nan if one.value is None else one.value for one in counts)
            real = touches((w.onset, w.until), REAL.get(key, []))
            windows.append(Found(key, w.onset, w.until, n, k, ratio, usual, real))
    return windows, days


def overlap(start: F64, span: Span) -> F64:
    """The part of each step that lies in a span, 0 to 1."""
    inside: F64 = np.minimum(start + STEP, span[1]) - np.maximum(start, span[0])
    return np.maximum(inside, 0.0) / STEP


def moments(rows: Counts, without: Sequence[Span]) -> tuple[float, float]:
    """Error ratio and overdispersion rho of the rows by moments, the faults in them left out."""
    use = sum((overlap(rows.start, span) for span in without), 0 * rows.start) == 0
    n, k = rows.attempts[use], rows.errors[use]
    p = float((k.sum() + 0.5) / (n.sum() + 1.0))
    plain = n * p * (1 - p)
    rho = float(((k - n * p) ** 2 - plain).sum() / max(((n - 1) * plain).sum(), 1e-9))
    return p, min(max(rho, 1e-6), 0.9)


def expected_gain(rows: Counts, span: Span, share: float, p0: float, rho: float) -> float:
    """The beta-binomial log-likelihood ratio that an outage is expected to have, by 64 draws."""
    part, theta = overlap(rows.start, span), (1 - rho) / rho
    n, part = rows.attempts[part > 0].astype(np.int64), part[part > 0]
    p1 = np.minimum(p0 + part * share * (1 - p0), 1 - 1e-9)
    rng = np.random.default_rng(len(n))
    k = rng.binomial(n, rng.beta(p1 * theta, (1 - p1) * theta, (64, len(n))))
    up, usual = (betabinom.logpmf(k, n, p * theta, (1 - p) * theta) for p in (p1, p0))
    return float((up - usual).sum(axis=1).mean())


def drawn(rng: np.random.Generator, rows: Counts) -> Span:
    """Draw when an outage begins and ends."""
    first, last = float(rows.start[0]), float(rows.start[-1]) + STEP
    lasts = min(MEDIAN * np.exp(SIGMA * rng.standard_normal()), (last - first) / 4)
    onset = rng.uniform(first, last - max(lasts, 3 * STEP))
    return onset, onset + max(lasts, 3 * STEP)


def inject(rng: np.random.Generator, rows: Counts, span: Span, share: float) -> Counts:
    """Let a share of the successes within a span fail; a step partly in it is thinned."""
    success = (rows.attempts - rows.errors).astype(np.int64)
    hit = rng.binomial(success, overlap(rows.start, span))
    errors = rows.errors + rng.binomial(hit, share)
    return series.table(rows.start, STEP, rows.attempts, errors)


def common(rows: Counts, found: Sequence[Span], true: Span, without: Sequence[Span]) -> float:
    """Intersection over union of found and true times, where there are rows and none `without`."""
    marks = [at for span in (*found, true, *without) for at in span]
    edges = np.unique(np.concatenate((marks, rows.start, rows.start + STEP)))
    middle = (edges[1:] + edges[:-1]) / 2
    seen = np.abs(middle - rows.start[np.searchsorted(rows.start, middle) - 1]) < STEP
    ours, theirs, out = ([touches((m, m), s) for m in middle] for s in (found, [true], without))
    length = np.diff(edges) * seen * ~np.array(out)
    both, either = length[np.array(ours) & theirs].sum(), length[np.array(ours) | theirs].sum()
    return float(both / either) if either else np.nan


def injected(seed: int, repetitions: int) -> list[Outcome]:
    """Score outages put into the rows; those too weak or beside a fault are left out."""
    outcomes = []
    for i, (key, rows) in enumerate(normal_rows().items()):
        before, real, rng = detect(rows), REAL.get(key, []), np.random.default_rng([seed, i])
        standing = [(w.onset - STEP, w.until + STEP) for w in before.windows]
        for share in SHARES * repetitions if before.not_assessed is None else ():
            span = drawn(rng, rows)
            gain = expected_gain(rows, span, share, *moments(rows, real))
            if gain < LEAST_GAIN or touches(span, real, APART):
                continue
            after = detect(inject(rng, rows, span, share)).windows
            found = [(w.onset, w.until) for w in after]
            iou = common(rows, found, span, standing)
            old = sum(touches(one, standing) for one in found)
            new = sum(not touches(one, [*standing, span]) for one in found)
            hit = any(touches(span, [one]) for one in found)
            outcomes.append(Outcome(key, share, span, gain, iou, hit, old, new))
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown rows: injected outages by the share that failed; a missed one has an IoU of 0."""
    head = "| failing | outages | missed | mean IoU | median | 10 % below | ≥ 0.95 | other |"
    lines = [head, "| --- " * 8 + "|"]
    for share in (*SHARES, None):
        own = [one for one in outcomes if share in (one.share, None)]
        iou, missed = np.array([one.iou for one in own]), sum(not one.found for one in own)
        name, other = "all" if share is None else f"{share:.0%}", sum(one.other for one in own)
        line = f"| {name} | {len(own)} | {missed} | {iou.mean():.3f} | {np.median(iou):.3f} "
        lines += [f"{line}| {np.quantile(iou, 0.1):.3f} | {(iou >= 0.95).mean():.0%} | {other} |"]
    return "\n".join(lines)


def _told(window: Found) -> str:
    """One window on untouched rows, for looking at."""
    start, end = (pd.Timestamp(t, unit="s").strftime("%m-%d %H:%M:%S") for t in window[1:3])
    scenario, service = window.key
    failed = f"{window.errors:.0f} of {window.attempts:.0f} failed, {window.baseline:.2%} usual"
    known = "a known fault" if window.real else "**no known fault**"
    return f"- {service} ({scenario}), {start} to {end}: {failed}; {known}"


def report(seed: int, repetitions: int) -> str:
    """The windows on untouched rows, each told, and the table of injected outages."""
    windows, days = untouched()
    false = sum(not w.real for w in windows)
    head = f"{days:.1f} service-days: {len(windows)} windows, {false} of them at no known fault.\n"
    rows = [_told(window) for window in windows]
    return "\n".join([head, *rows, "", table(injected(seed, repetitions))])
