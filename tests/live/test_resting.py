"""A service in which nothing happens is let go of, and everything is told as if it were not."""

import numpy as np
import pytest

from outage_window.live import rounds
from outage_window.live.known import TURN, Known
from outage_window.store import Store
from tests.live.made import BORN, DAY, Metrics, Place, text

HOUR = 3600
START = BORN + 3 * DAY + 8 * HOUR
SHOWN = ("id", "state", "start", "end", "duration_seconds", "error_ratio", "affected_users")


@pytest.fixture
def store(tmp_path):
    """What rests in memory is the same on either database."""
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    yield store
    store.close()


def known(place, name="auth"):
    return place.watch._known[name]


def held(place, name="auth"):
    """Samples in memory."""
    return sum(len(one.time) for one in known(place, name).feed._cache.series)


def test_two_hours_stay_of_a_quiet_service(store):
    place = Place(store, Metrics())
    place.at(START)
    assert known(place).resting is not None
    assert held(place) <= 2 * (2 * HOUR / 30 + 1)
    for minute in range(1, 200):
        place.at(START + 60 * minute)
        assert held(place) <= 2 * (2 * HOUR / 30 + 1)
    assert known(place).until == (START + 199 * 60) * 10**9
    assert place.metric('last_successful_scan_timestamp_seconds{service="auth"}') > START + 190 * 60


def test_it_is_judged_as_a_whole_once_an_hour(store, monkeypatch):
    place = Place(store, Metrics())
    place.at(START)
    judged = []
    assess = Known._assess

    def counted(one, options):
        judged.append(place.now)
        assess(one, options)

    monkeypatch.setattr(Known, "_assess", counted)
    for minute in range(1, 241):
        place.at(START + 60 * minute)
    assert len(judged) == 240 * 60 * 10**9 // TURN
    assert set(np.diff(judged)) == {HOUR}


def told(place):
    return [{name: one.get(name) for name in SHOWN} for one in place.incidents()]


@pytest.mark.parametrize("seed", [1])
def test_all_is_told_as_if_everything_stayed(store, tmp_path, monkeypatch, seed):
    """Beside one that has everything in memory and judges it at each pass: the same incidents, at
    the same passes, with the same edges and numbers. Alerts come before, in and after outages."""
    rng = np.random.default_rng(seed)
    first = START + rng.uniform(600, 1800)
    outages = ((first, first + 900), (first + 7 * HOUR, first + 7 * HOUR + 600))
    one = Place(store, Metrics(*outages, seed=seed))
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    whole = Place(other, Metrics(*outages, seed=seed))
    monkeypatch.setattr(whole.watch, "let_rest", lambda *_: None)
    rested = 0
    for now in np.arange(START, first + 8 * HOUR, 600.0):
        for place in (one, whole):
            if now - START == 7200:
                place.alert(first + 60, first + 1000)  # told late, of what is over
            place.at(float(now))
        assert told(one) == told(whole)
        rested += known(one).resting is not None
    assert len(told(one)) == 2
    assert rested > 15
    assert known(whole).resting is None
    other.close()


def test_an_alert_of_an_old_window_is_read_at_once(store):
    """Between two passes, by whoever derives what was received."""
    place = Place(store, Metrics((START, START + 900)))
    place.at(START + 6 * HOUR)
    assert known(place).resting is not None
    assert known(place).seen is None
    place.alert(START + 100, START + 1000)
    assert not place.watch.derive("auth")
    place.watch.take_over()
    assert known(place).resting is None
    assert place.watch.derive("auth")
    (found,) = place.incidents()
    assert found["state"] == "closed"


def test_an_alert_is_told_of_though_no_metrics_can_be_had(store):
    """What made the outage may have taken Prometheus with it."""
    place = Place(store, Metrics((START, START + 900)))
    place.at(START + 6 * HOUR)
    assert known(place).resting is not None
    place.metrics.down = True
    place.now += 120
    place.alert(place.now - 60)
    assert not place.watch.derive("auth")
    place.watch.take_over()
    assert place.watch.derive("auth")
    found = {one["state"] for one in place.incidents()}
    assert found == {"closed", "suspected"}
    place.at(place.now + 60)
    assert {one["state"] for one in place.incidents()} == found


def test_what_people_say_of_an_old_incident_wakes_its_service(store):
    place = Place(store, Metrics((START, START + 900)))
    (found,) = place.at(START + 6 * HOUR)
    assert known(place).resting is not None
    path = f"/api/v1/incidents/{found['id']}"
    answer = place.client.patch(path, json={"by": "ann", "declared_start": text(START - 60)})
    assert answer.status_code == 200, answer.json
    place.at(START + 6 * HOUR + 60)
    assert known(place).resting is None


def test_what_rests_is_read_again_for_whoever_looks_closer(store):
    place = Place(store, Metrics((START, START + 900)))
    place.at(START + 6 * HOUR)
    assert known(place).resting is not None
    (found,) = place.incidents()
    query = {"start": text(START - 300), "end": text(START + 1200)}
    path = f"/api/v1/incidents/{found['id']}/measure"
    answer = place.client.get(path, query_string=query).json
    assert answer["source"] == "all_data"
    assert known(place).resting is not None
    assert place.watch._read("another") is None


def test_those_that_are_known_do_not_wait_for_histories(store, monkeypatch):
    monkeypatch.setattr(rounds, "HISTORY", 0.0)
    place = Place(store, Metrics(), services=("a", "b", "c"))
    scanned = []
    for minute in range(4):
        place.at(START + 60 * minute)
        scanned.append([n for n in "abc" if place.watch.status.services.get(n)])
    assert scanned == [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c"]]
    status = place.watch.status.services
    assert {status[n].scanned_at for n in "abc"} == {(START + 180) * 10**9}


def test_histories_are_read_on_between_passes(store, monkeypatch):
    monkeypatch.setattr(rounds, "HISTORY", 0.0)
    place = Place(store, Metrics((START - 7200, START - 6000)), services=("a", "b", "c"))
    assert [one["service"] for one in place.at(START)] == ["a"]
    place.watch.take_over()
    assert sorted(one["service"] for one in place.incidents()) == ["a", "b", "c"]
    asked = place.metrics.asked
    place.watch.take_over()
    assert place.metrics.asked == asked
