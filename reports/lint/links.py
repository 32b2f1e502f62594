"""Where links and images of a draft point to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from reports.lint.reading import Reading

_TOKEN = re.compile(r"\\.|!?\[|\]\(?", re.S)
# In angle brackets nearly anything, else no blanks, and brackets only in pairs; then perhaps a
# title. With other words in it, it is text and no link.
_TARGET = re.compile(
    r"\s{0,9}(?:<([^<>\n]*)>|((?!<)(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*\))*))"
    r"(?=\s{0,9}\)|\s{1,9}[\"'(])"
)
_DEFINED = re.compile(
    r"^ {0,3}\[(?!\^)[^\[\]\n]{1,200}\]:[ \t]*(?:<([^<>\n]*)>|([^\s<]\S*))[ \t]*(?:[\"'(][^\n]*)?$",
    re.M,
)
_TAG = re.compile(
    r"<(?:img|a)\s[^<>]*?\b(?:src|href)\s{0,9}=\s{0,9}(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.I
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/|\\|#|\?")
"""With a scheme, from the root of a site, or inside the page: no file beside the draft."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link or image: where it stands, and the file that it names."""

    start: int
    end: int
    file: str


def links(seen: Reading) -> Iterator[Link]:
    """Every link to a file that should lie beside the draft, or below or above it."""
    for start, end, target in _targets(seen):
        file = unescape(_ESCAPED.sub(r"\1", target))
        if file and _ELSEWHERE.match(file) is None:
            yield Link(start, end, unquote(re.split("[#?]", file, maxsplit=1)[0]))


def _targets(seen: Reading) -> Iterator[tuple[int, int, str]]:
    for start, end in seen.chunks:
        if seen.shown.find("](", start, end) >= 0:
            yield from _inline(seen.shown, start, end)
    for pattern in (_DEFINED, _TAG):
        for match in pattern.finditer(seen.shown):
            yield match.start(), match.end(), match[1] or match[2] or ""


def _inline(shown: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Links and images written in place: their brackets are counted, escaped ones are none."""
    opened: list[int] = []
    at = start
    while (token := _TOKEN.search(shown, at, end)) is not None:
        at = token.end()
        if token[0] in ("[", "!["):
            opened.append(token.start())
        elif token[0][0] == "]" and opened:
            begin = opened.pop()
            target = _TARGET.match(shown, at, end) if token[0] == "](" else None
            if target is not None:
                at = target.end()
                yield begin, at + 1, target[1] or target[2] or ""
