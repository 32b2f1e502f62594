"""Whether an alert that an API told of is one that was delivered, and what it adds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from outage_window.store.alerts import SAME_START, StoredAlert

LATE = 60 * 10**9
"""A delivery that it fires, so long after an end that an API told, is the better knowledge."""

NO_LABELS = frozenset({"__name__", "alertstate"})
"""What Prometheus adds to the labels of an alert in its own series of alerts."""


class Told(Protocol):
    """What an API tells of an alert: times in nanoseconds, as `Fetched` has them."""

    @property
    def fingerprint(self) -> str:
        """Alertmanager's hash of the labels."""

    @property
    def starts_at(self) -> int:
        """When it fired."""

    @property
    def ends_at(self) -> int | None:
        """When it ended, None while that is not known."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""

    @property
    def step(self) -> int:
        """The interval of evaluation; 0 for times as they were given."""

    @property
    def external(self) -> frozenset[str] | None:
        """Names of the labels that sending adds; None: not known."""

    @property
    def active_since(self) -> int | None:
        """When its condition began to hold."""

    @property
    def valid_until(self) -> int | None:
        """When it ends by itself unless it is repeated."""


class Known:
    """Alerts that are known, beside which what an API told is laid one by one.

    They are found by name, since there may be many of weeks; most are told as they were delivered.
    """

    def __init__(self, known: Sequence[StoredAlert]) -> None:
        self.alerts: list[StoredAlert] = []
        self._exact: dict[tuple[str, int], int] = {}
        self._named: dict[str, list[int]] = {}
        for one in known:
            self._add(one)

    def lay(self, told: Told, new: StoredAlert | None) -> None:
        """Complete the alert that this one is; where it is none of those known, add `new`.

        `new` None: then it is left out.
        """
        place = self._exact.get((told.fingerprint, told.starts_at))
        if place is None:
            places = self._named.get(_name(told.labels), [])
            same = [i for i in places if _is(self.alerts[i], told)]
            place = min(same, key=lambda i: (self._apart(i, told), i), default=None)
        if place is not None:
            self.alerts[place] = completed(self.alerts[place], told)
        elif new is not None:
            self._add(new)

    def _apart(self, place: int, told: Told) -> int:
        return abs(self.alerts[place].starts_at - told.starts_at)

    def _add(self, alert: StoredAlert) -> None:
        place = len(self.alerts)
        self.alerts.append(alert)
        self._exact.setdefault((alert.fingerprint, alert.starts_at), place)
        self._named.setdefault(_name(alert.labels), []).append(place)


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname", "")


def _is(known: StoredAlert, told: Told) -> bool:
    """It is the same alert: same labels, and fired at the same time.

    An alert fires once at a time, so that two spans which meet are one.
    """
    return meets(known, told) and agree(known, told)


def agree(known: StoredAlert, told: Told) -> bool:
    """Labels agree but for those that Prometheus adds in storing, or in sending, an alert.

    Where the latter are not known, a delivered alert may have any labels more.
    """
    if known.fingerprint == told.fingerprint:
        return True
    if told.step == 0:
        return False  # Alertmanager's own fingerprint is of the labels as they were delivered
    external = told.external or frozenset()
    sent, stored = without(known.labels, external), without(told.labels, external)
    if told.external is not None:
        return sent == stored
    return stored.items() <= sent.items()


def without(labels: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    """The labels less those of these names, and those that Prometheus adds in storing."""
    return {name: value for name, value in labels.items() if name not in names | NO_LABELS}


def meets(known: StoredAlert, told: Told) -> bool:
    """They overlap in time, or began so near that it is one start told twice."""
    reach = 2 * told.step if told.step else SAME_START
    if abs(known.starts_at - told.starts_at) <= reach:
        return True
    before_end = known.ends_at is None or told.starts_at < known.ends_at
    return before_end and (told.ends_at is None or known.starts_at < told.ends_at)


def completed(known: StoredAlert, told: Told) -> StoredAlert:
    """What was delivered, with an end that no delivery brought, and what deliveries never say."""
    ends_at, timed_out, backfilled = known.ends_at, known.timed_out, known.backfilled
    made_up = timed_out and not known.backfilled  # only by a later one that fired
    if told.ends_at is not None and (
        (ends_at is None and known.last_received <= told.ends_at + LATE)
        or (ends_at is not None and made_up and told.ends_at < ends_at)
    ):
        ends_at = told.ends_at
        timed_out = False
        backfilled = known.backfilled or "end"
    return replace(
        known,
        ends_at=ends_at,
        # It ended when its validity ran out: its sender fell silent, and nobody said it was over.
        timed_out=timed_out or (ends_at is not None and ends_at == told.valid_until),
        backfilled=backfilled,
        active_since=known.active_since or told.active_since,
    )
