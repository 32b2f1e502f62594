"""An incident between other edges as JSON: the numbers that they decide, also as short text."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from outage_window.document.build import window_document
from outage_window.live.remeasuring import Remeasured
from reports import numbers, times
from reports.escape import bare
from reports.headline import headline
from reports.quantities import Named, quantities

FIELDS = (
    "start",
    "end",
    "duration_seconds",
    "attempts",
    "errors",
    "excess_errors",
    "error_ratio",
    "peak_error_ratio",
    "affected_users",
    "error_budget",
    "time_to_detect",
    "time_to_acknowledge",
    "time_to_recover",
)


def remeasured_document(found: Remeasured) -> dict[str, Any]:
    """The fields as the incident's document has them, and each in short text under `shown`.

    `error_budget` is None, and is not shown, where no objective is set.
    """
    incident = found.incident
    assert incident.window is not None  # it was measured between edges
    assert incident.users is not None
    whole = window_document(incident, incident.window, incident.users)
    zone = times.local_zone(incident.zone)
    return {
        "id": incident.id,
        "source": found.source,
        "because": found.because,
        "headline": bare(headline(incident)),
        **{name: whole[name] for name in FIELDS},
        "shown": {
            one.field: _shown(one, zone) for one in quantities(incident) if one.field in FIELDS
        },
    }


def _shown(one: Named, zone: tzinfo | None) -> dict[str, str]:
    found = numbers.show(one.estimate, zone)
    return {
        "value": found.value,
        "interval": found.interval,
        "local": found.local,
        "flag": one.flag,
    }
