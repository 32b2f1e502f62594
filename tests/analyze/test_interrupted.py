# The real command is interrupted while it works on much input, and goes on where it was.
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.analyze.big import write

PROGRAM = [sys.executable, "-c", "from outage_window.cli.main import run; run()", "analyze"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Five million rows: more than is done in memory."""
    write(tmp_path / "big.parquet", services=500, times=10_000)
    return tmp_path / "big.parquet"


def test_ctrl_c_and_resume(export: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    command = [*PROGRAM, export.name, "--format", "json"]
    started = subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(cache.glob("outage-window/analyses/*/scan-0-*")):
        assert started.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    out, said = started.communicate(timeout=60)
    assert started.returncode == 130
    assert out == ""
    assert said.count("\n") == 1
    assert "--resume goes on" in said
    done = subprocess.run(
        [*command, "--resume"], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert not list(cache.glob("outage-window/analyses/*"))
    whole = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stdout == whole.stdout
    assert b"service-000-20240101" in done.stdout
