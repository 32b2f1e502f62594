"""A Prometheus that is started here over given samples, and stopped whatever happens."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from outage_window.errors import InputError
from outage_window.rules.engine import Engine
from outage_window.rules.sending import Lines, requests_of
from outage_window.sources.pull import PrometheusClient, PullFailed

READY_SECONDS = 60.0
ANSWER_SECONDS = 900.0
FLAGS = (
    # All samples stay in the head, which takes any time in any order of series: nothing has to be
    # compacted, and what is evaluated by recording rules can be added to the same history.
    "--storage.tsdb.min-block-duration=100y",
    "--storage.tsdb.max-block-duration=100y",
    "--storage.tsdb.retention.time=100y",
    "--web.enable-remote-write-receiver",
    "--query.max-samples=500000000",
    "--query.timeout=15m",
    "--log.level=warn",
)
MISSING = (
    "not found: install it (Debian, Ubuntu: apt-get install prometheus), or name a Prometheus that"
    " has the history with --prometheus URL"
)


class Started(Engine):
    """The engine of a Prometheus of our own; more samples may be written to it."""

    owned = True

    def __init__(self, url: str, origin: str, pid: int, folder: Path) -> None:
        super().__init__(lambda: PrometheusClient(url, ANSWER_SECONDS, {}), origin)
        self.url, self.pid, self.folder = url, pid, folder
        self._writer = PrometheusClient(url, ANSWER_SECONDS, {})

    def write(self, series: Sequence[Lines]) -> None:
        """Add samples: any time, but of each series none before what it has already."""
        for body in requests_of([one for one in series if len(one.time)]):
            try:
                self._writer.write(body)
            except PullFailed as error:
                raise InputError(self.origin, str(error)) from None

    def close(self) -> None:
        """As `Engine`."""
        super().close()
        self._writer.close()

    def evaluation_interval(self) -> float | None:
        """Nobody has set one."""
        return None


@contextmanager
def started(series: Sequence[Lines], origin: str = "Prometheus") -> Iterator[Started]:
    """A Prometheus on a free port of 127.0.0.1 that holds these series, for as long as it is used.

    Stale markers are kept. `InputError` where there is no `prometheus`, or it does not start. Its
    data lie in a temporary folder that goes with it, also when this process is told to end.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise InputError("prometheus", MISSING)
    with _told_to_end(), tempfile.TemporaryDirectory(prefix="outage-window-rules-") as name:
        process, url = _start(program, Path(name))
        engine = Started(url, origin, process.pid, Path(name))
        try:
            engine.write(series)
            yield engine
        finally:
            _stop(process)  # first: whoever waits for an answer then waits no longer
            engine.close()


@contextmanager
def _told_to_end() -> Iterator[None]:
    """While something runs that must be stopped, SIGTERM ends this process as an error would."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _start(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A process that answers. Somebody else may have taken the port meanwhile: then another."""
    (folder / "prometheus.yml").write_text("global: {}\n")
    for last in (False, False, True):
        process, url = _launch(program, folder)
        try:
            _wait(process, url, folder)
        except BaseException as error:
            _stop(process)
            if last or "address already in use" not in str(error):
                raise
        else:
            break
    return process, url


def _launch(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *FLAGS,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
        )
    return process, f"http://127.0.0.1:{port}"


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    """Until it answers; what it said last is told where it does not."""
    import requests

    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = (folder / "log").read_text("utf-8", "replace").strip().splitlines() or [""]
            raise InputError("prometheus", f"did not start: {lines[-1][-300:]}")
        try:
            if requests.get(f"{url}/-/ready", timeout=5, allow_redirects=False).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise InputError("prometheus", f"did not answer within {READY_SECONDS:g} s of its start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
