"""Two plain pages: the incidents with the health of what feeds them, and one incident."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template, request

from outage_window.clock import Clock
from outage_window.live.status import Status
from outage_window.settings.durations import show_duration
from outage_window.settings.models import Settings
from outage_window.store import Store, deliveries, incidents
from outage_window.web.api import find
from reports.blocks import unmarked

NS = 1_000_000_000


def pages(store: Store, settings: Settings, status: Status, clock: Clock) -> Blueprint:
    """`/` and `/incidents/ID`. Everything shown is escaped; there is no script."""
    views = Blueprint("pages", __name__, template_folder="templates")
    views.add_app_template_filter(_moment, "moment")
    views.add_app_template_filter(_length, "length_of")

    @views.get("/")
    def _index() -> str:
        with store.read() as connection:
            found = incidents.latest(connection)
            tally = deliveries.tally(connection)
        return render_template(
            "index.html",
            incidents=found,
            tally=tally,
            received=status.counted("deliveries").get("", 0),
            services=[(s, status.services.get(s.name)) for s in settings.services],
            now=clock(),
            address=settings.web.url or request.host_url.rstrip("/"),
            anonymous=settings.web.token is None,
        )

    @views.get("/incidents/<identity>")
    def _incident(identity: str) -> str:
        incident = find(store, identity)
        shown = None if incident.draft is None else unmarked(incident.draft)
        return render_template("incident.html", incident=incident, draft=shown)

    return views


def _moment(ns: int | None) -> str:
    if ns is None:
        return ""
    return datetime.fromtimestamp(round(ns / NS), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _length(ns: int) -> str:
    return show_duration(max(round(ns / NS), 0))
