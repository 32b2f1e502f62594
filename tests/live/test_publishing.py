"""Publishing by the loop: each target gets each revision once, and what fails comes again later."""

from __future__ import annotations

import json

import pytest

from outage_window.live.publishing import RECENT, Publisher
from outage_window.live.status import Status
from outage_window.publish.model import Published, PublishFailed
from outage_window.store import publications

from .made import BORN, DAY, Metrics, Place

START = BORN + 3 * DAY + 7200
END = START + 3600
NS = 10**9


class Board:
    """A target that remembers what it was given, and can be out of order."""

    def __init__(self, name="board"):
        self.name, self.broken, self.given = name, False, []

    def publish(self, what, known):
        if self.broken:
            raise PublishFailed(self.name, "answered 500")
        self.given.append((what, known))
        return Published(self.name, "http://board/1", f"ref-{what.incident_id}", known is None)


@pytest.fixture
def place(store):
    made = Place(store, Metrics((START, END)))
    made.board, made.status = Board(), Status(0)
    made.publisher = Publisher(
        store, [made.board], made.status, lambda: round(made.now * NS), "http://here"
    )
    return made


def test_what_closed_is_published_once_and_each_revision_after_it(place):
    place.at(START + 1200)
    place.publisher.tick()
    assert place.board.given == []
    (closed,) = place.at(END + 1200)
    for _ in range(3):
        place.publisher.tick()
    ((what, known),) = place.board.given
    assert (what.incident_id, what.revision, known) == (closed["id"], 1, None)
    assert what.url == f"http://here/incidents/{closed['id']}"
    assert what.start == pytest.approx(START, abs=30)
    assert what.end == pytest.approx(END, abs=30)
    assert "# Postmortem draft" in what.markdown
    assert "![" not in what.markdown
    assert what.document["id"] == closed["id"]
    change = json.dumps({"title": "Locked out"})
    place.client.patch(f"/api/v1/incidents/{closed['id']}", data=change)
    place.publisher.tick()
    what, known = place.board.given[-1]
    assert (what.revision, what.title, known) == (2, "Locked out", f"ref-{closed['id']}")
    place.publisher.tick()
    assert len(place.board.given) == 2


def test_what_fails_comes_again_ever_more_seldom(place):
    place.at(END + 1200)
    place.board.broken = True
    for _ in range(4):
        place.publisher.tick()
    assert place.status.counted("publish_failed") == {"board": 1}
    place.now += 61
    place.publisher.tick()
    place.now += 61
    place.publisher.tick()
    assert place.status.counted("publish_failed") == {"board": 2}
    place.board.broken = False
    place.now += 60
    place.publisher.tick()
    assert len(place.board.given) == 1
    assert place.status.counted("published") == {"board": 1}


def test_new_settings_do_not_publish_what_is_long_over(place):
    place.at(END + 1200)
    place.now += RECENT / NS + 60
    place.publisher.tick()
    assert place.board.given == []


def test_what_is_dismissed_is_not_published_but_renewed_where_it_was(place):
    (closed,) = place.at(END + 1200)
    say = json.dumps({"dismissed": "a test"})
    place.client.patch(f"/api/v1/incidents/{closed['id']}", data=say)
    place.publisher.tick()
    assert place.board.given == []
    with place.store.read() as connection:
        assert publications.due(connection, "board", 0) == []
    place.store.write(lambda c: publications.keep(c, closed["id"], "board", 1, "r", "", 1))
    place.publisher.tick()
    ((what, known),) = place.board.given
    assert known == "r"
    assert "dismissed by people" in what.headline
