"""What a service at rest was judged by is stored: a restart, or another process, uses it."""

import numpy as np
import pytest

from outage_window.live import rested
from outage_window.live.known import TURN, Known
from outage_window.settings.models import Settings
from outage_window.store import Store, StoreFailed
from outage_window.store import rested as stored
from outage_window.store.rested import State
from tests.live.made import BORN, DAY, STEP, Metrics, Place
from tests.live.test_read_together import Many
from tests.live.test_resting import START, held, known, told

HOUR = 3600


@pytest.fixture
def judged(monkeypatch):
    """The services that were judged as a whole, in order."""
    found = []
    assess = Known._assess

    def counted(one, options):
        found.append(one.service.name)
        assess(one, options)

    monkeypatch.setattr(Known, "_assess", counted)
    return found


@pytest.mark.parametrize("seed", [1])
def test_whoever_is_restarted_again_and_again_tells_the_same(store, tmp_path, judged, seed):
    """Beside one that goes on: the same incidents, at the same passes, with the same numbers."""
    rng = np.random.default_rng(seed)
    first = START + rng.uniform(9000, 10000)
    outages = ((first, first + 900), (first + 5 * HOUR, first + 5 * HOUR + 600))
    one = Place(store, Metrics(*outages, seed=seed))
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    goes_on = Place(other, Metrics(*outages, seed=seed))
    resumed = 0
    for now in np.arange(START, first + 6 * HOUR, 300.0):
        again = rng.random() < 0.5
        if again:
            one.restart()
        judged.clear()
        one.at(float(now))
        resumed += again and not judged
        goes_on.at(float(now))
        assert told(one) == told(goes_on)
    assert len(told(one)) == 2
    assert resumed > 5
    other.close()


def test_it_is_not_judged_again_and_what_is_recent_alone_is_read(store, judged):
    place = Place(store, Metrics())
    place.at(START)
    before = known(place).assessment
    place.restart()
    judged.clear()
    place.at(START + 30)
    assert judged == []
    assert held(place) <= 2 * (2 * HOUR / STEP + 1)
    after = known(place).assessment
    assert (after.origins, after.notes) == (before.origins, before.notes)
    assert place.metric('last_successful_scan_timestamp_seconds{service="auth"}') == START + 30


def test_samples_that_are_sent_are_resumed_too(store, judged):
    names = ["a", "b", "c"]
    place = Many(store, names)
    place.at(BORN + 5 * HOUR)
    assert judged == names
    place.restart()
    judged.clear()
    place.at(BORN + 5 * HOUR + STEP)
    assert judged == []
    for name in names:
        series = place.data()[name].series
        assert series.end[-1] == BORN + 5 * HOUR + STEP
        assert series.end[0] >= BORN + 3 * HOUR


def test_in_another_hour_it_is_judged_anew(store, judged):
    place = Place(store, Metrics())
    place.at(START)
    place.restart()
    judged.clear()
    place.at(START + TURN / 1e9)
    assert judged == ["auth"]


@pytest.mark.parametrize("changed", [{"zone": "Asia/Tokyo"}, {"errors": "bad{x=''}"}])
def test_under_other_settings_it_is_judged_anew(store, judged, changed):
    place = Place(store, Metrics())
    place.at(START)
    raw = place.settings.model_dump(exclude_unset=True)
    raw["services"] = [raw["services"][0] | changed]
    place.settings = Settings.model_validate(raw)
    place.restart()
    judged.clear()
    place.at(START + 30)
    assert judged == ["auth"]


def test_with_a_window_it_is_judged_anew(store, judged):
    place = Place(store, Metrics((START, START + 900)))
    place.at(START + 6 * HOUR)
    assert known(place).resting is not None
    place.restart()
    judged.clear()
    (found,) = place.at(START + 6 * HOUR + 30)
    assert (found["state"], judged) == ("closed", ["auth"])


def test_an_outage_that_began_meanwhile_is_found_at_once(store, judged):
    place = Place(store, Metrics((START + 300, START + DAY)))
    assert place.at(START) == []
    place.restart()
    judged.clear()
    (found,) = place.at(START + 1200)
    assert (found["state"], judged) == ("ongoing", ["auth"])


def test_what_cannot_be_understood_costs_a_look_at_the_whole(store, judged):
    place = Place(store, Metrics(), services=("auth", "mail"))
    place.at(START)
    with store.read() as connection:
        kept = stored.of(connection, ["auth", "mail"])
    bad = State("auth", kept["auth"].under, kept["auth"].until, b"\xc1")
    store.write(lambda connection: stored.keep(connection, [bad]))
    place.restart()
    judged.clear()
    place.at(START + 30)
    assert "auth" in judged
    assert place.watch.status.services["auth"].failures == 0


def test_where_it_cannot_be_kept_the_pass_goes_on(store, monkeypatch, caplog):
    place = Place(store, Metrics())

    def fails(*_):
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(rested.rested, "keep", fails)
    place.at(START)
    assert known(place).resting is not None
    assert "could not be kept: the disk is full" in caplog.text
    assert place.watch.status.services["auth"].failures == 0
