"""The log: one line a record, as logfmt or JSON, whatever the record's texts hold."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

FIELDS = (
    "service", "incident", "sender", "target", "file", "method", "path", "status", "seconds",
)  # fmt: skip
"""What a record may hold beside its message: `log.info("…", extra={"service": name})`."""

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_NAMES = {number: name for name, number in LEVELS.items()} | {logging.CRITICAL: "error"}
_BARE = re.compile(r"[^\s\"=\\]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could forge a line, move a terminal's cursor, or turn the reading order."""

QUIET = ("waitress", "urllib3", "matplotlib", "PIL", "werkzeug", "asyncio")
"""Libraries whose warnings alone are of use to an operator."""


def set_up(form: str = "logfmt", level: str = "info") -> None:
    """Log to stderr in a form of `logfmt`, `json` from a level of `LEVELS` on; may be called again.

    Warnings of Python, and exceptions that end a thread, become records too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(FORMS[form]))
    handler.setLevel(LEVELS[level])
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of each request that waits a moment: the metrics tell how long they do.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended


class Lines(logging.Formatter):
    """Writes a record's fields in one form; `time`, `level`, `logger` and `msg` come first."""

    def __init__(self, form: Callable[[dict[str, object]], str]) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC)
        found: dict[str, object] = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
            "level": _NAMES.get(record.levelno, record.levelname.lower()),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        for name in FIELDS:
            if name in record.__dict__:
                found[name] = record.__dict__[name]
        if record.exc_info:
            found["error"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return self._form(found)


def logfmt(fields: dict[str, object]) -> str:
    """`key=value`, quoted as Go quotes where the value is not a plain word."""
    return " ".join(f"{name}={_word(value)}" for name, value in fields.items())


def one_json(fields: dict[str, object]) -> str:
    """One object; numbers stay numbers."""
    plain = {k: v if isinstance(v, int | float) else str(v) for k, v in fields.items()}
    return _CONTROLS.sub(_unicode, json.dumps(plain, ensure_ascii=False))


FORMS = {"logfmt": logfmt, "json": one_json}


def _word(value: object) -> str:
    text = str(value)
    if _BARE.fullmatch(text) and not _CONTROLS.search(text):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_CONTROLS.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0]) or _unicode(found)


def _unicode(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _thread_ended(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None:
        name = what.thread.name if what.thread else "unknown"
        logging.getLogger(__name__).error("thread %s ended", name, exc_info=what.exc_value)
