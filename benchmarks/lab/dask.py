"""A Dask cluster of processes on this machine, for as long as it is used."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socket import socket

QUIET = {
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
"""As docs/scale.md advises: Dask watches itself less."""
LOADED = ("--preload", "outage_window.batch.judging")


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a scheduler with so many worker processes of a thread each."""
    from distributed import Client

    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())

        def start(kind: str, *options: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
            process = subprocess.Popen(
                [*command, "--no-dashboard"],
                cwd=folder,
                env=os.environ | QUIET,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)

        start("scheduler", "--host=127.0.0.1", f"--port={port}")
        for _ in range(workers):
            start("worker", address, "--nthreads=1", "--no-nanny", "--memory-limit=0", *LOADED)
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address
