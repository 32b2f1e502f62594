"""What lies in a folder in fewer bytes comes back bit by bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from outage_window.batch.folder import InFolder
from outage_window.batch.storage import storage_at
from outage_window.sources.narrow import narrow, widened
from outage_window.sources.pieces import COLUMNS, Piece
from outage_window.sources.shelf import InMemory, Key

VALUES = st.one_of(
    st.floats(),
    st.integers(0, 2**33).map(float),
    st.sampled_from([-0.0, 0.0, 1.0, 255.0, 256.0, 65535.0, 65536.0, 2.0**32, -1.0, np.nan]),
)
SIZES = st.integers(0, 40)


def columns(size):
    kinds = {"f8": VALUES, "u4": st.integers(0, 2**32 - 1), "u1": st.integers(0, 255)}
    return {
        name: arrays.arrays(kind, size, elements=kinds[kind], fill=kinds[kind])
        for name, kind in COLUMNS.items()
    }


@given(
    st.sampled_from(list(COLUMNS)).flatmap(lambda name: SIZES.flatmap(lambda n: columns(n)[name]))
)
def test_every_bit_comes_back(column):
    small = narrow(column)
    assert small.itemsize <= column.itemsize
    assert len(small) in (1, len(column))
    back = widened([np.broadcast_to(small, column.shape)] * 2, column.dtype.str)
    assert back.tobytes() == column.tobytes() * 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], "u1"),
        ([256, 1], "u2"),
        ([1.7e9, 1.7e9 + 15], "u4"),
        ([0.5, 1], "f8"),
        ([-0.0, 1], "f8"),
        ([np.nan, 1], "f8"),
        ([-1, 1], "f8"),
        ([2.0**32, 1], "f8"),
        ([np.inf, 1], "f8"),
    ],
)
def test_in_the_narrowest_type_that_can(values, kind):
    assert narrow(np.array(values, "f8")).dtype == kind


def test_what_is_the_same_in_all_rows_is_there_once():
    assert len(narrow(np.full(1000, np.nan))) == 1


@st.composite
def pieces(draw, buckets):
    names = tuple(draw(st.lists(st.text(max_size=5), min_size=1, max_size=6, unique=True)))
    counts = np.array(draw(st.lists(st.integers(1, 9), min_size=len(names), max_size=len(names))))
    cuts = sorted(
        draw(st.lists(st.integers(0, len(names)), min_size=buckets - 1, max_size=buckets - 1))
    )
    first = np.array([0, *cuts, len(names)])
    rows = {name: draw(one) for name, one in columns(int(counts.sum())).items()}
    return Piece(names, counts, first, rows)


@given(st.lists(pieces(3), min_size=1, max_size=3))
def test_a_folder_gives_what_memory_gives(tmp_path_factory, put):
    folder = InFolder(storage_at(str(tmp_path_factory.mktemp("rows"))), 3)
    memory = InMemory()
    keys = [Key(0, index, 0) for index in range(len(put))]
    for key, piece in zip(keys, put, strict=True):
        folder.put(key, piece)
        memory.put(key, piece)
    for bucket in range(3):
        shares = folder.shares(keys, bucket), memory.shares(keys, bucket)
        for found, wanted in zip(*shares, strict=True):
            assert found.names == wanted.names
            assert found.counts.tolist() == wanted.counts.tolist()
            for name, kind in COLUMNS.items():
                assert widened([found.rows[name]], kind).tobytes() == wanted.rows[name].tobytes()
