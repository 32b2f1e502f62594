"""A draft as people read it, beside what is still open in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from reports.lint import lint
from reports.page import fragment

REMEMBERED = 16
"""Drafts that are not rendered again, as long as they are the same."""
MOST = 200
"""Findings that a page lists."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The draft as HTML (escaped by us, so safe as it is), what `lint` finds, and the blanks."""

    html: str
    findings: tuple[dict[str, Any], ...]
    todos: int


@lru_cache(maxsize=REMEMBERED)
def preview(text: str) -> Preview:
    """The draft rendered and checked; pictures are left out, as the page has a better one."""
    found = lint(text)
    todos = sum(one.check == "todo" for one in found)
    return Preview(fragment(text), tuple(asdict(one) for one in found[:MOST]), todos)
