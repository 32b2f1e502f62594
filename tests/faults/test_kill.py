"""`kill -9` under load: what was acknowledged is there, and no alert is there twice."""

import os
import random
import signal
import time

import pytest
from sqlalchemy import func, select

from outage_window.store.opened import looking
from outage_window.store.schema import alerts, deliveries
from tests.faults.load import Load, body
from tests.live.process import Process

ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
QUIET = "scan_interval: 1s\n"


def kept(database):
    """Fingerprint to how many alerts there are of it, and all bodies."""
    with looking(database[0]) as connection:
        query = select(alerts.c.fingerprint, func.count()).group_by(alerts.c.fingerprint)
        found = {row[0]: row[1] for row in connection.execute(query)}
        bodies = set(connection.execute(select(deliveries.c.body)).scalars())
    return found, bodies


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(database, tmp_path):
    rng = random.Random(6)
    load = None
    acknowledged = 0
    for _ in range(ROUNDS):
        process = Process(tmp_path, QUIET, database)
        with process:
            if load is None:
                load = Load(process.url)
            load.now_at(process.url)
            before = len(load.acknowledged)
            deadline = time.monotonic() + 20
            while len(load.acknowledged) < before + 20 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(rng.uniform(0.0, 0.3))
            assert process.stop(signal.SIGKILL) == -signal.SIGKILL
        assert len(load.acknowledged) >= acknowledged + 20
        acknowledged = len(load.acknowledged)
    load.stop()
    found, bodies = kept(database)
    assert load.acknowledged <= set(found), "lost"
    assert {body(one) for one in load.acknowledged} <= bodies, "lost"
    assert set(found.values()) == {1}, "twice"
    assert set(load.codes) == {200}


def test_each_answer_comes_after_its_commit(database, tmp_path):
    """Another process sees a delivery as soon as it is answered, so that it was committed then."""
    with Process(tmp_path, QUIET, database) as process:
        for number in range(30):
            assert process.post("/api/v1/webhooks/alertmanager", body(f"c{number}")).ok
            found, _ = kept(database)
            assert f"c{number}" in found


def test_a_commit_is_on_the_disk(store):
    """What the databases promise: SQLite syncs each commit, PostgreSQL waits for its log."""

    def asked(connection):
        query = (
            "PRAGMA synchronous"
            if connection.dialect.name == "sqlite"
            else ("SHOW synchronous_commit")
        )
        return str(connection.exec_driver_sql(query).scalar())

    assert store.write(asked) in ("2", "on")  # 2 is FULL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_under_load(database, tmp_path, number):
    process = Process(tmp_path, QUIET, database)
    with process:
        load = Load(process.url)
        while len(load.acknowledged) < 50:
            time.sleep(0.01)
        assert process.stop(number) == 0
    load.stop()
    found, _ = kept(database)
    assert load.acknowledged <= set(found)
    assert set(load.codes) <= {200, 503}
