"""Labelled samples (Prometheus, OpenMetrics) to the series of each service, by selectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimate import Origin
from detector.increase import Counter, increases
from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.sources.breakdowns import Labelled
from outage_window.sources.fitness import APART, apart, impossible, miscounted
from outage_window.sources.intervals import TOO_LITTLE
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled, SampleFile
from outage_window.sources.selectors import Matcher, Selector

OUTCOMES = ("result", "outcome")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which series are attempts and which are errors, and a note if that was told by the labels."""

    attempts: Selector
    errors: Selector
    note: str | None = None


def service_of(labels: Mapping[str, str], reading: Reading) -> str:
    """The label of the service option, else `service`, else `job`, else the default."""
    if reading.service_column is not None:
        return labels.get(reading.service_column) or reading.service
    return labels.get("service") or labels.get("job") or reading.service


def counters(files: Sequence[SampleFile], reading: Reading) -> list[ServiceData]:
    """Counts of every service from raw counter samples, services sorted by name.

    Samples of one series in several files are put together; sample times that repeat count once.
    """
    where = files[0].origin.name
    merged = merge([series for file in files for series in file.series], where)
    chosen = choose([series.labels for series in merged], reading, where)
    found: dict[str, tuple[list[Labelled], list[Labelled]]] = {}
    for series in merged:
        attempt, error = (s.matches(series.labels) for s in (chosen.attempts, chosen.errors))
        counter = Counter(target_of(series.labels), series.time, series.value)
        if attempt or error:
            attempts, errors = found.setdefault(service_of(series.labels, reading), ([], []))
            attempts.extend([(series.labels, counter)] * attempt)
            errors.extend([(series.labels, counter)] * error)
    tried, failed = (
        _selected(merged, selector, where) for selector in (chosen.attempts, chosen.errors)
    )
    beside = {
        name
        for name in found
        if apart(*([m for m in one if service_of(m, reading) == name] for one in (tried, failed)))
    }
    return [
        _counted(name, *found[name], origins_of(files, name, reading), chosen, name in beside)
        for name in sorted(found)
    ]


def _selected(merged: Sequence[Sampled], selector: Selector, where: str) -> list[Mapping[str, str]]:
    """The labels of the series selected; `InputError` for none, and for what must not be summed."""
    labels = [series.labels for series in merged if selector.matches(series.labels)]
    reason = miscounted(labels, selector.text) if labels else None
    if not labels or reason is not None:
        raise InputError(where, reason or f"no series is selected by {selector.text}")
    return labels


def origins_of(files: Sequence[SampleFile], service: str, reading: Reading) -> tuple[Origin, ...]:
    """The files that hold a series of the service."""
    return tuple(
        file.origin
        for file in files
        if any(service_of(series.labels, reading) == service for series in file.series)
    )


def choose(labels: Sequence[Mapping[str, str]], reading: Reading, where: str) -> Chosen:
    """The selectors given, or those that the labels leave no doubt about.

    Without options: one metric named `*_total` with one label `result` or `outcome` whose values
    are `success` and `failure`. Anything else is an `InputError` that names the options.
    """
    if reading.attempts_selector is not None and reading.errors_selector is not None:
        return Chosen(reading.attempts_selector, reading.errors_selector)
    wanted = "--attempts-selector and --errors-selector say which series are which"
    if reading.attempts_selector is not None or reading.errors_selector is not None:
        raise InputError(where, f"one selector without the other; {wanted}")
    totals = {m["__name__"] for m in labels if m.get("__name__", "").endswith("_total")}
    kinds = {
        (label, m[label])
        for m in labels
        for label in OUTCOMES
        if m.get("__name__") in totals and label in m
    }
    found = {label for label, _ in kinds}
    if len(totals) != 1 or len(found) != 1 or {v for _, v in kinds} != {"success", "failure"}:
        raise InputError(where, f"cannot tell attempts from errors; {wanted}")
    name, label = totals.pop(), found.pop()
    metric = Matcher("__name__", "=", name)
    attempts = Selector(name, (metric,))
    errors = Selector(f'{name}{{{label}="failure"}}', (metric, Matcher(label, "=", "failure")))
    note = f"attempts are {attempts.text}, errors are {errors.text}, as the labels say"
    return Chosen(attempts, errors, note)


def target_of(labels: Mapping[str, str]) -> str:
    """What was scraped: job and instance, empty without an instance."""
    instance = labels.get("instance")
    return f"{labels.get('job', '')} {instance}" if instance else ""


def _counted(
    service: str,
    attempts: list[Labelled],
    errors: list[Labelled],
    origins: tuple[Origin, ...],
    chosen: Chosen,
    beside: bool,
) -> ServiceData:
    notes = [] if chosen.note is None else [chosen.note]
    tried, failed = ([counter for _, counter in one] for one in (attempts, errors))
    reason = impossible(tried) or impossible(failed)
    if reason is not None:
        return ServiceData(service, None, origins, reason, tuple(notes))
    if not attempts:
        reason = f"no series of this service is selected by {chosen.attempts.text}"
        return ServiceData(service, None, origins, reason, tuple(notes))
    result = increases(tried, failed)
    if result.counts is None:
        reason = result.refused or "the counters give no counts"
        if not result.clipped:
            reason = f"{TOO_LITTLE}: {reason}"
        return ServiceData(service, None, origins, reason, tuple(notes))
    step = result.counts.step
    notes.insert(0, f"counters, step {step:g} s; an increase belongs to the time between samples")
    if result.clipped:
        notes.append(f"errors exceeded attempts in {result.clipped} intervals: clipped")
    if not errors:
        notes.append(f"no series is selected by {chosen.errors.text}: taken as no errors at all")
    if beside:
        notes.append(APART)
    return ServiceData(
        service, result.counts, origins, notes=tuple(notes), attempts=attempts, errors=errors
    )


def merge(all_series: Sequence[Sampled], where: str) -> list[Sampled]:
    """One `Sampled` a set of labels, times strictly increasing; `where` names an `InputError`."""
    found: dict[tuple[tuple[str, str], ...], list[Sampled]] = {}
    for series in all_series:
        found.setdefault(tuple(sorted(series.labels.items())), []).append(series)
    return [_one(found[key], where) for key in sorted(found)]


def _one(parts: list[Sampled], where: str) -> Sampled:
    labels, told = parts[0].labels, parts[0].told
    if any(part.told != told for part in parts):
        raise InputError(where, f"series {dict(labels)} is told to be of two kinds; expected one")
    time = np.concatenate([part.time for part in parts])
    value = np.concatenate([part.value for part in parts])
    order = np.argsort(time, kind="stable")
    time, value = time[order], value[order]
    again = np.flatnonzero(np.diff(time) == 0)
    if len(again) and (value[again] != value[again + 1]).any():
        raise InputError(
            where,
            f"series {dict(labels)} has two values at the same time; expected one",
        )
    return Sampled(labels, np.delete(time, again + 1), np.delete(value, again + 1), told)
