"""Which template a draft is made by: one of the package's own, or a file of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from outage_window.errors import InputError
from reports.draft import TEMPLATES, BadTemplate, render
from reports.facts import Incident


def named(given: str) -> tuple[str, str | None]:
    """The template's name, and its text where it is a file of the user's."""
    if given in TEMPLATES:
        return given, None
    path = Path(given)
    try:
        return path.name, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        expected = f"expected {', '.join(TEMPLATES)}, or a file of your own that can be read"
        raise InputError(f"--template {given}", expected) from None


def rendered(
    incidents: Sequence[Incident],
    template: str,
    source: str | None,
    charts: Sequence[str | None] = (),
) -> str:
    """The draft; `InputError` names the line of a user's template that cannot be filled."""
    try:
        return render(incidents, template, source=source, charts=charts)
    except BadTemplate as error:
        raise InputError(error.where, error.expected) from None
