"""Authentication attempts per user as NDJSON, one object a line, to an `AttemptBatch`. Pure.

Two roads with the same outcome: all lines at once where nothing about them is odd, else line by
line, which names the line and the field at fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from webhooks.bodies import clean, load_text, object_at, text_at
from webhooks.model import AttemptBatch, Coded, Refused
from webhooks.quick import plain_rows, plain_times
from webhooks.times import parse_time

OUTCOMES = {"success", "failure"}
MOST = 200
"""Characters of a reason, a source or a service."""
MOST_LINES = 1_000_000
"""More than this many attempts do not fit a body: what has more lines is built to fill memory."""


def parse(body: bytes) -> AttemptBatch:
    """All attempts of all lines, or `Refused` naming line and field: all or nothing.

    Blank lines are skipped; so are unknown keys, which senders' logs are full of.
    """
    if body.count(b"\n") > MOST_LINES:
        raise Refused("body", f"expected at most {MOST_LINES} lines")
    found = at_once(body)
    return line_by_line(body) if found is None else found


def at_once(body: bytes) -> AttemptBatch | None:
    """The attempts of a body of plain lines; None where a closer look is needed."""
    rows = plain_rows(body)
    if rows is None:
        return None
    try:
        time = plain_times([row["time"] for row in rows])
        failed = _failed([row["outcome"] for row in rows])
        user = _coded([row["user"] for row in rows])
        service = _coded([row["service"] for row in rows], MOST)
    except KeyError:
        return None
    reason = _coded(_or_nothing([row.get("reason") for row in rows]), MOST)
    source = _coded(_or_nothing([row.get("source") for row in rows]), MOST)
    if time is None or failed is None or user is None or service is None:
        return None
    if reason is None or source is None or "" in user.texts or "" in service.texts:
        return None
    return AttemptBatch(time, failed, user, reason, source, service)


def line_by_line(body: bytes) -> AttemptBatch:
    """As `parse`: the road that knows where it is."""
    rows = [
        _attempt(line, f"line {number}")
        for number, line in enumerate(body.split(b"\n"), 1)
        if line.strip()
    ]
    if not rows:
        raise Refused("body", "expected at least one line of JSON")
    time, failed, *texts = zip(*rows, strict=True)
    user, reason, source, service = (_numbered(column) for column in texts)
    return AttemptBatch(
        np.array(time, np.int64), np.array(failed, bool), user, reason, source, service
    )


def _attempt(line: bytes, field: str) -> tuple[int, bool, str, str, str, str]:
    """Time, whether it failed, user, reason, source and service."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(field, "expected JSON in UTF-8") from None
    value = object_at(load_text(text, field), field)
    outcome = value.get("outcome")
    if not isinstance(outcome, str) or outcome not in OUTCOMES:
        raise Refused(f"{field}: outcome", "expected success or failure")
    user, service = text_at(value, "user", f"{field}: "), text_at(value, "service", f"{field}: ")
    if not user or not service or len(service) > MOST:
        raise Refused(field, "expected a user and a service")
    return (
        parse_time(value.get("time"), f"{field}: time"),
        outcome == "failure",
        user,
        _optional(value.get("reason"), f"{field}: reason"),
        _optional(value.get("source"), f"{field}: source"),
        service,
    )


def _optional(value: object, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MOST:
        raise Refused(field, "expected short text")
    return clean(value)


def _failed(outcomes: Sequence[object]) -> NDArray[np.bool_] | None:
    if not set(outcomes) <= OUTCOMES:
        return None
    return np.fromiter(map("failure".__eq__, outcomes), bool, len(outcomes))


def _or_nothing(values: list[object]) -> list[object]:
    """The empty text for what is absent or null."""
    if None not in values:
        return values
    return ["" if value is None else value for value in values]


def _coded(values: Sequence[object], most: int | None = None) -> Coded | None:
    """Numbered texts; None where one is no text, too long, or must be cleaned first."""
    distinct = dict.fromkeys(values)
    texts = [value for value in distinct if isinstance(value, str)]
    if len(texts) < len(distinct) or (most is not None and max(map(len, texts)) > most):
        return None
    whole = "".join(texts)
    if "\0" in whole or (not whole.isascii() and clean(whole) != whole):
        return None
    return _codes(values, texts)


def _numbered(values: Iterable[str]) -> Coded:
    column = list(values)
    return _codes(column, list(dict.fromkeys(column)))


def _codes(values: Sequence[object], texts: list[str]) -> Coded:
    numbers: dict[object, int] = {text: number for number, text in enumerate(texts)}
    codes: NDArray[np.int32] = np.fromiter(map(numbers.__getitem__, values), np.int32, len(values))
    return Coded(codes, tuple(texts))
