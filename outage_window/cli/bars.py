"""How far an analysis is: a bar a stage with its rate and the time left, where it takes long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from outage_window.batch import Progress as Told

SOON = 1.0
"""Seconds after which a bar is shown: what is done by then needs none."""


@contextmanager
def bars() -> Iterator[Told]:
    """What is told how far an analysis is, and shows it; nothing is left on the terminal."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
    began: dict[str, float] = {}
    tasks: dict[str, TaskID] = {}

    def progress(stage: Literal["reading", "judging"], done: int, total: int) -> None:
        now = time.monotonic()
        if not began:
            began["first"] = now
        elapsed = now - began.setdefault(stage, now)
        if now - began["first"] < SOON:
            return
        if stage not in tasks:
            shown.start()
            tasks[stage] = shown.add_task(stage, total=total, rate="")
        rate = rate_of(stage, done / elapsed) if elapsed > 0 else ""
        shown.update(tasks[stage], completed=done, total=total, rate=rate)

    try:
        yield progress
    finally:
        shown.stop()


def rate_of(stage: str, a_second: float) -> str:
    """How fast it is: bytes are read, and rows judged."""
    if stage == "reading":
        return f"{decimal(int(a_second))}/s"
    return f"{a_second / 1e6:.1f} M rows/s"
