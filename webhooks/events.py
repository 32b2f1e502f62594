"""Changes, escalations, tickets, notes and declared times in our own JSON, to `Event`s. Pure."""

from __future__ import annotations

from typing import cast, get_args

from webhooks.bodies import load, object_at, text_at
from webhooks.model import Event, EventType, Refused
from webhooks.times import parse_time

TYPES = get_args(EventType)
_TEXT = 10_000
_KNOWN = {"time", "type", "service", "text", "team", "id"}


def parse(body: bytes) -> tuple[Event, ...]:
    """One event, or a list of them, all or nothing; raise `Refused` naming the field.

    Unknown keys are refused: a misspelt `team` would otherwise be lost without a word.
    """
    return told_by(load(body))


def told_by(value: object) -> tuple[Event, ...]:
    """As `parse`, for a value of JSON."""
    if isinstance(value, list):
        if not value:
            raise Refused("body", "expected at least one event")
        return tuple(_event(item, f"[{i}].") for i, item in enumerate(value))
    return (_event(value, ""),)


def _event(item: object, field: str) -> Event:
    value = object_at(item, field.rstrip(".") or "body")
    unknown = sorted(set(value) - _KNOWN)
    if unknown:
        expected = f"expected only {', '.join(sorted(_KNOWN))}"
        raise Refused(f"{field}{unknown[0][:60]}", expected)
    kind = value.get("type")
    if kind not in TYPES:
        raise Refused(f"{field}type", f"expected one of {', '.join(TYPES)}")
    event = Event(
        time=parse_time(value.get("time"), f"{field}time"),
        type=cast(EventType, kind),
        service=text_at(value, "service", field),
        text=text_at(value, "text", field),
        team=text_at(value, "team", field, ""),
        id=text_at(value, "id", field, ""),
    )
    return bounded(event, field)


def bounded(event: Event, field: str) -> Event:
    """The event, unless a text of it is too long, or names no service: then `Refused`."""
    if not event.service.strip():
        raise Refused(f"{field}service", "expected the name of a service")
    if len(event.text) > _TEXT:
        raise Refused(f"{field}text", f"expected at most {_TEXT} characters")
    for key in ("service", "team", "id"):
        if len(getattr(event, key)) > 200:
            raise Refused(f"{field}{key}", "expected at most 200 characters")
    return event
