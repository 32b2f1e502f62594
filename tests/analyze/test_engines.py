# Work is done once though workers die, and of all faults it is the earliest that is told.
from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outage_window.batch import engines
from outage_window.errors import InputError


def once_killed(task: tuple[str, int]) -> int:
    """Ends its process when it is asked for the first time."""
    marker, number = task
    if number == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_killed(_task: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_costs_a_retry(tmp_path: Path) -> None:
    marker = str(tmp_path / "killed")
    found = engines.Processes(2).run(once_killed, ((marker, n) for n in range(20)))
    assert sorted(found) == list(range(20))
    assert Path(marker).exists()


def test_workers_that_always_die_end_the_run() -> None:
    with pytest.raises(engines.Lost, match="is memory short"):
        list(engines.Processes(2).run(always_killed, range(5)))


def late_fault(task: tuple[Path, int]) -> int:
    """The first finds its fault only after another has found one."""
    folder, number = task
    if number == 0:
        deadline = time.monotonic() + 60
        while not (folder / "1").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)  # it must also be told
    (folder / str(number)).touch()
    raise InputError(f"task {number}", "is bad")


@pytest.mark.parametrize("engine", [engines.Inline(), engines.Processes(2)], ids=["one", "two"])
def test_the_earliest_fault_is_told(engine: engines.Engine, tmp_path: Path) -> None:
    (tmp_path / "1").touch()
    if isinstance(engine, engines.Processes):
        (tmp_path / "1").unlink()
    with pytest.raises(InputError, match="task 0: is bad"):
        list(engine.run(late_fault, ((tmp_path, number) for number in range(20))))


def test_nothing_is_begun_after_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(engines.Processes(2).run(late_fault, ((tmp_path, number) for number in range(20))))
    assert len(list(tmp_path.iterdir())) <= 2 * engines.AHEAD


def cut_off(folder: Path) -> Iterator[tuple[Path, int]]:
    """Work that ends with a fault of its own."""
    yield folder, 0
    (folder / "1").touch()
    raise InputError("task 1", "is cut off")


def test_a_fault_of_what_is_read_comes_after_those_before_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="task 0: is bad"):
        list(engines.Processes(2).run(late_fault, cut_off(tmp_path)))
