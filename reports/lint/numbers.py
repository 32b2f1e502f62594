"""Numbers that people wrote or kept, against the footnotes that their marks name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.lint.finding import Found
from reports.lint.layout import Layout, Piece
from reports.lint.notes import notes
from reports.lint.reading import Reading
from reports.lint.values import Value, agree, alike, ending

CHECK = "number"
BLOCK = "footnotes"
REACH = 100
"""Characters before a mark in which its number stands."""
NEAR, NEAR_SECONDS = 0.1, 1800.0
"""How far off a number may be that is called `about` so much: a tenth, or half an hour."""

_NOTE = re.compile(r"^\[\^([\w-]{1,100})\]: (.*?); (?:measured|estimated|declared); ", re.M)
_INTERVAL = re.compile(r" \((?:95 % interval [^()]*|exact|not known|range without a point)\)$")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN = re.compile(r"\[\^[\w-]*\]|[*`]")
_MORE = re.compile(r"\b(?:over|more than|longer than|at least|above|beyond)$")
_LESS = re.compile(r"\b(?:under|less than|at most|up to|below|nearly|almost)$")
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|some|circa|ca\.|nearly|almost)|[~≈])$"
)


@dataclass(frozen=True, slots=True)
class _Note:
    """What a footnote gives: its value as printed, and its number, or the two ends of its range."""

    value: str
    ends: tuple[Value, ...]


def wrong_numbers(draft: Layout, seen: Reading) -> Iterator[Found]:
    """The numbers before marks that are not what the footnote says.

    What the program wrote and nobody changed is right by itself. Where there is no telling (words
    between the number and its mark, a number of another kind, a time without zone) nothing is said.
    """
    piece = draft.block(BLOCK)
    if piece is None or piece.block is None:
        return
    if piece.block.edited:
        says = (
            "the footnotes were edited, so no number can be checked: take that back, and keep "
            "footnotes of your own outside this block"
        )
        yield Found(piece.mark, CHECK, says, draft.text[piece.mark :].partition("\n")[0])
        return
    given = _given(draft, piece)
    for mark in notes(draft, seen):
        counts = mark.piece.people and not mark.defined and not mark.suggested
        if counts and mark.id in given:
            yield from _checked(draft, seen, mark.piece, mark.at, given[mark.id])


def _given(draft: Layout, piece: Piece) -> Mapping[str, _Note]:
    found = {}
    for match in _NOTE.finditer(draft.text, piece.start, piece.end):
        value = _readable(_INTERVAL.sub("", match[2])).rpartition(": ")[2]
        ends = [one for part in value.split(" to ") for one in ending(part)]
        found[match[1]] = _Note(value, tuple(ends))
    return found


def _checked(draft: Layout, seen: Reading, piece: Piece, mark: int, note: _Note) -> Iterator[Found]:
    begin = max(piece.start, mark - REACH)
    begin = max(begin, seen.prose.rfind("\n", begin, mark) + 1)
    text = _readable(draft.text[begin:mark]).rpartition("|")[2].rstrip(" )\"”'’.,;:!?_")
    numbers = [one for one in ending(text) if any(alike(one, end) for end in note.ends)]
    if not numbers or (text.endswith(note.value) and len(note.value) >= len(text[numbers[0].at :])):
        return
    if any(_fits(one, text[: one.at].rstrip(), note.ends) for one in numbers):
        return
    said = text[numbers[0].at :]
    at = max(draft.text.rfind(said, begin, mark), begin) if said in draft.text[begin:mark] else mark
    yield Found(at, CHECK, f"the footnote says {note.value}: write that, or drop the mark", said)


def _readable(text: str) -> str:
    """The text as it is shown: without escapes, emphasis and marks, its blanks all alike."""
    return " ".join(_HIDDEN.sub("", _ESCAPED.sub(r"\1", text.replace("&nbsp;", " "))).split())


def _fits(said: Value, before: str, ends: Sequence[Value]) -> bool:
    """Whether the number is that of the footnote, or true as far as the word before it goes."""
    given = [end for one in ends if (end := alike(said, one)) is not None]
    if any(agree(said, end) for end in given):
        return True
    before = before.lower()
    if _MORE.search(before) and all(end.value >= said.value for end in given):
        return True
    if _LESS.search(before) and all(end.value <= said.value for end in given):
        return True
    return _ABOUT.search(before) is not None and any(_near(said, end) for end in given)


def _near(said: Value, given: Value) -> bool:
    if said.kind in ("moment", "clock"):
        return abs(said.value - given.value) <= NEAR_SECONDS
    return abs(said.value - given.value) <= NEAR * abs(given.value)
