# Numbers against their footnotes: what is wrong is told, and what cannot be told is left alone.
from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.blocks import Block, blocks, drafted, fresh, parse, write
from reports.lint import lint
from reports.lint.values import ending
from tests.reports.golden import GOLDEN, draft

NOTES = """\
[^hit]: Share of users hit: 45.0 % (95 % interval 44.9 % to 45.1 %); measured; distinct; from a.csv

[^users]: Users hit: 18,554 (95 % interval 18,524 to 18,576); measured; distinct users

[^range]: Share that this means: 10 % to 49 % (range without a point); estimated; tries

[^lasted]: Duration: 1 h 15 min 2 s (95 % interval 1 h 14 min to 1 h 16 min); estimated; x

[^start]: Onset: 2024-01-22T15:30:01Z (95 % interval 2024-01-22T15:29Z to 15:31Z); estimated; x

[^late]: Time to detect (TTD): −2 min 5 s (exact); measured; first ticket - onset

[^level]: Highest: 0.052 (not known); estimated; level

[^odd]: A note of another form
"""
DRAFT = drafted("auth-1", "default", write(["# Title\n\n", fresh("footnotes", NOTES)]))


def wrong(sentence: str, text: str = DRAFT) -> list[str]:
    return [one.text for one in lint(f"{text}\n{sentence}\n") if one.check == "number"]


@pytest.mark.parametrize(
    "sentence",
    [
        # as the footnote has it
        "45.0 %[^hit]", "It hit 45.0 %[^hit] of users.", "**45.0 %**[^hit]", "45.0%[^hit]",
        "45.0 percent[^hit]", "(45.0 %)[^hit]", "45.0 %.[^hit]", "45.0 %[^users][^hit]",
        "| 45.0 %[^hit] | 18,554[^users] |", "45.0\u00a0%[^hit]", "45.0\n%[^hit]",
        "45.0&nbsp;%[^hit]",
        "18,554[^users]", "18 554[^users]", "18\u202f554[^users]", "18554[^users]",
        "10 % to 49 %[^range]", "between 10 % and 49 %[^range]", "at most 49 %[^range]",
        "at least 10 %[^range]", "10–49 %[^range]",
        "1 h 15 min 2 s[^lasted]", "1 hour 15 minutes and 2 seconds[^lasted]", "75 min[^lasted]",
        "2024-01-22T15:30:01Z[^start]", "2024-01-22 15:30:01 UTC[^start]", "15:30:01Z[^start]",
        "2024-01-22T16:30:01+01:00[^start]", "−2 min 5 s[^late]", "0.052[^level]",
        r"45\.0 %[^hit]",
        # rounded, or cut off
        "45 %[^hit]", "1 h 15 min[^lasted]", "1 h[^lasted]", "15:30Z[^start]", "0.05[^level]",
        "2024-01-22T15:30Z[^start]", "45.04 %[^hit]",
        # said with care
        "about 18,500[^users]", "~18,000[^users]", "more than 40 %[^hit]", "under 50 %[^hit]",
        "nearly 46 %[^hit]", "over an hour[^lasted]", "more than 1 h[^lasted]",
        "about 15:40Z[^start]", "before 17:00Z[^users]",
        # no telling
        "The share of users hit[^hit] was high.", "11 min after the onset[^lasted]",
        "at the measured onset[^start]", "at 15:31[^start]", "2024-01-22 15:45[^start]",
        "version 2.8[^hit]", "policy 118[^hit]", "44,4 %[^hit]", "3 teams[^hit]", "45[^hit]",
        "0.45[^hit]", "half[^hit]", "12 %[^users]", "v12[^users]", "E5[^users]", "60 %[^odd]",
        "60 %[^nothing]", r"60 %\[^hit]", "`60 %[^hit]`", "2024-02-31T15:30:01Z[^start]",
        "60 % of users saw it, as the table says[^hit]", "[^hit]", "2.5.3[^users]",
    ],
)  # fmt: skip
def test_what_agrees_or_cannot_be_told_is_left_alone(sentence: str) -> None:
    assert wrong(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("It hit 44.4 %[^hit] of users.", "44.4 %"),
        ("It hit 46 %[^hit] of users.", "46 %"),
        ("145.0 %[^hit]", "145.0 %"),
        ("-45.0 %[^hit]", "-45.0 %"),
        ("| **44 %**[^hit] | x |", "44 %"),
        ("18,555[^users]", "18,555"),
        ("18 500[^users]", "18 500"),
        ("1,018,554[^users]", "1,018,554"),
        ("50 %[^range]", "50 %"),
        ("30 %[^range]", "30 %"),
        ("1 h 17 min[^lasted]", "1 h 17 min"),
        ("2 h 15 min 2 s[^lasted]", "2 h 15 min 2 s"),
        ("76 min 40 s[^lasted]", "76 min 40 s"),
        ("2 min 5 s[^late]", "2 min 5 s"),
        ("2024-01-22T15:31:01Z[^start]", "2024-01-22T15:31:01Z"),
        ("2024-01-23T15:30:01Z[^start]", "2024-01-23T15:30:01Z"),
        ("15:32Z[^start]", "15:32Z"),
        ("2024-01-22T15:30:01+01:00[^start]", "2024-01-22T15:30:01+01:00"),
        ("0.06[^level]", "0.06"),
        ("about 60 %[^hit]", "60 %"),
        ("more than 50 %[^hit]", "50 %"),
        ("less than 40 %[^hit]", "40 %"),
        ("about 17:00Z[^start]", "17:00Z"),
        ("44\n%[^hit]", "44 %"),
        ("> 44 %[^hit]", "44 %"),
    ],
)
def test_a_number_that_is_not_the_footnotes_is_told(sentence: str, said: str) -> None:
    assert wrong(sentence) == [said]


def test_the_finding_stands_at_the_number_and_says_the_right_one() -> None:
    [one] = [one for one in lint(f"{DRAFT}\nIt hit 44 %[^hit].\n") if one.check == "number"]
    assert (one.line, one.column) == (DRAFT.count("\n") + 2, 8)
    assert one.message == "the footnote says 45.0 %: write that, or drop the mark"


def test_footnotes_that_people_edited_are_told_once_and_check_nothing() -> None:
    edited = DRAFT.replace("45.0 % (95", "44.0 % (95")
    [one] = [one for one in lint(f"{edited}\n60 %[^hit]\n") if one.check == "number"]
    assert one.message.startswith("the footnotes were edited, so no number can be checked")
    assert one.text.startswith("<!-- begin footnotes ")


def test_without_footnotes_there_is_nothing_to_check() -> None:
    assert wrong("60 %[^hit]", "# Title\n\n[^hit]: my own: 45.0 %; measured; by me\n") == []


@pytest.mark.parametrize("name", GOLDEN)
def test_no_number_of_the_program_is_wrong_when_its_block_becomes_peoples(name: str) -> None:
    text = draft(GOLDEN[name])
    parts = [
        Block(p.id, p.content + "\n\nAs we saw.", p.written, p.offered)
        if isinstance(p, Block) and p.id != "footnotes"
        else p
        for p in parse(text)
    ]
    edited = write(parts)
    assert sum(block.edited for block in blocks(parse(edited))) > 10
    assert {one.check for one in lint(edited)} <= {"todo", "contradiction"}


@pytest.mark.parametrize("quantity", ["Share of users hit", "Error ratio in the window"])
def test_a_value_in_a_table_is_told_once_it_is_changed(quantity: str) -> None:
    text = draft(GOLDEN["2024-01-22"])
    [(row, value)] = re.findall(rf"^(\| {quantity} \| ([\d.]+) %\[.*)$", text, re.M)
    changed = text.replace(row, row.replace(value, f"{float(value) + 7:.1f}", 1))
    assert [one.check for one in lint(changed) if one.check == "number"] == ["number"]


@given(st.text(alphabet="0123456789 ,.:-−%TZhmins+dUTC/v", max_size=40))
def test_any_ending_is_read_or_refused(text: str) -> None:
    for value in ending(text):
        assert 0 <= value.at < len(text)
        assert value.step > 0
