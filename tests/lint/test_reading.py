# What is in sight: code, comments and quotations hide words; what is never closed hides nothing.
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.blocks import drafted, fresh, write
from reports.lint import lint
from reports.lint.layout import layout
from reports.lint.reading import FILLER, read

FENCE = "this code fence is never closed"
COMMENT = "this comment is never closed"
BLAME = "The operator forgot to look."
PIECES = [
    "`",
    "``",
    "```",
    "~~~",
    "<!--",
    "-->",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "    ",
    "|",
    "TODO: x",
    "\\",
]


def found(text: str, check: str) -> list[int]:
    """The lines where a check finds something; that no first line of a draft is there, is known."""
    return [
        one.line for one in lint(text) if one.check == check and "first line" not in one.message
    ]


@pytest.mark.parametrize(
    "code",
    [
        "```\n{}\n```",
        "```text\n{}\n```",
        "~~~\n{}\n```\n~~~",
        "````\n```\n{}\n````",
        "- one\n  ```\n  {}\n  ```",
        "1. ```\n   {}\n   ```",
        "> ```\n> {}\n> ```",
        "`{}`",
        "``a ` b {}``",
        "`a\n{}`",
        "text before\n\n    {}\n\n    and more",
    ],
)
def test_code_is_no_text(code: str) -> None:
    assert found(code.format("TODO: more"), "todo") == []
    assert found(code.format(BLAME), "blame") == []
    assert found(code.format("[^nothing]"), "reference") == []


@pytest.mark.parametrize(
    "text",
    [
        "`a` {} `b`",
        r"\`{}\`",
        "`a\n\n{}`",
        "`a\n- {}`",
        "`` a {} `",
        "- one\n\n    {}",
        "one\n    {}",
        "```a```b\n{}\n```\nc\n```",
        "[^a]: one\n\n    {}\n\n[^a]",
    ],
)
def test_what_is_no_code_is_text(text: str) -> None:
    assert len(found(text.format("TODO: more"), "todo")) == 1
    assert len(found(text.format(BLAME), "blame")) == 1


@pytest.mark.parametrize("text", ["<!-- {} -->", "<!--\n\n{}\n-->", "words <!-- {} --> words"])
def test_a_comment_is_not_shown_but_may_hold_a_blank(text: str) -> None:
    assert len(found(text.format("TODO: more"), "todo")) == 1
    assert found(text.format(BLAME), "blame") == []
    assert found(text.format("[^nothing]"), "reference") == []
    assert len(found(f"{text.format('x')} {BLAME}\n", "blame")) == 1


@pytest.mark.parametrize(
    "text",
    ["> {}", ">{}", "> words\n{}", "- > {}", "> words\n> and {}", "  > {}", "> - words\n> - {}"],
)
def test_a_quotation_blames_nobody_but_may_hold_a_blank(text: str) -> None:
    assert found(text.format(BLAME), "blame") == []
    assert len(found(text.format("TODO: more"), "todo")) == 1


@pytest.mark.parametrize("text", ["> words\n\n{}", "> words\n- {}", "> words\n# {}", "5 > 4, {}"])
def test_a_quotation_ends_where_something_else_begins(text: str) -> None:
    assert len(found(text.format(BLAME), "blame")) == 1


@pytest.mark.parametrize(
    ("opened", "message"),
    [("```", FENCE), ("~~~~\n~~~", FENCE), ("```a\n```b", FENCE), ("<!--", COMMENT)],
)
def test_what_is_never_closed_is_named_and_hides_nothing(opened: str, message: str) -> None:
    text = f"# Title\n\n{opened}\n\nTODO: more\n\n{BLAME}\n"
    assert len(found(text, "todo")) == 1
    assert len(found(text, "blame")) == 1
    assert next(one.line for one in lint(text) if one.message.startswith(message)) == 3


def test_a_fence_ends_before_the_next_block_at_the_latest() -> None:
    block = fresh("inputs", "```text\noutage-window draft auth\n```")
    text = drafted("auth", "default", write(["```\nTODO: more\n\n", block, "\nTODO: and more\n"]))
    assert [one.message[:31] for one in lint(text) if one.check == "reference"] == [FENCE]
    assert len(found(text, "todo")) == 2


def test_words_meet_over_line_ends_but_not_over_paragraphs() -> None:
    for between in ("\n", "\n  ", " ** ", "\t", "\xa0", "\n> "):
        text = f"> human{between}error" if between == "\n> " else f"It was human{between}error."
        assert len(found(text, "blame")) == (between != "\n> ")
    for between in ("\n\n", "\n- ", "\n# ", " | ", ". "):
        assert found(f"It was human{between}error.", "blame") == []


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_every_view_has_the_places_of_the_draft(text: str) -> None:
    seen = read(layout(text))
    for view in (seen.unfenced, seen.plain, seen.shown):
        assert len(view) == len(text)
        assert all(a in (b, FILLER) for a, b in zip(view, text, strict=True))
    assert len(seen.prose) == len(text)
    for start, end in seen.chunks:
        assert 0 <= start <= end <= len(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_line_ends_make_no_difference(text: str) -> None:
    unix = lint(text)
    assert lint(text.replace("\n", "\r\n")) == unix
    assert lint(text.replace("\n", "\r")) == unix
    assert lint("\ufeff" + text) == unix
