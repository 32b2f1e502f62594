"""What is held of uploads: bounded in number, size and time, under tokens nobody guesses."""

import threading
import time

import pytest

from outage_window.batch import Request, analyze
from outage_window.uploads.found import found_in
from outage_window.uploads.held import DRAFTED, NS, Shelf
from tests.live.made import BORN
from tests.uploads.made import USUAL, export


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    file = tmp_path_factory.mktemp("held") / "a.csv"
    file.write_bytes(USUAL)
    return found_in(analyze(Request(exports=[str(file)])))


def test_tokens_are_long_and_never_the_same(found):
    shelf = Shelf(most=1000)
    tokens = {shelf.put(found, 1, 0).token for _ in range(200)}
    assert len(tokens) == 200
    assert min(map(len, tokens)) >= 22  # 128 bits


def test_the_oldest_go_when_there_are_too_many(found):
    shelf = Shelf(most=3)
    tokens = [shelf.put(found, 1, 0).token for _ in range(5)]
    assert [shelf.get(token, 0) is None for token in tokens] == [True, True, False, False, False]


def test_the_oldest_go_when_they_are_too_large(found):
    shelf = Shelf(room=100)
    first, second = shelf.put(found, 60, 0), shelf.put(found, 40, 0)
    assert shelf.get(first.token, 0) is first
    third = shelf.put(found, 61, 0)
    assert [shelf.get(one.token, 0) for one in (first, second, third)] == [None, None, third]
    assert len(shelf) == 1


def test_each_goes_after_its_time(found):
    shelf = Shelf(life=10)
    one = shelf.put(found, 1, 5 * NS)
    assert shelf.get(one.token, 15 * NS - 1) is one
    assert shelf.get(one.token, 15 * NS) is None
    assert len(shelf) == 0


def test_each_goes_after_its_time_also_when_nobody_asks(found):
    shelf, began = Shelf(life=0.3), threading.active_count()
    for number in range(20):
        shelf.put(found, 1, round(0.01 * number * NS))
    assert threading.active_count() <= began + 1
    deadline = time.monotonic() + 20
    while len(shelf):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_forgotten_is_gone(found):
    shelf = Shelf()
    one = shelf.put(found, 1, 0)
    shelf.drop(one.token)
    shelf.drop("never there")
    assert shelf.get(one.token, 0) is None


def test_drafts_are_held_of_the_outages_looked_at_last(tmp_path):
    outages = [(BORN + 20_000 * n, BORN + 20_000 * n + 1800) for n in range(1, 13)]
    file = tmp_path / "a.csv"
    file.write_bytes(export(*outages, days=4))
    found = found_in(analyze(Request(exports=[str(file)])))
    assert len(found.incidents) == len(found.rows) > DRAFTED
    upload = Shelf().put(found, 1, 0)
    for number in range(len(found.incidents)):
        assert upload.stored(number) is upload.stored(number)
    assert len(upload._rows) == DRAFTED
    assert upload.stored(0).draft


def test_what_is_shown_claims_no_incident_of_the_store(found):
    shown = Shelf().put(found, 1, 0).stored(0)
    assert shown.closed_at is None
    assert shown.chart is None  # drawing takes a second
    assert shown.from_files
