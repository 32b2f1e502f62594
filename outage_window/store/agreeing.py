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


def merged(known: Sequence[StoredAlert], told: Told, new: StoredAlert | None) -> list[StoredAlert]:
    """The alerts that are known with one that an API told of: completed by it, or `new` beside.

    `new` None: where it is none of those known, it is left out.
    """
    found = list(known)
    places = [i for i, one in enumerate(known) if _is(one, told)]
    if places:
        nearest = min(places, key=lambda i: (abs(known[i].starts_at - told.starts_at), i))
        found[nearest] = _completed(known[nearest], told)
    elif new is not None:
        found.append(new)
    return found


def _is(known: StoredAlert, told: Told) -> bool:
    """It is the same alert: same labels, and fired at the same time.

    An alert fires once at a time, so that two spans which meet are one.
    """
    return _meets(known, told) and agree(known, told)


def agree(known: StoredAlert, told: Told) -> bool:
    """Labels agree but for those that Prometheus adds in storing, or in sending, an alert.

    Where the latter are not known, a delivered alert may have any labels more.
    """
    if known.fingerprint == told.fingerprint:
        return True
    if told.step == 0:
        return False  # Alertmanager's own fingerprint is of the labels as they were delivered
    external = told.external or frozenset()
    sent, stored = _without(known.labels, external), _without(told.labels, external)
    if told.external is not None:
        return sent == stored
    return stored.items() <= sent.items()


def _without(labels: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in names | NO_LABELS}


def _meets(known: StoredAlert, told: Told) -> bool:
    reach = 2 * told.step if told.step else SAME_START
    if abs(known.starts_at - told.starts_at) <= reach:
        return True
    before_end = known.ends_at is None or told.starts_at < known.ends_at
    return before_end and (told.ends_at is None or known.starts_at < told.ends_at)


def _completed(known: StoredAlert, told: Told) -> StoredAlert:
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
