"""The process beside the server: what it answers, how it ends, and that it always does."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from outage_window.errors import InputError
from outage_window.uploads import child
from outage_window.uploads.analysing import COMMAND, NO_MEMORY, Analyser, Broken, TooMuch
from outage_window.uploads.asked import Asked
from tests.uploads.made import OUTAGE, USUAL

FIFO = {"exports": ["never.csv"]}


@pytest.fixture
def stuck(tmp_path):
    """What no analysis comes to an end with: a file that nobody writes."""
    os.mkfifo(tmp_path / "never.csv")
    return Asked(tmp_path, FIFO)


@contextmanager
def under_way(analyser, asked):
    """An analysis in a thread; what it raised is in the list."""
    raised = []

    def run():
        try:
            analyser.run(asked)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 60
    while analyser._process is None or not _at_work(analyser._process.pid, asked.folder):
        assert time.monotonic() < deadline
        assert thread.is_alive()
        time.sleep(0.02)
    pid = analyser._process.pid
    yield pid, raised
    thread.join(60)
    assert not thread.is_alive()
    assert not Path(f"/proc/{pid}").exists()


def _at_work(pid, folder):
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder)
    except OSError:
        return False


def test_it_finds_what_analyze_finds(tmp_path):
    (tmp_path / "a.csv").write_bytes(USUAL)
    found, size = Analyser().run(Asked(tmp_path, {"exports": ["a.csv"]}, slo="99.9/30d"))
    (incident,) = found.incidents
    assert abs(incident.window.onset - OUTAGE) < 120
    assert incident.error_budget is not None
    assert [one.name for one in found.analysis.inputs] == ["a.csv"]
    assert len(found.rows) == 1
    assert size == pytest.approx(len(pickle.dumps(found, 5)), rel=0.1)


@pytest.mark.parametrize(
    ("content", "where", "expected"),
    [
        (b"", "a.csv", "empty"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.", "a.csv", ""),
        (pickle.dumps({"a": 1}), "a.csv", ""),
        (b"PAR1" + b"\xff" * 200 + b"PAR1", "a.csv", ""),
        (b"\x1f\x8b" + b"\0" * 100, "a.csv", "gzip"),
        (b"\x7fELF" + bytes(range(256)) * 100, "a.csv", ""),
        (b"time,attempts,errors\n1,2\n", "a.csv", ""),
        (b"[" * 100_000, "a.csv", ""),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(tmp_path, content, where, expected):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError) as raised:
        Analyser().run(Asked(tmp_path, {"exports": ["a.csv"]}))
    assert raised.value.where.startswith(where)
    assert expected in raised.value.expected


def test_an_objective_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(USUAL)
    with pytest.raises(InputError, match="slo"):
        Analyser().run(Asked(tmp_path, {"exports": ["a.csv"]}, slo="much"))


def test_no_file_is_taken_for_a_module_or_a_pattern(tmp_path):
    """Of files beside each other none is run, and none is read in place of another."""
    trap = b"open('/proc/self/oom_score_adj').read(); open('sprung', 'w')\n"
    for name in ("json.py", "numpy.py", "pandas.py", "sitecustomize.py", "outage_window.py"):
        (tmp_path / name).write_bytes(trap)
    names = ["[a].csv", "[[]a].csv"]
    for name in names:
        (tmp_path / name).write_bytes(b"time,user,outcome\n2023-11-16T00:00:00Z,u1,success\n")
    (tmp_path / "a.csv").write_bytes(USUAL)
    (tmp_path / "[[]a].csv").write_bytes(b"time,user,outcome\n2023-11-16T00:00:00Z,u2,failure\n")
    found, _ = Analyser().run(Asked(tmp_path, {"exports": ["a.csv"], "users": ["[a].csv"]}))
    assert [one.name for one in found.analysis.inputs] == ["a.csv", "[a].csv"]
    assert not (tmp_path / "sprung").exists()


def test_a_second_one_is_told_so(stuck):
    analyser = Analyser()
    with under_way(analyser, stuck):
        with pytest.raises(TooMuch, match="another export is being analysed"):
            analyser.run(stuck)
        analyser.close()


def test_one_that_takes_too_long_is_ended(stuck):
    with pytest.raises(TooMuch, match="more than 1 s"):
        Analyser(patience=1).run(stuck)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (signal.SIGKILL, TooMuch, "more memory"),
        (signal.SIGTERM, Broken, "ended with -15"),
        (signal.SIGSEGV, Broken, "Segmentation fault"),
        (signal.SIGABRT, Broken, "ended with -6"),
    ],
)
def test_however_it_ends_words_tell(stuck, number, kind, words):
    analyser = Analyser()
    with under_way(analyser, stuck) as (pid, raised):
        os.kill(pid, number)
    assert isinstance(raised[0], kind)
    assert words in str(raised[0])
    with under_way(analyser, stuck) as (pid, _):  # and the next one may begin
        os.kill(pid, signal.SIGKILL)


def test_it_ends_with_its_analyser_also_when_it_hears_nothing(stuck):
    analyser = Analyser()
    with under_way(analyser, stuck) as (pid, raised):
        os.kill(pid, signal.SIGSTOP)
        analyser.close()
    assert "being stopped" in str(raised[0])
    with pytest.raises(TooMuch, match="being stopped"):
        analyser.run(stuck)


def test_it_has_nothing_of_the_server(stuck, monkeypatch, tmp_path):
    """No socket, no file, no secret; it steps back, and dies first."""
    monkeypatch.setenv("OUTAGE_WINDOW_STORAGE__PASSWORD", "s3cret")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    with under_way(Analyser(), stuck) as (pid, _):
        place = Path(f"/proc/{pid}")
        held = {os.readlink(one) for one in (place / "fd").iterdir()}
        assert not any(one.startswith("socket:") for one in held)
        assert os.readlink(f"/proc/self/fd/{writing}") not in held
        assert len(held) <= 6
        environ = (place / "environ").read_bytes()
        assert b"s3cret" not in environ
        assert b"NOTIFY_SOCKET" not in environ
        assert (place / "oom_score_adj").read_text().strip() == "1000"
        assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
        assert os.getsid(pid) == pid
        assert b"csv" not in (place / "cmdline").read_bytes()  # names are nobody else's business
        os.kill(pid, signal.SIGKILL)
    os.close(reading)
    os.close(writing)


def test_it_ends_with_a_server_that_is_killed(tmp_path):
    os.mkfifo(tmp_path / "never.csv")
    server = (
        "import sys; from pathlib import Path\n"
        "from outage_window.uploads.analysing import Analyser\n"
        "from outage_window.uploads.asked import Asked\n"
        "analyser = Analyser(); import threading\n"
        f"asked = Asked(Path({str(tmp_path)!r}), {FIFO!r})\n"
        "threading.Thread(target=analyser.run, args=(asked,), daemon=True).start()\n"
        "while analyser._process is None: pass\n"
        "print(analyser._process.pid, flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", server], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        pid = int(process.stdout.readline())
        deadline = time.monotonic() + 60
        while not _at_work(pid, tmp_path):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_too_much_memory_is_told(tmp_path, monkeypatch):
    """A child that wants more than it may have ends by itself, with the code that says so."""
    assert child.NO_MEMORY == NO_MEMORY
    (tmp_path / "a.csv").write_bytes(USUAL)
    asked = Asked(tmp_path, {"exports": ["a.csv"]})
    code = (
        "import os\nfrom outage_window.uploads import child\n"
        "child.analyze = lambda _: bytearray(64 << 30)\nos._exit(child.main())\n"
    )
    monkeypatch.setattr("outage_window.uploads.analysing.COMMAND", (sys.executable, "-c", code))
    with pytest.raises(TooMuch, match="more memory"):
        Analyser().run(asked)


def test_what_is_printed_is_no_answer_and_an_internal_error_is_told_whole(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(USUAL)
    asked = Asked(tmp_path, {"exports": ["a.csv"]})
    code = (
        "import os\nfrom outage_window.uploads import child\nreal = child.analyze\n"
        "def analyze(request):\n print('noise', flush=True); os.write(1, b'noise')\n"
        " return real(request)\n"
        "child.analyze = analyze\nos._exit(child.main())\n"
    )
    monkeypatch.setattr("outage_window.uploads.analysing.COMMAND", (sys.executable, "-c", code))
    found, _ = Analyser().run(asked)
    assert len(found.incidents) == 1
    broken = code.replace("return real(request)", "raise KeyError('ours')")
    monkeypatch.setattr("outage_window.uploads.analysing.COMMAND", (sys.executable, "-c", broken))
    with pytest.raises(Broken, match=r"(?s)ended with 1: .*KeyError: 'ours'"):
        Analyser().run(asked)


def test_more_than_can_be_held_is_not_taken_in(tmp_path):
    (tmp_path / "a.csv").write_bytes(USUAL)
    with pytest.raises(TooMuch, match="too much to be held"):
        Analyser(room=10_000).run(Asked(tmp_path, {"exports": ["a.csv"]}))


def test_the_command_looks_for_modules_nowhere_else():
    assert "-P" in COMMAND
