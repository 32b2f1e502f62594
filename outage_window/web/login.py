"""Who is logged in: by a password that comes with the request, or by a session begun with one."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Collection

from flask import g
from werkzeug.datastructures import Headers

from outage_window.settings.web_config import WebConfig
from outage_window.web.passwords import Passwords
from outage_window.web.sessions import Sessions

NAMELESS = ""
"""Who signed in by the token for all, where there are no users."""


class Login:
    """The users of the web configuration in force; without any, who has the token for all.

    `readers` are the users who may read, and change nothing.
    """

    def __init__(
        self,
        config: Callable[[], WebConfig],
        sessions: Sessions,
        token: str | None = None,
        readers: Collection[str] = (),
    ) -> None:
        self._config = config
        self._sessions = sessions
        self._token = token
        self._readers = frozenset(readers)
        self._passwords = Passwords()

    def needed(self) -> bool:
        """Whether there are users, so that everybody must be one."""
        return bool(self._config().basic_auth_users)

    def possible(self) -> bool:
        """Whether there is anything to sign in with."""
        return self.needed() or self._token is not None

    def by_session(self) -> str | None:
        """The name of who signed in, empty without one; None: nobody. May raise `Unsure`."""
        if "by_session" not in g:
            g.by_session = self._sessions.holder(self._secret)
        found: str | None = g.by_session
        return found

    def user(self, headers: Headers) -> str | None:
        """The name of who signed in, or of the user whose password came; None: nobody's.

        May raise `Guessing`.
        """
        name = self.by_session()
        if name is not None:
            return name
        given = _given(headers.get("Authorization", ""))
        if given is None or not self.needed():
            return None
        return self._passwords.right(self._config().hashes(), *given)

    def may_change(self, user: str) -> bool:
        """Whether the user may do everything, and not only read."""
        return user not in self._readers

    def sign_in(self, name: str, password: str) -> str | None:
        """Begin a session, and tell whose; None: the password is nobody's. May raise `Guessing`."""
        hashes = self._config().hashes()
        if hashes:
            found = self._passwords.right(hashes, name.encode(), password.encode())
        else:
            found = NAMELESS if self._is_token(password.strip()) else None
        secret = None if found is None else self._secret(found)
        if found is None or secret is None:
            return None
        self._sessions.begin(found, secret)
        return found

    def _is_token(self, given: str) -> bool:
        right = self._token
        return right is not None and hmac.compare_digest(given.encode(), right.encode())

    def _secret(self, name: str) -> str | None:
        """What the name signs in with: when it is another, sessions that began with it are over."""
        hashes = self._config().hashes()
        if hashes:
            return hashes.get(name)
        return self._token if name == NAMELESS else None


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
