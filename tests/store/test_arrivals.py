"""Samples as they are sent, on both databases: kept once, merged without loss, read from both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.store import StoreFailed, arrivals, retention, samples
from outage_window.store.arrays import pack_arrival, unpack_arrival
from outage_window.store.arrivals import Superseded
from outage_window.store.samples import BLOCK, Progress, Samples, label_text

SOURCE = "selectors"
GOOD, BAD = {"__name__": "a", "job": "x"}, {"__name__": "a", "nul": "\0", "quote": '"'}


def numbers(store, *wanted):
    """The number of each series, (role, labels)."""
    keys = [(role, label_text(labels)) for role, labels in wanted]
    store.write(lambda c: samples.note(c, "auth", Progress(0, SOURCE)))
    found = store.write(lambda c: samples.identify(c, {"auth": keys}))
    return [found["auth", *key] for key in keys]


def keep(store, *rows):
    """(series, time, value) of one request."""
    of, time, value = (np.array(column) for column in zip(*rows, strict=True))
    arrays = of.astype(np.int64), time.astype(np.int64), value.astype(float)
    store.gather(arrivals.keep, [arrivals.arrival("auth", SOURCE, *arrays)])


def waiting(store):
    with store.read() as connection:
        return arrivals.waiting(connection, "auth")


def arrived(store, start=0):
    with store.read() as connection:
        found = arrivals.load(connection, [one.id for one in waiting(store)], start)
    return content(found)


def merged(store):
    with store.read() as connection:
        return content(samples.load(connection, "auth", 0))


def content(found):
    return {
        (one.role, label_text(one.labels)): list(
            zip(one.time.tolist(), one.value.tolist(), strict=True)
        )
        for one in found
    }


@given(
    st.lists(
        st.tuples(st.integers(0, 2**62), st.integers(-(2**62), 2**62), st.integers(0, 2**64 - 1)),
        min_size=1,
    )
)
def test_every_bit_survives(rows):
    of, time, bits = zip(*rows, strict=True)
    value = np.array(bits, np.uint64).view(np.float64)
    data = pack_arrival(np.array(of, np.int64), np.array(time, np.int64), value)
    back = unpack_arrival(data, len(rows))
    assert back[0].tolist() == list(of)
    assert back[1].tolist() == list(time)
    assert back[2].view(np.uint64).tolist() == list(bits)


def test_the_same_time_counts_once_and_the_first_stays(store):
    good, bad = numbers(store, ("attempts", GOOD), ("errors", BAD))
    keep(store, (good, 5, 1.0), (bad, 5, 7.0), (good, 3, 0.5))
    keep(store, (good, 5, 2.0), (good, 4, 0.7))
    expected = {
        ("attempts", label_text(GOOD)): [(3, 0.5), (4, 0.7), (5, 1.0)],
        ("errors", label_text(BAD)): [(5, 7.0)],
    }
    assert arrived(store) == expected
    assert arrived(store, 5) == {key: rows[-1:] for key, rows in expected.items()}
    arrivals.merge(store, "auth", SOURCE, waiting(store))
    assert (merged(store), waiting(store)) == (expected, [])


def test_numbers_of_series_are_given_once(store):
    first = numbers(store, ("attempts", GOOD), ("errors", GOOD), ("attempts", BAD))
    assert len(set(first)) == 3
    assert numbers(store, ("attempts", BAD), ("attempts", GOOD), ("errors", GOOD)) == [
        first[2], first[0], first[1],
    ]  # fmt: skip
    many = [("attempts", {"i": str(i)}) for i in range(1201)]
    assert len(set(numbers(store, *many))) == 1201


def test_merging_spans_blocks_and_meets_what_is_there(store):
    (good,) = numbers(store, ("attempts", GOOD))
    there = Samples("attempts", GOOD, np.array([BLOCK, 3 * BLOCK]), np.array([1.0, 3.0]))
    store.write(lambda c: samples.keep(c, "auth", [there], Progress(0, SOURCE)))
    keep(store, (good, 3 * BLOCK, 9.0), (good, 2 * BLOCK, 2.0), (good, 3 * BLOCK + 1, 3.5))
    last = waiting(store)[-1].id
    assert arrivals.merge(store, "auth", SOURCE, waiting(store)) == last
    (rows,) = merged(store).values()
    assert rows == [(BLOCK, 1.0), (2 * BLOCK, 2.0), (3 * BLOCK, 3.0), (3 * BLOCK + 1, 3.5)]
    with store.read() as connection:
        assert samples.reached(connection, "auth") == Progress(last, SOURCE)
    keep(store, (good, 5, 5.0))
    assert waiting(store)[0].id > last, "no number comes twice"


def test_a_merge_that_breaks_off_is_done_again(store, monkeypatch):
    """At whatever piece it fails: nothing is lost, nothing counts twice."""
    keys = numbers(store, *(("attempts", {"i": str(i)}) for i in range(10)))
    monkeypatch.setattr(arrivals, "PIECE", 3)
    for at in range(4):
        keep(store, *((key, at + 1, float(at)) for key in keys))
    expected = arrived(store)
    write, left = store.write, [0]

    def failing(work, *more):
        if left[0] == 0:
            raise StoreFailed("the disk is full")
        left[0] -= 1
        return write(work, *more)

    monkeypatch.setattr(store, "write", failing)
    for pieces in range(5):  # four for the blocks, and one for what is done
        left[0] = pieces
        with pytest.raises(StoreFailed):
            arrivals.merge(store, "auth", SOURCE, waiting(store))
        assert arrived(store) == expected
    left[0] = 5
    arrivals.merge(store, "auth", SOURCE, waiting(store))
    assert (merged(store), waiting(store)) == (expected, [])


def test_many_samples_are_merged_in_several_goes(store, monkeypatch):
    monkeypatch.setattr(arrivals, "TOGETHER", 10)
    (good,) = numbers(store, ("attempts", GOOD))
    for at in range(20):
        keep(store, *((good, 10 * at + i, float(i)) for i in range(7)))
    expected = arrived(store)
    arrivals.merge(store, "auth", SOURCE, waiting(store))
    assert (merged(store), waiting(store)) == (expected, [])


def test_forgetting_a_service_drops_what_arrived_too(store):
    (good,) = numbers(store, ("attempts", GOOD))
    keep(store, (good, 1, 1.0))
    store.write(lambda c: samples.forget(c, "auth"))
    assert waiting(store) == []
    with pytest.raises(Superseded):
        keep(store, (good, 1, 1.0))  # its number may stand for another series soon
    assert arrived(store) == {}


def test_other_selectors_supersede_what_is_under_way(store):
    """A request or a merge that began before the settings were read again changes nothing."""
    (good,) = numbers(store, ("attempts", GOOD))
    keep(store, (good, 1, 1.0))
    rows = waiting(store)
    store.write(lambda c: samples.note(c, "auth", Progress(0, "other selectors")))
    with pytest.raises(Superseded):
        keep(store, (good, 2, 1.0))
    with pytest.raises(Superseded):
        arrivals.merge(store, "auth", SOURCE, rows)
    assert (merged(store), waiting(store)) == ({}, rows)
    with store.read() as connection:
        assert samples.reached(connection, "auth") == Progress(0, "other selectors")


def test_what_nobody_merges_goes_with_the_rest(store):
    """The service was removed from the settings, or is pulled now."""
    (good,) = numbers(store, ("attempts", GOOD))
    keep(store, (good, 5, 1.0))
    keep(store, (good, 9, 1.0))
    retention.expire(store, 7)
    assert [one.first for one in waiting(store)] == [9]


def test_known_series_with_their_newest_samples(store):
    good, bad = numbers(store, ("attempts", GOOD), ("errors", BAD))
    keep(store, (good, 3 * BLOCK + 4, 1.0))
    arrivals.merge(store, "auth", SOURCE, waiting(store))
    with store.read() as connection:
        known = [one[1:] for one in arrivals.known(connection, ["auth"])]
        assert list(arrivals.known(connection, ["mail"])) == []
    found = sorted(known, key=lambda one: one[2])
    assert found == [("attempts", GOOD, good, 3 * BLOCK + 4), ("errors", BAD, bad, 0)]


def test_what_many_requests_bring_is_kept_in_one_go(store):
    (good,) = numbers(store, ("attempts", GOOD))
    rows = [
        arrivals.arrival("auth", SOURCE, np.array([good]), np.array([i]), np.array([1.0]))
        for i in range(9)
    ]
    store.write(lambda c: arrivals.keep(c, [rows[:3], [], rows[3:]]))
    assert len(waiting(store)) == 9


def test_nothing_that_arrived_is_nothing(store):
    with store.read() as connection:
        assert arrivals.load(connection, []) == []
        assert arrivals.waiting(connection, "auth") == []
