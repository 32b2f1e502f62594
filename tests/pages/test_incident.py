"""An incident's page: what it says, what its scripts are given, and what they may ask for."""

from __future__ import annotations

import json
import re

import pytest

from outage_window.live.news import News
from outage_window.live.publishing import Publisher
from outage_window.publish.model import Published, PublishFailed
from outage_window.settings.models import Settings
from outage_window.web import create_app
from outage_window.web.beside import Beside

from .conftest import Read


@pytest.fixture(scope="module")
def incident(place):
    return next(
        one for one in place.client.get("/api/v1/incidents").json["incidents"]
        if one["service"] == "auth"
    )  # fmt: skip


@pytest.fixture
def page(place, incident):
    return place.client.get(f"/incidents/{incident['id']}")


def chart_of(page):
    found = re.search(r'<script type="application/json" data-chart-data>(.*?)</script>', page.text)
    return json.loads(found[1])


def test_it_begins_with_what_happened_and_the_figures(page, incident):
    read = Read(page)
    assert incident["title"] in read.text
    assert "degraded for 30 min" in read.text
    for label in ("Onset", "Recovery", "Duration", "Users hit", "Time to detect"):
        assert label in read.text
    assert set(read.values("data-figure")) >= {"start", "end", "duration_seconds"}
    assert "Every figure, with its method" in read.text


def test_the_delay_of_detection_is_told_step_by_step(page):
    read = Read(page)
    assert "Detection, step by step" in read.text
    for step in (
        "Onset (measured)",
        "First scrape that shows it",
        "Rule true",
        "First alert fired",
    ):
        assert step in read.text
    (table,) = re.findall('<table class="steps">.*?</table>', page.text, re.DOTALL)
    assert table.count("<time ") >= 6  # of a range both ends
    assert "first alert fired" not in table, "nothing is folded where it fired"


def test_the_chart_has_the_series_the_window_and_the_marks(page, place, incident):
    chart = chart_of(page)
    curve = place.client.get(f"/api/v1/incidents/{incident['id']}/series").json
    assert chart["series"]["start"] == curve["start"]
    assert chart["start"][1] <= chart["start"][0] <= chart["start"][2]
    assert [lane["name"] for lane in chart["lanes"]] == ["alerts"]
    (mark,) = chart["lanes"][0]["marks"]
    assert mark[3] == "alert: A"
    assert chart["begin"] < chart["start"][0] < chart["until"] < chart["end"]


def test_a_mark_cannot_end_the_script_that_holds_it(place):
    place.alert(place.now - 60, name="</script><script>alert(1)</script>", service="mail")
    place.watch.tick()
    for one in place.client.get("/api/v1/incidents").json["incidents"]:
        text = place.client.get(f"/incidents/{one['id']}").text
        assert "<script>alert" not in text


def test_the_draft_is_there_as_source_and_as_read(page):
    read = Read(page)
    assert "What stands between marks is brought up to date" in read.text
    assert re.search('<textarea [^>]*name="draft"', page.text)
    assert "blanks for people to fill" in read.text
    assert any(one.endswith("/draft?format=html") for one in read.values("href"))


def test_a_preview_is_rendered_and_checked_and_not_kept(place, incident):
    before = place.client.get(f"/api/v1/incidents/{incident['id']}/draft").text
    text = "# Mine\n\nTODO(owner?): why?\n\n<img src=x onerror=alert(1)>\n"
    made = place.client.post(f"/incidents/{incident['id']}/preview", data=text).json
    assert "<h1" in made["html"]
    assert "<img" not in made["html"]
    assert made["todos"] == 1
    assert [(one["check"], one["line"]) for one in made["findings"]] == [
        ("reference", 1),
        ("todo", 3),
    ]
    assert place.client.get(f"/api/v1/incidents/{incident['id']}/draft").text == before
    assert place.client.post("/incidents/nobody/preview", data=text).status_code == 404


class Target:
    """A place that drafts are published to, or that is down."""

    name = "wiki"

    def __init__(self):
        self.down, self.got = False, []

    def publish(self, what, known):
        if self.down:
            raise PublishFailed(self.name, "it is down")
        self.got.append((what.incident_id, known))
        return Published(self.name, "https://wiki.example/1", "ref-1", created=known is None)


def test_publishing_because_somebody_asks(place, incident):
    target = Target()
    clock = lambda: round(place.now * 1e9)  # noqa: E731
    publisher = Publisher(place.store, [target], place.watch.status, clock)
    news = News(place.store, place.watch.status)
    beside = Beside(news, place.holding, publisher.publish)
    named = [{"kind": "webhook", "name": "wiki", "url": "https://wiki.example/hook"}]
    settings = Settings.model_validate({"publish": named})
    client = create_app(place.store, settings, clock=clock, beside=beside).test_client()
    page = f"/incidents/{incident['id']}"
    assert "https://wiki.example/1" not in Read(client.get(page)).values("href")
    path = f"/incidents/{incident['id']}/publish"
    done = client.post(path, json={"target": "wiki"})
    assert (done.status_code, done.json["url"]) == (200, "https://wiki.example/1")
    assert not client.post(path, json={"target": "wiki"}).json["created"]
    assert target.got == [(incident["id"], None), (incident["id"], "ref-1")]
    assert "https://wiki.example/1" in Read(client.get(page)).values("href")
    target.down = True
    refused = client.post(path, json={"target": "wiki"})
    assert (refused.status_code, refused.json["error"]) == (502, "wiki: it is down")
    for wrong in ({"target": "elsewhere"}, {"target": 7}, [], None):
        assert client.post(path, json=wrong).status_code == 404
    assert client.post("/incidents/nobody/publish", json={"target": "wiki"}).status_code == 404


def test_an_incident_that_is_not_there_is_a_page_for_people_and_json_for_programs(place):
    assert place.client.get("/incidents/nobody").json["error"] == "no such incident"
    answer = place.client.get("/incidents/nobody", headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 404
    assert "no such incident" in answer.text
    assert "<h1>404</h1>" in answer.text


@pytest.mark.parametrize(
    "name", ["page.css", "incident.js", "uplot.js", "uplot.css", "icon.svg", "live.js"]
)
def test_files_are_served_to_anybody_and_asked_for_again(place, name):
    answer = place.client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = place.client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["..%2fapp.py", "board.html", "nothing.js", ".", "page.css.map"])
def test_no_other_file_is(place, name):
    assert place.client.get(f"/static/{name}").status_code == 404
