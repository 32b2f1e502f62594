"""The blocks of a draft: what the program wrote stands between marks, the rest is people's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

SUGGESTED = ".suggestion"
"""The id of a block's suggestion is that of the block with this at its end."""
DIGITS = 16

_BEGIN = re.compile(
    rf"<!-- begin (?P<id>[a-z][a-z0-9_]*(?:\{SUGGESTED})?) (?P<hash>[0-9a-f]{{{DIGITS}}})"
    rf"(?: offered (?P<offered>[0-9a-f]{{{DIGITS}}}))? -->"
)
_END = re.compile(rf"<!-- end (?P<id>[a-z][a-z0-9_]*(?:\{SUGGESTED})?) -->")
_MANIFEST = re.compile(
    r"<!-- outage-window draft (?P<incident>\S+) template (?P<template>\S+) "
    rf"blocks(?P<blocks>(?: [a-z][a-z0-9_]*)*) (?P<hash>[0-9a-f]{{{DIGITS}}})"
    rf" text (?P<text>[0-9a-f]{{{DIGITS}}}) -->"
)


@dataclass(frozen=True, slots=True)
class Block:
    """What the program wrote once, as it stands in a draft now.

    `content` is without the empty lines at its ends. `written` is the hash of what the program
    wrote there, `offered` that of the newest value that people were shown, beside it or in it.
    """

    id: str
    content: str
    written: str
    offered: str

    @property
    def edited(self) -> bool:
        """Whether people changed what stands in it."""
        return digest(self.content) != self.written

    @property
    def suggestion(self) -> bool:
        """Whether it is a new value beside an edited block."""
        return self.id.endswith(SUGGESTED)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a draft's first line says: whose it is, by which template, the blocks it was given.

    A block that was given and is not there any more was deleted. `text` is the hash of all that
    stood around the blocks when it was drafted: where it does still, nobody wrote anything there.
    """

    incident: str
    template: str
    blocks: tuple[str, ...]
    text: str = "0" * DIGITS


Part = str | Block | Manifest
"""A piece of a draft: people's text (whole lines with their ends), a block, or the manifest."""


def digest(content: str) -> str:
    """The hash of a block's content; empty lines at its ends and the kind of line end are none."""
    text = content.replace("\r\n", "\n").strip("\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def fresh(identity: str, content: str) -> Block:
    """A block as the program writes it."""
    text = content.strip("\n")
    written = digest(text)
    return Block(identity, text, written, written)


def parse(text: str) -> list[Part]:
    """The parts of a draft in their order; joined by `write` they give the same text again but for
    the empty lines just inside a block's marks.

    Only the first manifest, and only the first block of an id, are ours: a mark without its end,
    and what people copied, is their text.
    """
    lines = text.splitlines(keepends=True)
    parts: list[Part] = []
    taken: set[str] = set()
    said: list[str] = []
    known = False
    at = 0
    while at < len(lines):
        found: Part | None = None if known else _manifest(lines[at])
        end = at if found is not None else _end(lines, at, taken)
        if end is None:
            said.append(lines[at])
            at += 1
            continue
        if found is None:
            found = _block(lines[at], lines[at + 1 : end])
            taken.add(found.id)
        known = known or isinstance(found, Manifest)
        parts += [*_joined(said), found]
        said, at = [], end + 1
    return [*parts, *_joined(said)]


def write(parts: Sequence[Part], newline: str = "\n") -> str:
    """The text of a draft, with this line end in what the program wrote."""
    return "".join(part if isinstance(part, str) else _marked(part, newline) for part in parts)


def blocks(parts: Sequence[Part]) -> Iterator[Block]:
    """The blocks among the parts."""
    return (part for part in parts if isinstance(part, Block))


def manifest(parts: Sequence[Part]) -> Manifest | None:
    """What the draft says of itself; None where people removed that line."""
    return next((part for part in parts if isinstance(part, Manifest)), None)


def drafted(incident: str, template: str, text: str) -> str:
    """A draft as the program writes it: the text that a template gave, below its manifest."""
    parts = parse(text)
    named = tuple(block.id for block in blocks(parts))
    return write([Manifest(incident, template, named, _around(parts)), "\n", *parts])


def untouched(parts: Sequence[Part]) -> bool:
    """Whether the draft is as the program wrote it: nothing edited, added, moved or deleted."""
    known = manifest(parts)
    if known is None or not isinstance(parts[0], Manifest):
        return False
    return known.text == _around(parts) and not any(block.edited for block in blocks(parts))


def _around(parts: Sequence[Part]) -> str:
    """The hash of all that is around the blocks, and of where they stand."""
    places = (
        part if isinstance(part, str) else f"<{part.id}>" if isinstance(part, Block) else ""
        for part in parts
    )
    return digest("".join(places))


def said_by_people(text: str) -> str:
    """The hash of all that people have a hand in: the text around blocks, and blocks they edited.

    It stays the same while the program alone brings its blocks up to date.
    """
    return digest("".join(map(_by_people, parse(text))))


def _by_people(part: Part) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Manifest) or (part.suggestion and not part.edited):
        return ""
    return f"<{part.id}>{part.content if part.edited else ''}"


def unmarked(text: str) -> str:
    """The draft for a reader of its text: without marks, and the empty lines around them as one."""
    kept = "".join(line for line in text.splitlines(keepends=True) if not is_mark(line))
    return re.sub(r"\n{3,}", "\n\n", kept).lstrip("\n")


def is_mark(line: str) -> bool:
    """Whether a line is a mark of ours."""
    bare = line.strip()
    return any(pattern.fullmatch(bare) for pattern in (_BEGIN, _END, _MANIFEST))


def _manifest(line: str) -> Manifest | None:
    match = _MANIFEST.fullmatch(line.strip("\ufeff \t\r\n"))  # some editors begin with a mark
    if match is None or digest(match["blocks"]) != match["hash"]:
        return None  # with blocks left out or added by hand it could bring deleted ones back
    named = (unquote(match["incident"]), unquote(match["template"]))
    return Manifest(*named, tuple(match["blocks"].split()), match["text"])


def _end(lines: Sequence[str], at: int, taken: set[str]) -> int | None:
    """The line that ends the block that begins at a line; None where none does."""
    begin = _BEGIN.fullmatch(lines[at].strip())
    if begin is None or begin["id"] in taken:
        return None
    for number in range(at + 1, len(lines)):
        bare = lines[number].strip()
        if not bare.startswith("<!--"):
            continue
        end = _END.fullmatch(bare)
        if end is not None and end["id"] == begin["id"]:
            return number
        if end is not None or _BEGIN.fullmatch(bare) or _MANIFEST.fullmatch(bare):
            return None  # a block in a block: its marks were moved apart
    return None


def _block(begin: str, inside: Sequence[str]) -> Block:
    match = _BEGIN.fullmatch(begin.strip())
    assert match is not None  # _end found it
    content = "".join(inside).replace("\r\n", "\n").strip("\n")
    return Block(match["id"], content, match["hash"], match["offered"] or match["hash"])


def _joined(said: Sequence[str]) -> list[Part]:
    """Lines of people's as one piece of text."""
    return ["".join(said)] if said else []


def _marked(part: Block | Manifest, newline: str) -> str:
    if isinstance(part, Manifest):
        named = (quote(part.incident, safe=""), quote(part.template, safe=""))
        given = "".join(f" {one}" for one in part.blocks)
        which = f"draft {named[0]} template {named[1]} blocks{given} {digest(given)}"
        which += f" text {part.text}"
        text = f"<!-- outage-window {which} -->\n"
    else:
        offered = "" if part.offered == part.written else f" offered {part.offered}"
        content = f"\n{part.content}\n\n" if part.content else "\n"
        text = (
            f"<!-- begin {part.id} {part.written}{offered} -->\n{content}<!-- end {part.id} -->\n"
        )
    return text if newline == "\n" else text.replace("\n", newline)
