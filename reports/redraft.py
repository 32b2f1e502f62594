"""An older draft, as people left it, brought up to new facts: no word of theirs is lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from reports.blocks import (
    SUGGESTED,
    Block,
    Manifest,
    Part,
    blocks,
    fresh,
    manifest,
    parse,
    untouched,
    write,
)

LEAD = "**New data suggest this for the part above, which was edited:**"
"""The first line of a suggestion."""
ALL = "all"


def redraft(old: str, new: str, take: Collection[str] = ()) -> str:
    """The draft `old` with the blocks of `new`, which was rendered from the facts of now.

    - A draft that nobody touched is replaced as a whole.
    - A block that nobody edited gets its new content, wherever it was moved.
    - An edited block stays as it is. A value that people were not shown yet is put after it, as a
      suggestion; one that they deleted is not put there again.
    - A deleted block stays deleted, and text outside blocks is never touched.
    - A block that `new` is the first to have is put after the one that it follows there.

    `take` names edited blocks (or `all`) that shall get their new content all the same. Doing it
    twice is doing it once. Text without a manifest gets no block that it lacks.
    """
    parts = parse(old)
    if untouched(parts) and manifest(parse(new)) is not None:
        return new if "\r\n" not in old else new.replace("\n", "\r\n")
    given = {block.id: block for block in blocks(parse(new))}
    there = {block.id: block for block in blocks(parts)}
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, Manifest):
            issued = dict.fromkeys((*part.blocks, *given))
            kept.append(replace(part, blocks=tuple(issued)))
        elif not isinstance(part, Block):
            kept.append(part)
        elif part.suggestion:
            kept += _suggestion(part, there, given, take)
        else:
            kept += _block(part, there, given, take)
    known = manifest(parts)
    if known is not None:
        _insert(kept, known, parse(new))
    return write(kept, "\r\n" if "\r\n" in old else "\n")


def _block(
    old: Block, there: dict[str, Block], given: dict[str, Block], take: Collection[str]
) -> list[Part]:
    """The block as it stands from now on, and its suggestion where that has no place yet."""
    new = given.get(old.id)
    if new is None:
        return [old]  # the facts have nothing to say here any more, nor against it
    if not old.edited or old.content == new.content or _taken(old.id, take):
        return [new]
    if new.written == old.written:
        return [replace(old, offered=old.written)]
    if new.written == old.offered:
        return [old]
    old = replace(old, offered=new.written)
    beside = there.get(old.id + SUGGESTED)
    if beside is not None and not beside.edited:
        return [old]  # it is renewed where it stands
    return [old, _suggested(new)]


def _suggestion(
    old: Block, there: dict[str, Block], given: dict[str, Block], take: Collection[str]
) -> list[Part]:
    """The suggestion as it stands from now on: an edited one is people's text, without marks."""
    if old.edited:
        return [f"{old.content}\n"] if old.content else []
    identity = old.id.removesuffix(SUGGESTED)
    block, new = there.get(identity), given.get(identity)
    if block is None or new is None:
        return [old]
    settled = not block.edited or block.content == new.content or block.written == new.written
    return [] if settled or _taken(identity, take) else [_suggested(new)]


def _suggested(new: Block) -> Block:
    return fresh(new.id + SUGGESTED, f"{LEAD}\n\n{new.content}")


def _taken(identity: str, take: Collection[str]) -> bool:
    return identity in take or ALL in take


def _insert(parts: list[Part], known: Manifest, new: Sequence[Part]) -> None:
    """Put blocks that no earlier draft had after the one that they follow in the new draft."""
    before = ""
    for block in blocks(new):
        there = [one.id for one in blocks(parts)]
        if block.id not in known.blocks and block.id not in there:
            at = next(
                (
                    i
                    for i, part in enumerate(parts)
                    if isinstance(part, Block) and part.id == before
                ),
                len(parts) - 1,
            )
            parts[at + 1 : at + 1] = [*_apart(parts[at : at + 1]), block]
        before = block.id if block.id in [one.id for one in blocks(parts)] else before


def _apart(before: Sequence[Part]) -> list[Part]:
    """The line end that people's text lacks where a block shall follow it."""
    open_line = bool(before) and isinstance(before[0], str) and not before[0].endswith("\n")
    return ["\n"] if open_line else []
