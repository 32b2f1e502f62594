"""A clock that is set back: what comes afterwards is kept, and is noticed."""

from tests.live.made import BORN, DAY, Metrics, Place

START = BORN + 3 * DAY


def test_what_comes_after_the_clock_was_set_back_is_noticed(store):
    place = Place(store, Metrics())
    place.alert(START, name="A", service="mail")
    assert [one["service"] for one in place.at(START + 60)] == ["mail"]
    for back in (3600, 2 * DAY):
        place.now = START + 120 - back
        place.alert(place.now - 30, place.now - 5, name="B", service=f"back-{back}")
        found = place.at(START + 135 - back)
        assert f"back-{back}" in {one["service"] for one in found}
    place.alert(START, START + 30, name="A", service="mail")
    states = {one["service"]: one["state"] for one in place.at(START + 300)}
    assert states == {"mail": "unconfirmed", "back-3600": "unconfirmed", f"back-{2 * DAY}":
                      "unconfirmed"}  # fmt: skip


def test_so_it_is_after_a_restart(store):
    place = Place(store, Metrics())
    place.alert(START, name="A", service="mail")
    place.at(START + 60)
    place.now = START - 3600
    place.restart()
    place.at(START - 3600)
    place.alert(START - 3700, START - 3650, name="B", service="news")
    found = place.at(START - 3500)
    assert {one["service"] for one in found} == {"mail", "news"}
    assert len(found) == 2
