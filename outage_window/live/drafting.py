"""Drafts and charts of incidents: rendered, and at closing written where the settings say."""

from __future__ import annotations

import logging
from pathlib import Path

from outage_window.drafts.files import Draft, write_drafts
from outage_window.errors import InputError
from outage_window.kept import StoredIncident
from reports.facts import Incident

log = logging.getLogger(__name__)


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


def put(folder: str | None, incident: Incident, row: StoredIncident) -> None:
    """Write a closed incident's draft and chart where the settings say, if they do.

    A draft that is there keeps what people wrote. What cannot be written is logged: the store has
    it all the same.
    """
    if not folder or row.draft is None or row.closed_at is None:
        return
    target = Path(folder)
    beside = () if row.chart is None else ((target / f"{incident.id}.svg", row.chart),)
    draft = Draft(target / f"{incident.id}.md", row.draft, beside)
    try:
        write_drafts([draft])
    except (OSError, InputError) as error:
        log.error("cannot write the draft: %s", error, extra={"incident": incident.id})
    else:
        log.info("draft written to %s", draft.path, extra={"incident": incident.id})
