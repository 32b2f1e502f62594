"""The one place where data become Markdown: whatever came from outside is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 300
"""Characters of one label, summary or note that a draft shows; the store keeps the whole."""

REPLACED = "�"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_ALWAYS = re.compile(r"([\\`*\[\]<|~$]|&(?=#?\w+;))")
# Inside a word an underscore is plain text, and names of metrics and jobs are full of them.
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_BLOCK_START = re.compile(r"^([#=>]|[+-](?=[\s-]|$))")
_NUMBERED_START = re.compile(r"^(\d+)([.)])(?=\s|$)")
# GitHub makes links of bare addresses; an address in a label is text until somebody trusts it.
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")


class Markdown(str):
    """Text that is Markdown already: made by this package, with all data in it escaped."""

    __slots__ = ()


def plain(value: str) -> str:
    """One line of visible text: no ANSI sequence, control, bidi or zero-width character is left.

    Line ends and runs of blanks become one blank; what cannot be seen becomes U+FFFD, so that a
    reader notices it was there.
    """
    text = _ANSI.sub("", value)
    text = "".join(" " if c.isspace() else _visible(c) for c in text)
    return " ".join(text.split())


def label(value: str) -> str:
    """`plain(value)`, cut to 300 characters with an ellipsis."""
    text = plain(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def markdown(value: str) -> Markdown:
    """The value as inline Markdown that shows `plain(value)` and has no other effect.

    It is safe in a paragraph, a list item, a heading and a cell of a GitHub table, at the start of
    a line too.
    """
    text = _ALWAYS.sub(r"\\\1", plain(value))
    text = _LOOSE_UNDERSCORE.sub(r"\\_", text)
    text = _BARE_LINK.sub(r"\1\\\2", text)
    text = _BLOCK_START.sub(r"\\\1", text)
    return Markdown(_NUMBERED_START.sub(r"\1\\\2", text))


def fenced(value: str) -> Markdown:
    """The value as a fenced code block of one line; the fence is longer than any run inside."""
    text = plain(value)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}text\n{text}\n{fence}")


def _visible(character: str) -> str:
    hidden = character in _BLANK_LETTERS or unicodedata.category(character) in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    )
    return REPLACED if hidden else character
