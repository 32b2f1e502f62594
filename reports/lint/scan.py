"""The lines of a draft, one by one: which are code, which are quoted, which make a paragraph."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from reports.lint.layout import Piece

Span = tuple[int, int]

FENCE = "this code fence is never closed, so all below it is shown as code: close it, or delete it"
COMMENT = "this comment is never closed, so nothing below it is shown: close it with -->"

_MARKERS = r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*"
_FENCE = re.compile(_MARKERS + r"(`{3,}(?=[^`]*$)|~{3,})")
_COMMENT = re.compile(r"[ \t>]*<!--")
_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_QUOTE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*>")
_NOTE = re.compile(r"[ \t>]*\[\^[^\]\s]*\]:")
# A heading, a row of a table, a line across: no paragraph goes on behind it, or in it.
_ALONE = re.compile(r"[ \t>]*(?:#|\||(?:[-=*_][ \t]*){3,}$)")
_INDENTED = re.compile(r" {4}| {0,3}\t")


@dataclass(slots=True)
class Seen:
    """What the lines of all pieces are. `soft` are the line ends inside paragraphs."""

    text: str
    code: list[Span] = field(default_factory=list)
    comments: list[Span] = field(default_factory=list)
    quotes: list[Span] = field(default_factory=list)
    chunks: list[Span] = field(default_factory=list)
    soft: list[Span] = field(default_factory=list)
    unclosed: list[tuple[int, str]] = field(default_factory=list)


def scan(seen: Seen, piece: Piece) -> None:
    """Add what the lines of a piece are. A fence or comment ends with its piece at the latest: what
    is never closed hides nothing here, so that no blank goes by unseen."""
    _Scan(seen, piece).run()


@dataclass(slots=True)
class _Scan:
    seen: Seen
    piece: Piece
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    closing: dict[str, _Closing] = field(default_factory=dict)
    at: int = 0
    comments_end: bool = True
    paragraph: int | None = None
    quoted: bool = False
    in_list: bool = False
    after_blank: bool = True

    def run(self) -> None:
        start = self.piece.start
        for line in self.seen.text[start : self.piece.end].split("\n"):
            self.starts.append(start)
            self.ends.append(start + len(line))
            start += len(line) + 1
        self.comments_end = "<!--" in self.seen.text[self.piece.start : self.piece.end]
        while self.at < len(self.starts):
            self._line()
            self.at += 1
        self._close()

    def _line(self) -> None:
        if self.comments_end:
            self._comment()
        line = self.seen.text[self.starts[self.at] : self.ends[self.at]]
        if not line.strip(" \t>"):
            self._close()
            self.after_blank = True
        elif ("```" in line or "~~~" in line) and (fence := _FENCE.match(line)) is not None:
            self._close()
            self._fence(fence[1])
            self.after_blank = True
        elif self.after_blank and not self.in_list and _INDENTED.match(line):
            self._close()
            self.seen.code.append((self.starts[self.at], self.ends[self.at]))
        else:
            self._say(line)
            self.after_blank = False

    def _comment(self) -> None:
        """Put comments at the beginning of the line behind us, however long they are."""
        text, end = self.seen.text, self.piece.end
        while _COMMENT.match(text, self.starts[self.at], self.ends[self.at]):
            begin = text.index("<!--", self.starts[self.at])
            close = text.find("-->", begin + 4, end)
            if close < 0:
                self.comments_end = False
                self.seen.unclosed.append((begin, COMMENT))
                return
            self._close()
            self.seen.comments.append((begin, close + 3))
            self.at = bisect_right(self.starts, close) - 1
            self.starts[self.at] = close + 3

    def _fence(self, fence: str) -> None:
        if fence[0] not in self.closing:
            self.closing[fence[0]] = _closing(self, fence[0])
        last = self.closing[fence[0]].after(self.at, len(fence))
        if last is None:
            self.seen.unclosed.append((self.starts[self.at], FENCE))
        else:
            self.seen.code.append((self.starts[self.at], self.ends[last]))
            self.at = last

    def _say(self, line: str) -> None:
        """Add a line to its paragraph, or begin another with it."""
        alone = item = quote = False
        if not line[0].isalpha():
            alone = _ALONE.match(line) is not None
            item = not alone and (_ITEM.match(line) or _NOTE.match(line)) is not None
            quote = _QUOTE.match(line) is not None
        self._leave_list(line, item)
        if self.paragraph is not None and not (alone or item or (quote and not self.quoted)):
            # A line without `>` goes on a quotation, unless it begins something of its own.
            self.seen.soft.append((self.ends[self.at - 1], self.ends[self.at - 1] + 1))
            return
        self._close()
        self.paragraph, self.quoted = self.starts[self.at], quote
        if alone:
            self._close(self.at + 1)

    def _leave_list(self, line: str, item: bool) -> None:
        if item:
            self.in_list = True
        elif self.after_blank and line[:2].strip(" \t"):
            self.in_list = False

    def _close(self, at: int | None = None) -> None:
        """End the paragraph with the line before this one."""
        if self.paragraph is None:
            return
        span = self.paragraph, self.ends[(self.at if at is None else at) - 1]
        self.paragraph = None
        self.seen.chunks.append(span)
        if self.quoted:
            self.seen.quotes.append(span)


@dataclass(frozen=True, slots=True)
class _Closing:
    """The lines that can close a fence of one kind: each with its length, and the most from there
    on, so that a fence that nothing closes is known at once."""

    lines: list[int]
    lengths: list[int]
    most: list[int]

    def after(self, line: int, length: int) -> int | None:
        """The next line that closes a fence of this length."""
        number = bisect_left(self.lines, line + 1)
        if number == len(self.lines) or self.most[number] < length:
            return None
        while self.lengths[number] < length:
            number += 1
        return self.lines[number]


def _closing(scan: _Scan, kind: str) -> _Closing:
    lines, lengths = [], []
    for number in range(scan.at, len(scan.starts)):
        bare = scan.seen.text[scan.starts[number] : scan.ends[number]].strip(" \t>")
        if bare.startswith(3 * kind) and not bare.strip(kind):
            lines.append(number)
            lengths.append(len(bare))
    most = lengths[:]
    for number in range(len(most) - 2, -1, -1):
        most[number] = max(most[number], most[number + 1])
    return _Closing(lines, lengths, most)
