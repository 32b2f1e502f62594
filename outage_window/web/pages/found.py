"""An outage of an upload, looked at as any incident is; it is stored when somebody keeps it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from outage_window.clock import Clock
from outage_window.kept import StoredIncident, described
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.uploads.held import Shelf, Upload
from outage_window.uploads.keeping import NotKept, keep
from outage_window.web.api import charted, drafted
from outage_window.web.closer import Closer, refused
from outage_window.web.pages.incident import looked_at
from outage_window.web.pages.upload import held
from webhooks.model import Refused

Part = Callable[[Upload, StoredIncident], Response]


def open_views(
    views: Blueprint, shelf: Shelf, store: Store, settings: Settings, clock: Clock
) -> None:
    """`/uploads/TOKEN/NUMBER`, and what its scripts ask for below it."""
    views.register_error_handler(Refused, refused)
    parts = _parts(store, settings, clock)

    @views.get("/uploads/<token>/<int:number>")
    def _found(token: str, number: int) -> str:
        incident = _incident(held(shelf, token, clock()), number)
        return render_template(
            "incident.html",
            **looked_at(incident, url_for("pages._found", token=token, number=number)),
            keep=url_for("pages._keep", token=token, number=number),
            back=url_for("pages._analysis", token=token),
        )

    @views.get("/uploads/<token>/<int:number>/<part>")
    def _part(token: str, number: int, part: str) -> Response:
        upload = held(shelf, token, clock())
        if part not in parts:
            abort(404)
        return parts[part](upload, _incident(upload, number))

    @views.post("/uploads/<token>/<int:number>/keep")
    def _keep(token: str, number: int) -> Answer:
        upload = held(shelf, token, clock())
        _known(upload, number)
        try:
            identity = keep(store, upload.found, number, clock(), settings.drafts.dir)
        except NotKept as error:
            abort(409, str(error))
        return redirect(url_for("pages._incident", identity=identity), 303)


def _parts(store: Store, settings: Settings, clock: Clock) -> dict[str, Part]:
    """What of an outage can be had, by the names that the API has for them."""

    def closer(upload: Upload) -> Closer:
        # Nothing that it would remember is asked of it: what is not stored is not unpacked.
        return Closer(store, settings, upload.holding, clock)

    return {
        "draft": lambda _, incident: drafted(incident),
        "chart.svg": lambda _, incident: charted(incident, "svg"),
        "document": lambda _, incident: jsonify(described(incident)),
        "series": lambda upload, incident: closer(upload).series(incident),
        "measure": lambda upload, incident: closer(upload).measure(incident),
    }


def _incident(upload: Upload, number: int) -> StoredIncident:
    """The outage of that number, or a 404."""
    _known(upload, number)
    return upload.stored(number)


def _known(upload: Upload, number: int) -> None:
    if number >= len(upload.found.incidents):
        abort(404, "no such outage in these files")
