"""What was missed while nothing came: filled in once, marked, and followed to its end."""

import numpy as np
import pytest

from outage_window.live.catching_up import CatchUp, fill
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.sources.pull import PullFailed, TooMuch
from outage_window.sources.samples import Sampled
from outage_window.store import alert_spans, backfilled, covered, watermarks
from outage_window.store.backfilled import Fetched
from outage_window.store.muted import Muted
from tests.live.made import BORN, Metrics, Place, text
from tests.live.test_watch import END, START

NS = 10**9
STEP = 15.0
AUTH = {"alertname": "A", "service": "auth"}


class Alerting:
    """A Prometheus whose alerts fired in `runs` of (labels, first, last), at each `STEP`."""

    def __init__(self, *runs, external=None):
        self.runs = list(runs)
        self.external = external
        self.down = False
        self.most = None
        self.asked = []

    def samples(self, selector, start, end):
        self.asked.append((start / NS, end / NS))
        if self.down:
            raise PullFailed("Prometheus cannot be reached")
        if self.most is not None and end - start > self.most * NS:
            raise TooMuch("query would load too many samples")
        found = []
        for labels, first, last in self.runs:
            time = np.arange(first, min(last, end / NS) + 1, STEP)
            time = time[(time > start / NS) & (time <= end / NS)]
            if not len(time):
                continue
            if selector.startswith("ALERTS_FOR_STATE"):
                named = labels | {"__name__": "ALERTS_FOR_STATE"}
                found.append(Sampled(named, time, np.full(len(time), first - 60)))
            else:
                named = labels | {"__name__": "ALERTS", "alertstate": "firing"}
                found.append(Sampled(named, time, np.ones(len(time))))
        return found

    def external_labels(self):
        return self.external


class Listing:
    """An Alertmanager that lists `alerts` of (labels, start), and `muted` silences."""

    def __init__(self, *alerts, muted=()):
        self.listed, self.silenced, self.down = list(alerts), list(muted), False
        self.hushed = []

    def alerts(self, at):
        if self.down:
            raise PullFailed("Alertmanager cannot be reached")
        return [
            Fetched(
                f"fp-{start}", round(start * NS), None, labels, {}, at, valid_until=at + 240 * NS
            )
            for labels, start in self.listed
        ]

    def muted(self):
        return self.hushed

    def silences(self, at):
        return self.silenced


class Missed:
    """A store with the loop that fills it in, at a time that the test sets."""

    def __init__(self, store, prometheus=None, alertmanager=None, settings=None):
        self.store = store
        self.now = BORN
        services = [{"name": "auth", "source": "file", "file": "x.csv"}]
        self.settings = Settings.model_validate({"services": services, **(settings or {})})
        self.prometheus, self.alertmanager = prometheus, alertmanager
        self.status = Status(0)
        self.restart()

    def restart(self):
        clock = lambda: round(self.now * NS)  # noqa: E731
        self.loop = CatchUp(
            self.settings, self.store, clock, self.status, self.prometheus, self.alertmanager
        )

    def at(self, now):
        self.now = now
        self.loop.tick()
        return self.all()

    def all(self):
        with self.store.read() as connection:
            found = backfilled.between(connection, 0, 2**62)
        return [
            (a.starts_at / NS - BORN, a.ends_at and a.ends_at / NS - BORN, a.backfilled)
            for a in found
        ]


def run(first, last, **labels):
    return (AUTH | labels, BORN + first, BORN + last)


def test_at_first_nothing_was_missed(store):
    missed = Missed(store, Alerting(run(-3000, -2000)))
    assert missed.at(BORN) == []
    assert missed.prometheus.asked == []


def test_a_restart_fills_the_gap(store):
    missed = Missed(store, Alerting(run(600, 900), run(5000, 9000)))
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 3600) == [(600, 915, "prometheus")]
    missed.restart()
    assert missed.at(BORN + 3610) == [(600, 915, "prometheus")]


def test_a_short_stop_is_a_gap_too(store):
    missed = Missed(store, Alerting(run(10, 40)))
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 90) == [(10, 55, "prometheus")]


def test_while_it_runs_prometheus_is_not_asked(store):
    missed = Missed(store, Alerting(run(600, 900)))
    for seconds in range(0, 1800, 60):
        assert missed.at(BORN + seconds) == []
    assert missed.prometheus.asked == []


def test_a_process_that_stood_still_catches_up(store):
    missed = Missed(store, Alerting(run(600, 900)))
    missed.at(BORN)
    assert missed.at(BORN + 1800) == [(600, 915, "prometheus")]


def test_what_fires_on_is_followed_to_its_end(store):
    missed = Missed(store, Alerting(run(600, 5400)))
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 3600) == [(600, None, "prometheus")]
    asked = len(missed.prometheus.asked)
    assert missed.at(BORN + 3660) == [(600, None, "prometheus")]
    assert all(start > BORN + 3500 for start, _ in missed.prometheus.asked[asked:])
    for later in range(3720, 5521, 60):
        found = missed.at(BORN + later)
    assert found == [(600, 5415, "prometheus")]
    asked = len(missed.prometheus.asked)
    missed.at(BORN + 5580)
    assert len(missed.prometheus.asked) == asked


def test_another_stop_goes_on_with_what_fired(store):
    missed = Missed(store, Alerting(run(600, 9000)))
    missed.at(BORN)
    missed.restart()
    missed.at(BORN + 3600)
    missed.restart()
    assert missed.at(BORN + 20_000) == [(600, 9015, "prometheus")]


def test_what_prometheus_forgot_ended_when_it_was_last_known_to_fire(store):
    missed = Missed(store, Alerting(run(600, 9000)))
    missed.at(BORN)
    missed.restart()
    missed.at(BORN + 3600)
    missed.prometheus.runs.clear()
    assert missed.at(BORN + 3660) == [(600, 3615, "prometheus")]


def test_an_alert_that_fired_long_before_the_gap_began_when_it_did(store):
    days = 5 * 86400
    missed = Missed(store, Alerting(run(-days, 600)))
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 3600) == [(-days, 615, "prometheus")]


def test_a_failure_is_tried_again_and_nothing_is_lost(store):
    missed = Missed(store, Alerting(run(600, 900)))
    missed.at(BORN)
    missed.restart()
    missed.prometheus.down = True
    assert missed.at(BORN + 3600) == []
    assert missed.at(BORN + 3660) == []
    assert missed.status.counted("catch_up_failures") == {"prometheus": 2}
    with store.read() as connection:
        assert watermarks.reached(connection, "alerts") == BORN * NS
    missed.prometheus.down = False
    assert missed.at(BORN + 3720) == [(600, 915, "prometheus")]


def test_a_failure_is_logged_once(store, caplog):
    missed = Missed(store, None, Listing())
    missed.alertmanager.down = True
    missed.at(BORN)
    missed.at(BORN + 60)
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "alerts that were missed cannot be filled in yet: Alertmanager cannot be reached"
    ]
    with store.read() as connection:
        assert watermarks.reached(connection, "alerts") == (BORN + 60) * NS


def test_too_much_at_once_is_asked_for_in_pieces(store):
    missed = Missed(store, Alerting(run(600, 90_000)))
    missed.prometheus.most = 3600
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 200_000) == [(600, 90_015, "prometheus")]


def test_only_alerts_of_the_services_that_are_set_are_filled_in(store):
    others = [run(600, 900, service="vpn"), run(600, 900, outage_window="self")]
    missed = Missed(store, Alerting(run(705, 900), *others))
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 3600) == [(705, 915, "prometheus")]


def test_the_labels_that_prometheus_adds_are_on_it(store):
    missed = Missed(
        store,
        Alerting(({"alertname": "A"}, BORN + 600, BORN + 900), external={"service": "auth"}),
    )
    missed.at(BORN)
    missed.restart()
    assert missed.at(BORN + 3600) == [(600, 915, "prometheus")]


def test_alertmanager_tells_what_it_could_not_deliver(store):
    """A 4xx loses a delivery for ever: what fires is asked for, at each interval."""
    missed = Missed(store, None, Listing((AUTH, BORN - 50), (AUTH | {"service": "vpn"}, BORN)))
    assert missed.at(BORN) == [(-50, None, "alertmanager")]
    assert missed.at(BORN + 60) == [(-50, None, "alertmanager")]
    missed.alertmanager.listed.clear()
    for seconds in (120, 180, 240):
        found = missed.at(BORN + seconds)
    assert found == [(-50, 120, "alertmanager")]


def test_with_a_receiver_all_that_goes_there_is_taken(store):
    asked = {"url": "http://127.0.0.1:1", "receiver": "ow"}
    own = AUTH | {"outage_window": "self"}
    listing = Listing((AUTH | {"service": "vpn"}, BORN), (own, BORN))
    missed = Missed(store, None, listing, settings={"alertmanager": asked})
    assert missed.at(BORN) == [(0, None, "alertmanager")]


def test_it_is_shown_under_the_senders_name(store):
    sender = {"senders": [{"name": "am-eu", "kind": "alertmanager"}]}
    missed = Missed(store, None, Listing((AUTH, BORN)), settings=sender)
    missed.at(BORN)
    with store.read() as connection:
        assert [a.sender for a in backfilled.between(connection, 0, 2**62)] == ["am-eu"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10_000, [(600, 915), (5000, 6020)]),
        (700, 800, [(600, 915)]),
        (5500, 5600, [(5000, 6020)]),
        (1000, 4000, []),
    ],
)
def test_a_stretch_of_the_past_is_filled_with_whole_runs(store, start, end, expected):
    client = Alerting(run(600, 900), run(5000, 6005))
    missed = Missed(store)
    begin, until, now = (round((BORN + s) * NS) for s in (start, end, 50_000))
    fill(missed.settings, store, client, None, begin, until, now)
    assert [(a, b) for a, b, _ in missed.all()] == expected


def test_an_incident_shows_what_was_filled_in_until_it_is_delivered(store):
    place = Place(store, Metrics((START, END)))
    client = Alerting((AUTH, START + 120, END))
    missed = Missed(store, client)
    missed.at(START - 60)
    missed.restart()
    missed.at(END + 600)
    (found,) = place.at(END + 600)
    (alert,) = found["alerts"]
    assert (alert["backfilled"], alert["deliveries"]) == ("prometheus", 0)
    assert alert["received_at"] is None
    assert alert["active_since"] == text(START + 60)
    assert alert["resolved_at"] == text(END + 15)
    (fired,) = (row for row in found["timeline"] if row["kind"] == "Alert fired")
    assert fired["text"].startswith("A; back-filled from Prometheus, not delivered; its condition")
    assert not store_says_alerted(place)
    place.alert(START + 120, END + 16)
    (closed,) = place.at(END + 1260)
    (alert,) = closed["alerts"]
    assert closed["state"] == "closed"
    assert (alert["backfilled"], alert["resolved_at"]) == (None, text(END + 16))


def store_says_alerted(place):
    from outage_window.store import incidents

    with place.store.read() as connection:
        (found,) = incidents.latest(connection)
    return found.alerted


def spans(store, name):
    with store.read() as connection:
        found = covered.between(connection, name, 0, 2**62)
    return [(a / NS - BORN, b / NS - BORN) for a, b in found]


def test_it_notes_over_which_times_was_received_and_asked(store):
    listing = Listing()
    listing.hushed = [Muted("f", BORN * NS, "inhibited", AUTH, ("by",))]
    missed = Missed(store, Alerting(), listing)
    for seconds in (0, 60, 120):
        missed.at(BORN + seconds)
    missed.restart()
    listing.down = True
    for seconds in (3600, 3660):
        missed.at(BORN + seconds)
    assert spans(store, "receiving") == [(0, 120), (3600, 3660)]
    assert spans(store, "alertmanager") == [(0, 120)]
    assert spans(store, "prometheus") == [(120 - 300, 3600)]
    with store.read() as connection:
        (one,) = alert_spans.hushed(connection, 0, 2**62)
    assert (one.service, one.how, one.by) == ("auth", "inhibited", ("by",))
    assert (one.first_seen / NS - BORN, one.last_seen / NS - BORN) == (0, 120)


def test_what_was_filled_in_by_hand_is_covered(store):
    settings = Settings.model_validate(
        {"services": [{"name": "auth", "source": "file", "file": "x"}]}
    )
    asked = (round((BORN + at) * NS) for at in (0, 900, 1800))
    fill(settings, store, Alerting(run(600, 900)), None, *asked)
    assert spans(store, "prometheus") == [(0, 900)]
