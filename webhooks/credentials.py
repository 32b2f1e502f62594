"""Who may post: a bearer token, compared as bytes and in constant time."""

from __future__ import annotations

import hmac

from werkzeug.datastructures import Headers


def authorised(headers: Headers, token: str | None) -> bool:
    """True when the one Authorization header bears the token, or when none is asked for.

    Two headers (which a server joins with a comma) match no token. Bytes outside ASCII arrive as
    Latin-1 text, so they are compared as the bytes that came.
    """
    if token is None:
        return True
    given = headers.get("Authorization", "")
    scheme, _, credentials = given.partition(" ")
    sent = credentials.strip().encode("latin-1", "replace")
    return hmac.compare_digest(sent, token.encode()) and scheme.lower() == "bearer"
