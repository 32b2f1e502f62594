"""The upload page: drop an export, and see it as incidents; nothing is stored unless kept."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.uploads.analysing import Analyser, Broken, TooMuch
from outage_window.uploads.asked import FILES, ONE, Asked
from outage_window.uploads.held import Shelf, Upload
from outage_window.uploads.naming import cleaned, free
from outage_window.web.pages.lines import line
from webhooks.doors.door import LARGE

log = logging.getLogger(__name__)

MOST_FILES = 50
"""Files of one kind."""
LONGEST = 200
"""Characters of a service's name, and of an objective."""
MOST_BLIPS = 200
TOO_LARGE = f"expected less than {LARGE >> 20} MiB of files; `outage-window analyze` takes more"
FAILED = "the analysis failed, which is no fault of the files; the log of the server says why"


def open_views(views: Blueprint, analyser: Analyser, shelf: Shelf, clock: Clock) -> None:
    """`/upload`, and all that was found in one at `/uploads/TOKEN`."""

    @views.get("/upload")
    def _upload() -> str:
        return _form(None)

    @views.post("/upload")
    def _uploaded() -> Answer | tuple[str, int]:
        request.max_content_length = LARGE
        if (request.content_length or 0) > LARGE:
            return _form(TOO_LARGE), 413
        try:
            with TemporaryDirectory(prefix="outage-window-") as folder:
                found, size = analyser.run(_asked(Path(folder)))
        except InputError as error:
            return _form(str(error)), 400
        except TooMuch as error:
            return _form(str(error)), 503
        except Broken as error:
            log.error("an analysis of uploaded files failed: %s", error)
            return _form(FAILED), 500
        made = shelf.put(found, size, clock())
        return redirect(url_for("pages._analysis", token=made.token), 303)

    @views.get("/uploads/<token>")
    def _analysis(token: str) -> str:
        return render_template("analysis.html", **_shown(held(shelf, token, clock())))

    @views.post("/uploads/<token>/forget")
    def _forget(token: str) -> Answer:
        shelf.drop(token)
        return redirect(url_for("pages._upload"), 303)


def held(shelf: Shelf, token: str, now: int) -> Upload:
    """The upload of a token, or a 404."""
    found = shelf.get(token, now)
    if found is None:
        abort(404, "it is not held any more: analyse the files again")
    return found


def _form(error: str | None) -> str:
    return render_template("upload.html", error=error, most=LARGE)


def _asked(folder: Path) -> Asked:
    """The files of the request, saved under names that are theirs as far as a folder bears."""
    given = {kind: [one for one in request.files.getlist(kind) if one.filename] for kind in FILES}
    for kind, files in given.items():
        most = 1 if kind in ONE else MOST_FILES
        if len(files) > most:
            raise InputError(kind, f"expected at most {most} file{'s' if most > 1 else ''}")
    if not given["exports"]:
        raise InputError("exports", "expected at least one file of metrics")
    named: dict[str, list[str]] = {}
    for kind, files in given.items():
        for file in files:
            name = free(folder, cleaned(file.filename or "", kind))
            file.save(folder / name)
            named.setdefault(kind, []).append(name)
    return Asked(folder, named, _field("service"), _field("slo"))


def _field(name: str) -> str:
    text = request.form.get(name, "").strip()
    if len(text) > LONGEST:
        raise InputError(name, f"expected at most {LONGEST} characters")
    return text


def _shown(upload: Upload) -> dict[str, object]:
    """What the page of an analysis says. What goes on has lasted as long as the data tell."""
    found, analysis = upload.found, upload.found.analysis
    blips = [(one.service, blip) for one in analysis.found for blip in one.blips]
    return {
        "token": upload.token,
        "until": upload.until / 1e9,
        "found": len(found.incidents),
        "lines": [
            (
                line(row, round(incident.as_of * 1e9)),
                url_for("pages._found", token=upload.token, number=number),
            )
            for number, (row, incident) in enumerate(zip(found.rows, found.incidents, strict=False))
        ],
        "inputs": analysis.inputs,
        "notes": analysis.notes(),
        "blips": blips[:MOST_BLIPS],
        "more_blips": len(blips[MOST_BLIPS:]),
        "not_assessed": [
            (one.service, one.not_assessed) for one in analysis.found if one.not_assessed
        ],
    }
