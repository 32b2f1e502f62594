"""Code spans and comments inside a paragraph, found in one pass whatever is in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict

Span = tuple[int, int]

_TOKEN = re.compile(r"\\.|`+|<!--", re.S)


def hidden_inline(text: str, start: int, end: int) -> tuple[list[Span], list[Span]]:
    """The code spans and the comments of a paragraph; what nothing closes is plain text."""
    code: list[Span] = []
    comments: list[Span] = []
    if "`" not in (paragraph := text[start:end]) and "<!--" not in paragraph:
        return code, comments
    runs = _runs(paragraph)
    at, comment_ends = 0, True
    while (token := _TOKEN.search(paragraph, at)) is not None:
        at = token.end()
        if token[0][0] == "`":
            close = _next(runs[len(token[0])], at)
            if close is not None:
                at = close + len(token[0])
                code.append((start + token.start(), start + at))
        elif token[0][0] == "<" and comment_ends:
            found = paragraph.find("-->", at)
            comment_ends = found >= 0
            if comment_ends:
                at = found + 3
                comments.append((start + token.start(), start + at))
    return code, comments


def _runs(paragraph: str) -> dict[int, list[int]]:
    """Where runs of backticks begin, by their length."""
    found: dict[int, list[int]] = defaultdict(list)
    for run in re.finditer("`+", paragraph):
        found[len(run[0])].append(run.start())
    return found


def _next(places: list[int], at: int) -> int | None:
    number = bisect_left(places, at)
    return places[number] if number < len(places) else None
