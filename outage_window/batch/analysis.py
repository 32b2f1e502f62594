"""All that an analysis found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detector.estimate import Origin
from outage_window.batch.found import Found
from outage_window.batch.request import Context, Request
from outage_window.document.analysis import analysis_document
from outage_window.joining import service_of
from reports.facts import Incident
from reports.times import utc


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found; services sorted by name, inputs in the order in which they were given."""

    request: Request
    found: tuple[Found, ...]
    context: Context
    inputs: tuple[Origin, ...]

    def document(self) -> dict[str, Any]:
        """The analysis document, of plain JSON values."""
        return analysis_document(self.found, self.incidents(), self.inputs, self.notes())

    def incidents(self) -> list[Incident]:
        """The facts of each window's incident, in order of time."""
        found = [incident for one in self.found for incident in one.incidents]
        return sorted(found, key=lambda one: (one.window.onset if one.window else 0, one.service))

    def notes(self) -> list[str]:
        """What is easily overlooked: what was given beside the series but is of no service that has
        one, and what planned maintenance kept from being judged."""
        services = {one.service for one in self.found}
        named = {
            "attempts per user": set(self.context.users),
            "alerts": {service_of(alert.labels) for alert in self.context.alerts or ()},
            "changes and events": {event.service for event in self.context.events} - {""},
            "maintenance": {planned.service for planned in self.context.planned} - {""},
        }
        unused = [
            f"not used: {what} of {', '.join(sorted(others - services))}, since no series has that"
            f" service (the series: {', '.join(sorted(services))}; --service names one without)"
            for what, others in named.items()
            if others - services
        ]
        planned = [
            f"maintenance of {one.service or 'all services'} was planned: metrics of"
            f" {utc(one.announced.start)} to {utc(one.announced.end)} have no say"
            for one in self.context.planned
            if one.service in ("", *services)
        ]
        return [*self.context.notes, *unused, *planned]
