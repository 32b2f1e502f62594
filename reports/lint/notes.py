"""Footnotes: where each is defined, and the marks in the text that name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reports.lint.layout import Layout, Piece
from reports.lint.reading import Reading

_NAMED = re.compile(r"\[\^([\w-]{1,100})\](:?)")
_RANGE = re.compile(r"\w-\w")


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote where it is `defined`, or a mark that names it; `id` in small letters."""

    id: str
    at: int
    defined: bool
    piece: Piece

    @property
    def suggested(self) -> bool:
        """Whether it stands in a suggestion, so beside the one that counts."""
        return self.piece.block is not None and self.piece.block.suggestion


def notes(draft: Layout, seen: Reading) -> Iterator[Note]:
    """Every footnote and every mark, in the order of the draft. `[^a-z]` is none: patterns write so
    what shall not match."""
    for piece in draft.pieces:
        for match in _NAMED.finditer(seen.shown, piece.start, piece.end):
            at = match.start()
            before = seen.shown[max(piece.start, at - 4) : at].rpartition("\n")[2]
            if before.endswith("\\"):
                continue
            defined = match[2] == ":" and not before.strip(" ") and len(before) < 4
            if defined or not _RANGE.fullmatch(match[1]):
                yield Note(match[1].lower(), at, defined, piece)
