"""The app factory: the receiver's doors, the API, pages and metrics, on one store."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from outage_window import clock as clocks
from outage_window.clock import Clock
from outage_window.live.assigning import Assigner
from outage_window.live.correcting import Corrector
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.settings.senders import credentials
from outage_window.store import Store
from outage_window.web.api import api
from outage_window.web.keepers import keepers
from outage_window.web.operation import operation
from outage_window.web.pages import pages
from webhooks.doors.receiver import receiver

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""What a page may do, unless its view says otherwise."""


def create_app(
    store: Store,
    settings: Settings,
    status: Status | None = None,
    clock: Clock = clocks.system,
    config_file: str | None = None,
) -> Flask:
    """A WSGI application on an open store. `status` is the one that the loop reports to.

    `config_file` is the path of the settings that drafts name in their command; None names none.
    """
    status = status or Status(clock())
    app = Flask(__name__)
    corrector = Corrector(store, settings, config_file)
    keep = keepers(store, Assigner(settings).service, corrector, status, clock)
    app.register_blueprint(receiver(keep, credentials(settings.senders, settings.web.token)))
    app.register_blueprint(api(store, status))
    app.register_blueprint(operation(store, settings, status))
    app.register_blueprint(pages(store, settings, status, clock))
    app.after_request(_harden)
    app.register_error_handler(Exception, _failed)
    return app


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


def _failed(error: Exception) -> Response:
    """One JSON line for whatever went wrong; what is our fault goes to the log, not to the wire."""
    if isinstance(error, HTTPException):
        answer = jsonify(error=error.description, field=request.path)
        answer.status_code = error.code or 500
        return answer
    log.error("internal error at %s %s", request.method, request.path, exc_info=error)
    answer = jsonify(error="internal error, see the log", field=request.path)
    answer.status_code = 500
    return answer
