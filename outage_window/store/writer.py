"""One thread that writes for all: group commit, an answer only after COMMIT, a bounded queue."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[Connection], T]
Gathered = Callable[[Connection, Sequence[T]], None]
Committed = Callable[[float, int, int], None]
"""Told of each transaction: its seconds, its pieces of work, and how many of them failed."""

GROUP = 256
GATHERING = 0.001
"""Seconds that a transaction waits for more, again and again while more come and many write: one
that holds all who wait costs them far less than two do."""
WAITS = 8
CAPACITY = 1024
PATIENCE = 8.0
"""Seconds that a caller waits for its commit: a sender's own time-out is about ten."""
TRIES = 3
"""Times that a group is tried where what failed may well succeed at once."""


class StoreFailed(Exception):
    """The database did not take it: nothing was acknowledged, send it again."""


class Full(StoreFailed):
    """Too much is waiting to be written: nothing was queued, send it again."""


class _Job:
    """A piece of work; or an `item` of what `work` does for many at once (`gathered`).

    What waits for its answer waits for a bare lock: a future would wake its thread twice.
    """

    __slots__ = ("_done", "_failure", "_result", "gathered", "item", "work")

    def __init__(self, work: Any, gathered: bool = False, item: Any = None) -> None:
        self.work, self.gathered, self.item = work, gathered, item
        self._result: Any = None
        self._failure: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def answer(self, result: Any = None, failure: BaseException | None = None) -> None:
        """Let who waits go on; called once."""
        self._result, self._failure = result, failure
        self._done.release()

    def wait(self, patience: float) -> Any:
        """The result, or what was raised; `TimeoutError` after `patience` seconds."""
        if not self._done.acquire(timeout=patience):
            raise TimeoutError
        if self._failure is not None:
            raise self._failure
        return self._result


def unheard(_seconds: float, _writes: int, _failed: int) -> None:
    """Nobody is told."""


class Writer:
    """Runs pieces of work on a writing connection, many in one transaction."""

    def __init__(
        self, engine: Engine, capacity: int = CAPACITY, committed: Committed = unheard
    ) -> None:
        self._engine = engine
        self._committed = committed
        self._capacity = capacity
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._busy = False
        self._committing = False
        self._connection: Connection | None = None
        self._closing = threading.Lock()
        self._closed = False
        self.thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self.thread.start()

    def submit(self, work: Work[T], patience: float = PATIENCE) -> T:
        """Run `work` and return its result once it is committed.

        Raise `Full` when the queue is, `StoreFailed` when the database fails or takes longer than
        `patience` seconds (the work may then still be committed: it must bear repetition), and what
        `work` itself raised.
        """
        result: T = self._done(_Job(work), patience)
        return result

    def gather(self, together: Gathered[T], item: T, patience: float = PATIENCE) -> None:
        """As `submit`: `together` is run once for the items of all who wait in the same group."""
        self._done(_Job(together, gathered=True, item=item), patience)

    def _done(self, job: _Job, patience: float) -> Any:
        with self._closing:
            if self._closed:
                raise StoreFailed("the store is closed")
            if self._queue.qsize() >= self._capacity:
                raise Full(f"{self._capacity} pieces of work are waiting")
            self._queue.put(job)
        try:
            return job.wait(patience)
        except TimeoutError:
            raise StoreFailed(f"no commit within {patience:g} s") from None
        except SQLAlchemyError as error:
            raise StoreFailed(str(getattr(error, "orig", None) or error)) from error

    @property
    def waiting(self) -> int:
        """How many pieces of work are queued now."""
        return self._queue.qsize()

    def close(self) -> None:
        """Commit all that is queued, then stop."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self.thread.join()

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._commit(jobs)
            if last:
                self._disconnect()
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take what else is there, at most a group; whether it was the last.

        Whoever writes alone is not kept waiting.
        """
        jobs: list[_Job] = []
        found = self._queue.get()
        if self._busy:
            self._gather()
        while found is not None:
            jobs.append(found)
            if len(jobs) == GROUP or self._queue.empty():
                break
            found = self._queue.get()
        self._busy = len(jobs) > 1
        return jobs, found is None

    def _gather(self) -> None:
        """Let more come, as long as more do."""
        for _ in range(WAITS):
            before = self._queue.qsize()
            time.sleep(GATHERING)
            if not before < self._queue.qsize() < GROUP:
                return

    def _commit(self, jobs: list[_Job]) -> None:
        began = time.monotonic()
        failure = self._attempt(jobs)
        for _ in range(TRIES - 1):
            if failure is None or not self._may_pass(failure):
                break
            failure = self._attempt(jobs)
        if failure is None:
            return
        if len(jobs) == 1 or isinstance(failure, OperationalError):
            # Locked, full or unreadable: each alone would fail likewise, and wait as long.
            self._committed(time.monotonic() - began, len(jobs), len(jobs))
            for job in jobs:
                job.answer(failure=failure)
            return
        for job in jobs:  # one of them is bad: the others must not suffer for it
            self._commit([job])

    def _attempt(self, jobs: list[_Job]) -> BaseException | None:
        """Run the jobs in one transaction and answer them; the exception if that failed."""
        results: list[Any] = []
        began, self._committing = time.monotonic(), False
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                results = _run_all(self._connection, jobs)
                self._committing = True
        except Exception as error:
            self._disconnect()
            return error
        self._committed(time.monotonic() - began, len(jobs), 0)
        for job, result in zip(jobs, results, strict=True):
            job.answer(result)
        return None

    def _disconnect(self) -> None:
        """Let the connection go: the next transaction takes another."""
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()
        except Exception:  # it is of no more use, and this thread is
            log.exception("a connection could not be closed")

    def _may_pass(self, failure: BaseException) -> bool:
        """Whether the same may well succeed at once: the database gave this transaction up for the
        sake of another one, or the connection had been lost before.

        Where it was lost during the COMMIT nobody knows whether that came through: then the sender
        is told to send again, and what is done twice is for those who keep it to notice.
        """
        if getattr(getattr(failure, "orig", None), "sqlstate", None) in ("40P01", "40001"):
            return True
        return not self._committing and bool(getattr(failure, "connection_invalidated", False))


def _run_all(connection: Connection, jobs: list[_Job]) -> list[Any]:
    """The result of each job; what can be done for many at once is."""
    gathered: dict[Any, list[Any]] = {}
    for job in jobs:
        if job.gathered:
            gathered.setdefault(job.work, []).append(job.item)
    for together, items in gathered.items():
        together(connection, items)
    return [None if job.gathered else job.work(connection) for job in jobs]
