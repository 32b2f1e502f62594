"""What a request tells of the browser that sent it, and where a browser may be sent on to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from flask import Response, current_app, request

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")
"""Printable ASCII without the backslash, which browsers take for a slash."""
LONGEST_PATH = 2000


def navigates() -> bool:
    """Whether a person waits for a page, rather than a script or program for an answer."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    accepted = request.accept_mimetypes
    return accepted["text/html"] > accepted["application/json"]


def sends_for_a_page() -> bool:
    """Whether a browser sent it: they tell so with whatever may change something."""
    return "Origin" in request.headers or "Sec-Fetch-Site" in request.headers


def may_prompt() -> bool:
    """Whether the answer may ask for a password: to a script the browser would ask in its stead."""
    name = current_app.session_interface.get_cookie_name(current_app)
    script = "Sec-Fetch-Mode" in request.headers or "X-CSRFToken" in request.headers
    return navigates() or not (script or name in request.cookies)


def way_in() -> str:
    """The address of the form for signing in, from which it goes back to where the request went."""
    if request.method not in ("GET", "HEAD"):
        return SIGN_IN
    query = request.query_string.decode("latin-1")
    asked = quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    there = local(asked)
    return SIGN_IN if there == "/" else f"{SIGN_IN}?{urlencode({'next': there})}"


def sent_on(path: str) -> Response:
    """The answer that sends a browser on to a path of this server."""
    return Response(status=303, headers={"Location": path})


def local(path: str | None) -> str:
    """The path, if it is one of this server, and no way to another in disguise; else the first."""
    if path is None or len(path) > LONGEST_PATH or not _LOCAL.fullmatch(path):
        return "/"
    return "/" if path.startswith((SIGN_IN, SIGN_OUT)) else path
