"""What a command and all processes that it starts take: time, processors, memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.1
"""Seconds between looks: what lives shorter is not seen."""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, seconds of all processors, and the most memory at a time, in bytes.

    Memory that processes share counts once.
    """

    wall: float
    cpu: float
    memory: int


def measured(command: Sequence[str], out: Path | None = None, **options: object) -> Taken:
    """Run a command to its end, which must be a success; its output goes to a file."""
    cpu: dict[int, float] = {}
    most = 0
    began = time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as file:
        process = subprocess.Popen(command, stdout=file, **options)  # type: ignore[call-overload]
        while process.poll() is None:
            looked = time.perf_counter()
            most = max(most, sum(_looked(process.pid, cpu)))
            # Looking costs time of a processor, the more the more memory there is.
            time.sleep(max(EVERY, 30 * (time.perf_counter() - looked)))
    took = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Taken(took, sum(cpu.values()), most)


def _looked(pid: int, cpu: dict[int, float]) -> Iterator[int]:
    """The memory of a process and of those that it started; their seconds so far are noted."""
    with suppress(OSError, IndexError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu[pid] = (int(fields[11]) + int(fields[12])) / TICK
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        yield next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    for task in _listed(f"/proc/{pid}/task"):
        with suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from _looked(int(child), cpu)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
