"""Markdown of a draft to the elements of its page, by one reader that knows no HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def

from reports.formats import (
    inside_blocks,
    mark_in,
    may_link,
    questions_apart,
    target_of,
)
from reports.page_elements import RULES, data_url, place

SHORT = 26
"""Characters of a cell that stays on one line."""
LONG = 32
"""Characters of a word that paper may be too narrow for."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))")
_OURS = "written by the program"
_IN_NOTE = "in a footnote"


def read(markdown: str, pictures: Mapping[str, bytes]) -> tuple[str, str]:
    """The text of the first heading, and the HTML; all that can be active is left out."""
    reader = _reader()
    tokens = reader.parse(markdown)
    slugs: set[str] = set()
    shown: set[tuple[int, int]] = set()
    title = ""
    for at, token in enumerate(tokens):
        if token.type == "inline":
            token.children = _safe(token, pictures, shown)
        elif token.type == "heading_open":
            words = _words(tokens[at + 1].children or ())
            title = title or words
            _named(token, words, slugs)
        elif token.type in ("th_open", "td_open"):
            _classed(token, _words(tokens[at + 1].children or ()))
        elif token.type == "table_open":
            token.meta["columns"] = _columns(tokens, at)
        elif token.type == "fence":
            token.info = ""  # nothing here colours code, and a class is an attribute
    kept = [t for t in tokens if t.type != "footnote_anchor" or place(t) in shown]
    return title, str(reader.renderer.render(kept, reader.options, {}))


@cache
def _reader() -> MarkdownIt:
    """CommonMark with GitHub's tables, footnotes and struck text; HTML is text to it.

    It takes every target of a link or image for one, so that what is refused is refused in one
    place, by us.
    """
    reader = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    reader.enable(["table", "strikethrough"]).use(footnote_plugin).disable("footnote_inline")
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    ends = ["paragraph", "reference", "blockquote", "list"]
    reader.block.ruler.before("table", "draft_mark", _mark, {"alt": ends})
    reader.block.ruler.at("footnote_def", _definition, {"alt": ["paragraph", "reference"]})
    reader.block.ruler.at("reference", _reference)
    # Before the footnotes are moved to the end, while they still stand in their block.
    reader.core.ruler.after("inline", "draft_blocks", _note_blocks)
    for name, rule in RULES.items():
        reader.add_render_rule(name, rule)
    return reader


def _mark(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A mark of a block: it ends what stands before it, as an HTML comment does."""
    if state.is_code_block(start):
        return False
    mark = mark_in(_line(state, start))
    if mark is None:
        return False
    if not silent:
        token = state.push("draft_mark", "", 0)
        token.content = mark
        state.line = start + 1
    return True


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A footnote, but not one within another: the plugin would mix up the two."""
    if silent:
        return footnote_def(state, start, end, silent)
    if state.env.get(_IN_NOTE):
        return False
    state.env[_IN_NOTE] = True
    try:
        return footnote_def(state, start, end, silent)
    finally:
        state.env[_IN_NOTE] = False


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The target of a link, given apart; a footnote that could not be one is text and no target."""
    return not _line(state, start).startswith("[^") and reference(state, start, end, silent)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _note_blocks(state: StateCore) -> None:
    """Note for each text whether the program wrote it, and drop the marks."""
    marks = [token.content if token.type == "draft_mark" else None for token in state.tokens]
    for token, inside in zip(state.tokens, inside_blocks(marks), strict=True):
        token.meta[_OURS] = inside
    state.tokens = [token for token in state.tokens if token.type != "draft_mark"]


def _safe(inline: Token, pictures: Mapping[str, bytes], shown: set[tuple[int, int]]) -> list[Token]:
    """What a text is made of, with only the links and images that may be, questions marked."""
    kept: list[Token] = []
    links: list[bool] = []
    for token in inline.children or ():
        if token.type == "link_open":
            links.append(may_link(str(token.attrs.get("href", ""))))
            if links[-1]:
                token.attrs = {"href": token.attrs["href"], "rel": "noopener noreferrer"}
                kept.append(token)
        elif token.type == "link_close":
            if links.pop():
                kept.append(token)
        elif token.type == "image":
            kept.append(_image(token, pictures))
        elif token.type == "footnote_ref":
            shown.add(place(token))
            kept.append(token)
        elif token.type == "text":
            kept += _said(token.content, by_people=not inline.meta.get(_OURS))
        else:
            kept.append(token)
    return kept


def _image(token: Token, pictures: Mapping[str, bytes]) -> Token:
    words = _words(token.children or ())
    target = target_of(str(token.attrs.get("src", "")))
    sources = [data_url(target, pictures), data_url(_dark(target), pictures)]
    if sources[0] is None:
        return Token("text", "", 0, content=words)
    return Token("picture", "", 0, content=words, meta={"sources": sources})


def _dark(target: str) -> str:
    stem, dot, ending = target.rpartition(".")
    return f"{stem}.dark{dot}{ending}"


def _said(text: str, *, by_people: bool) -> list[Token]:
    """A text with its points in time apart, and if people's, its questions: none of a label's."""
    found = []
    for at, piece in enumerate(questions_apart(text) if by_people else [text]):
        if at % 2:
            found.append(Token("question", "", 0, content=piece))
            continue
        for which, words in enumerate(_TIME.split(piece)):
            found.append(Token("time" if which % 2 else "text", "", 0, content=words))
    return found


def _words(children: Sequence[Token]) -> str:
    """The text that these show, without what is around it."""
    words = []
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif token.type == "image":
            words.append(_words(token.children or ()))
        else:
            words.append(token.content)
    return " ".join("".join(words).split())


def _named(heading: Token, words: str, taken: set[str]) -> None:
    """Give a heading its id, by GitHub's rule: links to it work here as they do there."""
    slug = "".join(c for c in words.strip().lower() if c in "- _" or _is_word(c)).replace(" ", "-")
    name, number = slug, 0
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name)
    if name:
        heading.attrs["id"] = name


def _is_word(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LM" or kind in ("Nd", "Nl", "Pc")


def _classed(cell: Token, words: str) -> None:
    """The classes of a cell; no style attribute is obeyed, so its own becomes one of them."""
    classes = [str(cell.attrs.pop("style", "")).removeprefix("text-align:")]
    if len(words) <= SHORT:
        classes.append("short")
    if any(len(word) > LONG for word in words.split()):
        classes.append("long")
    if any(classes):
        cell.attrs["class"] = " ".join(filter(None, classes))
    if cell.type == "th_open":
        cell.attrs["scope"] = "col"


def _columns(tokens: Sequence[Token], table: int) -> int:
    count = 0
    for token in tokens[table:]:
        if token.type == "thead_close":
            break
        count += token.type == "th_open"
    return count
