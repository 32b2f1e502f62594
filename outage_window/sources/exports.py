"""All the files of an analysis to one `ServiceData` a service, in memory, of whatever kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detector.estimate import Origin
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources.inputs import Inputs, contradicting, service_data
from outage_window.sources.intervals import TOO_LITTLE
from outage_window.sources.opening import File, Packed
from outage_window.sources.parquet import MOST_ROWS, too_many
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile
from outage_window.sources.scanning import Scan
from outage_window.sources.shelf import InMemory


@dataclass(frozen=True, slots=True)
class Exports:
    """What was read: services sorted by name, files in the order given."""

    services: tuple[ServiceData, ...]
    inputs: tuple[Origin, ...]
    samples: tuple[SampleFile, ...] = ()
    """The raw samples with names among what was read, of whatever metrics."""


def load(paths: Sequence[str], reading: Reading) -> Exports:
    """Read every file.

    `InputError` where a file cannot be used at all, and when no service is left because of
    impossible or contradictory rows. Beside others, such a service keeps its reason, as does one
    with too little data.
    """
    inputs = Inputs(paths, reading)
    refuse_many(inputs.files)
    shelf = InMemory()
    scan = Scan(reading, 1, shelf)
    scanned = [scan(task) for task in inputs.tasks()]
    catalogue = inputs.catalogue(entry for one in scanned for entry in one.entries)
    origins = inputs.origins(catalogue)
    tables = [service_data(rows, origins, reading) for rows in catalogue.rows(shelf, 0)]
    services = one_source(tables, inputs.sampled())
    some_left((data.service, data.refused) for data in services)
    return Exports(tuple(services), tuple(dict.fromkeys(origins)), inputs.named())


def refuse_many(files: Iterable[File]) -> None:
    """`InputError` for a file that claims more rows than memory is meant for."""
    for file in files:
        if isinstance(file, Packed) and file.rows > MOST_ROWS:
            raise too_many(file.name, file.rows)


def one_source(*sources: Iterable[ServiceData]) -> list[ServiceData]:
    """The services of several sources, sorted by name; one that two of them have is refused."""
    found: dict[str, ServiceData] = {}
    for data in (data for source in sources for data in source):
        before = found.get(data.service)
        if before is not None:
            data = contradicting(data.service, before.origins + data.origins)
        found[data.service] = data
    return [found[name] for name in sorted(found)]


def some_left(refused: Iterable[tuple[str, str | None]]) -> None:
    """When every service was refused, too little data aside, there is no answer to give."""
    every = list(refused)
    bad = [(name, why) for name, why in every if why and not why.startswith(TOO_LITTLE)]
    if bad and len(bad) == len(every):
        more = f" (nor are {len(bad) - 1} more services)" if len(bad) > 1 else ""
        raise InputError(f"service {bad[0][0]}", f"{bad[0][1]}; it cannot be assessed{more}")
