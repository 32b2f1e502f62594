"""Drafts of incidents that the store holds, also while a server runs on it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage_window.errors import InputError
from outage_window.kept import SQLITE, Reading, StoredIncident, described, reading

if TYPE_CHECKING:
    from reports.facts import Incident

MOST_HOPS = 20
"""Mergers that are followed; more of them than that can only be a circle."""

Say = Callable[[str], None]


class StoreDrafts:
    """What the store knows of some incidents; the first gives the draft its name."""

    def __init__(self, found: Sequence[StoredIncident], revisions: Sequence[Any]) -> None:
        self._found = found
        self._revisions = revisions

    @classmethod
    def open(cls, identities: Sequence[str], settings: str, say: Say) -> StoreDrafts:
        """Read them from the database that the settings name; `say` is told of mergers."""
        with reading(database(settings)) as reader:
            found = [_get(reader, identity, say) for identity in identities]
            return cls(found, [reader.history(one.id) for one in found])

    def only(self) -> StoredIncident:
        """The first incident as it is stored."""
        return self._found[0]

    def stored(self) -> str | None:
        """The draft with what people wrote into it; None for several incidents."""
        return self._found[0].draft if len(self._found) == 1 else None

    def fresh(self, template: str, source: str | None) -> str:
        """The draft as a template makes it of the facts."""
        from outage_window.drafts.templates import rendered
        from outage_window.live.drafting import chart_name

        first = self._found[0]
        if first.record is None and first.draft and (template, source) == ("default", None):
            return first.draft  # all that there is of what an earlier version closed
        facts = self._facts()
        charts = [chart_name(one) for one in facts]
        return rendered(facts, template, source, charts)

    def document(self) -> Any:
        """The incident as JSON; several as a list."""
        every = [
            {**described(one), "revisions": revisions}
            for one, revisions in zip(self._found, self._revisions, strict=True)
        ]
        return every[0] if len(every) == 1 else {"incidents": every}

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """A chart, as it was stored, or drawn from the facts."""
        from outage_window.drafts.forms import Pictures

        for one in self._found:
            if one.id == identity or len(self._found) == 1:
                facts = () if one.record is None else (_decoded(one),)
                return Pictures(facts, one.chart).chart(one.id, ending, theme)
        return None

    def _facts(self) -> tuple[Incident, ...]:
        return tuple(_decoded(one) for one in self._found)


def _decoded(one: StoredIncident) -> Incident:
    from reports.record import decode

    if one.record is None and one.draft is None:
        raise InputError(one.id, f"has no draft yet: it is {one.state}")
    if one.record is None:
        expected = "was closed by an earlier version: only the draft that was made then is there"
        raise InputError(one.id, expected)
    return decode(one.record)


def database(settings: str) -> str:
    """The URL of the database that the settings name, a file's with its whole path.

    Only that one setting is looked at: whoever wants a draft need not wait for the others.
    """
    from outage_window.settings.source import from_yaml, overlay

    try:
        source = from_yaml(Path(settings).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InputError(settings, "expected a settings file that can be read") from None
    overlay(source, os.environ)
    if source.problems:
        problem = source.problems[0]
        place = f"{settings}:{problem.line}" if problem.line else settings
        where = f"{place}: {problem.key}" if problem.key else place
        raise InputError(where, problem.expected)
    storage = source.values.get("storage")
    url = storage.get("url") if isinstance(storage, dict) else None
    url = f"{SQLITE}outage-window.db" if url is None else url
    if isinstance(url, str) and url.startswith("postgresql:"):
        from outage_window.settings.load import load

        return load(settings, os.environ).storage.whole_url
    if not isinstance(url, str) or not url.startswith(SQLITE):
        raise InputError(f"{settings}: storage.url", "expected sqlite:///FILE or postgresql://…")
    return f"{SQLITE}{(Path(settings).parent / url.removeprefix(SQLITE)).absolute()}"


def _get(reader: Reading, identity: str, say: Say) -> StoredIncident:
    found = reader.get(identity)
    for _ in range(MOST_HOPS):
        if found is None or found.merged_into is None:
            break
        say(f"{found.id} became part of {found.merged_into}")
        found = reader.get(found.merged_into)
    if found is None:
        raise unknown(identity, reader.latest())
    return found


def unknown(identity: str, known: Sequence[str]) -> InputError:
    """One line with the nearest ids, or the latest when none is near."""
    near = difflib.get_close_matches(identity, known, n=3, cutoff=0.5)
    if near:
        expected = f"no such incident; the nearest: {', '.join(near)}"
    elif known:
        expected = f"no such incident; the latest: {', '.join(known[:3])}"
    else:
        expected = "no such incident; there is none at all yet"
    return InputError(repr(identity), expected)
