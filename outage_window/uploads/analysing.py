"""Analyses files in a process of its own: the receiver goes on, and names stay those of people."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL

from outage_window.batch import Analysis, Request, analyze
from outage_window.errors import InputError

PATIENCE = 300.0
"""Seconds that one analysis may take."""

FILES = {"exports": "", "users": "--users", "alerts": "--alerts", "events": "--events"}
"""What may be uploaded, by the option of `analyze` that it is."""


class TooMuch(Exception):
    """Another analysis runs, or this one took too long: the words are for people."""


class Analyser:
    """Runs one analysis at a time."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._alone = threading.Lock()

    def run(self, folder: Path, named: Mapping[str, Sequence[str]]) -> Analysis:
        """What `analyze` finds in files of a folder, by the names that they have there.

        Raises `InputError` as it does, and `TooMuch`. `named` has the names by the keys of `FILES`.
        """
        if not self._alone.acquire(blocking=False):
            raise TooMuch("another export is being analysed; try again in a moment")
        try:
            return self._beside(folder, named)
        finally:
            self._alone.release()

    def _beside(self, folder: Path, named: Mapping[str, Sequence[str]]) -> Analysis:
        beside = get_context("spawn")
        answer, answering = beside.Pipe(duplex=False)
        process = beside.Process(target=_analyse, args=(str(folder), dict(named), answering))
        process.start()
        answering.close()  # so that the pipe ends when the other process does
        try:
            if not answer.poll(self._patience):
                raise TooMuch(f"it takes more than {self._patience:.0f} s; use `analyze`")
            done = answer.recv()
        except EOFError:
            process.join()
            if process.exitcode == -SIGKILL:
                raise TooMuch("it takes more memory than there is; use `analyze`") from None
            raise RuntimeError(f"the analysis ended with {process.exitcode}, see above") from None
        finally:
            process.kill()
            process.join()
            process.close()
            answer.close()
        if isinstance(done, Analysis):
            return done
        raise InputError(*done)


def _analyse(folder: str, named: Mapping[str, Sequence[str]], answering: Connection) -> None:
    """In the other process: answer the analysis, or what is wrong and what was expected."""
    os.chdir(folder)
    try:
        answering.send(analyze(_request(named)))
    except InputError as error:
        answering.send((error.where, error.expected))


def _request(named: Mapping[str, Sequence[str]]) -> Request:
    def only(kind: str) -> str | None:
        return next(iter(named.get(kind, ())), None)

    return Request(
        exports=named.get("exports", ()),
        users=named.get("users", ()),
        alerts=only("alerts"),
        events=only("events"),
        command=_command(named),
    )


def _command(named: Mapping[str, Sequence[str]]) -> str:
    words = ["outage-window", "analyze"]
    for kind, option in FILES.items():
        for name in named.get(kind, ()):
            words += [option, name] if option else [name]
    return shlex.join(words)
