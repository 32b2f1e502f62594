"""What does not fit in the facts, and whether people have said anything to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from reports.asked import BRIEF, QUESTIONS
from reports.lint.finding import Found
from reports.lint.layout import Layout
from reports.lint.reading import Reading

CHECK = "contradiction"
BLOCK = "odd"

_ITEM = re.compile(r"^[ \t]*[-+*][ \t]+`([a-z][a-z-]*)`", re.M)
_NAME = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(BRIEF, key=len, reverse=True))})(?![\w-])")
_REST = re.compile(r"[^\n]*?\w")
_BELOW = re.compile(
    r"[^\n]*\s*?\n([ \t]*)(?![ \t]|#|<!--|\||(?:[-+*][ \t]+)?TODO)([-+*][ \t]+)?[^\n]*?\w"
)


def unanswered(draft: Layout, seen: Reading, todos: Sequence[Found]) -> Iterator[Found]:
    """The contradictions whose name no answer has: a line of people's that is no open blank."""
    piece = draft.block(BLOCK)
    if piece is None:
        return
    items = [m for m in _ITEM.finditer(draft.text, piece.start, piece.end) if m[1] in BRIEF]
    answered = _answered(draft, seen, todos, {item.start(1) for item in items}) if items else set()
    for item in items:
        if item[1] not in answered:
            at = item.start(1) - 1
            says = f"{QUESTIONS[item[1]]} Answer in a line that begins with “{item[1]}:”"
            yield Found(at, CHECK, says, draft.text[at : at + 400].partition("\n")[0])


def _answered(draft: Layout, seen: Reading, todos: Sequence[Found], own: set[int]) -> set[str]:
    """The names that stand in people's text, other than at the head of the thing itself."""
    starts = draft.starts
    asked = {bisect_right(starts, one.at) for one in todos}
    found = set()
    for piece in draft.pieces:
        if not piece.people or (piece.block is not None and piece.block.suggestion):
            continue
        for name in _NAME.finditer(seen.unfenced, piece.start, piece.end):
            line = bisect_right(starts, name.start())
            if name.start() in own or line in asked:
                continue
            if _says_something(seen.unfenced, starts[line - 1], name.end()):
                found.add(name[0])
    return found


def _says_something(text: str, line: int, at: int) -> bool:
    """Whether words follow the name: in its line, or below it in the same item or section."""
    if _REST.match(text, at) is not None:
        return True
    below = _BELOW.match(text, at)
    if below is None:
        return False
    indent = len(text[line:at]) - len(text[line:at].lstrip())
    return below[2] is None or len(below[1]) > indent
