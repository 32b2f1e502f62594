"""Uploads at a real `serve`: its child goes with it, its output is its own, its errors are loud."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.live.made import FIRING
from tests.live.process import COMMAND, Process
from tests.uploads.made import LASTS, OUTAGE, USUAL, export


def children(pid):
    """The analyses of a process: what runs `uploads.child` below it."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
            except OSError:
                continue
            if b"outage_window.uploads.child" in command:
                found.append(int(child))
    return found


def wait_for(found, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value


class Dropping:
    """Posts an export in a thread, whose analysis is stopped until the test lets it go on."""

    def __init__(self, process):
        self.answer = None
        self.thread = threading.Thread(target=self._post, args=(process,))
        self.thread.start()
        (self.child,) = wait_for(lambda: children(process.process.pid))
        os.kill(self.child, signal.SIGSTOP)

    def _post(self, process):
        self.answer = post(process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGCONT)
        self.thread.join(90)


def post(process, files=None, **fields):
    files = files or [("exports", ("auth.csv", USUAL))]
    url = f"{process.url}/upload"
    return process.session.post(url, files=files, data=fields, timeout=90, allow_redirects=False)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Temporary files of the server lie in a folder that can be looked at."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_what_is_kept_is_made_anew_by_the_command_of_its_page(tmp_path, settings):
    """Typed in the folder of the files, it finds the same numbers."""
    names = ["журнал 2023.csv", "--format", "mail's.csv"]
    mail = export((OUTAGE, OUTAGE + LASTS), service="mail", seed=3)
    other = export((OUTAGE + 7200, OUTAGE + 9000), service="", seed=4)
    contents = dict(zip(names, (USUAL, mail, other), strict=True))
    with Process(tmp_path) as process:
        files = [("exports", named) for named in contents.items()]
        answer = post(process, files, service="log in", slo="99.9/30d")
        assert answer.status_code == 303, answer.text
        kept = []
        for number in range(3):
            path = f"{answer.headers['Location']}/{number}/keep"
            found = process.session.post(process.url + path, allow_redirects=False)
            assert found.status_code == 303, found.text
            identity = found.headers["Location"].rpartition("/")[2]
            kept.append(process.get(f"/api/v1/incidents/{identity}").json())
            assert process.get(f"/api/v1/incidents/{identity}/draft").status_code == 200
        assert list(settings.iterdir()) == []
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (command,) = {one["command"] for one in kept}
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "outage-window"
    program.write_text(f"#!{COMMAND[0]}\nfrom outage_window.cli.main import run; run()\n")
    program.chmod(0o700)
    path = os.pathsep.join((str(bin_folder), os.environ["PATH"]))
    done = subprocess.run(
        f"{command} --format json",
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    windows = json.loads(done.stdout)["windows"]
    assert [one["service"] for one in windows] == [one["service"] for one in kept]
    for window, incident in zip(windows, kept, strict=True):
        numbers = [name for name, value in window.items() if plain(value) != value]
        assert {"start", "error_budget"} <= set(numbers)
        for name in numbers:
            assert plain(window[name]) == plain(incident[name]), name
    assert {origin["name"] for one in kept for origin in one["inputs"]} == set(names)


def plain(value):
    """An estimate's own numbers; its inputs may be named as a command line must name them."""
    if not isinstance(value, dict) or "status" not in value:
        return value
    return {name: value[name] for name in ("value", "low", "high", "status", "method", "unit")}


def test_deliveries_are_taken_while_files_are_analysed_and_a_second_upload_is_told(
    tmp_path, settings
):
    with Process(tmp_path) as process, Dropping(process) as dropping:
        for number in range(20):
            body = json.dumps(FIRING | {"groupKey": str(number)})
            began = time.monotonic()
            assert process.post("/api/v1/webhooks/alertmanager", body).status_code == 200
            assert time.monotonic() - began < 5
        second = post(process)
        assert second.status_code == 503
        assert "another export is being analysed" in second.text
        assert children(process.process.pid) == [dropping.child]
        os.kill(dropping.child, signal.SIGCONT)
        dropping.thread.join(90)
        assert dropping.answer.status_code == 303
        assert process.get(dropping.answer.headers["Location"]).status_code == 200
        assert post(process).status_code == 303


def test_a_stop_takes_the_analysis_with_it_and_answers(tmp_path, settings):
    with Process(tmp_path) as process:
        with Dropping(process) as dropping:
            began = time.monotonic()
            assert process.stop(signal.SIGTERM) == 0
            assert time.monotonic() - began < 15
            dropping.thread.join(10)
        assert dropping.answer.status_code == 503
        assert "the server is being stopped" in dropping.answer.text
        assert not Path(f"/proc/{dropping.child}").exists()
        assert list(settings.iterdir()) == []


def test_an_internal_error_is_one_loud_line_of_the_log_and_nothing_else(tmp_path, settings):
    with Process(tmp_path) as process:
        with Dropping(process) as dropping:
            os.kill(dropping.child, signal.SIGABRT)
        assert dropping.answer.status_code == 500
        assert "the analysis failed" in dropping.answer.text
        assert 'name="exports"' in dropping.answer.text
        assert post(process).status_code == 303
        process.process.send_signal(signal.SIGTERM)
        assert process.process.stdout.read() == ""  # after "listening on"
        process.process.wait(30)
        process.reader.join()
    lines = [line for line in process.log.splitlines() if "uploaded files" in line]
    assert len(lines) == 1
    assert "level=error" in lines[0]
    assert "ended with -6" in lines[0]
    assert all(line.startswith("time=") for line in process.log.splitlines())
    assert list(settings.iterdir()) == []


def test_a_body_that_is_too_large_is_refused(tmp_path, settings):
    with Process(tmp_path) as process:
        answer = post(process, [("exports", ("a.csv", b"x" * (64 << 20)))])
        assert answer.status_code == 413
        assert list(settings.iterdir()) == []
