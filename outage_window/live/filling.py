"""What Prometheus knows of alerts in a stretch of time: each run whole, however far it reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from outage_window.live.feeds.pulling import CHUNK, LARGEST, SMALLEST
from outage_window.sources import firing
from outage_window.sources.firing import Run
from outage_window.sources.pull import TooMuch
from outage_window.sources.sampled import Sampled
from outage_window.store.backfilled import Fetched

NS = 10**9
MS = 10**6
HOUR = 3600 * NS

Wanted = Callable[[Mapping[str, str]], bool]
"""Whether an alert with these labels is to be kept."""


class Prometheus(Protocol):
    """What answers with raw samples, and says which labels it adds in sending."""

    def samples(self, selector: str, start: int, end: int) -> list[Sampled]:
        """All samples in (start, end], nanoseconds."""

    def external_labels(self) -> dict[str, str] | None:
        """The labels that it adds to what it sends; None where it does not say."""


def fetch(
    client: Prometheus, wanted: Wanted, start: int, end: int, oldest: int, now: int
) -> list[Fetched]:
    """The wanted alerts that fired at some time in [start, end), nanoseconds, as Prometheus tells.

    A run that reaches out of it is followed to where it began, at most back to `oldest`, and to
    where it ended, at most until `now`: what fires then has no end. Times are those of evaluations;
    an end is one interval after the last at which it fired. Raises `PullFailed`.
    """
    external = client.external_labels()
    reach = _Reach(client, wanted, external or {}, start, end)
    span = max(HOUR, end - start)
    while reach.start > oldest and firing.touches(reach.runs, reach.start / NS):
        reach.more(max(oldest, reach.start - span), reach.start)
        span *= 2
    span = HOUR
    while reach.end < now and not all(run.over for run in reach.runs):
        reach.more(reach.end, min(now, reach.end + span))
        span *= 2
    names = None if external is None else frozenset(external)
    found = [run for run in reach.runs if run.first * NS < end and run.last * NS >= start]
    return [_fetched(run, external or {}, names) for run in found]


def follow(client: Prometheus, open_ones: Sequence[Fetched], now: int) -> list[Fetched]:
    """Alerts that were known to fire, as they are now: still firing, or with their ends.

    One that Prometheus has forgotten ended one interval after it was last known to fire.
    """
    external = client.external_labels() or {}
    names = {one.fingerprint for one in open_ones}
    reach = _Reach(
        client,
        lambda labels: firing.fingerprint(labels) in names,
        external,
        min(one.seen_at - 2 * one.step for one in open_ones),
        now,
    )
    found = []
    for one in open_ones:
        for run in reach.runs:
            mine = firing.fingerprint(_sent(run, external)) == one.fingerprint
            meets = run.last * NS >= one.seen_at - MS
            if mine and meets and run.first * NS <= one.seen_at + firing.BROKEN * one.step:
                last = _ns(run.last)
                ends_at = last + one.step if run.over else None
                found.append(replace(one, seen_at=last, ends_at=ends_at))
                break
        else:
            found.append(replace(one, ends_at=one.seen_at + one.step))
    return found


class _Reach:
    """The samples of alerts from `start` to `end`, which both may be moved, and their runs."""

    def __init__(
        self,
        client: Prometheus,
        wanted: Wanted,
        external: Mapping[str, str],
        start: int,
        end: int,
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._external = external
        self._firing: list[Sampled] = []
        self._conditions: list[Sampled] = []
        self.start = start
        self.end = end
        self.runs: list[Run] = []
        self.more(start, end)

    def more(self, start: int, end: int) -> None:
        """Take in another stretch beside what is there."""
        self._firing += _samples(self._client, firing.FIRING, start, end)
        if self._firing:
            self._conditions += _samples(self._client, firing.FOR_STATE, start, end)
        self.start, self.end = min(self.start, start), max(self.end, end)
        found = firing.runs(self._firing, self._conditions, self.end / NS)
        self.runs = [run for run in found if self._wanted(_sent(run, self._external))]


def _samples(client: Prometheus, selector: str, start: int, end: int) -> list[Sampled]:
    """The samples in (start, end], in pieces that the server will bear."""
    found: list[Sampled] = []
    chunk = CHUNK
    at = start
    while at < end:
        until = min(at + chunk, end)
        try:
            found += client.samples(selector, at, until)
        except TooMuch:
            chunk //= 2
            if chunk < SMALLEST:
                raise
            continue
        at = until
        chunk = min(2 * chunk, LARGEST)
    return found


def _fetched(run: Run, external: Mapping[str, str], names: frozenset[str] | None) -> Fetched:
    labels, step, last = _sent(run, external), _ns(run.step), _ns(run.last)
    return Fetched(
        fingerprint=firing.fingerprint(labels),
        starts_at=_ns(run.first),
        ends_at=last + step if run.over else None,
        labels=labels,
        annotations={},
        seen_at=last,
        step=step,
        external=names,
        active_since=None if run.active_since is None else _ns(run.active_since),
    )


def _sent(run: Run, external: Mapping[str, str]) -> dict[str, str]:
    """The labels as Prometheus sends them: its own are added where the alert has none such."""
    return {**external, **run.labels}


def _ns(seconds: float) -> int:
    """Nanoseconds, of whole milliseconds: samples have no finer times."""
    return round(seconds * 1000) * MS
