"""What is old goes; what an incident told, and what still goes on, stays."""

import numpy as np
import pytest
from sqlalchemy import select

from outage_window.kept import StoredIncident
from outage_window.store import alerts, deliveries, events, incidents, retention, samples
from outage_window.store.deliveries import Received
from outage_window.store.samples import Progress, Samples
from outage_window.store.schema import alerts as alerts_table
from outage_window.store.schema import deliveries as deliveries_table
from outage_window.store.schema import events as events_table
from outage_window.store.schema import sample_blocks
from webhooks.model import Alert, AlertDelivery, Event

DAY = 86400 * 10**9


def receive(store, day, service="auth", firing=False):
    at = day * DAY
    alert = Alert(
        f"{service}{day}", "firing" if firing else "resolved", {"service": service}, {}, at,
        None if firing else at + 1, "",
    )  # fmt: skip
    found = alerts.rows("am", AlertDelivery("", "", 0, (alert,)), [service], at)
    body = deliveries.row("am", f"{service}{day}".encode(), at)
    store.gather(deliveries.keep, Received(body, found))
    store.write(lambda c: events.keep(c, (Event(at, "note", service, "x"),), at))
    time, value = np.array([at, at + 10**9]), np.array([1.0, 2.0])
    one = Samples("attempts", {"a": service}, time, value)
    store.write(lambda c: samples.keep(c, service, [one], Progress(at, "s")))


def counts(store):
    with store.read() as connection:
        return [
            len(connection.execute(select(table)).all())
            for table in (deliveries_table, alerts_table, events_table, sample_blocks)
        ]


def test_what_is_older_goes_and_the_rest_stays(store):
    for day in range(1, 11):
        receive(store, day)
    retention.expire(store, 6 * DAY)
    assert counts(store) == [5, 5, 5, 5]
    retention.expire(store, 6 * DAY)
    assert counts(store) == [5, 5, 5, 5]


def test_an_alert_that_fires_stays(store):
    receive(store, 1, firing=True)
    retention.expire(store, 6 * DAY)
    assert counts(store) == [1, 1, 0, 0]


@pytest.mark.parametrize("state", ["ongoing", "suspected"])
def test_what_an_incident_that_goes_on_is_made_of_stays(store, state):
    given = {"facts": {}, "document": {}, "has_window": True, "alerted": False}
    one = StoredIncident("a", "auth", state, 1, None, opened_at=1, updated_at=1, **given)
    store.write(lambda c: incidents.save(c, one))
    for service in ("auth", "vpn"):
        receive(store, 1, service)
    retention.expire(store, 6 * DAY)
    assert counts(store) == [2, 1, 1, 1]


def test_it_is_done_in_pieces(store, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    monkeypatch.setattr(retention, "PIECES", 2)
    for day in range(1, 11):
        receive(store, day)
    retention.expire(store, 100 * DAY)
    assert counts(store) == [4, 4, 4, 0]  # the blocks of one series go together
    retention.expire(store, 100 * DAY)
    assert counts(store) == [1, 0, 0, 0]  # the last delivery tells when the sender was heard
