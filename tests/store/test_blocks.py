"""Samples in blocks, and events: nothing is lost, nothing counted twice, no bit changed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from outage_window.store import events, samples
from outage_window.store.arrays import pack_samples, unpack_samples
from outage_window.store.samples import BLOCK, Progress, Samples
from webhooks.model import Event

STALE = np.array([0x7FF0000000000002], np.uint64).view(np.float64)[0]
DONE = Progress(5, "selectors")


def sampled(times, values, role="attempts"):
    return Samples(role, {"job": "a"}, np.array(times, np.int64), np.array(values, np.float64))


@given(
    st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**64 - 1)), min_size=1).map(
        sorted
    )
)
def test_every_bit_survives(rows):
    time = np.array([row[0] for row in rows], np.int64)
    bits = np.array([row[1] for row in rows], np.uint64)
    back, values = unpack_samples(pack_samples(time, bits.view(np.float64)), len(rows))
    assert (back == time).all()
    assert (values.view(np.uint64) == bits).all()


def test_stale_markers_survive_the_database(store):
    store.write(lambda c: samples.keep(c, "auth", [sampled([1, 2], [STALE, np.nan])], DONE))
    with store.read() as connection:
        (found,) = samples.load(connection, "auth", 0)
    assert found.value.view(np.uint64)[0] == 0x7FF0000000000002


def test_overlapping_and_late_samples_are_put_together(store):
    for times in ([3 * BLOCK, 3 * BLOCK + 9], [BLOCK, 3 * BLOCK + 9, 4 * BLOCK], [3 * BLOCK + 1]):
        found = sampled(times, np.array(times) / 7)
        store.write(lambda c, found=found: samples.keep(c, "auth", [found], DONE))
    with store.read() as connection:
        (back,) = samples.load(connection, "auth", 0)
        (later,) = samples.load(connection, "auth", 3 * BLOCK + 5)
        assert samples.reached(connection, "auth") == DONE
    expected = [BLOCK, 3 * BLOCK, 3 * BLOCK + 1, 3 * BLOCK + 9, 4 * BLOCK]
    assert back.time.tolist() == expected
    assert back.value.tolist() == [time / 7 for time in expected]
    assert later.time.tolist() == expected[1:]


def test_forgetting_a_service_leaves_the_others(store):
    for service in ("auth", "mail"):
        store.write(lambda c, s=service: samples.keep(c, s, [sampled([1], [2])], DONE))
    store.write(lambda c: samples.forget(c, "auth"))
    with store.read() as connection:
        assert samples.load(connection, "auth", 0) == []
        assert samples.reached(connection, "auth") is None
        assert len(samples.load(connection, "mail", 0)) == 1


def test_an_event_is_kept_once(store):
    one = Event(5, "ticket", "auth", "cannot log in", "", "T-1")
    same_id = Event(6, "ticket", "auth", "cannot log in!", "", "T-1")
    no_id = Event(5, "note", "auth", "x")
    assert store.write(lambda c: events.keep(c, (one, same_id, no_id), 9)) == 2
    assert store.write(lambda c: events.keep(c, (no_id, one), 10)) == 0
    with store.read() as connection:
        assert [e.text for e in events.of(connection, "auth", 0, 6)] == ["cannot log in", "x"]
        assert events.of(connection, "mail", 0, 6) == []
