"""The board: what it says of each incident, what can be asked of it, and what it says of itself."""

from __future__ import annotations

import pytest

from reports import times
from tests.live.made import OUTAGE, Place, text

from .conftest import Read


def rows(page):
    return page.values("data-incident")


def services(page):
    """Those of what is over, or whatever else was asked for; what goes on is always there first."""
    first, *others = [one.partition("-")[0] for one in rows(page)]
    assert first == "mail"
    return others


def test_what_goes_on_is_first(read):
    page = read("/")
    assert [one.partition("-")[0] for one in rows(page)] == ["mail", "auth"]
    assert page.text.index("Going on now") < page.text.index("Recent")
    assert "Incidents - Outage Window" in page.text


def test_a_row_says_when_how_long_whom_and_how_it_was_noticed(place, read):
    page = read("/?service=auth")
    (one,) = place.client.get("/api/v1/incidents").json["incidents"][1:]
    start = times.utc(times.parsed(one["start"]["value"]))
    assert start.replace("T", " ").replace("Z", " UTC") in page.text
    assert start in page.values("datetime")
    assert "30 min" in page.text
    assert "± " in page.text
    assert "5 min" in page.text
    assert "tier 3" in page.text or "unknown" in page.text
    assert any(name.endswith("#draft") for name in page.values("href"))
    assert " open" in page.text


def test_an_alert_without_a_window_is_called_what_it_is(read):
    page = read("/?service=mail")
    assert "suspected" in page.text
    assert "first alert" in page.text
    assert "so far" in page.text
    assert "no window is measured" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=auth", ["auth"]),
        ("q=AUTH", ["auth"]),
        ("q=nothing", []),
        ("service=mail", []),
        ("kind=errors", ["auth"]),
        ("kind=none", []),
        ("kind=traffic_loss", []),
        (f"from={text(OUTAGE)[:10]}", ["auth"]),
        ("from=2030-01-01&service=auth", []),
        (f"to={text(OUTAGE)[:10]}", ["auth"]),
        ("to=2020-01-01", []),
        ("page=2", []),
        ("unknown=1", ["auth"]),
    ],
)
def test_search_and_filters(read, query, found):
    assert services(read(f"/?{query}")) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=bogus", "kind"),
        ("from=yesterday", "from"),
        ("to=0000-00-00", "to"),
        ("to=9999-12-31", "to"),
        ("from=2263-01-01", "from"),
        ("from=1969-12-31", "from"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=99999999999999999999", "page"),
        ("page=%EF%BC%91", "page"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_its_field(place, query, field):
    answer = place.client.get(f"/?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(f"{field}: expected")


def test_what_is_searched_for_is_shown_as_text(place):
    answer = place.client.get('/?q="><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert Read(answer).values("value")[0] == '"><script>alert(1)</script>'


def test_without_incidents_it_tells_how_to_get_some(store):
    place = Place(store)
    page = Read(place.client.get("/"))
    assert "No incident has been found" in page.text
    assert "No alert has been delivered" in page.text
    assert "url: http://localhost/api/v1/webhooks/alertmanager" in page.text
    assert "Nothing is going on" not in page.text


def test_that_nothing_matches_is_no_empty_board(read):
    page = read("/?q=nothing-like-it")
    assert "No incident that is over matches" in page.text
    assert "No incident has been found" not in page.text


def test_health_tells_what_has_a_gap(store):
    from tests.live.made import BORN, DAY, Metrics

    metrics = Metrics()
    place = Place(store, metrics)
    place.at(BORN + 4 * DAY)
    assert "1 service, no gaps" in Read(place.client.get("/")).text
    metrics.down = True
    place.at(BORN + 4 * DAY + 60)
    page = Read(place.client.get("/"))
    assert "1 of 1 services with gaps" in page.text
    assert "Prometheus cannot be reached" in page.text
    assert "data until" in page.text


def test_many_incidents_are_cut_into_pages(store):
    from dataclasses import replace

    from outage_window.store import incidents
    from tests.store.test_board import FIRST

    for n in range(51):
        one = replace(FIRST, id=f"n-{n:02}", start=n * 10**9, end=(n + 1) * 10**9)
        store.write(lambda c, one=one: incidents.save(c, one))
    place = Place(store)
    first, second = (Read(place.client.get(f"/?q=n&page={n}")) for n in (1, 2))
    assert len(rows(first)) == 50
    assert rows(second) == ["n-00"]
    assert "Page 2 of 2, 51 incidents" in second.text
    assert "/?q=n&page=2" in first.values("href")
