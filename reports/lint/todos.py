"""Blanks that are still open: one finding a line, or a cell of a table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from reports.lint.finding import Found, short
from reports.lint.layout import Layout, Piece
from reports.lint.reading import Reading

CHECK = "todo"

_OURS = re.compile(r"TODO\(owner\?\):")
# `TODO(owner?)` without its colon is how a draft speaks of its blanks; any other name in the
# brackets is a person's or team's, and open.
_OPEN = re.compile(r"(?<!\w)TODO(?:\([^()\n]{1,80}\)\??:|\??:|\((?!owner\?\))[^()\n]{1,80}\))")
# Alone in its line or cell it has no more to say, and is open without a colon.
_ALONE = re.compile(r"TODO(?:\(owner\?\))?\??[*_]{0,3}[ \t]*(?=\||$)", re.M)
_BEFORE = re.compile(
    r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?[*_]{0,3}|.*(?<!\\)\|[ \t*_]*"
)
_NEAR = 40
"""Characters before a lonely TODO that can be a list's mark and a box to tick."""
_MARK = re.compile(r"TODO(?:\([^()\n]*\))?\??:?[ \t*_]*")
_ROW = re.compile(r"[ \t>]*\|")


def todos(draft: Layout, seen: Reading) -> list[Found]:
    """Every open blank. In what the program wrote only its own mark of a blank is one: a template
    may ask inside a block, but labels may hold any word. A suggestion repeats its block."""
    found: list[Found] = []
    for piece in draft.pieces:
        if piece.block is None or not piece.block.suggestion:
            found += _in_piece(draft, seen.plain, piece)
    return found


def _in_piece(draft: Layout, plain: str, piece: Piece) -> Iterator[Found]:
    number, row, start, end = -1, False, 0, 0
    at = plain.find("TODO", piece.start, piece.end)
    while at >= 0:
        line = bisect_right(draft.starts, at) - 1
        if line != number:
            number, start = line, draft.starts[line]
            end = draft.starts[line + 1] - 1 if line + 1 < len(draft.starts) else len(plain)
            row = _ROW.match(plain, start, end) is not None
        behind = at + 4
        if _is_open(plain, start, at) if piece.people else _OURS.match(plain, at):
            behind = _cell_end(plain, at, end)
            text = plain[at : behind if row else end].rstrip()
            yield Found(at, CHECK, _message(text), text)
        at = plain.find("TODO", behind, piece.end)


def _is_open(plain: str, line: int, at: int) -> bool:
    if _OPEN.match(plain, at) is not None:
        return True
    before = plain[max(line, at - _NEAR) : at]
    return _ALONE.match(plain, at) is not None and _BEFORE.fullmatch(before) is not None


def _cell_end(plain: str, begin: int, line_end: int) -> int:
    """Where the cell of a table ends that holds this place; else the end of the line."""
    at = plain.find("|", begin, line_end)
    while at > 0 and plain[at - 1] == "\\":
        at = plain.find("|", at + 1, line_end)
    return line_end if at < 0 else at


def _message(text: str) -> str:
    question = short(_MARK.sub("", text[:400], count=1))
    return f"put the answer here: {question}" if question else "fill this blank"
