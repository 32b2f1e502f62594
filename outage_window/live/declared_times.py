"""Times that people declare: they have come, and an end is after its start."""

from __future__ import annotations

from collections.abc import Mapping

from outage_window.kept import StoredIncident
from reports.facts import CorrectionField
from webhooks.incidents import Declared
from webhooks.model import Refused
from webhooks.times import NS, parse_time

AHEAD = 300 * NS
"""A clock may be so much ahead of ours."""
TIMES: tuple[CorrectionField, CorrectionField] = ("declared_start", "declared_end")


def check_declared(said: Declared, now: int) -> None:
    """`Refused` where what is declared is still to come."""
    has_come("start", said.start, now)
    if said.end is not None:
        has_come("end", said.end, now)


def check_corrected(
    found: StoredIncident,
    known: Mapping[CorrectionField, str],
    fields: Mapping[CorrectionField, str],
    now: int,
) -> None:
    """`Refused` where an incident that was `known` by other words would end before it began.

    What nobody declares is as it was measured.
    """
    said = {name: parse_time(fields[name], name) for name in TIMES if fields.get(name)}
    for name, time in said.items():
        has_come(name, time, now)
    start, end = (fields.get(name, known.get(name, "")) for name in TIMES)
    begun = parse_time(start, TIMES[0]) if start else found.start
    over = parse_time(end, TIMES[1]) if end else found.end
    if said and over is not None and over <= begun:
        raise Refused(list(said)[-1], "expected the end after the start, declared or measured")


def has_come(field: str, time: int, now: int) -> None:
    """`Refused` where a time is still to come."""
    if time > now + AHEAD:
        raise Refused(field, "expected a time that has come")
