"""Values of PromQL expressions (`query_range` without `__name__`) to the series of each service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from detector.estimate import Origin
from detector.series import F64
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources import intervals
from outage_window.sources.reading import Reading
from outage_window.sources.samples import Sampled, SampleFile, merge, origins_of, service_of
from outage_window.sources.tables import Rows, RowsQuantity, faults_of


def services(files: Sequence[SampleFile], reading: Reading) -> list[ServiceData]:
    """One series a service; a value belongs to the step that ends at its time.

    `reading.quantity` must say what the values are. With both selectors, rates and counts of
    attempts and errors make counts (a rate times its step); without, each service has one series.
    """
    where = files[0].origin.name
    if reading.quantity is None:
        raise InputError(
            where,
            "values of an expression (series without a name); --quantity ratio, rate (per second)"
            " or count (per step) says what they are",
        )
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
    silent = 0
    if reading.attempts_selector is None or reading.errors_selector is None:
        labels = {tuple(sorted(one.labels.items())) for one in series}
        if len(labels) > 1:
            raise InputError(
                where,
                f"{len(labels)} series of the service {name!r}; expected one, or"
                " --attempts-selector and --errors-selector",
            )
        time = np.concatenate([one.time for one in series])
        value = np.concatenate([one.value for one in series])
        rows = _rows(name, reading, origins[0], time, None, value)
    else:
        series = merge(series, where)  # files may overlap: each value counts once
        attempts = [one for one in series if reading.attempts_selector.matches(one.labels)]
        errors = [one for one in series if reading.errors_selector.matches(one.labels)]
        time, total = _sum(attempts)
        if len(time) < 2:
            reason = f"{intervals.TOO_LITTLE} is selected by {reading.attempts_selector.text}"
            return ServiceData(name, None, origins, reason)
        seen, failed = _sum(errors)
        value = _at(time, seen, failed)
        silent = len(np.setdiff1d(time, seen, assume_unique=True))
        scale = intervals.step_of(time) if reading.quantity == "rate" else 1.0
        rows = _rows(name, reading, origins[0], time, total * scale, value * scale)
    data = intervals.service_data(name, [rows], reading.time_marks or "end")
    notes = (*data.notes, *_silence(silent, len(time)))
    return ServiceData(name, data.series, origins, data.refused, notes)


def _silence(silent: int, steps: int) -> tuple[str, ...]:
    """Say that a missing error value was read as no errors."""
    if not silent:
        return ()
    return (f"{silent} of {steps} steps have no value of the errors selector: read as no errors",)


def _rows(
    name: str, reading: Reading, origin: Origin, time: F64, attempts: F64 | None, value: F64
) -> Rows:
    ratio = reading.quantity == "ratio"
    if attempts is not None:  # equal numbers may differ in the last digit after scaling
        value = np.where(value <= attempts * (1 + 1e-9), np.minimum(value, attempts), value)
    fault = faults_of(attempts, value, ratio)

    def place(row: int) -> str:
        moment = datetime.fromtimestamp(time[row], UTC)
        return f"{origin.name}: the value at {moment:%Y-%m-%dT%H:%M:%SZ}"

    quantity: RowsQuantity = "counts" if attempts is not None else "ratio" if ratio else "level"
    return Rows(name, origin, quantity, time, attempts, value, np.arange(len(time)), fault, place)


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
