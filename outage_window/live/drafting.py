"""Drafts and charts of incidents: rendered, and at closing written where the settings say."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from reports.facts import Incident

_pen = threading.Lock()
"""One chart at a time: drawing shares state between threads."""


def draft(incident: Incident) -> str:
    """The incident's postmortem draft as Markdown."""
    from reports.draft import render

    pictured = incident.cells is not None and len(incident.cells.start)
    return render(incident, chart=f"{_stem(incident)}.svg" if pictured else None)


def chart(incident: Incident) -> bytes | None:
    """The incident's chart as SVG; None without metrics."""
    if incident.cells is None or not len(incident.cells.start):
        return None
    from reports.chart import render

    with _pen:
        return render(incident, "svg")


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
