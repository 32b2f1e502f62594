"""Values of expressions and queries, which are no raw samples, to the series of each service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from detector.estimate import Origin
from detector.series import F64
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources import intervals
from outage_window.sources.naming import WANTED, Roles, listed, roles_of
from outage_window.sources.pieces import Rows
from outage_window.sources.reading import Marks, Quantity, Reading
from outage_window.sources.sampled import Sampled, SampleFile
from outage_window.sources.samples import merge, origins_of, service_of
from outage_window.sources.selectors import Selector
from outage_window.sources.tables import RowsQuantity, faults_of


def services(files: Sequence[SampleFile], reading: Reading) -> list[ServiceData]:
    """One series a service; a value belongs to the step that ends at its time, if nothing else is
    told.

    The file or `reading.quantity` must say what the values are. With attempts and errors (see
    `roles_of`), rates and counts make counts (a rate times its step); without, each service has one
    series.
    """
    where = files[0].origin.name
    found: dict[str, list[Sampled]] = {}
    for file in files:
        for series in file.series:
            found.setdefault(service_of(series.labels, reading), []).append(series)
    return [
        _service(name, found[name], reading, origins_of(files, name, reading), where)
        for name in sorted(found)
    ]


def _service(
    name: str,
    series: list[Sampled],
    reading: Reading,
    origins: tuple[Origin, ...],
    where: str,
) -> ServiceData:
    roles = roles_of(series, reading, where)
    values = _selected(series, roles.value, where)
    silent, steps = 0, 0
    if roles.attempts is None:
        if not values and roles.value is not None:
            reason = f"{intervals.TOO_LITTLE} is selected by {roles.value.text}"
            return ServiceData(name, None, origins, reason)
        quantity, marks = _told(values, roles, reading, where)
        time, value = _only(name, values, where)
        rows = _rows(name, quantity, origins[0], time, None, value)
    else:
        tried = merge(_selected(series, roles.attempts, where), where)  # files may overlap:
        values = merge(values, where)  # each value counts once
        time, total = _sum(tried)
        if len(time) < 2:
            reason = f"{intervals.TOO_LITTLE} is selected by {roles.attempts.text}"
            return ServiceData(name, None, origins, reason)
        quantity, marks = _told([*tried, *values], roles, reading, where)
        seen, failed = _sum(values)
        value = _at(time, seen, failed)
        silent, steps = len(np.setdiff1d(time, seen, assume_unique=True)), len(time)
        scale = intervals.step_of(time) if quantity == "rate" else 1.0
        rows = _rows(name, quantity, origins[0], time, total * scale, value * scale)
    data = intervals.service_data(rows, origins[:1], marks)
    more = () if roles.note is None else (roles.note,)
    notes = (*data.notes, *_silence(silent, steps), *more)
    return ServiceData(name, data.series, origins, data.refused, notes)


def _selected(series: Sequence[Sampled], selector: Selector | None, where: str) -> list[Sampled]:
    """The series of a role; the same values as several statistics must not be summed."""
    found = [one for one in series if selector is None or selector.matches(one.labels)]
    statistics = {one.labels.get("statistic", "") for one in found if one.told.called is not None}
    if selector is not None and len(statistics) > 1:
        raise InputError(
            where,
            f"{selector.text} selects the statistics {', '.join(sorted(statistics))};"
            ' expected one, such as {statistic="..."}',
        )
    return found


def _told(
    series: Sequence[Sampled], roles: Roles, reading: Reading, where: str
) -> tuple[Quantity, Marks]:
    """What the values are and what their times mark: as told, else as asked, else the end."""
    kinds = (roles.quantity, reading.quantity, *(one.told.quantity for one in series))
    quantities = sorted({kind for kind in kinds if kind is not None})
    if len(quantities) > 1:
        raise InputError(
            where, f"values are said to be {' and '.join(quantities)}; expected one quantity"
        )
    if not quantities:
        raise InputError(
            where,
            "the file does not tell what its values are; --quantity ratio, rate (per second) or"
            " count (per step) does",
        )
    if quantities[0] == "ratio" and roles.attempts is not None:
        raise InputError(
            where, f"{listed(series)} are ratios, which are not attempts; expected one ratio"
        )
    marks = {one.told.marks for one in series}
    if len(marks) > 1 and reading.time_marks is None:
        raise InputError(
            where, "times mark the start of some and the end of others; --time-marks settles it"
        )
    return quantities[0], reading.time_marks or next(iter(marks), None) or "end"


def _only(name: str, series: Sequence[Sampled], where: str) -> tuple[F64, F64]:
    """The times and values of the one series that a service has, which may be in several files."""
    labels = {tuple(sorted(one.labels.items())) for one in series}
    if len(labels) > 1:
        raise InputError(
            where,
            f"{len(labels)} series of the service {name!r} ({listed(series)}); expected one, or"
            f" {WANTED}",
        )
    time = np.concatenate([one.time for one in series])
    return time, np.concatenate([one.value for one in series])


def _silence(silent: int, steps: int) -> tuple[str, ...]:
    """Say that a missing error value was read as no errors."""
    if not silent:
        return ()
    return (f"{silent} of {steps} steps have no value of the errors selector: read as no errors",)


def _rows(
    name: str, kind: Quantity, origin: Origin, time: F64, attempts: F64 | None, value: F64
) -> Rows:
    ratio = kind == "ratio"
    if attempts is not None:  # equal numbers may differ in the last digit after scaling
        value = np.where(value <= attempts * (1 + 1e-9), np.minimum(value, attempts), value)
    fault = faults_of(attempts, value, ratio)

    def place(row: int) -> str:
        moment = datetime.fromtimestamp(time[row], UTC)
        return f"{origin.name}: the value at {moment:%Y-%m-%dT%H:%M:%SZ}"

    quantity: RowsQuantity = "counts" if attempts is not None else "ratio" if ratio else "level"
    return Rows(name, quantity, time, attempts, value, fault, (0,), place)


def _sum(series: Sequence[Sampled]) -> tuple[F64, F64]:
    """The sum of several series at each time that any of them has."""
    if not series:
        return np.empty(0), np.empty(0)
    times, index = np.unique(np.concatenate([one.time for one in series]), return_inverse=True)
    total: F64 = np.bincount(index, np.concatenate([one.value for one in series])).astype(float)
    return times, total


def _at(time: F64, known: F64, value: F64) -> F64:
    """The values at other times; 0 where there is none: no error series yet means no errors."""
    result = np.zeros(len(time))
    _, here, there = np.intersect1d(time, known, assume_unique=True, return_indices=True)
    result[here] = value[there]
    return result
