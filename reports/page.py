"""A draft as one HTML page that needs nothing else: it holds no script and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files

from reports.formats import by_target, whole_text
from reports.page_reader import read

UNTITLED = "Draft"


def page(markdown: str, *, pictures: Mapping[str, bytes] | None = None) -> str:
    """The draft, marked or not, edited or not, as a page; the same text gives the same bytes.

    `pictures` are images by their target in the draft, as SVG or PNG; one named `NAME.dark.svg` is
    shown for `NAME.svg` on a dark screen. Every other image becomes its alternative text: the page
    asks for nothing. HTML in the draft is shown as text, and only links to `http`, `https`,
    `mailto` and places in the draft stay links.
    """
    title, body = read(whole_text(markdown), by_target(pictures or {}))
    style, allowed = _style()
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(allowed)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title or UNTITLED)}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""


def fragment(markdown: str) -> str:
    """The draft as the content of a page of somebody else's: as safe, and without its pictures."""
    return read(whole_text(markdown), {})[1]


def _policy(style: str) -> str:
    """What a browser may do with the page, should data ever get past the escaping."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{style}'; base-uri 'none'; form-action 'none'"
    )


@cache
def _style() -> tuple[str, str]:
    """The one style sheet, and its hash: no other and no style attribute is obeyed."""
    style = files("reports").joinpath("templates", "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return style, f"sha256-{digest}"
