"""What the receiver is given to keep what came, and how keeping can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webhooks.incidents import Change, Declared
from webhooks.maintenance import Maintenance
from webhooks.model import AlertDelivery, AttemptBatch, Event, Refused
from webhooks.remote_write.model import Write, Written


class Unknown(Exception):
    """There is no such incident, or whatever is named: the sender is told 404."""


class Conflict(Exception):
    """What is to be changed is not as the sender believes: 412 with its words."""


class Busy(Exception):
    """What came could not be kept now: the sender is told 503, and sends again."""


@dataclass(frozen=True, slots=True)
class Keepers:
    """What the receiver is given to keep what came. Each returns once it is durable, or `Busy`.

    `alerts` takes (sender, raw body, delivery); `quarantine` (sender, raw body, why it was
    refused).
    """

    alerts: Callable[[str, bytes, AlertDelivery], None]
    quarantine: Callable[[str, bytes, Refused], None]
    events: Callable[[tuple[Event, ...]], int]
    services_of: Callable[[str], tuple[str, ...]]
    """The services of the events kept so far whose id begins with the text."""
    ignored: Callable[[], None]
    """Told of each request of a known sender that tells of nothing that is kept."""
    attempts: Callable[[bytes, AttemptBatch], int]
    samples: Callable[[str, Write], Written]
    """`samples(version, what was sent by remote write)`."""
    declare: Callable[[Declared], dict[str, object]]
    """What became of it, `id` and `created` among it: one that is known is not made twice."""
    change: Callable[[str, Change, str | None], dict[str, object]]
    """`change(incident, change, the ETag of the draft that was edited)`; `Unknown`, `Conflict`."""
    maintenance: Callable[[Maintenance], bool]
    """Whether it is new: another word under the same id replaces the earlier one."""
    no_maintenance: Callable[[str], None]
    """Take back the maintenance of that id; `Unknown`."""
    refused: Callable[[str], None]
    """Told of each request that was turned away: `unauthorised`, `too_large`, `invalid`, `busy`."""
    now: Callable[[], int]
    """The clock: nanoseconds since the epoch."""
