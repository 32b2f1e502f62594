# The Prometheus that is started here: gone with whoever wanted it, and it says why it cannot run.
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from outage_window.errors import InputError
from outage_window.rules import started as module
from outage_window.rules.sending import STALE, Lines
from outage_window.rules.started import started

START = 1_700_000_040
RUN = """
import sys, time
from outage_window.rules.started import started
with started(()) as engine:
    print(engine.pid, engine.folder, flush=True)
    {what}
"""


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.real
@pytest.mark.parametrize("what", ["raise ValueError", "time.sleep(60)"])
def test_it_is_gone_with_whoever_wanted_it(what):
    child = subprocess.Popen(
        [sys.executable, "-c", RUN.format(what=what)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    pid, folder = child.stdout.readline().split()
    if "sleep" in what:
        assert not gone(int(pid))
        child.send_signal(signal.SIGTERM)
    assert child.wait(30) == (143 if "sleep" in what else 1)
    child.stdout.close()
    assert gone(int(pid))
    assert not os.path.exists(folder)


@pytest.mark.real
def test_stale_markers_and_late_additions_are_kept():
    time_ = np.array([START + 60 * i for i in range(10)]) * 1000
    value = np.arange(10.0)
    value[4] = STALE
    with started([Lines({"__name__": "m"}, time_, value)]) as engine:
        engine.write([Lines({"__name__": "older"}, time_[:2] - 86_400_000, value[:2])])
        [found] = engine.query_range("m", START, START + 600, 60)
        assert found.value.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
        assert 60 * 4 + START not in found.time.tolist()
        [older] = engine.query_range("older", START - 86_400, START - 86_300, 60)
        assert older.value.tolist() == [0, 1]
        [both] = engine.query_range("m / 0 * 0", START, START + 60, 60)
        assert np.isnan(both.value).all()  # NaN is a result, and an alert fires on it
        day = engine.query_range("vector(time())", START, START + 13 * 60 * 1000, 60)
        assert len(day[0].time) == 13_000  # in two pieces
        assert (np.diff(day[0].time) == 60).all()


@pytest.mark.real
def test_one_that_does_not_start_says_why(monkeypatch, tmp_path):
    fake = tmp_path / "prometheus"
    fake.write_text("#!/bin/sh\necho no such flag >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    begun = time.monotonic()
    with pytest.raises(InputError, match="did not start: no such flag"), started(()):
        pass
    assert time.monotonic() - begun < 30


@pytest.mark.real
def test_what_is_too_much_at_once_is_asked_in_parts(monkeypatch):
    few = [
        "--query.max-samples=500" if flag.startswith("--query.max-samples") else flag
        for flag in module.FLAGS
    ]
    monkeypatch.setattr(module, "FLAGS", few)
    time_ = np.arange(START, START + 600, 1) * 1000
    lines = [Lines({"__name__": "m", "i": str(i)}, time_, np.ones(600)) for i in range(6)]
    with started(lines) as engine:
        [found] = engine.query_range("vector(1)", START, START + 60 * 8000, 60)
        assert len(found.time) == 8000
        with pytest.raises(InputError, match="too many samples"):
            engine.query_range("sum(rate(m[10m]))", START + 600, START + 1200, 60)
