"""The attempts of all files as they are read: one set of arrays, split by service at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.series import F64
from detector.users import SUCCESS, Outcome, UserAttempts
from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import Reasons
from outage_window.sources import arrow
from outage_window.sources.tabular import Place
from outage_window.sources.users.hashing import Hasher, blank

Bool = NDArray[np.bool_]
OUTCOMES = ("success", "failure")
MOST = 2**16
"""So many different outcomes fit their numbers."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file: times in seconds, and Arrow arrays of text or dictionaries of text.

    `place` names a row, from 0, in an error.
    """

    time: F64
    user: Any
    outcome: Any
    reason: Any | None
    source: Any | None
    service: Any | None
    place: Place


class Kept:
    """Grows as rows are added; `service` is that of rows which name none."""

    def __init__(self, pseudonyms: Pseudonyms, service: str) -> None:
        self._hasher = Hasher(pseudonyms)
        self._default = service
        self._outcomes: dict[Outcome, int] = {SUCCESS: 0}
        self._services: dict[str, int] = {}
        self._size = 0
        self._time = np.empty(0, np.float64)
        self._user = np.empty(0, np.uint64)
        self._outcome = np.empty(0, np.uint16)
        self._source = np.empty(0, np.uint32)
        self._service = np.empty(0, np.uint32)

    def reserve(self, rows: int) -> None:
        """Make room for so many rows more, so that the arrays need not grow for them."""
        room = self._size + rows
        if room <= len(self._time):
            return
        for name in ("_time", "_user", "_outcome", "_source", "_service"):
            old = getattr(self, name)
            new = np.empty(room, old.dtype)
            new[: self._size] = old[: self._size]
            setattr(self, name, new)

    def add(self, rows: Rows, known: Reasons) -> None:
        """Keep these rows; an odd outcome or a missing user is an `InputError` with its line."""
        count = len(rows.time)
        if count == 0:
            return
        if self._size + count > len(self._time):
            self.reserve(max(count, self._size // 2))
        here = slice(self._size, self._size + count)
        self._time[here] = rows.time
        self._outcome[here] = self._outcomes_of(rows, known)
        missing = blank(rows.user)
        if missing.any():
            where = rows.place(int(np.argmax(missing)))
            raise InputError(f"{where}, user", "expected an id, found none")
        self._user[here] = self._hasher.users(rows.user)
        self._source[here] = 0 if rows.source is None else self._hasher.sources(rows.source)
        self._service[here] = self._services_of(rows)
        self._size += count

    def by_service(self, fraction: float) -> Mapping[str, UserAttempts]:
        """All that was kept, services in the order of their names."""
        outcomes = tuple(self._outcomes)
        size = self._size
        found: dict[str, UserAttempts] = {}
        parts: list[NDArray[Any]] = [self._time, self._user, self._outcome, self._source]
        for name, rows in self._split():
            time, user, outcome, source = (part[:size][rows] for part in parts)
            found[name] = UserAttempts.single(time, user, outcome, outcomes, source, fraction)
        return found

    def _split(self) -> list[tuple[str, Any]]:
        """The rows of each service in their order; no copies where there is only one."""
        codes = self._service[: self._size]
        if len(self._services) < 2:
            return [(name, slice(None)) for name in self._services]
        counts = np.bincount(codes, minlength=len(self._services))
        small = codes.astype(np.uint16) if len(counts) <= MOST else codes  # sorted by their bits
        parts = np.split(np.argsort(small, kind="stable"), np.cumsum(counts)[:-1])
        return [(name, parts[self._services[name]]) for name in sorted(self._services)]

    def _outcomes_of(self, rows: Rows, known: Reasons) -> NDArray[np.uint16]:
        failed = _failed(rows)
        if rows.reason is None:
            code = self._outcome_code("", known, rows.place, failed) if failed.any() else 0
            return failed * np.uint16(code)
        codes, reasons = arrow.codes(rows.reason)
        seen = np.zeros(len(reasons) + 1, bool)  # the last stands for null, whose code is -1
        seen[codes[failed]] = True
        numbers = np.zeros(len(seen), np.uint16)
        for index in np.flatnonzero(seen):
            reason = reasons[index] if index < len(reasons) else None
            having = failed & (codes % len(seen) == index) if self._is_full() else failed
            numbers[index] = self._outcome_code(reason or "", known, rows.place, having)
        return failed * numbers[codes]

    def _is_full(self) -> bool:
        return len(self._outcomes) == MOST

    def _outcome_code(self, reason: str, known: Reasons, place: Place, having: Bool) -> int:
        """The number of the outcome that the rows `having` it have."""
        outcome = known.outcome(reason)
        if outcome not in self._outcomes and self._is_full():
            raise InputError(
                f"{place(int(np.argmax(having)))}, reason",
                f"more than {MOST - 1} different reasons; expected one of a set of words",
            )
        return self._outcomes.setdefault(outcome, len(self._outcomes))

    def _services_of(self, rows: Rows) -> NDArray[np.uint32] | int:
        if rows.service is None:
            return self._service_code(None)
        codes, names = arrow.codes(rows.service)
        used = np.bincount(codes + 1, minlength=len(names) + 1) > 0
        used = np.append(used[1:], used[0])
        numbers = np.zeros(len(used), np.uint32)
        for index in np.flatnonzero(used):
            numbers[index] = self._service_code(names[index] if index < len(names) else None)
        return int(numbers[used][0]) if used.sum() == 1 else numbers[codes]

    def _service_code(self, name: str | None) -> int:
        word = (name or "").strip() or self._default
        return self._services.setdefault(word, len(self._services))


def _failed(rows: Rows) -> NDArray[np.bool_]:
    codes, found = arrow.codes(rows.outcome)
    words = [(word or "").strip().lower() for word in found]
    good = np.array([word in OUTCOMES for word in words] + [False])[codes]
    if not good.all():
        row = int(np.argmin(good))
        shown = "" if codes[row] < 0 else (found[codes[row]] or "")[:40]
        raise InputError(
            f"{rows.place(row)}, outcome", f"expected success or failure, not {shown!r}"
        )
    failure: NDArray[np.bool_] = np.array([word == "failure" for word in words] + [False])[codes]
    return failure
