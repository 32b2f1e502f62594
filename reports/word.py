"""A draft as a Word document, for those who edit there: pandoc makes it, in a sandbox."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from reports.formats import by_target, whole_text
from reports.word_package import package
from reports.word_tree import Tree

# As GitHub reads it, of what a draft is made of; and HTML, whose pieces then become text again:
# without that pandoc would read them as well, and silently leave them out.
_READS = "commonmark+pipe_tables+strikeout+footnotes+gfm_auto_identifiers"

# A draft takes a fraction of either; people's text may be anything.
_MEMORY = "512m"
_SECONDS = 60

_DEFINITION = re.compile(r"^[ \t>*+-]*\[\^([^]\s]+)\]:", re.MULTILINE)
_REFERENCE = re.compile(r"(?<!\\)\[\^([^]\s]+)\]")


class FormatUnavailable(ValueError):
    """A draft cannot be had in the format that was asked for; the text says why."""


def available() -> bool:
    """Whether the extra `docx` is installed."""
    return find_spec("pypandoc") is not None


def document(markdown: str, *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The draft, marked or not, edited or not, as DOCX; the same text gives the same bytes.

    That holds for one version of pandoc. `pictures` are images by their target in the draft, as
    PNG whatever the target ends with; every other image becomes its alternative text, and nothing
    is read or fetched. `FormatUnavailable` without the extra `docx`, and where lists or emphasis
    are nested hundreds deep.
    """
    tree = Tree(by_target(pictures or {}))
    text = _without_notes_of_notes(whole_text(markdown))
    try:
        read = json.loads(_pandoc(text.encode(), _READS, "json"))
        harmless = json.dumps({**read, "blocks": tree.of(read["blocks"]), "meta": {}})
    except RecursionError as error:
        raise FormatUnavailable("the draft is nested too deeply for a Word document") from error
    return package(_pandoc(harmless.encode(), "json", "docx"), tree.title)


def _without_notes_of_notes(text: str) -> str:
    """The draft with references to footnotes in footnotes as text: Word has no such thing.

    Nor has pandoc, which tries for ever where a footnote leads back to itself.
    """
    labels = {found[1].casefold() for found in _DEFINITION.finditer(text)}

    def plain(found: re.Match[str]) -> str:
        return f"\\{found[0]}" if found[1].casefold() in labels else found[0]

    lines: list[str] = []
    inside = after_blank = False
    for line in text.split("\n"):
        begin = _DEFINITION.match(line)
        at = 0 if begin is None else begin.end()
        indented = line.startswith(("    ", "\t"))
        inside = begin is not None or (inside and (indented or not line or not after_blank))
        after_blank = not line.strip()
        lines.append(line[:at] + _REFERENCE.sub(plain, line[at:]) if inside else line)
    return "\n".join(lines)


def _pandoc(content: bytes, source: str, target: str) -> bytes:
    limits = ("+RTS", f"-M{_MEMORY}", "-RTS")
    command = (_program(), "--sandbox", f"--from={source}", f"--to={target}", "--output=-", *limits)
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise FormatUnavailable(f"pandoc took more than {_SECONDS} s for the draft") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise FormatUnavailable(f"pandoc could not make a Word document of the draft: {said}")
    return done.stdout


@cache
def _program() -> str:
    """Where pandoc lies: the package brings it along, or finds the machine's own."""
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError) as error:
        raise FormatUnavailable(
            "Word documents need pandoc: pip install outage-window[docx]"
        ) from error
