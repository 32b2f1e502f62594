# Blanks and contradictions: what is open, what is not, and what counts as an answer.
from __future__ import annotations

import pytest

from reports.blocks import drafted, fresh, write
from reports.draft import render
from reports.lint import lint
from tests.reports.incidents import ACCOUNTS, SESSIONS

QUESTION = "- TODO(owner?): no-alert: Why was there no alert, and which one shall there be?\n"


def places(text: str) -> list[tuple[int, int]]:
    return [(one.line, one.column) for one in lint(text) if one.check == "todo"]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("TODO(owner?): What ended it?", 1),
        ("- TODO(owner?): What ended it?", 3),
        ("1. TODO(owner?): And why was that so?", 4),
        ("- Authors: TODO(owner?): Which teams?", 12),
        ("> TODO(owner?): What ended it?", 3),
        ("**TODO(owner?):** What ended it?", 3),
        ("TODO: ask the network team", 1),
        ("We saw it (TODO: where?).", 12),
        ("TODO(network): ask", 1),
        ("TODO(network) ask", 1),
        ("TODO(ana, ben): ask", 1),
        ("TODO?: ask", 1),
        ("TODO", 1),
        ("- TODO", 3),
        ("- [ ] TODO", 7),
        ("  **TODO**  ", 5),
        ("TODO(owner?)", 1),
        ("| TODO | done |", 3),
        ("| done | TODO |", 10),
        ("| done | *TODO* |", 11),
        ("# TODO: a name", 3),
    ],
)
def test_an_open_blank_is_found_where_it_stands(text: str, column: int) -> None:
    assert places(f"# Title\n\n{text}\n\nmore\n") == [(3, column)]


@pytest.mark.parametrize(
    "text",
    [
        "Every blank for people reads TODO(owner?) with its question.",
        "The TODO list of the team is long.",
        "TODO items were moved to the tracker.",
        "MY_TODO: nothing",
        "`TODO(owner?):` marks a blank.",
        "The todo: nothing.",
        "TODO() has no name.",
        "TODOS: none",
        "| the TODO list | done |",
    ],
)
def test_what_only_speaks_of_blanks_is_none(text: str) -> None:
    assert places(f"# Title\n\n{text}\n") == []


def test_a_line_and_a_cell_have_one_finding_each() -> None:
    assert places("TODO: a, and TODO: b\n") == [(1, 1)]
    assert places("| TODO: a, TODO: b | done | TODO: c |\n") == [(1, 3), (1, 29)]
    assert places("| TODO: a \\| TODO: b | TODO: c |\n") == [(1, 3), (1, 24)]


def test_the_message_repeats_the_question() -> None:
    [one] = [one for one in lint("| x | TODO(owner?): Which team? | y |") if one.check == "todo"]
    assert one.message == "put the answer here: Which team?"
    assert one.text == "TODO(owner?): Which team?"
    [one] = [one for one in lint("- [ ] TODO") if one.check == "todo"]
    assert one.message == "fill this blank"


def test_in_the_programs_own_text_only_its_own_blanks_count() -> None:
    block = fresh("mine", "- label TODO: tidy up\n- TODO(owner?): asked by a template")
    text = drafted("auth", "own", write([block]))
    assert places(text) == [(6, 3)]
    assert places(text.replace("tidy", "clean")) == [(5, 9), (6, 3)]  # edited: people's


def test_a_suggestion_asks_nothing_twice() -> None:
    ours = fresh("mine", "- TODO(owner?): asked")
    theirs = fresh("mine.suggestion", "New:\n\n- TODO(owner?): asked")
    text = drafted("auth", "own", write([ours, theirs]))
    assert len(places(text)) == 1


def answer(said: str) -> list[str]:
    """What is open of the contradictions in a draft where their question became this."""
    text = render(ACCOUNTS)
    assert QUESTION in text
    return [
        one.text[:10] for one in lint(text.replace(QUESTION, said)) if one.check == "contradiction"
    ]


@pytest.mark.parametrize(
    "said",
    [
        "- no-alert: there was no rule for this ratio\n",
        "- `no-alert`: there was no rule\n",
        "- **no-alert:** there was no rule\n",
        "There was no rule, hence no-alert.\nWe add one.\n",
        "### no-alert\n\nThere was no rule.\n",
        "- no-alert:\n  there was no rule\n",
        "- no-alert:\n  - there was no rule\n",
        "- no-alert: 42\n",
        "| no-alert | there was no rule |\n",
        "> no-alert: there was no rule\n",
    ],
)
def test_an_answer_has_the_name_and_says_something(said: str) -> None:
    assert answer(said) == []


@pytest.mark.parametrize(
    "said",
    [
        QUESTION,
        "",
        "- There was no rule.\n",
        "- no-alert:\n",
        "- no-alert: ...\n\n",
        "- no-alert:\n- other: words\n",
        "- no-alert:\n- TODO: words\n",
        "- no-alerts: words\n",
        "- my-no-alert: words\n",
        "- no-alert: TODO: ask\n",
        "<!-- no-alert: words -->\n",
        "```\nno-alert: words\n```\n",
    ],
)
def test_all_else_leaves_it_open(said: str) -> None:
    assert answer(said) == ["`no-alert`"]


def test_an_answer_inside_an_edited_block_counts_but_not_the_head_of_the_thing() -> None:
    text = render(ACCOUNTS).replace(QUESTION, "")
    head = "- `no-alert`: No alert fired."
    assert head in text
    for said, left in ((f"{head} Edited.", 1), (f"- no-alert: no rule.\n{head}", 0)):
        found = [one for one in lint(text.replace(head, said)) if one.check == "contradiction"]
        assert len(found) == left


def test_a_name_that_another_begins_with_is_not_that_name() -> None:
    text = render(SESSIONS)
    names = [one.text.split("`")[1] for one in lint(text) if one.check == "contradiction"]
    assert "declared-start-differs" in names
    said = f"{text}\ndeclared-start-differs-not: words\n\nxdeclared-start-differs: words\n"
    assert [one.text.split("`")[1] for one in lint(said) if one.check == "contradiction"] == names


def test_a_contradiction_repeats_its_question() -> None:
    [one] = [one for one in lint(render(ACCOUNTS)) if one.check == "contradiction"]
    assert one.message == (
        "Why was there no alert, and which one shall there be? "
        "Answer in a line that begins with “no-alert:”"
    )
