# The page on lint: every check is there, and every example says what the program says.
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reports.blocks import drafted
from reports.lint import CHECKS, lint
from reports.lint.formats import as_json
from tests.reports.golden import GOLDEN, draft

PAGE = (Path(__file__).parents[2] / "docs" / "lint.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", PAGE, re.M | re.S))


def examples(text: str) -> list[tuple[str, list[str]]]:
    """Each example with what lint says of it; none where no text block follows."""
    found: list[tuple[str, list[str]]] = []
    for kind, body in re.findall(r"^```(markdown|text)\n(.*?)^```$", text, re.M | re.S):
        if kind == "markdown":
            found.append((body, []))
        else:
            found[-1] = (found[-1][0], body.splitlines())
    return found


def answered() -> str:
    """The example draft without a question, and with no answer to its one contradiction."""
    text = draft(GOLDEN["2024-01-22"])
    text = re.sub(r"^- TODO\(owner\?\): no-alert: .*\n", "", text, flags=re.M)
    return re.sub(r"TODO\(owner\?\): [^|\n]*", "done ", text)


CASES = [(check, *one) for check in SECTIONS for one in examples(SECTIONS[check])]


def test_every_check_has_a_section_and_an_example() -> None:
    assert list(SECTIONS) == list(CHECKS)
    assert {check for check, _, says in CASES if says} == set(CHECKS)


@pytest.mark.parametrize(("check", "example", "says"), CASES)
def test_an_example_says_what_the_page_says(check: str, example: str, says: list[str]) -> None:
    text = answered()
    if check != "contradiction":
        text += "\n- no-alert: there was no rule for this ratio\n"
    found = lint(f"{text}\n{example}", lambda path: path.endswith(".svg"))
    assert sorted(f"{one.check}: {one.message}" for one in found) == sorted(says)


def test_the_document_of_the_page_is_what_the_program_writes() -> None:
    [document] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)
    text = drafted("auth-1", "default", "TODO(owner?): What ended it?\n")
    assert json.loads(document) == json.loads(as_json({"postmortem.md": lint(text)}))
