"""The upload page: drop an export, and see it as incidents; nothing is stored unless kept."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as Answer

from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.store.board import row_of
from outage_window.uploads.analysing import FILES, Analyser, Asked, TooMuch
from outage_window.uploads.held import Shelf, Upload
from outage_window.web.pages.lines import line
from webhooks.doors.door import LARGE

MOST_FILES = 50
MOST_LISTED = 200
LONGEST = 200
"""Characters of a name."""


def open_views(views: Blueprint, shelf: Shelf, clock: Clock) -> None:
    """`/upload`, and all that was found in one at `/uploads/TOKEN`."""
    analyser = Analyser()

    @views.get("/upload")
    def _upload() -> str:
        return render_template("upload.html", error=None)

    @views.post("/upload")
    def _uploaded() -> Answer | tuple[str, int]:
        request.max_content_length = LARGE
        try:
            with TemporaryDirectory(prefix="outage-window-") as folder:
                made = shelf.put(analyser.run(_asked(Path(folder))))
        except InputError as error:
            return render_template("upload.html", error=str(error)), 400
        except TooMuch as error:
            return render_template("upload.html", error=str(error)), 503
        return redirect(url_for("pages._analysis", token=made.token), 303)

    @views.get("/uploads/<token>")
    def _analysis(token: str) -> str:
        return render_template("analysis.html", **_shown(held(shelf, token), clock()))

    @views.post("/uploads/<token>/forget")
    def _forget(token: str) -> Answer:
        shelf.drop(token)
        return redirect(url_for("pages._upload"), 303)


def held(shelf: Shelf, token: str) -> Upload:
    """The upload of a token, or a 404."""
    found = shelf.get(token)
    if found is None:
        abort(404, "it is not held any more: analyse the files again")
    return found


def _asked(folder: Path) -> Asked:
    """The files of the request, saved under names that are theirs as far as a folder bears."""
    named: dict[str, list[str]] = {}
    for kind in FILES:
        files = [one for one in request.files.getlist(kind) if one.filename]
        if len(files) > MOST_FILES:
            raise InputError(kind, f"expected at most {MOST_FILES} files")
        for file in files:
            name = _free(folder, secure_filename(file.filename or "")[-LONGEST:] or kind)
            file.save(folder / name)
            named.setdefault(kind, []).append(name)
    if not named.get("exports"):
        raise InputError("exports", "expected at least one file of metrics")
    service, slo = (request.form.get(name, "").strip()[:LONGEST] for name in ("service", "slo"))
    return Asked(folder, named, service, slo)


def _free(folder: Path, name: str) -> str:
    """The name, numbered where it is taken; it never begins as an option does."""
    name = name.lstrip("-") or "file"
    stem, dot, ending = name.partition(".")
    number = 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}{dot}{ending}"
    return name


def _shown(upload: Upload, now: int) -> dict[str, object]:
    """What the page of an analysis says."""
    analysis, found = upload.analysis, upload.incidents[:MOST_LISTED]
    rows = [row_of(upload.outline(number)) for number in range(len(found))]
    order = sorted(range(len(rows)), key=lambda number: rows[number].start)
    return {
        "token": upload.token,
        "until": upload.until / 1e9,
        "found": len(upload.incidents),
        "lines": [
            (line(rows[n], now), url_for("pages._found", token=upload.token, number=n))
            for n in order
        ],
        "inputs": analysis.inputs,
        "notes": analysis.notes(),
        "blips": [
            (one.service, blip)
            for one in analysis.assessments
            for blip in (one.detection.blips if one.detection else ())
        ],
        "not_assessed": [
            (one.service, one.not_assessed) for one in analysis.assessments if one.not_assessed
        ],
    }
