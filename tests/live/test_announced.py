"""Maintenance from the settings, the API and silences: no say for metrics, and shown beside."""

import json

import pytest

from outage_window.settings.alerts import MaintenancePart
from outage_window.store import silences
from outage_window.store.silences import Matcher, Silence
from tests.live.made import Metrics, Place, text
from tests.live.test_watch import END, START

NS = 10**9
SERVICE = Matcher("service", "auth", False, True)
NAME = Matcher("alertname", "A", False, True)


@pytest.fixture
def place(store):
    return Place(store, Metrics((START, END)))


def declare(place, start=START - 600, end=END + 600, **more):
    body = {"service": "auth", "start": text(start), "end": text(end), **more}
    return place.client.post("/api/v1/maintenance", data=json.dumps(body))


def silence(place, *matchers, planned, start=START - 600, end=END + 600):
    one = Silence("s", round(start * NS), round(end * NS), matchers, "night work", planned)
    place.store.write(lambda c: silences.keep(c, [one]))


def test_an_outage_in_announced_maintenance_is_none(place):
    assert declare(place, reason="upgrade").status_code == 201
    assert place.at(END + 1200) == []


def test_maintenance_that_is_announced_late_takes_a_measured_window_back(place):
    (found,) = place.at(START + 600)
    assert found["state"] == "ongoing"
    declare(place)
    (found,) = place.at(START + 615)
    assert found["state"] == "unconfirmed"


def test_a_closed_incident_stays_as_it_was(place):
    (closed,) = place.at(END + 1200)
    declare(place)
    (again,) = place.at(END + 1260)
    assert (again["state"], again["start"]) == ("closed", closed["start"])


def test_maintenance_of_another_service_or_time_changes_nothing(place):
    declare(place, service="vpn")
    declare(place, START - 9000, START - 8000)
    (closed,) = place.at(END + 1200)
    assert closed["state"] == "closed"


def test_what_was_taken_back_is_judged_again(place):
    identity = declare(place).json["id"]
    assert place.at(END + 1200) == []
    assert place.client.delete(f"/api/v1/maintenance/{identity}").status_code == 200
    assert len(place.at(END + 1215)) == 1
    assert place.client.delete(f"/api/v1/maintenance/{identity}").status_code == 404


def test_another_word_under_the_same_id_replaces_the_first(place):
    assert declare(place, id="CHG-1").json == {"id": "CHG-1", "created": True}
    answer = declare(place, START - 9000, START - 8000, id="CHG-1")
    assert (answer.status_code, answer.json["created"]) == (200, False)
    assert len(place.at(END + 1200)) == 1


def test_what_is_not_over_is_listed(place):
    place.now = START
    declare(place, reason="upgrade", by="Identity team", id="CHG-1")
    declare(place, START - 9000, START - 8000)
    (listed,) = place.client.get("/api/v1/maintenance").json["maintenance"]
    assert listed == {
        "id": "CHG-1",
        "service": "auth",
        "start": text(START - 600),
        "end": text(END + 600),
        "reason": "upgrade",
        "by": "Identity team",
    }


def test_what_cannot_be_understood_is_refused(place):
    answer = place.client.post("/api/v1/maintenance", data=b'{"service": "auth"}')
    assert (answer.status_code, answer.json["field"]) == (400, "start")


def test_the_settings_announce_too(store):
    place = Place(store, Metrics((START, END)))
    times = {"start": text(START - 60), "end": text(END + 60)}
    planned = MaintenancePart.model_validate({"service": "auth", "reason": "x"} | times)
    place.settings = place.settings.model_copy(update={"maintenance": (planned,)})
    place.restart()
    assert place.at(END + 1200) == []
    place.now = START
    (listed,) = place.client.get("/api/v1/maintenance").json["maintenance"]
    assert (listed["id"], listed["by"], listed["reason"]) == (None, "settings", "x")


def test_an_alert_in_maintenance_says_why_there_is_no_window(place):
    declare(place)
    place.alert(START + 300)
    (found,) = place.at(START + 600)
    assert found["state"] == "suspected"
    assert found["no_window_because"].startswith("maintenance was announced for that time")


def test_an_outage_that_outlasts_maintenance_shows_both(place):
    declare(place, START - 600, START + 1200, reason="upgrade")
    (closed,) = place.at(END + 1200)
    assert closed["announced"] == [
        {
            "kind": "maintenance",
            "start": text(START - 600),
            "end": text(START + 1200),
            "text": "upgrade",
            "matchers": "",
        }
    ]
    kinds = [row["kind"] for row in closed["timeline"]]
    assert "Maintenance begins" in kinds
    assert "Maintenance ends" in kinds
    said = {one["id"]: one["statement"] for one in closed["contradictions"]}
    assert "metrics of that time have no say" in said["maintenance-beside-outage"]


@pytest.mark.parametrize(
    ("matchers", "planned", "found"),
    [
        ((SERVICE,), True, 0),  # maintenance
        ((SERVICE,), False, 1),  # made when it began: it may be the answer to the outage
        ((SERVICE, NAME), True, 1),  # some alerts alone
    ],
)
def test_a_silence_is_maintenance_only_if_planned_and_of_the_service_alone(
    place, matchers, planned, found
):
    silence(place, *matchers, planned=planned)
    assert len(place.at(END + 1200)) == found


def test_a_silence_explains_why_nobody_heard_of_an_outage(place):
    silence(place, SERVICE, NAME, planned=False)
    (closed,) = place.at(END + 1200)
    (shown,) = closed["announced"]
    assert (shown["kind"], shown["matchers"]) == ("silence", 'service="auth", alertname="A"')
    said = {one["id"]: one["statement"] for one in closed["contradictions"]}
    assert "one that fired then reached nobody" in said["silence-beside-outage"]
    draft = place.client.get(f"/api/v1/incidents/{closed['id']}/draft").text
    assert "night work" in draft


def test_a_silence_of_another_service_is_not_shown(place):
    silence(place, Matcher("service", "vpn", False, True), planned=True)
    silence(place, NAME, planned=True)
    (closed,) = place.at(END + 1200)
    assert closed["announced"] == []


def test_a_silence_is_of_the_service_that_the_settings_match(store):
    place = Place(store, Metrics((START, END)), alerts=['team="identity"'])
    silence(place, Matcher("team", "identity", False, True), planned=True)
    assert place.at(END + 1200) == []
