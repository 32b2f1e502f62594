"""A draft as its readers see it: code, comments and quotations are put out of sight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reports.lint.inline import hidden_inline
from reports.lint.layout import Layout
from reports.lint.scan import Seen, Span, scan

FILLER = "¤"
"""Stands for each character that is out of sight; it is no letter, blank or mark of Markdown."""

_ADDRESSES = (re.compile(r"https?://[^\s<>¤]*"), re.compile(r"\]\([^()\n]*\)"))
# Inside a word an underscore belongs to a name; at its edge it is emphasis.
_EMPHASIS = re.compile(r"_(?:(?<![^\W_]_)(?=[^\W_])|(?<=[^\W_]_)(?![^\W_]))")
_LEVEL = (("*", " "), ("\t", " "), ("\xa0", " "), ("\u2007", " "), ("\u202f", " "), ("’", "'"))


@dataclass(frozen=True, slots=True)
class Reading:
    """The draft four times, each as long as the draft, so that places hold in all of them.

    `unfenced` is without blocks of code, `plain` without any code, `shown` without comments too,
    `prose` also without quotations, addresses and emphasis, and with each paragraph on one line.
    `chunks` are the paragraphs, and `unclosed` the fences and comments that nothing ends, with
    what to say of them.
    """

    unfenced: str
    plain: str
    shown: str
    prose: str
    chunks: tuple[Span, ...]
    unclosed: tuple[tuple[int, str], ...]


def read(draft: Layout) -> Reading:
    """What is in sight of a draft."""
    seen = Seen(draft.text)
    for piece in draft.pieces:
        scan(seen, piece)
    spans: list[Span] = []
    for chunk in seen.chunks:
        code, comments = hidden_inline(draft.text, *chunk)
        spans += code
        seen.comments += comments
    unfenced = filled(draft.text, seen.code)
    plain = filled(unfenced, spans)
    shown = filled(plain, seen.comments)
    prose = _prose(shown, seen)
    return Reading(unfenced, plain, shown, prose, tuple(seen.chunks), tuple(seen.unclosed))


def _prose(shown: str, seen: Seen) -> str:
    text = filled(filled(shown, seen.quotes), seen.soft, " ")
    for character, level in _LEVEL:
        text = text.replace(character, level)  # quicker by far than to translate a long text
    for address in _ADDRESSES:
        text = address.sub(lambda found: FILLER * len(found[0]), text)
    return _EMPHASIS.sub(" ", text)


def filled(text: str, spans: Iterable[Span], filler: str = FILLER) -> str:
    """The text with the filler in place of what the spans hold; line ends stay, unless they are
    what is to be filled with a blank."""
    kept, at = [], 0
    for start, end in sorted(spans):
        if end <= at:
            continue
        start = max(start, at)
        hidden = text[start:end]
        lines = [hidden] if filler == " " else hidden.split("\n")
        kept += [text[at:start], "\n".join(filler * len(line) for line in lines)]
        at = end
    return "".join((*kept, text[at:]))
