"""Where to look closely: a quick scan of all rows at once that an outage can hardly pass unseen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.baseline import CEILING, Baseline
from detector.evidence import LEAST_RISE, MOST_EFFECT, MOST_WON, effects_from
from detector.likelihood import beta_binomial
from detector.segments import segments
from detector.series import F64, I64
from detector.stack import MOST_LEVEL, Stack

EFFECTS = 5
"""Rises tried; what lies between loses a quarter of its evidence, and half is asked."""

ASKED = 0.5
"""Share of the final penalty that a suspicion must win: a stretch shorter than its blocks, or
between two effects, shows less here than it is worth."""

MOST_RATIO = 0.99

Zone = tuple[int, int]
"""First block and block after the last, in the row's own numbering."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks with what is expected of them, as the scan needs them; shape (b,).

    `spared` are attempts without an error. `least` (rows,) is the effect from which on no hour of a
    row needs the least rise instead; `simple` tells that no effect leads beyond `MOST_RATIO`.
    """

    k: F64
    p0: F64
    weight: F64
    log_p0: F64
    log_q0: F64
    q0: F64
    spared: F64
    least: F64
    simple: bool


def screen(stack: Stack, baseline: Baseline, penalty: F64) -> dict[int, list[Zone]]:
    """Find, for each row with any, the zones of blocks that may hold elevated stretches.

    `penalty` (rows,) is what a stretch must win in the end. Zones are ordered and do not overlap.
    """
    seen = _prepared(stack, baseline)
    asked = ASKED * penalty
    zones: dict[int, list[Zone]] = {}
    most = np.array([MOST_EFFECT if r.unit == 1.0 else 2 * MOST_LEVEL for r in stack.rows])
    for effect in effects_from(baseline.usual.mean(axis=1), most, EFFECTS):
        if (effect >= seen.least).all() and seen.simple:
            score = _score_large(seen, effect, stack.row)
        else:
            score = _score(seen, _of_rows(effect, stack.row))
        for row in risen(score, stack, asked):
            found = segments(score[stack.blocks(row)], float(asked[row]))
            zones.setdefault(row, []).extend(found)
    for row, block in _bursts(stack, seen, baseline, asked):
        zones.setdefault(row, []).append((block, block + 1))
    return {row: merged(found, 0) for row, found in sorted(zones.items())}


def merged(zones: list[Zone], margin: int) -> list[Zone]:
    """Widen ranges by `margin` on both sides (not below 0) and join those that touch."""
    result: list[Zone] = []
    for start, stop in sorted(zones):
        start, stop = max(start - margin, 0), stop + margin
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], stop))
        else:
            result.append((start, stop))
    return result


def _prepared(stack: Stack, baseline: Baseline) -> _Blocks:
    p0 = baseline.of_blocks(stack)
    n, k = stack.n, stack.k
    if not stack.counted.all():
        worth = baseline.block_worth(stack)
        n, k = n * worth, k * worth
    rho = _of_rows(baseline.rho, stack.row)
    weight = 1 / (1 + np.maximum(stack.nn / np.maximum(stack.n, 1e-9) - 1, 0) * rho)
    weight *= p0 < CEILING
    q0 = 1 - p0
    least = LEAST_RISE * baseline.usual.max(axis=1)
    simple = bool(p0.max() + MOST_EFFECT * (1 - p0.max()) <= MOST_RATIO)
    return _Blocks(k, p0, weight, np.log(p0), np.log(q0), q0, n - k, least, simple)


def _score(seen: _Blocks, effect: F64) -> F64:
    """Log-likelihood ratio of blocks, their dispersion as if it were a smaller sample."""
    extra = np.maximum(effect, LEAST_RISE * seen.p0)
    p1 = np.minimum(seen.p0 + extra * (1 - seen.p0), MOST_RATIO)
    gain = seen.k * (np.log(p1) - seen.log_p0)
    gain += seen.spared * (np.log(1 - p1) - seen.log_q0)
    gain *= seen.weight
    return gain


def _score_large(seen: _Blocks, effect: F64, row: I64) -> F64:
    """The same where every effect is the rise itself: what spares attempts is one number a row."""
    gain = seen.q0 * _of_rows(effect, row)
    gain += seen.p0
    np.log(gain, out=gain)
    gain -= seen.log_p0
    gain *= seen.k
    gain += seen.spared * _of_rows(np.log1p(-effect), row)
    gain *= seen.weight
    return gain


def _of_rows(values: F64, row: I64) -> F64:
    return values if len(values) == 1 else values[row]


def risen(score: F64, stack: Stack, asked: F64) -> I64:
    """Rows in which the running sum somewhere rises by more than `asked` above its minimum."""
    total = np.cumsum(score)
    if stack.size > 1:
        # Each row stands lower than all before it: the running minimum begins anew with every row.
        total -= stack.row * (float(total.max() - total.min()) + 1.0)
    lowest = total - score
    np.minimum.accumulate(lowest, out=lowest)
    np.subtract(total, lowest, out=lowest)
    over = lowest > (asked if stack.size == 1 else asked[stack.row])
    return np.unique(stack.row[over])


def _bursts(stack: Stack, seen: _Blocks, baseline: Baseline, asked: F64) -> list[tuple[int, int]]:
    """Blocks in which one cell alone may win what is asked, as (row, block of the row)."""
    p, asked = seen.p0, asked[stack.row]
    rho = baseline.rho[stack.row]
    off = stack.kk - 2 * p * stack.nk + p * p * stack.nn
    usual = p * (1 - p) * (stack.n + rho * (stack.nn - stack.n))
    odd = (off - usual) * stack.seen > 2 * asked * usual
    odd &= p < CEILING
    odd &= seen.k * (np.log(MOST_RATIO) - seen.log_p0) > asked
    blocks = np.flatnonzero(odd)
    # Without attempts no single interval may win as much.
    blocks = blocks[stack.counted[stack.row[blocks]] | (asked[blocks] < MOST_WON)]
    if not len(blocks):
        return []
    length = stack.length[blocks]
    block = np.repeat(blocks, length)
    inside = np.arange(len(block)) - np.repeat(np.cumsum(length) - length, length)
    cell = stack.at_cell[block] + inside
    n, k, p, rho = stack.cell_n[cell], stack.cell_k[cell], p[block], baseline.rho[stack.row[block]]
    normal = beta_binomial(k, n, p, rho)
    peak = np.clip(k / np.maximum(n, 1e-9), (1 + LEAST_RISE) * p, MOST_RATIO)
    won = beta_binomial(k, n, np.maximum(peak, p), rho) - normal
    chosen = np.unique(block[won > asked[block]])
    return [(int(stack.row[b]), int(b - stack.first[stack.row[b]])) for b in chosen]
