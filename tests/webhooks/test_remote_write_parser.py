"""The parser against what was written: any request, by both versions and by both roads."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webhooks.sent import MAKERS, NOW, first, snappy
from webhooks.remote_write import first as road
from webhooks.remote_write.parser import Parser

BITS = st.one_of(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 0x7FF0000000000002, 0x7FF8000000000001, 1 << 63]),
)
TIMES = st.one_of(
    st.integers(NOW - 3, NOW + 3), st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1)
)
NAMES = st.sampled_from(["__name__", "job", "a", "b_2", "", "é", "A"])
VALUES = st.sampled_from(["x", "auth", "", "🌍", "a\0b", "x" * 130])
LABELS = st.one_of(
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    st.dictionaries(NAMES, VALUES, max_size=4).map(
        lambda d: sorted(({"__name__": "m"} | d).items())
    ),
)
SERIES = st.lists(
    st.tuples(LABELS, st.lists(st.tuples(TIMES, BITS), max_size=3)), max_size=6
)  # fmt: skip


def encoded(version, series):
    """The bytes of a request; values are put in by their bits, which Python floats may change."""
    request = MAKERS[version](*((labels, [(at, 1.0) for at, _ in rows]) for labels, rows in series))
    raw = request.SerializeToString()
    one, wanted = struct.pack("<d", 1.0), [bits for _, rows in series for _, bits in rows]
    parts = raw.split(b"\x09" + one)
    assert len(parts) == len(wanted) + 1
    pieces = [parts[0]]
    for bits, part in zip(wanted, parts[1:], strict=True):
        pieces += [b"\x09", struct.pack("<Q", bits), part]
    return b"".join(pieces)


def expected(series, plain):
    """What an obvious reader makes of it: {(labels, ms): bits}, and how many samples it refuses."""
    import re

    kept, refused = {}, 0
    for labels, rows in series:
        names = [name for name, _ in labels]
        good = len(set(names)) == len(names) and "" not in names + [v for _, v in labels]
        good = good and "__name__" in names
        if good and plain:
            good = all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in names)
            good = good and bool(re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", dict(labels)["__name__"]))
        for at, bits in rows:
            key = tuple(sorted(labels)), at
            if not good or not 0 <= at <= NOW + 600_000 or kept.setdefault(key, bits) != bits:
                refused += 1
    return kept, refused


def found(write):
    values = write.value.view(np.uint64).tolist()
    kept = {}
    for of, time, bits in zip(write.of.tolist(), write.time.tolist(), values, strict=True):
        assert time % 1_000_000 == 0
        key = write.series[of].labels, time // 1_000_000
        assert kept.setdefault(key, bits) == bits
    return kept, sum(fault.samples for fault in write.faults)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@settings(max_examples=300)
@given(requests=st.lists(SERIES, min_size=1, max_size=3))
def test_what_is_written_is_read(version, requests):
    parser = Parser()
    for series in [*requests, *requests]:  # the second time its labels are known
        body = snappy(encoded(version, series))
        assert found(parser.parse(version, body, NOW * 10**6)) == expected(series, version == "1.0")


@settings(max_examples=300)
@given(requests=st.lists(SERIES, min_size=1, max_size=3))
def test_both_roads_of_version_1_lead_to_the_same(requests):
    quick, slow = Parser(), Parser(quick=False)
    for series in [*requests, *requests]:
        body = snappy(encoded("1.0", series))
        one, two = (parser.parse("1.0", body, NOW * 10**6) for parser in (quick, slow))
        assert [known.labels for known in (one.series[i] for i in one.of)] == [
            known.labels for known in (two.series[i] for i in two.of)
        ]
        assert (one.time == two.time).all()
        assert (one.value.view(np.uint64) == two.value.view(np.uint64)).all()
        assert sorted(one.faults, key=repr) == sorted(two.faults, key=repr)


def test_known_labels_take_the_quick_road(monkeypatch):
    """What a Prometheus sends every few seconds is read field by field once."""
    series = [({"__name__": "m", "pod": f"p{i}"}, [(NOW, float(i % 3))]) for i in range(100)]
    body = snappy(first(*series).SerializeToString())
    parser = Parser()
    before = parser.parse("1.0", body, NOW * 10**6)
    monkeypatch.setattr(road, "_field_by_field", None)
    again = parser.parse("1.0", body, NOW * 10**6)
    assert found(before) == found(again)
    assert len(again.of) == 100


@pytest.mark.parametrize(
    "tail",
    [
        b"\x12\x10\x09" + b"12345678" + b"\x10" + b"\x80" * 5 + b"\x01",  # as usual
        b"\x12\x10\x10" + b"\x80" * 5 + b"\x01" + b"\x09" + b"12345678",  # the time first
        b"\x12\x11\x09" + b"12345678" + b"\x10" + b"\x80" * 6 + b"\x00",  # a byte too many
        b"\x12\x0f\x09" + b"12345678" + b"\x10" + b"\x80" * 4 + b"\x01",  # a time of long ago
        b"\x12\x09\x09" + b"12345678" + b"\x12\x05\x10" + b"\x80" * 2 + b"\x01",  # two samples
        b"\x0a\x08\x0a\x01z\x12\x03abc" + b"\x12\x07\x10" + b"\x80" * 5 + b"\x01",  # a label more
        b"\x12\x07\x10" + b"\x80" * 5 + b"\x01",  # the value 0
        b"\x12\x00",
        b"",
        b"\x0a\x10\x09" + b"12345678" + b"\x10" + b"\x80" * 5 + b"\x01",  # as a label
    ],
)  # fmt: skip
def test_whatever_follows_known_labels_is_read_right(tail):
    """The same labels, then bytes in other places than senders put them."""
    from webhooks.model import Refused

    known = first(({"__name__": "m", "job": "a"}, [(NOW, 1.0)])).timeseries[0].SerializeToString()
    head = known[:-18]

    def outcome(parser, series):
        raw = b"\x0a" + bytes([len(series)]) + series
        try:
            write = parser.parse("1.0", snappy(raw), NOW * 10**6)
        except Refused as why:
            return why.field
        return found(write)

    quick, slow = Parser(), Parser(quick=False)
    assert outcome(quick, known) == outcome(slow, known)
    assert outcome(quick, head + tail) == outcome(slow, head + tail)
