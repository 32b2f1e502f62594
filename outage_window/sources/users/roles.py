"""Which column of a table of attempts is which."""

from __future__ import annotations

from collections.abc import Sequence

from outage_window.errors import InputError
from outage_window.sources.columns import find
from outage_window.sources.reading import Reading

NEEDED = ("time", "user", "outcome")
OWN = ("user", "outcome", "reason", "source")
TEXTS = (*OWN, "service")
EXPECTED = "expected time, user, outcome (success or failure), and if known reason, source, service"


def recognise(names: Sequence[str], reading: Reading, where: str) -> dict[str, str]:
    """The name of the column for each role that the table has; `InputError` if one is missing."""
    found = {}
    for role in ("time", *TEXTS):
        named = reading.time_column if role == "time" else reading.service_column
        if role in OWN or named not in names:
            named = None
        name = find(names, role, named, where, role not in OWN)
        if name is not None:
            found[role] = name
    for role in NEEDED:
        if role not in found:
            raise InputError(where, f"no column {role}; {EXPECTED}")
    return found
