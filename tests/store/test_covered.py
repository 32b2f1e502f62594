"""Over which times was received and asked, and what Alertmanager muted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from outage_window.store import alert_spans, covered, muted
from outage_window.store.muted import Muted

S = 10**9
SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=6)


def between(store, start=0, end=1000, name="receiving"):
    with store.read() as connection:
        return covered.between(connection, name, start, end)


def test_marks_each_minute_are_one_span(store):
    for at in (0, 60, 120, 400, 460):
        store.write(lambda c, at=at: covered.cover(c, "receiving", at, at, 180))
    assert between(store) == [(0, 120), (400, 460)]
    assert between(store, 50, 430) == [(50, 120), (400, 430)]
    assert between(store, name="prometheus") == []
    with store.read() as connection:
        assert covered.first(connection, "receiving") == 0
        assert covered.first(connection, "prometheus") is None


@given(SPANS)
def test_spans_that_overlap_are_one(spans):
    # Without a database: what is read is decided by what was noted, in whatever order.
    seconds = {at for start, lasts in spans for at in range(start, start + lasts)}
    joined = covered.joined((a, a + n) for a, n in spans)
    assert {at for a, b in joined for at in range(a, b)} == seconds
    assert all(b < c for (_, b), (c, _) in pairwise(joined))


def test_asking_the_same_again_changes_nothing(store):
    for _ in range(2):
        store.write(lambda c: covered.cover(c, "prometheus", 10, 90))
    store.write(lambda c: covered.cover(c, "prometheus", 20, 50))
    store.write(lambda c: covered.cover(c, "prometheus", 5, 30))
    assert between(store, name="prometheus") == [(5, 90)]


def hushed(store, start=0, end=10_000):
    with store.read() as connection:
        found = alert_spans.hushed(connection, start * S, end * S)
    return [(a.how, a.starts_at // S, a.first_seen // S, a.last_seen // S, a.by) for a in found]


def test_what_is_muted_was_so_from_the_first_to_the_last_asking(store):
    labels = {"alertname": "A", "service": "auth"}
    for at, starts, how in ((100, 90, "silenced"), (160, 90, "silenced"), (220, 93, "silenced"),
                            (220, 90, "inhibited"), (5000, 4990, "silenced")):  # fmt: skip
        one = Muted("f", starts * S, how, labels, (f"by-{at}",))
        store.write(lambda c, one=one, at=at: muted.keep(c, [one], at * S))
    assert hushed(store) == [
        ("inhibited", 90, 220, 220, ("by-220",)),
        ("silenced", 90, 100, 220, ("by-160",)),
        ("silenced", 4990, 5000, 5000, ("by-5000",)),
    ]
    assert hushed(store, 300, 4000) == []
