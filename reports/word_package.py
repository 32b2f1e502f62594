"""The file of a Word document: its look, its title, and bytes that depend on nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree as ET

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DC = "http://purl.org/dc/elements/1.1/"
_TERMS = "http://purl.org/dc/terms/"
_NAMES = {
    "w": _W,
    "dc": _DC,
    "dcterms": _TERMS,
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
}
for _prefix, _uri in _NAMES.items():
    ET.register_namespace(_prefix, _uri)

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_WRITTEN_BY_UNIX = 3

# In twentieths of a point; A4, with margins of 18 mm.
_PAGE = (
    '<w:pgSz w:w="11906" w:h="16838"/>',
    '<w:pgMar w:top="1020" w:right="1020" w:bottom="1020" w:left="1020" w:header="510" '
    'w:footer="510" w:gutter="0"/>',
)
_TABLE = (
    "<w:pPr><w:spacing w:before='20' w:after='20'/></w:pPr>",
    "<w:rPr><w:sz w:val='17'/><w:szCs w:val='17'/></w:rPr>",
    "<w:tblPr><w:tblBorders>"
    + "".join(
        f"<w:{side} w:val='single' w:sz='4' w:space='0' w:color='BFC6CE'/>"
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders><w:tblCellMar><w:top w:w='20' w:type='dxa'/><w:left w:w='80' w:type='dxa'/>"
    "<w:bottom w:w='20' w:type='dxa'/><w:right w:w='80' w:type='dxa'/></w:tblCellMar></w:tblPr>",
    "<w:tblStylePr w:type='firstRow'><w:rPr><w:b/></w:rPr>"
    "<w:tcPr><w:shd w:val='clear' w:color='auto' w:fill='EEF1F4'/></w:tcPr></w:tblStylePr>",
)
# Sizes are in half points: what of its styles pandoc's own look has in its place.
_LOOKS = {
    "Heading1": ("<w:rPr><w:b/><w:sz w:val='36'/><w:szCs w:val='36'/></w:rPr>",),
    "Heading2": ("<w:rPr><w:b/><w:sz w:val='28'/><w:szCs w:val='28'/></w:rPr>",),
    "Heading3": ("<w:rPr><w:b/><w:sz w:val='23'/><w:szCs w:val='23'/></w:rPr>",),
    "FootnoteText": (
        "<w:pPr><w:spacing w:before='0' w:after='40'/></w:pPr>",
        "<w:rPr><w:sz w:val='16'/><w:szCs w:val='16'/></w:rPr>",
    ),
    # Without a size of its own: code is as large as the text around it.
    "VerbatimChar": ("<w:rPr><w:rFonts w:ascii='Consolas' w:hAnsi='Consolas'/></w:rPr>",),
    "Table": _TABLE,
}
_ORDER = ("pPr", "rPr", "tblPr", "trPr", "tcPr", "tblStylePr")
"""Of the parts of a style, which end it in this order."""
_FONT = "Calibri"
_BODY_SIZE = 21


def package(made: bytes, title: str) -> bytes:
    """The document as pandoc made it with our look and title, and without times in it."""
    changes: dict[str, Callable[[ET.Element], None]] = {
        "docProps/core.xml": lambda root: _properties(root, title),
        "word/styles.xml": _styles,
        "word/document.xml": _document,
        "word/theme/theme1.xml": _theme,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name in changes:
                root = ET.fromstring(content)  # noqa: S314 - pandoc wrote it
                changes[name](root)
                content = ET.tostring(root, "utf-8", xml_declaration=True)
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = _WRITTEN_BY_UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()


def _properties(root: ET.Element, title: str) -> None:
    """The title; and no time: the same facts give the same bytes whenever it is drafted."""
    for name in ("created", "modified"):
        for found in root.findall(f"{{{_TERMS}}}{name}"):
            root.remove(found)
    place = root.find(f"{{{_DC}}}title")
    if place is None:
        place = ET.SubElement(root, f"{{{_DC}}}title")
    place.text = title


def _document(root: ET.Element) -> None:
    """Rows stay whole; A4 in place of what each program takes for the usual size."""
    for row in root.iter(_tag("tr")):
        about = row.find(_tag("trPr"))
        if about is None:
            about = ET.Element(_tag("trPr"))
            row.insert(0, about)
        about.insert(0, ET.Element(_tag("cantSplit")))
    section = root.find(f"{_tag('body')}/{_tag('sectPr')}")
    if section is None or section.find(_tag("pgSz")) is not None:
        return
    at = sum(child.tag in (_tag("footnotePr"), _tag("endnotePr")) for child in section)
    for place, xml in enumerate(_PAGE, at):
        section.insert(place, _element(xml))


def _styles(root: ET.Element) -> None:
    for size in root.iterfind(f"{_tag('docDefaults')}//{_tag('rPr')}/*"):
        if size.tag in (_tag("sz"), _tag("szCs")):
            size.set(_tag("val"), str(_BODY_SIZE))
    for style in root.iterfind(_tag("style")):
        for xml in _LOOKS.get(style.get(_tag("styleId"), ""), ()):
            new = _element(xml)
            for old in style.findall(new.tag):
                style.remove(old)
            style.append(new)
        style[:] = sorted(style, key=_rank)


def _rank(part: ET.Element) -> int:
    name = part.tag.removeprefix(_tag(""))
    return _ORDER.index(name) if name in _ORDER else -1


def _theme(root: ET.Element) -> None:
    """A typeface that every Word has, and others have one as wide for."""
    for latin in root.iter(f"{{{_NAMES['a']}}}latin"):
        latin.attrib.clear()
        latin.set("typeface", _FONT)


def _tag(name: str) -> str:
    return f"{{{_W}}}{name}"


def _element(xml: str) -> ET.Element:
    return ET.fromstring(f'<x xmlns:w="{_W}">{xml}</x>')[0]  # noqa: S314 - it stands above
