"""What is still open in a draft before it is signed: text in, findings out."""

from __future__ import annotations

from collections.abc import Callable

from reports.lint.answers import unanswered
from reports.lint.blame import blaming
from reports.lint.finding import CHECKS, Finding, placed
from reports.lint.layout import layout
from reports.lint.marks import broken
from reports.lint.numbers import wrong_numbers
from reports.lint.reading import read
from reports.lint.references import dangling
from reports.lint.suggestions import suggested
from reports.lint.todos import todos

__all__ = ["CHECKS", "Finding", "count_todos", "lint"]


def lint(text: str, exists: Callable[[str], bool] | None = None) -> tuple[Finding, ...]:
    """Everything that is open in a draft, in the order of its lines.

    `exists` says of a path, relative to the draft, whether there is such a file; without it no link
    is followed. Nothing else is looked at but the text. Lines and columns count from 1, in
    characters; which line ends the text has makes no difference, nor does a byte order mark.
    """
    draft = layout(_plain(text))
    seen = read(draft)
    open_todos = todos(draft, seen)
    found = [
        *open_todos,
        *unanswered(draft, seen, open_todos),
        *blaming(draft, seen),
        *wrong_numbers(draft, seen),
        *broken(draft),
        *dangling(draft, seen, exists),
        *suggested(draft),
    ]
    return placed(draft.starts, found)


def count_todos(text: str) -> int:
    """How many blanks are open in a draft: the findings of the check `todo`, without the others."""
    draft = layout(_plain(text))
    return len(todos(draft, read(draft)))


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
