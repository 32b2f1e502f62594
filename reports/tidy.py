"""Makes the labels of an incident fit for print, once, at the door of everything that renders."""

from __future__ import annotations

from dataclasses import replace

from reports.escape import label
from reports.facts import Incident


def tidy(incident: Incident) -> Incident:
    """The same incident; each text that came from outside is one line of visible characters."""
    return replace(
        incident,
        id=label(incident.id),
        service=label(incident.service),
        no_window_because=label(incident.no_window_because).rstrip("."),
        alerts=tuple(
            replace(a, name=label(a.name), summary=label(a.summary), source=label(a.source))
            for a in incident.alerts
        ),
        events=tuple(
            replace(e, type=label(e.type), text=label(e.text), team=label(e.team))
            for e in incident.events
        ),
        inputs=tuple(
            replace(i, name=label(i.name), sha256=label(i.sha256)) for i in incident.inputs
        ),
    )
