"""Maintenance as the API shows it: what people declared there, and what the settings say."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from outage_window.clock import Clock
from outage_window.document.values import time_text
from outage_window.settings.models import Settings
from outage_window.store import Store, maintenance

NS = 10**9


def announced(store: Store, settings: Settings, clock: Clock) -> Blueprint:
    """`GET /api/v1/maintenance`: all that is not over, by its start."""
    views = Blueprint("announced", __name__, url_prefix="/api/v1/maintenance")

    @views.get("")
    def _list() -> Response:
        now = clock()
        with store.read() as connection:
            said = maintenance.since(connection, now)
        rows = [_row(s.service, s.start / NS, s.end / NS, s.reason, s.by, s.id) for s in said]
        rows += [
            _row(one.service, one.start.timestamp(), one.end.timestamp(), one.reason, "settings")
            for one in settings.maintenance
            if one.end.timestamp() * NS > now
        ]
        return jsonify(maintenance=sorted(rows, key=lambda row: (row["start"], row["service"])))

    return views


def _row(
    service: str, start: float, end: float, reason: str, by: str, identity: str | None = None
) -> dict[str, Any]:
    """One entry; what the settings say has no id, since it is not taken back here."""
    return {
        "id": identity,
        "service": service,
        "start": time_text(start),
        "end": time_text(end),
        "reason": reason,
        "by": by,
    }
