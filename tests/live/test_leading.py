"""Replicas that derive by turns: each knows what the other pulled meanwhile."""

from outage_window.live.watch import Watch
from tests.live.made import BORN, DAY, Leads, Metrics, Place

START = BORN + 2 * DAY
HOUR = 3600


def test_what_another_pulled_meanwhile_is_known(store):
    place = Place(store, Metrics((START + 6.5 * HOUR, START + 7.5 * HOUR)))
    place.at(START)
    first = place.watch
    other = Watch(place.settings, store, lambda: round(place.now * 1e9), client=place.metrics)
    place.now = START + 8 * HOUR
    other.tick()
    (found,) = place.incidents()
    assert found["state"] == "closed"
    place.now = START + 8.4 * HOUR  # so soon after it everything is in memory
    first.tick()
    (again,) = place.incidents()
    assert (again["id"], again["state"], again["revision"]) == (found["id"], "closed", 1)
    pairs = zip(*(w._known["auth"].data.series.start for w in (first, other)), strict=False)
    assert all(mine == theirs for mine, theirs in pairs)


def test_what_is_derived_under_a_lease_that_is_lost_is_not_stored_and_comes_anew(store):
    place = Place(store, Metrics((START + HOUR, START + 2 * HOUR)))
    place.watch.leading = leads = Leads()
    place.at(START)
    keep = place.watch._keeper.update

    def loses(scene):
        leads.term += 1
        keep(scene)

    place.watch._keeper.update = loses
    assert place.at(START + 3 * HOUR) == []
    assert place.watch.status.services["auth"].failures == 0
    place.watch._keeper.update = keep
    (found,) = place.at(START + 3 * HOUR)
    assert found["state"] == "closed"


def test_what_another_leads_is_let_go_and_not_spoken_of(store):
    place = Place(store, Metrics((START - 3 * HOUR, START - 2 * HOUR)), services=("auth", "mail"))
    place.watch.leading = leads = Leads()
    place.watch.status.leads = lambda _name: bool(leads.term)
    (one, two) = place.at(START)
    known = place.watch._known["auth"]
    assert (known.data, known.feed.until) != (None, None)
    name = 'outage_window_last_successful_scan_timestamp_seconds{service="auth"}'
    assert place.metric(name) > 0
    asked = place.metrics.asked
    leads.term = 0
    assert place.at(START + 60) == [one, two]
    assert place.metrics.asked == asked
    assert (known.data, known.seen, known.feed.until) == (None, None, None)
    assert name not in place.client.get("/metrics").text
    assert "0 of 2 services looked after here" in place.client.get("/").text
    leads.term = 2
    place.alert(START - 2.5 * HOUR)
    assert {i["id"] for i in place.at(START + 120)} == {one["id"], two["id"]}
    assert known.data is not None


def test_only_told_of_services_are_derived_by_who_leads_their_shard(store):
    place = Place(store, services=())
    place.watch.leading = leads = Leads(0)
    place.at(START)
    place.alert(START - 60, service="wiki")
    assert place.at(START + 600) == []
    leads.term = 1
    place.watch.take_over()
    assert [one["service"] for one in place.incidents()] == ["wiki"]
