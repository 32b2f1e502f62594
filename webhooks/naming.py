"""What strangers call our services, and events made of what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from webhooks.bodies import clean
from webhooks.model import Event, EventType

ALL = "*"
"""In a mapping: whatever is not listed."""
_NAME, _TEXT = 200, 500


class Services:
    """The services that are meant by a sender's own names; upper and lower case are one."""

    def __init__(self, meant: Mapping[str, Sequence[str]] | None = None) -> None:
        self._meant = {name.casefold(): tuple(ours) for name, ours in (meant or {}).items()}

    def of(self, *names: str, default: str = "") -> tuple[str, ...]:
        """The services of the first name that is listed; else those of `*`; else `default`.

        Empty where the name is listed without a service, or nothing is known.
        """
        for name in (*names, ALL):
            found = self._meant.get(name.casefold())
            if found is not None:
                return found
        return (default,) if default.strip() else ()

    def of_part(self, whole: str, part: str, default: str = "") -> tuple[str, ...]:
        """As `of`, for a part of something, listed as `WHOLE:PART`, or the whole with no part.

        Something of which parts are listed, and not the whole, has no services for the others.
        """
        parts = any(listed.startswith(f"{whole.casefold()}:") for listed in self._meant)
        if parts and whole.casefold() not in self._meant:
            return self._meant.get(f"{whole}:{part}".casefold(), ())
        return self.of(f"{whole}:{part}", whole, default=default)


def line(text: str, most: int = _TEXT) -> str:
    """The text as one line, cut where it is longer than `most`."""
    found = " ".join(clean(text).split())
    return found if len(found) <= most else found[: most - 1] + "…"


def first_line(text: str) -> str:
    """The first line that says something, such as the title of a commit."""
    return line(next(iter(text.strip().splitlines()), ""))


def identity(*parts: str) -> str:
    """One id of several parts, whatever is in them, and however long each is."""
    quoted = (quote(part, safe="") for part in parts)
    return ":".join(q if len(q) <= 64 else hashlib.sha256(q.encode()).hexdigest() for q in quoted)


def told(
    services: Sequence[str], time: int, kind: EventType, text: str, known_as: str, team: str = ""
) -> tuple[Event, ...]:
    """The event of each service that is meant. `known_as` makes repeated delivery harmless."""
    return tuple(
        Event(
            time=time,
            type=kind,
            service=line(service, _NAME),
            text=line(text),
            team=line(team, _NAME),
            id=f"{known_as}:{identity(service)}" if known_as else "",
        )
        for service in services
    )
