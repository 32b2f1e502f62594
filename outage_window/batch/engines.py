"""Who does the work of an analysis: this process, or others beside it on this machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from outage_window.errors import Failed, InputError

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks handed out for each worker: one that runs, one that waits, so that memory is bounded."""
KEPT = 2**28
"""Bytes of freed memory that a worker keeps, at most."""
LOSSES = 3
"""How often workers may be lost: what ends them each time does so again."""


class Engine(Protocol):
    """Does tasks."""

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results as they come, in whatever order.

        A failure is raised; of the input's faults it is always that of the earliest task.
        """


class Inline:
    """Does them here, one after another."""

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """See `Engine`."""
        return map(work, tasks)


class Queue(Generic[Task]):
    """Tasks to hand out, numbered in their order, until one of them finds a fault in the input.

    Those before it were handed out by then: once they end, the earliest fault is known, whichever
    was found first.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._numbers = count()
        self._again: deque[tuple[int, Task]] = deque()
        self._faults: dict[int, InputError] = {}

    def some(self, number: int) -> Iterator[tuple[int, Task]]:
        """The next tasks, so many at most."""
        for _ in range(number):
            if self._again:
                yield self._again.popleft()
            elif not self._faults:
                index = next(self._numbers)
                try:
                    yield index, next(self._tasks)
                except StopIteration:
                    return
                except InputError as error:  # what is cut off shows as it is cut into tasks
                    self.fault(index, error)

    def again(self, tasks: Iterable[tuple[int, Task]]) -> None:
        """Hand these out once more, first."""
        self._again.extend(tasks)

    def fault(self, number: int, error: InputError) -> None:
        """Task `number` found a fault."""
        self._faults[number] = error

    def end(self) -> None:
        """All that were handed out ended: raise the earliest fault, if any."""
        if self._faults:
            raise self._faults[min(self._faults)]


class Lost(Failed):
    """Workers ended again and again before their work was done."""


class Processes:
    """Does them in processes of this machine, as many as it has processors for this one.

    A process that is killed costs what it was about to do, which is done again.
    """

    def __init__(self, count: int | None = None) -> None:
        self._count = count or processors()

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """See `Engine`."""
        queue = Queue(tasks)
        for losses in range(1, LOSSES + 2):
            running: dict[Future[Result], tuple[int, Task]] = {}
            with _pool(self._count, work) as pool:
                try:
                    yield from self._some(pool, queue, running)
                    return queue.end()
                except BrokenProcessPool:
                    if losses > LOSSES:
                        raise Lost(
                            f"{losses} times a worker was killed: is memory short?"
                        ) from None
                    queue.again(running.values())
                finally:
                    pool.shutdown(cancel_futures=True)

    def _some(
        self,
        pool: ProcessPoolExecutor,
        queue: Queue[Task],
        running: dict[Future[Result], tuple[int, Task]],
    ) -> Iterator[Result]:
        """Hand out tasks, a few at a time; `running` holds those without a result."""
        while True:
            for numbered in queue.some(AHEAD * self._count - len(running)):
                unsent: Future[Result] = Future()
                running[unsent] = numbered  # until it is: a pool may break at any time
                sent = pool.submit(_do, numbered[1])
                running[sent] = running.pop(unsent)
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                try:
                    result = done.result()
                except InputError as error:
                    queue.fault(running.pop(done)[0], error)
                    continue
                del running[done]
                yield result


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pool(count: int, work: Callable[[Any], Any]) -> ProcessPoolExecutor:
    # Forked from one that has imported everything and has no threads: quick, and little memory.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["outage_window.batch.judging", "pyarrow.parquet", "pyarrow.csv"]
    )
    return ProcessPoolExecutor(count, context, initializer=_begin, initargs=(work,))


_work: Callable[[Any], Any]


def _begin(work: Callable[[Any], Any]) -> None:
    """What a worker does first: it is told to end, and others have the other processors."""
    global _work
    import pyarrow as pa

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    keep_memory()
    _work = work


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""


def keep_memory() -> None:
    """Keep freed memory for the next arrays, where the C library can be told so.

    Arrays come and go by the megabyte: given back each time, their pages are mapped and zeroed
    each time, which took a fifth of the work.
    """
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, KEPT)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def _do(task: Any) -> Any:
    return _work(task)
