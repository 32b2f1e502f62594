"""Fills a store as years of use do: thousands of incidents of many services, in every state."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, insert, select

from benchmarks.lab.incidents import SERVICE, Made, closed, lasting, unmeasured
from benchmarks.lab.moving import Copier, Move, Raw
from outage_window.live.rows import row
from outage_window.store import Store, corrections, incidents
from outage_window.store.schema import board as board_table
from outage_window.store.schema import corrections as corrections_table
from outage_window.store.schema import incidents as incidents_table
from outage_window.store.schema import revisions

NS = 10**9
SERVICES = tuple(
    f"{what}-{where}"
    for what in ("auth", "sso", "token-api", "session", "accounts", "identity", "mfa", "directory")
    for where in ("eu", "us", "apac", "latam", "mea")
)
WEEKS = 104
TABLES = {
    "incidents": (incidents_table, incidents_table.c.id),
    "board": (board_table, board_table.c.incident_id),
    "revisions": (revisions, revisions.c.incident_id),
    "corrections": (corrections_table, corrections_table.c.incident_id),
}
AT_ONCE = 250
MERGED = 0.01
"""Of what is over, the part that people made part of the incident before it."""
_TODO = re.compile(r"TODO\(owner\?\): [^\n]*")
_ANSWER = "Platform: seen on 2 of 3 nodes; tokens issued before the deploy were refused."


def fill(store: Store, count: int, until: float) -> None:
    """Store so many incidents of the two years before `until` (seconds).

    Those that go on are saved as the live loop saves them. So are a few that are over, in a store
    beside this one; the others are copies of their rows. Copies have no chart: pages draw their
    own, and it would be gigabytes.
    """
    until = until // 60 * 60
    going = [one for one in lasting(until) for _ in range(2)][:count]
    for number, one in enumerate(going):
        save(store, one, SERVICES[7 * number % len(SERVICES)])
    copies = _copies(_models(until), count - len(going), random.Random(count))
    while some := list(islice(copies, AT_ONCE)):
        store.write(lambda c, some=some: _insert(c, some))  # type: ignore[misc]


def save(store: Store, one: Made, service: str) -> str:
    """Save an incident as if that service had had it; its id."""
    incident = Move(0, SERVICE, service).facts(one.incident)
    kept = row(incident, None, round(incident.as_of * NS), one.edges)

    def work(connection: Connection) -> None:
        for said in incident.corrections:
            at = round(said.at * NS)
            corrections.keep(connection, incident.id, {said.field: said.value}, said.by, at)
        incidents.save(connection, kept)

    store.write(work)
    return incident.id


def _answer(store: Store, identity: str, answers: int) -> None:
    """As people do, fill in some blanks of a draft."""

    def work(connection: Connection) -> None:
        found = incidents.get(connection, identity)
        assert found is not None
        assert found.draft is not None
        text = _TODO.sub(_ANSWER, found.draft, count=answers)
        incidents.edit(connection, identity, text, found.draft, found.updated_at + 86_400 * NS)

    store.write(work)


def _models(until: float) -> list[Copier]:
    """What copies are made of, each saved by the product in a store of its own."""
    with TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'ow.db'}")
        try:
            found = []
            for number, one in enumerate((*closed(until), *unmeasured(until))):
                identity = save(store, one, SERVICE)
                if number % 3:
                    _answer(store, identity, 4 * (number % 3))
                with store.read() as connection:
                    found.append(Copier(rows_of(connection, identity), SERVICE))
        finally:
            store.close()
    return found


def rows_of(connection: Connection, identity: str) -> dict[str, list[Raw]]:
    """The rows of an incident by the name of their table, without what numbers them."""
    found = {}
    for name, (table, key) in TABLES.items():
        numbered = name == "corrections"
        columns = [one for one in table.c if not (numbered and one.primary_key)]
        rows = connection.execute(select(*columns).where(key == identity)).mappings()
        found[name] = [dict(row) for row in rows]
    return found


def _copies(
    models: list[Copier], count: int, draw: random.Random
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """So many, each another: of a model, some weeks before it, of a service."""
    places = range(len(models) * len(SERVICES) * WEEKS)
    before = None
    for place in draw.sample(places, count):
        rest, service = divmod(place, len(SERVICES))
        weeks, model = divmod(rest, len(models))
        rows = models[model].copy(-weeks, SERVICES[service])
        if before is not None and draw.random() < MERGED:
            rows["incidents"][0] |= {"merged_into": before, "merged_by": "people"}
            rows["board"] = []
        else:
            before = rows["incidents"][0]["id"]
        yield rows


def _insert(connection: Connection, some: list[dict[str, list[dict[str, Any]]]]) -> None:
    for name, (table, _) in TABLES.items():
        rows = [row for one in some for row in one[name]]
        if rows:
            connection.execute(insert(table), rows)
