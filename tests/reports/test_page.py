# The page: one file that shows the whole draft, asks for nothing, and obeys no label.
from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.draft import render
from reports.escape import code, fenced, markdown
from reports.page import page

from .golden import FOLDER, GOLDEN
from .markdown import parse
from .test_draft import HOSTILE, SECTIONS, labelled

PNG = b"\x89PNG\r\n\x1a\nand so on"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'

HOSTILE = (
    *HOSTILE,
    "<img src=x onerror=alert(1)>",
    "<img src='http://127.0.0.1/x.png'>",
    "[x](javascript:alert(1)) <javascript:alert(1)> [x]: javascript:alert(1)",
    "![x](//evil.example/x.png) ![x](data:text/html,<script>alert(1)</script>)",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "--><script>alert(1)</script><!--",
    "]]><svg onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "<!-- end impact -->",
    "<!-- end inputs -->",
    "<!-- begin title 62fc0ca05cd28e1c -->",
    "x\n\n<!-- end timeline -->\n\n# Forged\n\n<!-- begin timeline 62fc0ca05cd28e1c -->\n",
    "[^x]: forged footnote",
    "x[^start] ^[inline] [^start]: other",
    "a | b |\n| --- | --- |\n",
    "= HYPERLINK(1)",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "&#106;avascript&colon;alert(1)",
    "chart.svg",
    "\U000e0041\u2028\ufff9\ufffe\x00",
)
"""Those of the draft, and more of those that would act in a browser."""

NONE: set[str] = set()
NAMED = {"id"}
ALLOWED = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "li"), NAMED),
    **dict.fromkeys(("head", "title", "style", "body", "main", "p", "ul", "blockquote"), NONE),
    **dict.fromkeys(("hr", "br", "em", "strong", "s", "code", "pre", "sup", "mark", "time"), NONE),
    **dict.fromkeys(("thead", "tbody", "tr", "picture"), NONE),
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "ol": {"start"},
    "a": {"href", "rel", "id", "class", "aria-label"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "section": {"class", "aria-label"},
    "table": {"class"},
    "th": {"class", "scope"},
    "td": {"class"},
    "img": {"src", "alt"},
    "source": {"media", "srcset"},
}
VOID = {"meta", "hr", "br", "img", "source"}
BLOCKS = {"p", "ul", "ol", "li", "div", "table", "pre", "blockquote", "hr", "section", "h1", "h2"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, *tags: str) -> list[Element]:
        """Those of these tags inside, in their order; without tags, every one."""
        inside = [c for c in self.children if isinstance(c, Element)]
        return [
            found
            for child in inside
            for found in [*([child] if not tags or child.tag in tags else []), *child.all(*tags)]
        ]

    def without(self, *tags: str) -> str:
        """The text, but for what stands in elements of these tags."""
        parts = [
            c if isinstance(c, str) else c.without(*tags)
            for c in self.children
            if isinstance(c, str) or c.tag not in tags
        ]
        return "".join(parts)


class Reader(HTMLParser):
    """A parser that forgives nothing: each tag is closed where it has to be, and known."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {}, None)

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        assert len(dict(attrs)) == len(attrs), attrs
        assert set(dict(attrs)) <= ALLOWED[tag], (tag, attrs)
        above = self.above()
        assert not (tag == "a" and "a" in above), "a link in a link"
        assert not (tag in BLOCKS and {"p", "a", "code"} & set(above)), (tag, above)
        element = Element(tag, {k: v or "" for k, v in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag):
        assert tag == self.at.tag, f"</{tag}> ends <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data):
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")

    def above(self) -> list[str]:
        tags, at = [], self.at
        while at.parent is not None:
            tags.append(at.tag)
            at = at.parent
        return tags


def read(html: str, *pictures: bytes) -> Element:
    """The elements of a page, once nothing in it can act, load or leave."""
    html.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", html)
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root
    every = reader.root.all()
    ids = [e.attributes["id"] for e in every if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    assert all(ids)
    for element in every:
        href = element.attributes.get("href")
        if href is not None:
            assert re.match(r"(https?://|mailto:|#)", href), href
            assert not href.startswith("#fn") or href[1:] in ids
        for name in ("src", "srcset"):
            if name in element.attributes:
                kind, _, data = element.attributes[name].partition(";base64,")
                assert kind in ("data:image/png", "data:image/svg+xml")
                assert base64.b64decode(data, validate=True) in pictures
    assert len(reader.root.all("style")) == 1
    return reader.root


def body(markdown: str, **pictures: bytes) -> Element:
    (main,) = read(page(markdown, pictures=pictures), *pictures.values()).all("main")
    return main


@pytest.mark.parametrize("name", GOLDEN)
def test_the_page_shows_all_that_the_draft_says(name):
    markdown = (FOLDER / f"{name}.md").read_text("utf-8")
    incident = GOLDEN[name]
    curve = {f"{incident.id}.svg": SVG} if incident.curve else {}
    root = read(page(markdown, pictures=curve), SVG)
    said = parse(markdown)
    (title,) = root.all("title")
    assert title.text == said.headings[0][1]
    headings = [(h.tag, h.text) for h in root.all("h1", "h2", "h3", "h4")]
    assert headings == said.headings
    assert headings[1:] == SECTIONS
    tables = [
        [[cell.without("sup") for cell in row.all("td", "th")] for row in table.all("tr")]
        for table in root.all("table")
    ]
    assert tables == said.tables
    assert len(root.all("img")) == len(curve)
    shown = root.all("main")[0].without("sup")
    for line in said.text.splitlines():
        assert line in shown
    assert "<!--" not in shown
    notes = root.all("section")[0].all("li")
    assert len(notes) == len(re.findall(r"^\[\^\w+\]:", markdown, re.MULTILINE))


def test_the_same_draft_gives_the_same_bytes_in_any_process():
    code = (
        "import sys; from pathlib import Path; from reports.page import page;"
        f"text = Path({str(FOLDER / '2024-01-22.md')!r}).read_text('utf-8');"
        "sys.stdout.buffer.write(page(text).encode())"
    )
    env = {"PYTHONHASHSEED": "271", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    markdown = (FOLDER / "2024-01-22.md").read_text("utf-8")
    assert done.stdout.decode() == page(markdown) == page(markdown.replace("\n", "\r\n"))


def test_the_head_allows_nothing_but_the_one_style_and_pictures_inside():
    html = page("# x")
    root = read(html)
    metas = [m.attributes for m in root.all("meta")]
    policy = next(m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")
    (style,) = root.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert metas[0] == {"charset": "utf-8"}
    assert {"name": "referrer", "content": "no-referrer"} in metas
    assert {"name": "color-scheme", "content": "light dark"} in metas
    assert root.all("html")[0].attributes == {"lang": "en"}
    assert html.index("Security-Policy") < html.index("<title>")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert "<" not in style.text


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        ("# A & *b* `c`", "A & b c"),
        ("text\n\n## Second\n\n# First", "Second"),
        ("# a[^1]\n\n[^1]: n", "a"),
        ("two\nlines\n===", "two lines"),
        ("# ![alt](x.svg) y", "alt y"),
        ("no heading", "Draft"),
        ("#", "Draft"),
        ("", "Draft"),
        ("# </title><script>", "</title><script>"),
    ],
)
def test_the_title_is_the_text_of_the_first_heading(markdown, title):
    assert read(page(markdown)).all("title")[0].text == title


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Root cause", "root-cause"),
        ("What does *not* fit?", "what-does-not-fit"),
        ("A  b - c_d", "a-b---c_d"),
        ("`code` & more", "code--more"),
        ("Ωμέγα 数据 e\u0301", "ωμέγα-数据-e\u0301"),
        ("1.2 Items", "12-items"),
        ("fn:1", "fn1"),
    ],
)
def test_headings_have_ids_by_githubs_rule(heading, slug):
    assert body(f"## {heading}").all("h2")[0].attributes == {"id": slug}


def test_headings_of_the_same_text_have_ids_of_their_own():
    found = body("# a\n\n# a\n\n# a-1\n\n# a\n\n# !").all("h1")
    assert [h.attributes.get("id") for h in found] == ["a", "a-1", "a-1-1", "a-2", None]


@pytest.mark.parametrize(
    "url",
    ["https://a.example/b?c=d&e=f#g", "http://a.example", "mailto:a@b.example", "#root-cause"],
)
def test_links_that_people_expect_stay(url):
    (link,) = body(f"[text]({url})").all("a")
    assert link.text == "text"
    assert link.attributes == {"href": url, "rel": "noopener noreferrer"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "&#106;avascript:alert(1)", "java\\script:x",
        "<java script:alert(1)>", "vbscript:x", "data:text/html,x", "data:image/png;base64,AAAA",
        "file:///etc/passwd", "//evil.example", "/x", "x.md", "https:x", "https:/x", "ftp://x",
        "tel:1", "", "%68ttps://x", "http://", "#",
    ],
)  # fmt: skip
def test_every_other_link_is_its_text(url):
    found = body(f"[text]({url})")
    assert found.all("a") == []
    assert found.text.strip() == "text"


def test_an_address_is_no_link_unless_made_one():
    found = body("https://a.example www.a.example a@b.example <https://c.example> <d@e.example>")
    assert [a.attributes["href"] for a in found.all("a")] == [
        "https://c.example",
        "mailto:d@e.example",
    ]


def test_a_picture_that_was_given_stands_in_the_page():
    (image,) = body("![The *chart*.](<a b.svg>)", **{"a b.svg": SVG}).all("img")
    assert image.attributes["alt"] == "The chart."
    assert image.attributes["src"].startswith("data:image/svg+xml;base64,")
    assert body("![x](a%20b.svg)", **{"a b.svg": SVG}).all("img")
    (image,) = body("![x](c.png)", **{"c.png": PNG}).all("img")
    assert image.attributes["src"].startswith("data:image/png;base64,")


def test_a_dark_screen_gets_the_dark_picture_and_paper_the_light_one():
    found = body("![x](c.svg)", **{"c.svg": SVG, "c.dark.svg": SVG + b" "})
    (source,) = found.all("source")
    assert source.attributes["media"] == "screen and (prefers-color-scheme: dark)"
    assert base64.b64decode(source.attributes["srcset"].partition(",")[2]) == SVG + b" "
    assert base64.b64decode(found.all("img")[0].attributes["src"].partition(",")[2]) == SVG
    assert body("![x](c.svg)", **{"c.svg": SVG}).all("source") == []


@pytest.mark.parametrize(
    "url", ["http://evil.example/x.svg", "x.svg", "../c.svg", "data:image/png;base64,AAAA", "c.exe"]
)
def test_every_other_image_is_its_text(url):
    found = body(f"before ![what *it* shows]({url}) after", **{"c.svg": SVG, "c.exe": b"MZ"})
    assert found.all("img") == []
    assert found.text.strip() == "before what it shows after"


def test_questions_of_people_stand_out_and_read_as_before():
    markdown = (
        "- TODO(owner?): Why? TODO(owner?)\n\n`TODO(owner?)`\n\n| a |\n| - |\n| TODO(owner?) |"
    )
    found = body(markdown)
    assert [mark.text for mark in found.all("mark")] == ["TODO(owner?)"] * 3
    assert found.all("li")[0].text == "TODO(owner?): Why? TODO(owner?)"
    assert found.all("code")[0].text == "TODO(owner?)"


def test_a_label_cannot_pass_for_a_question():
    root = read(page(render(labelled("TODO(owner?): pay me"))))
    marked = len(root.all("mark"))
    assert marked == len(read(page(render(labelled("a plain word")))).all("mark")) > 10
    assert root.text.count("TODO(owner?)") > marked


def test_what_people_wrote_between_broken_marks_is_theirs():
    begin = "<!-- begin a 62fc0ca05cd28e1c -->"
    question = "\n\nTODO(owner?)\n\n"
    end = "<!-- end a -->"
    assert not body(f"{begin}{question}{end}").all("mark")
    for broken in (f"{begin}{question}", f"{question}{end}", f"{begin}\n{begin}\n{end}{question}"):
        found = body(broken)
        assert len(found.all("mark")) == 1
        assert "<!--" not in found.text
    assert body(f"<!-- begin b 62fc0ca05cd28e1c -->{question}{end}").all("mark")


def test_a_mark_keeps_lists_apart_and_is_not_seen():
    found = body("- a\n\n<!-- end x -->\n\n- b\n<!-- end y -->\ntext\n<!-- end z -->\nmore")
    assert [u.text.split() for u in found.all("ul")] == [["a"], ["b"]]
    assert [p.text for p in found.all("p")] == ["text", "more"]
    shown = body("```\n<!-- end x -->\n```\n\n    <!-- end x -->\n\nin a line <!-- end x -->\n")
    assert shown.text.count("<!-- end x -->") == 3


def test_html_of_people_is_shown_as_text():
    html = (
        '<div onclick="x()"><b>a</b></div>\n\n<script>alert(1)</script>\n\nx<br>&lt;i&gt;<!-- c -->'
    )
    found = body(html)
    assert {e.tag for e in found.all()} == {"p"}
    for piece in ('<div onclick="x()"><b>a</b></div>', "<script>alert(1)</script>", "<!-- c -->"):
        assert piece in found.text
    assert "x<br><i>" in found.text


def test_footnotes_are_numbered_and_lead_there_and_back():
    found = body(
        "b[^b] a[^a] b[^b]\n\n[^a]: first *note*\n\n    more\n\n[^b]: second\n[^c]: unused"
    )
    marks = [s.all("a")[0] for s in found.all("p")[0].all("sup")]
    assert [m.text for m in marks] == ["1", "2", "1"]
    assert [m.attributes["href"] for m in marks] == ["#fn:1", "#fn:2", "#fn:1"]
    notes = found.all("section")[0].all("li")
    assert [n.attributes["id"] for n in notes] == ["fn:1", "fn:2"]
    assert "second" in notes[0].text
    assert [p.without("a").strip() for p in notes[1].all("p")] == ["first note", "more"]
    back = [a.attributes["href"] for a in found.all("section")[0].all("a")]
    assert back == ["#fnref:1:1", "#fnref:1:2", "#fnref:2:1"]
    assert "unused" not in found.text


def test_odd_footnotes_do_no_harm():
    found = body("![a[^1]](x.svg) [l [^2]](https://a.example) *[^2]*\n\n[^1]: n\n\n[^2]: m[^2]")
    assert "n" in found.all("section")[0].text
    found = body("x[^1]\n\n[^1]: a\n\n    > [^2]: inner\n\n    - [^1]: again\n\nout")
    assert "[^2]: inner" in found.text
    assert "out" in found.text
    assert body("^[inline] [^none]\n\n[^y]: unused").text.strip() == "^[inline] [^none]"


def test_a_time_stays_in_one_piece_and_a_wide_table_scrolls():
    found = body("| a | b |\n| :-: | --: |\n| 2024-01-22T15:30:01Z | " + "x" * 40 + " |")
    assert [t.text for t in found.all("time")] == ["2024-01-22T15:30:01Z"]
    (wide,) = found.all("div")
    assert wide.attributes["class"] == "wide"
    assert [c.attributes["class"] for c in found.all("td", "th")] == [
        "center short", "right short", "center short", "right long",
    ]  # fmt: skip
    times = "2024-01-22T15:30Z, 2024-01-22T15:30:01.5+02:00, 2024-01-22"
    assert [t.text for t in body(times).all("time")] == times.split(", ")[:2]


def structure(element: Element) -> list[tuple[str, list[str], str]]:
    """Elements, their attributes and classes; two classes tell how long a cell's text is."""
    return [
        (
            e.tag,
            sorted(set(e.attributes) - {"class"}),
            " ".join(sorted({*e.attributes.get("class", "").split()} - {"short", "long"})),
        )
        for e in element.all()
    ]


def of_label(text: str) -> list[tuple[str, list[str], str]]:
    incident = replace(labelled(text), id=text.strip() or "i")
    markdown = render(incident, charts=("chart.svg",))
    pictures = {"chart.svg": SVG, "chart.dark.svg": SVG}
    return structure(read(page(markdown, pictures=pictures), SVG))


@pytest.fixture(scope="module")
def benign() -> list[tuple[str, list[str], str]]:
    return of_label("a plain word")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_change_only_the_text_of_the_page(benign, text):
    assert of_label(text) == benign


def small(text: str) -> list[tuple[str, list[str], str]]:
    """A draft in small: the label in every kind of place where templates put one."""
    word = markdown(text)
    return structure(
        body(
            f"# Of {word}\n\n- {word}: x\n\n{word} and **so {word}** x[^n]\n\n"
            f"| a | b |\n| --- | --- |\n| {word} | x {word} |\n\n{fenced(text)}\n\n"
            f"[^n]: {word}; {code(text + 'x')}"
        )
    )


@settings(max_examples=100)
@given(st.text(st.sampled_from("#|`*_[]()<>&!\\~-+=:. \n\t1ax{}%$\"'^"), min_size=1, max_size=24))
def test_no_label_changes_more_than_the_text_of_the_page(text):
    assert small(f"x{text}") == small(f"{text}x") == small("a plain word")


PIECES = st.sampled_from(
    [
        "\n", "\n\n", "    ", "  ", "\t", "- ", "1. ", "> ", "# ", "---\n", "```", "`", "~~~", "~~",
        "| a | b |\n| - | :-: |\n", "|", "*", "**", "_", "[", "]", "(", ")", "![", "<", ">", "\\",
        "[^a]", "[^b]", "[^a]: ", "[^b]: ", "^[", "[a]: ", "[a]", "](x.svg)", "](https://a.b)",
        "](javascript:x)", "<script>", "</p>", "<a href='x'>", "<!--", "-->", "&lt;", "&#0;",
        "text", "<!-- end impact -->", "\n<!-- end impact -->\n", "TODO(owner?)",
        "2024-01-22T15:30:01Z",
        "\n<!-- begin impact 62fc0ca05cd28e1c -->\n", "https://a.b", "\x00", "\ud800", "\r", "é",
    ]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_markdown_gives_a_page_of_whole_and_passive_elements(markdown):
    read(page(markdown, pictures={"x.svg": SVG}), SVG)


@settings(max_examples=100)
@given(st.text())
def test_any_text_gives_a_page_of_whole_and_passive_elements(text):
    read(page(text))


def test_deep_nesting_and_long_runs_end():
    for text in ("![" * 900 + "](x)" * 900, "[^a]" * 900 + "\n\n[^a]: x", "> " * 900, "*" * 9000):
        read(page(text))
