"""Counts and times every request by its route, and logs it at debug level."""

from __future__ import annotations

import logging
import time

from flask import Flask, Request, Response, g, request

from outage_window.live.meters import Meters

log = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
UNMATCHED = "unmatched"
NOT_SHOWN = "token"
"""The part of a path that is for those alone who were given it."""


def measure(app: Flask, meters: Meters) -> None:
    """Note each request of the app: by the route that took it, never by the path that came."""

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        seconds = time.perf_counter() - g.began
        route = request.url_rule
        handler = UNMATCHED if route is None else route.rule
        method = request.method if request.method in METHODS else OTHER
        meters.requests.labels(handler, method, str(response.status_code)).inc()
        meters.answers.labels(handler).observe(seconds)
        # Without the query: what somebody puts there by mistake may be a secret.
        log.debug(
            "request",
            extra={
                "method": request.method,
                "path": path_of(request),
                "status": response.status_code,
                "seconds": round(seconds, 6),
            },
        )
        return response


def path_of(asked: Request) -> str:
    """The path of a request as a log may have it: that of its route, where it holds a secret."""
    if asked.url_rule is not None and NOT_SHOWN in (asked.view_args or {}):
        return asked.url_rule.rule
    return asked.path
