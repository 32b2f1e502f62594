"""Declared maintenance in our own JSON, to a frozen value. Pure and strict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from webhooks.bodies import load, object_at, text_at
from webhooks.model import Refused
from webhooks.times import parse_time

TEXT = 1000
NAME = 200
_KNOWN = ("service", "start", "end", "reason", "by", "id")


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Work on a service that was announced: [`start`, `end`) in nanoseconds.

    `by` names a team or role, never a person. Another word under the same `id` replaces it.
    """

    service: str
    start: int
    end: int
    reason: str
    by: str
    id: str


def parse(body: bytes) -> Maintenance:
    """The body of `POST /api/v1/maintenance`; raise `Refused` naming the field.

    Without an `id`, service and times are the identity, so that sending it again changes nothing.
    """
    value = object_at(load(body), "body")
    unknown = sorted(set(value) - set(_KNOWN))
    if unknown:
        raise Refused(unknown[0][:60], f"expected only {', '.join(_KNOWN)}")
    service = _text(value, "service", NAME).strip()
    if not service:
        raise Refused("service", "expected the name of a service")
    start, end = (parse_time(value.get(name), name) for name in ("start", "end"))
    if end <= start:
        raise Refused("end", "expected a time after start")
    identity = _text(value, "id", NAME)
    if not identity:
        content = f"{service}\n{start}\n{end}"
        identity = hashlib.sha256(content.encode()).hexdigest()[:16]
    if "/" in identity:
        raise Refused("id", "expected no / in it: it stands in a path")
    texts = (_text(value, "reason", TEXT), _text(value, "by", NAME))
    return Maintenance(service, start, end, *texts, identity)


def _text(value: dict[str, object], name: str, limit: int) -> str:
    found = text_at(value, name, "", "")
    if len(found) > limit:
        raise Refused(name, f"expected text of at most {limit} characters")
    return found
