"""Drafts and charts of a batch analysis: a draft a window, brought up to date where it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from outage_window.drafts.files import Draft, write_drafts
from outage_window.drafts.templates import rendered
from outage_window.errors import InputError
from outage_window.new_files import refuse_others, write_new
from reports.facts import Incident


def write_reports(
    incidents: Sequence[Incident],
    folder: str | None,
    chart: str | None,
    template: tuple[str, str | None],
    say: Callable[[str], None],
) -> None:
    """Write the drafts into a folder and the charts to a file, each where it was asked for.

    `say` is told what was written. `InputError` where a file is there that is not ours.
    """
    if not incidents:
        say("no window was found, so there is nothing to draft or to draw")
    written = []
    pictures = [] if chart is None else _charts(incidents, Path(chart))
    refuse_others(pictures)
    if folder is not None:
        written += write_drafts(_drafts(incidents, Path(folder), template))
    write_new(pictures)
    for path in (*written, *(path for path, _ in pictures)):
        say(f"wrote {path}")


def picture(path: Path) -> Literal["svg", "png"]:
    """The kind of picture that a file name asks for."""
    kinds: dict[str, Literal["svg", "png"]] = {".svg": "svg", ".png": "png"}
    if path.suffix.lower() not in kinds:
        raise InputError("--chart", f"expected a file name ending in .svg or .png, not {path.name}")
    return kinds[path.suffix.lower()]


def _named(incidents: Sequence[Incident]) -> Iterator[tuple[str, Incident]]:
    """A file name each: the id, numbered where services differ only in what no file name holds."""
    taken: dict[str, int] = {}
    for incident in incidents:
        taken[incident.id] = taken.get(incident.id, 0) + 1
        again = taken[incident.id]
        yield incident.id if again == 1 else f"{incident.id}-{again}", incident


def _drafts(
    incidents: Sequence[Incident], folder: Path, template: tuple[str, str | None]
) -> list[Draft]:
    """One Markdown file a window, its chart beside it."""
    from reports.chart import render

    found = []
    for name, incident in _named(incidents):
        chart = f"{name}.svg"
        text = rendered((incident,), *template, charts=(chart,))
        found.append(Draft(folder / f"{name}.md", text, ((folder / chart, render(incident)),)))
    return found


def _charts(incidents: Sequence[Incident], path: Path) -> list[tuple[Path, bytes]]:
    """One window: the file as named; several: the id of each goes into the name."""
    from reports.chart import render

    kind = picture(path)
    files = []
    for name, incident in _named(incidents):
        named = path if len(incidents) == 1 else path.with_stem(f"{path.stem}-{name}")
        files.append((named, render(incident, kind)))
    return files
