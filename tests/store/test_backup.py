"""A backup that is taken while the server writes, as docs/operations.md has it, and its restore."""

import os
import shutil
import subprocess
import threading

import pytest
from sqlalchemy import func, select

from outage_window.store import Store, deliveries
from outage_window.store.deliveries import Received
from outage_window.store.schema import deliveries as table


def count(store):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


class Writing:
    """Writes until the block ends; `done` deliveries are kept."""

    def __init__(self, store):
        self.store, self.done, self._stop = store, 0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            row = deliveries.row("am", b"%d" % self.done, self.done)
            self.store.gather(deliveries.keep, Received(row))
            self.done += 1

    def __enter__(self):
        self._thread.start()
        while self.done < 20:
            pass
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def test_a_file_is_backed_up_and_restored(tmp_path):
    if shutil.which("sqlite3") is None:
        reason = "not found: sqlite3 (apt-get install sqlite3)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    (tmp_path / "copy").mkdir()
    with Writing(store) as writing:
        before = writing.done
        command = f".backup {tmp_path / 'copy' / 'ow.db'}"
        subprocess.run(["sqlite3", tmp_path / "ow.db", command], check=True, timeout=60)
    shutil.copy(tmp_path / "ow.db.key", tmp_path / "copy" / "ow.db.key")
    restored = Store.open(f"sqlite:///{tmp_path / 'copy' / 'ow.db'}")
    assert before <= count(restored) <= count(store) == writing.done
    assert restored.names.users(["ann"]) == store.names.users(["ann"])
    restored.close()
    store.close()


def test_a_server_is_backed_up_and_restored(postgresql, tmp_path):
    key = tmp_path / "user.key"
    key.write_bytes(b"k" * 32)
    url = postgresql.database()
    store = Store.open(url, str(key))
    with Writing(store) as writing:
        before = writing.done
        dump = postgresql.run("pg_dump", "--format=custom", url)
    store.close()
    file = postgresql.folder / "copy.dump"
    file.write_bytes(dump)
    file.chmod(0o644)
    again = postgresql.database()
    postgresql.run("pg_restore", "--exit-on-error", "--dbname", again, file)
    restored = Store.open(again, str(key))
    assert before <= count(restored) <= writing.done
    restored.close()
