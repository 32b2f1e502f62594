"""The one place where data become Markdown: whatever came from outside is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

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

_NOTE = "\ue000\ue001"
_NOTED = re.compile("\ue000([a-z0-9_]+)\ue001")


class Markdown(Markup):
    """Text that is Markdown already: made by this package, with all data in it escaped.

    It is of the class that the template engine takes for escaped text, whatever the language.
    """

    __slots__ = ()


def plain(value: str) -> str:
    """One line of visible text: no ANSI sequence, control, bidi or zero-width character is left.

    Line ends and runs of blanks become one blank; what cannot be seen becomes U+FFFD, so that a
    reader notices it was there.
    """
    return " ".join(_visible_text(value).split())


def _visible_text(value: str) -> str:
    """As `plain`, with every blank kept: for a piece of a sentence."""
    if value.isascii() and value.isprintable():
        return value  # nearly all are, and an incident of a flood has thousands
    text = _ANSI.sub("", value)
    return "".join(" " if c.isspace() else _visible(c) for c in text)


def label(value: str) -> str:
    """`plain(value)`, cut to 300 characters with an ellipsis."""
    text = plain(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def note(identity: str) -> str:
    """Put behind a number in a sentence: it becomes the mark of the footnote of that id.

    The characters around the id cannot come from outside: `plain` lets none of them through.
    """
    return f"{_NOTE[0]}{identity}{_NOTE[1]}"


def noted(text: str) -> list[str]:
    """The ids of the footnotes that a sentence of ours has marks of."""
    return _NOTED.findall(text)


def renumbered(text: str, ending: str) -> str:
    """A sentence of ours with this at the end of the id of each footnote."""
    return _NOTED.sub(lambda found: note(found[1] + ending), text)


def bare(text: str) -> str:
    """A sentence of ours without the marks of its footnotes."""
    return _NOTED.sub("", text)


def markdown(value: str) -> Markdown:
    """The value as inline Markdown that shows `plain(value)` and has no other effect.

    It is safe in a paragraph, a list item, a heading and a cell of a GitHub table, at the start of
    a line too. Only what `note` made becomes the mark of a footnote.
    """
    parts = _NOTED.split(value)
    words = [_inline(_visible_text(part)) for part in parts[::2]]
    marks = [f"[^{identity}]" for identity in parts[1::2]]
    joined = "".join(word + mark for word, mark in zip(words, [*marks, ""], strict=True))
    return Markdown(_at_start(" ".join(joined.split())))


def _inline(text: str) -> str:
    text = _ALWAYS.sub(r"\\\1", text)
    text = _LOOSE_UNDERSCORE.sub(r"\\_", text)
    return _BARE_LINK.sub(r"\1\\\2", text)


def _at_start(text: str) -> str:
    text = _BLOCK_START.sub(r"\\\1", text)
    return _NUMBERED_START.sub(r"\1\\\2", text)


def fenced(value: str) -> Markdown:
    """The value as a fenced code block of one line; the fence is longer than any run inside.

    It stands on a line of its own, where it must not look like a mark of a block.
    """
    text = plain(value)
    text = f"<! --{text[4:]}" if text.startswith("<!--") else text
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}text\n{text}\n{fence}")


def code(value: str) -> Markdown:
    """The value as an inline code span, whose fence is longer than any run of backticks inside."""
    text = plain(value)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if longest or text != text.strip() else ""
    return Markdown(f"{fence}{blank}{text}{blank}{fence}" if text else "")


def _visible(character: str) -> str:
    hidden = character in _BLANK_LETTERS or unicodedata.category(character) in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    )
    return REPLACED if hidden else character
