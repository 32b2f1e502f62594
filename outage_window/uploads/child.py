"""The process that analyses uploaded files: told what on stdin, it answers on stdout and ends."""

from __future__ import annotations

import os
import pickle
import resource
import threading
from contextlib import suppress

from outage_window.batch import analyze
from outage_window.errors import InputError
from outage_window.uploads.asked import Asked
from outage_window.uploads.found import Found, found_in

MEMORY = 4 * 2**30
"""Bytes that it may take, and no more than half of what the machine has."""
NO_MEMORY = 3
"""The exit code that says that it wanted more."""
NICE = 10
STDIN, STDOUT, STDERR = 0, 1, 2

Answer = Found | tuple[str, str]
"""What was found, or what is wrong and what was expected."""


def main() -> int:
    """Answer one question; the exit code."""
    answering = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)  # whatever is printed is no answer
    with open(STDIN, "rb", buffering=0, closefd=False) as asking:
        asked = Asked.read(asking.readline())
    threading.Thread(target=_leave_when_alone, daemon=True).start()
    _step_back()
    os.chdir(asked.folder)
    try:
        answer = pickle.dumps(_answer(asked), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return NO_MEMORY
    with open(answering, "wb") as out:
        out.write(answer)
    return 0


def _answer(asked: Asked) -> Answer:
    try:
        return found_in(analyze(asked.request()))
    except InputError as error:
        return error.where, error.expected


def _leave_when_alone() -> None:
    """End with the server: however that ends, nobody holds the other end of stdin any more."""
    while os.read(STDIN, 1):
        pass
    os._exit(1)


def _step_back() -> None:
    """Let the receiver go first, and end before the machine is short of memory.

    A system may forbid any of it: then it goes on without.
    """
    most = min(MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


if __name__ == "__main__":
    os._exit(main())  # at once: what it held is of no use to anybody
