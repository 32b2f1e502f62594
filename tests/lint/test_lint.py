"""Lint: a fresh draft has its questions open and nothing else; an answered one has nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_window.cli.lint import command
from outage_window.errors import InputError
from reports.blocks import Block, parse
from reports.draft import TEMPLATES, render
from reports.lint import CHECKS, lint
from reports.redraft import redraft
from tests.reports.incidents import ACCOUNTS, BLIND, CONFIG, DECLARED, ONGOING, REFERENCES, SESSIONS

ROOT = Path(__file__).parents[2]
KINDS = [*REFERENCES.values(), BLIND, DECLARED, ONGOING]


def checks(text, exists=None):
    return [found.check for found in lint(text, exists)]


def answered(text):
    """The draft with every question answered."""
    text = re.sub(r"TODO\(owner\?\): ([a-z]+(?:-[a-z]+)+): [^|\n]*", r"\1: looked into", text)
    return re.sub(r"TODO\(owner\?\): [^|\n]*?(?= \||\n)", "done", text)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("incident", KINDS, ids=lambda one: f"{one.id} {one.state}")
def test_a_fresh_draft_has_its_questions_open_and_nothing_else(template, incident):
    text = render(incident, template, charts=("c.svg",))
    found = lint(text, lambda path: path == "c.svg")
    asked = len(re.findall(r"^- `[a-z-]+`: ", text, re.MULTILINE))
    assert sorted(one.check for one in found) == sorted(
        ["todo"] * text.count("TODO(owner?): ") + ["contradiction"] * asked
    )


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("incident", KINDS, ids=lambda one: f"{one.id} {one.state}")
def test_an_answered_draft_has_nothing_open(template, incident):
    assert lint(answered(render(incident, template))) == ()


@pytest.mark.parametrize("template", TEMPLATES)
def test_so_it_is_with_several_incidents_in_one_draft(template):
    text = render([CONFIG, ACCOUNTS, SESSIONS], template, charts=("a.svg", None, "b.svg"))
    found = lint(text, lambda path: path in ("a.svg", "b.svg"))
    asked = len(re.findall(r"^- `[a-z-]+` \(", text, re.MULTILINE))
    assert sorted(one.check for one in found) == sorted(
        ["todo"] * text.count("TODO(owner?): ") + ["contradiction"] * asked
    )
    assert lint(answered(text)) == ()


GOLDEN = sorted((ROOT / "tests" / "reports" / "golden").glob("*.md"))


@pytest.mark.parametrize("path", [*GOLDEN, ROOT / "docs" / "images" / "2024-01-22.md"])
def test_drafts_that_are_kept_have_their_questions_open_and_nothing_else(path):
    text = path.read_text("utf-8")
    found = lint(text, lambda name: name.endswith(".svg"))
    assert {one.check for one in found} <= {"todo", "contradiction"}
    asked = [one for one in found if one.check == "todo"]
    assert len(asked) == text.count("TODO(owner?): ") > 10


def test_line_and_column_are_where_it_stands():
    text = render(CONFIG)
    for found in lint(text):
        line = text.splitlines()[found.line - 1]
        if found.check == "todo":
            assert line[found.column - 1 :].startswith("TODO(owner?):")


def test_a_contradiction_is_answered_by_its_name():
    text = answered(render(ACCOUNTS))
    without = text.replace("- no-alert: looked into\n", "- we looked into it\n")
    assert checks(without) == ["contradiction"]
    assert checks(without + "\nno-alert: there was no rule\n") == []
    assert "contradiction" in checks(without + "\n- TODO(owner?): no-alert: why?\n")


def test_a_number_changed_by_hand_is_told_with_its_block_or_outside():
    text = answered(render(ACCOUNTS))
    mine = text.replace("45.0 %[^affected_users] of users mostly", "60 %[^affected_users] of users")
    (found,) = lint(mine)
    assert (found.check, "60 %" in found.text + found.message) == ("number", True)
    assert checks(text + "\nIt hit 44 %[^affected_users] of them.\n") == ["number"]
    assert checks(text + "\nIt hit 45.0 %[^affected_users] of them.\n") == []
    assert checks(text + "\nThe users hit[^hit_users] were many.\n") == []


def test_a_number_that_new_data_moved_in_an_edited_block_is_told():
    text = answered(render(ACCOUNTS))
    mine = text.replace("mostly locked out for", "locked out for")
    later = render(ACCOUNTS).replace("45.0 %[^affected_users]", "46.0 %[^affected_users]")
    parts = parse(later.replace("hit: 45.0 %", "hit: 46.0 %"))
    from reports.blocks import fresh, write

    new = write([fresh(p.id, p.content) if isinstance(p, Block) else p for p in parts])
    found = checks(redraft(mine, new))
    assert "suggestion" in found
    assert "number" in found


def test_references_that_lead_nowhere():
    text = answered(render(ACCOUNTS, charts=("c.svg",)))
    assert checks(text, lambda path: True) == []
    assert checks(text, lambda path: False) == ["reference"]
    assert checks(text + "\nSee [^nothing].\n") == ["reference"]
    assert checks(text.replace("<!-- end impact -->\n", "")) == ["reference"]
    assert "reference" in checks("".join(text.splitlines(keepends=True)[1:]))
    assert checks(text + "\n[there](https://example.com/none)\n", lambda path: False)[1:] == []


BLAMING = [
    "The cause was human error.",
    "The engineer failed to restart it.",
    "We should have tested this.",
    "They could have asked.",
    "She forgot to add the index.",
    "The on-call engineer neglected to look.",
    "It was the fault of the network team.",
    "A careless change.",
    "The team was to blame.",
]
NEUTRAL = [
    "The service failed to start.",
    "The request failed to reach the pod.",
    "The alert should have fired earlier.",
    "The default was wrong.",
    "A page fault was logged.",
    "Fault tolerance was not configured.",
    "The health check failed to notice it.",
    "Retries should have been capped by the client library.",
    "The rollout could have been staged.",
    "Error budget: 40 % left.",
    "The fault was in the parser.",
    "The login failed for all users.",
    "The deployment neglected no region.",
    "What should have happened: a rollback within minutes.",
    "> The operator failed to restart it.",
    "`human error` is the name of the metric.",
    "The job failed to acquire the lock.",
    "A default route was missing.",
    "It failed to resolve the name.",
    "The metric should have a label.",
]


@pytest.mark.parametrize("sentence", BLAMING)
def test_words_that_blame_are_told(sentence):
    text = answered(render(SESSIONS))
    assert checks(f"{text}\n{sentence}\n") == ["blame"]


@pytest.mark.parametrize("sentence", NEUTRAL)
def test_words_that_do_not_blame_are_left_alone(sentence):
    text = answered(render(SESSIONS))
    assert checks(f"{text}\n{sentence}\n") == []


def test_labels_of_others_blame_nobody():
    from dataclasses import replace

    from reports.facts import EventFact

    event = EventFact(SESSIONS.window.onset, "note", "Human error: the operator failed to look")
    assert checks(answered(render(replace(SESSIONS, events=(event,))))) == []


@settings(max_examples=150)
@given(st.text(max_size=300), st.sampled_from(["", render(ACCOUNTS)]))
def test_any_text_is_linted_inside_its_lines(text, before):
    whole = before + text
    for found in lint(whole):
        lines = whole.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1].removeprefix("\ufeff")) + 1
        assert found.check in CHECKS
        assert "\n" not in found.message


def test_line_ends_make_no_difference():
    text = render(CONFIG) + "\nThe operator failed to look.\n"
    assert lint(text) == lint(text.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "TODO: a\n" * 10**4, "`" * 10**5, "[" * 10**5, "\x00", "```\n" * 10**4]
)
def test_odd_texts_are_linted_in_the_end(text):
    assert lint(text) is not None


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open.md").write_text(render(ACCOUNTS))
    (tmp_path / "done.md").write_text(answered(render(ACCOUNTS)))
    (tmp_path / "latin.md").write_bytes(b"one\n\xff\n")
    return tmp_path


def test_exit_codes_say_what_is_open(files):
    run = CliRunner().invoke
    assert run(command, ["done.md"], standalone_mode=False).return_value == 0
    assert run(command, ["done.md", "open.md"], standalone_mode=False).return_value == 1
    for name, said in (("latin.md", "latin.md:2: expected text in UTF-8"), ("none.md", "none.md")):
        error = run(command, [name]).exception
        assert isinstance(error, InputError)
        assert str(error).startswith(said)


def test_the_three_forms_say_the_same(files):
    run = CliRunner().invoke
    found = lint((files / "open.md").read_text(), lambda path: True)
    document = json.loads(run(command, ["open.md", "--format", "json"]).stdout)
    assert (document["schema"], document["open"]) == ("outage-window/lint/v1", len(found))
    assert [f["line"] for f in document["files"][0]["findings"]] == [f.line for f in found]
    lines = run(command, ["open.md", "--format", "github"]).stdout.splitlines()
    assert len([line for line in lines if line.startswith("::error file=open.md,line=")]) == len(
        found
    )
    text = run(command, ["open.md"]).stdout.splitlines()
    assert text[0].startswith(f"open.md:{found[0].line}:{found[0].column}: todo: ")
    assert text[-1].startswith(f"open.md: {len(found)} open")


def test_every_check_is_documented_and_its_examples_hold():
    page = (ROOT / "docs" / "lint.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(CHECKS)
    draft = answered(render(SESSIONS))
    for check, opened, closed in rows:
        for cell, expected in ((opened, [check]), (closed, [])):
            example = re.fullmatch(r"`([^`]+)`", cell)
            if example and check in ("todo", "blame"):
                assert checks(f"{draft}\n{example[1]}\n") == expected, cell
