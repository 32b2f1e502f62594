"""One incident's page: its chart, its facts, its timeline and its draft."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for

from outage_window.kept import StoredIncident
from outage_window.live.correcting import etag_of
from outage_window.publish.model import PublishFailed
from outage_window.settings.models import Settings
from outage_window.store import Store, board, publications
from outage_window.web.api import find
from outage_window.web.beside import Publish
from outage_window.web.pages.chart_data import chart_data
from outage_window.web.pages.draft_view import preview
from outage_window.web.pages.incident_view import Page, page, state_words
from reports.record import decode
from reports.tidy import tidy
from reports.word import available as word_available
from webhooks.incidents import DRAFT

NEAR = 86_400 * 10**9
MOST_BESIDE = 30
"""Incidents that one may be merged into are offered from so many, a day around it."""
REMEMBERED = 16
"""Incidents whose facts are not put into words again, as long as they are the same."""
EVENTS = {
    "note": "Note",
    "change": "Change",
    "escalated": "Escalation",
    "acknowledged": "Acknowledged",
    "investigating": "Investigating",
    "identified": "Cause identified",
    "mitigating": "Mitigation",
    "ticket": "Ticket",
}
"""What may be added to a timeline, and how the page calls it."""


def open_views(views: Blueprint, store: Store, settings: Settings, publish: Publish) -> None:
    """`/incidents/ID`, the preview of a draft as it is being written, and publishing."""

    @views.get("/incidents/<identity>")
    def _incident(identity: str) -> str:
        incident = find(store, identity)
        with store.read() as connection:
            until = None if incident.end is None else incident.end + NEAR
            near = board.near(connection, incident.start - NEAR, until, MOST_BESIDE)
            known = publications.of(connection, incident.id)
            changed_at = board.changed_at(connection, incident.id)
        return render_template(
            "incident.html",
            **looked_at(incident, url_for("api._one", identity=incident.id)),
            changed_at=changed_at,
            events=EVENTS,
            beside=[one for one in near if one.incident_id != incident.id],
            targets=[one.name for one in settings.publish],
            published=known,
        )

    @views.post("/incidents/<identity>/preview")
    def _preview(identity: str) -> Response:
        find(store, identity)
        text = request.get_data(cache=False)[: 4 * DRAFT].decode("utf-8", "replace")
        made = preview(text[:DRAFT])
        return jsonify(html=made.html, findings=made.findings, todos=made.todos)

    @views.post("/incidents/<identity>/publish")
    def _publish(identity: str) -> Response:
        asked = request.get_json(silent=True)
        name = asked.get("target") if isinstance(asked, dict) else None
        done = publish(identity, name) if isinstance(name, str) else None
        if done is None:
            abort(404, "expected an incident with a draft, and a target of the settings")
        if isinstance(done, PublishFailed):
            abort(502, str(done))
        return jsonify(target=done.target, url=done.url, created=done.created)


def looked_at(incident: StoredIncident, base: str) -> dict[str, Any]:
    """What the page of an incident shows, wherever that is from; `base` is where its scripts find
    the draft, the chart, the series and what other edges would measure."""
    shown, chart = (None, None) if incident.record is None else _facts_in_words(incident.record)
    return {
        "incident": incident,
        "base": base,
        "changed": state_words(incident),
        "page": shown,
        "chart": chart,
        "draft": None if incident.draft is None else preview(incident.draft),
        "text": incident.draft,
        "etag": None if incident.draft is None else etag_of(incident.draft),
        "word": word_available(),
    }


@lru_cache(maxsize=REMEMBERED)
def _facts_in_words(record: bytes) -> tuple[Page, dict[str, Any] | None]:
    """What a page says of stored facts: those who look at the same are told the same."""
    facts = tidy(decode(record))
    return page(facts), chart_data(facts)
