"""The board's version: another one after whatever happens to a row, also while the clock stands."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from outage_window.kept import StoredIncident
from outage_window.store import Store, board, incidents

AT = 1_700_000_000 * 10**9
ONE = StoredIncident(
    "auth-1", "auth", "ongoing", AT, None, has_window=True, alerted=False, opened_at=AT,
    updated_at=AT, facts={}, document={}, draft="# Auth\n",
)  # fmt: skip
OTHER = replace(ONE, id="mail-1", service="mail", start=AT + 60 * 10**9)
THIRD = replace(ONE, id="auth-2", start=AT + 3600 * 10**9)


def version(store):
    with store.read() as connection:
        return board.version(connection)


@pytest.fixture
def kept(store):
    for one in (ONE, OTHER):
        store.write(lambda c, one=one: incidents.save(c, one))
    return store


def test_without_incidents_there_is_one_too(store):
    assert version(store) == version(store) == "0-0-0"


@pytest.mark.parametrize(
    "change",
    [
        lambda c: incidents.save(c, THIRD),
        lambda c: incidents.save(c, replace(ONE, state="closed")),
        lambda c: incidents.save(c, replace(ONE, updated_at=AT - 1)),
        lambda c: incidents.edit(c, "mail-1", "# Mine\n", OTHER.draft, AT),
        lambda c: incidents.merge(c, "auth-1", "mail-1", AT),
        lambda c: (incidents.merge(c, "mail-1", "auth-1", AT), incidents.save(c, THIRD)),
    ],
    ids=["new", "changed", "set back", "edited", "merged", "one gone and one new"],
)
def test_it_tells_of_every_change_at_the_same_time_of_day(kept, change):
    before = version(kept)
    assert version(kept) == before
    kept.write(change)
    assert version(kept) != before


def test_it_reads_an_index_alone(tmp_path):
    store, asked = Store.open(f"sqlite:///{tmp_path / 'ow.db'}"), []
    with store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append(a[2:4]))
        board.version(connection)
        (said, given), *_ = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given).all()
    store.close()
    assert any("COVERING INDEX board_by_change" in str(row) for row in plan)


def test_states_of_incidents(kept):
    with kept.read() as connection:
        first = board.states(connection, ["auth-1", "mail-1", "nobody"])
    assert set(first) == {"auth-1", "mail-1"}
    kept.write(lambda c: incidents.edit(c, "auth-1", "# Mine\n", ONE.draft, AT))
    kept.write(lambda c: incidents.merge(c, "mail-1", "auth-1", AT))
    with kept.read() as connection:
        then = board.states(connection, ["auth-1", "mail-1"])
    assert then["auth-1"].changed_at > first["auth-1"].changed_at
    assert then["mail-1"] == board.State(1, None, "auth-1")
