"""What pandoc read of a draft, made harmless and fit for Word before it writes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports.formats import (
    PNG,
    inside_blocks,
    mark_in,
    may_link,
    questions_apart,
    target_of,
)
from reports.word_table import widths

Node = dict[str, Any]
_NO_ATTRIBUTES: list[Any] = ["", [], []]

# Ids of bookmarks are unique in a document; pandoc counts its own from one.
_FIRST_BOOKMARK = 1_000_000
_STYLE = '<w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'


class Tree:
    """Makes one document's tree; `title` is the text of its first heading, once `of` is done."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        self.title = ""
        self._pictures = pictures
        self._by_people = True
        self._notes: dict[str, int] = {}
        self._changes: dict[str, Callable[[Any], list[Node]]] = {
            "Header": self._header,
            "Str": self._text,
            "RawInline": lambda content: self._text(content[1]),
            "RawBlock": self._html,
            "Code": lambda content: [{"t": "Code", "c": [_NO_ATTRIBUTES, content[1]]}],
            "CodeBlock": lambda content: [{"t": "CodeBlock", "c": [_NO_ATTRIBUTES, content[1]]}],
            "Link": self._link,
            "Image": self._image,
            "Table": self._table,
            "Note": self._note,
        }

    def of(self, blocks: Sequence[Node]) -> list[Node]:
        """The blocks with no markup but Markdown's, no link or image but those that may be."""
        pieces = [piece for block in blocks for piece in _raw_apart(block)]
        marks = [_mark(piece) for piece in pieces]
        made: list[Node] = []
        for piece, mark, inside in zip(pieces, marks, inside_blocks(marks), strict=True):
            if mark is None:
                self._by_people = not inside
                made += self._node(piece)
        return made

    def _all(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._all(part) for key, part in value.items()}
        if not isinstance(value, list):
            return value
        made: list[Any] = []
        for part in value:
            if isinstance(part, dict) and "t" in part:
                made += self._node(part)
            else:
                made.append(self._all(part))
        return made

    def _node(self, node: Node) -> list[Node]:
        """What stands in the place of a node; those that are not named here stay."""
        if node["t"] in self._changes:
            return self._changes[node["t"]](node["c"])
        return [{**node, "c": self._all(node["c"])}] if "c" in node else [node]

    def _header(self, content: Any) -> list[Node]:
        self.title = self.title or " ".join(words(content[2]).split())
        return [{"t": "Header", "c": [content[0], content[1], self._all(content[2])]}]

    def _text(self, text: str) -> list[Node]:
        """A word; a question of people's stands out, what a label calls one does not."""
        pieces = questions_apart(text) if self._by_people else [text]
        marked = ["", ["mark"], []]
        return [
            {"t": "Span", "c": [marked, [_word(piece)]]} if at % 2 else _word(piece)
            for at, piece in enumerate(pieces)
            if piece
        ]

    def _html(self, content: Any) -> list[Node]:
        """HTML is shown as text, line by line; marks that stand within a list are left out."""
        lines = [line for line in content[1].strip("\n").split("\n") if mark_in(line) is None]
        shown: list[Node] = []
        for line in lines:
            shown += [{"t": "LineBreak"}, *self._text(line)] if shown else self._text(line)
        return [{"t": "Para", "c": shown}] if shown else []

    def _link(self, content: Any) -> list[Node]:
        inside: list[Node] = self._all(content[1])
        url = content[2][0]
        if not may_link(url):
            return inside
        return [{"t": "Link", "c": [_NO_ATTRIBUTES, inside, [url, ""]]}]

    def _image(self, content: Any) -> list[Node]:
        picture = self._pictures.get(target_of(content[2][0]), b"")
        said = words(content[1])
        if not picture.startswith(PNG):
            return [_word(said)] if said else []
        url = f"data:image/png;base64,{b64encode(picture).decode()}"
        return [{"t": "Image", "c": [_NO_ATTRIBUTES, [_word(said)], [url, ""]]}]

    def _table(self, content: Any) -> list[Node]:
        attributes, caption, columns, *rows = content
        found = widths([[words(cell) for cell in row] for row in _rows(rows)])
        if len(found) == len(columns):
            columns = [
                [column[0], {"t": "ColWidth", "c": width}]
                for column, width in zip(columns, found, strict=True)
            ]
        return [{"t": "Table", "c": [attributes, caption, columns, *self._all(rows)]}]

    def _note(self, blocks: Any) -> list[Node]:
        """A footnote; where the same is referred to again, a reference to it and no second one."""
        key = json.dumps(blocks, sort_keys=True)
        if key in self._notes:
            return [_again(self._notes[key])]
        number = self._notes[key] = len(self._notes) + 1
        note = {"t": "Note", "c": self._all(blocks)}
        begin, end = _bookmark(number)
        return [begin, note, end]


def words(value: Any) -> str:
    """The text of a piece of a tree, without its footnotes."""
    if isinstance(value, list):
        return "".join(map(words, value))
    if not isinstance(value, dict):
        return ""
    kind, content = value.get("t"), value.get("c")
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind == "Str":
        return str(content)
    if kind in ("Code", "CodeBlock", "RawInline"):
        return str(content[1])  # type: ignore[index]
    return "" if kind == "Note" else words(content)


def _raw_apart(block: Node) -> list[Node]:
    """A block; one of HTML in which marks stand, as one block a line."""
    if block["t"] != "RawBlock":
        return [block]
    kind, text = block["c"]
    lines = text.strip("\n").split("\n")
    if all(mark_in(line) is None for line in lines):
        return [block]
    return [{"t": "RawBlock", "c": [kind, line]} for line in lines]


def _mark(block: Node) -> str | None:
    return mark_in(block["c"][1]) if block["t"] == "RawBlock" else None


def _rows(parts: Sequence[Any]) -> list[Any]:
    """The rows of a table's head, bodies and foot, each as its cells."""
    head, bodies, foot = parts
    rows = [*head[1], *(row for body in bodies for row in [*body[2], *body[3]]), *foot[1]]
    return [row[1] for row in rows]


def _word(text: str) -> Node:
    return {"t": "Str", "c": text}


def _word_xml(xml: str) -> Node:
    return {"t": "RawInline", "c": ["openxml", xml]}


def _bookmark(number: int) -> tuple[Node, Node]:
    identity = _FIRST_BOOKMARK + number
    begin = f'<w:bookmarkStart w:id="{identity}" w:name="note{number}"/>'
    return _word_xml(begin), _word_xml(f'<w:bookmarkEnd w:id="{identity}"/>')


def _again(number: int) -> Node:
    """A field that shows the number of a footnote that stands elsewhere, and leads there."""
    parts = (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> NOTEREF note{number} \\f \\h </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        f"<w:t>{number}</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    )
    return _word_xml("".join(f"<w:r>{_STYLE}{part}</w:r>" for part in parts))
