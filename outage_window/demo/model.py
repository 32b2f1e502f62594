"""What the simulator is told: an outage, how it fails people, what was alerted and written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LockOut:
    """A share of the users fails at every attempt; the others notice nothing."""

    share: float


@dataclass(frozen=True, slots=True)
class Intermittent:
    """Each attempt of anybody fails with a probability; of the successes a share is slow."""

    failing: float
    slow: float


@dataclass(frozen=True, slots=True)
class PastAlert:
    """One alert as it was: the rule's name, its `for` in words, and when it fired and resolved."""

    rule: str
    held_for: str
    summary: str
    fired_at: float
    resolved_at: float


@dataclass(frozen=True, slots=True)
class PastEvent:
    """Something that people did or wrote down; `kind` is an event type of the API."""

    time: float
    kind: str
    text: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage: the physical truth [`start`, `end`), and beside it what people declared.

    Times are seconds since the epoch, UTC. `utc_offset` (hours) is where the users live: it sets
    the hours of their day. `pods` run the service and `users` know it; `reason` is the failure
    reason that the outage shows. `declared_share` is the share of users that people stated.
    """

    id: str
    service: str
    zone: str
    utc_offset: float
    start: float
    end: float
    harm: LockOut | Intermittent
    reason: str
    pods: int
    users: int
    declared_share: float | None
    alerts: tuple[PastAlert, ...]
    events: tuple[PastEvent, ...]

    def declared(self, kind: str) -> float:
        """The time of the first event of a kind, such as `declared_start`."""
        return next(event.time for event in self.events if event.kind == kind)
