# Exports with a few bytes broken: read, or refused in one line, and never an internal error.
from __future__ import annotations

import random
from pathlib import Path

import pytest

from outage_window.batch import Request, analyze
from outage_window.errors import InputError
from tests.analyze.made import rows
from tests.analyze.test_formats import WRITERS

BROKEN = 60
TOKENS = [
    b'"', b",", b"\n", b"{", b"}", b"[", b"]", b"\0", b"\xff", b"-", b"e999", b"NaN", b"9" * 30,
    b"null", b"true", b";", b"\r", b"", b" ", b"Z", b"+05:00", b":",
]  # fmt: skip


@pytest.mark.parametrize("ending", WRITERS)
def test_broken_bytes(ending: str, tmp_path: Path) -> None:
    chance = random.Random(f"broken {ending}")
    made = rows(seconds=2 * 3600, outage=(3600, 5400))
    whole = WRITERS[ending](tmp_path / f"whole.{ending}", made).read_bytes()
    path = tmp_path / f"broken.{ending}"
    refusals: list[str] = []
    for _ in range(BROKEN):
        broken = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = chance.randrange(len(broken))
            broken[at : at + chance.choice([0, 1, 1, 3, 40, 2000])] = chance.choice(TOKENS)
        path.write_bytes(broken)
        try:
            analyze(Request([str(path)])).document()
        except InputError as error:
            refusals.append(str(error))
    assert 0 < len(refusals) < BROKEN
    for refusal in refusals:
        assert "\n" not in refusal
        assert str(path) in refusal
