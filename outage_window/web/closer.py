"""An incident looked at closer: its intervals at any zoom, and its numbers between other edges."""

from __future__ import annotations

from dataclasses import fields

import msgspec
from flask import Blueprint, Response, abort, request

from outage_window.clock import Clock
from outage_window.document.remeasured import remeasured_document
from outage_window.kept import StoredIncident
from outage_window.live.held import Holding
from outage_window.live.intervals import Intervals, Stretch
from outage_window.live.remeasuring import Remeasurer
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web.api import find
from reports.envelope import COLUMNS
from reports.facts import Curve, Incident
from reports.record import decode
from webhooks.model import Refused
from webhooks.times import parse_time

NS = 1e9
FEWEST, MOST = 10, 4000


class Closer:
    """Answers what requests ask of one incident, as the address says; `Refused` where it cannot.

    `holding` has the services' data; what is stored of the incident serves where it has not.
    """

    def __init__(self, store: Store, settings: Settings, holding: Holding, clock: Clock) -> None:
        self._clock = clock
        self._intervals = Intervals(store, holding)
        self._remeasurer = Remeasurer(settings, holding, self._intervals)

    def series(self, stored: StoredIncident) -> Response:
        """The intervals of a stretch, in columns."""
        edges, columns = (_time("from"), _time("to")), _columns()
        if edges[0] is not None and edges[1] is not None and edges[0] >= edges[1]:
            raise Refused("to", "expected a time after from")
        start, end = (None if edge is None else edge / NS for edge in edges)
        found = self._intervals.stretch(stored, facts_of(stored), (start, end), columns)
        if found is None:
            abort(404, "no metrics, so no series")
        return _json(_drawn(found))

    def measure(self, stored: StoredIncident) -> Response:
        """The incident's numbers between other edges."""
        edges = _time("start"), _time("end")
        found = self._remeasurer.measure(stored, facts_of(stored), edges, self._clock())
        return _json(remeasured_document(found))


def closer(store: Store, settings: Settings, holding: Holding, clock: Clock) -> Blueprint:
    """`/api/v1/incidents/ID/series` and `/measure`; `holding` is what this process derives."""
    views = Blueprint("closer", __name__, url_prefix="/api/v1/incidents")
    looking = Closer(store, settings, holding, clock)
    views.register_error_handler(Refused, refused)

    @views.get("/<identity>/series")
    def _series(identity: str) -> Response:
        return looking.series(find(store, identity))

    @views.get("/<identity>/measure")
    def _measure(identity: str) -> Response:
        return looking.measure(find(store, identity))

    return views


def facts_of(stored: StoredIncident) -> Incident:
    """The facts of a stored incident, or a 404."""
    if stored.record is None:
        abort(404, "an earlier version closed it, without its facts")
    return decode(stored.record)


def _time(name: str) -> int | None:
    """A time of the query in nanoseconds; `Refused` where it is none. Empty is not given."""
    text = request.args.get(name)
    return parse_time(text, name) if text else None


def _columns() -> int:
    text = request.args.get("columns") or str(COLUMNS)
    if not (text.isascii() and text.isdigit() and FEWEST <= int(text[:9]) <= MOST):
        raise Refused("columns", f"expected a whole number from {FEWEST} to {MOST}")
    return int(text)


def _drawn(found: Stretch) -> dict[str, object]:
    columns = {field.name: getattr(found.curve, field.name) for field in fields(Curve)}
    return {**columns, "exact": found.exact, "from": found.start, "to": found.end}


def _json(content: dict[str, object]) -> Response:
    return Response(msgspec.json.encode(content), content_type="application/json")


def refused(error: Refused) -> Response:
    """The answer to what cannot be asked for."""
    answer = _json({"error": error.expected, "field": error.field})
    answer.status_code = 400
    return answer
