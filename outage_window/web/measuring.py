"""Counts and times every request by its route, and logs it at debug level."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from outage_window.live.meters import Meters

log = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
UNMATCHED = "unmatched"


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
                "path": request.path,
                "status": response.status_code,
                "seconds": round(seconds, 6),
            },
        )
        return response
