"""The app factory: the receiver's doors, the API, pages and metrics, on one store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, make_response, render_template, request
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
from outage_window.web.assets import assets
from outage_window.web.beside import Beside
from outage_window.web.browsers import navigates
from outage_window.web.closer import closer
from outage_window.web.guard import Guard, csrf_of, watch
from outage_window.web.keepers import keepers
from outage_window.web.login import Login
from outage_window.web.measuring import measure, path_of
from outage_window.web.operation import operation
from outage_window.web.pages import pages
from outage_window.web.sessions import Sessions, sign_cookies
from outage_window.web.sign_in import sign_in
from outage_window.web.stream import stream
from outage_window.web.viewer import show_viewer
from webhooks.credentials import Credentials
from webhooks.doors.receiver import receiver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may do, unless its view says otherwise."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not less: a form that is sent without any referrer has no origin either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
DEFAULTS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",  # who asks decides what is answered
}
"""Headers of every answer whose view does not say otherwise."""


def create_app(
    store: Store,
    settings: Settings,
    status: Status | None = None,
    clock: Clock = clocks.system,
    config_file: str | None = None,
    web: Callable[[], WebConfig] | None = None,
    beside: Beside | None = None,
) -> Flask:
    """A WSGI application on an open store. `status` is the one that the loop reports to.

    `config_file` is the path of the settings that drafts name in their command; None names none.
    `web` gives the web configuration in force, `beside` is what else the process does.
    """
    status = status or Status(clock())
    beside = beside or Beside(News(store, status))
    app = Flask(__name__, static_folder=None)
    measure(app, status.meters)
    _never_redirect(app)
    corrector = Corrector(store, settings, config_file)
    assigner = Assigner(settings)
    keep = keepers(store, assigner.service, corrector, status, clock, settings)
    app.after_request(_harden)
    keys = _guarded(app, store, settings, status, clock, web)
    app.register_blueprint(receiver(keep, keys))
    app.register_blueprint(api(store, status))
    app.register_blueprint(closer(store, settings, beside.holding, clock))
    app.register_blueprint(announced(store, settings, clock))
    app.register_blueprint(operation(store, settings, status))
    app.register_blueprint(assets())
    app.register_blueprint(pages(store, settings, status, clock, beside))
    app.register_blueprint(stream(beside.news))
    app.register_error_handler(Exception, _failed)
    return app


def _guarded(
    app: Flask,
    store: Store,
    settings: Settings,
    status: Status,
    clock: Clock,
    web: Callable[[], WebConfig] | None,
) -> Credentials:
    """Ask every request who sends it, let browsers sign in, and tell the doors who posts."""
    nobody = WebConfig()
    config = web or (lambda: nobody)
    sign_cookies(app, store.session_key, settings.web.url)
    csrf = csrf_of(app)
    keys = credentials(settings.senders, settings.web.token)
    sessions = Sessions(store, clock)
    login = Login(config, sessions, keys.token, settings.web.readers)
    keys = replace(keys, login=login)
    watch(app, Guard(config, keys, login, sessions, csrf, settings.web.url))
    show_viewer(app)
    app.register_blueprint(sign_in(login, sessions, csrf, status))
    return keys


def _never_redirect(app: Flask) -> None:
    """A redirect would turn a sender's POST into a GET: a path with a slash too many is no path."""
    app.url_map.merge_slashes = False
    inner = app.wsgi_app

    def rooted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # from GET http://HOST, say
        return inner(environ, start_response)

    app.wsgi_app = rooted  # type: ignore[method-assign]


def _harden(response: Response) -> Response:
    response.headers.update(HEADERS)
    for name, value in DEFAULTS.items():
        response.headers.setdefault(name, value)
    return response


def _failed(error: Exception) -> Response:
    """One JSON line for whatever went wrong, a page for whoever waits for one; what is our fault
    goes to the log, not to the wire."""
    if isinstance(error, HTTPException):
        answer = _told(error.code or 500, _said(error))
        if isinstance(error, MethodNotAllowed):
            answer.allow.update(error.valid_methods or ())
        return answer
    where = {"method": request.method, "path": path_of(request)}
    log.error("internal error", exc_info=error, extra=where)
    return _told(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error, see the log")


def _told(code: int, said: str | None) -> Response:
    if navigates() and not request.path.startswith(("/api/", "/-/")):
        return make_response(render_template("error.html", code=code, said=said), code)
    answer = jsonify(error=said, field=request.path)
    answer.status_code = code
    return answer


def _said(error: HTTPException) -> str | None:
    """What a view said; the framework's own words are for people who typed an address."""
    if isinstance(error, MethodNotAllowed):
        return f"expected {' or '.join(sorted(error.valid_methods or ()))}"
    return "nothing is here" if error.description == NotFound.description else error.description
