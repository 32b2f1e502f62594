"""What is asked of every request before any view sees it: who, from which page, how often."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, request
from werkzeug.datastructures import Headers

from outage_window.settings.web_config import RateLimit, WebConfig
from outage_window.web.passwords import Guessing, Passwords

SAFE = ("GET", "HEAD", "OPTIONS")
RECEIVER = "receiver"
"""The blueprint whose doors ask for themselves who posts: they know tokens and signatures too."""


class Login:
    """Who is logged in, as the web configuration in force knows users."""

    def __init__(self, config: Callable[[], WebConfig]) -> None:
        self._config = config
        self._passwords = Passwords()

    def needed(self) -> bool:
        """Whether there are users, so that everybody must be one."""
        return bool(self._config().basic_auth_users)

    def user(self, headers: Headers) -> str | None:
        """The name of the user whose password came; None: nobody's. May raise `Guessing`."""
        given = _given(headers.get("Authorization", ""))
        if given is None:
            return None
        return self._passwords.right(self._config().hashes(), *given)


def guard(app: Flask, config: Callable[[], WebConfig], login: Login) -> None:
    """Let only those in whom the web configuration lets in, and add its headers to every answer."""
    bucket = Bucket(time.monotonic)

    @app.before_request
    def _ask() -> Response | None:
        g.web_config = found = config()
        if not bucket.allows(found.rate_limit):
            # Never 429: Alertmanager would not send again before its next group interval.
            return _told(503, "too many requests, send it again")
        if request.blueprint == RECEIVER and request.method != "OPTIONS":
            return None
        if login.needed() and login.user(request.headers) is None:
            answer = _told(401, "expected a user of the web configuration and the password")
            answer.headers["WWW-Authenticate"] = 'Basic realm="Outage Window", charset="UTF-8"'
            return answer
        return None

    @app.errorhandler(Guessing)
    def _guessing(_: Guessing) -> Response:
        return _told(503, "too many passwords are checked now, send it again")

    @app.after_request
    def _headers(answer: Response) -> Response:
        if "web_config" in g:
            for name, value in g.web_config.http_server_config.headers.items():
                answer.headers[name] = value
        return answer


def refuse_foreign_pages(app: Flask, address: str | None) -> None:
    """No page of another site may make a browser post here: it would be as the user in front of it.

    Programs send neither of the two headers. `address` is how people reach this server.
    """
    own = None if address is None else urlsplit(address).netloc

    @app.before_request
    def _ask() -> Response | None:
        if request.method in SAFE or _own_page(own):
            return None
        return _told(403, "expected a request of a program, or of a page of this server")


def _own_page(own: str | None) -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc in (request.host, own)


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


def _given(authorization: str) -> tuple[bytes, bytes] | None:
    """User and password of a Basic header."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        given = base64.b64decode(credentials.strip().encode("latin-1", "replace"), validate=True)
    except binascii.Error:
        return None
    user, colon, password = given.partition(b":")
    return (user, password) if colon else None


def _told(status: int, error: str) -> Response:
    answer = jsonify(error=error, field=request.path)
    answer.status_code = status
    return answer
