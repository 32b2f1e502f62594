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
_NAMES = {name: re.compile(rf"{name}(?<![\w-]{name})(?![\w-])") for name in BRIEF}
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
    lines = {bisect_right(draft.starts, one.at) for one in todos}
    heads = {item.start(1) for item in items}
    names = {item[1] for item in items}
    answered = {name for name in names if _is_answered(name, draft, seen, lines, heads)}
    for item in items:
        if item[1] not in answered:
            at = item.start(1) - 1
            says = f"{QUESTIONS[item[1]]} Answer in a line that begins with “{item[1]}:”"
            yield Found(at, CHECK, says, draft.text[at : at + 400].partition("\n")[0])


def _is_answered(name: str, draft: Layout, seen: Reading, todos: set[int], heads: set[int]) -> bool:
    """Whether the name stands in people's text, other than in a blank, in a comment or at the head
    of the thing itself, and words follow it."""
    for piece in draft.pieces:
        if not piece.people or (piece.block is not None and piece.block.suggestion):
            continue
        for match in _NAMES[name].finditer(seen.unfenced, piece.start, piece.end):
            at = match.start()
            line = bisect_right(draft.starts, at)
            hidden = seen.shown[at] != seen.plain[at]
            if at in heads or line in todos or hidden:
                continue
            if _says_something(seen.unfenced, draft.starts[line - 1], match.end()):
                return True
    return False


def _says_something(text: str, line: int, at: int) -> bool:
    """Whether words follow the name: in its line, or below it in the same item or section."""
    if _REST.match(text, at) is not None:
        return True
    below = _BELOW.match(text, at)
    if below is None:
        return False
    indent = len(text[line:at]) - len(text[line:at].lstrip())
    return below[2] is None or len(below[1]) > indent
