# Made incidents of every state in a store, and a real `serve` process that shows them.
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from detector.cells import Cells
from outage_window.live.rows import row
from outage_window.store import Store, cells, incidents
from reports.facts import Incident
from tests.live.process import Process
from tests.reports import incidents as made

NS = 10**9
STATES = {
    "closed": made.REFERENCES["2024-01-22"],
    "phased": replace(made.PHASED, id="phased-20231110T1530Z", service="phased"),
    "ratio": replace(made.RATIO_ONLY, id="ratio-20240122T1530Z", service="ratio"),
    "level": replace(made.LEVEL, id="level-20240122T1530Z", service="level"),
    "ongoing": made.ONGOING,
    "suspected": replace(made.SUSPECTED, id="suspected-20240601T2214Z", service="suspected"),
    "blind": replace(made.BLIND, id="blind-20240601T2214Z", service="blind"),
    "unconfirmed": replace(
        made.BLIND,
        id="unconfirmed-20240601T2214Z",
        service="unconfirmed",
        state="unconfirmed",
        alerts=(made.alert("2024-06-01 22:14", "2024-06-01 22:20"),),
    ),
    "declared": replace(made.DECLARED, id="declared-20240601T2200Z", service="declared"),
}
"""An incident of each kind of page by its name; each of its own service."""


def edges(one: Incident) -> tuple[int, int | None]:
    """What an incident is matched by, in nanoseconds."""
    if one.window is not None:
        end = one.window.end.value
        return round(one.window.onset * NS), None if end is None else round(end * NS)
    start = min([fact.fired_at for fact in one.alerts] + [fact.time for fact in one.events])
    over = None if one.state in ("suspected", "declared") else round((start + 600) * NS)
    return round(start * NS), over


def keep(store: Store, one: Incident, measured: Cells | None = None) -> None:
    """Save an incident as the live loop would, with the intervals that it was found in."""
    now = round(one.as_of * NS)

    def work(connection: Connection) -> None:
        incidents.save(connection, row(one, None, now, edges(one)))
        if measured is not None:
            cells.keep(connection, one.id, len(measured.start), cells.pack(measured))

    store.write(work)


@contextmanager
def showing(
    folder: Path,
    found: Iterable[Incident],
    settings: str = "",
    measured: Mapping[str, Cells] = {},
) -> Iterator[Process]:
    """A process that serves these incidents; `measured` are intervals by an incident's id."""
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        for one in found:
            keep(store, one, measured.get(one.id))
    with Process(folder, settings) as process:
        yield process
