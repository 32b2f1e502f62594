"""Where the rows of tables lie in order until the rows of a service are gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from outage_window.sources.pieces import Piece, Share


class Key(NamedTuple):
    """Which table: the file's number, the block's number in it, and the table's number in that."""

    file: int
    block: int
    table: int


class Shelf(Protocol):
    """Pieces by their keys."""

    def put(self, key: Key, piece: Piece) -> None:
        """Keep a piece; the same piece may be put again."""

    def shares(self, keys: Sequence[Key], bucket: int) -> list[Share]:
        """What each piece has of a bucket."""


@dataclass(slots=True)
class InMemory:
    """Pieces of little input."""

    pieces: dict[Key, Piece] = field(default_factory=dict)

    def put(self, key: Key, piece: Piece) -> None:
        """See `Shelf`."""
        self.pieces[key] = piece

    def shares(self, keys: Sequence[Key], bucket: int) -> list[Share]:
        """See `Shelf`."""
        return [self.pieces[key].share(bucket) for key in keys]
