"""All the files of an analysis to one `ServiceData` a service, whatever kinds they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from detector.estimate import Origin
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources import expressions, grafana, intervals, samples, tables
from outage_window.sources.files import Source, read
from outage_window.sources.intervals import TOO_LITTLE
from outage_window.sources.kinds import SAMPLES, kind_of
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled, SampleFile


@dataclass(frozen=True, slots=True)
class Exports:
    """What was read: services sorted by name, files in the order given."""

    services: tuple[ServiceData, ...]
    inputs: tuple[Origin, ...]
    samples: tuple[SampleFile, ...] = ()
    """The raw samples with names among what was read, of whatever metrics."""


@dataclass(slots=True)
class _Found:
    """What has been read so far, by the way in which it becomes a series."""

    rows: list[tables.Rows] = field(default_factory=list)
    named: list[SampleFile] = field(default_factory=list)
    unnamed: list[SampleFile] = field(default_factory=list)
    inputs: list[Origin] = field(default_factory=list)
    notes: dict[Origin, tuple[str, ...]] = field(default_factory=dict)


def load(
    paths: Sequence[str], reading: Reading, progress: Callable[[str], None] = lambda path: None
) -> Exports:
    """Read every file; `progress` is called with each path before it is read.

    `InputError` where a file cannot be used at all, and when no service is left because of
    impossible or contradictory rows. Beside others, such a service keeps its reason, as does one
    with too little data.
    """
    found = _Found()
    for path in paths:
        progress(path)
        _read(path, reading, found)
    parts = tables.services(found.rows)
    services = [intervals.service_data(name, parts[name], reading.time_marks) for name in parts]
    if found.named:
        services += samples.counters(found.named, reading)
    if found.unnamed:
        services += expressions.services(found.unnamed, reading)
    services = [_with_notes(data, found.notes) for data in services]
    services = _one_source(sorted(services, key=lambda data: data.service))
    _some_left(services)
    inputs = tuple(dict.fromkeys(found.inputs))
    return Exports(tuple(services), inputs, tuple(found.named))


def _some_left(services: Sequence[ServiceData]) -> None:
    """When every service was refused, too little data aside, there is no answer to give."""
    bad = [d for d in services if d.refused and not d.refused.startswith(TOO_LITTLE)]
    if bad and len(bad) == len(services):
        more = f" (nor are {len(bad) - 1} more services)" if len(bad) > 1 else ""
        raise InputError(
            f"service {bad[0].service}", f"{bad[0].refused}; it cannot be assessed{more}"
        )


def _read(path: str, reading: Reading, found: _Found) -> None:
    source = read(path)
    reader = _samples(source, reading)
    if reader is None:
        rows = tables.read(source, reading)
        found.rows += rows
        found.inputs.append(rows[0].origin)
        return
    file = reader(source, reading)
    if not any(len(series.time) for series in file.series):
        raise InputError(source.name, "no samples; expected at least one series with values")
    found.inputs.append(file.origin)
    found.notes[file.origin] = file.notes
    _by_name(file, found)


def _samples(source: Source, reading: Reading) -> Callable[[Source, Reading], SampleFile] | None:
    """The reader of a file of samples; None for a table."""
    kind = kind_of(source)
    if kind == "delimited" and grafana.claims(source, reading):
        return grafana.read
    return SAMPLES.get(kind)


def _by_name(file: SampleFile, found: _Found) -> None:
    """Raw samples and values of expressions take different roads."""

    def only(named: bool) -> tuple[Sampled, ...]:
        return tuple(series for series in file.series if series.named is named)

    if only(True):
        found.named.append(SampleFile(file.origin, only(True)))
    if only(False):
        found.unnamed.append(SampleFile(file.origin, only(False)))


def _with_notes(data: ServiceData, notes: Mapping[Origin, tuple[str, ...]]) -> ServiceData:
    """The service with what must be said of the files that it comes from."""
    more = tuple(note for origin in data.origins for note in notes.get(origin, ()))
    return replace(data, notes=(*data.notes, *more)) if more else data


def _one_source(services: Sequence[ServiceData]) -> list[ServiceData]:
    """A service that both a table and samples speak of has two truths: refused."""
    found: dict[str, ServiceData] = {}
    for data in services:
        before = found.get(data.service)
        if before is not None:
            origins = before.origins + data.origins
            reason = f"{' and '.join(o.name for o in origins)} both hold it; expected one source"
            data = ServiceData(data.service, None, origins, reason)
        found[data.service] = data
    return list(found.values())
