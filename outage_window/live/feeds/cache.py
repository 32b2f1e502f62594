"""Decoded samples of one service in memory: derived from the store, which stays the truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np

from detector.estimate import Origin
from detector.increase import Counter, increases
from detector.series import F64, I64
from outage_window.assess import ServiceData
from outage_window.settings.models import Service
from outage_window.sources.breakdowns import Labelled
from outage_window.sources.fitness import APART, apart, impossible, miscounted
from outage_window.sources.samples import target_of
from outage_window.store.samples import Samples

NS = 1e9


class Cache:
    """The samples of one service from `since` (nanoseconds) on, and the counts they make."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Samples] = {}

    @property
    def until(self) -> int | None:
        """The time of the newest sample; None without any."""
        return max((int(s.time[-1]) for s in self._series.values()), default=None)

    @property
    def series(self) -> list[Samples]:
        """All samples, in order of role and labels; what both selectors chose stands twice."""
        return [one for _, one in sorted(self._series.items())]

    def add(self, found: list[Samples]) -> bool:
        """Take in samples, known ones too; whether any was new."""
        new = False
        for one in found:
            key = (one.role, json.dumps(dict(one.labels), sort_keys=True))
            known = self._series.get(key)
            merged = one if known is None else _merged(known, one)
            if merged is not known:
                self._series[key] = merged
                new = True
        if new:
            self._share_times()
        return new

    def _share_times(self) -> None:
        """Keep one array for series that were scraped together: nearly all of a service are."""
        shared: dict[tuple[int, int, int], I64] = {}
        for key, one in self._series.items():
            time = shared.setdefault((len(one.time), int(one.time[0]), int(one.time[-1])), one.time)
            if time is not one.time and np.array_equal(time, one.time):
                self._series[key] = Samples(one.role, one.labels, time, one.value)

    def forget_before(self, since: int) -> None:
        """Drop what is older."""
        for key, one in list(self._series.items()):
            first = int(np.searchsorted(one.time, since))
            if first == len(one.time):
                del self._series[key]
            elif first:
                self._series[key] = Samples(
                    one.role, one.labels, one.time[first:], one.value[first:]
                )
        self._share_times()

    def data(self, service: Service, origin: str) -> ServiceData:
        """The counts that the samples make, with the hash of what each selector chose.

        `origin` is where the samples are from, in a word or two.
        """
        origins = tuple(
            Origin(f"{origin}: {selector}", *self._digest(role))
            for role, selector in (("attempts", service.attempts), ("errors", service.errors))
        )
        seconds: dict[int, F64] = {}
        labelled = self._counters("attempts", seconds), self._counters("errors", seconds)
        attempts, errors = ([counter for _, counter in one] for one in labelled)
        if not attempts:
            reason = f"no data: {origin} has no series for {service.attempts}"
            return ServiceData(service.name, None, origins, reason)
        tried, failed = self._labels("attempts"), self._labels("errors")
        unfit = (
            impossible(attempts)
            or impossible(errors)
            or miscounted(tried, str(service.attempts))
            or miscounted(failed, str(service.errors))
        )
        if unfit is not None:
            return ServiceData(service.name, None, origins, unfit)
        result = increases(attempts, errors)
        if result.counts is None:
            return ServiceData(service.name, None, origins, result.refused or "no counts")
        notes = [] if errors else [f"no series for {service.errors}: taken as no errors at all"]
        notes += [APART] if apart(tried, failed) else []
        return ServiceData(
            service.name,
            result.counts,
            origins,
            notes=tuple(notes),
            attempts=labelled[0],
            errors=labelled[1],
        )

    def _counters(self, role: str, seconds: dict[int, F64]) -> list[Labelled]:
        """Those of a role; `seconds` are times by their array, made once for all that share it."""
        found = []
        for (of_role, _), one in sorted(self._series.items()):
            if of_role != role:
                continue
            known = ~np.isnan(one.value)
            if known.all():
                if id(one.time) not in seconds:
                    seconds[id(one.time)] = one.time / NS
                time, value = seconds[id(one.time)], one.value
            elif known.any():
                time, value = one.time[known] / NS, one.value[known]
            else:
                continue
            found.append((one.labels, Counter(target_of(one.labels), time, value)))
        return found

    def _labels(self, role: str) -> list[Mapping[str, str]]:
        return [one.labels for (of_role, _), one in sorted(self._series.items()) if of_role == role]

    def _digest(self, role: str) -> tuple[str, int]:
        digest, rows = hashlib.sha256(), 0
        for (of_role, labels), one in sorted(self._series.items()):
            if of_role == role:
                digest.update(labels.encode())
                digest.update(np.ascontiguousarray(one.time).data)
                digest.update(np.ascontiguousarray(one.value).data)
                rows += len(one.time)
        return digest.hexdigest(), rows


def _merged(known: Samples, new: Samples) -> Samples:
    """Both together, each time once; `known` itself when there is nothing new."""
    later = new.time > known.time[-1]
    # Both are in order: looked up, a few new samples cost nothing beside a long past.
    earlier = new.time[~later]
    if (known.time[np.searchsorted(known.time, earlier)] != earlier).any():
        time, value = _union(known, new)
        return Samples(known.role, known.labels, time, value)
    if not later.any():
        return known
    return Samples(
        known.role,
        known.labels,
        np.concatenate([known.time, new.time[later]]),
        np.concatenate([known.value, new.value[later]]),
    )


def _union(known: Samples, new: Samples) -> tuple[I64, F64]:
    time, first = np.unique(np.concatenate([known.time, new.time]), return_index=True)
    return time, np.concatenate([known.value, new.value])[first]
