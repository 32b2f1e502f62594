"""A draft as a Word document, for those who edit there: pandoc makes it, in a sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reports.formats import by_target, whole_text
from reports.word_package import package
from reports.word_tree import Tree

# As GitHub reads it, of what a draft is made of; and HTML, whose pieces then become text again:
# without that pandoc would read them as well, and silently leave them out.
_READS = "commonmark+pipe_tables+strikeout+footnotes+gfm_auto_identifiers"


class FormatUnavailable(ValueError):
    """A format whose libraries are not installed was asked for; the text says what to install."""


def document(markdown: str, *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The draft, marked or not, edited or not, as DOCX; the same text gives the same bytes.

    That holds for one version of pandoc. `pictures` are images by their target in the draft, as
    PNG whatever the target ends with; every other image becomes its alternative text, and nothing
    is read or fetched. `FormatUnavailable` without the extra `docx`; `ValueError` where lists or
    emphasis are nested hundreds deep.
    """
    tree = Tree(by_target(pictures or {}))
    try:
        read = json.loads(_pandoc(whole_text(markdown), _READS, "json"))
        harmless = json.dumps({**read, "blocks": tree.of(read["blocks"]), "meta": {}})
    except RecursionError as error:
        raise ValueError("the draft is nested too deeply for a Word document") from error
    return package(_pandoc(harmless, "json", "docx"), tree.title)


def _pandoc(text: str, source: str, target: str) -> bytes:
    pypandoc = _library()
    try:
        said = pypandoc.convert_text(
            text, target, source, ["--sandbox"], outputfile="-", verify_format=False
        )
    except OSError as error:
        raise _unavailable() from error
    return said.encode() if isinstance(said, str) else bytes(said)


def _library() -> Any:
    try:
        import pypandoc
    except ImportError as error:
        raise _unavailable() from error
    return pypandoc


def _unavailable() -> FormatUnavailable:
    return FormatUnavailable("Word documents need pandoc: pip install outage-window[docx]")
