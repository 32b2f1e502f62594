"""Style sheets and scripts of the pages: our own, and uPlot as its package carries it."""

from __future__ import annotations

from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, abort, send_file

OWN = Path(str(files("outage_window.web.pages"))) / "static"
CARRIER = "uplot-python"
BORROWED = {
    "uplot.js": "uplot/static/uPlot.iife.js",
    "uplot.css": "uplot/static/uPlot.min.css",
}
"""Files of the chart library by the names that they have here. The package itself is never
imported: it would bring its notebook with it."""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def assets() -> Blueprint:
    """`/static/NAME`: nothing secret, so nobody is asked who they are.

    A browser asks each time whether its copy is still good, so that no page meets a script of
    another version.
    """
    views = Blueprint("assets", __name__, url_prefix="/static")
    known = {name: _borrowed(path) for name, path in BORROWED.items()}
    known |= {path.name: path for path in OWN.iterdir() if path.suffix in TYPES}

    @views.get("/<name>")
    def static(name: str) -> Response:
        if name not in known:
            abort(404)
        path = known[name]
        answer = send_file(path, TYPES[path.suffix], max_age=0)
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return views


def _borrowed(path: str) -> Path:
    return Path(str(distribution(CARRIER).locate_file(path)))
