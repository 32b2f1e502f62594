"""Services whose samples are sent: many are read at once, and each has what it would have alone."""

import numpy as np
import pytest
from sqlalchemy import event

from outage_window.live import rounds, watch
from outage_window.live.feeds import sent
from outage_window.store import arrivals, samples
from tests.live.made import BORN, STEP, Metrics
from tests.live.test_sent import LABELS, Place
from tests.webhooks.sent import TYPES, first, snappy

HOUR = 3600


def asked(name):
    chosen = {"attempts": f'all{{service="{name}"}}', "errors": f'bad{{service="{name}"}}'}
    return {"name": name, "source": "remote_write", **chosen}


class Many(Place):
    """Services whose counters are all alike, but for how much each has of them."""

    def __init__(self, store, names):
        self.names = names
        super().__init__(store, Metrics(), services=[asked(name) for name in names])

    def send(self, now):
        self.now = now
        for name in self.metrics.counters:
            found = self.metrics.samples(name, self.sent * 1e9, now * 1e9)[0]
            for factor, service in enumerate(self.names, 1):
                labels = {"__name__": name, "service": service, **LABELS}
                self.post(labels, found.time, found.value * factor)
        self.sent = now

    def at(self, now):
        self.send(now)
        self.watch.tick()

    def data(self):
        return {name: self.watch._known[name].data for name in self.names}


def statements(store, work):
    """How many statements `work` takes to read."""
    seen = []

    def note(*_):
        seen.append(1)

    event.listen(store._opened.reading, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(store._opened.reading, "before_cursor_execute", note)
    return len(seen)


def passes(store, names):
    """What the first pass of another process takes, and its next one with something new of each."""
    place = Many(store, names)
    place.at(BORN + HOUR)
    place.restart()
    first = statements(store, place.watch.tick)
    before = {name: place.data()[name].series.end[-1] for name in names}
    place.send(BORN + HOUR + STEP)
    later = statements(store, place.watch.tick)
    assert all(place.data()[name].series.end[-1] == before[name] + STEP for name in names)
    return first, later


def test_many_take_no_more_than_one(store):
    names = [f"s{n:02d}" for n in range(rounds.TOGETHER + 1)]
    one, many = passes(store, names[:1]), passes(store, names[1:])
    assert many[1] == one[1]
    assert many[0] <= one[0] + 1  # how large all of them are together


@pytest.mark.parametrize("most", [1, 500, sent.MOST])
def test_each_has_what_it_would_have_alone(store, monkeypatch, most):
    """With blocks, rows beside them, rows of a request that came twice, and another process."""
    monkeypatch.setattr(sent, "MOST", most)
    monkeypatch.setattr(watch.Watch, "let_rest", lambda *_: None)
    names = ["a", "b", "c", "d"]
    place = Many(store, names)
    place.at(BORN + 600)
    place.at(BORN + 3 * HOUR)  # merged
    place.sent -= 4 * STEP
    place.at(BORN + 3 * HOUR + STEP)
    for _ in range(2):
        place.restart()
        place.watch.tick()
        place.at(place.now + STEP)
        found = place.data()
        for name in names:
            alone = place.watch._known[name].feed.whole(round(place.now * 1e9))
            own = found[name].series
            assert found[name].origins == alone.origins
            assert np.array_equal(own.attempts, alone.series.attempts)
            assert np.array_equal(own.end, alone.series.end)
        totals = [found[name].series.attempts.sum() for name in names]
        assert np.allclose(totals, totals[0] * np.arange(1, 5))


def test_where_that_fails_each_reads_by_itself(store, monkeypatch):
    place = Many(store, ["a", "b", "c"])

    def fails(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(watch, "read_ahead", fails)
    place.at(BORN + HOUR)
    status = place.watch.status.services
    assert {status[name].scanned_at for name in "abc"} == {round(place.now * 1e9)}
    assert all(data.series is not None for data in place.data().values())


def test_the_new_series_of_a_request_get_their_numbers_at_once(store, monkeypatch):
    place = Many(store, ["a", "b", "c"])
    learnt, identify = [], samples.identify
    monkeypatch.setattr(
        samples, "identify", lambda c, wanted: learnt.append(sorted(wanted)) or identify(c, wanted)
    )
    series = [
        ({"__name__": metric, "service": service, **LABELS}, [(round(BORN * 1000), 1.0)])
        for service in place.names
        for metric in ("all", "bad")
    ]
    body = snappy(first(*series).SerializeToString())
    headers = {"Content-Type": TYPES["1.0"], "Content-Encoding": "snappy"}
    for _ in range(2):
        assert place.client.post("/api/v1/write", data=body, headers=headers).status_code == 204
    assert learnt == [place.names]
    with store.read() as connection:
        assert all(len(arrivals.waiting(connection, name)) == 2 for name in place.names)
