# Copies of stored incidents are what the product itself would have stored there.
from __future__ import annotations

import json

import pytest

from benchmarks.lab import history
from benchmarks.lab.incidents import SERVICE, Made, closed, unmeasured
from benchmarks.lab.moving import WEEK, Copier, Move
from outage_window.store import Store
from reports.record import decode

UNTIL = 1_750_000_000.0 // 60 * 60
WEEKS = -57
NS = 10**9


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('history') / 'ow.db'}")
    yield opened
    opened.close()


def rows(store, identity):
    with store.read() as connection:
        return history.rows_of(connection, identity)


@pytest.mark.parametrize("number", [0, 5, 12, 14, 16, 17, 19])
def test_a_copy_is_what_would_have_been_stored(store, number):
    one = [*closed(UNTIL), *unmeasured(UNTIL)][number]
    copy = Copier(rows(store, history.save(store, one, SERVICE)), SERVICE).copy(WEEKS, "sso-eu")
    move = Move(WEEKS, SERVICE, "sso-eu")
    edges = tuple(edge + WEEKS * WEEK * NS for edge in one.edges)
    there = Made(move.facts(one.incident), edges)
    derived = rows(store, history.save(store, there, "sso-eu"))
    for table, found in derived.items():
        assert len(copy[table]) == len(found)
        for mine, theirs in zip(copy[table], found, strict=True):
            assert mine.keys() == theirs.keys()
            for column in theirs.keys() - {"chart", "record"}:
                assert mine[column] == theirs[column], (table, column)
    (kept,), (again,) = copy["incidents"], derived["incidents"]
    assert decode(kept["record"]) == decode(again["record"])
    assert json.loads(kept["document"])["id"] == kept["id"] != one.incident.id
