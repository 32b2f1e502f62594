"""The state machine of a Prometheus alerting rule: evaluations of an expression to firings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.series import F64, I64, Bool

MS = 1000.0


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that one alert fired: [`fired_at`, `ended_at`), seconds since the epoch.

    `fired_at` is the evaluation at which it began to fire, `ended_at` the first one at which it did
    not any more; None where it still fires at the last evaluation. `active_since` is the evaluation
    from which its expression held, which is what Prometheus calls `ActiveAt`.
    """

    active_since: float
    fired_at: float
    ended_at: float | None


def firings(
    time: F64, true: Bool, hold: float = 0.0, keep_firing: float = 0.0
) -> tuple[Firing, ...]:
    """When an alert fires, given at which evaluations its expression gave a result.

    `time` (seconds, strictly increasing) and `true` have shape (n,): an evaluation that gave
    nothing is False, as is one whose samples are missing. `hold` is the rule's `for`, `keep_firing`
    its `keep_firing_for`, seconds. The alert is inactive before the first evaluation.

    As Prometheus does (`rules/alerting.go` of 2.42): it fires at the first evaluation at which the
    expression has held for `hold`; a pending alert is dropped at the first False. One that fires
    goes on until `keep_firing` after the first False, counted anew after each True; then it is
    inactive, and has to hold again. Times are compared to the millisecond.
    """
    at = np.rint(time * MS).astype(np.int64)
    first, after = _runs(true)
    if not len(first):
        return ()
    fires_at = np.searchsorted(at, at[first] + round(hold * MS))
    fires = fires_at < after
    until = _until(at, after, round(keep_firing * MS))
    # A run that begins while the alert is kept firing, or at the very evaluation at which that
    # would end, goes on with it.
    chain = np.cumsum(np.r_[0, first[1:] > until[:-1]])
    last = np.flatnonzero(np.diff(chain, append=chain[-1] + 1))
    chosen, begin = np.unique(chain[fires], return_index=True)
    begin = np.flatnonzero(fires)[begin]
    return tuple(
        Firing(float(time[first[b]]), float(time[fires_at[b]]), _time(time, int(until[last[c]])))
        for b, c in zip(begin.tolist(), chosen.tolist(), strict=True)
    )


def _runs(true: Bool) -> tuple[I64, I64]:
    """Where stretches of True begin, and where the evaluation after each of them is."""
    edges = np.diff(true.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _until(at: I64, after: I64, keep: int) -> I64:
    """The evaluation at which an alert that fired in each run stops, n where it does not."""
    inside = np.minimum(after, len(at) - 1)
    found = np.searchsorted(at, at[inside] + keep)
    return np.where(after < len(at), found, len(at))


def _time(time: F64, index: int) -> float | None:
    return None if index == len(time) else float(time[index])
