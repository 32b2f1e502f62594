"""Replicas that derive by turns: each knows what the other pulled meanwhile."""

from outage_window.live.watch import Watch
from tests.live.made import BORN, DAY, Metrics, Place

START = BORN + 2 * DAY
HOUR = 3600


def test_what_another_pulled_meanwhile_is_known(store):
    place = Place(store, Metrics((START + 3 * HOUR, START + 4 * HOUR)))
    place.at(START)
    first = place.watch
    other = Watch(place.settings, store, lambda: round(place.now * 1e9), client=place.metrics)
    place.now = START + 8 * HOUR
    other.tick()
    (found,) = place.incidents()
    assert found["state"] == "closed"
    place.now = START + 9 * HOUR
    first.tick()
    (again,) = place.incidents()
    assert (again["id"], again["state"], again["revision"]) == (found["id"], "closed", 1)
    pairs = zip(*(w._known["auth"].data.series.start for w in (first, other)), strict=False)
    assert all(mine == theirs for mine, theirs in pairs)
