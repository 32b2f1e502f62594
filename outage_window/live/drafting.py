"""Drafts and charts of incidents: rendered, and at closing written where the settings say."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from reports.facts import Incident

_pen = threading.Lock()
"""One chart at a time: drawing shares state between threads."""

_PICTURE = re.compile(r"^!\[.*\]\(<([^<>/]+\.svg)>\)\n\n?", re.MULTILINE)
"""How a draft of ours shows its chart, a line of its own."""


def draft(incident: Incident) -> str:
    """The incident's postmortem draft as Markdown."""
    from reports.draft import render

    pictured = incident.curve is not None
    return render(incident, chart=f"{_stem(incident)}.svg" if pictured else None)


def chart(incident: Incident) -> bytes | None:
    """The incident's chart as SVG; None without metrics."""
    if incident.curve is None:
        return None
    from reports.chart import render

    with _pen:
        return render(incident, "svg")


def picture_of(text: str) -> str | None:
    """The name of the file that a draft shows as its chart, without folder; None if it shows none.

    What people wrote is escaped in a draft, so no other line can look like this one.
    """
    found = _PICTURE.search(text)
    return found[1] if found else None


def without_picture(text: str) -> str:
    """The draft for a place that has no chart beside it; the chart's words stay."""
    return _PICTURE.sub("", text, count=1)


def write(folder: str, incident: Incident, text: str, picture: bytes | None) -> Path:
    """Write draft and chart into the folder; a revision gets files of its own.

    A file that is there is never replaced: somebody may have begun to edit it.
    """
    name = _stem(incident)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    _write_new(target / f"{name}.md", text.encode())
    if picture is not None:
        _write_new(target / f"{name}.svg", picture)
    return target / f"{name}.md"


def _stem(incident: Incident) -> str:
    """The name, without ending, that an incident's draft and chart are written under."""
    return incident.id if incident.revision == 1 else f"{incident.id}.r{incident.revision}"


def _write_new(path: Path, content: bytes) -> None:
    """Whole or not at all, and only if it is not there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
