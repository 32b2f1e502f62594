"""Publishing by the loop: each target gets each revision once, and what fails comes again later."""

from __future__ import annotations

import json

import pytest

from outage_window.live.claims import LONG
from outage_window.live.publishing import RECENT, Publisher
from outage_window.live.status import Status
from outage_window.publish.attempt import current
from outage_window.publish.model import Published, PublishFailed
from outage_window.store import publications

from .made import BORN, DAY, Leads, Metrics, Place

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


def another(place, **more):
    """The publisher of another replica, with the same target."""
    clock = lambda: round(place.now * NS)  # noqa: E731
    return Publisher(place.store, [place.board], place.status, clock, "http://here", **more)


def test_while_one_publishes_nobody_else_does(place):
    (closed,) = place.at(END + 1200)
    other, said = another(place), []
    publish = place.board.publish

    def meanwhile(what, known):
        other.tick()
        said.append(other.publish(closed["id"], "board"))
        return publish(what, known)

    place.board.publish = meanwhile
    place.publisher.tick()
    other.tick()
    assert len(place.board.given) == 1
    (busy,) = said
    assert isinstance(busy, PublishFailed)
    assert "being published just now" in str(busy)
    place.board.publish = publish
    assert isinstance(other.publish(closed["id"], "board"), Published), "who asks gets it again"
    assert place.board.given[-1][1] == f"ref-{closed['id']}"


class Dies(BaseException):
    """The process is killed."""


def test_what_one_sent_who_died_is_looked_for_by_the_next(place):
    place.at(END + 1200)
    publish, made = place.board.publish, []

    def dies(what, known):
        publish(what, known)
        raise Dies

    def looks(what, known):
        made.append(current().made)
        return publish(what, known)

    place.board.publish = dies
    with pytest.raises(Dies):
        place.publisher.tick()
    place.board.publish = looks
    other = another(place)
    other.tick()
    assert made == [], "a request may still be on its way"
    place.now += LONG / NS + 1
    other.tick()
    assert made == [True]
    other.tick()
    assert made == [True]


def test_one_who_wakes_after_that_sends_nothing_more_and_notes_nothing(place):
    place.at(END + 1200)
    publish, woken = place.board.publish, []

    def hangs(what, known):
        place.board.publish = publish
        place.now += LONG / NS + 1
        another(place).tick()
        with pytest.raises(PublishFailed, match="being published just now") as failed:
            current().renew()
        woken.append(failed.value)
        raise failed.value

    place.board.publish = hangs
    place.publisher.tick()
    assert len(woken) == len(place.board.given) == 1
    with place.store.read() as connection:
        assert publications.due(connection, "board", 0) == []


def test_what_may_have_been_made_is_remembered_over_a_failure(place):
    (closed,) = place.at(END + 1200)
    seen = []

    def unsure(_what, _known):
        seen.append(current().made)
        current().made = True
        raise PublishFailed("board", "no answer")

    place.board.publish = unsure
    place.publisher.publish(closed["id"], "board")
    place.publisher.publish(closed["id"], "board")
    assert seen == [False, True]


def test_only_who_leads_the_service_publishes_by_himself(place):
    (closed,) = place.at(END + 1200)
    leads = Leads(0)
    other = another(place, leading=leads)
    other.tick()
    assert place.board.given == []
    leads.term = 1

    def lost(_what, _known):
        leads.term = 2
        current().renew()

    publish, place.board.publish = place.board.publish, lost
    other.tick()
    assert place.board.given == []
    place.board.publish = publish
    place.now += 61
    other.tick()
    assert [what.incident_id for what, _ in place.board.given] == [closed["id"]]
