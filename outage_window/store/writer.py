"""One thread that writes for all: group commit, an answer only after COMMIT, a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

T = TypeVar("T")
Work = Callable[[Connection], T]
Gathered = Callable[[Connection, Sequence[T]], None]
Committed = Callable[[float, int, int], None]
"""Told of each transaction: its seconds, its pieces of work, and how many of them failed."""

GROUP = 256
CAPACITY = 1024
PATIENCE = 8.0
"""Seconds that a caller waits for its commit: a sender's own time-out is about ten."""
TRIES = 3
"""Times that a group is tried where replicas wait for each other's rows, and one has to yield."""


class StoreFailed(Exception):
    """The database did not take it: nothing was acknowledged, send it again."""


class Full(StoreFailed):
    """Too much is waiting to be written: nothing was queued, send it again."""


@dataclass(slots=True)
class _Job:
    """A piece of work; or an `item` of what `work` does for many at once (`gathered`)."""

    work: Any
    gathered: bool = False
    item: Any = None
    answer: Future[Any] = field(default_factory=Future)


def unheard(_seconds: float, _writes: int, _failed: int) -> None:
    """Nobody is told."""


class Writer:
    """Runs pieces of work on a writing connection, many in one transaction."""

    def __init__(
        self, engine: Engine, capacity: int = CAPACITY, committed: Committed = unheard
    ) -> None:
        self._engine = engine
        self._committed = committed
        self._queue: queue.Queue[_Job | None] = queue.Queue(capacity)
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
            try:
                self._queue.put_nowait(job)
            except queue.Full:
                raise Full(f"{self._queue.maxsize} pieces of work are waiting") from None
        try:
            return job.answer.result(timeout=patience)
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
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take what else is there, at most a group."""
        jobs: list[_Job] = []
        found = self._queue.get()
        while found is not None:
            jobs.append(found)
            if len(jobs) == GROUP:
                return jobs, False
            try:
                found = self._queue.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: list[_Job]) -> None:
        began = time.monotonic()
        failure = self._attempt(jobs)
        for _ in range(TRIES - 1):
            if failure is None or not _yielded(failure):
                break
            failure = self._attempt(jobs)
        if failure is None:
            return
        if len(jobs) == 1 or isinstance(failure, OperationalError):
            # Locked, full or unreadable: each alone would fail likewise, and wait as long.
            self._committed(time.monotonic() - began, len(jobs), len(jobs))
            for job in jobs:
                job.answer.set_exception(failure)
            return
        for job in jobs:  # one of them is bad: the others must not suffer for it
            self._commit([job])

    def _attempt(self, jobs: list[_Job]) -> BaseException | None:
        """Run the jobs in one transaction and answer them; the exception if that failed."""
        results: list[Any] = []
        began = time.monotonic()
        try:
            with self._engine.begin() as connection:
                results = _run_all(connection, jobs)
        except Exception as error:
            return error
        self._committed(time.monotonic() - began, len(jobs), 0)
        for job, result in zip(jobs, results, strict=True):
            job.answer.set_result(result)
        return None


def _run_all(connection: Connection, jobs: list[_Job]) -> list[Any]:
    """The result of each job; what can be done for many at once is."""
    gathered: dict[Any, list[Any]] = {}
    for job in jobs:
        if job.gathered:
            gathered.setdefault(job.work, []).append(job.item)
    for together, items in gathered.items():
        together(connection, items)
    return [None if job.gathered else job.work(connection) for job in jobs]


def _yielded(failure: BaseException) -> bool:
    """Whether the database gave this transaction up for the sake of another one."""
    return getattr(getattr(failure, "orig", None), "sqlstate", None) in ("40P01", "40001")
