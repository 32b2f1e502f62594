"""A draft in every format that is asked for, with its charts: Markdown, a page, a Word document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from reports.blocks import Block, fresh, manifest, parse, write

if TYPE_CHECKING:
    from reports.facts import Incident

FORMATS = {
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""The formats of a draft, and the media type of each."""
SUFFIXES = {"markdown": ".md", "html": ".html", "docx": ".docx"}


BLOCK = "picture"
_PICTURE = re.compile(r"^!\[[^\n]*\]\(<([^<>/\n]+)\.svg>\)\n\n?", re.MULTILINE)
"""How a draft of ours shows a chart, on a line of its own."""


class Charts(Protocol):
    """Where the charts of a draft come from."""

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """The chart of an incident as `svg` or `png`; None where there is none."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The charts of a draft, drawn when they are asked for. `light` is the first one's, as stored:
    it is only drawn anew where none is."""

    incidents: tuple[Incident, ...]
    light: bytes | None = None

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """The chart of an incident as `svg` or `png`; None where there are no metrics."""
        first = not self.incidents or self.incidents[0].id == identity
        if self.light is not None and first and (ending, theme) == ("svg", "light"):
            return self.light
        found = next((one for one in self.incidents if one.id == identity), None)
        if found is None or found.curve is None:
            return None
        from reports.chart import render

        kind, look = cast(Literal["svg", "png"], ending), cast(Literal["light", "dark"], theme)
        return render(found, kind, look)


@dataclass(frozen=True, slots=True)
class Beside:
    """The charts that lie beside a draft, in its folder."""

    folder: Path

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """The file of that name; None where there is none. There is no dark one, and no other."""
        file = self.folder / f"{identity}.{ending}"
        if theme != "light" or not file.is_file():
            return None
        return file.read_bytes()


def pictured(text: str) -> list[str]:
    """The names, without folder and ending, of the charts that a draft shows.

    What came from outside is escaped in a draft, so no other line can look like one of these.
    """
    return _PICTURE.findall(text)


def without_pictures(text: str) -> str:
    """The draft for a place that has no chart beside it; the charts' words stay.

    What people wrote beside a picture stays, too, and the picture with it.
    """
    parts = parse(text)
    if manifest(parts) is None:
        return _PICTURE.sub("", text)  # an earlier version's, without blocks
    kept = [
        fresh(BLOCK, "")
        if isinstance(part, Block) and part.id == BLOCK and not part.edited
        else part
        for part in parts
    ]
    return write(kept, "\r\n" if "\r\n" in text else "\n")


def in_format(text: str, form: str, pictures: Charts) -> bytes:
    """A draft in Markdown as bytes of one of `FORMATS`.

    Raises `reports.word.FormatUnavailable` where a format needs what is not installed.
    """
    if form == "markdown":
        return text.encode()
    if form == "html":
        from reports.page import page

        themes = (("light", ""), ("dark", ".dark"))
        found = {
            f"{name}{middle}.svg": pictures.chart(name, "svg", theme)
            for name in pictured(text)
            for theme, middle in themes
        }
        return page(text, pictures={k: v for k, v in found.items() if v is not None}).encode()
    from reports.word import document

    found = {f"{name}.svg": pictures.chart(name, "png") for name in pictured(text)}
    return document(text, pictures={k: v for k, v in found.items() if v is not None})
