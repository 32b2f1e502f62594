"""What senders push, once parsed and checked: frozen values, times as integers of nanoseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

EventType = Literal[
    "detected_by",
    "acknowledged",
    "investigating",
    "identified",
    "mitigating",
    "escalated",
    "declared_start",
    "declared_end",
    "change",
    "ticket",
    "note",
]


class Refused(ValueError):
    """The body cannot be understood: `field` says where, the message what was expected."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of one delivery. Times are nanoseconds since the epoch, UTC.

    `ends_at` is None while the alert fires. `starts_at` is when the rule fired (after its `for`),
    never when the outage began.
    """

    fingerprint: str
    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: int
    ends_at: int | None
    generator_url: str

    @property
    def name(self) -> str:
        """The rule's name, or `unnamed`: Alertmanager does not require the label."""
        return self.labels.get("alertname", "unnamed")


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """One POST of an Alertmanager. `truncated` alerts were cut off by its `max_alerts`."""

    receiver: str
    group_key: str
    truncated: int
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a time that is not an alert: a change, an escalation, a ticket, a note.

    `id` makes repeated delivery harmless; without one the content is the identity. `team` names a
    role or team, never a person.
    """

    time: int
    type: EventType
    service: str
    text: str
    team: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts: `texts` each once, in the order in which they first appear; `codes` (n,)
    are the place among them of each row's text."""

    codes: NDArray[np.int32]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttemptBatch:
    """Authentication attempts as columns of length n, in the order in which they were sent.

    `time` in nanoseconds; `reason` and `source` are empty texts where the sender gave none.
    """

    time: NDArray[np.int64]
    failed: NDArray[np.bool_]
    user: Coded
    reason: Coded
    source: Coded
    service: Coded
