"""What is received is derived at once, between the passes over all services, and not too often."""

import json
import threading
import time
from itertools import count
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from outage_window.live import prompt, touched
from outage_window.live.prompt import Prompt
from outage_window.live.touched import Touched
from outage_window.store import Store, alerts
from tests.live.made import BORN, DAY, FIRING, Leads, Metrics, Place, text
from tests.live.process import Process
from tests.live.test_reload import ALERTS, Hammer, wait_for
from webhooks.model import Alert, AlertDelivery

START = BORN + 3 * DAY + 8 * 3600
END = START + 3600
HOUR = "scan_interval: 1h\n"


class Prompted(Place):
    """A place where what is received is derived at once, when the test says so."""

    def restart(self):
        super().restart()
        self.prompt = Prompt(self.watch, lambda: round(self.now * 1e9))

    def told(self):
        self.prompt.tick()
        return {one["service"]: one for one in self.incidents()}

    def note(self, at, words, service="auth"):
        event = {"time": text(at), "type": "note", "service": service, "text": words}
        assert self.client.post("/api/v1/events", json=event).status_code == 200

    def passes(self):
        return self.metric("outage_window_prompt_passes_total")


@pytest.fixture
def place(store, monkeypatch):
    monkeypatch.setattr(prompt, "AT_ONCE", 60.0)
    monkeypatch.setattr(prompt, "AGAIN", 60.0)
    return Prompted(store, Metrics((START, END)))


def test_an_alert_is_suspected_at_once_and_no_metrics_are_asked_for(place):
    place.at(START - 7200)
    asked = place.metrics.asked
    assert place.told() == {}
    place.now += 5
    place.alert(START - 7200)
    place.alert(START - 7200, service="only-alerts")
    found = place.told()
    assert {name: one["state"] for name, one in found.items()} == {
        "auth": "suspected",
        "only-alerts": "suspected",
    }
    assert place.metrics.asked == asked
    assert place.passes() == 1
    place.now += 5
    place.alert(START - 7200, START - 7100)
    assert place.told()["auth"]["state"] == "unconfirmed"
    assert place.passes() == 2
    assert place.told()
    assert place.passes() == 2  # nothing came


def test_an_event_is_in_the_timeline_and_the_next_pass_finds_nothing_else(place):
    place.at(START + 600)
    place.alert(START + 300)
    place.note(START + 400, "Looking at it")
    (one,) = place.told().values()
    assert (one["state"], len(one["alerts"])) == ("ongoing", 1)
    assert [event["text"] for event in one["events"]] == ["Looking at it"]
    (after,) = place.at(place.now)
    assert after == one


def test_what_is_told_of_a_closed_incident_is_one_revision(place):
    (closed,) = place.at(END + 1200)
    assert (closed["state"], closed["revision"]) == ("closed", 1)
    place.now += 5
    place.note(START + 60, "Told late")
    assert place.told()["auth"]["revision"] == 2
    (after,) = place.at(place.now + 15)
    assert after["revision"] == 2


def test_metrics_that_cannot_be_read_are_said_to_be_so_here_too(place):
    place.metrics.down = True
    place.at(START - 7200)
    place.alert(START - 7200)
    one = place.told()["auth"]
    (after,) = place.at(place.now)
    assert one["no_window_because"] == after["no_window_because"]
    assert "Prometheus cannot be reached" in one["no_window_because"]


def test_before_the_first_pass_over_all_and_while_another_leads_nothing_is_derived(place):
    place.now = START - 7200
    place.alert(START - 7200)
    assert place.told() == {}
    assert len(place.at(START - 7200)) == 1
    place.watch.leading = leads = Leads()
    leads.term = 0
    place.alert(START - 7100, service="mail")
    assert set(place.told()) == {"auth"}
    leads.term = 2
    place.now += 60
    place.alert(START - 7100, START - 7050)
    assert place.told()["auth"]["state"] == "suspected"  # what another did to metrics is not known
    asked = place.metrics.asked
    place.watch.take_over()
    found = place.told()
    assert {name: one["state"] for name, one in found.items()} == {
        "auth": "unconfirmed",
        "mail": "suspected",
    }
    assert place.metrics.asked > asked
    asked = place.metrics.asked
    place.watch.take_over()
    assert place.metrics.asked == asked, "nothing is newly led"
    place.alert(START - 7000, service="wiki")
    assert len(place.told()) == 3


def test_what_was_left_when_it_was_to_stop_comes_next(place):
    place.at(START - 7200)
    place.alert(START - 7200)
    place.prompt.tick(lambda: True)
    assert place.incidents() == []
    assert set(place.told()) == {"auth"}


def test_one_that_fails_holds_up_nobody_and_is_logged_once(place, caplog, monkeypatch):
    place.at(START - 7200)
    update = place.watch._keeper.update
    broken = ["auth", "wiki"]

    def fails(scene):
        if scene.service in broken:
            raise ValueError("on purpose")
        update(scene)

    monkeypatch.setattr(place.watch._keeper, "update", fails)
    for after in range(3):
        place.now += 1
        for name in ("auth", "wiki", "mail"):
            place.alert(START - 7200 + after, service=name)
        assert set(place.told()) == {"mail"}
    assert caplog.text.count("incidents could not be updated") == 2
    assert place.metric('outage_window_scan_failures_total{service="auth"}') == 1
    broken.clear()
    assert len(place.at(place.now)) == 3
    place.now += 1
    place.alert(START - 7200, START - 7100)
    assert place.told()["auth"]["state"] == "unconfirmed"


def test_in_a_flood_services_take_turns(place, monkeypatch):
    monkeypatch.setattr(prompt, "AT_ONCE", 0.5)
    monkeypatch.setattr(prompt, "AGAIN", 0.5)
    place.at(START - 7200)
    derived = []
    monkeypatch.setattr(place.watch, "derive", lambda name: derived.append(name) or True)
    looks = count()
    clock = SimpleNamespace(monotonic=lambda: next(looks) * 0.12)
    monkeypatch.setattr(prompt, "time", clock)
    for names in (("a", "b", "c"), ("a", "d"), ("a",)):
        place.now += 1
        for name in names:
            place.alert(START - 7200, service=name, name=f"{place.now}")
        place.prompt.tick()
        derived.append("|")
    assert "".join(derived) == "ab|cd|a|"


def test_a_store_that_cannot_be_read_is_told_of_once(place, caplog, monkeypatch):
    place.at(START - 7200)
    look = place.watch.touched.look

    def broken(_now):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(place.watch.touched, "look", broken)
    place.alert(START - 7200)
    for _ in range(3):
        assert place.told() == {}
    assert caplog.text.count("waits for the next pass") == 1
    monkeypatch.setattr(place.watch.touched, "look", look)
    assert set(place.told()) == {"auth"}


def received(store, service, at, fingerprint="f"):
    labels = {"service": service}
    alert = Alert(f"{fingerprint}-{service}", "firing", labels, {}, START * 10**9, None, "")
    rows = alerts.rows("am", AlertDelivery("", "", 0, (alert,)), [service], at)
    store.write(lambda c: alerts.keep(c, rows))


def test_what_another_replica_keeps_late_or_in_no_order_is_noticed(store, monkeypatch):
    now = START * 10**9
    seen = Touched(store)
    received(store, "old", now)
    assert seen.look(now) == set()
    received(store, "auth", now + 5)
    received(store, "mail", now - 10**9)
    assert seen.look(now + 10) == {"auth", "mail"}
    assert seen.look(now + 20) == set()
    received(store, "auth", now + 30)
    received(store, "auth", now + 4, "g")
    assert seen.look(now + 40) == {"auth"}
    monkeypatch.setattr(touched, "OVERLAP", 0)
    assert seen.look(now + 50) == set()
    assert seen._known == {}  # what lies there is not read for ever
    received(store, "auth", now + 60)
    assert seen.look(now + 70) == {"auth"}


def test_neither_a_clock_set_back_nor_one_that_stands_hides_anything(store):
    now = START * 10**9
    received(store, "old", now)
    hour = 3600 * 10**9
    seen = Touched(store)
    assert seen.look(now - hour) == set()
    received(store, "auth", now - hour + 1)
    assert seen.look(now - hour + 2) == {"auth"}
    standing = Touched(store)
    standing.look(now - 9 * hour)
    for name in ("one", "two"):
        received(store, name, now + 5)
        assert standing.look(now - 9 * hour) == {name}


def test_what_a_replica_received_is_derived_by_the_one_that_leads(postgresql, tmp_path):
    key = tmp_path / "user.key"
    key.write_bytes(b"a key of user ids that all replicas share")
    url = postgresql.database()
    first, other = Store.open(url, str(key)), Store.open(url, str(key))
    leading, following = Prompted(first, Metrics()), Prompted(other, Metrics())
    leading.at(START - 7200)
    following.now = START - 7200
    following.alert(START - 7200)
    assert set(leading.told()) == {"auth"}
    first.close()
    other.close()


def seconds_until(what):
    began = time.monotonic()
    wait_for(what)
    return time.monotonic() - began


def test_a_real_process_shows_it_within_seconds_not_at_the_next_scan(tmp_path):
    with Process(tmp_path, HOUR) as process:
        listed = lambda: process.get("/api/v1/incidents").json()["incidents"]  # noqa: E731
        wait_for(lambda: process.metric("outage_window_last_scan_timestamp_seconds") > 0)
        assert process.post(ALERTS, json.dumps(FIRING)).status_code == 200
        assert seconds_until(listed) < 5
        (one,) = listed()
        assert one["state"] == "suspected"
        event = {"time": one["alerts"][0]["fired_at"], "type": "escalated", "text": "Network"}
        process.post("/api/v1/events", json.dumps(event | {"service": one["service"]}))
        assert seconds_until(lambda: listed()[0]["events"]) < 5
        assert process.metric("outage_window_scan_duration_seconds_count") == 1
    assert "Traceback" not in process.log


def test_a_flood_makes_no_more_than_a_pass_a_second(tmp_path):
    with Process(tmp_path, HOUR) as process:
        wait_for(lambda: process.metric("outage_window_last_scan_timestamp_seconds") > 0)
        before, began = process.metric("outage_window_prompt_passes_total"), time.monotonic()
        with Hammer(process.url + ALERTS) as hammer:
            threading.Event().wait(5)
        passes = process.metric("outage_window_prompt_passes_total") - before
        assert 1 <= passes <= time.monotonic() - began + 1
        assert hammer.failures == []
        assert len(hammer.answers) > 50
