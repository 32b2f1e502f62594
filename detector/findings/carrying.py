"""Whether one reason, version, region or instance carries the excess of errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.carriers import Carrier, carriers
from detector.estimate import percent
from detector.results import Finding, Verdict, Window
from detector.series import F64
from detector.users import UserAttempts
from detector.users.edges import Stretch

Kind = Literal["reason", "version", "region", "instance"]
KINDS: tuple[Kind, ...] = ("reason", "version", "region", "instance")

CARRIES = 0.7
"""One value carries the excess if it has more than this share of it, not of the attempts too."""
LEAST_NORMAL = 12
BIN = 300.0
MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Errors by the values of one label, in bins of `width` seconds that begin at `start` (n,).

    `errors` has shape (v, n), `attempts` too where attempts carry the label, else (n,): a failure's
    reason is no property of attempts. Bins without attempts have no data.
    """

    kind: Kind
    label: str
    values: tuple[str, ...]
    start: F64
    width: float
    attempts: F64
    errors: F64

    def __post_init__(self) -> None:
        if self.errors.shape != (len(self.values), len(self.start)):
            raise ValueError("a breakdown wants a row of errors a value and a column a bin")


def carrying(
    breakdowns: Sequence[Breakdown], window: Window, outages: Sequence[Stretch]
) -> tuple[Finding, ...]:
    """A finding for each kind of label; not assessable where nothing was given of it."""
    given = {one.kind: one for one in breakdowns}
    found = []
    for kind in KINDS:
        verdict, because, evidence = _judged(given.get(kind), kind, window, outages)
        found.append(Finding(f"one_{kind}_carries_the_excess", verdict, because, evidence))
    return tuple(found)


Judged = tuple[Verdict, str, dict[str, float | str]]


def _judged(
    given: Breakdown | None, kind: Kind, window: Window, outages: Sequence[Stretch]
) -> Judged:
    if given is None:
        return "not_assessable", "the errors carry no such label", {}
    if len(given.values) < 2:
        only = given.values[0] if given.values else "none"
        return "not_assessable", f"there is one {kind} only: {only}", {}
    inside, normal = inside_of(given, window), normal_of(given, outages)
    if np.count_nonzero(normal) < LEAST_NORMAL:
        return "not_assessable", "there is too little normal running to compare with", {}
    found = carriers(given.values, given.attempts, given.errors, inside, normal)
    return _verdict(found[0], given, inside)


def _verdict(top: Carrier, given: Breakdown, inside: F64) -> Judged:
    share = top.share
    if share.value is None or share.low is None or share.high is None:
        return "not_assessable", share.reason or "there is no excess", {}
    evidence: dict[str, float | str] = {
        "label": given.label,
        "value": top.value,
        "share": share.value,
        "share_low": share.low,
        "share_high": share.high,
    }
    low, high = percent(share.low), percent(share.high)
    between = "" if low == high else f" ({low} to {high})"
    text = (
        f"{given.label} {top.value} has {percent(share.value)}{between} of the errors beyond the"
        " usual"
    )
    if given.attempts.ndim == 2:
        tried = (given.attempts * inside).sum(axis=1)
        own = float(tried[given.values.index(top.value)] / max(tried.sum(), 1e-9))
        evidence["share_of_attempts"] = own
        text += f", and {percent(own)} of the attempts"
        if own > CARRIES and share.high > CARRIES:
            return "not_assessable", f"{text}: it would have most of any errors", evidence
    if share.low > CARRIES:
        return "supported", text, evidence
    if share.high < CARRIES:
        return "not_supported", text, evidence
    return "not_assessable", f"{text}: too uncertain to tell", evidence


def inside_of(given: Breakdown, window: Window) -> F64:
    """The share of each bin that lies in the window."""
    end = given.start + given.width
    both = np.minimum(end, window.until) - np.maximum(given.start, window.onset)
    share: F64 = np.maximum(both, 0.0) / given.width
    return share


def normal_of(given: Breakdown, outages: Sequence[Stretch]) -> np.ndarray:
    """Bins with attempts that are a bin away from every outage."""
    tried = given.attempts if given.attempts.ndim == 1 else given.attempts.sum(axis=0)
    found = tried > 0
    for onset, until in outages:
        near = given.start < until + given.width
        found &= ~(near & (given.start + 2 * given.width > onset))
    return found


def by_reason(attempts: UserAttempts) -> Breakdown | None:
    """The breakdown by reason that attempts per user give; None where no failure has a reason."""
    if not attempts.has_reasons:
        return None
    begin = float(np.floor(attempts.first.min() / BIN)) * BIN
    n = int((float(attempts.last.max()) - begin) // BIN) + 1
    at = ((attempts.first - begin) // BIN).astype(np.int64)
    weight = attempts.attempts.astype(np.float64)
    failed = [
        (index, outcome.reason or "(none)")
        for index, outcome in enumerate(attempts.outcomes)
        if outcome.blame != "success" and (attempts.outcome == index).any()
    ]
    names = tuple(dict.fromkeys(name for _, name in failed))[:MOST_VALUES]
    errors = np.zeros((len(names), n))
    for index, name in failed:
        if name in names:
            own = attempts.outcome == index
            errors[names.index(name)] += np.bincount(at[own], weight[own], minlength=n)
    tried = np.bincount(at, weight, minlength=n).astype(np.float64)
    start: F64 = begin + BIN * np.arange(n, dtype=np.float64)
    return Breakdown("reason", "reason", names, start, BIN, tried, errors)
