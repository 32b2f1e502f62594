"""Replicas share the slots: evenly, taken over from who dies or hangs, and never two at a time."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from outage_window.store import Store, sharing, watermarks
from outage_window.store.leading import SHARDS, SLOTS, Everything, NoLongerLed, lease, shard_of
from outage_window.store.opened import parsed
from outage_window.store.postgresql import SESSION, open_url
from outage_window.store.schema import leads
from outage_window.store.sharing import EVERY, IDLE_MS, VALID, share
from tests import postgres


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "user.key"
    file.write_bytes(postgres.KEY)
    return str(file)


class Replicas:
    """Stores on one database; they look when the test says so, and no thread does."""

    def __init__(self, url, key):
        self.url, self.key, self.all = url, key, []

    def add(self):
        store = Store.open(self.url, self.key)
        store.leading.look()
        self.all.append(store)
        return store

    def settle(self, *but):
        """Two rounds: one to give up what is too much, one to take it."""
        for _ in range(2):
            for store in self.all:
                if store not in but:
                    store.leading.look()

    def drop(self, store):
        self.all.remove(store)
        store.close()


@pytest.fixture
def replicas(postgresql, key):
    made = Replicas(postgresql.database(), key)
    yield made
    for store in list(made.all):
        made.drop(store)


def held(store):
    return set(store.leading.terms())


@given(st.lists(st.integers(0, 1 << 22), min_size=1, max_size=90, unique=True))
def test_shares_are_even_and_leave_nothing(members):
    members = sorted(members)
    fair = [share(members, one) for one in members]
    assert sum(fair) == SLOTS
    assert max(fair) - min(fair) <= 1


def test_a_shard_is_that_of_the_name_in_every_version():
    # Other numbers would let replicas of two versions derive one service at a time.
    assert [shard_of(name) for name in ("auth", "mail", "größe", "\ud800")] == [22, 8, 41, 40]
    counted = [0] * SHARDS
    for n in range(6400):
        counted[shard_of(f"service-{n}")] += 1
    assert 60 < min(counted) <= max(counted) < 150


def test_they_share_evenly_and_never_lead_the_same(replicas):
    first = replicas.add()
    assert held(first) == set(range(SLOTS))
    second, third = replicas.add(), replicas.add()
    assert held(second) == held(third) == set(), "nothing is taken from anybody"
    replicas.settle()
    shares = [held(one) for one in replicas.all]
    assert sorted(map(len, shares)) == [21, 22, 22]
    assert set.union(*shares) == set(range(SLOTS))
    kept = shares[1:]
    replicas.settle()
    assert [held(second), held(third)] == kept, "what is even stays as it is"
    replicas.drop(first)
    replicas.settle()
    assert held(second) | held(third) == set(range(SLOTS))
    assert not held(second) & held(third)
    assert all(before <= held(one) for before, one in zip(kept, (second, third), strict=True))


def test_each_taking_over_is_another_term(replicas):
    first, second = replicas.add(), replicas.add()
    before = first.leading.terms()
    assert set(before.values()) == {1}
    replicas.settle()
    assert set(second.leading.terms().values()) == {2}
    with first.read() as connection:
        rows = {row.slot: row.term for row in connection.execute(select(leads))}
    assert rows == {**before, **second.leading.terms()}


def test_nothing_is_stored_under_a_lease_that_is_lost(replicas):
    first, second = replicas.add(), replicas.add()
    leases = {slot: first.leading.slot(slot) for slot in range(SLOTS)}
    replicas.settle()
    given_up = min(held(second))
    with first.under(leases[given_up]), pytest.raises(NoLongerLed, match=f"shard {given_up}"):
        first.write(lambda c: watermarks.reach(c, "mine", 1))
    first.write(lambda c: watermarks.reach(c, "received", 1))  # who receives needs no lease
    with first.under(leases[min(held(first))]):
        first.write(lambda c: watermarks.reach(c, "led", 1))
    with first.read() as connection:
        found = [watermarks.reached(connection, name) for name in ("mine", "received", "led")]
    assert found == [None, 1, 1]


def test_one_whose_lease_is_lost_spoils_nobody_elses_work(replicas):
    first, second = replicas.add(), replicas.add()
    old = first.leading.slot(64)
    replicas.settle()
    assert 64 in held(second)
    barrier, failed = threading.Barrier(9), []

    def write(n):
        barrier.wait()
        try:
            if n % 2:
                with first.under(old):
                    first.write(lambda c: watermarks.reach(c, f"w{n}", 1))
            else:
                first.write(lambda c: watermarks.reach(c, f"w{n}", 1))
        except NoLongerLed:
            failed.append(n)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    barrier.wait()
    for thread in threads:
        thread.join()
    with first.read() as connection:
        found = [n for n in range(8) if watermarks.reached(connection, f"w{n}")]
    assert (sorted(failed), found) == ([1, 3, 5, 7], [0, 2, 4, 6])


def test_what_is_being_written_is_waited_for(replicas):
    """Who takes over sees all that was written under the lease before, or none of it ever comes."""
    first, second = replicas.add(), replicas.add()
    slow, go_on = threading.Event(), threading.Event()
    led = first.leading.slot(64)

    def work(connection):
        slow.set()
        assert go_on.wait(10)
        watermarks.reach(connection, "slow", 1)

    def write():
        with first.under(led):
            first.write(work, 20)

    thread = threading.Thread(target=write)
    thread.start()
    assert slow.wait(5)
    first.leading.look()  # gives the slot up, though it is still written under
    second.leading.look()
    assert 64 not in held(second), "taken over in the middle of a transaction"
    assert len(held(second)) > 0, "the others need not wait"
    go_on.set()
    thread.join()
    second.leading.look()
    assert 64 in held(second)
    with second.read() as connection:
        assert watermarks.reached(connection, "slow") == 1


def test_who_dies_is_followed_at_once_and_comes_back_with_another_share(replicas):
    first, second = replicas.add(), replicas.add()
    replicas.settle()
    old = {slot: first.leading.slot(slot) for slot in held(first)}
    with psycopg.connect(replicas.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND objid = %s AND objsubid = 2",
            [min(old)],
        )
    second.leading.look()
    assert held(second) == set(range(SLOTS))
    with first.under(old[min(old)]), pytest.raises(NoLongerLed):
        first.write(lambda c: watermarks.reach(c, "late", 1))
    first.leading.look()  # notices
    assert held(first) == set()
    replicas.settle()
    assert sorted((len(held(first)), len(held(second)))) == [32, 33]


def test_who_hangs_believes_in_nothing_before_the_server_gives_it_away(replicas):
    first, second = replicas.add(), replicas.add()
    replicas.settle()
    assert held(first)
    began = time.monotonic()
    gone, taken = None, None
    while taken is None and time.monotonic() - began < 12:
        if gone is None and not held(first):
            gone = time.monotonic() - began
        second.leading.look()
        if len(held(second)) == SLOTS:
            taken = time.monotonic() - began
        time.sleep(0.1)
    assert gone is not None
    assert VALID - 0.5 < gone < taken < 10
    assert VALID + EVERY < IDLE_MS / 1000


def test_the_clock_goes_on_while_the_machine_sleeps(monkeypatch, replicas):
    store = replicas.add()
    now = sharing.clock()
    monkeypatch.setattr(store.leading, "_now", lambda: now + 5)
    assert store.leading.terms() == {}
    assert lease(store.leading, "auth") is None


def test_a_database_that_is_away_leaves_nothing_led(postgresql, key, caplog):
    store = Store.open(postgresql.database(), key)
    store.leading.look()
    assert held(store)
    postgresql.stop()
    for _ in range(3):
        store.leading.look()
    assert held(store) == set()
    assert caplog.text.count("leads nothing") == 1
    postgresql.start()
    store.leading.look()
    assert len(held(store)) == SLOTS
    store.close()


def test_an_older_postgresql_is_refused(postgresql, monkeypatch):
    from outage_window.errors import InputError
    from outage_window.store import postgresql as module

    monkeypatch.setattr(module, "OLDEST", 99)
    with pytest.raises(InputError, match="expected PostgreSQL 99 or later, this is 1"):
        open_url(parsed(postgresql.database()))
    assert "idle_session_timeout" in SESSION


def test_one_process_leads_everything(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    assert isinstance(store.leading, Everything)
    assert held(store) == set(range(SLOTS))
    with store.under(lease(store.leading, "auth")):
        store.write(lambda c: watermarks.reach(c, "x", 1))
    store.close()
