"""Authentication attempts per user as NDJSON, one object a line, to `Attempt`s. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from webhooks.bodies import load_text, object_at, text_at
from webhooks.model import Attempt, Refused
from webhooks.times import parse_time


def parse(body: bytes) -> Iterator[Attempt]:
    """Yield the attempts of all lines; raise `Refused` naming line and field.

    Blank lines are skipped; so are unknown keys, which senders' logs are full of. The caller takes
    all or nothing: a refusal in the last line refuses the body.
    """
    found = False
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            found = True
            yield _attempt(line, f"line {number}")
    if not found:
        raise Refused("body", "expected at least one line of JSON")


def _attempt(line: bytes, field: str) -> Attempt:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(field, "expected JSON in UTF-8") from None
    value = object_at(load_text(text, field), field)
    outcome = value.get("outcome")
    if outcome not in ("success", "failure"):
        raise Refused(f"{field}: outcome", "expected success or failure")
    user, service = text_at(value, "user", f"{field}: "), text_at(value, "service", f"{field}: ")
    if not user or not service or len(service) > 200:
        raise Refused(field, "expected a user and a service")
    return Attempt(
        time=parse_time(value.get("time"), f"{field}: time"),
        user=user,
        outcome=outcome,
        reason=_optional(value.get("reason"), f"{field}: reason"),
        source=_optional(value.get("source"), f"{field}: source"),
        service=service,
    )


def _optional(value: object, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200:
        raise Refused(field, "expected short text")
    return text_at({"": value}, "", field)
