"""The files of an analysis as they are read: blocks of tables to be scanned, and samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from detector.estimate import Origin
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources import expressions, intervals, samples
from outage_window.sources.blocks import Block
from outage_window.sources.opening import File, opened
from outage_window.sources.pieces import Rows
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled, SampleFile
from outage_window.sources.scanning import Catalogue, Entry, Task


class Inputs:
    """All the files, opened; `tasks` reads them once, one after another."""

    def __init__(self, paths: Sequence[str], reading: Reading) -> None:
        self._reading = reading
        self._files: list[File] = [opened(path, reading) for path in paths]
        self._blocks: dict[tuple[int, int], Block] = {}
        self._sha256: dict[int, str] = {}
        self._samples: dict[int, SampleFile] = {}

    @property
    def files(self) -> tuple[File, ...]:
        """The files in the order given."""
        return tuple(self._files)

    @property
    def weight(self) -> int:
        """About how many bytes the rows of all tables take in order."""
        return sum(file.weight for file in self._files)

    def tasks(self) -> Iterator[Task]:
        """Every block of every table; files of samples are read meanwhile."""
        for index, file in enumerate(self._files):
            found = file.samples()
            if found is not None:
                self._keep(index, found)
                continue
            for number, (block, size) in enumerate(file.blocks()):
                self._blocks[index, number] = file.kept(number, block)
                yield Task(index, number, size, block)
            self._sha256[index] = file.sha256()

    def _keep(self, index: int, found: SampleFile) -> None:
        if not any(len(series.time) for series in found.series):
            raise InputError(
                self._files[index].name, "no samples; expected at least one series with values"
            )
        self._samples[index] = found

    def catalogue(self, entries: Iterable[Entry]) -> Catalogue:
        """What was read of tables; `InputError` where a file has no rows or means two things."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.key))
        having = {entry.key.file for entry in ordered}
        for index in sorted(self._sha256.keys() - having):
            raise InputError(
                self._files[index].name, "no rows after the header; expected at least one"
            )
        found = Catalogue(self._reading, ordered, dict(self._blocks))
        found.agree()
        return found

    def origins(self, catalogue: Catalogue) -> tuple[Origin, ...]:
        """What numbers name as their input, by the files' numbers."""
        rows = dict.fromkeys(self._sha256, 0)
        for entry in catalogue.entries:
            rows[entry.key.file] += entry.rows
        return tuple(
            self._samples[index].origin
            if index in self._samples
            else Origin(file.name, self._sha256[index], rows[index])
            for index, file in enumerate(self._files)
        )

    def sampled(self) -> list[ServiceData]:
        """The services of the files of samples."""
        files = list(self._samples.values())
        named, unnamed = _those(files, True), _those(files, False)
        services = samples.counters(named, self._reading) if named else []
        services += expressions.services(unnamed, self._reading) if unnamed else []
        notes = {file.origin: file.notes for file in files}
        return [_with_notes(data, notes) for data in services]

    def named(self) -> tuple[SampleFile, ...]:
        """The raw samples with names among what was read, of whatever metrics."""
        return tuple(_those(list(self._samples.values()), True))


def service_data(rows: Rows, origins: Sequence[Origin], reading: Reading) -> ServiceData:
    """The series of a service of tables; `origins` are those of all files."""
    own = tuple(dict.fromkeys(origins[file] for file in rows.files))
    return intervals.service_data(rows, own, reading.time_marks)


def contradicting(service: str, origins: Sequence[Origin]) -> ServiceData:
    """A service that both a table and samples speak of has two truths: refused."""
    names = " and ".join(origin.name for origin in origins)
    return ServiceData(service, None, tuple(origins), f"{names} both hold it; expected one source")


def _those(files: Sequence[SampleFile], named: bool) -> list[SampleFile]:
    """Raw samples, or values of expressions: they take different roads."""

    def only(file: SampleFile) -> tuple[Sampled, ...]:
        return tuple(series for series in file.series if series.named is named)

    return [SampleFile(file.origin, only(file)) for file in files if only(file)]


def _with_notes(data: ServiceData, notes: Mapping[Origin, tuple[str, ...]]) -> ServiceData:
    """The service with what must be said of the files that it comes from."""
    more = tuple(note for origin in data.origins for note in notes.get(origin, ()))
    return replace(data, notes=(*data.notes, *more)) if more else data
