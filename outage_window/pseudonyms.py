"""User ids and addresses to keyed hashes: the one place where anything sees them in the clear."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]


class Pseudonyms:
    """Hashes under one secret (any bytes): SipHash-2-4, a keyed function made for short texts.

    Equal texts get equal hashes under the same secret and unrelated ones under another; without
    the secret nobody can try whether a hash is somebody's. Users and sources are hashed under keys
    of their own, so that a name is not recognised among addresses.
    """

    def __init__(self, secret: bytes) -> None:
        self.user_key = _derived(secret, b"user")
        self.source_key = _derived(secret, b"source")

    def users(self, ids: Sequence[str]) -> U64:
        """A 64-bit pseudonym of each id, shape (n,); pass distinct ids, each is hashed once."""
        return _siphash(ids, self.user_key)

    def sources(self, addresses: Sequence[str]) -> U32:
        """A 32-bit pseudonym of each address, never 0; 0 for an empty one."""
        hashes = (_siphash(addresses, self.source_key) >> np.uint64(32)).astype(np.uint32)
        given = np.array([bool(address) for address in addresses], bool)
        return np.where(given, np.maximum(hashes, np.uint32(1)), np.uint32(0))


def _derived(secret: bytes, purpose: bytes) -> str:
    """A key of 16 printable characters (96 bits), which is what the library takes."""
    whole = hashlib.blake2b(secret).digest()  # a secret may be longer than the function takes
    digest = hashlib.blake2b(purpose, key=whole, digest_size=12).digest()
    return base64.b64encode(digest).decode()


def _siphash(texts: Sequence[str], key: str) -> U64:
    from pandas.util import hash_array

    values = np.empty(len(texts), object)
    values[:] = texts
    return hash_array(values, "utf8", key, categorize=False)
