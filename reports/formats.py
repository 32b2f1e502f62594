"""What the formats that a draft is given out in agree on: its links, pictures, marks, questions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from reports.blocks import is_mark
from reports.escape import REPLACED

QUESTION = "TODO(owner?)"
"""How a draft says that what follows is for people to answer."""

PNG = b"\x89PNG\r\n\x1a\n"

# Controls, halves of surrogate pairs and what Unicode will never assign: no HTML and no XML may
# hold them. Line ends are made one kind before.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NO_TEXT_FAR = {
    plane * 0x10000 + last: REPLACED for plane in range(1, 17) for last in (65534, 65535)
}

# Schemes that a reader expects of a link in a report; "https:x" without slashes would be relative.
_LINK = re.compile(r"(?i)(https?://|mailto:|#)[^\s\x00-\x1f]+")


def whole_text(markdown: str) -> str:
    """The draft with one kind of line end and without characters that no document can hold."""
    text = markdown.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _NO_TEXT.sub(REPLACED, text).translate(_NO_TEXT_FAR)


def may_link(target: str) -> bool:
    """Whether a link to there stays one: to the web, to a mail box, to a place in the draft."""
    return _LINK.fullmatch(target) is not None


def by_target(pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The pictures by what `target_of` says of an image."""
    return {unquote(name): content for name, content in pictures.items()}


def target_of(url: str) -> str:
    """An image's target as a draft says it: readers of Markdown write blanks as %20."""
    return unquote(url)


def mark_in(text: str) -> str | None:
    """The mark of ours that a piece of Markdown is, None where it is something else."""
    bare = text.strip()
    return bare if is_mark(bare) else None


def inside_blocks(marks: Sequence[str | None]) -> list[bool]:
    """For each piece of a draft (its mark, or None for content) whether the program wrote it.

    That is so from the begin of a block to its end, if no other mark stands between.
    """
    inside = [False] * len(marks)
    begin: tuple[int, str] | None = None
    for at, mark in enumerate(marks):
        if mark is None:
            continue
        _, what, identity, *_ = mark.split()
        if what == "end" and begin is not None and begin[1] == identity:
            inside[begin[0] : at] = [True] * (at - begin[0])
        begin = (at, identity) if what == "begin" else None
    return inside


def questions_apart(text: str) -> list[str]:
    """The text in pieces: every second one is a question's `TODO(owner?)`."""
    return re.split(f"({re.escape(QUESTION)})", text)
