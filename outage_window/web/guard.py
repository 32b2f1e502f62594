"""What is asked of every request before any view sees it: who, from which page, how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from outage_window.settings.web_config import RateLimit, WebConfig
from outage_window.web.browsers import may_prompt, navigates, sends_for_a_page, sent_on, way_in
from outage_window.web.login import Login
from outage_window.web.passwords import Guessing
from outage_window.web.sessions import Sessions, Unsure
from outage_window.web.viewer import Viewer
from webhooks.credentials import Credentials
from webhooks.doors.door import READS_ONLY

SAFE = ("GET", "HEAD", "OPTIONS")
RECEIVER = "receiver"
"""The blueprint whose doors ask for themselves who posts: they know tokens and signatures too."""
SIGNING, ENTER = "sign_in", "sign_in._enter"
"""The blueprint of those who are not in yet; its form looks at its token itself."""
OPERATION = "operation"
"""The blueprint of what programs ask for: nobody there is sent to a form."""


@dataclass(frozen=True, slots=True)
class Guard:
    """All that tells whether a request may go on. `address` is how people reach this server."""

    config: Callable[[], WebConfig]
    keys: Credentials
    login: Login
    sessions: Sessions
    csrf: CSRFProtect
    address: str | None

    def ask(self) -> Response | None:
        """What stands against the request at hand, if anything; else note who the viewer is."""
        if request.method not in SAFE and not _own_page(self.address):
            return told(403, "expected a request of a program, or of a page of this server")
        name = self.login.by_session()
        self.sessions.renew()
        self._ask_for_token(name)
        g.viewer = self._viewer(name)
        door = request.blueprint == RECEIVER and request.method != "OPTIONS"
        if door or request.blueprint == SIGNING or _is_static():
            return None
        if name is None:
            name = self.login.user(request.headers)
            g.viewer = self._viewer(name)
        if name is None and self.login.needed():
            return _unknown()
        return self._refused(name)

    def _ask_for_token(self, name: str | None) -> None:
        """A browser sends its cookie, and reaches this machine, whichever page makes it: only those
        who read a page of ours have its token. Raises `CSRFError`."""
        if request.method in SAFE or request.endpoint == ENTER:
            return
        if name is not None or (not self.keys.needed and sends_for_a_page()):
            self.csrf.protect()

    def _refused(self, name: str | None) -> Response | None:
        """What is no door, and changes something, is for those who may."""
        if request.method in SAFE or g.viewer.may_change:
            return None
        if name is not None:
            return told(403, READS_ONLY)
        # What is not there is told of as everywhere.
        return None if request.url_rule is None else told(401, "expected somebody who signed in")

    def _viewer(self, name: str | None) -> Viewer:
        if name is None:
            return Viewer(None, not self.keys.needed, False, self.login.possible())
        by_session = self.login.by_session() is not None
        return Viewer(name or None, self.login.may_change(name), by_session, False)


def watch(app: Flask, guard: Guard) -> None:
    """Ask of every request what is to be asked, and add the configured headers to every answer."""
    bucket = Bucket(time.monotonic)

    @app.before_request
    def _ask() -> Response | None:
        g.web_config = found = guard.config()
        if not bucket.allows(found.rate_limit):
            # Never 429: Alertmanager would not send again before its next group interval.
            return told(503, "too many requests, send it again")
        return guard.ask()

    @app.errorhandler(Guessing)
    def _guessing(_: Guessing) -> Response:
        return told(503, "too many passwords are checked now, send it again")

    @app.errorhandler(Unsure)
    def _unsure(_: Unsure) -> Response:
        return told(503, "cannot look up sessions now, send it again")

    @app.errorhandler(CSRFError)
    def _without_token(_: CSRFError) -> Response:
        return told(403, "expected the token of a page of this server: load the page again")

    @app.after_request
    def _headers(answer: Response) -> Response:
        if "web_config" in g:
            for name, value in g.web_config.http_server_config.headers.items():
                answer.headers[name] = value
        return answer


def csrf_of(app: Flask) -> CSRFProtect:
    """The tokens of pages, which are good for as long as the session; asked for by the guard."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # The origin is looked at instead, which browsers tell whatever they are told of referrers.
        WTF_CSRF_SSL_STRICT=False,
    )
    return CSRFProtect(app)


def _own_page(address: str | None) -> bool:
    """No page of another site may make a browser post here: it would be as the user in front of it.

    Programs send neither of the two headers.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    origin = request.headers.get("Origin")
    own = None if address is None else urlsplit(address).netloc
    return origin is None or urlsplit(origin).netloc in (request.host, own)


def _is_static() -> bool:
    """Whether a file that is the same for everybody is asked for: the form needs its style."""
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _unknown() -> Response:
    """Nobody known asks for what only those may have who are."""
    if navigates() and request.blueprint != OPERATION:
        return sent_on(way_in())
    answer = told(401, "expected a user of the web configuration and the password")
    if may_prompt():
        answer.headers["WWW-Authenticate"] = 'Basic realm="Outage Window", charset="UTF-8"'
    return answer


class Bucket:
    """A bucket that holds a number of requests, and gains one each interval."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left = 0.0
        self._at: float | None = None

    def allows(self, limit: RateLimit) -> bool:
        """Whether one more request may come now; if so, it is taken out."""
        if not limit.interval:
            return True
        with self._lock:
            now = self._clock()
            gained = limit.burst if self._at is None else (now - self._at) / limit.interval
            self._left = min(float(limit.burst), self._left + gained)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


def told(status: int, error: str) -> Response:
    """An answer that says what is wrong with the request."""
    answer = jsonify(error=error, field=request.path)
    answer.status_code = status
    return answer
