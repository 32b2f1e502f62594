"""Makes the labels of an incident fit for print, once, at the door of everything that renders."""

from __future__ import annotations

from dataclasses import replace

from detector.estimate import Origin
from reports.escape import label, plain
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
        corrections=tuple(
            replace(c, value=label(c.value), by=label(c.by), before=label(c.before))
            for c in incident.corrections
        ),
        announced=tuple(
            replace(a, text=label(a.text), matchers=label(a.matchers)) for a in incident.announced
        ),
        findings=tuple(replace(f, because=plain(f.because)) for f in incident.findings),
        splits=tuple(
            replace(
                s,
                label=label(s.label),
                values=tuple(replace(v, value=label(v.value)) for v in s.values),
            )
            for s in incident.splits
        ),
        related=tuple(
            replace(r, id=label(r.id), service=label(r.service)) for r in incident.related
        ),
        inputs=_named(incident.inputs),
        told_by=_named(incident.told_by),
    )


def _named(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    return tuple(replace(o, name=label(o.name), sha256=label(o.sha256)) for o in origins)
