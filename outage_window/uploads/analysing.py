"""Analyses files in a process of its own: the receiver goes on, and names stay those of people."""

from __future__ import annotations

import glob
import os
import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL

from outage_window.assess import Declared
from outage_window.batch import Analysis, Request, analyze
from outage_window.errors import InputError
from outage_window.objectives import parse_objective
from outage_window.sources.reading import UNASSIGNED, Reading

PATIENCE = 300.0
"""Seconds that one analysis may take."""

FILES = {"exports": "", "users": "--users", "alerts": "--alerts", "events": "--events"}
"""What may be uploaded, by the option of `analyze` that it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to analyse: the names of files in a folder, by the keys of `FILES`.

    `service` is the one of files that name none, `slo` an objective such as `99.9/30d`; either may
    be empty.
    """

    folder: Path
    named: Mapping[str, Sequence[str]]
    service: str = ""
    slo: str = ""


class TooMuch(Exception):
    """Another analysis runs, or this one took too long: the words are for people."""


class Analyser:
    """Runs one analysis at a time."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._alone = threading.Lock()

    def run(self, asked: Asked) -> Analysis:
        """What `analyze` finds. Raises `InputError` as it does, and `TooMuch`."""
        if not self._alone.acquire(blocking=False):
            raise TooMuch("another export is being analysed; try again in a moment")
        try:
            return self._beside(asked)
        finally:
            self._alone.release()

    def _beside(self, asked: Asked) -> Analysis:
        beside = get_context("spawn")
        answer, answering = beside.Pipe(duplex=False)
        process = beside.Process(target=_analyse, args=(asked, answering))
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


def _analyse(asked: Asked, answering: Connection) -> None:
    """In the other process: answer the analysis, or what is wrong and what was expected."""
    os.chdir(asked.folder)
    try:
        answering.send(analyze(_request(asked)))
    except InputError as error:
        answering.send((error.where, error.expected))


def _request(asked: Asked) -> Request:
    def only(kind: str) -> str | None:
        return next(iter(asked.named.get(kind, ())), None)

    objective = parse_objective(asked.slo, "slo") if asked.slo else None
    return Request(
        exports=asked.named.get("exports", ()),
        users=[glob.escape(name) for name in asked.named.get("users", ())],
        alerts=only("alerts"),
        events=only("events"),
        reading=Reading(service=asked.service or UNASSIGNED),
        declared=Declared(None, objective),
        command=_command(asked),
    )


def _command(asked: Asked) -> str:
    words = ["outage-window", "analyze"]
    for kind, option in FILES.items():
        for name in asked.named.get(kind, ()):
            words += [option, name] if option else [name]
    words += ["--service", asked.service] if asked.service else []
    words += ["--slo", asked.slo] if asked.slo else []
    return shlex.join(words)
