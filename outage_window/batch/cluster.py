"""The work of an analysis done by the workers of a Dask cluster."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from outage_window.batch.engines import Lost, Queue
from outage_window.batch.folder import Keeping
from outage_window.batch.storage import Storage
from outage_window.errors import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks handed out for each thread of a worker: one that runs, one that waits."""
QUIET = ("distributed", "distributed.client", "distributed.core", "asyncio", "tornado")
PATIENCE = 10
"""Seconds in which a scheduler must answer."""


class Cluster:
    """A Dask cluster by the address of its scheduler.

    Work and results lie in a folder that all workers must see: a worker that is lost costs what it
    was about to do, and a scheduler that is lost nothing that was done.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """See `engines.Engine`."""
        import distributed
        from distributed.comm.core import CommClosedError

        assert isinstance(work, Keeping)  # a cluster needs a folder
        name = f"work-{uuid4().hex}"
        work.storage.write(name, [pickle.dumps(work)])
        connect: Any = distributed.Client
        for logger in QUIET:  # what fails is said once, by us
            logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
        try:
            with connect(self._address, timeout=PATIENCE, set_as_default=False) as client:
                yield from self._done(client, work.storage, name, Queue(tasks))
        except (CommClosedError, OSError, TimeoutError) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise Lost(f"the scheduler at {self._address} cannot be reached: {reason}") from None

    def _done(self, client: Any, storage: Storage, name: str, queue: Queue[Any]) -> Iterator[Any]:
        """The results as they come; only a few tasks are handed out at a time."""
        import distributed

        as_completed: Any = distributed.as_completed
        workers = sum(client.nthreads().values()) or 1
        results = as_completed(raise_errors=False, loop=client.loop)
        number: dict[Any, int] = {}

        def submit(count: int) -> None:
            for index, task in queue.some(count):
                handed = pickle.dumps(_Order(storage, name, task))
                future = client.submit(pickle.loads, handed, pure=False, retries=1)
                number[future] = index
                results.add(future)

        submit(AHEAD * workers)
        for future in results:
            try:
                yield _result(future)
            except InputError as error:
                queue.fault(number[future], error)
            del number[future]
            future.release()
            submit(1)
        queue.end()


def _result(future: Any) -> Any:
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise Lost(f"workers were lost again and again: {error}") from None
    except CancelledError:
        raise Lost("the scheduler has forgotten the work: was it restarted?") from None


class _Order(NamedTuple):
    """A task as a cluster is handed it: bytes, and whoever opens them does it.

    A scheduler opens all but bytes, and would need this program for it, and a second to load it.
    """

    storage: Storage
    name: str
    task: Any

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return do, tuple(self)


def do(storage: Storage, name: str, task: Any) -> Any:
    """Do one task, in a worker."""
    return _work(storage, name)(task)


@lru_cache(maxsize=2)
def _work(storage: Storage, name: str) -> Callable[[Any], Any]:
    found = storage.read(name)
    if found is None:
        raise InputError(
            str(storage), "a worker does not see it; expected a --work-dir that all workers share"
        )
    work: Callable[[Any], Any] = pickle.loads(found)  # noqa: S301 (of this very analysis)
    return work
