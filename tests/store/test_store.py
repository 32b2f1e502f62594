"""Opening, writing in groups, and what happens when the database will not."""

import os
import sqlite3
import stat
import threading

import pytest
from sqlalchemy import text

from outage_window.errors import InputError
from outage_window.store import Full, Store, StoreFailed, deliveries
from outage_window.store.deliveries import Received
from outage_window.store.schema import deliveries as table
from outage_window.store.sqlite import engine
from outage_window.store.writer import Writer


@pytest.fixture
def file_store(tmp_path):
    """A store in a SQLite file, for what only such a one can be asked."""
    opened = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    yield opened
    opened.close()


def keep(store, body, at=1, reason=None):
    row = deliveries.row("am", body or b"", at, reason) | {"body": body}
    store.gather(deliveries.keep, Received(row))


def copies(store):
    """How often each body came."""
    with store.read() as connection:
        return {row.body: row.copies for row in connection.execute(table.select())}


def test_what_was_written_is_there_after_reopening(database):
    first = Store.open(*database)
    keep(first, b"body")
    first.close()
    again = Store.open(*database)
    assert copies(again) == {b"body": 1}
    assert again.names.users(["ann"]) == first.names.users(["ann"])
    again.close()


def test_the_key_of_user_ids_is_for_the_owner_alone(file_store, tmp_path):
    mode = os.stat(tmp_path / "ow.db.key").st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len((tmp_path / "ow.db.key").read_bytes()) == 32


def test_the_same_bytes_are_kept_once_and_counted(store):
    for at in (1, 5, 3):
        keep(store, b"body", at)
    keep(store, b"poison", 2, "version: expected")
    assert copies(store) == {b"body": 3, b"poison": 1}
    with store.read() as connection:
        assert deliveries.tally(connection) == deliveries.Tally(1, 5)


def test_a_second_writer_is_refused(file_store, tmp_path):
    with pytest.raises(InputError, match="in use"):
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}")


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "x"])
def test_other_databases_are_refused(url):
    with pytest.raises(InputError, match="sqlite:///FILE"):
        Store.open(url)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 100)
    with pytest.raises(InputError, match="cannot be opened"):
        Store.open(f"sqlite:///{file}")


def test_readers_cannot_write(store):
    with store.read() as connection, pytest.raises(Exception, match=r"read-?only"):
        connection.execute(text("DELETE FROM deliveries"))


def test_one_bad_piece_of_work_does_not_harm_its_group(store):
    """All are queued while the writer is held up, so that they share a transaction."""
    gate, begun, results = threading.Event(), threading.Event(), {}

    def submit(number):
        def work(connection):
            if number == 3:
                raise ZeroDivisionError
            one = deliveries.row("am", b"%d" % number, number)
            deliveries.keep(connection, [Received(one)])
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
    assert len(copies(store)) == 7


def test_what_many_ask_at_once_is_done_at_once(store):
    gate, begun, calls = threading.Event(), threading.Event(), []

    def together(_connection, items):
        calls.append(sorted(items))

    holder = threading.Thread(target=lambda: store.write(lambda c: begun.set() or gate.wait(5)))
    threads = [threading.Thread(target=store.gather, args=(together, n)) for n in range(5)]
    holder.start()
    begun.wait(5)
    for thread in threads:
        thread.start()
    while store.waiting < 5:
        pass
    gate.set()
    for thread in (holder, *threads):
        thread.join()
    assert calls == [[0, 1, 2, 3, 4]]


def test_one_bad_item_does_not_harm_those_beside_it(store):
    gate, begun, results = threading.Event(), threading.Event(), {}

    def submit(body):
        try:
            keep(store, body)
            results[body] = "kept"
        except StoreFailed:
            results[body] = "bad"

    holder = threading.Thread(target=lambda: store.write(lambda c: begun.set() or gate.wait(5)))
    bodies = [b"1", None, b"2"]  # no database takes a body that is none
    threads = [threading.Thread(target=submit, args=(b,)) for b in bodies]
    holder.start()
    begun.wait(5)
    for thread in threads:
        thread.start()
    while store.waiting < 3:
        pass
    gate.set()
    for thread in (holder, *threads):
        thread.join()
    assert results == {b"1": "kept", None: "bad", b"2": "kept"}


def test_a_locked_database_fails_and_recovers(file_store, tmp_path):
    other = sqlite3.connect(tmp_path / "ow.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="locked"):
        keep(file_store, b"body")
    other.execute("ROLLBACK")
    other.close()
    keep(file_store, b"body")
    assert copies(file_store) == {b"body": 1}


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


def test_a_folder_where_the_key_should_be(tmp_path):
    (tmp_path / "ow.db.key").mkdir()
    with pytest.raises(InputError, match="32 bytes"):
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
