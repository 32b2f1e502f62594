"""Who came: attempts, sessions, users and sources of a window as multiples of the usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimate import Z
from detector.findings.forecast import Amount, against, comparables, of_series
from detector.findings.model import Ratio
from detector.model import Detection
from detector.results import Window
from detector.series import Bool, Counts
from detector.users import UserAttempts
from detector.users.edges import Stretch, outer

SESSION_GAP = 300.0
"""An attempt within so many seconds of the same user's last one is another try, no new session."""
LEAST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is known of who came in a window; None where the input does not tell.

    `attempts`, `sessions`, `users`, `sources` are multiples of what was expected. `tries` is the
    tries a session, as a multiple of the usual. `new_sources` is the share of sessions from sources
    that were not seen before the window, `usual_new` that share in earlier stretches.
    `strangers` are distinct names that fail by the users' own doing and never succeed, as a
    multiple of the usual.
    """

    attempts: Ratio | None = None
    sessions: Ratio | None = None
    users: Ratio | None = None
    sources: Ratio | None = None
    tries: Ratio | None = None
    new_sources: float | None = None
    usual_new: float | None = None
    strangers: Ratio | None = None
    strangers_seen: int = 0


def crowd(attempts: UserAttempts | None, window: Window, detection: Detection) -> Crowd:
    """Learn who came in a window from counters, and from attempts per user if there are any."""
    span = (window.onset, window.until)
    outages = [outer(one) for one in detection.windows]
    series = detection.series
    tried = served = None
    others: list[Stretch] = []
    if isinstance(series, Counts):
        extent = (float(series.start.min()), float(series.end.max()))
        others = comparables(span, extent, outages)
        tried = of_series(series, series.attempts)
        served = of_series(series, series.attempts - series.errors)
    ratio = None if tried is None else against(tried, span, others)
    if attempts is None or not len(attempts.user):
        return Crowd(ratio)
    return _with_ids(attempts, span, outages, ratio, served, others)


def _with_ids(
    attempts: UserAttempts,
    span: Stretch,
    outages: Sequence[Stretch],
    tried: Ratio | None,
    served: Amount | None,
    others: Sequence[Stretch],
) -> Crowd:
    begins = _begins(attempts)
    extent = (float(attempts.first.min()), float(attempts.last.max()))
    own = comparables(span, extent, outages)
    sessions = against(_sum(attempts, begins), span, own)
    if sessions is None and served is not None:
        sessions = _by_successes(attempts, begins, span, outages, served, others)
    fresh, usual = _new_sources(attempts, begins, span, own)
    names, seen = _strangers(attempts, span, outages, own)
    return Crowd(
        attempts=tried or against(_sum(attempts, attempts.attempts), span, own),
        sessions=sessions,
        users=against(_distinct(attempts, attempts.user), span, own),
        sources=against(_distinct(attempts, attempts.source), span, own)
        if attempts.source.any()
        else None,
        tries=_tries(attempts, begins, span, outages),
        new_sources=fresh,
        usual_new=usual,
        strangers=names,
        strangers_seen=seen,
    )


def _begins(attempts: UserAttempts) -> Bool:
    """Which records begin a session: nothing of the same user shortly before."""
    order = np.lexsort((attempts.first, attempts.user))
    user, first, last = (a[order] for a in (attempts.user, attempts.first, attempts.last))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (user[1:] != user[:-1]) | (first[1:] - last[:-1] > SESSION_GAP)
    found = np.zeros(len(order), bool)
    found[order] = fresh
    return found


def _sum(attempts: UserAttempts, number: np.ndarray) -> Amount:
    """The sum of a number a record, shape (n,), over the records of a stretch."""

    def amount(stretch: Stretch) -> float | None:
        inside = attempts.between(*stretch)
        return float(number[inside].sum(dtype=np.float64)) / attempts.fraction

    return amount


def _distinct(attempts: UserAttempts, ids: np.ndarray) -> Amount:
    def amount(stretch: Stretch) -> float | None:
        return float(len(np.unique(ids[attempts.between(*stretch)]))) / attempts.fraction

    return amount


def _normal(attempts: UserAttempts, outages: Sequence[Stretch]) -> Bool:
    """Records outside of every outage, and late enough for their sessions' begins to be known."""
    found = attempts.first >= float(attempts.first.min()) + SESSION_GAP
    for stretch in outages:
        found &= ~attempts.between(*stretch)
    return found


def _by_successes(
    attempts: UserAttempts,
    begins: Bool,
    span: Stretch,
    outages: Sequence[Stretch],
    served: Amount,
    others: Sequence[Stretch],
) -> Ratio | None:
    """Sessions against the successes that counters make expect, a session a success or nearly so.

    How nearly is told by the attempts outside of outages.
    """
    normal = _normal(attempts, outages)
    usual = float(np.count_nonzero(begins & normal))
    good = float(attempts.attempts[normal & attempts.blamed("success")].sum())
    if usual < LEAST_SESSIONS or good <= 0:
        return None
    seen = float(np.count_nonzero(begins & attempts.between(*span))) / attempts.fraction

    def amount(stretch: Stretch) -> float | None:
        if stretch == span:
            return seen
        successes = served(stretch)
        return None if successes is None else successes * usual / good

    return against(amount, span, others)


def _tries(
    attempts: UserAttempts, begins: Bool, span: Stretch, outages: Sequence[Stretch]
) -> Ratio | None:
    """Tries a session in the window as a multiple of those outside of outages."""
    found = []
    for where in (attempts.between(*span), _normal(attempts, outages)):
        sessions = float(np.count_nonzero(begins & where))
        if sessions < LEAST_SESSIONS:
            return None
        found.append((float(attempts.attempts[where].sum()) / sessions, sessions))
    (own, n), (usual, m) = found
    reach = float(np.exp(Z * np.sqrt(1 / n + 1 / m)))
    return Ratio(own / usual, own / usual / reach, own / usual * reach)


def _new_sources(
    attempts: UserAttempts, begins: Bool, span: Stretch, own: Sequence[Stretch]
) -> tuple[float | None, float | None]:
    """The share of sessions from sources not seen before a stretch: the window's, and the usual.

    Seen before means in the time as long as the longest history that all stretches have.
    """
    before = [stretch for stretch in own if stretch[0] < span[0]]
    history = min((s[0] for s in (*before, span)), default=span[0]) - float(attempts.first.min())
    if not attempts.source.any() or not before or history < span[1] - span[0]:
        return None, None

    def share(stretch: Stretch) -> float | None:
        known = np.unique(attempts.source[attempts.between(stretch[0] - history, stretch[0])])
        came = attempts.source[begins & attempts.between(*stretch)]
        return float(np.mean(~np.isin(came, known))) if len(came) else None

    usual = [one for one in map(share, before) if one is not None]
    return share(span), float(np.median(usual)) if usual else None


def _strangers(
    attempts: UserAttempts, span: Stretch, outages: Sequence[Stretch], own: Sequence[Stretch]
) -> tuple[Ratio | None, int]:
    """Names that never succeed anywhere here and were failed by no system: against the usual.

    Where no comparable stretch is known, against the rate outside of outages, which a longer time
    can only be below: names repeat.
    """
    good = np.unique(attempts.user[attempts.blamed("success", "system")])
    strange = ~np.isin(attempts.user, good)
    amount = _distinct(attempts.at(strange), attempts.user[strange])
    seen = int(amount(span) or 0)
    ratio = against(lambda stretch: (amount(stretch) or 0.0) + 1.0, span, own)
    if ratio is not None:
        return ratio, seen
    normal = _normal(attempts, outages)
    if np.count_nonzero(normal) < LEAST_SESSIONS:
        return None, seen
    extent = float(attempts.last.max()) - float(attempts.first.min()) - SESSION_GAP
    length = extent - sum(
        max(min(u, float(attempts.last.max())) - max(o, float(attempts.first.min())), 0.0)
        for o, u in outages
    )
    names = len(np.unique(attempts.user[strange & normal])) / attempts.fraction + 1.0
    expected = names * (span[1] - span[0]) / max(length, SESSION_GAP)
    reach = float(np.exp(Z * np.sqrt(1 / names + 1 / (seen + 1.0))))
    value = (seen + 1.0) / max(expected, 1.0)
    return Ratio(value, value / reach, value * reach), seen
