"""The stream of server-sent events by which an open page knows that it is no longer up to date."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from outage_window.live.news import News, Unknown

HEADERS = {
    "Cache-Control": "no-store",
    # nginx would keep back what is told until there is enough of it.
    "X-Accel-Buffering": "no",
}


def stream(news: News) -> Blueprint:
    """`/api/v1/stream`: of the board, or with `incident=ID` of that incident."""
    views = Blueprint("stream", __name__, url_prefix="/api/v1")

    @views.get("/stream")
    def _stream() -> Response:
        if request.method == "HEAD":
            return Response(mimetype="text/event-stream", headers=HEADERS)
        try:
            listener = news.listen(request.args.get("incident") or None)
        except Unknown:
            abort(404, "no such incident")
        if listener is None:
            abort(503, "too many pages listen, or the server stops: come again later")
        # As it is: the server recognises it, and needs no thread to hold it.
        return Response(
            listener, mimetype="text/event-stream", headers=HEADERS, direct_passthrough=True
        )

    return views
