"""Analyses files in a process of its own: the receiver goes on, and names stay those of people."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from signal import SIGKILL
from tempfile import TemporaryFile
from typing import IO

from outage_window.errors import InputError
from outage_window.uploads.asked import Asked
from outage_window.uploads.found import Found

PATIENCE = 300.0
"""Seconds that one analysis may take."""
ROOM = 256 * 2**20
"""Bytes of what was found that are held at a time, of all uploads together."""
COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "outage_window.uploads.child")
"""With -P no folder is looked for modules because it is the one at hand."""
PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "TMPDIR", "TZ")
"""Of the server's environment: what a Python needs, and no secret of the settings."""
NO_MEMORY = 3
"""The exit code of `child`; it is not imported here, since it is a program."""
TOLD = 8192
"""Bytes of what the other process said last, which tell why it failed."""


class TooMuch(Exception):
    """Another analysis runs, or this one takes too much: the words are for people."""


class Broken(Exception):
    """The analysis ended as none should: the words are for the log."""


class Analyser:
    """Runs one analysis at a time, until it is closed."""

    def __init__(self, patience: float = PATIENCE, room: int = ROOM) -> None:
        self._patience = patience
        self._room = room
        self._alone = threading.Lock()
        self._ending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, asked: Asked) -> tuple[Found, int]:
        """What `analyze` finds, and its bytes. Raises `InputError` as it does, `TooMuch`, `Broken`.

        The bytes are those of the other process' answer, which are about those that it takes here.
        """
        if not self._alone.acquire(blocking=False):
            raise TooMuch("another export is being analysed; try again in a moment")
        try:
            with TemporaryFile() as answer, TemporaryFile() as said:
                code = self._ended(asked, answer, said)
                return self._told(code, answer, said)
        finally:
            self._alone.release()

    def close(self) -> None:
        """End what runs, and begin nothing any more."""
        with self._ending:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _ended(self, asked: Asked, answer: IO[bytes], said: IO[bytes]) -> int:
        """Let another process answer; its exit code."""
        with self._ending:
            if self._closed:
                raise TooMuch("the server is being stopped; try again in a moment")
            process = self._process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=said,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C is for the server, which ends it
            )
        assert process.stdin is not None  # a pipe, which stays open for as long as the server lives
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(asked.line())
                process.stdin.flush()
            return process.wait(self._patience)
        except subprocess.TimeoutExpired:
            raise TooMuch(f"it takes more than {self._patience:.0f} s; use `analyze`") from None
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
            with self._ending:
                self._process = None

    def _told(self, code: int, answer: IO[bytes], said: IO[bytes]) -> tuple[Found, int]:
        """The answer of a process that ended."""
        if self._closed:
            raise TooMuch("the server is being stopped; try again in a moment")
        if code in (NO_MEMORY, -SIGKILL):
            raise TooMuch("it takes more memory than there is for it; use `analyze`")
        if code != 0:
            raise Broken(f"it ended with {code}: {_last(said)}")
        size = answer.seek(0, os.SEEK_END)
        if size > self._room:
            raise TooMuch("what was found is too much to be held in memory; use `analyze`")
        answer.seek(0)
        found = pickle.load(answer)  # noqa: S301 (of our own process: docs/decisions/0039)
        if isinstance(found, Found):
            return found, size
        raise InputError(*found)


def _environment() -> dict[str, str]:
    found = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    modules = os.pathsep.join(map(os.path.abspath, sys.path))  # those of this very program
    return found | {"PYTHONPATH": modules}


def _last(said: IO[bytes]) -> str:
    said.seek(max(said.seek(0, os.SEEK_END) - TOLD, 0))
    return said.read().decode(errors="replace").strip() or "it said nothing"
