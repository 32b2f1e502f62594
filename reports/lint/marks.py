"""Marks of blocks that mark nothing, and a first line that is missing: redrafting needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.lint.finding import Found
from reports.lint.layout import DRAFT, Layout, Mark

CHECK = "reference"


def broken(draft: Layout) -> Iterator[Found]:
    """What is wrong with the marks."""
    yield from _first_line(draft)
    taken = {block.id for _, block in draft.blocks}
    known = taken | set(draft.manifest.blocks if draft.manifest else ())
    marks = [mark for mark in draft.strays if mark.kind != DRAFT]
    partners = _partners(marks)
    told = set(partners.values())  # said at the begin mark
    for number, mark in enumerate(marks):
        if number in told:
            continue
        if not mark.whole and mark.id.removesuffix(".suggestion") not in known:
            continue  # a comment of people's that only looks like a mark
        says = (
            f"block {mark.id} has an end mark and no begin mark: delete this one"
            if mark.kind == "end"
            else _begin(mark, number in partners, mark.id in taken)
        )
        yield Found(mark.at, CHECK, says, mark.text)


def _first_line(draft: Layout) -> Iterator[Found]:
    """The manifest is there, whole and once."""
    marks = [mark for mark in draft.strays if mark.kind == DRAFT]
    if draft.manifest is not None:
        for mark in marks:
            says = "this draft has a first line already: keep one draft in a file, delete this line"
            yield Found(mark.at, CHECK, says, mark.text)
    elif marks:
        says = "the first line of the draft was altered: put it back as it was drafted"
        yield Found(marks[0].at, CHECK, says, marks[0].text)
    else:
        says = (
            "no first line of a draft, so drafting again adds no block: put it back, or take this "
            "file for a text of your own"
        )
        line = draft.text.partition("\n")[0]
        yield Found(0, CHECK, says, line, "warning")


def _partners(marks: Sequence[Mark]) -> dict[int, int]:
    """By the number of a begin mark that of the end mark that was meant for it."""
    open_marks: dict[str, int] = {}
    found = {}
    for number, mark in enumerate(marks):
        if mark.kind == "begin":
            open_marks[mark.id] = number
        elif mark.id in open_marks:
            found[open_marks.pop(mark.id)] = number
    return found


def _begin(mark: Mark, has_end: bool, twice: bool) -> str:
    if not mark.whole:
        return f"this mark was altered: put it back, or delete both marks of block {mark.id}"
    if twice:
        return (
            f"block {mark.id} stands twice, and only the first is brought up to date: delete this "
            "one, or its marks"
        )
    if has_end:
        return f"other marks stand inside block {mark.id}: move them out, whole blocks at a time"
    return f"block {mark.id} has no end mark: put <!-- end {mark.id} --> below it, or delete this"
