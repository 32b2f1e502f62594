"""Where the blocks of a draft stand: as `reports.blocks` reads them, but with their places."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from reports.blocks import Block, Manifest, is_mark, parse

DRAFT = "draft"
"""The kind of the mark that is the manifest, beside `begin` and `end`."""

_MARK = re.compile(
    r"<!--\s*(?:(begin|end)\s+([a-z][a-z0-9_]*(?:\.suggestion)?)(?![\w.])|outage-window\s+draft\s)"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a draft: the content of a block (its begin mark stands at `mark`), or people's
    text, in which there may be marks that are none."""

    start: int
    end: int
    block: Block | None = None
    mark: int = 0

    @property
    def people(self) -> bool:
        """Whether people wrote it, or changed it."""
        return self.block is None or self.block.edited


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that is a mark, or was one before somebody changed it: then it is not `whole`."""

    line: int
    at: int
    text: str
    kind: str
    id: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A draft (its lines end in `\\n`) in pieces; `strays` are the marks that mark nothing, and
    `starts` is where each line begins."""

    text: str
    starts: Sequence[int]
    pieces: tuple[Piece, ...]
    strays: tuple[Mark, ...]
    manifest: Manifest | None

    @property
    def blocks(self) -> Iterator[tuple[Piece, Block]]:
        """The pieces that are blocks."""
        return ((one, one.block) for one in self.pieces if one.block is not None)

    def block(self, identity: str) -> Piece | None:
        """The content of the block of this id."""
        return next((piece for piece, block in self.blocks if block.id == identity), None)


def layout(text: str) -> Layout:
    """The pieces of a draft, in which nothing but the lines of its marks is missing."""
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    marks = _marks(lines, starts)
    cutting = _Cutting(lines, starts, [mark for mark in marks if mark.whole])
    cutting.cut()
    altered = [mark for mark in marks if not mark.whole]
    strays = sorted((*cutting.strays, *_outside(altered, cutting.pieces)), key=lambda m: m.at)
    return Layout(text, line_starts(text), tuple(cutting.pieces), tuple(strays), cutting.manifest)


def line_starts(text: str) -> list[int]:
    """Where each line begins."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def _marks(lines: Sequence[str], starts: Sequence[int]) -> list[Mark]:
    found = []
    for number, line in enumerate(lines):
        if "<!--" not in line:
            continue
        bare = line.strip()
        match = _MARK.match(bare)
        if match is not None:
            kind, identity = match[1] or DRAFT, match[2] or ""
            at = starts[number] + line.index("<")
            found.append(Mark(number, at, bare, kind, identity, is_mark(line)))
    return found


def _outside(marks: Sequence[Mark], pieces: Sequence[Piece]) -> Iterator[Mark]:
    """The marks that stand in no block: inside one they are part of what it says."""
    starts = [piece.start for piece in pieces]
    for mark in marks:
        if pieces[bisect_right(starts, mark.at) - 1].block is None:
            yield mark


@dataclass(slots=True)
class _Cutting:
    """Goes from mark to mark. Which text is a block is for `reports.blocks.parse` to say, which is
    asked about one block at a time: a whole draft of 100,000 lines takes it long."""

    lines: Sequence[str]
    starts: Sequence[int]
    marks: Sequence[Mark]
    pieces: list[Piece] = field(default_factory=list)
    strays: list[Mark] = field(default_factory=list)
    manifest: Manifest | None = None
    taken: set[str] = field(default_factory=set)
    people: int = 0

    def cut(self) -> None:
        at = 0
        while at < len(self.marks):
            mark = self.marks[at]
            after = self.marks[at + 1] if at + 1 < len(self.marks) else None
            at += 1
            if mark.kind == DRAFT and self._is_manifest(mark):
                self._people_until(mark.line, mark.line + 1)
            elif after is not None and self._is_block(mark, after):
                at += 1
                self._block(mark, after)
            else:
                self.strays.append(mark)
        self._people_until(len(self.lines), len(self.lines))

    def _is_manifest(self, mark: Mark) -> bool:
        found = None if self.manifest else parse(self.lines[mark.line])[0]
        if not isinstance(found, Manifest):
            return False
        self.manifest = found
        return True

    def _is_block(self, mark: Mark, after: Mark) -> bool:
        first = mark.kind == "begin" and mark.id not in self.taken
        return first and (after.kind, after.id) == ("end", mark.id)

    def _block(self, mark: Mark, end: Mark) -> None:
        [block] = parse("".join(self.lines[mark.line : end.line + 1]))
        assert isinstance(block, Block)
        self.taken.add(mark.id)
        self._people_until(mark.line, end.line + 1)
        inside = self.starts[mark.line + 1], self.starts[end.line]
        self.pieces.append(Piece(*inside, block, mark.at))

    def _people_until(self, line: int, after: int) -> None:
        """What stands before a line is people's; the next of theirs begins after another."""
        if self.people < self.starts[line]:
            self.pieces.append(Piece(self.people, self.starts[line]))
        self.people = self.starts[after]
