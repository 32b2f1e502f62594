"""A draft as a parser sees it: headings, tables and text, without the Markdown around them."""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

READER = MarkdownIt("gfm-like", {"linkify": False, "html": True}).use(footnote_plugin)


@dataclass(frozen=True)
class Parsed:
    headings: list[tuple[str, str]]
    tables: list[list[list[str]]]
    kinds: list[str]
    text: str


def parse(text: str) -> Parsed:
    tokens = READER.parse(text)
    headings, tables, rows = [], [], []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open":
            headings.append((token.tag, plain(following)))
        elif token.type == "table_open":
            rows = []
            tables.append(rows)
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append(plain(following))
    kinds = [t.type for t in tokens]
    kinds += [child.type for t in tokens for child in t.children or [] if child.type != "text"]
    inline = "\n".join(plain(t) for t in tokens if t.type == "inline")
    return Parsed(headings, tables, kinds, inline)


def plain(inline) -> str:
    return "".join(child.content for child in inline.children)
