"""What a window amounts to: attempts, errors, ratios and durations, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.basis import Basis, Quantity, basis_of
from detector.edge import Edge
from detector.estimate import Estimate, Unit, Z
from detector.evidence import Evidence, Part
from detector.grid import Grid
from detector.results import Kind, Phase, Window
from detector.series import F64
from detector.stretches import Stretch

PEAK_SECONDS = 300.0
"""The peak is that of five minutes, or of one cell where cells are longer."""

NO_ATTEMPTS = "the series has no attempts"
NEEDS_ATTEMPTS = "counts of attempts beside the errors"
ONGOING = Estimate.not_derivable("time", "ongoing", "data after the recovery")


@dataclass(frozen=True, slots=True)
class _Totals:
    """Attempts, errors and expected errors within given bounds."""

    attempts: float
    errors: float
    expected: float
    variance: float


def window_of(stretches: Sequence[Stretch], evidence: Evidence) -> Window:
    """Measure the window that joins `stretches`, which are in order and at least one."""
    first, last = stretches[0].start, stretches[-1].end
    as_of = float(evidence.row.grid.end[-1])
    ongoing = not stretches[-1].settled
    until = Edge(as_of, as_of, as_of) if ongoing else last
    basis = basis_of(evidence)
    measured = measures(first, until, basis)
    # A window of one phase is that phase: it is not measured twice.
    same = len(stretches) == 1 and until == last
    return Window(
        status="ongoing" if ongoing else "closed",
        kind=_kind(stretches),
        pattern="phased" if len(stretches) > 1 else "continuous",
        start=_edge_estimate(first, "onset"),
        end=ONGOING if ongoing else _edge_estimate(last, "recovery"),
        provisional_end=None if not ongoing or last.at_limit else last.point,
        as_of=as_of,
        duration_seconds=span(first, until, ongoing),
        impaired_seconds=_impaired(stretches, first, until),
        phases=tuple(
            _phase(stretch, measured if same else measures(stretch.start, stretch.end, basis))
            for stretch in stretches
        ),
        **measured,
    )


def _kind(stretches: Sequence[Stretch]) -> Kind:
    causes = {cause for stretch in stretches for cause in stretch.causes}
    if len(causes) > 1:
        return "errors_and_traffic_loss"
    return "traffic_loss" if "traffic_loss" in causes else "errors"


def measures(first: Edge, until: Edge, basis: Basis) -> dict[str, Estimate]:
    """Measure all that depends on what the series is made of, by field of `Window`."""
    near = basis.near(first.low, until.high)
    if basis.quantity == "counts":
        return _counted(first, until, near)
    return _uncounted(first, until, basis.quantity, near)


def _edge_estimate(edge: Edge, name: str) -> Estimate:
    if edge.at_limit:
        side = "begin" if name == "onset" else "end"
        method = f"the data {side} inside the outage: its {name} lies at or beyond this"
        return Estimate.estimated(edge.point, edge.low, edge.high, "time", method)
    method = f"posterior of the {name} from the counts around it, median and central 95 %"
    return Estimate.estimated(edge.point, edge.low, edge.high, "time", method)


def span(first: Edge, until: Edge, ongoing: bool) -> Estimate:
    """How long it lasts between two edges, or while it is ongoing up to the latest data."""
    method = "latest data - onset" if ongoing else "recovery - onset"
    low = max(until.low - first.high, 0.0)
    return Estimate.estimated(
        until.point - first.point, low, until.high - first.low, "seconds", method
    )


def _impaired(stretches: Sequence[Stretch], first: Edge, until: Edge) -> Estimate:
    """Sum the phases; of the interval, only the outer edges' share is carried over."""
    ends = [*(s.end.point for s in stretches[:-1])]
    last = until.point if not stretches[-1].settled and stretches[-1].end.at_limit else None
    ends.append(stretches[-1].end.point if last is None else last)
    total = sum(end - s.start.point for s, end in zip(stretches, ends, strict=True))
    slack = [(s.start.high - s.start.low) ** 2 + (s.end.high - s.end.low) ** 2 for s in stretches]
    spread = float(np.sqrt(sum(slack))) / 2
    longest = until.high - first.low
    return Estimate.estimated(
        total,
        max(total - spread, 0.0),
        max(min(total + spread, longest), total),
        "seconds",
        "sum of the phases",
    )


def share_of(grid: Grid, start: float, end: float) -> F64:
    """Find the share of each cell's attempts that lies in [`start`, `end`)."""
    none = np.zeros(1)
    after = grid.exposure(np.array([start]), none, 1.0)
    share: F64 = np.clip(after - grid.exposure(np.array([end]), none, 1.0), 0.0, 1.0)
    return share


def _within(start: float, end: float, near: Part) -> _Totals:
    """Count what lies in [`start`, `end`); cells cut by an edge keep their normal part outside."""
    share = share_of(near.grid, start, end)
    n, p0 = near.n, near.p0
    outside = p0 * n * (1 - share)
    k = np.where(share > 0, np.clip(near.k - outside, 0.0, n * share), 0.0)
    k = np.where(share >= 1, near.k, k)
    spread = 1 + np.maximum(n - 1, 0) * near.rho
    variance = float((n * share * p0 * (1 - p0) * spread).sum())
    inside = n * share
    return _Totals(float(inside.sum()), float(k.sum()), float((inside * p0).sum()), variance)


def _counted(first: Edge, until: Edge, near: Part) -> dict[str, Estimate]:
    """Measure counts at the point edges; the interval is that of the inner and outer edges."""
    at = _within(first.point, until.point, near)
    inner = _within(first.high, max(until.low, first.high), near)
    outer = _within(first.low, until.high, near)
    noise = Z * float(np.sqrt(at.variance))
    excess = at.errors - at.expected
    ratios = [t.errors / t.attempts for t in (inner, at, outer) if t.attempts > 0]
    return {
        "attempts": _counted_estimate(at.attempts, inner.attempts, outer.attempts, "attempts"),
        "errors": _counted_estimate(at.errors, inner.errors, outer.errors, "errors"),
        "excess_errors": Estimate.estimated(
            excess,
            max(min(inner.errors - inner.expected, excess) - noise, 0.0),
            max(outer.errors - outer.expected, excess) + noise,
            "errors",
            "errors - expected errors of the same hours of the week",
        ),
        "error_ratio": _ratio(at, ratios, "errors / attempts in the window"),
        "baseline_error_ratio": _baseline(at),
        "peak_error_ratio": _peak(first.point, until.point, near),
    }


def _counted_estimate(value: float, inner: float, outer: float, unit: Unit) -> Estimate:
    method = "sum over the window; the interval is that of its edges"
    return Estimate(value, min(inner, value), max(outer, value), unit, "measured", method)


def _ratio(at: _Totals, ratios: Sequence[float], method: str) -> Estimate:
    if at.attempts <= 0:
        return Estimate.not_derivable("ratio", "no attempts in the window", "attempts")
    value = at.errors / at.attempts
    return Estimate(value, min(ratios), max(ratios), "ratio", "measured", method)


def _baseline(at: _Totals) -> Estimate:
    if at.attempts <= 0:
        return Estimate.not_derivable("ratio", "no attempts in the window", "attempts")
    value = at.expected / at.attempts
    spread = Z * float(np.sqrt(at.variance)) / at.attempts
    method = "expected error ratio of the same hours of the week, outages left out"
    return Estimate.estimated(
        value, max(value - spread, 0.0), min(value + spread, 1.0), "ratio", method
    )


def _peak(start: float, end: float, near: Part) -> Estimate:
    """Find the highest error ratio of any five minutes, with Wilson's interval (JASA 22, 1927)."""
    share = share_of(near.grid, start, end)
    inside = np.flatnonzero(share > 0.5)
    if len(inside) == 0:
        inside = np.array([int(np.argmax(share))])
    n, k, begins = near.n[inside], near.k[inside], near.grid.start[inside]
    block = np.floor((begins - begins[0]) / PEAK_SECONDS).astype(np.int64)
    total, failed = np.bincount(block, n), np.bincount(block, k)
    # A block of a few attempts would win by luck; it has no say beside fuller ones.
    full = total >= 0.25 * total.max()
    ratio = np.where(full & (total > 0), failed / np.maximum(total, 1e-9), -1.0)
    top = int(np.argmax(ratio))
    if total[top] <= 0:
        return Estimate.not_derivable("ratio", "no attempts in the window", "attempts")
    low, high = wilson(float(failed[top]), float(total[top]))
    method = "highest error ratio of five minutes (one interval where those are longer)"
    return Estimate.estimated(float(ratio[top]), low, high, "ratio", method)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion; `trials` is above 0. Both ends are in [0, 1]."""
    p = successes / trials
    centre = (p + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z / (1 + Z * Z / trials) * np.sqrt(p * (1 - p) / trials + (Z / trials) ** 2 / 4)
    # Rounding must not leave the proportion outside its own interval.
    return max(min(float(centre - half), p), 0.0), min(max(float(centre + half), p), 1.0)


def _uncounted(first: Edge, until: Edge, quantity: Quantity, near: Part) -> dict[str, Estimate]:
    """Say of a series without attempts what can be said: its level, and its ratio if it is one."""
    none = {
        "attempts": Estimate.not_derivable("attempts", NO_ATTEMPTS, NEEDS_ATTEMPTS),
        "errors": Estimate.not_derivable("errors", NO_ATTEMPTS, NEEDS_ATTEMPTS),
        "excess_errors": Estimate.not_derivable("errors", NO_ATTEMPTS, NEEDS_ATTEMPTS),
    }
    if quantity == "level":
        reason = "the series is a level of errors, not a ratio"
        unknown = Estimate.not_derivable("ratio", reason, NEEDS_ATTEMPTS)
        names = ("error_ratio", "baseline_error_ratio", "peak_error_ratio")
        return none | dict.fromkeys(names, unknown)
    share = share_of(near.grid, first.point, until.point)
    length = (near.grid.end - near.grid.start) * share
    value = near.k / np.maximum(near.n, 1e-300)
    inside = value[share > 0.5] if (share > 0.5).any() else value[share > 0]
    mean = float((value * length).sum() / length.sum())
    spread = Z * float(inside.std(ddof=1)) / np.sqrt(len(inside)) if len(inside) > 1 else mean
    usual = float((near.p0 * length).sum() / length.sum())
    return none | {
        "error_ratio": Estimate.estimated(
            mean,
            max(mean - spread, 0.0),
            min(mean + spread, 1.0),
            "ratio",
            "mean of the error ratio over time; without attempts it cannot be weighted by them",
        ),
        "baseline_error_ratio": Estimate.estimated(
            usual, usual, usual, "ratio", "median error ratio of the same hours, outages left out"
        ),
        "peak_error_ratio": Estimate.exact(
            float(inside.max()), "ratio", "highest error ratio of one interval"
        ),
    }


def _phase(stretch: Stretch, measures: dict[str, Estimate]) -> Phase:
    return Phase(stretch.start.point, stretch.end.point, measures["error_ratio"])
