"""Opening, writing in groups, and what happens when the database will not."""

import os
import sqlite3
import stat
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text

from outage_window.errors import InputError
from outage_window.kept import StoredIncident
from outage_window.store import Full, Store, StoreFailed, deliveries, incidents
from outage_window.store.engine import engine
from outage_window.store.writer import Writer


def test_what_was_written_is_there_after_reopening(tmp_path):
    url = f"sqlite:///{tmp_path / 'ow.db'}"
    first = Store.open(url)
    first.write(lambda c: deliveries.keep(c, "am", b"body", 1))
    first.close()
    again = Store.open(url)
    with again.read() as connection:
        assert deliveries.tally(connection).received == 1
    assert again.names.users(["ann"]) == first.names.users(["ann"])
    again.close()


def test_the_key_of_user_ids_is_for_the_owner_alone(store, tmp_path):
    mode = os.stat(tmp_path / "ow.db.key").st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len((tmp_path / "ow.db.key").read_bytes()) == 32


def test_the_same_bytes_are_kept_once_and_counted(store):
    for at in (1, 5, 3):
        store.write(lambda c, at=at: deliveries.keep(c, "am", b"body", at))
    store.write(lambda c: deliveries.keep(c, "am", b"poison", 2, "version: expected"))
    with store.read() as connection:
        assert deliveries.tally(connection) == deliveries.Tally(4, 1, 5)


def test_a_second_writer_is_refused(store, tmp_path):
    with pytest.raises(InputError, match="in use"):
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}")


@pytest.mark.parametrize("url", ["postgresql://h/d", "sqlite://", "sqlite:///:memory:", "x"])
def test_other_databases_are_refused(url):
    with pytest.raises(InputError, match="sqlite:///FILE"):
        Store.open(url)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 100)
    with pytest.raises(InputError, match="cannot be opened"):
        Store.open(f"sqlite:///{file}")


def test_a_database_of_another_version_is_refused(tmp_path):
    file = tmp_path / "ow.db"
    Store.open(f"sqlite:///{file}").close()
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()
    with pytest.raises(InputError, match="schema"):
        Store.open(f"sqlite:///{file}")


def test_readers_cannot_write(store):
    with store.read() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("DELETE FROM deliveries"))


def test_one_bad_piece_of_work_does_not_harm_its_group(store):
    """All are queued while the writer is held up, so that they share a transaction."""
    gate, begun, results = threading.Event(), threading.Event(), {}

    def submit(number):
        def work(connection):
            if number == 3:
                raise ZeroDivisionError
            deliveries.keep(connection, "am", b"%d" % number, number)
            return number

        try:
            results[number] = store.write(work)
        except ZeroDivisionError:
            results[number] = "bad"

    holder = threading.Thread(
        target=lambda: store.write(lambda c: begun.set() or gate.wait(5)),
    )
    threads = [threading.Thread(target=submit, args=(n,)) for n in range(8)]
    holder.start()
    begun.wait(5)  # else the writer may take some of them along with what holds it up
    for thread in threads:
        thread.start()
    while store.waiting < 8:
        pass
    gate.set()
    for thread in (holder, *threads):
        thread.join()
    assert results == {n: "bad" if n == 3 else n for n in range(8)}
    with store.read() as connection:
        assert deliveries.tally(connection).received == 7


def test_a_locked_database_fails_and_recovers(store, tmp_path):
    other = sqlite3.connect(tmp_path / "ow.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="locked"):
        store.write(lambda c: deliveries.keep(c, "am", b"body", 1))
    other.execute("ROLLBACK")
    other.close()
    store.write(lambda c: deliveries.keep(c, "am", b"body", 1))
    with store.read() as connection:
        assert deliveries.tally(connection).received == 1


def test_a_full_queue_refuses_at_once(tmp_path):
    writer = Writer(engine(tmp_path / "ow.db", writer=True), capacity=1)
    gate, begun = threading.Event(), threading.Event()

    def hold(_connection):
        begun.set()
        gate.wait(5)

    held = threading.Thread(target=writer.submit, args=(hold,))
    held.start()
    begun.wait(5)
    waiting = threading.Thread(target=writer.submit, args=(lambda c: None,))
    waiting.start()
    while not writer.waiting:
        pass
    with pytest.raises(Full):
        writer.submit(lambda c: None)
    gate.set()
    held.join()
    waiting.join()
    writer.close()
    with pytest.raises(StoreFailed, match="closed"):
        writer.submit(lambda c: None)


def tables(file):
    connection = sqlite3.connect(file)
    found = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    connection.close()
    return found


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "grafana.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE dashboards (id)")
    connection.close()
    with pytest.raises(InputError, match="another program"):
        Store.open(f"sqlite:///{file}")
    assert tables(file) == ["dashboards"]


def test_a_later_database_is_left_alone(tmp_path):
    file = tmp_path / "later.db"
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('schema', '99')")
    connection.close()
    with pytest.raises(InputError, match="schema"):
        Store.open(f"sqlite:///{file}")
    assert tables(file) == ["meta"]


def test_a_folder_where_the_key_should_be(tmp_path):
    (tmp_path / "ow.db.key").mkdir()
    with pytest.raises(InputError, match="32 bytes"):
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}")


def as_version_2(connection):
    """Take back what the third version added."""
    for column in ("record", "merged_by", "dismissed"):
        connection.execute(f"ALTER TABLE incidents DROP COLUMN {column}")
    for table in ("corrections", "publications"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("UPDATE meta SET value = '2' WHERE key = 'schema'")


def test_a_database_of_the_second_version_keeps_its_incidents(tmp_path):
    """What is closed keeps its draft; what is not is drafted anew, as drafts can be edited now."""
    file = tmp_path / "ow.db"
    url = f"sqlite:///{file}"
    first = Store.open(url)
    given = {"facts": {}, "document": {}, "has_window": True, "alerted": False, "draft": "old"}
    times = {"start": 1, "end": 2, "opened_at": 1, "updated_at": 2}
    closed = StoredIncident("a", "s", "closed", closed_at=2, **given, **times)
    going = StoredIncident("b", "s", "ongoing", **given, **times)
    for one in (closed, going, replace(closed, id="c")):
        first.write(lambda c, one=one: incidents.save(c, one))
    first.write(lambda c: incidents.merge(c, "c", "a", 3))
    first.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        as_version_2(connection)
    again = Store.open(url)
    with again.read() as reading:
        found = {name: incidents.get(reading, name) for name in "abc"}
    again.close()
    assert found["a"] == closed
    assert (found["b"].draft, found["b"].record, found["b"].dismissed) == (None, None, False)
    assert (found["c"].merged_into, found["c"].merged_by) == ("a", "data")


def test_a_database_of_the_first_version_opens(tmp_path, caplog):
    """Its attempts are hashed in another way: they go, with a word, and the rest stays."""
    file = tmp_path / "ow.db"
    first = Store.open(f"sqlite:///{file}")
    first.write(lambda c: deliveries.keep(c, "am", b"body", 1))
    first.close()
    connection = sqlite3.connect(file)
    with connection:
        as_version_2(connection)
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        connection.execute("DELETE FROM meta WHERE key LIKE 'user_key%'")
        connection.execute("DROP TABLE attempt_bodies")
        connection.execute("DROP TABLE attempt_blocks")
        connection.execute("CREATE TABLE attempt_blocks (id INTEGER PRIMARY KEY, service TEXT)")
        connection.execute("CREATE INDEX attempt_blocks_by_time ON attempt_blocks (service)")
        connection.execute("INSERT INTO attempt_blocks VALUES (1, 'auth')")
    connection.close()
    with caplog.at_level("WARNING"):
        for _ in range(2):
            again = Store.open(f"sqlite:///{file}")
            with again.read() as reading:
                assert deliveries.tally(reading).received == 1
            again.close()
    assert [r.message.partition(":")[0] for r in caplog.records] == [
        "attempts per user of an earlier version were dropped (1 deliveries)"
    ]
    assert "attempt_bodies" in tables(file)
