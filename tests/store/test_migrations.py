"""Databases that earlier versions left, and those of others: brought up to date, or left alone."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text

from outage_window.errors import InputError
from outage_window.store import Store, alerts, deliveries, events, incidents
from outage_window.store.migrate import SCHEMA
from outage_window.store.opened import looking
from outage_window.store.schema import attempt_blocks, metadata
from outage_window.store.schema import deliveries as deliveries_table
from outage_window.store.steps import FOLDER, step_up

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))
FOREVER = 2**62


def restored(folder, file):
    """A database as a version left it."""
    path = folder / "ow.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(file.read_text())
    return path


def tables(file):
    with closing(sqlite3.connect(file)) as connection:
        return sorted(name for (name,) in connection.execute("SELECT name FROM sqlite_master"))


def test_the_steps_lead_to_the_tables_that_the_code_makes(database, tmp_path, postgresql):
    """A new database is made at once; the same comes of all steps, one after another."""
    Store.open(*database).close()
    other = f"sqlite:///{tmp_path / 'other.db'}"
    if database[1] is not None:
        other = postgresql.database()
    with changing(other) as connection:
        step_up(connection, other, None, SCHEMA)
    made, stepped = (described(url) for url in (database[0], other))
    assert made == stepped
    assert len(made["tables"]) > 20


def test_the_last_step_leads_to_the_version_of_the_code():
    assert ScriptDirectory(str(FOLDER)).get_current_head() == SCHEMA


def described(url):
    """All that a database is made of; the order of columns is that of their names."""
    with looking(url) as connection:
        seen = inspect(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = {
            "tables": {
                name: (
                    sorted(repr(one) for one in map(typed, seen.get_columns(name))),
                    seen.get_pk_constraint(name)["constrained_columns"],
                    sorted(map(repr, seen.get_unique_constraints(name))),
                    sorted(repr(told(one)) for one in seen.get_indexes(name)),
                    seen.get_foreign_keys(name),
                    seen.get_check_constraints(name),
                )
                for name in seen.get_table_names()
            },
            "version": connection.execute(text("SELECT * FROM alembic_version")).all(),
        }
        if url.startswith("sqlite"):
            made = connection.execute(text("SELECT name, sql FROM sqlite_master")).all()
            words = ("AUTOINCREMENT", "WITHOUT ROWID", " WHERE ")
            found["words"] = sorted(
                (name, [word for word in words if word in (sql or "")]) for name, sql in made
            )
    return found


def typed(column):
    return {**column, "type": repr(column["type"])}


def told(index):
    options = {name: str(value) for name, value in index.pop("dialect_options", {}).items()}
    return {**index, **options}


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_so_do_they_from_every_earlier_version(tmp_path, file):
    url = f"sqlite:///{restored(tmp_path, file)}"
    Store.open(url).close()
    with looking(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    Store.open(url).close()  # and once more changes nothing


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_what_an_earlier_version_kept_is_still_there(tmp_path, file, caplog):
    with caplog.at_level("WARNING"):
        store = Store.open(f"sqlite:///{restored(tmp_path, file)}")
    with store.read() as connection:
        assert deliveries.tally(connection) == deliveries.Tally(1, 11)
        bodies = connection.execute(select(deliveries_table.c.body)).scalars().all()
        (event,) = events.of(connection, "auth", 0, FOREVER)
        found = {name: incidents.get(connection, name) for name in "abc"}
        attempts = len(connection.execute(select(attempt_blocks)).all())
    store.close()
    assert len(bodies) == 2
    assert b"poison" in bodies
    assert (event.type, event.text) == ("change", "rollback")
    assert (found["a"].draft, found["a"].closed_at, found["a"].document) == (
        "as it closed", 2, {"a": 1},
    )  # fmt: skip
    assert (found["c"].merged_into, found["c"].merged_by) == ("a", "data")
    version = int(file.stem.removeprefix("schema-"))
    assert found["b"].draft == (None if version < 3 else "as it went"), "drafted anew"
    assert attempts == (0 if version < 2 else 1), "hashed in another way"
    dropped = "attempts per user of an earlier version were dropped (1 deliveries)"
    assert any(r.message.startswith(dropped) for r in caplog.records) == (version < 2)


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_alerts_of_an_earlier_version_get_their_services(tmp_path, file):
    from outage_window.live.assigning import Assigner, reassign
    from outage_window.settings.models import Settings

    store = Store.open(f"sqlite:///{restored(tmp_path, file)}")
    reassign(store, Assigner(Settings()))
    with store.read() as connection:
        (alert,) = alerts.between(connection, 0, service="auth")
    store.close()
    assert alert.labels["alertname"] == "AuthErrorRateHigh"


def test_a_later_version_is_left_alone(database):
    Store.open(*database).close()
    change(database, "UPDATE alembic_version SET version_num = '99'")
    with pytest.raises(InputError, match=r"schema 8, this one has 99"):
        Store.open(*database)


def test_one_of_an_unknown_kind_is_left_alone(tmp_path):
    file = tmp_path / "later.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('schema', '99')")
    with pytest.raises(InputError, match="this one has 99"):
        Store.open(f"sqlite:///{file}")
    assert tables(file) == ["meta"]


def test_another_programs_tables_are_left_alone(database):
    change(database, "CREATE TABLE dashboards (id INTEGER)")
    with pytest.raises(InputError, match="another program"):
        Store.open(*database)
    with looking(database[0]) as connection:
        assert connection.execute(text("SELECT count(*) FROM dashboards")).scalar() == 0
        assert not connection.dialect.has_table(connection, "alerts")


def change(database, statement):
    """Run a statement beside the program."""
    with changing(database[0]) as connection:
        connection.execute(text(statement))


@contextmanager
def changing(url):
    made = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with made.begin() as connection:
        yield connection
    made.dispose()
