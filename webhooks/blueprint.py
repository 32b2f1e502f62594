"""The doors that senders post to: authenticate, bound, parse, hand over to be kept, answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from webhooks import alertmanager, attempts, events, incidents
from webhooks.credentials import authorised
from webhooks.incidents import Change, Declared
from webhooks.model import AlertDelivery, AttemptBatch, Event, Refused

SMALL = 4 * 1024 * 1024
LARGE = 64 * 1024 * 1024


class Unknown(Exception):
    """There is no such incident: the sender is told 404."""


class Conflict(Exception):
    """What is to be changed is not as the sender believes: 412 with its words."""


class Busy(Exception):
    """What came could not be kept now: the sender is told 503, and sends again."""


@dataclass(frozen=True, slots=True)
class Keepers:
    """What the receiver is given to keep what came. Each returns once it is durable, or `Busy`.

    `alerts` takes (raw body, delivery); `quarantine` (raw body, why it was refused).
    """

    alerts: Callable[[bytes, AlertDelivery], None]
    quarantine: Callable[[bytes, Refused], None]
    events: Callable[[tuple[Event, ...]], int]
    attempts: Callable[[bytes, AttemptBatch], int]
    declare: Callable[[Declared], dict[str, object]]
    """What became of it, `id` and `created` among it: one that is known is not made twice."""
    change: Callable[[str, Change, str | None], dict[str, object]]
    """`change(incident, change, the ETag of the draft that was edited)`; `Unknown`, `Conflict`."""
    refused: Callable[[str], None]
    """Told of each request that was turned away: `unauthorised`, `too_large`, `invalid`, `busy`."""


class TooLarge(Exception):
    """The body exceeds the limit of this door."""


def receiver(keep: Keepers, token: str | None) -> Blueprint:
    """The blueprint with the doors of `/api/v1` that take what is pushed."""
    doors = Blueprint("receiver", __name__, url_prefix="/api/v1")

    @doors.before_request
    def _authenticate() -> Response | None:
        if authorised(request.headers, token):
            return None
        keep.refused("unauthorised")
        answer = _problem(401, "expected the bearer token of the settings", "Authorization")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @doors.post("/webhooks/alertmanager")
    def _alertmanager() -> Response:
        body = _body(SMALL)
        try:
            delivery = alertmanager.parse(body)
        except Refused as why:
            # A 4xx would lose the alert and a 5xx be sent again for ever: keep it, and say so.
            keep.quarantine(body, why)
            return _answer(202, {"kept": "quarantine", "error": why.expected, "field": why.field})
        keep.alerts(body, delivery)
        return _answer(200, {"kept": len(delivery.alerts)})

    @doors.post("/events")
    def _events() -> Response:
        return _answer(200, {"kept": keep.events(events.parse(_body(SMALL)))})

    @doors.post("/attempts")
    def _attempts() -> Response:
        body = _body(LARGE)
        return _answer(200, {"kept": keep.attempts(body, attempts.parse(body))})

    _incident_doors(doors, keep)
    _handle_refusals(doors, keep)
    return doors


def _incident_doors(doors: Blueprint, keep: Keepers) -> None:
    @doors.post("/incidents")
    def _declare() -> Response:
        done = keep.declare(incidents.parse_declared(_body(SMALL)))
        return _answer(201 if done["created"] else 200, done)

    @doors.patch("/incidents/<identity>")
    def _change(identity: str) -> Response:
        change = incidents.parse_change(_body(SMALL))
        if change.draft is not None and not request.headers.get("If-Match"):
            return _problem(428, "expected the ETag of the draft that was edited", "If-Match")
        return _answer(200, keep.change(identity, change, request.headers.get("If-Match")))


def _handle_refusals(doors: Blueprint, keep: Keepers) -> None:
    @doors.errorhandler(Refused)
    def _invalid(why: Refused) -> Response:
        keep.refused("invalid")
        return _problem(400, why.expected, why.field)

    @doors.errorhandler(Unknown)
    def _unknown(_: Unknown) -> Response:
        return _problem(404, "no such incident", request.path)

    @doors.errorhandler(Conflict)
    def _conflict(why: Conflict) -> Response:
        return _problem(412, str(why), request.path)

    @doors.errorhandler(TooLarge)
    def _too_large(_: TooLarge) -> Response:
        keep.refused("too_large")
        return _problem(413, "expected a smaller body", "body")

    @doors.errorhandler(Busy)
    def _busy(_: Busy) -> Response:
        # Never 429: Alertmanager would not send again before its next group interval.
        keep.refused("busy")
        return _problem(503, "cannot keep it now, send it again", "store")


def _body(limit: int) -> bytes:
    """The whole body. One byte beyond the limit is asked for, since servers cut without a word."""
    if (request.content_length or 0) > limit:
        raise TooLarge
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    return body


def _problem(status: int, error: str, field: str) -> Response:
    return _answer(status, {"error": error, "field": field})


def _answer(status: int, content: dict[str, object]) -> Response:
    answer = jsonify(content)
    answer.status_code = status
    return answer
