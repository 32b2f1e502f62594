"""The app factory: the receiver's doors, the API, pages and metrics, on one store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from outage_window import clock as clocks
from outage_window.clock import Clock
from outage_window.live.assigning import Assigner
from outage_window.live.correcting import Corrector
from outage_window.live.news import News
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.settings.senders import credentials
from outage_window.settings.web_config import WebConfig
from outage_window.store import Store
from outage_window.web.announced import announced
from outage_window.web.api import api
from outage_window.web.guard import Login, guard, refuse_foreign_pages
from outage_window.web.keepers import keepers
from outage_window.web.measuring import measure
from outage_window.web.operation import operation
from outage_window.web.pages import pages
from outage_window.web.stream import stream
from webhooks.doors.receiver import receiver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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
    web: Callable[[], WebConfig] | None = None,
    news: News | None = None,
) -> Flask:
    """A WSGI application on an open store. `status` is the one that the loop reports to.

    `config_file` is the path of the settings that drafts name in their command; None names none.
    `web` gives the web configuration in force, `news` tells pages that are open what changed.
    """
    status = status or Status(clock())
    app = Flask(__name__, static_folder=None)
    measure(app, status.meters)
    _never_redirect(app)
    corrector = Corrector(store, settings, config_file)
    assigner = Assigner(settings)
    keep = keepers(store, assigner.service, corrector, status, clock, settings)
    keys = credentials(settings.senders, settings.web.token)
    app.after_request(_harden)
    if web is not None:
        login = Login(web)
        keys = replace(keys, login=login)
        guard(app, web, login)
    refuse_foreign_pages(app, settings.web.url)
    app.register_blueprint(receiver(keep, keys))
    app.register_blueprint(api(store, status))
    app.register_blueprint(announced(store, settings, clock))
    app.register_blueprint(operation(store, settings, status))
    app.register_blueprint(pages(store, settings, status, clock))
    app.register_blueprint(stream(news or News(store, status)))
    app.register_error_handler(Exception, _failed)
    return app


def _never_redirect(app: Flask) -> None:
    """A redirect would turn a sender's POST into a GET: a path with a slash too many is no path."""
    app.url_map.merge_slashes = False
    inner = app.wsgi_app

    def rooted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # from GET http://HOST, say
        return inner(environ, start_response)

    app.wsgi_app = rooted  # type: ignore[method-assign]


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


def _failed(error: Exception) -> Response:
    """One JSON line for whatever went wrong; what is our fault goes to the log, not to the wire."""
    if isinstance(error, HTTPException):
        answer = jsonify(error=_said(error), field=request.path)
        answer.status_code = error.code or 500
        if isinstance(error, MethodNotAllowed):
            answer.allow.update(error.valid_methods or ())
        return answer
    where = {"method": request.method, "path": request.path}
    log.error("internal error", exc_info=error, extra=where)
    answer = jsonify(error="internal error, see the log", field=request.path)
    answer.status_code = 500
    return answer


def _said(error: HTTPException) -> str | None:
    """What a view said; the framework's own words are for people who typed an address."""
    if isinstance(error, MethodNotAllowed):
        return f"expected {' or '.join(sorted(error.valid_methods or ()))}"
    return "nothing is here" if error.description == NotFound.description else error.description
