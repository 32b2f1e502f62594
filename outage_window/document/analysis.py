"""What was found in a batch to the analysis document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from detector.estimate import Origin
from outage_window.document.build import window_document
from outage_window.document.values import number, time_text
from reports.facts import Incident

if TYPE_CHECKING:
    from outage_window.batch.found import Found

SCHEMA = "outage-window/analysis/v1"


def analysis_document(
    services: Sequence[Found],
    incidents: Sequence[Incident],
    inputs: Sequence[Origin],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole document; `incidents` are those of all windows, in the order to be shown.

    `services` are sorted by name, `notes` are about the input as a whole.
    """
    return {
        "schema": SCHEMA,
        "windows": [
            window_document(one, one.window, one.users)
            for one in incidents
            if one.window is not None and one.users is not None
        ],
        "blips": _blips(services),
        "not_assessed": [
            {"service": found.service, "reason": found.not_assessed}
            for found in services
            if found.not_assessed is not None
        ],
        "services": [_service(found) for found in services],
        "notes": list(notes),
        "inputs": [
            {"name": origin.name, "sha256": origin.sha256, "rows": origin.rows} for origin in inputs
        ],
    }


def _blips(services: Sequence[Found]) -> list[dict[str, Any]]:
    found = [(blip.start, blip.end, one.service) for one in services for blip in one.blips]
    return [
        {"service": service, "start": time_text(start), "end": time_text(end)}
        for start, end, service in sorted(found)
    ]


def _service(found: Found) -> dict[str, Any]:
    """What was read of a service: its step, its extent, and what was repaired."""
    document: dict[str, Any] = {"service": found.service, "notes": list(found.notes)}
    if found.extent is not None:
        document |= {
            "step_seconds": number(found.extent.step),
            "observations": found.extent.observations,
            "first": time_text(found.extent.first),
            "last": time_text(found.extent.last),
        }
    return document
