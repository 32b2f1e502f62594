"""Attempts per user as user-intervals: one record a minute, user, outcome and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outage_window.pseudonyms import Pseudonyms
from webhooks.model import AttemptBatch

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

MS = 10**6
"""Nanoseconds; finer times are cut to whole milliseconds."""
MINUTE, HOUR = 60_000, 3_600_000
"""Milliseconds."""
MOST_USERS = 100_000
"""Distinct users of a minute that are kept; of more, those with the lowest hashes are."""
ALL = 2**64
"""One more than the highest hash of a user."""
_MOST_COUNT = 65_535


@dataclass(frozen=True, slots=True)
class Hour:
    """User-intervals of one service in one hour; arrays of shape (n,), ordered by user.

    `minute` of the hour; `outcome` 0 is a success, others are failures for the reason before it in
    `reasons`, which are sorted; `first` and `last` are milliseconds within the minute; `count` of
    attempts, where 65,535 stands for as many or more. No two records are of one user, minute,
    outcome and source. `cuts` has an entry for each minute that is a sample: only users with lower
    hashes are in it.
    """

    minute: U8
    user: U64
    outcome: U32
    source: U32
    first: U16
    last: U16
    count: U16
    reasons: tuple[str, ...]
    cuts: Mapping[int, int] = field(default_factory=dict)

    def at(self, rows: Any) -> Hour:
        """The same with these records only."""
        return Hour(
            self.minute[rows],
            self.user[rows],
            self.outcome[rows],
            self.source[rows],
            self.first[rows],
            self.last[rows],
            self.count[rows],
            self.reasons,
            self.cuts,
        )


def hours(batch: AttemptBatch, names: Pseudonyms) -> Iterator[tuple[str, int, Hour]]:
    """The user-intervals of a body: service, hour since the epoch, and its records."""
    at = batch.time // MS
    hour = at // HOUR
    user = names.users(batch.user.texts)[batch.user.codes]
    source = names.sources(batch.source.texts)[batch.source.codes]
    outcome = np.where(batch.failed, batch.reason.codes + 1, 0)
    low = int(hour.min())
    group = batch.service.codes.astype(np.int64) * (int(hour.max()) - low + 1) + hour - low
    for rows in _split(group):
        one = rows[0] if isinstance(rows, np.ndarray) else 0
        known, reasons = _reasons(outcome[rows], batch.reason.texts)
        within = at[rows] - hour[rows] * HOUR
        first = (within % MINUTE).astype(np.uint16)
        minute = (within // MINUTE).astype(np.uint8)
        ones = np.ones(len(first), np.int64)
        found = _grouped(minute, user[rows], known, source[rows], first, first, ones, reasons)
        yield batch.service.texts[batch.service.codes[one]], int(hour[one]), cut(found)


def merge(parts: Sequence[Hour]) -> Hour:
    """All records of an hour's parts as if they had come in one: in whatever order and split."""
    if len(parts) == 1:
        return parts[0]
    cuts: dict[int, int] = {}
    for part in parts:
        for minute, bound in part.cuts.items():
            cuts[minute] = min(bound, cuts.get(minute, ALL))
    reasons = tuple(sorted({reason for part in parts for reason in part.reasons}))
    numbers = {reason: number for number, reason in enumerate(reasons, 1)}
    outcomes = []
    for part in parts:
        places = [numbers[reason] for reason in part.reasons]
        outcomes.append(np.array([0, *places], np.uint32)[part.outcome])
    joined = _grouped(
        np.concatenate([part.minute for part in parts]),
        np.concatenate([part.user for part in parts]),
        np.concatenate(outcomes),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.first for part in parts]),
        np.concatenate([part.last for part in parts]),
        np.concatenate([part.count for part in parts]).astype(np.int64),
        reasons,
        cuts,
    )
    return cut(joined)


def cut(hour: Hour) -> Hour:
    """Keep at most `MOST_USERS` of a minute: users below the hash of the one that is too many.

    What is kept depends on the users of the minute alone, not on how they came: those below the
    bound of a part are among those below the bound of the whole.
    """
    keep = np.ones(len(hour.user), bool)
    cuts = dict(hour.cuts)
    for minute, bound in cuts.items():
        keep &= (hour.minute != minute) | (hour.user < np.uint64(bound))
    records = np.bincount(hour.minute[keep], minlength=60)
    for minute in np.flatnonzero(records > MOST_USERS).tolist():
        inside = keep & (hour.minute == minute)
        users = np.unique(hour.user[inside])
        if len(users) > MOST_USERS:
            cuts[minute] = int(users[MOST_USERS])
            keep &= ~inside | (hour.user < users[MOST_USERS])
    kept = hour if keep.all() else hour.at(keep)
    return Hour(
        kept.minute,
        kept.user,
        kept.outcome,
        kept.source,
        kept.first,
        kept.last,
        kept.count,
        kept.reasons,
        cuts,
    )


def _split(group: NDArray[np.int64]) -> Iterator[Any]:
    """The rows of each group; most bodies are of one."""
    if (group == group[0]).all():
        yield slice(None)
        return
    order = np.argsort(group, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _reasons(outcome: NDArray[Any], texts: Sequence[str]) -> tuple[U32, tuple[str, ...]]:
    """Outcomes with only the reasons that are among them, in the order of their names."""
    codes, used = pd.factorize(np.concatenate([np.zeros(1, outcome.dtype), outcome]))
    names = [texts[code - 1] for code in used[1:].tolist()]
    numbers = {name: number for number, name in enumerate(sorted(names), 1)}
    table = np.array([0, *(numbers[name] for name in names)], np.uint32)
    return table[codes[1:]], tuple(sorted(names))


def _grouped(
    minute: U8,
    user: U64,
    outcome: U32,
    source: U32,
    first: U16,
    last: U16,
    count: NDArray[np.int64],
    reasons: tuple[str, ...],
    cuts: Mapping[int, int] | None = None,
) -> Hour:
    """One record for all of one user, minute, outcome and source."""
    kind = minute.astype(np.uint64) * np.uint64(len(reasons) + 1) + outcome
    key = kind << np.uint64(32) | source
    order = np.lexsort((key, user))
    user, key = user[order], key[order]
    new = np.ones(len(user), bool)
    new[1:] = (user[1:] != user[:-1]) | (key[1:] != key[:-1])
    rows = order[new]
    first, last, count = first[order], last[order], count[order]
    if len(rows) < len(user):
        starts = np.flatnonzero(new)
        first = np.minimum.reduceat(first, starts)
        last = np.maximum.reduceat(last, starts)
        count = np.add.reduceat(count, starts)
    return Hour(
        minute[rows],
        user[new],
        outcome[rows],
        source[rows],
        first,
        last,
        np.minimum(count, _MOST_COUNT).astype(np.uint16),
        reasons,
        {} if cuts is None else cuts,
    )
