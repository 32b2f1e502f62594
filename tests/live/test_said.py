"""What people say of an incident: corrections, dismissals, mergers, declarations, their draft."""

from __future__ import annotations

import json
import sys

import pytest

from outage_window.live.correcting import Corrector
from reports import word

from .made import BORN, DAY, Metrics, Place, text

START = BORN + 3 * DAY + 7200
END = START + 3600
BASE = "/api/v1/incidents"


@pytest.fixture
def place(store):
    return Place(store, Metrics((START, END)))


def patch(place, identity, headers=None, **changes):
    return place.client.patch(f"{BASE}/{identity}", data=json.dumps(changes), headers=headers or {})


def one(place, identity):
    return place.client.get(f"{BASE}/{identity}").json


def draft(place, identity, **query):
    return place.client.get(f"{BASE}/{identity}/draft", query_string=query)


def test_a_correction_stands_beside_what_was_measured(place):
    (closed,) = place.at(END + 1200)
    answer = patch(
        place, closed["id"], title="Locked out", declared_start=text(START - 600), by="IT"
    )
    assert (answer.status_code, answer.json["revision"]) == (200, 2)
    found = one(place, closed["id"])
    assert found["title"] == "Locked out"
    assert found["start"] == closed["start"]
    assert found["declared_start"]["value"] == text(START - 600)
    assert found["declared_start"]["status"] == "declared"
    assert found["moved"].startswith("corrected: declared start none → ")
    assert {c["field"]: (c["before"], c["by"]) for c in found["corrections"]} == {
        "title": (None, "IT"),
        "declared_start": (None, "IT"),
    }
    shown = draft(place, closed["id"]).text
    assert "# Postmortem draft: Locked out" in shown
    assert "| Declared start | " in shown
    assert "declared-start-differs" in shown
    patch(place, closed["id"], title=None)
    found = one(place, closed["id"])
    assert found["title"].startswith("auth, ")
    assert found["corrections"][-1] | {"at": ""} == {
        "field": "title",
        "value": None,
        "before": "Locked out",
        "by": "",
        "at": "",
    }
    assert [r["revision"] for r in found["revisions"]] == [1, 2, 3]
    assert place.at(END + 1300)[0]["revision"] == 3


def test_saying_the_same_again_changes_nothing(place):
    (closed,) = place.at(END + 1200)
    for _ in range(2):
        assert patch(place, closed["id"], impact="Nobody could sign in").json["revision"] == 2
    assert "Stated by people: Nobody could sign in" in draft(place, closed["id"]).text.replace(
        "*", ""
    )


def test_an_ongoing_incident_keeps_its_corrections_while_it_goes_on(place):
    (found,) = place.at(START + 1200)
    patch(place, found["id"], title="Sign-in is down")
    (later,) = place.at(START + 1800)
    assert (later["title"], later["revision"]) == ("Sign-in is down", 1)
    (closed,) = place.at(END + 1200)
    assert (closed["title"], closed["state"]) == ("Sign-in is down", "closed")


def test_what_is_dismissed_pages_nobody(place):
    (found,) = place.at(START + 1200)
    line = 'outage_window_incident_ongoing{alerted="false",service="auth"}'
    assert place.metric(line) == 1
    patch(place, found["id"], dismissed="a load test")
    assert one(place, found["id"])["dismissed"] is True
    assert place.metric(line) == 0
    (later,) = place.at(START + 1300)
    assert later["dismissed"] is True
    assert "dismissed by people as no incident: a load test" in later["headline"]


def test_what_people_merged_stays_merged_whatever_is_measured_again(store):
    place = Place(store, Metrics((START, END), (END + 7200, END + 9000)))
    late, early = place.at(END + 12000)
    answer = patch(place, late["id"], merged_into=early["id"])
    assert answer.status_code == 200
    (left,) = place.at(END + 12100)
    assert left["id"] == early["id"]
    place.restart()
    assert [i["id"] for i in place.at(END + 12200)] == [early["id"]]
    assert one(place, late["id"])["merged_into"] == early["id"]
    patch(place, early["id"], impact="both")
    assert one(place, early["id"])["related"][0]["how"] == "merged"
    patch(place, late["id"], merged_into=None)
    assert len(place.at(END + 12300)) == 2


def test_a_merger_needs_another_that_stands_for_itself(place):
    (closed,) = place.at(END + 1200)
    assert patch(place, closed["id"], merged_into="nobody").status_code == 400
    assert patch(place, closed["id"], merged_into=closed["id"]).status_code == 412


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"tilte": "x"}, "tilte"),
        ({"title": 1}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"declared_start": "yesterday"}, "declared_start"),
        ({"draft": ""}, "draft"),
        ([], "body"),
    ],
)
def test_what_cannot_be_understood_names_its_field(place, body, field):
    (closed,) = place.at(END + 1200)
    answer = place.client.patch(f"{BASE}/{closed['id']}", data=json.dumps(body))
    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert one(place, closed["id"])["revision"] == 1


def test_nobody_changes_what_is_not_there_or_without_the_token(store):
    place = Place(store, Metrics((START, END)))
    assert patch(place, "nothing", title="x").status_code == 404
    guarded = place.settings.model_copy(
        update={"web": place.settings.web.model_validate({"token": "secret"})}
    )
    place.settings = guarded
    place.restart()
    (closed,) = place.at(END + 1200)
    assert patch(place, closed["id"], title="x").status_code == 401
    right = {"Authorization": "Bearer secret"}
    assert patch(place, closed["id"], right, title="x").status_code == 200
    assert place.client.post(BASE, data="{}").status_code == 401


def test_the_server_s_draft_keeps_what_people_wrote(place):
    (found,) = place.at(START + 1200)
    answer = draft(place, found["id"])
    mine = answer.text.replace("TODO(owner?): What ended it", "We switched it off")
    mine = mine.replace("- Service: auth", "- Service: auth (sign-in)")
    tag = {"If-Match": answer.headers["ETag"]}
    assert patch(place, found["id"], tag, draft=mine).status_code == 200
    assert draft(place, found["id"]).text == mine
    place.at(END + 1200)
    later = draft(place, found["id"]).text
    assert "We switched it off, and is that fix permanent?" in later
    assert "- Service: auth (sign-in)" in later
    assert "state closed" in later
    assert "New data suggest" in later
    assert "We switched it off" not in draft(place, found["id"], template="default").text


def test_two_who_edit_at_once_do_not_overwrite_each_other(place):
    (closed,) = place.at(END + 1200)
    answer = draft(place, closed["id"])
    tag = {"If-Match": answer.headers["ETag"]}
    assert patch(place, closed["id"], draft="x").status_code == 428
    assert patch(place, closed["id"], tag, draft=answer.text + "mine\n").status_code == 200
    theirs = answer.text + "theirs\n"
    for more in ({}, {"title": "Theirs"}):
        second = patch(place, closed["id"], tag, draft=theirs, **more)
        said = "others have written in the draft since: fetch it again"
        assert (second.status_code, second.json["error"]) == (412, said)
    assert draft(place, closed["id"]).text == answer.text + "mine\n"
    assert one(place, closed["id"])["revision"] == 1
    assert patch(place, closed["id"], {"If-Match": "*"}, draft=theirs).status_code == 200


def test_a_draft_is_edited_while_its_incident_goes_on(place):
    """The program's own blocks move on at each pass: that is no reason to refuse people's text."""
    (found,) = place.at(START + 1200)
    answer = draft(place, found["id"])
    place.at(START + 1500)
    now = draft(place, found["id"])
    assert now.text != answer.text
    assert now.headers["ETag"] == answer.headers["ETag"]
    mine = answer.text.replace("TODO(owner?): What ended it", "We switched it off")
    tag = {"If-Match": answer.headers["ETag"]}
    assert patch(place, found["id"], tag, draft=mine, title="Ours").status_code == 200
    text = draft(place, found["id"]).text
    assert "We switched it off" in text
    assert "# Postmortem draft: Ours" in text
    as_of = now.text.partition("from data up to ")[2][:20]
    assert f"from data up to {as_of}" in text


def test_a_correction_reaches_the_file_of_the_draft(store, tmp_path):
    place = Place(store, Metrics((START, END)), drafts=tmp_path / "drafts")
    (closed,) = place.at(END + 1200)
    file = tmp_path / "drafts" / f"{closed['id']}.md"
    file.write_text(file.read_text().replace("TODO(owner?): What ended it", "A rollback ended it"))
    patch(place, closed["id"], title="Locked out")
    assert "# Postmortem draft: Locked out" in file.read_text()
    assert "A rollback ended it" in file.read_text()


def declare(place, **given):
    return place.client.post(BASE, data=json.dumps(given))


def test_an_outage_that_metrics_cannot_see_is_declared(place):
    place.at(START - 3600)
    given = {"service": "vpn", "start": text(START - 7200), "title": "VPN login", "by": "IT"}
    answer = declare(place, **given)
    assert (answer.status_code, answer.json["created"]) == (201, True)
    found = one(place, answer.json["id"])
    assert (found["state"], found["title"]) == ("declared", "VPN login")
    assert found["start"]["status"] == "not_derivable"
    assert found["declared_start"]["value"] == text(START - 7200)
    assert "no metrics of this service are configured" in found["headline"]
    again = declare(place, **given | {"end": text(START - 3600)})
    assert (again.status_code, again.json) == (200, {"id": found["id"], "created": False})
    assert one(place, found["id"])["declared_end"]["value"] == text(START - 3600)
    event = {"time": text(START - 5000), "type": "escalated", "service": "vpn", "text": "Paged"}
    assert place.client.post("/api/v1/events", data=json.dumps(event)).status_code == 200
    place.at(START - 3500)
    later = one(place, found["id"])
    assert [row["kind"] for row in later["timeline"]] == ["Escalated"]
    assert later["title"] == "VPN login"
    assert "Paged" in draft(place, found["id"]).text


def test_a_declared_outage_that_is_measured_later_is_one_incident(place):
    place.at(START - 240)
    made = declare(place, service="auth", start=text(START - 300)).json
    (found,) = place.at(END + 1200)
    assert (found["id"], found["state"]) == (made["id"], "closed")
    assert abs(seconds_apart(found["start"]["value"], START)) <= 30
    assert found["declared_start"]["value"] == text(START - 300)


def test_what_is_measured_already_is_not_declared_twice(place):
    (closed,) = place.at(END + 1200)
    answer = declare(place, service="auth", start=text(START + 60), end=text(END))
    assert answer.json == {"id": closed["id"], "created": False}
    assert one(place, closed["id"])["declared_start"]["value"] == text(START + 60)


def test_an_outage_declared_without_an_end_does_not_take_in_all_that_comes(store):
    place = Place(store, Metrics((START, END)))
    early = START - 2 * DAY
    place.at(early + 60)
    made = declare(place, service="auth", start=text(early)).json
    found = place.at(END + 1200)
    assert sorted(i["state"] for i in found) == ["closed", "declared"]
    assert one(place, made["id"])["state"] == "declared"


def test_a_declaration_of_long_ago_is_not_that_of_today(store):
    place = Place(store, Metrics((START, END)), services=("auth", "web"))
    place.at(START - 3 * DAY + 60)
    old = declare(place, service="vpn", start=text(START - 3 * DAY)).json
    place.at(END + 1200)
    new = declare(place, service="vpn", start=text(END)).json
    assert (new["created"], new["id"] != old["id"]) == (True, True)
    found = {i["id"]: i for i in place.at(END + 1300)}
    (auth,) = (i for i in found.values() if i["service"] == "auth")
    assert old["id"] not in [r["id"] for r in auth["related"]]


def test_a_declared_end_bounds_what_the_declaration_takes_in(place):
    early = START - 7200
    place.at(early + 900)
    made = declare(place, service="auth", start=text(early)).json
    patch(place, made["id"], declared_end=text(early + 600))
    found = place.at(END + 1200)
    assert sorted(i["state"] for i in found) == ["closed", "declared"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"start": "2024-01-01T00:00:00Z"}, "service"),
        ({"service": " ", "start": "2024-01-01T00:00:00Z"}, "service"),
        ({"service": "s"}, "start"),
        ({"service": "s", "start": "2024-01-01T00:00:00"}, "start"),
        ({"service": "s", "start": text(9), "end": text(9)}, "end"),
        ({"service": "s", "start": text(9), "id": "x"}, "id"),
    ],
)
def test_a_declaration_names_what_it_lacks(place, body, field):
    answer = declare(place, **body)
    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_incidents_of_other_services_at_the_same_time_are_named(store):
    place = Place(store, Metrics((START, END)), services=("auth", "web"))
    place.at(START + 1200)
    place.at(END + 1200)
    found = {i["service"]: i for i in place.at(END + 1300)}
    assert [r["service"] for r in found["auth"]["related"]] == ["web"]
    assert [r["service"] for r in found["web"]["related"]] == ["auth"]


def test_drafts_come_in_every_template_and_format(place):
    (closed,) = place.at(END + 1200)
    page = draft(place, closed["id"], format="html")
    assert page.mimetype == "text/html"
    assert "<table" in page.text
    assert "data:image/svg+xml" in page.text
    assert "img-src data:;" in page.headers["Content-Security-Policy"]
    assert "img-src 'self';" in place.client.get("/").headers["Content-Security-Policy"]
    word = draft(place, closed["id"], format="docx", template="google")
    assert word.data[:2] == b"PK"
    for odd in ({"format": "pdf"}, {"template": "../x"}):
        assert draft(place, closed["id"], **odd).status_code == 400
    chart = f"{BASE}/{closed['id']}/chart"
    assert place.client.get(f"{chart}.png").data[:4] == b"\x89PNG"
    dark = place.client.get(f"{chart}.svg", query_string={"theme": "dark"}).data
    assert dark != place.client.get(f"{chart}.svg").data
    assert place.client.get(f"{chart}.svg", query_string={"theme": "x"}).status_code == 400


def test_the_page_of_an_incident_shows_marks_only_where_it_is_edited(place):
    (closed,) = place.at(END + 1200)
    page = place.client.get(f"/incidents/{closed['id']}").text
    before, _, rest = page.partition("data-source>")
    source, _, after = rest.partition("</textarea>")
    assert "# Postmortem draft: auth" in source
    assert "begin summary" in source, "what is edited keeps its marks"
    assert "Postmortem draft: auth" in after
    assert "begin summary" not in before + after
    assert "format=html" in page


def test_a_format_that_cannot_be_had_says_why(place, monkeypatch):
    (closed,) = place.at(END + 1200)
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    word._program.cache_clear()
    answer = draft(place, closed["id"], format="docx")
    assert (answer.status_code, "pip install" in answer.json["error"]) == (501, True)


def seconds_apart(moment, other):
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp() - other


def test_what_was_declared_while_a_pass_went_on_is_said_of_what_it_found(place, monkeypatch):
    (closed,) = place.at(END + 1200)
    said = {"start": text(START - 900), "end": text(END + 60), "impact": "All failed"}
    place.now += 1
    with monkeypatch.context() as late:  # the pass had read what is stored, and not saved yet
        late.setattr(Corrector, "_known", lambda *_: None)
        made = place.client.post(BASE, json={"service": "auth", **said})
    assert made.status_code == 201
    place.at(END + 1300)
    found = one(place, closed["id"])
    assert {c["field"]: c["value"] for c in found["corrections"]} == {
        "declared_start": text(START - 900),
        "declared_end": text(END + 60),
        "impact": "All failed",
    }
    assert (found["revision"], found["moved"][:11]) == (2, "corrected: ")
    assert "All failed" in draft(place, closed["id"]).text.replace("*", "")
    assert one(place, made.json["id"])["merged_into"] == closed["id"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"declared_end": text(START - 1)}, "declared_end"),
        ({"declared_start": text(END + DAY)}, "declared_start"),
        ({"declared_start": text(END), "declared_end": text(END)}, "declared_end"),
    ],
    ids=["before it", "to come", "none between"],
)
def test_times_that_cannot_be_are_refused(place, said, field):
    (closed,) = place.at(END + 1200)
    refused = patch(place, closed["id"], **said)
    assert (refused.status_code, refused.json["field"]) == (400, field)
    assert patch(place, closed["id"], title="x").status_code == 200


def test_nobody_declares_what_is_to_come(place):
    place.at(START - 600)
    refused = place.client.post(BASE, json={"service": "auth", "start": text(END)})
    assert (refused.status_code, refused.json["field"]) == (400, "start")


def test_what_overlaps_goes_by_what_is_declared_now(store):
    place = Place(store, Metrics((START, END)), services=("auth", "web"))
    place.at(END + 1200)
    (closed,) = (i for i in place.incidents() if i["service"] == "auth")
    made = declare(place, service="vpn", start=text(START - 3600)).json
    assert [r["how"] for r in one(place, made["id"])["related"] if r["id"] == closed["id"]]
    patch(place, made["id"], declared_end=text(START - 1800))
    assert one(place, made["id"])["related"] == []


def test_what_was_edited_can_be_edited_again_by_the_etag_of_the_answer(place):
    (closed,) = place.at(END + 1200)
    first = draft(place, closed["id"])
    once = patch(
        place,
        closed["id"],
        {"If-Match": first.headers["ETag"]},
        draft=first.text.replace("TODO(owner?):", "We know:", 1),
    )
    assert once.json["etag"] == draft(place, closed["id"]).headers["ETag"]
    assert once.json["etag"] != first.headers["ETag"]
    again = draft(place, closed["id"]).text.replace("TODO(owner?):", "And this:", 1)
    done = patch(place, closed["id"], {"If-Match": once.json["etag"]}, draft=again)
    assert done.status_code == 200


def test_with_hours_of_history_a_closed_incident_takes_in_a_note(place):
    known = place.settings.prometheus.model_copy(update={"history": 6 * 3600.0})
    place.settings = place.settings.model_copy(update={"prometheus": known})
    place.restart()
    (closed,) = place.at(END + 1200)
    assert closed["state"] == "closed"
    note = {"time": text(START + 60), "type": "note", "service": "auth", "text": "seen"}
    assert place.client.post("/api/v1/events", data=json.dumps(note)).status_code == 200
    (found,) = place.at(END + 1300)
    assert [event["text"] for event in found["events"]] == ["seen"]
