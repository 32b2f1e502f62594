"""New data beside a block that people edited: somebody has to choose."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import SUGGESTED
from reports.lint.finding import Found
from reports.lint.layout import Layout

CHECK = "suggestion"


def suggested(draft: Layout) -> Iterator[Found]:
    """Every suggestion that still stands in the draft."""
    for piece, block in draft.blocks:
        if block.suggestion:
            of = block.id.removesuffix(SUGGESTED)
            says = (
                f"new data change block {of}: take over what is right, and delete this suggestion"
            )
            first = next((line for line in block.content.split("\n")[1:] if line.strip()), "")
            yield Found(piece.mark, CHECK, says, first or block.content)
