"""JSON documents that monitoring systems answer with, one or several in a file, to samples."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Protocol

from outage_window.errors import InputError
from outage_window.sources import azure, cloudwatch, datadog, prometheus
from outage_window.sources.files import Head, Source
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled, SampleFile
from webhooks.bodies import load_all
from webhooks.model import Refused

EXPECTED = "expected JSON of Prometheus's API, CloudWatch, Azure Monitor or Datadog"
_MATRIX = re.compile(rb'\[\s*\{\s*"metric"\s*:')


Answers = Sequence[tuple[str, Any]]
"""Each decoded document with how an error names it, in the order of the file."""


class System(Protocol):
    """A module that reads the answers of one system."""

    def claims(self, value: object) -> bool:
        """Whether a decoded document is an answer of this system."""

    def series(self, answers: Answers, reading: Reading) -> tuple[list[Sampled], list[str]]:
        """The series of all answers, and what must be said of them; `InputError` names a field."""


SYSTEMS: Sequence[System] = (prometheus, cloudwatch, azure, datadog)


def claims(head: Head) -> bool:
    """Whether a file begins with an answer, not with a row: told by the first line as far as it is
    whole, by the file's name where it is not."""
    if _MATRIX.match(head.data.lstrip()):
        return True
    if not head.first.startswith(b"{"):
        return False
    try:
        value = json.loads(head.first)
    except (ValueError, RecursionError):  # a document over several lines, or a damaged line
        return not head.name.removesuffix(".gz").endswith((".ndjson", ".jsonl"))
    return any(system.claims(value) for system in SYSTEMS)


def read(source: Source, reading: Reading) -> SampleFile:
    """Read all answers of a file, which must be of one system; else `InputError`.

    Pages of one answer follow each other in the order in which they were given.
    """
    try:
        answers = load_all(source.text(), "")
    except Refused as error:
        raise InputError(source.name, f"{EXPECTED}: {error.expected}") from None
    several = len(answers) > 1
    placed = [
        (f"{source.name}, document {number}" if several else source.name, answer)
        for number, answer in enumerate(answers, 1)
    ]
    system = _system_of(answers[0], source.name)
    for where, answer in placed:
        if not system.claims(answer):
            raise InputError(where, "not of the system that document 1 is of; expected one system")
    found, notes = system.series(placed, reading)
    rows = sum(len(one.time) for one in found)
    return SampleFile(source.origin(rows), tuple(found), tuple(notes))


def _system_of(answer: Any, where: str) -> System:
    for system in SYSTEMS:
        if system.claims(answer):
            return system
    raise InputError(where, EXPECTED)
