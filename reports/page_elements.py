"""The elements of a draft's page that are our own: pictures, questions, footnotes, wide tables."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markdown_it.token import Token

from reports.formats import PNG


def data_url(target: str, pictures: Mapping[str, bytes]) -> str | None:
    """A picture as a URL that holds it; None where there is none, or it is of no kind of ours."""
    content = pictures.get(target)
    if content is None:
        return None
    if content.startswith(PNG):
        kind = "image/png"
    elif target.endswith(".svg"):
        kind = "image/svg+xml"
    else:
        return None
    return f"data:{kind};base64,{b64encode(content).decode()}"


def place(token: Token) -> tuple[int, int]:
    """The number of a footnote, and which of the places that refer to it: both from 1."""
    return token.meta["id"] + 1, token.meta["subId"] + 1


# Ids of footnotes hold a colon: no heading's can.


def _picture(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    light, dark = tokens[at].meta["sources"]
    shown = f'<img src="{light}" alt="{escape(tokens[at].content)}">'
    if dark is not None:
        when = "screen and (prefers-color-scheme: dark)"
        shown = f'<source media="{when}" srcset="{dark}">{shown}'
    return f"<picture>{shown}</picture>"


def _question(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    return f"<mark>{escape(tokens[at].content)}</mark>"


def _time(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    return f"<time>{escape(tokens[at].content)}</time>"


def _reference(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    number, which = place(tokens[at])
    return f'<sup><a id="fnref:{number}:{which}" href="#fn:{number}">{number}</a></sup>'


def _note_open(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    return f'<li id="fn:{tokens[at].meta["id"] + 1}">'


def _back(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    number, which = place(tokens[at])
    # The second character keeps telephones from showing the arrow as a picture.
    arrow = "\u21a9\ufe0e" + (f"<sup>{which}</sup>" if which > 1 else "")
    label = f"Back to reference {number}" + (f", place {which}" if which > 1 else "")
    return f' <a class="back" href="#fnref:{number}:{which}" aria-label="{label}">{arrow}</a>'


def _table_open(_: Any, tokens: Sequence[Token], at: int, *_more: Any) -> str:
    # A keyboard can scroll only what it can reach.
    columns = min(tokens[at].meta["columns"], 6)
    scrolls = '<div class="wide" role="group" aria-label="Table" tabindex="0">'
    return f'{scrolls}<table class="c{columns}">\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


RULES = {
    "picture": _picture,
    "question": _question,
    "time": _time,
    "footnote_ref": _reference,
    "footnote_block_open": lambda *_: '<section class="notes" aria-label="Footnotes">\n<ol>\n',
    "footnote_block_close": lambda *_: "</ol>\n</section>\n",
    "footnote_open": _note_open,
    "footnote_close": lambda *_: "</li>\n",
    "footnote_anchor": _back,
    "table_open": _table_open,
    "table_close": _table_close,
}
