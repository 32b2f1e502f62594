"""Marks, links and footnotes of a draft that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.lint.finding import Found, short
from reports.lint.layout import Layout
from reports.lint.links import links
from reports.lint.notes import notes
from reports.lint.reading import Reading

CHECK = "reference"


def dangling(draft: Layout, seen: Reading, exists: Callable[[str], bool] | None) -> Iterator[Found]:
    """What leads nowhere. Which files there are is for the caller to say."""
    for at, says in seen.unclosed:
        yield Found(at, CHECK, says, draft.text[at : at + 400].partition("\n")[0])
    yield from _footnotes(draft, seen)
    if exists is None:
        return
    there: dict[str, bool] = {}
    for link in links(seen):
        if link.file not in there:
            there[link.file] = exists(link.file)
        if not there[link.file]:
            says = f"no file {short(link.file)} beside the draft: put it there, or mend the link"
            yield Found(link.start, CHECK, says, draft.text[link.start : link.end])


def _footnotes(draft: Layout, seen: Reading) -> Iterator[Found]:
    every = list(notes(draft, seen))
    known = {note.id for note in every if note.defined}
    defined: set[str] = set()
    for note in every:
        if not note.defined:
            if note.id not in known:
                says = f"no footnote {note.id}: take the mark out, or add the footnote"
                yield Found(note.at, CHECK, says, f"[^{note.id}]")
        elif note.suggested:
            continue  # beside the one that it may take the place of
        elif note.id in defined:
            says = f"footnote {note.id} is defined twice: keep one of the two"
            yield Found(note.at, CHECK, says, _line(draft, note.at))
        else:
            defined.add(note.id)


def _line(draft: Layout, at: int) -> str:
    return draft.text[at : at + 400].partition("\n")[0]
