"""How wide the columns of a table in Word are: by their text, since Word's own guess is poor."""

from __future__ import annotations

from collections.abc import Sequence

ROOM = 108
"""Characters that fit side by side on a page, at the size of a table's text."""
PADDING = 4
LONGEST_WORD = 26
"""A longer word may be broken."""


def widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """The share of the page's width for each column; less than one in all if the table is small.

    Where not all fits, each column gets its longest word first, then what its longest cell still
    needs; where not even that fits, words are broken at their hyphens.
    """
    columns = list(zip(*rows, strict=False))
    pieces = [_longest(column, broken=True) for column in columns]
    wholes = [_longest(column, broken=False) for column in columns]
    cells = [
        max(whole, PADDING + max(map(len, column)))
        for whole, column in zip(wholes, columns, strict=True)
    ]
    for least, most in ((wholes, cells), (pieces, wholes)):
        if sum(least) <= ROOM:
            return [round(one / ROOM, 4) for one in _between(least, most)]
    return [round(one / sum(pieces), 4) for one in pieces]


def _between(least: Sequence[int], most: Sequence[int]) -> list[float]:
    """Widths that fill the room, each between its two; as wide as they like if all fits."""
    lacking = sum(most) - sum(least)
    share = min(1.0, (ROOM - sum(least)) / lacking) if lacking else 0.0
    return [low + share * (high - low) for low, high in zip(least, most, strict=True)]


def _longest(column: Sequence[str], *, broken: bool) -> int:
    """Room for the longest word of a column, or for the longest piece between hyphens."""
    words = [word for cell in column for word in cell.split()]
    if broken:
        words = [piece + "-" for word in words for piece in word.split("-")]
    return PADDING + min(LONGEST_WORD, max(map(len, words), default=0))
