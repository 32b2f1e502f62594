# A real Dask cluster of processes gives the bytes of the local engine, also when parts of it die.
from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from distributed import Client

from outage_window.batch.cluster import do
from outage_window.batch.storage import Local
from outage_window.errors import InputError
from tests.analyze.big import write
from tests.real.programs import free_port

PROGRAM = [sys.executable, "-c", "from outage_window.cli.main import run; run()", "analyze"]


@dataclass
class Dask:
    """A scheduler, and workers that may be started and killed; everything on 127.0.0.1."""

    folder: Path
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def scheduler(self) -> None:
        """One on a machine that has Dask and nothing of ours."""
        bare = "; ".join(f"sys.modules[{name!r}] = None" for name in ("outage_window", "detector"))
        start = f"import sys; {bare}; from distributed.cli.dask_scheduler import main; main()"
        self._start("scheduler", "-c", start, f"--port={self.port}", "--host=127.0.0.1",
                    "--no-dashboard")  # fmt: skip

    def worker(self, name: str) -> None:
        self._start(name, "-m", "distributed.cli.dask_worker", self.address, "--nthreads=1",
                    "--no-nanny", "--no-dashboard", "--memory-limit=0",
                    f"--local-directory={self.folder}")  # fmt: skip

    def _start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *words], cwd=self.folder, stdout=log, stderr=log
            )

    def ready(self, workers: int) -> None:
        with Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Dask]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    with ExitStack() as stack:
        dask = Dask(folder, free_port())
        stack.callback(dask.stop)
        dask.scheduler()
        dask.worker("one")
        dask.worker("two")
        dask.ready(2)
        yield dask


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write(folder / "big.parquet", services=300, times=12_000)
    return folder


@pytest.fixture(scope="module")
def local(made: Path) -> bytes:
    return run(made, made / "local-cache").stdout


def started(folder: Path, cache: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, "big.parquet", "--format", "json", *options],
        cwd=folder, env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(folder: Path, cache: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    process = started(folder, cache, *options)
    out, said = process.communicate(timeout=240)
    return subprocess.CompletedProcess([], process.returncode, out, said)


def until(process: subprocess.Popen[bytes], cache: Path, pattern: str, count: int) -> None:
    """Wait until so much is done."""
    deadline = time.monotonic() + 120
    while len(list(cache.glob(f"outage-window/analyses/*/{pattern}"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_same_bytes_also_when_a_worker_is_killed(
    cluster: Dask, made: Path, local: bytes, tmp_path: Path
) -> None:
    assert b'"windows"' in local
    there = ("--engine", "dask", "--scheduler", cluster.address)
    process = started(made, tmp_path, *there)
    until(process, tmp_path, "scan-*", 3)
    cluster.kill("one")
    until(process, tmp_path, "judge-*", 1)
    cluster.worker("three")
    out, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert out == local


def test_the_scheduler_is_restarted_and_it_goes_on(
    cluster: Dask, made: Path, local: bytes, tmp_path: Path
) -> None:
    there = ("--engine", "dask", "--scheduler", cluster.address)
    process = started(made, tmp_path, *there)
    until(process, tmp_path, "judge-*", 2)
    done = {path: path.stat().st_mtime_ns for path in tmp_path.glob("outage-window/*/*/[sj]*-*")}
    cluster.stop()
    out, said = process.communicate(timeout=120)
    assert process.returncode == 70
    assert out == b""
    assert said.count(b"\n") == 1, said
    assert b"--resume goes on" in said
    for path, changed in done.items():
        assert path.stat().st_mtime_ns == changed, "what was done is there"
    cluster.scheduler()
    cluster.worker("four")
    cluster.ready(1)
    ended = run(made, tmp_path, *there, "--resume")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == local


def test_the_earliest_fault_is_told(cluster: Dask, tmp_path: Path) -> None:
    lines = ["time,errors,attempts", *["2024-01-02T12:00:00Z,9,7"] * 1_000_000]
    (tmp_path / "big.parquet").write_text("\n".join(lines))  # CSV, whatever it is called
    there = ("--engine", "dask", "--scheduler", cluster.address)
    told = {run(tmp_path, tmp_path / "cache", *there).stderr for _ in range(2)}
    assert told == {run(tmp_path, tmp_path / "cache").stderr}
    assert b"line 2: " in told.pop()


def test_a_place_that_a_worker_does_not_see_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a worker does not see it; expected a --work-dir"):
        do(Local(str(tmp_path / "elsewhere")), "work-1", None)


def test_a_scheduler_that_is_not_there_is_said(made: Path, tmp_path: Path) -> None:
    absent = run(made, tmp_path, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert absent.returncode == 70
    assert b"cannot be reached" in absent.stderr
    assert absent.stderr.count(b"\n") == 1
    missing = run(made, tmp_path, "--engine", "dask")
    assert missing.returncode == 2
    assert missing.stderr == (
        b"outage-window: --engine dask: expected --scheduler ADDRESS beside it\n"
    )
