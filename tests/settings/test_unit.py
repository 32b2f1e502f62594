"""The systemd unit: it starts what is there, is well locked in, and is told what it waits for."""

import configparser
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from outage_window.cli.main import COMMANDS
from outage_window.serving.notify import Notifier
from tests.live.process import Process

UNIT = Path(__file__).parents[2] / "config" / "outage-window.service"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture(scope="module")
def service():
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(UNIT)
    return unit["Service"]


def test_it_starts_a_command_that_exists(service):
    words = service["ExecStart"].split()
    assert words[1] in COMMANDS
    assert words[2] == "--config.file"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_it_may_write_where_its_comments_say_and_nowhere_else(service):
    assert service["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in service
    state = f"/var/lib/{service['StateDirectory']}"
    assert service["WorkingDirectory"] == state
    for path in re.findall(r"(?:sqlite:///|dir: )(/[^'}]+)", UNIT.read_text()):
        assert path.startswith(f"{state}/")


def test_secrets_are_where_the_comment_says(service):
    (folder,) = set(re.findall(r"/run/credentials/([^/]+)/", UNIT.read_text()))
    assert folder == UNIT.name


@needs_systemd
def test_systemd_finds_nothing_amiss(tmp_path):
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub("ExecStart=/opt/\\S+", "ExecStart=/bin/true", UNIT.read_text()))
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
    copy.write_text(copy.read_text().replace("LockPersonality", "LockPersonalty"))
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True
    )
    assert "LockPersonalty" in ended.stderr


@needs_systemd
def test_it_is_well_locked_in():
    """`--threshold` is ten times the exposure that is still good."""
    command = ["systemd-analyze", "--offline=true", "--threshold=15", "security", str(UNIT)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-500:]


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """What systemd is told, as it listens."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield listening


def said(listening, *, beside=""):
    while True:
        first = listening.recv(4096).decode().split("\n")[0]
        if first != beside:
            return first


def test_systemd_is_told_of_start_reload_and_stop(systemd, monkeypatch, tmp_path):
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    alive = "WATCHDOG=1"
    with Process(tmp_path) as process:
        assert said(systemd) == "READY=1"
        assert said(systemd) == alive
        assert said(systemd) == alive
        process.process.send_signal(signal.SIGHUP)
        assert said(systemd, beside=alive) == "RELOADING=1"
        assert said(systemd, beside=alive) == "READY=1"
        process.process.send_signal(signal.SIGTERM)
        assert said(systemd, beside=alive) == "STOPPING=1"
        assert process.stop(signal.SIGTERM) == 0


def test_nobody_is_told_where_nobody_listens(tmp_path, caplog):
    Notifier({}).ready()
    assert Notifier({"WATCHDOG_USEC": "1000000"}).watchdog is None
    gone = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "3000000"})
    assert gone.watchdog == 1.5
    assert caplog.text == ""
    gone.ready()
    assert "cannot tell systemd READY" in caplog.text


def test_the_watchdog_of_another_process_is_not_ours():
    env = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000"}
    assert Notifier({**env, "WATCHDOG_PID": "1"}).watchdog is None
    assert Notifier({**env, "WATCHDOG_PID": str(os.getpid())}).watchdog == 0.5


def test_an_abstract_address_is_understood():
    name = f"outage-window-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(10)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).stopping()
        assert listening.recv(100) == b"STOPPING=1"
