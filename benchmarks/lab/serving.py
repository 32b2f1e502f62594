"""Runs servers as processes of their own, on free loopback ports, until a block ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")


@contextmanager
def running(command: list[str | Path]) -> Iterator[tuple[int, int]]:
    """The port and process id of a server that says where it listens, until the block ends."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"{command} ended with {process.wait(60)}"
        port = int(line.split("//")[-1].split()[0].rpartition(":")[2])
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


@contextmanager
def serve(folder: Path, database: str, more: str = "") -> Iterator[tuple[int, int]]:
    """`outage-window serve` on a database, by settings (YAML) that say nothing `more`."""
    file = folder / "ow.yml"
    file.write_text(f"web: {{listen: '127.0.0.1:0'}}\nstorage: {{url: '{database}'}}\n{more}")
    with running([OUTAGE_WINDOW, "serve", "--config.file", file]) as found:
        yield found
