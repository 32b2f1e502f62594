"""Columns of ids and addresses to pseudonyms: the hashes of `Pseudonyms`, worked in whole arrays.

A hash a row costs less than finding out which rows are alike, so nothing is looked up. The function
is SipHash-2-4 with the scattering that `pandas.util.hash_array` adds; a probe tells whether both
still agree, and where they do not, pandas hashes every text by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from outage_window.pseudonyms import Pseudonyms
from outage_window.sources import arrow

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

BLOCK = 2**14
"""Rows hashed at a time: their state stays in the cache."""
MOST_WORDS = 16
"""Longer texts (128 bytes) are hashed one by one: they are few, or somebody's mischief."""
PROBE = ["", "probe", "12345678", "a probe of more than two words"]
SCATTER = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_BITS = [np.uint64(bits) for bits in range(64)]
_MASKS: U64 = np.array([(1 << 8 * left) - 1 for left in range(8)], np.uint64)


class Hasher:
    """Hashes Arrow columns, plain text or dictionaries, under the keys of `pseudonyms`."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        import pyarrow as pa

        self._user_key = pseudonyms.user_key
        self._source_key = pseudonyms.source_key
        probe = pa.array(PROBE, pa.string())
        self._agrees = np.array_equal(siphash(probe, self._user_key), pseudonyms.users(PROBE))

    def users(self, column: Any) -> U64:
        """The pseudonym of each id, shape (n,); that of a null says nothing."""
        return self._hashes(column, self._user_key)

    def sources(self, column: Any) -> U32:
        """The pseudonym of each address, shape (n,), never 0; 0 for a null and for empty text."""
        hashes = (self._hashes(column, self._source_key) >> np.uint64(32)).astype(np.uint32)
        np.maximum(hashes, np.uint32(1), out=hashes)
        hashes[empty(column)] = 0
        return hashes

    def _hashes(self, column: Any, key: str) -> U64:
        import pyarrow as pa

        texts, codes = column, None
        if pa.types.is_dictionary(column.type):
            texts, codes = column.dictionary, indices(column)
        found = siphash(texts, key) if self._agrees else _one_by_one(texts.to_pylist(), key)
        if codes is None:
            return found
        return np.append(found, np.uint64(0))[codes]


def indices(column: Any) -> I64:
    """The index into the dictionary of each row, -1 for null, shape (n,)."""
    numbers = column.indices
    return arrow.integers(numbers.fill_null(-1) if numbers.null_count else numbers)


def empty(column: Any) -> NDArray[np.bool_]:
    """Where a column of texts has null or "", shape (n,)."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return np.append(empty(column.dictionary), True)[indices(column)]
    none: NDArray[np.bool_] = np.diff(_offsets(column)) == 0
    return none | arrow.nulls(column) if column.null_count else none


def blank(column: Any) -> NDArray[np.bool_]:
    """Where a column of texts has null, "" or only white space, shape (n,)."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return np.append(blank(column.dictionary), True)[indices(column)]
    found = empty(column)
    offsets = _offsets(column)
    data = _bytes(column)[offsets[0] : offsets[-1]]
    # White space begins with a control character, a blank, or a letter beyond ASCII (below 0).
    if len(data) == 0 or data.view(np.int8).min() > 0x20:
        return found
    first = data.view(np.int8)[np.minimum(offsets[:-1] - offsets[0], len(data) - 1)]
    for row in np.flatnonzero(~found & (first <= 0x20)):
        found[row] = not column[int(row)].as_py().strip()
    return found


def siphash(column: Any, key: str) -> U64:
    """The hash of each text of an Arrow string array, shape (n,)."""
    offsets, data = _offsets(column), _bytes(column)
    words = np.frombuffer(key.encode(), "<u8")
    start = [int(word) ^ other for word, other in zip([*words, *words], _START, strict=True)]
    out = np.empty(len(column), np.uint64)
    for low in range(0, len(out), BLOCK):
        ends = offsets[low : low + BLOCK + 1]
        padded = np.zeros(int(ends[-1] - ends[0]) + 8, np.uint8)
        padded[:-8] = data[ends[0] : ends[-1]]
        at, length = ends[:-1] - ends[0], ends[1:] - ends[:-1]
        whole = length >> 3
        fewest, most = int(whole.min()), int(whole.max())
        if fewest == most <= MOST_WORDS:
            out[low : low + BLOCK] = _equal(padded, at, length, start)
            continue
        for count in range(fewest, min(most, MOST_WORDS) + 1):
            rows = np.flatnonzero(whole == count)
            if len(rows):
                out[low + rows] = _equal(padded, at[rows], length[rows], start)
        rows = np.flatnonzero(whole > MOST_WORDS)
        out[low + rows] = _one_by_one([column[low + int(row)].as_py() for row in rows], key)
    return out


def _equal(data: NDArray[np.uint8], at: I32, length: I32, start: list[int]) -> U64:
    """The hashes of texts that have as many whole words of 8 bytes each."""
    size, count = len(at), int(length[0] >> 3)
    words = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))  # one from every byte on
    state = [np.full(size, value, np.uint64) for value in start]
    spare = np.empty(size, np.uint64)
    for index in range(count + 1):
        word = words[at + 8 * index]
        if index == count:
            word &= _MASKS[length & 7]
            word |= length.astype(np.uint64) << np.uint64(56)
        np.bitwise_xor(state[3], word, state[3])
        _round(state, spare)
        _round(state, spare)
        np.bitwise_xor(state[0], word, state[0])
    state[2] ^= np.uint64(255)
    for _ in range(4):
        _round(state, spare)
    return _scattered(state[0] ^ state[1] ^ state[2] ^ state[3])


def _round(state: list[U64], spare: U64) -> None:
    a, b, c, d = state
    for x, y, turn, turned in ((a, b, 13, a), (c, d, 16, None), (a, d, 21, None), (c, b, 17, c)):
        np.add(x, y, x)
        _rotate(y, turn, spare)
        np.bitwise_xor(y, x, y)
        if turned is not None:
            _rotate(turned, 32, spare)


def _rotate(values: U64, bits: int, spare: U64) -> None:
    np.left_shift(values, _BITS[bits], spare)
    np.right_shift(values, _BITS[64 - bits], values)
    np.bitwise_or(values, spare, values)


def _scattered(values: U64) -> U64:
    for shift, factor in SCATTER:
        values ^= values >> _BITS[shift]
        values *= np.uint64(factor)
    values ^= values >> _BITS[31]
    return values


def _one_by_one(texts: list[str | None], key: str) -> U64:
    from pandas.util import hash_array

    values = np.empty(len(texts), object)
    values[:] = [text or "" for text in texts]
    return hash_array(values, "utf8", key, categorize=False)


def _offsets(column: Any) -> I32:
    """Where each text begins and the last one ends, shape (n + 1,)."""
    buffer = column.buffers()[1]
    if buffer is None or len(column) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(buffer, np.int32)[column.offset : column.offset + len(column) + 1]


def _bytes(column: Any) -> NDArray[np.uint8]:
    buffer = column.buffers()[2]
    return np.empty(0, np.uint8) if buffer is None else np.frombuffer(buffer, np.uint8)
