"""One thing that is open in a draft: where it stands, and what to do about it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.escape import plain

CHECKS = {
    "todo": "a blank for people is not filled",
    "contradiction": "something that does not fit has no answer",
    "blame": "words that blame people",
    "number": "a number is not what its footnote says",
    "reference": "a mark, link or footnote leads nowhere",
    "suggestion": "new data wait for a decision",
}
"""Every check, and what it means when it finds something."""

Severity = Literal["error", "warning"]
LONGEST = 120
"""Characters of the draft that a finding repeats."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is open: `message` says what to do, `text` is what the draft has there.

    A warning wants judgement, an error wants work; both are open.
    """

    check: str
    line: int
    column: int
    severity: Severity
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding before its line is known: `at` counts characters from the beginning."""

    at: int
    check: str
    message: str
    text: str
    severity: Severity = "error"


def placed(starts: Sequence[int], found: Iterable[Found]) -> tuple[Finding, ...]:
    """The findings in the order of the draft, each once; `starts` are where its lines begin."""
    order = {check: number for number, check in enumerate(CHECKS)}
    unique = sorted(dict.fromkeys(found), key=lambda one: (one.at, order[one.check]))
    return tuple(_placed(starts, one) for one in unique)


def short(text: str) -> str:
    """The text on one line, without what cannot be seen, and no longer than a reader wants."""
    cut = text[: 2 * LONGEST]
    harmless = cut.isascii() and cut.isprintable()
    # What came from outside must not steer a terminal.
    cut = " ".join(cut.split()) if harmless else plain(cut)
    return cut if len(cut) <= LONGEST else cut[: LONGEST - 1].rstrip() + "…"


def _placed(starts: Sequence[int], one: Found) -> Finding:
    line = bisect_right(starts, one.at)
    column = one.at - starts[line - 1] + 1
    return Finding(one.check, line, column, one.severity, one.message, short(one.text))
