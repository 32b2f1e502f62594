# Marks, footnotes, links and suggestions: what leads nowhere is told, and nothing else is.
from __future__ import annotations

import pytest

from reports.blocks import drafted, fresh, write
from reports.lint import lint
from reports.redraft import redraft

NOTES = "[^hit]: Share of users hit: 45.0 % (exact); measured; distinct users"


def made(impact: str = "much", notes: str = NOTES) -> str:
    blocks = [fresh("impact", impact), "\n", fresh("footnotes", notes)]
    return drafted("auth-1", "default", write(["# Title\n\n", *blocks]))


DRAFT = made()


def said(text: str, files: tuple[str, ...] = ()) -> list[str]:
    found = lint(f"{DRAFT}\n{text}\n", lambda path: path in files)
    return [one.message for one in found if one.check == "reference"]


@pytest.mark.parametrize(
    "text",
    [
        "45.0 %[^hit]", "45.0 %[^HIT]", r"x\[^none]", "`[^none]`", "[^a-z]", "[^0-9]+", "[^/]",
        "[^]", "[^my note]", "words[^mine]\n\n[^mine]: a note of mine", "> [^hit]",
        "[^mine]: words, and [^hit]",
    ],
)  # fmt: skip
def test_marks_with_a_footnote_and_what_is_no_mark(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize("text", ["44 %[^none]", "| a[^none] |", "# A[^none]", "a [^none]: b"])
def test_a_mark_without_a_footnote(text: str) -> None:
    assert said(text) == ["no footnote none: take the mark out, or add the footnote"]


def test_each_mark_without_a_footnote_is_told_where_it_stands() -> None:
    found = [one for one in lint("a[^x] b[^x]\n\nc[^x]") if one.severity == "error"]
    assert [(one.line, one.column, one.text) for one in found] == [
        (1, 2, "[^x]"),
        (1, 8, "[^x]"),
        (3, 2, "[^x]"),
    ]


def test_a_footnote_that_is_defined_twice_is_told_at_the_second() -> None:
    assert said("[^hit]: again") == ["footnote hit is defined twice: keep one of the two"]
    assert (
        said("[^a]: one\n\n[^a]: two\n\n[^A]: three\n")
        == ["footnote a is defined twice: keep one of the two"] * 2
    )


@pytest.mark.parametrize(
    "text",
    [
        "![](a.png)", "[a](a.png)", "[a](<a.png>)", '[a](a.png "title")', "[a]( a.png )",
        "[a](./b/c.md)", "[a](b%20c.md)", "[a](<b c.md>)", "[a](a.png#part)", "[a](a.png?raw=1)",
        "[a](a_\\(1\\).png)", "[a](a_(1).png)", "[![x](a.png)](a.png)", "[a]: a.png",
        '<img src="a.png" alt="x">', "<a href='a.png'>x</a>", "[a](\na.png)",
        # of these nobody knows
        "[a](https://example.org/x.png)", "[a](mailto:a@example.org)", "[a](//example.org/x)",
        "[a](/from/the/root.md)", "[a](#part)", "[a]()", "[a](<>)", "[a]: https://example.org",
        # and these are no links
        r"\[a](x.png)", r"[a\](x.png)", "`[a](x.png)`", "a](x.png)", "[a] (x.png)",
        "[1](see below)",
        "<!-- [a](x.png) -->", "```\n[a](x.png)\n```", "[Note]: the rollback began", "f(x)[1](y z)",
    ],
)  # fmt: skip
def test_links_that_lead_somewhere_and_what_is_none(text: str) -> None:
    files = ("a.png", "./b/c.md", "b c.md", "a_(1).png")
    assert said(text, files) == []


@pytest.mark.parametrize(
    ("text", "file", "column"),
    [
        ("![chart](<none.svg>)", "none.svg", 1),
        ("see [a](none.md#part)", "none.md", 5),
        ("[![x](none.png)](https://example.org)", "none.png", 2),
        ("a [b [c](none.md) d](https://example.org)", "none.md", 6),
        ('[a](none.md "title")', "none.md", 1),
        ("[a]: none.md", "none.md", 1),
        ('<img alt="x" src="none.png">', "none.png", 1),
        ("[a](../none.md)", "../none.md", 1),
        ("[a](n%C3%B6ne.md)", "nöne.md", 1),
        ("[a](none&amp;more.md)", "none&more.md", 1),
    ],
)
def test_a_link_without_its_file(text: str, file: str, column: int) -> None:
    found = [
        one for one in lint(f"{DRAFT}\n{text}", lambda path: False) if one.check == "reference"
    ]
    assert [one.message for one in found] == [
        f"no file {file} beside the draft: put it there, or mend the link"
    ]
    assert found[0].column == column
    assert found[0].text.startswith(text[column - 1 : column + 6])


def test_files_are_asked_for_once_and_not_at_all_without_a_folder() -> None:
    asked: list[str] = []
    text = f"{DRAFT}\n[a](none.md) [b](none.md)\n"
    assert len(lint(text, lambda path: asked.append(path) is not None)) == 2
    assert asked == ["none.md"]
    assert lint(text) == ()


def test_a_picture_of_the_programs_own_is_missed_too() -> None:
    text = made("![Error ratio.](<auth-1.svg>)")
    assert [one.check for one in lint(text, lambda path: False)] == ["reference"]
    assert lint(text, lambda path: path == "auth-1.svg") == ()


def test_an_open_suggestion_is_told_and_nothing_of_it_twice() -> None:
    mine = DRAFT.replace("much", "much, 45.0 %[^hit] of users, as we say")
    later = made("more[^more]", f"{NOTES}\n\n[^more]: Users hit: 7 (exact); measured; distinct")
    [one] = lint(redraft(mine, later))
    assert one.check == "suggestion"
    assert one.message.startswith("new data change block impact: take over what is right")
    assert one.text == "more[^more]"
    settled = redraft(mine, later, take=["impact"])
    assert lint(settled) == ()


def test_a_suggestion_for_the_footnotes_defines_nothing_twice() -> None:
    mine = DRAFT.replace("45.0 %", "45.1 %")
    later = made(notes=f"{NOTES}\n\n[^more]: Users hit: 7 (exact); measured; distinct")
    assert [one.check for one in lint(redraft(mine, later))] == ["number", "suggestion"]
