"""The API that is read: incidents as JSON, their drafts and charts."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify

from outage_window.live import drafting
from outage_window.live.status import Status
from outage_window.store import Store, incidents
from outage_window.store.incidents import StoredIncident


def api(store: Store, status: Status) -> Blueprint:
    """`/api/v1/incidents` and what is below it."""
    views = Blueprint("api", __name__, url_prefix="/api/v1/incidents")

    @views.get("")
    def _list() -> Response:
        with store.read() as connection:
            found = incidents.latest(connection)
        return jsonify(incidents=[described(incident) for incident in found])

    @views.get("/<identity>")
    def _one(identity: str) -> Response:
        with store.read() as connection:
            incident = find(store, identity)
            history = incidents.history(connection, incident.id)
        return jsonify({**described(incident), "revisions": history})

    @views.get("/<identity>/draft")
    def _draft(identity: str) -> Response:
        draft = find(store, identity).draft
        if draft is None:
            abort(404, "the draft is not there yet")
        return Response(draft, content_type="text/markdown; charset=utf-8")

    @views.get("/<identity>/chart.svg")
    def _chart(identity: str) -> Response:
        incident = find(store, identity)
        chart = incident.chart
        if chart is None and incident.id in status.open_incidents:
            chart = drafting.chart(status.open_incidents[incident.id])
        if chart is None:
            abort(404, "no metrics, so no chart")
        return Response(chart, content_type="image/svg+xml")

    return views


def find(store: Store, identity: str) -> StoredIncident:
    """The incident, or a 404. One that was merged is returned as it is, and says into which."""
    with store.read() as connection:
        incident = incidents.get(connection, identity)
    if incident is None:
        abort(404, "no such incident")
    return incident


def described(incident: StoredIncident) -> dict[str, object]:
    """The incident as the API answers it: its document, with what only the store knows."""
    return {
        **incident.document,
        "id": incident.id,
        "service": incident.service,
        "state": incident.state,
        "alerted": incident.alerted,
        "revision": incident.revision,
        "moved": incident.moved,
        "merged_into": incident.merged_into,
    }
