"""Keycloak's events: what `GET /admin/realms/{realm}/events` answers, or the same one a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from outage_window.errors import InputError
from outage_window.sources.files import Source
from outage_window.sources.kinds import is_event, kind_of
from outage_window.sources.times import EARLIEST, LATEST
from outage_window.sources.users.kept import Rows
from outage_window.sources.users.roles import OWN
from outage_window.sources.users.spans import Spans, placed
from webhooks.bodies import clean, load_text
from webhooks.model import Refused

OUTCOME = {"LOGIN": "success", "LOGIN_ERROR": "failure"}
EXPECTED = "expected an event of Keycloak's"


@dataclass(frozen=True, slots=True)
class Events:
    """The wanted logins of a file, of how many events in all, and what was left out."""

    rows: Rows
    total: int
    notes: tuple[str, ...]


def is_export(source: Source) -> bool:
    """Whether a file holds Keycloak's events, told by the first of them."""
    kind = kind_of(source)
    if kind != "ndjson":
        return kind == "keycloak"
    first = source.data.lstrip().split(b"\n", 1)[0]
    try:
        return is_event(load_text(first.decode("utf-8", "replace"), ""))
    except Refused:
        return False


def read(source: Source, spans: Spans) -> Events:
    """Read the logins, failed or not, whose time is in `spans`.

    The user is `userId`, or the name that was typed where Keycloak knew nobody by it. Events of
    other types, and failures before there was any name, are left out and counted in the notes.
    """
    import pyarrow as pa

    times: list[float] = []
    columns: dict[str, list[str | None]] = {role: [] for role in OWN}
    places: list[str] = []
    left = Counter[str]()
    events = _events(source)
    for place, event in events:
        kind = _text(event, "type", place)
        if kind is None:
            raise InputError(f"{place}, type", "expected text")
        if kind not in OUTCOME:
            left["events of other types than LOGIN and LOGIN_ERROR"] += 1
            continue
        time, user = _time(event, place), _user(event, place)
        if user is None and kind == "LOGIN_ERROR":
            left["LOGIN_ERROR events without a user"] += 1
            continue
        places.append(place)
        times.append(time)
        columns["user"].append(user)
        columns["outcome"].append(OUTCOME[kind])
        columns["reason"].append(_text(event, "error", place))
        columns["source"].append(_text(event, "ipAddress", place))
    time_of = np.array(times, np.float64)
    wanted = spans.wanted(time_of)
    kept = np.arange(len(time_of)) if wanted is None else np.flatnonzero(wanted)
    texts = {role: pa.array(column, pa.string()).take(kept) for role, column in columns.items()}
    rows = Rows(time_of[kept], service=None, place=placed(places.__getitem__, kept), **texts)
    notes = tuple(f"{source.name}: {count} {what} left out" for what, count in left.items())
    return Events(rows, len(events), notes)


def _events(source: Source) -> list[tuple[str, dict[str, Any]]]:
    """The events, and how an error names each."""
    if kind_of(source) == "keycloak":
        values = _load(source.text(), source.name)
        numbered = [(f"{source.name}: event {i}", value) for i, value in enumerate(values, 1)]
    else:
        lines = [(source.place(i), one) for i, one in enumerate(source.text().split("\n"), 1)]
        numbered = [(place, _load(line, place)) for place, line in lines if line.strip()]
    for place, value in numbered:
        if not isinstance(value, dict):
            raise InputError(place, EXPECTED)
    return numbered


def _load(text: str, where: str) -> Any:
    try:
        return load_text(text, "")
    except Refused as error:
        reason = error.expected.removeprefix("expected JSON; ").replace("\n", " ")
        raise InputError(where, f"expected JSON: {reason}") from None


def _time(event: dict[str, Any], place: str) -> float:
    value = event.get("time")
    if type(value) is not int or not EARLIEST * 1000 <= value < LATEST * 1000:
        raise InputError(f"{place}, time", "expected milliseconds from 1970 to 2200")
    return value / 1000


def _user(event: dict[str, Any], place: str) -> str | None:
    """The user's id, else the name typed; None where there is neither."""
    known = _text(event, "userId", place)
    if known and known.strip():
        return known
    details = event.get("details")
    if details is not None and not isinstance(details, dict):
        raise InputError(f"{place}, details", "expected an object")
    typed = _text(details or {}, "username", place)
    return typed if typed and typed.strip() else None


def _text(event: dict[str, Any], key: str, place: str) -> str | None:
    value = event.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{place}, {key}", "expected text")
    return None if value is None else clean(value)
