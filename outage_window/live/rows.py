"""An incident's facts to the row that is stored of it: document, record, draft and chart."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from detector.estimate import Origin
from outage_window.kept import StoredIncident
from outage_window.live.describing import document, facts_of
from outage_window.live.drafting import chart, draft
from reports.blocks import manifest, parse
from reports.draft import TEMPLATES
from reports.facts import Incident
from reports.moments import correction
from reports.record import encode

log = logging.getLogger(__name__)

T = TypeVar("T")


def told_by(incident: Incident) -> tuple[Origin, ...]:
    """Where an incident's alerts and events came from: what was received, by its hash."""
    told = (incident.alerts, incident.events)
    if not any(told):
        return ()
    text = msgspec.json.encode(told, order="sorted")
    name = f"alerts and events received for {incident.service}"
    return (Origin(name, hashlib.sha256(text).hexdigest(), sum(map(len, told))),)


def row(
    incident: Incident,
    stored: StoredIncident | None,
    now: int,
    edges: tuple[int, int | None],
    change: str = "",
) -> StoredIncident:
    """What is stored of an incident at `now`, with its edges (nanoseconds) as they are matched by.

    `stored` is what was known of it, `change` what this revision moves. The chart is drawn when it
    is closed. A draft keeps its template.
    """
    final = incident.state == "closed"
    found = StoredIncident(
        id=incident.id,
        service=incident.service,
        state=incident.state,
        start=edges[0],
        end=edges[1],
        has_window=incident.window is not None,
        # Of what Prometheus tells nobody knows whether it was sent to anybody.
        alerted=any(alert.backfilled != "prometheus" for alert in incident.alerts),
        opened_at=stored.opened_at if stored else now,
        updated_at=now,
        facts=facts_of(incident),
        document=document(incident),
        closed_at=now if final else None,
        revision=incident.revision,
        moved=change,
        dismissed=correction(incident, "dismissed") is not None,
        record=encode(incident),
        draft=rendered(lambda one: draft(one, template_of(stored)), incident),
        chart=rendered(chart, incident) if final else None,
    )
    if stored is None:
        return found
    return replace(found, merged_into=stored.merged_into, merged_by=stored.merged_by)


def template_of(stored: StoredIncident | None) -> str:
    """The template of an incident's draft: the one that it was made by."""
    known = None if stored is None or stored.draft is None else manifest(parse(stored.draft))
    return known.template if known is not None and known.template in TEMPLATES else "default"


def rendered(render: Callable[[Incident], T], incident: Incident) -> T | None:
    """What is rendered, or None: a draft that fails must not keep an outage from being told."""
    try:
        return render(incident)
    except Exception:
        log.exception("cannot render an incident", extra={"incident": incident.id})
        return None
