"""Declared incidents, and corrections of incidents, in our own JSON, to frozen values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from webhooks.bodies import clean, load, object_at
from webhooks.model import Refused
from webhooks.times import NS, parse_time

TEXT = 10_000
NAME = 200
DRAFT = 1_000_000
_TEXTS = {"title": NAME, "impact": TEXT, "dismissed": TEXT, "merged_into": NAME}
_TIMES = ("declared_start", "declared_end")
CORRECTIONS = (*_TEXTS, *_TIMES)


@dataclass(frozen=True, slots=True)
class Declared:
    """An incident that people declare. Times in nanoseconds; `end` None: not over, or not known."""

    service: str
    start: int
    end: int | None
    title: str
    impact: str
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """What people change of an incident: `fields` as text (times as RFC 3339 in UTC, empty: taken
    back), and the draft as they edited it (None: not edited)."""

    fields: Mapping[str, str]
    by: str
    draft: str | None


def parse_declared(body: bytes) -> Declared:
    """The body of `POST /api/v1/incidents`; raise `Refused` naming the field."""
    value = _known(load(body), ("service", "start", "end", "title", "impact", "by"))
    service = _text(value, "service", NAME)
    if not service.strip():
        raise Refused("service", "expected the name of a service")
    start = parse_time(value.get("start"), "start")
    end = None if value.get("end") is None else parse_time(value.get("end"), "end")
    if end is not None and end <= start:
        raise Refused("end", "expected a time after start")
    texts = [_text(value, name, limit) for name, limit in (("title", NAME), ("impact", TEXT))]
    return Declared(service, start, end, texts[0], texts[1], _text(value, "by", NAME))


def parse_change(body: bytes) -> Change:
    """The body of `PATCH /api/v1/incidents/ID`; null or empty text takes a correction back."""
    value = _known(load(body), (*CORRECTIONS, "by", "draft"))
    fields = {}
    for name in CORRECTIONS:
        if name in value:
            text = _text(value, name, _TEXTS.get(name, NAME))
            fields[name] = _utc(text, name) if name in _TIMES and text else text
    draft = value.get("draft")
    if draft is not None and not (isinstance(draft, str) and 0 < len(draft) <= DRAFT):
        raise Refused("draft", f"expected the text of a draft, at most {DRAFT} characters")
    if draft is None and not fields:
        expected = ", ".join((*CORRECTIONS, "draft"))
        raise Refused("body", f"expected one of {expected}")
    return Change(fields, _text(value, "by", NAME), None if draft is None else clean(draft))


def _utc(text: str, field: str) -> str:
    """The time in UTC, to the second: people write no finer."""
    moment = datetime.fromtimestamp(parse_time(text, field) // NS, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(value: object, names: tuple[str, ...]) -> dict[str, object]:
    found = object_at(value, "body")
    unknown = sorted(set(found) - set(names))
    if unknown:
        raise Refused(unknown[0][:60], f"expected only {', '.join(names)}")
    return found


def _text(value: Mapping[str, object], name: str, limit: int) -> str:
    """Text of one field; null is as good as none."""
    found = value.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > limit:
        raise Refused(name, f"expected text of at most {limit} characters")
    return clean(found).strip()
