"""Incidents of known cause: each finding's verdict against what was put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.lab.people import Habits, Harm, World, world
from detector.detect import detect
from detector.findings.carrying import BIN, KINDS, Breakdown, Kind
from detector.findings.findings import judge
from detector.users import UserAttempts

CAUSES = ("lock-out", "retry storm", "intermittent", "flood", "stuffing", "traffic loss")
INPUTS = ("ids and history", "ids around the outage", "counters alone")
LEADS = ("flood_from_new_sources", "retry_storm", "credential_stuffing", "traffic_loss")


@dataclass(frozen=True, slots=True)
class Case:
    """One verdict: the finding, what was given, what it should be (None: either), what it was."""

    finding: str
    given: str
    truth: bool | None
    verdict: str


def judged(seed: int) -> list[Case]:
    """Simulate one incident, find its window by the detector, and judge every finding."""
    rng = np.random.default_rng([seed, 41])
    cause, given = CAUSES[seed % len(CAUSES)], INPUTS[seed // len(CAUSES) % len(INPUTS)]
    harm, truth = _harm(cause, rng)
    made = world(harm, Habits(a_day=3.0), rng)
    detection = detect(made.counters())
    windows = [w for w in detection.windows if w.onset < made.end and made.start < w.until]
    if len(windows) != 1:
        return []
    split, carried = _breakdowns(made, rng)
    found = judge(_given(made, given), windows[0], detection, split).findings
    truth |= {f"one_{kind}_carries_the_excess": one for kind, one in carried.items()}
    return [Case(f.id, given, truth.get(f.id), f.verdict) for f in found]


def _harm(cause: str, rng: np.random.Generator) -> tuple[Harm, dict[str, bool | None]]:
    """How an outage of this cause harms, and which leads are right; None where either would do."""
    hours = float(rng.uniform(1.5, 8.0))
    truth: dict[str, bool | None] = dict.fromkeys(LEADS, False)
    if cause == "lock-out":  # most give up at once: attempts are hardly more than usual
        return Harm(hours, share=float(rng.uniform(0.2, 0.5)), patience=0.15), truth
    if cause == "retry storm":
        harm = Harm(hours, share=float(rng.uniform(0.3, 0.6)), patience=0.9)
        return harm, truth | {"retry_storm": True}
    if cause == "intermittent":
        return Harm(hours, failing=float(rng.uniform(0.1, 0.2)), patience=0.5), truth
    if cause == "flood":
        flood = float(rng.uniform(1.0, 3.0))
        harm = Harm(hours, failing=0.5, patience=0.15, flood=flood)
        return harm, truth | {"flood_from_new_sources": True}
    if cause == "stuffing":
        # From few sources, which are new: whether that is called a flood is a matter of taste.
        harm = Harm(hours, foreign=round(float(rng.uniform(150, 400)) * hours))
        return harm, truth | {"credential_stuffing": True, "flood_from_new_sources": None}
    lost = float(rng.uniform(0.45, 0.9))
    return Harm(hours, share=0.5, patience=0.1, lost=lost), truth | {"traffic_loss": True}


def _given(made: World, given: str) -> UserAttempts | None:
    if given == "counters alone":
        return None
    if given == "ids and history":
        return made.attempts
    near = made.attempts.between(made.start - 1800.0, made.end + 1800.0)
    return made.attempts.at(near)


def _breakdowns(
    made: World, rng: np.random.Generator
) -> tuple[list[Breakdown], dict[Kind, bool | None]]:
    """Give each failure a label of each kind: usual errors as traffic is, the outage's on one."""
    own = made.attempts
    begin = float(np.floor(own.first.min() / BIN)) * BIN
    n = int((float(own.last.max()) - begin) // BIN) + 1
    at = ((own.first - begin) // BIN).astype(np.int64)
    harmed = own.outcome == 2
    split: list[Breakdown] = []
    carried: dict[Kind, bool | None] = {}
    for kind in KINDS:
        values = int(rng.integers(3, 8))
        one = bool(rng.random() < 0.5)
        label = rng.integers(0, values, len(own.user))
        on_one = harmed & (rng.random(len(label)) < (0.97 if one else 0.0))
        label = np.where(on_one, 0, label)
        names = tuple(f"{kind}-{i}" for i in range(values))
        failed = own.outcome > 0
        errors = np.array(
            [np.bincount(at[failed & (label == i)], minlength=n) for i in range(values)]
        )
        tried = np.bincount(at, minlength=n)
        split.append(
            Breakdown(
                kind,
                kind,
                names,
                begin + BIN * np.arange(n),
                BIN,
                tried.astype(float),
                errors.astype(float),
            )
        )
        carried[kind] = one if harmed.any() else None
    return split, carried


def run(incidents: int, seed: int, workers: int) -> Iterator[tuple[str, ...]]:
    """Rows of the table: a finding, right, wrong by kind of error, and not assessable."""
    with ProcessPoolExecutor(workers) as pool:
        seeds = range(seed * 10_008, seed * 10_008 + incidents)  # a multiple of causes x inputs
        cases = [case for some in pool.map(judged, seeds, chunksize=6) for case in some]
    names = dict.fromkeys(case.finding for case in cases)
    for name in (*names, "all"):
        own = [c for c in cases if (name in ("all", c.finding)) and c.truth is not None]
        counts = Counter((c.truth, c.verdict) for c in own)
        assessable = sum(n for (_, v), n in counts.items() if v != "not_assessable")
        right = counts[(True, "supported")] + counts[(False, "not_supported")]
        yield (
            name,
            str(len(own)),
            str(counts[(True, "supported")]),
            str(counts[(False, "not_supported")]),
            str(counts[(False, "supported")]),
            str(counts[(True, "not_supported")]),
            str(len(own) - assessable),
            f"{right / assessable:.1%}" if assessable else "",
        )


HEAD = ("finding", "cases", "supported, right", "not supported, right", "supported, WRONG",
        "not supported, wrong", "not assessable", "decided rightly")  # fmt: skip
