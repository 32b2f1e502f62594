"""Redrafting: whatever people did to a draft, no word is lost and no block comes twice."""

from __future__ import annotations

import os
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.blocks import (
    Block,
    blocks,
    drafted,
    fresh,
    manifest,
    parse,
    said_by_people,
    untouched,
    write,
)
from reports.redraft import LEAD, redraft

NAMES = ("top", "times", "impact", "odd", "detection")
SEQUENCES = int(os.environ.get("REDRAFT_SEQUENCES", "400"))


def made(contents: dict[str, str]) -> str:
    """A draft as a template writes it: a heading and a question of people's beside each block."""
    parts: list[str | Block] = []
    for name, content in contents.items():
        parts += [
            f"\n## The {name}\n\n",
            fresh(name, content),
            f"\n- TODO(owner?): What of {name}?\n",
        ]
    return drafted("auth-1", "default", write(parts).lstrip("\n"))


FIRST = made({name: f"first {name}" for name in NAMES})
SECOND = made({name: f"second {name}" for name in NAMES})


def edited(text: str, name: str, content: str) -> str:
    return text.replace(f"first {name}", content)


def test_what_nobody_touched_is_brought_up_to_date() -> None:
    assert redraft(FIRST, SECOND) == SECOND


def test_what_nobody_touched_gets_new_questions_too() -> None:
    asked = made({"top": "second top"}).replace("What of top", "What else")
    asked = drafted("auth-1", "default", asked.partition("\n\n")[2])
    assert redraft(FIRST, asked) == asked
    kept = redraft(FIRST.replace("What of odd", "Why odd"), asked)
    assert "What else" not in kept
    assert untouched(parse(FIRST))
    for odd in (
        "\n" + FIRST,
        FIRST + "x",
        FIRST.replace("first top", "x"),
        FIRST.replace("##", "#"),
    ):
        assert not untouched(parse(odd))


def test_an_edited_block_stays_and_the_new_value_stands_beside_it_once() -> None:
    mine = edited(FIRST, "impact", "my own words")
    once = redraft(mine, SECOND)
    assert "my own words" in once
    assert once.count("second impact") == 1
    assert once.index(LEAD) > once.index("my own words")
    assert redraft(once, SECOND) == once


def test_an_edit_of_what_has_not_moved_gets_no_suggestion() -> None:
    mine = edited(FIRST, "impact", "my own words")
    assert LEAD not in redraft(mine, FIRST)


def test_a_suggestion_follows_the_data_and_goes_when_they_go_back() -> None:
    mine = edited(FIRST, "impact", "my own words")
    third = made({name: f"third {name}" for name in NAMES})
    moved = redraft(redraft(mine, SECOND), third)
    assert "second impact" not in moved
    assert moved.count("third impact") == 1
    assert LEAD not in redraft(moved, FIRST)


def test_a_suggestion_that_was_deleted_comes_back_only_with_another_value() -> None:
    mine = redraft(edited(FIRST, "impact", "my own words"), SECOND)
    parts = [p for p in parse(mine) if not (isinstance(p, Block) and p.suggestion)]
    without = write(parts)
    assert redraft(without, SECOND) == without
    third = made({name: f"third {name}" for name in NAMES})
    assert "third impact" in redraft(without, third)


def test_an_edited_suggestion_is_people_s_text() -> None:
    mine = redraft(edited(FIRST, "impact", "my own words"), SECOND)
    mine = mine.replace("second impact", "second impact, as we saw too")
    third = made({name: f"third {name}" for name in NAMES})
    moved = redraft(mine, third)
    assert "second impact, as we saw too" in moved
    assert moved.count("third impact") == 1
    assert redraft(moved, third) == moved


def test_taking_a_new_value_is_asked_for_by_name() -> None:
    mine = redraft(edited(FIRST, "impact", "my own words"), SECOND)
    assert redraft(mine, SECOND, ["impact"]) == SECOND
    assert redraft(mine, SECOND, ["all"]) == SECOND
    assert redraft(mine, SECOND, ["top"]) == mine


def test_writing_the_new_value_by_hand_makes_the_block_the_program_s_again() -> None:
    assert redraft(edited(FIRST, "impact", "second impact"), SECOND) == SECOND


def test_deleted_blocks_stay_deleted_and_moved_ones_where_they_are() -> None:
    parts = parse(FIRST)
    impact = next(p for p in parts if isinstance(p, Block) and p.id == "impact")
    rest = [p for p in parts if p is not impact]
    assert "second impact" not in redraft(write(rest), SECOND)
    moved = redraft(write([*rest, impact]), SECOND)
    assert moved.rstrip().endswith("<!-- end impact -->")
    assert moved.count("second impact") == 1


def test_a_block_that_no_earlier_draft_had_is_put_after_its_neighbour() -> None:
    old = made({"top": "first top", "odd": "first odd"})
    new = redraft(old, SECOND)
    assert [block.id for block in blocks(parse(new))] == [
        "top",
        "times",
        "impact",
        "odd",
        "detection",
    ]
    assert redraft(new, SECOND) == new


def test_without_a_manifest_nothing_is_added() -> None:
    headless = "".join(FIRST.splitlines(keepends=True)[1:]).replace("first odd", "mine")
    parts = [p for p in parse(headless) if not (isinstance(p, Block) and p.id == "impact")]
    found = redraft(write(parts), SECOND)
    assert "second impact" not in found
    assert "second top" in found


def test_broken_marks_and_copies_are_people_s_text() -> None:
    broken = FIRST.replace("<!-- end impact -->\n", "")
    assert "first impact" in redraft(broken, SECOND)
    again = FIRST + FIRST
    found = redraft(again, SECOND)
    assert found == SECOND + FIRST
    nested = edited(FIRST, "impact", "a\n<!-- begin x 0123456789abcdef -->\nb")
    assert "a\n<!-- begin x 0123456789abcdef -->\nb" in redraft(nested, SECOND)


def test_line_ends_are_no_edit() -> None:
    windows = FIRST.replace("\n", "\r\n")
    assert redraft(windows, SECOND) == SECOND.replace("\n", "\r\n")


def test_what_people_said_changes_with_them_alone() -> None:
    said = said_by_people(FIRST)
    assert said_by_people(redraft(FIRST, SECOND)) == said
    mine = edited(FIRST, "impact", "my own words")
    assert said_by_people(mine) != said
    assert said_by_people(redraft(mine, SECOND)) == said_by_people(mine)
    assert said_by_people(FIRST + "more\n") != said
    assert said_by_people("plain") != said_by_people("text")


def test_a_long_text_is_parsed_in_the_end() -> None:
    text = "line\n" * 200_000
    assert parse(text) == [text]


def test_parts_are_the_text() -> None:
    assert write(parse(FIRST)) == FIRST


WRITTEN = re.compile(r"human\d{7}")
WORDS = st.integers(0, 10**6).map(lambda n: f"human{n:07d}")
PLACES = st.floats(0, 1, exclude_max=True)
EDITS = st.one_of(
    st.tuples(st.just("line"), PLACES, WORDS),
    st.tuples(st.just("within"), PLACES, WORDS),
    st.tuples(st.just("delete line"), PLACES, st.just("")),
    st.tuples(st.just("delete block"), PLACES, st.just("")),
    st.tuples(st.just("move block"), PLACES, PLACES),
    st.tuples(st.just("copy block"), PLACES, PLACES),
    st.tuples(st.just("cut"), PLACES, PLACES),
    st.tuples(st.just("redraft"), st.integers(0, 3), st.sets(st.sampled_from(NAMES))),
)


def person(text: str, what: str, where: float, other: object) -> str:
    """The draft after one thing that a person did to it."""
    lines = text.splitlines(keepends=True) or ["\n"]
    at = int(where * len(lines))
    if what == "line":
        lines.insert(at, f"{other}\n")
    elif what == "within":
        inside = int(where * 7919) % (len(lines[at]) + 1)
        lines[at] = lines[at][:inside] + str(other) + lines[at][inside:]
    elif what == "delete line":
        del lines[at]
    elif what == "cut":
        assert isinstance(other, float)
        del lines[at : at + 1 + int(other * 6)]
    else:
        return _blockwise(text, what, where, other)
    return "".join(lines)


def _blockwise(text: str, what: str, where: float, other: object) -> str:
    parts = parse(text)
    numbers = [i for i, part in enumerate(parts) if isinstance(part, Block)]
    if not numbers:
        return text
    number = numbers[int(where * len(numbers))]
    block = parts[number]
    if what != "copy block":
        del parts[number]
    if what != "delete block":
        assert isinstance(other, float)
        parts.insert(int(other * (len(parts) + 1)), block)
    return write(parts)


def outside(text: str) -> str:
    """All that is not ours: text and edited blocks, in order, without marks."""
    kept = []
    for part in parse(text):
        if isinstance(part, str):
            kept.append(part)
        elif isinstance(part, Block) and part.edited:
            kept.append(f"{part.content}\n")
    return "".join(kept)


@settings(max_examples=SEQUENCES, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=14))
def test_no_sequence_of_edits_and_redrafts_loses_a_word_or_doubles_a_block(
    edits: list[tuple[str, object, object]],
) -> None:
    text = FIRST
    for what, where, other in edits:
        if what != "redraft":
            assert isinstance(where, float)
            text = person(text, what, where, other)
            continue
        assert isinstance(other, set)
        new = made({name: f"value {where} of {name}" for name in NAMES if name not in other})
        before, deleted = text, removed(text)
        text = redraft(text, new)
        assert sorted(WRITTEN.findall(before)) == sorted(WRITTEN.findall(text))
        if untouched(parse(before)):
            continue
        assert ours_left_alone(before, text)
        assert marked(text) & deleted == set()
        for block in blocks(parse(text)):
            assert copies(text, block.id) <= max(copies(before, block.id), 1)
        assert redraft(text, new) == text


def copies(text: str, name: str) -> int:
    """How often a block of that id is there, whole: begun and ended."""
    begun = len(re.findall(f"(?m)^<!-- begin {re.escape(name)} .*-->$", text))
    return min(begun, text.count(f"<!-- end {name} -->"))


def removed(text: str) -> set[str]:
    """The blocks that were given once, and of which no sign is left."""
    known = manifest(parse(text))
    return set(NAMES if known is None else known.blocks) - marked(text)


def marked(text: str) -> set[str]:
    """The blocks of which any sign is left."""
    return {name for name in NAMES if f"<!-- begin {name} " in text}


def ours_left_alone(before: str, after: str) -> bool:
    """Whether all that people wrote is there still, in its order."""
    rest = iter(outside(after).split())
    return all(word in rest for word in outside(before).split())
