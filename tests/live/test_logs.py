"""The log: one line a record whatever is in it, and the same keys in either form."""

import json
import logging
import re
import sys
import threading

import pytest

from outage_window import logs
from outage_window.logs import FORMS, Lines

NASTY = {
    "line end": "a\nb\r\nlevel=error",
    "quotes": 'say "no" \\ and = and space',
    "terminal": "\x1b[31mred\x07\x9b",
    "direction": "abc\u202edef\u2066\u200f",
    "line separators": "a\u2028b\u2029c\x85d",
    "lone surrogate": "\ud800",
    "nothing": "",
    "letters": "größe=東京",
}
GO = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]+)(?: |$)')


def record(message, error=None, **extra):
    made = logging.LogRecord("outage_window.x", logging.WARNING, "f", 1, message, (), error)
    made.created = 1_700_000_000.0489
    made.__dict__.update(extra)
    return made


def read(form, line):
    if form == "json":
        return json.loads(line)
    pairs = GO.findall(line)
    assert "".join(f"{k}={v} " for k, v in pairs).rstrip() == line
    return {k: json.loads(v) if v.startswith('"') else v for k, v in pairs}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_one_line_that_holds_all_and_does_nothing_to_a_terminal(form, text):
    line = Lines(FORMS[form]).format(record(text, service=text))
    assert len(line.splitlines()) == 1
    line.encode()  # no lone surrogate is left
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200f]", line)
    found = read(form, line)
    assert list(found) == ["time", "level", "logger", "msg", "service"]
    assert (found["msg"], found["service"]) == (text, text)
    assert (found["time"], found["level"]) == ("2023-11-14T22:13:20.048Z", "warn")


@pytest.mark.parametrize("form", FORMS)
def test_a_trace_is_one_field(form):
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        line = Lines(FORMS[form]).format(record("it failed", sys.exc_info()))
    assert len(line.splitlines()) == 1
    trace = read(form, line)["error"]
    assert trace.startswith("Traceback")
    assert trace.endswith("ValueError: first\nsecond")


def test_numbers_stay_numbers_in_json():
    found = json.loads(Lines(FORMS["json"]).format(record("m", status=200, seconds=0.25)))
    assert (found["status"], found["seconds"]) == (200, 0.25)


@pytest.fixture
def quiet():
    """Whatever a test sets up is undone."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:], threading.excepthook)
    yield
    logging.captureWarnings(False)
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    threading.excepthook = before[2]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("level", "shown"), [("debug", 4), ("info", 3), ("warn", 2), ("error", 1)])
def test_a_level_shows_what_is_at_least_as_grave(capsys, level, shown):
    logs.set_up("logfmt", "debug")
    logs.set_up("logfmt", level)
    for at in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("outage_window.test").log(at, "m")
    logging.getLogger("urllib3").info("never")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == shown
    assert re.search(f" level={level} ", lines[0])


@pytest.mark.usefixtures("quiet")
def test_what_ends_a_thread_is_logged(capsys):
    logs.set_up("json", "info")
    thread = threading.Thread(target=lambda: 1 / 0, name="poor")
    thread.start()
    thread.join()
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert found["msg"] == "thread poor ended"
    assert "ZeroDivisionError" in found["error"]
