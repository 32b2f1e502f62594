"""Files dropped on the page: what is found, what is said of it, what is kept, and what is not."""

from __future__ import annotations

import io
import logging
import re

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from outage_window.store import incidents
from outage_window.store.schema import metadata
from outage_window.uploads.held import LIFE
from outage_window.web.pages.upload import MOST_FILES
from tests.live.made import BORN, DAY, Metrics, Place, text
from tests.uploads.made import (
    LASTS,
    OUTAGE,
    USUAL,
    Here,
    alerts,
    attempts,
    drop,
    dropped,
    events,
    export,
    send,
)
from webhooks.doors.door import LARGE

from .conftest import Read

NOW = BORN + 30 * DAY
REST = (
    "series",
    f"series?from={text(OUTAGE)}&to={text(OUTAGE + 600)}&columns=10",
    "measure",
    f"measure?start={text(OUTAGE - 60)}&end={text(OUTAGE + LASTS)}",
    "draft",
    "draft?template=google",
    "draft?format=html",
    "chart.svg",
    "chart.svg?theme=dark",
    "document",
)


def placed(store, metrics=None, **more):
    place = Place(store, metrics, **more)
    place.analyser, place.now = Here(), NOW
    place.restart()
    return place


@pytest.fixture
def place(store):
    return placed(store)


def tables(store):
    with store.read() as connection:
        return {
            table.name: connection.execute(select(table)).fetchall()
            for table in metadata.sorted_tables
        }


def kept(place, where, number=0):
    """The id of an outage that is kept."""
    answer = place.client.post(f"{where}/{number}/keep")
    assert answer.status_code == 303, answer.json
    return answer.location.rpartition("/")[2]


def one(place, identity):
    with place.store.read() as connection:
        return incidents.get(connection, identity)


def test_the_form_says_what_may_be_dropped_and_that_nothing_is_stored(place):
    page = Read(place.client.get("/upload"))
    assert {"exports", "users", "alerts", "events", "service", "slo"} <= set(page.values("name"))
    assert "Nothing is stored unless you keep it" in page.text


def test_an_export_becomes_an_incident_that_can_be_looked_at(place):
    before = tables(place.store)
    where = dropped(place.client, slo="99.9/30d")
    page = Read(place.client.get(where))
    assert "1 outage in 1 file" in page.text
    assert "auth.csv (2,880 rows)" in page.text
    assert "Not stored" in page.text
    found = Read(place.client.get(f"{where}/0"))
    assert "Keep it as an incident" in found.text
    assert "40 min" in found.text
    assert f"{where}/0" in found.values("data-base")
    assert "outage-window analyze auth.csv --slo=99.9/30d" in found.text
    for part in REST:
        assert place.client.get(f"{where}/0/{part}").status_code == 200, part
    assert place.client.get(f"{where}/0/draft?format=docx").status_code in (200, 501)
    assert tables(place.store) == before
    assert place.incidents() == []


def test_every_kind_of_file_has_its_say(place):
    where = dropped(
        place.client,
        users=[(attempts(), "logins [1].csv")],
        alerts=[(alerts(), "alerts.json")],
        events=[(events(), "changes.csv")],
    )
    said = place.client.get(f"{where}/0/document").json
    assert said["affected_users"]["tier"] == 1
    assert said["time_to_detect"]["value"] == pytest.approx(300, abs=150)
    assert said["time_to_acknowledge"]["value"] == pytest.approx(900, abs=150)
    assert [alert["name"] for alert in said["alerts"]] == ["A"]
    assert {"auth.csv", "logins [1].csv", "alerts.json", "changes.csv"} == {
        one["name"] for one in said["inputs"]
    }
    assert said["command"] == (
        "outage-window analyze auth.csv --users 'logins [1].csv' --alerts alerts.json"
        " --events changes.csv"
    )
    measured = place.client.get(f"{where}/0/measure?start={text(OUTAGE - 120)}").json
    assert measured["affected_users"]["tier"] == 1


def test_several_exports_with_several_services_are_one_analysis(place):
    second = export((OUTAGE + 7200, OUTAGE + 9600), service="mail", seed=3)
    third = export(service="idle", seed=4)
    where = dropped(place.client, [(second, "mail.csv"), (USUAL, "auth.csv"), (third, "idle.csv")])
    page = Read(place.client.get(where))
    assert "2 outages in 3 files" in page.text
    rows = [name.partition("-")[0] for name in page.values("data-incident")]
    assert rows == ["auth", "mail"]
    assert f"{where}/1" in page.values("href")
    assert place.client.get(f"{where}/1/document").json["service"] == "mail"
    for number in (2, 99):
        answer = place.client.get(f"{where}/{number}")
        assert answer.status_code == 404


def test_no_outage_is_an_answer_too(place):
    where = dropped(place.client, [(export(), "calm.csv")])
    page = Read(place.client.get(where))
    assert "No outages in 1 file" in page.text
    assert place.client.get(f"{where}/0").status_code == 404


def test_what_is_not_assessed_and_what_is_too_short_is_said(place):
    bad = USUAL.replace(b"auth", b"bad").replace(b"bad,3", b"bad,-3", 1)
    short = export((OUTAGE, OUTAGE + 60), service="short")
    where = dropped(place.client, [(USUAL, "a.csv"), (bad, "bad.csv"), (short, "short.csv")])
    page = Read(place.client.get(where))
    assert "Not assessed" in page.text
    assert "bad.csv: line" in page.text
    assert "Too short to be an outage" in page.text


def test_rows_without_a_service_are_of_the_one_that_is_named(place):
    where = dropped(place.client, [(export((OUTAGE, OUTAGE + LASTS), service=""), "a.csv")])
    assert place.client.get(f"{where}/0/document").json["service"] == "unassigned"
    data = [(export((OUTAGE, OUTAGE + LASTS), service=""), "a.csv")]
    where = dropped(place.client, data, service=" log in ")
    said = place.client.get(f"{where}/0/document").json
    assert said["service"] == "log in"
    assert said["command"] == "outage-window analyze a.csv '--service=log in'"


def test_that_there_was_no_alert_is_only_said_where_alerts_were_given(place):
    without = dropped(place.client)
    page = Read(place.client.get(without))
    assert "not known" in page.text
    assert "no alert" not in page.text
    assert place.client.get(f"{without}/0/document").json["alerts_known"] is False
    none = dropped(place.client, alerts=[(b"[]", "alerts.json")])
    page = Read(place.client.get(none))
    assert "no alert" in page.text
    for where, told in ((without, False), (none, True)):
        page, draft = place.client.get(f"{where}/0"), place.client.get(f"{where}/0/draft")
        assert ("no alert" in f"{Read(page).text} {draft.text}".lower()) is told


def test_an_outage_that_goes_on_lasts_as_long_as_its_data_tell(place):
    """The export ended a month ago: nobody knows what was since."""
    where = dropped(place.client, [(export((BORN + 2 * DAY - 3600, NOW)), "a.csv")])
    page = Read(place.client.get(where))
    assert "60 min so far" in page.text or "1 h so far" in page.text
    answer = place.client.post(f"{where}/0/keep")
    assert answer.status_code == 409
    assert "its recovery is not in the data" in answer.json["error"]


def test_what_is_kept_is_an_incident_like_any_other(place):
    where = dropped(place.client, alerts=[(alerts(), "alerts.json")])
    shown = place.client.get(f"{where}/0/document").json
    before = {name: len(rows) for name, rows in tables(place.store).items()}
    identity = kept(place, where)
    after = {name: len(rows) for name, rows in tables(place.store).items()}
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "incidents": 1,
        "board": 1,
        "cells": 1,
        "revisions": 1,
    }
    said = place.client.get(f"/api/v1/incidents/{identity}").json
    differs = {name for name in shown if said[name] != shown[name]}
    assert differs <= {"id"}
    assert said["state"] == "closed"
    page = Read(place.client.get(f"/incidents/{identity}"))
    assert "Keep it" not in page.text
    assert "auth" in Read(place.client.get("/")).text
    for part in REST[:-1]:
        path = f"/api/v1/incidents/{identity}/{part}"
        assert place.client.get(path).status_code == 200, part
    zoomed = place.client.get(f"/api/v1/incidents/{identity}/{REST[1]}").json
    assert zoomed == place.client.get(f"{where}/0/{REST[1]}").json
    assert zoomed["exact"]
    found = place.client.get(f"/api/v1/incidents/{identity}/{REST[3]}").json
    assert found["source"] == "kept_intervals"
    assert "kept from files" in found["because"]


def test_a_kept_incident_can_be_corrected_and_stays_from_files(place):
    identity = kept(place, dropped(place.client))
    path = f"/api/v1/incidents/{identity}"
    assert place.client.patch(path, json={"title": "Nobody got in", "by": "ops"}).status_code == 200
    assert place.client.get(path).json["title"] == "Nobody got in"
    assert one(place, identity).from_files


def test_its_draft_is_written_where_those_of_others_are(store, tmp_path):
    here = tmp_path / "drafts"
    place = placed(store, drafts=here)
    identity = kept(place, dropped(place.client))
    assert {file.name for file in here.iterdir()} == {f"{identity}.md", f"{identity}.svg"}


def test_a_kept_incident_closed_when_it_ended(place):
    """So what is long over is not published by itself, which happens a day after closing."""
    identity = kept(place, dropped(place.client))
    found = one(place, identity)
    assert found.closed_at == found.end
    assert found.opened_at == NOW * 10**9


def same(place, identity):
    found = one(place, identity)
    return found, [row for row in tables(place.store)["cells"] if row.incident_id == identity]


@pytest.mark.parametrize("services", [("auth",), ("other",)], ids=["configured", "unknown"])
def test_later_passes_leave_it_as_it_is(store, services):
    """Those that see no outage then, those that see another, and alerts of its time."""
    place = placed(store, Metrics((OUTAGE + 1200, OUTAGE + 9000)), services=services)
    identity = kept(place, dropped(place.client))
    before = same(place, identity)
    for now in (BORN + DAY, OUTAGE + 3000, OUTAGE + 20_000, BORN + 4 * DAY):
        place.at(now)
        assert same(place, identity) == before
    place.alert(OUTAGE + 300, OUTAGE + 900)
    place.alert(OUTAGE - 60)
    place.at(BORN + 4 * DAY + 60)
    assert same(place, identity) == before


def test_an_outage_that_goes_on_is_not_held_up_by_one_that_is_kept(store):
    """Late data let a live window reach back over what was kept: both stay, and it goes on."""
    place = placed(store, Metrics((OUTAGE + LASTS - 600, OUTAGE + LASTS + 7200)), drafts=None)
    place.now = NOW
    identity = kept(place, dropped(place.client))
    before = same(place, identity)
    place.at(OUTAGE + LASTS + 3600)
    place.at(BORN + 4 * DAY)
    assert same(place, identity) == before


def test_what_live_metrics_found_is_not_kept_twice(store):
    place = placed(store, Metrics((OUTAGE, OUTAGE + LASTS)))
    place.at(OUTAGE + 900)
    live = place.at(BORN + 3 * DAY)[0]["id"]
    where = dropped(place.client)
    answer = place.client.post(f"{where}/0/keep")
    assert answer.status_code == 409
    assert answer.json["error"] == f"{live} is an incident of that service and time"
    assert [one["id"] for one in place.incidents()] == [live]


def test_the_chart_of_an_upload_is_not_that_of_an_incident_of_the_same_id(store):
    """Both began in the same minute; what is stored has another look."""
    place = placed(store, Metrics((OUTAGE, OUTAGE + LASTS)))
    place.at(OUTAGE + 900)
    live = place.at(BORN + 3 * DAY)[0]["id"]
    where = dropped(place.client)
    assert place.client.get(f"{where}/0/document").json["id"] == live
    found, stored = (
        place.client.get(f"{path}/series?columns=4000").json
        for path in (f"{where}/0", f"/api/v1/incidents/{live}")
    )
    assert len(found["start"]) * 1.9 < len(stored["start"])  # minutes, not half ones


def test_nothing_is_kept_twice(place):
    where = dropped(place.client)
    identity = kept(place, where)
    before = tables(place.store)
    answer = place.client.post(f"{where}/0/keep")
    assert answer.status_code == 409
    assert answer.json["error"] == f"{identity} is an incident of that service and time"
    again = dropped(place.client)
    page = place.client.post(f"{again}/0/keep", headers={"Accept": "text/html"})
    assert page.status_code == 409
    assert identity in page.text
    assert tables(place.store) == before


def test_what_only_touches_another_is_kept(place):
    first = dropped(place.client)
    kept(place, first)
    second = export((OUTAGE + LASTS + 1800, OUTAGE + 2 * LASTS + 1800), seed=5)
    assert kept(place, dropped(place.client, [(second, "b.csv")])) != first


def test_an_id_that_is_taken_is_numbered(place):
    """By one that became part of another, which is of that time no more."""
    identity = kept(place, dropped(place.client))
    place.store.write(lambda c: incidents.merge(c, identity, "auth-elsewhere", NOW * 10**9))
    second = kept(place, dropped(place.client))
    assert second == f"{identity}-2"
    assert one(place, identity).merged_into == "auth-elsewhere"


def test_what_people_merged_is_not_opened_anew(place):
    identity = kept(place, dropped(place.client))
    later = export((OUTAGE + 20_000, OUTAGE + 22_000), seed=5)
    into = kept(place, dropped(place.client, [(later, "b.csv")]))
    path = f"/api/v1/incidents/{identity}"
    assert place.client.patch(path, json={"merged_into": into}).status_code == 200
    answer = place.client.post(f"{dropped(place.client)}/0/keep")
    assert answer.status_code == 409
    assert answer.json["error"].endswith(f"and part of {into}")


def test_a_declared_one_without_an_end_stands_for_a_day(place):
    said = {"service": "auth", "start": text(OUTAGE - 7200), "by": "ops"}
    assert place.client.post("/api/v1/incidents", json=said).status_code in (200, 201)
    assert place.client.post(f"{dropped(place.client)}/0/keep").status_code == 409
    later = export((OUTAGE + 2 * DAY, OUTAGE + 2 * DAY + LASTS), days=4)
    kept(place, dropped(place.client, [(later, "b.csv")]))


def test_others_of_its_time_are_beside_it(place):
    mail = export((OUTAGE, OUTAGE + LASTS), service="mail", seed=3)
    where = dropped(place.client, [(USUAL, "a.csv"), (mail, "b.csv")])
    first, second = kept(place, where, 0), kept(place, where, 1)
    related = place.client.get(f"/api/v1/incidents/{second}").json["related"]
    assert [one["id"] for one in related] == [first]


def test_after_an_hour_it_is_gone(place):
    where = dropped(place.client)
    place.now = NOW + LIFE - 1
    assert place.client.get(where).status_code == 200
    place.now = NOW + LIFE
    for path, method in (
        (where, "GET"),
        (f"{where}/0", "GET"),
        (f"{where}/0/draft", "GET"),
        (f"{where}/0/series", "GET"),
        (f"{where}/0/keep", "POST"),
    ):
        answer = place.client.open(path, method=method, headers={"Accept": "text/html"})
        assert answer.status_code == 404, path
        assert "it is not held any more: analyse the files again" in answer.text
    assert place.incidents() == []


def test_the_oldest_goes_when_there_are_too_many(place):
    places = [dropped(place.client) for _ in range(9)]
    assert [place.client.get(one).status_code for one in places] == [404] + [200] * 8


def test_what_is_forgotten_is_gone(place):
    where = dropped(place.client)
    answer = place.client.post(f"{where}/forget")
    assert (answer.status_code, answer.location) == (303, "/upload")
    assert place.client.get(where).status_code == 404
    assert place.client.post(f"{where}/forget").status_code == 303


def test_a_reload_of_the_settings_forgets_nothing(place):
    where = dropped(place.client)
    place.restart()
    assert place.client.get(where).status_code == 200


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        ("../../x.csv", "x.csv"),
        ("/etc/passwd", "passwd"),
        ("a\0b.csv", "ab.csv"),
        ("x" * 10_000 + ".csv", "x" * 196 + ".csv"),
        ("-rf", "-rf"),
        ("--format", "--format"),
        ("*?[a].csv", "*?[a].csv"),
        ("журнал.csv", "журнал.csv"),
        ("nul", "nul"),
        ("..", "exports"),
        ("<img src=x onerror='a'>.csv", "<img src=x onerror='a'>.csv"),
    ],
)
def test_a_file_is_called_as_people_called_it(place, sent, called):
    where = dropped(place.client, [(USUAL, sent)], users=[(attempts(), sent)])
    said = place.client.get(f"{where}/0/document").json
    names = [one["name"] for one in said["inputs"]]
    assert names[0] == called
    assert len(set(names)) == 2
    page = place.client.get(where)
    assert called in Read(page).text
    assert "<img" not in page.text


def test_files_of_one_name_are_told_apart(place):
    mail = export((OUTAGE, OUTAGE + LASTS), service="mail", seed=3)
    where = dropped(place.client, [(USUAL, "a/export.csv"), (mail, "b/export.csv")])
    assert "export.csv (2,880 rows), export-2.csv" in Read(place.client.get(where)).text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"exports": []}, "exports: expected at least one file"),
        ({"exports": [(b"", "a.csv")]}, "a.csv: the file is empty"),
        ({"exports": [(USUAL, "")]}, "exports: expected at least one file"),
        ({"exports": [(USUAL, "a.csv")] * (MOST_FILES + 1)}, "at most 50 files"),
        ({"alerts": [(b"[]", "a.json")] * 2}, "alerts: expected at most 1 file"),
        ({"events": [(b"", "a.json")] * 2}, "events: expected at most 1 file"),
        ({"alerts": [(b"{}", "a.json")]}, "a.json"),
        ({"slo": "much"}, "slo"),
        ({"service": "x" * 201}, "service: expected at most 200 characters"),
    ],
)
def test_what_cannot_be_analysed_is_said_on_the_form(place, given, words):
    answer = drop(place.client, **given)
    assert answer.status_code == 400
    assert words in " ".join(re.sub("<[^>]*>", " ", answer.text).split())
    assert 'name="exports"' in answer.text
    assert len(place.shelf) == 0


def test_more_than_the_page_takes_is_said(place):
    answer = drop(place.client, [(b"x" * (LARGE + 1), "a.csv")])
    assert answer.status_code == 413
    assert "64 MiB" in answer.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_more_parts_than_a_form_has_are_refused(place):
    """Whoever reads the form gives up in the middle of one, and leaves it to be collected."""
    parts = {f"p{number}": FileStorage(io.BytesIO(b""), "a") for number in range(1010)}
    assert send(place.client, parts).status_code == 413


def test_folders_are_removed_whatever_happens(place, tmp_path, monkeypatch):
    here = tmp_path / "temporary"
    here.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(here))
    dropped(place.client)
    drop(place.client, [(b"", "a.csv")])

    class Failing(Here):
        def run(self, asked):
            assert asked.folder.parent == here
            raise RuntimeError

    place.analyser = Failing()
    place.restart()
    assert drop(place.client).status_code == 500
    assert list(here.iterdir()) == []


def test_the_token_is_in_no_log_and_no_metric(place, caplog):
    caplog.set_level(logging.DEBUG)
    where = dropped(place.client)
    token = where.rpartition("/")[2]
    for path in (where, f"{where}/0", f"{where}/0/draft", f"{where}/0/nothing", f"{where}/9"):
        place.client.get(path)
    kept(place, where)
    monster = place.shelf.get
    place.shelf.get = None  # an internal error, whose path is logged
    assert place.client.get(where).status_code == 500
    place.shelf.get = monster
    assert "request" in caplog.messages
    logged = [str(record.__dict__) for record in caplog.records if record.name != "werkzeug"]
    assert "/uploads/<token>" in str(logged)
    assert token not in str(logged)
    assert token not in place.client.get("/metrics").text
