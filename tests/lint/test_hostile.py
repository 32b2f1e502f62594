# Hostile drafts: whatever they hold, and however much of it, lint ends and places what it finds.
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.lint import CHECKS, lint
from tests.reports.golden import GOLDEN, draft

WHOLE = draft(GOLDEN["2024-01-22"])
PIECES = [
    *"`*_[]()<>|#-+~\\!^:.,;\"'%&=\n\r\t \x00\x0b\x0c\x1b\x85\u2028\ud800\ufeffİ",
    "\r\n", "\n\n", "```", "~~~", "    ", "<!-- ", " -->",
    "<!-- begin impact 0123456789abcdef -->\n", "<!-- end impact -->\n",
    "<!-- begin odd 0123456789abcdef -->\n", "<!-- end odd -->\n",
    "<!-- begin footnotes 0123456789abcdef -->\n", "<!-- end footnotes -->\n", "- `no-alert`: ",
    "TODO", "TODO(owner?): ", "no-alert", "[^hit]", "\n[^hit]: Hit: 45 %; measured; x", "44 %",
    "](", "should have", "failed to ", "We ", "the team ", "fault of ", "blame", "human error",
    "> ", "- ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=80)

# Each is of about a megabyte and lints in about a second. With anything quadratic in them they
# take minutes to hours, so a slip here is not overlooked.
LONG = {
    "lines": "The service was slow, and the team looked at the graphs.\n" * 20_000,
    "words": "word " * 200_000,
    "one word": "a" * 1_000_000,
    "blanks": "should" + " " * 1_000_000 + "have",
    "blanks before a mark": " " * 500_000 + "[^hit]",
    "modals": "should not " * 90_000,
    "faults": "fault of the " * 30_000,
    "adverbs": "should " + "ly" * 500_000,
    "runs of backticks": " ".join("`" * length for length in range(1, 1400)),
    "open fences": "```a\n" * 100_000,
    "shorter and shorter fences": "\n".join("`" * length + "a" for length in range(1400, 3, -1)),
    "open comments": "<!-- " * 200_000,
    "comments": "<!-- a -->" * 100_000,
    "lines of comments": "<!-- a -->\n" * 50_000,
    "begin marks": "<!-- begin impact 0123456789abcdef -->\n" * 20_000,
    "end marks": "<!-- end impact -->\n" * 40_000,
    "altered marks": "<!-- begin impact -->\n" * 40_000,
    "brackets": "[" * 1_000_000,
    "closed brackets": "]" * 1_000_000,
    "open links": "[a](b " * 150_000,
    "links in links": "[a](b(c" * 130_000,
    "links": "[x](y.png) " * 50_000,
    "targets": "[a](<y " * 130_000,
    "tags": "<img " * 200_000,
    "open footnotes": "[^" * 500_000,
    "marks": "44 %[^affected_users] " * 20_000,
    "footnotes": "[^a]: x\n" * 60_000,
    "names": "no-alert " * 100_000,
    "names on lines": "no-alert:\n" * 100_000,
    "names and blank lines": "no-alert:" + "\n" * 500_000,
    "todos": "TODO(owner?): What else?\n" * 20_000,
    "cells": "| TODO(owner?): a? " * 30_000,
    "open todos": "TODO(" * 200_000,
    "escaped bars": "TODO: " + "\\|" * 500_000,
    "stars": "*" * 1_000_000,
    "underscores": "a" + "_" * 1_000_000 + "b",
    "quotations": ">" * 1_000_000,
    "lists": "- " * 500_000,
    "dashes": "- - -\n" * 100_000,
    "bars": "|" * 1_000_000,
    "backslashes": "\\" * 1_000_000,
    "addresses": "http://" * 150_000,
    "nothing": "\x00" * 1_000_000,
    "surrogates": "\ud800" * 1_000_000,
    "line ends": "\r\n" * 300_000,
}


def check(text: str) -> None:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = plain.split("\n")
    found = lint(text, lambda path: False)
    assert list(found) == sorted(found, key=lambda one: (one.line, one.column))
    for one in found:
        assert one.check in CHECKS
        assert 1 <= one.line <= len(lines)
        assert 1 <= one.column <= max(1, len(lines[one.line - 1]))
        for said in (one.message, one.text):
            assert said.isprintable()
            assert len(said) <= 300


@given(TEXTS)
def test_any_text_has_findings_inside_it(text: str) -> None:
    check(text)


@given(TEXTS, st.integers(0, len(WHOLE)), st.integers(0, 200))
def test_so_has_a_draft_that_somebody_cut_and_wrote_into(text: str, at: int, lost: int) -> None:
    check(WHOLE[:at] + text + WHOLE[at + lost :])


@given(TEXTS)
def test_line_ends_make_no_difference(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert lint(plain) == lint(plain.replace("\n", "\r\n")) == lint(plain.replace("\n", "\r"))


@pytest.mark.parametrize("name", LONG)
def test_a_long_draft_is_linted_in_the_end(name: str) -> None:
    lint(LONG[name], lambda path: False)
    lint(f"{WHOLE}\n{LONG[name]}", lambda path: False)


def test_a_draft_of_100_000_lines() -> None:
    assert len(lint(WHOLE + "The service was slow for the third time that week.\n" * 100_000)) == 15
