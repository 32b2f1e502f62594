"""Drafts and charts of incidents: rendered, and at closing written where the settings say."""

from __future__ import annotations

from pathlib import Path

from outage_window.drafts.files import Draft, write_drafts
from reports.facts import Incident


def draft(incident: Incident, template: str = "default") -> str:
    """The incident's postmortem draft as Markdown."""
    from reports.draft import render

    return render(incident, template, charts=(chart_name(incident),))


def chart_name(incident: Incident) -> str | None:
    """The name of the file that a draft shows as its chart; None without metrics."""
    return None if incident.curve is None else f"{incident.id}.svg"


def chart(incident: Incident) -> bytes | None:
    """The incident's chart as SVG; None without metrics."""
    if incident.curve is None:
        return None
    from reports.chart import render

    return render(incident, "svg")


def write(folder: str, incident: Incident, text: str, picture: bytes | None) -> Path:
    """Write draft and chart into the folder; a draft that is there keeps what people wrote."""
    target = Path(folder)
    beside = () if picture is None else ((target / f"{incident.id}.svg", picture),)
    draft = Draft(target / f"{incident.id}.md", text, beside)
    write_drafts([draft])
    return draft.path
