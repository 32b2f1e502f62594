# The Word document: real footnotes and tables, nothing that acts, and no label changes its build.
from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from reports import word
from reports.chart import render as chart
from reports.draft import render
from reports.word import FormatUnavailable, document
from reports.word_table import ROOM, widths

from .golden import FOLDER, GOLDEN
from .incidents import ACCOUNTS
from .markdown import parse
from .test_draft import labelled
from .test_page import HOSTILE

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
FIELD = ("fldChar", "instrText")


@dataclass
class Docx:
    """A document as it lies in its file."""

    content: bytes

    def part(self, name: str) -> ET.Element:
        return ET.fromstring(self.file.read(name))

    @cached_property
    def file(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.content))

    @cached_property
    def body(self) -> ET.Element:
        return self.part("word/document.xml")

    @property
    def styles(self) -> list[str]:
        """The style of each paragraph, in their order."""
        found = (p.find(f"{W}pPr/{W}pStyle") for p in self.body.iter(f"{W}p"))
        return ["" if style is None else style.get(f"{W}val", "") for style in found]

    @property
    def tables(self) -> list[list[list[str]]]:
        return [
            [[text(cell) for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
            for table in self.body.iter(f"{W}tbl")
        ]

    @property
    def notes(self) -> list[str]:
        notes = self.part("word/footnotes.xml").findall(f"{W}footnote")
        return [text(note).strip() for note in notes if f"{W}type" not in note.attrib]

    @property
    def marked(self) -> list[str]:
        return [
            text(r) for r in self.body.iter(f"{W}r") if r.find(f"{W}rPr/{W}highlight") is not None
        ]

    @property
    def targets(self) -> list[str]:
        """Where the document leads outside itself."""
        names = [name for name in self.file.namelist() if name.endswith(".rels")]
        return [
            one.get("Target", "")
            for name in names
            for one in self.part(name)
            if one.get("TargetMode") == "External"
        ]

    @property
    def build(self) -> tuple[object, ...]:
        """All of it but its text."""
        tags = [e.tag for e in self.body.iter() if e.tag not in (f"{W}r", f"{W}rPr", f"{W}t")]
        runs = (f"{W}footnoteReference", f"{W}br", f"{W}drawing", f"{W}hyperlink", f"{W}highlight")
        return (
            self.styles,
            [[len(row) for row in table] for table in self.tables],
            len(self.notes),
            [tag for tag in tags if tag in runs],
            Counter(tags)[f"{W}bookmarkStart"],
            self.targets,
            self.file.namelist(),
        )


def text(element: ET.Element) -> str:
    """What is read there, without the numbers of footnotes that fields repeat."""
    parts, in_field = [], 0
    for piece in element.iter():
        if piece.tag == f"{W}fldChar":
            in_field += {"begin": 1, "end": -1}.get(piece.get(f"{W}fldCharType", ""), 0)
        elif piece.tag == f"{W}t" and not in_field:
            parts.append(piece.text or "")
        elif piece.tag == f"{W}br":
            parts.append("\n")
    return "".join(parts)


def made(markdown: str, **pictures: bytes) -> Docx:
    found = Docx(document(markdown, pictures=pictures))
    for name in found.file.namelist():
        if name.endswith((".xml", ".rels")):
            found.part(name)
    assert all(re.match("(https?://|mailto:)", target) for target in found.targets)
    assert not any("vba" in n or "embed" in n.lower() for n in found.file.namelist())
    return found


@pytest.mark.parametrize("name", ["2024-01-22", "2024-05-03", "suspected"])
def test_the_document_says_all_that_the_draft_says(name):
    markdown = (FOLDER / f"{name}.md").read_text("utf-8")
    incident = GOLDEN[name]
    found = made(markdown)
    said = parse(markdown)
    levels = [style for style in found.styles if style.startswith("Heading")]
    assert levels == [f"Heading{tag[1]}" for tag, _ in said.headings]
    assert found.tables == said.tables
    shown = text(found.body)
    assert "<!--" not in shown
    for line in said.text.splitlines():
        assert line in shown or line in " ".join(found.notes)
    assert len(found.notes) == len(re.findall(r"^\[\^\w+\]:", markdown, re.MULTILINE))
    core = found.part("docProps/core.xml")
    assert [e.text for e in core if e.tag.endswith("title")] == [said.headings[0][1]]
    assert incident.id in shown


def test_the_same_draft_gives_the_same_bytes_in_any_process():
    markdown = (FOLDER / "2024-01-22.md").read_text("utf-8")
    code = (
        "import sys; from reports.word import document;"
        "sys.stdout.buffer.write(document(sys.stdin.buffer.read().decode()))"
    )
    env = {
        **os.environ,
        "PYTHONHASHSEED": "271",
        "TZ": "Asia/Tokyo",
        "SOURCE_DATE_EPOCH": "99999999",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=markdown.encode(),
        env=env,
        capture_output=True,
        check=True,
    )
    assert done.stdout == document(markdown)
    times = {entry.date_time for entry in Docx(done.stdout).file.infolist()}
    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert b"dcterms:created" not in Docx(done.stdout).file.read("docProps/core.xml")


def test_a_footnote_that_is_referred_to_again_is_not_written_again():
    found = made("a[^n] b[^m] c[^n]\n\n| x |\n| - |\n| y[^n] |\n\n[^n]: the *note*\n\n[^m]: other")
    assert found.notes == ["the note", "other"]
    fields = [e.text for e in found.body.iter(f"{W}instrText")]
    assert fields == [" NOTEREF note1 \\f \\h "] * 2
    marks = [b.get(f"{W}name") for b in found.body.iter(f"{W}bookmarkStart")]
    assert [m for m in marks if m and m.startswith("note")] == ["note1", "note2"]
    ids = [b.get(f"{W}id") for b in found.body.iter(f"{W}bookmarkStart")]
    assert len(set(ids)) == len(ids)


def test_a_reference_in_a_footnote_is_text_and_no_circle_is_entered():
    assert made("a[^n]\n\n[^n]: b[^m]\n\n[^m]: c").notes == ["b[^m]"]
    assert made("a[^n]\n\n[^n]: b[^n] [^x]").notes == ["b[^n] [^x]"]
    circle = "a[^n] [^m]\n\n[^n]: one\n    `[^a-z]`\n\n    two[^M]\n[^m]: three\n[^n]\n\nd[^m]\n"
    found = made(circle)
    assert found.notes == ["one [^a-z]two[^M]", "three [^n]"]
    assert len(list(found.body.iter(f"{W}instrText"))) == 1


def test_questions_stand_out_and_a_label_cannot_pass_for_one():
    assert made("- TODO(owner?): Why? `TODO(owner?)`").marked == ["TODO(owner?)"]
    forged = made(render(labelled("TODO(owner?): pay me")))
    assert forged.marked == made(render(labelled("a plain word"))).marked
    assert len(forged.marked) > 10


def test_marks_are_not_seen_and_keep_lists_apart():
    found = made(
        "- a\n\n<!-- end x -->\n<!-- end y -->\n\n- b\n  <!-- end z -->\n\ntext\n<!-- end x -->"
    )
    assert text(found.body) == "abtext"
    lists = [n.get(f"{W}val") for n in found.body.iter(f"{W}numId")]
    assert len(set(lists)) == 2
    assert found.styles[:2] == ["Compact", "Compact"]
    assert "<!-- end x -->" in text(made("```\n<!-- end x -->\n```").body)


def test_html_of_people_is_shown_as_text():
    html = '<div onclick="x()">\n**a**\n</div>\n\n'
    html += "x<br>y <script>alert(1)</script> <!-- c --> &lt;i&gt;"
    shown = text(made(html).body)
    for piece in ('<div onclick="x()">\n**a**\n</div>', "x<br>y", "<script>alert(1)</script>"):
        assert piece in shown
    assert "<!-- c --> <i>" in shown


def test_links_and_images_are_those_that_the_page_has():
    markdown = (
        "[a](https://a.example) [b](mailto:b@b.example) [c](javascript:alert(1)) "
        "[d](d.md) [e](#x)\n"
        "![f](http://evil.example/f.png) ![g](/etc/passwd) ![h](data:text/html,x)\n\n# x\n"
    )
    found = made(markdown)
    assert sorted(set(found.targets)) == ["https://a.example", "mailto:b@b.example"]
    assert [h.get(f"{W}anchor") for h in found.body.iter(f"{W}hyperlink")] == [None, None, "x"]
    assert not list(found.body.iter(f"{W}drawing"))
    assert text(found.body).split() == [*"abcdefg", "hx"]


def test_the_chart_stands_in_the_document_with_its_alternative_text():
    png = chart(ACCOUNTS, "png")
    found = made(
        "![The *chart*.](<a b.svg>)\n\n![no picture](a.svg)", **{"a b.svg": png, "a.svg": b"<svg/>"}
    )
    (picture,) = found.body.iter(PICTURE)
    assert picture.get("descr") == "The chart."
    media = [name for name in found.file.namelist() if name.startswith("word/media/")]
    assert [found.file.read(name) for name in media] == [png]
    assert "no picture" in text(found.body)


def test_the_paper_is_a4_and_no_row_is_split():
    found = made((FOLDER / "2024-05-03.md").read_text("utf-8"))
    (size,) = found.body.iter(f"{W}pgSz")
    assert (size.get(f"{W}w"), size.get(f"{W}h")) == ("11906", "16838")
    rows = list(found.body.iter(f"{W}tr"))
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    assert len(rows) > 40


@pytest.mark.parametrize(
    ("rows", "least"),
    [
        ([["a", "b"], ["c", "d"]], [5, 5]),
        ([["a", "long " * 60]], [5, 103]),
        ([["2024-05-03T09:43:02-05:00", "a " * 99, "Length"]], [29, 10, 10]),
        ([["2024-05-03T09:43:02-05:00"] * 4 + ["Length"]], [16, 16, 16, 16, 10]),
        ([["x" * 300] * 9], [12] * 9),
        ([["", ""]], [4, 4]),
    ],
)
def test_columns_get_the_room_that_their_text_needs(rows, least):
    found = widths(rows)
    assert len(found) == len(rows[0])
    assert sum(found) <= 1.001
    for width, wanted in zip(found, least, strict=True):
        assert width * ROOM >= wanted - 0.1


def built(label: str) -> tuple[object, ...]:
    incident = replace(labelled(label), id=label.strip() or "i")
    return made(render(incident, charts=("chart.svg",))).build


def test_hostile_labels_change_only_the_text_of_the_document():
    benign = built("a plain word")
    with ThreadPoolExecutor(2) as several:
        for label, found in zip(HOSTILE, several.map(built, HOSTILE), strict=True):
            assert found == benign, label


def test_any_odd_markdown_gives_a_whole_document():
    for markdown in (
        "",
        "\x00\ud800\ufffe",
        "| a |\n| - |",
        "[^a]: x",
        "> - # [^a]\n\n[^a]:",
        "a\rb",
    ):
        made(markdown)


def test_what_is_nested_too_deeply_is_refused_in_words():
    with pytest.raises(FormatUnavailable, match="nested too deeply"):
        document("- " * 2000 + "x")


def test_a_draft_that_takes_too_much_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(word, "_MEMORY", "16m")
    with pytest.raises(FormatUnavailable, match="pandoc could not make a Word document"):
        document("x " * 1_000_000)
    monkeypatch.setattr(word, "_SECONDS", 0.001)
    with pytest.raises(FormatUnavailable, match="took more than"):
        document("x")


@pytest.mark.parametrize("missing", ["the package", "the program"])
def test_what_to_install_is_said(monkeypatch, missing):
    def nowhere():
        raise OSError("No pandoc was found")

    with_path = SimpleNamespace(get_pandoc_path=nowhere)
    monkeypatch.setitem(sys.modules, "pypandoc", None if missing == "the package" else with_path)
    word._program.cache_clear()
    with pytest.raises(FormatUnavailable, match=re.escape("pip install outage-window[docx]")):
        document("# x")
