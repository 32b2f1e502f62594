"""What is kept for ninety days goes after them, and no incident that is over changes by that."""

import json

from sqlalchemy import func, select

from outage_window.store.schema import alerts, deliveries, events, incidents, sample_blocks
from tests.live.made import BORN, DAY, STEP, Metrics, Place, text

START = BORN + 3 * DAY + 8 * 3600
END = START + 3600


def rows(store, *tables):
    with store.read() as connection:
        return [connection.execute(select(func.count()).select_from(t)).scalar() for t in tables]


def whole(store):
    """Every column of every incident."""
    with store.read() as connection:
        return connection.execute(select(incidents).order_by(incidents.c.id)).all()


def test_retention_never_changes_an_incident_that_is_over(store):
    place = Place(store, Metrics((START, END)))
    place.alert(START + 300, END + 120)
    place.alert(BORN + DAY, BORN + DAY + 600, name="B", service="mail")
    place.alert(BORN + DAY + 900, BORN + DAY + 5000, name="C", service="mail")
    event = {"time": text(START - 60), "type": "change", "service": "auth", "text": "deploy"}
    place.client.post("/api/v1/events", data=json.dumps(event))
    states = {one["service"]: one["state"] for one in place.at(END + 1200)}
    assert states == {"auth": "closed", "mail": "unconfirmed"}
    before = whole(store)
    assert all(rows(store, deliveries, alerts, events, sample_blocks))
    for days in (1, 8, 27.04, 27.06, 28, 29, 31, 60, 88, 93, 95, 120, 400):
        place.at(BORN + days * DAY)
        assert whole(store) == before, f"after {days} days"
    assert rows(store, deliveries, alerts, events, sample_blocks) == [1, 0, 0, 0]
    place.restart()
    place.at(BORN + 401 * DAY)
    assert whole(store) == before


def test_the_parts_of_the_delay_outlive_the_scrapes_and_the_deliveries(store):
    place = Place(store, Metrics((START, END)))
    place.now = START + 320
    place.alert(START + 300, END + 120)
    (incident,) = place.at(END + 1200)
    place.at(BORN + 400 * DAY)
    assert rows(store, alerts, sample_blocks) == [0, 0]
    place.restart()
    path = f"/api/v1/incidents/{incident['id']}"
    found = {one["step"]: one for one in place.client.get(path).json["detection"]}
    assert found["first_scrape"]["at"]["value"] == text(START + STEP)  # scraped at :00 and :30
    assert found["rule_true"]["at"]["value"] is None
    assert found["fired"]["since_previous"]["value"] == 300 - STEP
    assert found["sent"]["since_previous"]["high"] == 20
    assert found["delivered"]["since_previous"]["value"] == 20
    total = sum(found[one]["since_previous"]["value"] for one in ("first_scrape", "fired"))
    assert abs(total - place.client.get(path).json["time_to_detect"]["value"]) < 1e-3
    for drafted in ("draft", "draft?template=google", "draft?format=html"):
        assert "First scrape that shows it" in place.client.get(f"{path}/{drafted}").text
