"""Attempts per user (`--users`): ids to keyed hashes, reasons to whose fault it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.estimate import Origin
from detector.users import SUCCESS, SYSTEM_FAILURE, UNCLASSIFIED, USER_FAILURE, UserAttempts
from outage_window.errors import InputError
from outage_window.sources import arrow, tabular
from outage_window.sources.arrow import Cell
from outage_window.sources.columns import find
from outage_window.sources.files import Source
from outage_window.sources.reading import Reading
from outage_window.sources.tables import split
from outage_window.sources.times import seconds

OUTCOMES = ("success", "failure")
NO_REASON = "(no reason given)"


@dataclass(frozen=True, slots=True)
class Reasons:
    """Which failure reasons are the service's own and which the user's (a wrong password)."""

    system: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UserFile:
    """The attempts of each service, and the file that they came from."""

    attempts: Mapping[str, UserAttempts]
    origin: Origin


def pseudonyms(users: Sequence[str], key: bytes) -> NDArray[np.uint64]:
    """A 64-bit keyed hash of each user id, shape (n,); pass distinct ids, each is hashed once."""
    digests = [hashlib.blake2b(user.encode(), digest_size=8, key=key).digest() for user in users]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def classify(
    failed: NDArray[np.bool_], codes: NDArray[np.int64], reasons: Sequence[str], known: Reasons
) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """Outcome codes of attempts, shape (n,), and the reasons seen that nobody has classified.

    `codes` are indices of `reasons`, -1 where an attempt has none: such a failure is unclassified
    too. An attempt that succeeded is a success whatever reason it carries.
    """
    blames = dict.fromkeys(known.system, SYSTEM_FAILURE) | dict.fromkeys(known.user, USER_FAILURE)
    names = [*(reason.strip() for reason in reasons), ""]
    blame = np.array([blames.get(name, UNCLASSIFIED) for name in names], dtype=np.int8)
    outcome = np.where(failed, blame[codes], SUCCESS).astype(np.int8)
    seen = {names[code] or NO_REASON for code in np.unique(codes[outcome == UNCLASSIFIED])}
    return outcome, tuple(sorted(seen))


def read(source: Source, reading: Reading, known: Reasons, key: bytes = b"") -> UserFile:
    """Read a table of attempts: time, user, outcome, and if there are any reason and service.

    An outcome that is neither success nor failure, and a missing user, is an `InputError` with its
    line. `key` keys the hashes; ids leave this function only as hashes.
    """
    names = tabular.names(source)
    columns = {role: _column(names, role, reading, source.name) for role in ("time", "service")}
    columns |= {role: find(names, role, None, source.name, False) for role in _OWN}
    for role in ("time", "user", "outcome"):
        if columns[role] is None:
            raise InputError(source.name, f"no column {role}; {_EXPECTED}")
    wanted: dict[str, Cell] = {
        name: "time" if role == "time" else "word" for role, name in columns.items() if name
    }
    table = tabular.load(source, wanted)

    def column(role: str) -> Any:
        return table.columns[columns[role] or ""]

    time = seconds(column("time"), table.place, reading.time_zone, reading.time_unit)
    failed = _failed(column("outcome"), table.place)
    user = _hashed(column("user"), table.place, key)
    reason, names_of = np.full(table.rows, -1), [""]
    if columns["reason"] is not None:
        reason, found = arrow.codes(column("reason"))
        names_of = [(name or "") for name in found]
    attempts = {}
    for service, rows in split(table, columns["service"], reading.service):
        outcome, unclassified = classify(failed[rows], reason[rows], names_of, known)
        given = any(names_of[code] for code in np.unique(reason[rows][failed[rows]]) if code >= 0)
        attempts[service] = UserAttempts(time[rows], user[rows], outcome, given, unclassified)
    return UserFile(attempts, source.origin(table.rows))


_OWN = ("user", "outcome", "reason")
_EXPECTED = "expected time, user, outcome (success or failure), and if known reason and service"


def _column(names: Sequence[str], role: str, reading: Reading, where: str) -> str | None:
    named = reading.time_column if role == "time" else reading.service_column
    return find(names, role, named if named in names else None, where)


def _failed(outcome: Any, place: tabular.Place) -> NDArray[np.bool_]:
    codes, found = arrow.codes(outcome)
    words = [(word or "").strip().lower() for word in found]
    good = np.array([word in OUTCOMES for word in words] + [False])
    if not good[codes].all():
        row = int(np.argmin(good[codes]))
        shown = "" if codes[row] < 0 else found[codes[row]][:40]
        raise InputError(f"{place(row)}, outcome", f"expected success or failure, not {shown!r}")
    failure: NDArray[np.bool_] = np.array([word == "failure" for word in words] + [False])[codes]
    return failure


def _hashed(user: Any, place: tabular.Place, key: bytes) -> NDArray[np.uint64]:
    codes, ids = arrow.codes(user)
    missing = np.array([not (one or "").strip() for one in ids] + [True])[codes]
    if missing.any():
        raise InputError(f"{place(int(np.argmax(missing)))}, user", "expected an id, found none")
    hashes: NDArray[np.uint64] = pseudonyms(ids, key)[codes]
    return hashes
