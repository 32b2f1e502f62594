"""Sessions of browsers: a signed cookie that tells who signed in, for as long as that holds."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from sqlalchemy.exc import SQLAlchemyError

from outage_window.clock import Clock
from outage_window.store import Store, StoreFailed, signed_out

IDLE = 12 * 3600.0
"""Seconds without a request after which a session is over."""
LONGEST = 7 * 86400.0
"""Seconds after which it is over however often it was used."""
RENEWED = 600.0
"""Seconds after which the cookie is sent again with the time of its last use."""
HELD, SEEN, CSRF = "held", "seen", "csrf_token"
NS = 1e9


class Unsure(Exception):
    """The store does not tell, or does not take, which sessions were ended."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a session says of who signed in. `proof` is a keyed hash of what they did it with."""

    id: str
    name: str
    proof: str
    since: float


class Cookies(SecureCookieSessionInterface):
    """The cookie: over TLS it is bound to this host, and two servers on one host have two.

    SameSite is Lax: a link in a chat or a ticket would bring no Strict cookie along, and the page
    that it opens would then put an empty one in its place. What is more than reading asks for the
    token of a page, and for the page's origin.
    """

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, key: bytes, address: str | None) -> None:
        self._name = f"outage-window-{hashlib.blake2b(b'name', key=key, digest_size=4).hexdigest()}"
        found = urlsplit(address or "")
        self._secure = found.netloc if found.scheme == "https" else None
        """Who comes by this name speaks TLS, to a proxy before us if not to us."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; of none nothing is asked, since programs have none."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_name(self, app: Flask) -> str:
        """Its name: the prefix makes browsers refuse one that another host has set."""
        return f"__Host-{self._name}" if self.get_cookie_secure(app) else self._name

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser speaks TLS."""
        return request.is_secure or request.host == self._secure


def sign_cookies(app: Flask, key: bytes, address: str | None) -> None:
    """Let the app have sessions, signed under the key."""
    app.secret_key = key
    app.session_interface = Cookies(key, address)
    app.config.update(
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=IDLE),
    )


class Sessions:
    """Begins, checks and ends the session of the request at hand."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, name: str, secret: str) -> None:
        """Somebody signed in: nothing of what the session held before remains."""
        session.clear()
        g.pop(CSRF, None)
        now = self._now()
        session[HELD] = asdict(Held(secrets.token_hex(16), name, self._proof(name, secret), now))
        session[SEEN] = now

    def holder(self, secret_of: Callable[[str], str | None]) -> str | None:
        """The name of who signed in; None: nobody, or it holds no more. May raise `Unsure`.

        `secret_of` tells what that name would sign in with now. What a page without anybody would
        have in its session, too, remains.
        """
        if HELD not in session:
            return None
        held = _held(session[HELD])
        if held is not None and self._holds(held, secret_of(held.name)):
            return held.name
        del session[HELD]
        return None

    def renew(self) -> None:
        """Note that the session is in use, so that it goes on."""
        if session and self._now() - _seconds(session.get(SEEN)) >= RENEWED:
            session[SEEN] = self._now()

    def end(self) -> None:
        """Empty the session, and take no copy of it any more. May raise `Unsure`."""
        held, now = _held(session.get(HELD)), self._now()
        session.clear()
        if held is None:
            return
        until = held.since + LONGEST
        try:
            self._store.write(lambda c: signed_out.note(c, held.id, until, now))
        except (StoreFailed, SQLAlchemyError) as error:
            raise Unsure from error

    def _holds(self, held: Held, secret: str | None) -> bool:
        now, seen = self._now(), _seconds(session.get(SEEN))
        if secret is None or now >= seen + IDLE or now >= held.since + LONGEST:
            return False
        if not hmac.compare_digest(held.proof, self._proof(held.name, secret)):
            return False
        try:
            with self._store.read() as connection:
                return not signed_out.noted(connection, held.id)
        except SQLAlchemyError as error:
            raise Unsure from error

    def _proof(self, name: str, secret: str) -> str:
        """What only those can make who have the key, so that a cookie tells nothing of a hash."""
        whole = f"{name}\0{secret}".encode()
        key = self._store.session_key
        return hashlib.blake2b(whole, key=key, person=b"proof", digest_size=16).hexdigest()

    def _now(self) -> float:
        return self._clock() / NS


def _held(value: Any) -> Held | None:
    """What is held, if this version wrote it."""
    try:
        held = Held(**value)
    except TypeError:
        return None
    texts = all(isinstance(one, str) for one in (held.id, held.name, held.proof))
    return held if texts and isinstance(held.since, int | float) else None


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
