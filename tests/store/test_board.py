"""The small rows of the board: always what the incidents are, found by what is asked for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.kept import StoredIncident
from outage_window.store import board, incidents
from outage_window.store.board import Wanted
from outage_window.store.schema import board as table
from reports.lint import count_todos, lint

NS = 10**9
FIRED = "2026-01-01T00:00:00Z"
FIRST = StoredIncident(
    id="auth-1",
    service="auth",
    state="closed",
    start=100 * NS,
    end=200 * NS,
    has_window=True,
    alerted=True,
    opened_at=1,
    updated_at=1,
    facts={},
    document={
        "kind": "errors",
        "title": "Locked out",
        "corrections": [{"field": "title", "value": "Locked out"}],
        "alerts": [{"fired_at": FIRED}],
    },
    draft="TODO(owner?): why?\n",
)


def save(store, *found):
    for one in found:
        store.write(lambda c, one=one: incidents.save(c, one))


def found(store, **wanted):
    with store.read() as connection:
        rows, total = board.find(connection, Wanted(**wanted), 100)
    assert total == len(rows)
    return [row.incident_id for row in rows]


def other(name, **changes):
    return replace(FIRST, id=name, **changes)


def test_what_goes_on_is_first_then_the_newest(store):
    save(
        store,
        FIRST,
        other("newer", start=300 * NS, end=400 * NS),
        other("on", state="ongoing", start=50 * NS, end=None),
        other("told", state="suspected", start=60 * NS, end=None),
        other("said", state="declared", start=70 * NS, end=None),
        other("said-over", state="declared", start=80 * NS, end=90 * NS),
    )
    assert found(store) == ["said", "told", "on", "newer", "auth-1", "said-over"]


def test_filters(store):
    named = [{"field": "title", "value": "100% lost_x"}]
    lost = {"kind": "traffic_loss", "corrections": named}
    save(
        store,
        FIRST,
        other("b", service="mail", document=lost, start=300 * NS, end=400 * NS),
        other("c", document={}, dismissed=True),
        other("d", document={}, state="ongoing", start=500 * NS, end=None),
    )
    assert found(store, service="mail") == ["b"]
    assert found(store, kind="traffic_loss") == ["b"]
    assert found(store, kind="none") == ["d"]
    assert found(store, kind="none", dismissed=True) == ["d", "c"]
    assert found(store, text="LOCKED") == ["auth-1"]
    assert found(store, text="100%") == ["b"]
    assert found(store, text="t_x") == ["b"]
    assert found(store, text="0_l") == [], "a wildcard of SQL is a letter"
    assert found(store, since=300 * NS) == ["d", "b"]
    assert found(store, until=300 * NS) == ["auth-1"]
    assert found(store, since=200 * NS, until=301 * NS) == ["b", "auth-1"]
    with store.read() as connection:
        assert board.services(connection) == ["auth", "mail"]
        assert [r.incident_id for r in board.near(connection, 0, None, 2)] == ["d", "b"]


def test_pages(store):
    save(store, *(other(f"n{i}", start=i * NS) for i in range(5)))
    with store.read() as connection:
        rows, total = board.find(connection, Wanted(), 2, 2)
    assert ([row.incident_id for row in rows], total) == (["n2", "n1"], 5)


def test_figures_are_parts_of_the_document(store):
    save(store, FIRST)
    with store.read() as connection:
        (row,), _ = board.find(connection, Wanted(), 1)
    assert row.figures == {"alerts": 1, "first_alert": FIRED}
    assert (row.title, row.todos, row.kind) == ("Locked out", 1, "errors")


def test_a_merger_takes_it_off_and_taking_that_back_puts_it_on(store):
    save(store, FIRST, other("b"))
    store.write(lambda c: incidents.merge(c, "b", "auth-1", 5))
    assert found(store) == ["auth-1"]
    save(store, other("b", updated_at=6))
    assert found(store) == ["auth-1", "b"]


def test_an_edited_draft_is_counted_anew(store):
    save(store, FIRST)
    with store.read() as connection:
        before = board.version(connection)
    assert store.write(lambda c: incidents.edit(c, "auth-1", "all is said", FIRST.draft, 9))
    assert not store.write(lambda c: incidents.edit(c, "auth-1", "mine", "not that", 10))
    with store.read() as connection:
        (row,), _ = board.find(connection, Wanted(), 1)
        assert board.version(connection) != before
        assert board.changed_at(connection, "auth-1") == row.changed_at
    assert row.todos == 0


@pytest.mark.parametrize("change", ["new", "changed", "dropped"])
def test_any_change_is_another_version(store, change):
    save(store, FIRST, other("b"))
    with store.read() as connection:
        before = board.version(connection)
    if change == "new":
        save(store, other("c"))
    elif change == "changed":
        save(store, replace(FIRST, updated_at=2, state="ongoing"))
    else:
        store.write(lambda c: incidents.merge(c, "b", "auth-1", 5))
    with store.read() as connection:
        assert board.version(connection) != before


def test_incidents_of_before_the_board_are_put_on_it(store):
    save(store, FIRST, other("b"), other("c"))
    store.write(lambda c: incidents.merge(c, "c", "b", 5))
    store.write(lambda c: c.execute(table.delete()))
    assert found(store) == []
    assert store.write(board.fill) == 2
    assert found(store) == ["auth-1", "b"]
    assert store.write(board.fill) == 0


@given(st.text(alphabet="TODO(owner?): x|-*\n`#", max_size=200))
def test_blanks_are_counted_as_lint_does(text):
    assert count_todos(text) == sum(one.check == "todo" for one in lint(text))


def test_rows_hold_no_more_than_is_shown(store):
    big = {"timeline": ["x"] * 10_000, "title": "t", "start": None}
    save(store, other("big", document=big))
    with store.read() as connection:
        (row,), _ = board.find(connection, Wanted(), 1)
    assert len(json.dumps(row.figures)) < 100


def test_a_figure_is_there_without_its_parts_and_inputs(store):
    kept = {"value": 0.4, "low": 0.3, "high": 0.5, "unit": "ratio", "status": "measured"}
    more = {"inputs": [{"sha256": "x" * 64}] * 9, "blocked_users": kept, "level": 0.95}
    document = {"affected_users": kept | more | {"method": "m", "tier": 1}, "as_of": "2024-01-22"}
    save(store, other("big", document=document))
    with store.read() as connection:
        (row,), _ = board.find(connection, Wanted(), 1)
    assert row.figures["affected_users"] == kept | {"method": "m", "tier": 1}
    assert row.figures["as_of"] == "2024-01-22"
