"""The API that is read: incidents as JSON, their drafts in every format, and charts."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request

from outage_window.drafts.forms import FORMATS, SUFFIXES, Pictures, in_format
from outage_window.kept import StoredIncident, described
from outage_window.live.correcting import etag_of
from outage_window.live.drafting import chart_name
from outage_window.live.status import Status
from outage_window.store import Store, incidents
from reports.draft import TEMPLATES, render
from reports.facts import Incident
from reports.record import decode
from reports.word import FormatUnavailable

CHARTS = {"svg": "image/svg+xml", "png": "image/png"}
"""The kinds of pictures of a chart, and the media type of each."""
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""What a draft's page may do: show itself, with the charts that it holds."""


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
        return drafted(find(store, identity))

    @views.get("/<identity>/chart.svg")
    def _chart_svg(identity: str) -> Response:
        return charted(find(store, identity), "svg")

    @views.get("/<identity>/chart.png")
    def _chart_png(identity: str) -> Response:
        return charted(find(store, identity), "png")

    return views


def drafted(incident: StoredIncident) -> Response:
    """The stored draft with what people wrote, or a fresh one by the template that is asked for."""
    if incident.draft is None:
        abort(404, "the draft is not there yet")
    template = request.args.get("template")
    text = incident.draft if template is None else _fresh(incident, template)
    form = request.args.get("format", "markdown")
    if form not in FORMATS:
        abort(400, f"format: expected one of {', '.join(FORMATS)}")
    try:
        made = in_format(text, form, _pictures(incident))
    except FormatUnavailable as error:
        abort(501, str(error))
    answer = Response(made, content_type=FORMATS[form])
    if form == "html":
        answer.headers["Content-Security-Policy"] = PAGE_POLICY
    if form == "markdown" and template is None:
        answer.headers["ETag"] = etag_of(incident.draft)
    if form == "docx":
        name = f"{incident.id}{SUFFIXES[form]}"
        answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _fresh(incident: StoredIncident, template: str) -> str:
    if template not in TEMPLATES:
        abort(400, f"template: expected one of {', '.join(TEMPLATES)}")
    if incident.record is None and incident.draft and template == "default":
        return incident.draft  # all that there is of what an earlier version closed
    facts = _facts(incident)
    return render(facts, template, charts=(chart_name(facts),))


def _facts(incident: StoredIncident) -> Incident:
    if incident.record is None:
        abort(404, "an earlier version closed it, without its facts")
    return decode(incident.record)


def _pictures(incident: StoredIncident) -> Pictures:
    facts = None if incident.record is None else decode(incident.record)
    return Pictures((facts,) if facts else (), incident.chart)


def charted(incident: StoredIncident, ending: str) -> Response:
    """The incident's chart in one of `CHARTS`, for the theme that is asked for."""
    theme = request.args.get("theme", "light")
    if theme not in ("light", "dark"):
        abort(400, "theme: expected light or dark")
    picture = _pictures(incident).chart(incident.id, ending, theme)
    if picture is None:
        abort(404, "no metrics, so no chart")
    return Response(picture, content_type=CHARTS[ending])


def find(store: Store, identity: str) -> StoredIncident:
    """The incident, or a 404. One that was merged is returned as it is, and says into which."""
    with store.read() as connection:
        incident = incidents.get(connection, identity)
    if incident is None:
        abort(404, "no such incident")
    return incident
