# Pseudonyms: the published function, unrelated under another secret, and apart from addresses.
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pandas.util import hash_array

from outage_window.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(b"one secret"), Pseudonyms(b"another secret")


def scattered(value: int) -> int:
    """What pandas does to a SipHash: a one-to-one mixing of 64 bits."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = ((value ^ value >> shift) * factor) % 2**64
    return value ^ value >> 31


def test_the_library_computes_siphash_2_4():
    """The vector of Aumasson and Bernstein's paper: key 00…0f, text 00…0e."""
    key = "".join(map(chr, range(16)))
    text = np.array(["".join(map(chr, range(15)))], object)
    assert int(hash_array(text, "utf8", key, categorize=False)[0]) == scattered(0xA129CA6149BE45E5)


@given(st.lists(st.text(max_size=30), unique=True, max_size=50))
def test_equal_ids_have_equal_pseudonyms_and_others_none_alike(ids):
    again = Pseudonyms(b"one secret")
    assert ONE.users(ids).tolist() == again.users(ids).tolist()
    assert len(set(ONE.users(ids).tolist())) == len(ids)
    assert not set(ONE.users(ids).tolist()) & set(OTHER.users(ids).tolist())


def test_a_name_is_not_recognised_among_addresses():
    user, source = ONE.users(["10.0.0.1"]), ONE.sources(["10.0.0.1", ""])
    assert int(user[0] >> np.uint64(32)) != int(source[0])
    assert source[0] != 0
    assert source[1] == 0
    assert user.dtype == np.uint64
    assert source.dtype == np.uint32


def test_secrets_of_any_length_are_secrets():
    secrets = [b"", b"k", b"k" * 32, b"k" * 64, b"k" * 65]
    found = [int(Pseudonyms(secret).users(["ann"])[0]) for secret in secrets]
    assert len(set(found)) == len(secrets)
