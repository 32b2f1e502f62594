"""Replicas share the slots evenly: a session of the database holds the lock of each that is led.

The protocol, and why it is safe: docs/decisions/0046-shards.md.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from outage_window.store.dialects import insert
from outage_window.store.leading import SLOTS, Lease, NoLongerLed
from outage_window.store.schema_replicas import leads

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks."""
VALID = 4.5
"""Seconds for which a look is good: who hangs for longer leads nothing by its own clock."""
IDLE_MS = 6_000
"""The server ends a session that asked for nothing so long, and with it the locks: later than its
process has stopped believing in them."""
SESSION = (
    f"-c idle_session_timeout={IDLE_MS} -c statement_timeout=3000 -c lock_timeout=1000 "
    "-c synchronous_commit=on"
)
_LOCKS = 0x4F57_0003
"""The first number of our advisory locks; the second is the slot, or that of membership."""
_MEMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class _Look:
    """Which sessions take part, which of them is ours, and who holds which slot."""

    own: int
    members: Sequence[int]
    holders: Mapping[int, int]

    @property
    def mine(self) -> set[int]:
        return {slot for slot, pid in self.holders.items() if pid == self.own}


def clock() -> float:
    """Seconds that go on while the process is stopped or the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Sharing:
    """This replica's share. `engine` makes sessions with the options of `SESSION`.

    A thread looks once a second; `terms()` and `slot()` may be asked from any.
    """

    def __init__(self, engine: Engine, now: Callable[[], float] = clock) -> None:
        self._engine = engine
        self._now = now
        self._connection: Connection | None = None
        self._terms: Mapping[int, int] = {}
        self._until = 0.0
        self._said = -1
        self._stop = threading.Event()
        self._name = f"{socket.gethostname()}/{os.getpid()}"
        self._thread = threading.Thread(target=self._run, name="leading", daemon=True)

    def start(self) -> None:
        """Take a share from now on; the first of it at once, where the database answers."""
        self.look()
        self._thread.start()

    @property
    def threads(self) -> Sequence[threading.Thread]:
        """The one that looks."""
        return (self._thread,)

    def terms(self) -> Mapping[int, int]:
        """The slots that are led, each with its term; none where the last look is too old."""
        return self._terms if self._now() < self._until else {}

    def slot(self, slot: int) -> Lease | None:
        """The lease of a slot; None: another process leads it, or nobody yet."""
        term = self.terms().get(slot)
        return None if term is None else Lease(slot, term, partial(_check, slot=slot, term=term))

    def close(self) -> None:
        """Let others lead."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._drop()
        self._engine.dispose()

    def look(self) -> None:
        """See who takes part, give up what is too much and take what is free."""
        began = self._now()
        try:
            connection = self._joined()
            found = _look(connection)
            if set(self._terms) - found.mine:  # what cannot be: so nothing is to be relied on
                self._drop()
                return
            self._balance(connection, found)
        except SQLAlchemyError as error:
            if self._connection is not None or self._said:
                log.warning("this replica leads nothing: %s", getattr(error, "orig", None) or error)
            self._said = 0
            self._drop()
            return
        self._until = began + VALID
        if len(self._terms) != self._said:
            self._said = len(self._terms)
            log.info(
                "this replica derives %d of %d shards, %d take part",
                self._said, SLOTS, len(found.members),
            )  # fmt: skip

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the share of this replica cannot be looked after")
                self._drop()

    def _joined(self) -> Connection:
        """The session that holds our locks; one that begins says that we take part."""
        if self._connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection = connection
            connection.execute(_JOIN, {"locks": _LOCKS, "member": _MEMBER})
        return self._connection

    def _balance(self, connection: Connection, found: _Look) -> None:
        fair = share(found.members, found.own)
        for slot in sorted(found.mine)[fair:]:
            self._without(slot)
            connection.execute(_UNLOCK, {"locks": _LOCKS, "slot": slot})
        left = fair - len(self._terms)
        start = found.members.index(found.own) * SLOTS // len(found.members)
        for slot in ((start + n) % SLOTS for n in range(SLOTS)):
            if left <= 0:
                return
            if slot not in found.holders and self._take(connection, slot):
                left -= 1

    def _take(self, connection: Connection, slot: int) -> bool:
        if not connection.execute(_LOCK, {"locks": _LOCKS, "slot": slot}).scalar_one():
            return False
        try:
            term = _begin(connection, slot, self._name)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            # A transaction of whoever led before hangs: the server ends it soon.
            connection.execute(_UNLOCK, {"locks": _LOCKS, "slot": slot})
            return False
        self._terms = {**self._terms, slot: term}
        return True

    def _without(self, slot: int) -> None:
        self._terms = {one: term for one, term in self._terms.items() if one != slot}

    def _drop(self) -> None:
        """End the session, which gives its locks back."""
        self._terms = {}
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()


def share(members: Sequence[int], own: int) -> int:
    """How many slots one of several members leads: all of them together, none more than one less
    or more than another."""
    return SLOTS // len(members) + (members.index(own) < SLOTS % len(members))


_JOIN = text("SELECT pg_advisory_lock_shared(:locks, :member)")
_LOCK = text("SELECT pg_try_advisory_lock(:locks, :slot)")
_UNLOCK = text("SELECT pg_advisory_unlock(:locks, :slot)")
_HELD = text(
    "SELECT objid::bigint AS slot, pid, pg_backend_pid() AS own FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = :locks"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _look(connection: Connection) -> _Look:
    rows = connection.execute(_HELD, {"locks": _LOCKS}).all()
    members = sorted(row.pid for row in rows if row.slot == _MEMBER)
    holders = {row.slot: row.pid for row in rows if row.slot != _MEMBER}
    return _Look(rows[0].own, members, holders)


def _begin(connection: Connection, slot: int, name: str) -> int:
    """Begin a term: waits for transactions under the one before, and ends their lease."""
    values = {"slot": slot, "term": 1, "holder": name, "since": time.time_ns()}
    row = insert(connection, leads).values(values)
    changed = {**values, "term": leads.c.term + 1}
    return int(
        connection.execute(
            row.on_conflict_do_update(index_elements=["slot"], set_=changed).returning(leads.c.term)
        ).scalar_one()
    )


def _check(connection: Connection, *, slot: int, term: int) -> None:
    query = select(leads.c.term).where(leads.c.slot == slot).with_for_update(read=True)
    if connection.execute(query).scalar() != term:
        raise NoLongerLed(f"another replica leads shard {slot}")
