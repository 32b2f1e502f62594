# Where blocks stand: as drafting again reads them, and every mark that marks nothing is named.
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.blocks import Block, Manifest, blocks, drafted, fresh, manifest, parse, write
from reports.draft import render
from reports.lint import lint
from reports.lint.layout import layout
from tests.reports.incidents import ACCOUNTS

BEGIN = "<!-- begin {} 0123456789abcdef -->"
FIRST = write([Manifest("auth-1", "default", ("impact", "odd"))]).strip("\n")
LINES = [
    "words",
    "",
    FIRST,
    FIRST.replace("blocks", "blocks more"),
    *(BEGIN.format(name) for name in ("impact", "odd", "impact.suggestion")),
    *(f"<!-- end {name} -->" for name in ("impact", "odd", "impact.suggestion")),
    "<!-- begin impact -->",
    "<!-- a note -->",
    "  <!-- end odd -->  ",
    "one\x0ctwo",
    "one\u2028<!-- end odd -->",
]
DRAFT = drafted(
    "auth-1", "default", write(["# Title\n\n", fresh("impact", "much"), "\n", fresh("odd", "- x")])
)
MARK = next(line for line in DRAFT.splitlines(keepends=True) if "begin impact" in line)


def said(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in lint(text) if one.check == "reference"]


@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join))
def test_blocks_are_those_that_drafting_again_reads(text: str) -> None:
    found, parts = layout(text), parse(text)
    assert [block for _, block in found.blocks] == list(blocks(parts))
    assert found.manifest == manifest(parts)
    people = "".join(text[one.start : one.end] for one in found.pieces if one.block is None)
    assert people == "".join(part for part in parts if isinstance(part, str))


@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join))
def test_the_pieces_stand_one_after_another_and_hold_what_they_say(text: str) -> None:
    at = 0
    for piece in layout(text).pieces:
        assert at <= piece.start <= piece.end <= len(text)
        at = piece.end
        if piece.block is not None:
            assert text[piece.start : piece.end].strip("\n") == piece.block.content
            assert text[piece.mark :].startswith(f"<!-- begin {piece.block.id} ")


def test_a_whole_draft_has_no_stray_mark() -> None:
    text = render(ACCOUNTS)
    found = layout(text)
    assert found.strays == ()
    assert [block for _, block in found.blocks] == [p for p in parse(text) if isinstance(p, Block)]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("<!-- end impact -->\n", "", 5, "block impact has no end mark: put <!-- end impact -->"),
        ("<!-- end odd -->\n", "", 11, "block odd has no end mark"),
        (MARK, "", 8, "block impact has an end mark and no begin mark: delete this one"),
        (MARK, "<!-- begin impact -->\n", 5, "this mark was altered: put it back, or delete both"),
        ("# Title", FIRST, 3, "this draft has a first line already: keep one draft in a file"),
        (" blocks impact", " blocks ", 1, "the first line of the draft was altered: put it back"),
        ("template default", "template", 1, "the first line of the draft was altered"),
    ],
)
def test_a_broken_mark_is_named_once(old: str, new: str, line: int, message: str) -> None:
    assert old in DRAFT
    [(at, says)] = said(DRAFT.replace(old, new))
    assert at == line
    assert says.startswith(message)


def test_the_end_of_another_block_inside_a_block_is_named_and_so_is_that_block() -> None:
    found = said(DRAFT.replace("much", "much\n<!-- end odd -->"))
    assert found[0] == (
        5,
        "other marks stand inside block impact: move them out, whole blocks at a time",
    )


def test_a_block_that_stands_twice_is_named_at_its_copy() -> None:
    copy = DRAFT[DRAFT.index("<!-- begin impact") : DRAFT.index("<!-- end impact -->") + 20]
    [(line, message)] = said(f"{DRAFT}\n{copy}")
    assert message.startswith("block impact stands twice, and only the first is brought up to date")
    assert DRAFT.count("\n") + 2 == line


def test_a_block_of_two_that_are_nested_is_still_a_block() -> None:
    inner = "much\n\n" + write([fresh("inner", "more")])
    text = DRAFT.replace("much", inner.strip("\n"))
    [(line, message)] = said(text)
    assert (line, message[:38]) == (5, "other marks stand inside block impact:")
    assert layout(text).block("inner") is not None


def test_without_a_first_line_it_is_a_warning_and_all_else_is_looked_at() -> None:
    found = lint("# Notes\n\nTODO: more\n\nThe cause was human error.\n")
    assert [(one.check, one.severity, one.line) for one in found] == [
        ("reference", "warning", 1),
        ("todo", "error", 3),
        ("blame", "warning", 5),
    ]


def test_a_block_that_people_deleted_is_gone_for_good_and_not_missed() -> None:
    begin = DRAFT.index("<!-- begin impact")
    assert said(DRAFT[:begin] + DRAFT[DRAFT.index("<!-- begin odd") :]) == []


def test_a_comment_that_only_looks_like_a_mark_is_none() -> None:
    assert said(f"{DRAFT}\n<!-- begin of my notes -->\n<!-- end -->\n<!-- begin later -->\n") == []
