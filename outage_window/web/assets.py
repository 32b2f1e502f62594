"""Style sheets and scripts of the pages: our own, and uPlot as its package carries it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, abort, request

OWN = Path(str(files("outage_window.web.pages"))) / "static"
CARRIER = "uplot-python"
BORROWED = {
    "uplot.js": "uplot/static/uPlot.iife.js",
    "uplot.css": "uplot/static/uPlot.min.css",
}
"""Files of the chart library by the names that they have here. The package itself is never
imported: it would bring its notebook with it."""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    kind: str
    etag: str


def assets() -> Blueprint:
    """`/static/NAME`: nothing secret, so nobody is asked who they are.

    A browser asks each time whether its copy is still good, so that no page meets a script of
    another version.
    """
    views = Blueprint("assets", __name__, url_prefix="/static")
    known = {name: _read(_borrowed(path)) for name, path in BORROWED.items()}
    known |= {path.name: _read(path) for path in OWN.iterdir() if path.suffix in TYPES}

    @views.get("/<name>")
    def static(name: str) -> Response:
        if name not in known:
            abort(404)
        asset = known[name]
        answer = Response(asset.content, content_type=f"{asset.kind}; charset=utf-8")
        answer.headers["Cache-Control"] = "no-cache"
        answer.set_etag(asset.etag)
        answer.make_conditional(request)
        return answer

    return views


def _read(path: Path) -> _Asset:
    content = path.read_bytes()
    return _Asset(content, TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:16])


def _borrowed(path: str) -> Path:
    return Path(str(distribution(CARRIER).locate_file(path)))
