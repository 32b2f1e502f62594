# Hashes worked in whole arrays are those that `Pseudonyms` makes of each text.
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_window.pseudonyms import Pseudonyms
from outage_window.sources.users import hashing
from outage_window.sources.users.hashing import Hasher, blank

HASHES = Pseudonyms(b"another secret")
HASHER = Hasher(HASHES)
letters = st.text(st.characters(codec="utf-8"), max_size=150)
columns = st.lists(st.none() | letters | st.just("x" * 400), min_size=1, max_size=30)


def test_it_agrees_with_the_library():
    assert HASHER._agrees


@settings(max_examples=150)
@given(columns, st.integers(0, 3), st.booleans())
def test_users_and_sources(texts, skipped, dictionary):
    column = pa.array(texts, pa.string())
    column = (column.dictionary_encode() if dictionary else column)[skipped:]
    texts = texts[skipped:]
    given_ = np.array([text is not None for text in texts], bool)
    users = HASHES.users([text or "" for text in texts])
    assert HASHER.users(column)[given_].tolist() == users[given_].tolist()
    sources = HASHES.sources([text or "" for text in texts])
    assert HASHER.sources(column).tolist() == sources.tolist()
    assert blank(column).tolist() == [not (text or "").strip() for text in texts]


def test_many_of_all_lengths_over_several_blocks():
    rng = np.random.default_rng(1)
    texts = ["y" * length for length in rng.integers(0, 200, 3 * hashing.BLOCK // 2)]
    same = [f"{i:036d}" for i in range(hashing.BLOCK + 7)]
    for ids in (texts, same):
        assert np.array_equal(HASHER.users(pa.array(ids)), HASHES.users(ids))


def test_another_library_is_followed_all_the_same(monkeypatch):
    monkeypatch.setattr(hashing, "SCATTER", ())
    hasher = Hasher(HASHES)
    assert not hasher._agrees
    assert hasher.users(pa.array(["ann"])) == HASHES.users(["ann"])


@pytest.mark.parametrize("empty", [pa.array([], pa.string()), pa.array([""]), pa.array(["a"])[1:]])
def test_nothing_to_hash(empty):
    assert len(HASHER.users(empty)) == len(blank(empty)) == len(empty)
