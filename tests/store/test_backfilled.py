"""Alerts that an API told of beside those that were delivered: each is there once."""

import itertools

import pytest

from outage_window.store import alerts, backfilled, silences, watermarks
from outage_window.store.backfilled import Fetched
from outage_window.store.silences import Matcher, Silence
from webhooks.model import Alert, AlertDelivery

SECOND = 10**9
FOREVER = 2**63 - 1
LABELS = {"alertname": "A", "service": "auth"}
SENT = LABELS | {"cluster": "eu"}


def delivered(starts, ends=None, fingerprint="f1", labels=SENT):
    status = "firing" if ends is None else "resolved"
    end = None if ends is None else ends * SECOND
    alert = Alert(fingerprint, status, labels, {}, starts * SECOND, end, "")
    return AlertDelivery("ow", "{}", 0, (alert,))


def told(starts, ends=None, step=15, fingerprint="p1", labels=LABELS, external=None):
    end = None if ends is None else ends * SECOND
    names = None if external is None else frozenset(external)
    times = {"seen_at": (ends or starts) * SECOND, "step": step * SECOND}
    return Fetched(fingerprint, starts * SECOND, end, labels, {}, external=names, **times)


def listed(starts, at, until=None, fingerprint="f1"):
    valid = None if until is None else until * SECOND
    return Fetched(fingerprint, starts * SECOND, None, SENT, {}, at * SECOND, valid_until=valid)


class Kept:
    """A store with words for what happens to it; times in seconds."""

    def __init__(self, store):
        self.store = store

    def deliver(self, *deliveries, at=1):
        for one in deliveries:
            services = ["auth"] * len(one.alerts)
            rows = alerts.rows("am", one, services, at * SECOND)
            self.store.write(lambda c, rows=rows: alerts.keep(c, rows))

    def tell(self, *found, at=10_000):
        self.store.write(
            lambda c: backfilled.keep_backfilled(c, "prometheus", "prometheus", found, at * SECOND)
        )

    def list(self, *found, at):
        self.store.write(lambda c: backfilled.keep_listed(c, "am", found, at * SECOND))

    def silence(self, start, end, *matchers):
        one = Silence("s", start * SECOND, end * SECOND, matchers, "", False)
        self.store.write(lambda c: silences.keep(c, [one]))

    def all(self):
        """(start, end, back-filled, timed out) of each alert."""
        with self.store.read() as connection:
            found = backfilled.between(connection, 0, FOREVER)
        return [
            (
                a.starts_at // SECOND,
                None if a.ends_at is None else a.ends_at // SECOND,
                a.backfilled,
                a.timed_out,
            )
            for a in found
        ]


@pytest.fixture
def kept(store):
    return Kept(store)


def test_what_nobody_delivered_is_there_and_says_so(kept):
    kept.tell(told(100, 200))
    assert kept.all() == [(100, 200, "prometheus", False)]


@pytest.mark.parametrize("moved", [-30, 0, 30])
@pytest.mark.parametrize("first", ["delivered", "told"])
def test_two_evaluations_apart_it_is_the_delivered_one(kept, moved, first):
    works = [
        lambda: kept.deliver(delivered(1000, 2000)),
        lambda: kept.tell(told(1000 + moved, 2010)),
    ]
    for work in works if first == "delivered" else reversed(works):
        work()
    assert kept.all() == [(1000, 2000, "", False)]


def test_further_apart_it_is_another_alert(kept):
    kept.deliver(delivered(1000, 1020))
    kept.tell(told(1031, 1040), told(960, 969, fingerprint="p2"))
    assert [a[0] for a in kept.all()] == [960, 1000, 1031]


def test_an_alert_fires_once_at_a_time(kept):
    """A run that began within a delivered alert, or goes on into one, is that alert."""
    kept.deliver(delivered(1000, 2000), delivered(5000, 6000))
    kept.tell(told(1500, 1600), told(4000, 5500))
    assert kept.all() == [(1000, 2000, "", False), (5000, 6000, "", False)]


@pytest.mark.parametrize(
    ("labels", "external", "same"),
    [
        (LABELS, None, True),  # more labels may have been added in sending
        (LABELS | {"alertstate": "firing", "__name__": "ALERTS"}, None, True),
        (LABELS | {"severity": "page"}, None, False),
        (SENT, {"cluster"}, True),
        (LABELS | {"cluster": "us"}, {"cluster"}, True),  # relabelled in sending
        (LABELS, set(), False),
        (LABELS | {"replica": "a"}, {"cluster", "replica"}, True),
        (LABELS | {"service": "vpn"}, {"cluster"}, False),
    ],
)
def test_labels_agree_but_for_those_that_are_added(kept, labels, external, same):
    kept.deliver(delivered(1000, 2000))
    kept.tell(told(1000, 2000, labels=labels, external=external))
    assert len(kept.all()) == (1 if same else 2)


def test_an_end_that_no_delivery_told_is_filled_in_and_marked(kept):
    kept.deliver(delivered(1000))
    kept.tell(told(1000, 2015))
    assert kept.all() == [(1000, 2015, "end", False)]
    kept.deliver(delivered(1000, 2010))
    assert kept.all() == [(1000, 2010, "", False)]


@pytest.mark.parametrize(("received", "end"), [(2075, 2015), (2076, None)])
def test_a_delivery_after_that_end_says_that_it_fires_on(kept, received, end):
    kept.deliver(delivered(1000), at=received)
    kept.tell(told(1000, 2015))
    assert kept.all()[0][1] == end


def test_an_end_that_only_a_later_alert_gave_is_told_better(kept):
    kept.deliver(delivered(1000), delivered(5000))
    assert kept.all() == [(1000, 5000, "", True), (5000, None, "", False)]
    kept.tell(told(1000, 2000))
    assert kept.all() == [(1000, 2000, "end", False), (5000, None, "", False)]


def test_at_the_edge_of_what_is_asked_for_it_is_still_the_delivered_one(kept):
    kept.deliver(delivered(1000, 2000))
    kept.tell(told(1000, 2015))
    with kept.store.read() as connection:
        assert backfilled.between(connection, 2010 * SECOND, 3000 * SECOND) == []
        assert len(backfilled.between(connection, 2000 * SECOND, 3000 * SECOND)) == 1


def test_what_is_told_later_is_better_known(kept):
    kept.tell(told(100))
    kept.tell(told(100, 300))
    kept.tell(told(100, 300))
    assert kept.all() == [(100, 300, "prometheus", False)]


def test_both_apis_tell_one_alert(kept):
    kept.list(listed(1000, at=1010), at=1010)
    kept.tell(told(1005, 1500))
    assert kept.all() == [(1000, 1500, "alertmanager", False)]


def test_the_order_in_which_all_of_it_comes_makes_no_difference(tmp_path):
    from outage_window.store import Store

    works = [
        lambda k: k.deliver(delivered(1000)),
        lambda k: k.deliver(delivered(1000, 2000)),
        lambda k: k.tell(told(1000, 2015), told(5000, 5100)),
        lambda k: k.tell(told(1000, 2015)),
    ]
    outcomes = set()
    for number, order in enumerate(itertools.permutations(works)):
        opened = Store.open(f"sqlite:///{tmp_path / str(number)}.db")
        for work in order:
            work(Kept(opened))
        outcomes.add(tuple(Kept(opened).all()))
        opened.close()
    assert outcomes == {((1000, 2000, "", False), (5000, 5100, "prometheus", False))}


def test_what_alertmanager_lists_no_more_has_ended(kept):
    kept.list(listed(1000, at=1010, until=1250), at=1010)
    kept.list(at=1070)
    assert kept.all() == [(1000, None, "alertmanager", False)]  # it may have been started anew
    kept.list(at=1130)
    assert kept.all() == [(1000, None, "alertmanager", False)]
    kept.list(at=1190)
    assert kept.all() == [(1000, 1070, "alertmanager", False)]


def test_an_alertmanager_that_was_started_anew_lists_it_again(kept):
    kept.list(listed(1000, at=1010), at=1010)
    kept.list(at=1070)
    kept.list(listed(1000, at=1130), at=1130)
    kept.list(at=1190)
    kept.list(at=1250)
    assert kept.all() == [(1000, None, "alertmanager", False)]
    kept.list(listed(1000, at=2000), at=2000)
    assert kept.all() == [(1000, None, "alertmanager", False)]


def test_an_alert_whose_validity_ran_out_fell_silent(kept):
    """Its end is no evidence of recovery: its sender died, and nobody said that it was over."""
    kept.list(listed(1000, at=1010, until=1250), at=1010)
    kept.list(listed(1000, at=1240, until=1250), at=1240)
    kept.list(at=1300)
    kept.list(at=1420)
    assert kept.all() == [(1000, 1250, "alertmanager", True)]


@pytest.mark.parametrize(("end", "timed_out"), [(1250, True), (1249, False)])
def test_a_delivered_end_at_the_end_of_its_validity_is_no_recovery(kept, end, timed_out):
    kept.list(listed(1000, at=1010, until=1250), at=1010)
    kept.deliver(delivered(1000, end))
    assert kept.all() == [(1000, end, "", timed_out)]


def test_a_silenced_alert_reached_nobody(kept):
    kept.silence(900, 1100, Matcher("service", "au.*", True, True))
    kept.tell(told(1000, 1200), told(1150, 1200, fingerprint="p2", labels=LABELS | {"x": "1"}))
    assert [a[0] for a in kept.all()] == [1150]


def test_the_mark_never_moves_back(store):
    for at in (5, 9, 7):
        store.write(lambda c, at=at: watermarks.reach(c, "alerts", at))
    with store.read() as connection:
        assert watermarks.reached(connection, "alerts") == 9
        assert watermarks.reached(connection, "other") is None
