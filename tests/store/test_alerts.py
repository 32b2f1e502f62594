"""Alerts from deliveries that come twice, late and out of order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from outage_window.store import alerts, deliveries, schema
from outage_window.store.deliveries import Received
from outage_window.store.schema import metadata
from webhooks.model import Alert, AlertDelivery

SECOND = 10**9
FOREVER = 2**62


def delivery(starts, ends=None, truncated=0, fingerprint="f1"):
    status = "firing" if ends is None else "resolved"
    end = None if ends is None else ends * SECOND
    alert = Alert(fingerprint, status, {"service": "auth"}, {}, starts * SECOND, end, "")
    return AlertDelivery("ow", "{}", truncated, (alert,))


def rows(one, number=1):
    return alerts.rows("am", one, ["auth"] * len(one.alerts), number)


def stored(*deliveries):
    """What is known after the deliveries: (start, end, timed out, deliveries), in seconds."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for number, one in enumerate(deliveries):
            alerts.keep(connection, rows(one, number))
        found = alerts.between(connection, -FOREVER, service="auth")
    engine.dispose()
    return [
        (
            a.starts_at // SECOND,
            None if a.ends_at is None else a.ends_at // SECOND,
            a.timed_out,
            a.deliveries,
        )
        for a in found
    ]


def test_a_late_firing_does_not_reopen_a_resolved_alert():
    assert stored(delivery(100), delivery(100, 200), delivery(100)) == [(100, 200, False, 3)]


def test_resolved_without_firing_is_an_alert():
    assert stored(delivery(100, 200)) == [(100, 200, False, 1)]


def test_a_start_that_moved_earlier_is_the_same_alert():
    assert stored(delivery(130), delivery(100), delivery(130, 500)) == [(100, 500, False, 3)]


@pytest.mark.parametrize("end", [None, 1900, 2100])
def test_what_a_peer_that_knew_less_tells_of_the_same_time_is_the_same_alert(end):
    """After a partition one peer has a later start: an alert fires once at a time."""
    found = stored(delivery(100, 2000), delivery(1500, end))
    assert found == [(100, max(2000, end or 0), False, 2)]


def test_it_may_fire_again():
    found = stored(delivery(100, 200), delivery(1000))
    assert found == [(100, 200, False, 1), (1000, None, False, 1)]


def test_an_end_that_never_came_is_marked_as_observed_by_nobody():
    found = stored(delivery(100), delivery(5000))
    assert found == [(100, 5000, True, 1), (5000, None, False, 1)]


def test_senders_and_fingerprints_are_apart():
    assert len(stored(delivery(100), delivery(100, fingerprint="f2"))) == 2


@pytest.mark.parametrize(("start", "end", "expected"), [(0, 99, 0), (0, 101, 1), (300, 400, 0)])
def test_between_takes_those_that_fired_in_it(store, start, end, expected):
    store.write(lambda c: alerts.keep(c, rows(delivery(100, 200))))
    with store.read() as connection:
        found = alerts.between(connection, start * SECOND, end * SECOND, "auth")
    assert len(found) == expected


some_deliveries = st.lists(
    st.builds(
        lambda start, lasts: delivery(start, None if lasts is None else start + lasts),
        st.sampled_from([0, 60, 100, 1000, 1060, 5000]),
        st.sampled_from([None, 30, 80, 600]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(some_deliveries)
def test_the_order_of_deliveries_does_not_matter(found):
    outcomes = {tuple(stored(*order)) for order in itertools.permutations(found)}
    assert len(outcomes) == 1


def test_many_at_once_are_kept_as_one_after_another(store):
    rng = np.random.default_rng(7)
    came = [
        delivery(
            int(rng.choice([0, 60, 1000])),
            None if rng.random() < 0.5 else int(rng.integers(1000, 2000)),
            int(rng.integers(0, 3)),
            f"f{rng.integers(0, 4)}",
        )
        for _ in range(200)
    ]

    def received(sender, number):
        body = deliveries.row(sender, b"%d" % (number % 30), number)
        return Received(body, alerts.rows(sender, came[number], ["auth"], number))

    for number in range(200):
        store.write(lambda c, n=number: deliveries.keep(c, [received("one", n)]))
    number = 0
    while number < 200:
        some = range(number, min(200, number + int(rng.integers(1, 40))))
        number = some.stop
        store.write(lambda c, s=some: deliveries.keep(c, [received("many", n) for n in s]))
    with store.read() as connection:
        for table in (schema.alerts, schema.deliveries):
            query = select(*[c for c in table.c if c.name not in ("id", "sender")])
            one, many = (
                sorted(map(repr, connection.execute(query.where(table.c.sender == name))))
                for name in ("one", "many")
            )
            assert len(one) > 10
            assert one == many
