"""Many keys a batch at a time: a statement takes only so many parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

AT_ONCE = 500

T = TypeVar("T")


def batches(whole: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """The whole in its order, at most `size` at a time; nothing of nothing."""
    for at in range(0, len(whole), size):
        yield whole[at : at + size]
