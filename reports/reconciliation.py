"""What a reconciliation found: outages, alerts and what was received, held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
Span = tuple[float, float]
"""[start, end) in seconds since the epoch."""

Why = Literal["none", "lost", "muted"]
"""What an outage had instead of an alert: nothing; one that fired and never arrived; one that was
silenced or inhibited."""


@dataclass(frozen=True, slots=True)
class Known:
    """Over which parts of the period something is known, and why not over the rest.

    Without any part nothing is known, and there is no count: not even 0. `because` is empty where
    the whole period is known.
    """

    spans: tuple[Span, ...]
    because: str = ""


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """What was found of one kind. `count` None: not derivable, `known.because` says why."""

    found: tuple[T, ...]
    count: int | None
    known: Known


@dataclass(frozen=True, slots=True)
class Outage:
    """A measured outage without an alert; `low` and `high` are those of its onset, `end` None while
    it goes on. Seconds since the epoch."""

    id: str
    service: str
    start: float
    low: float | None
    high: float | None
    end: float | None
    why: Why


@dataclass(frozen=True, slots=True)
class Group:
    """One alert of one service as often as it fired: what flaps is one line.

    `seconds` is how long it fired in the period in all, `longest` at a time, `firing` how many
    times go on. `first` and `last` are when it fired for the first and the last time. `how` is what
    was special: who told of it, what muted it, or why it was not judged.
    """

    name: str
    service: str
    how: str
    times: int
    seconds: float
    longest: float
    first: float
    last: float
    firing: int
    most: int = 0
    """Of alerts that came beside others that were cut off: how many at most at a time."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What came in of one source, and where it has gaps."""

    name: str
    known: Known
    gaps: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long all gaps last together."""
        return sum(end - start for start, end in self.gaps)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Deliveries of one sender that could not be understood, by the reason; kept raw."""

    sender: str
    reason: str
    times: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All of it, over [`start`, `end`) as far as that has passed at `as_of` (seconds)."""

    start: float
    end: float
    as_of: float
    services: tuple[str, ...]
    outages: Section[str]
    """The ids of all measured outages."""
    without_alert: Section[Outage]
    alerts_not_known: tuple[str, ...]
    """The ids of outages of which nobody knows whether an alert fired."""
    alerts: Section[str]
    """How many alerts fired, whatever became of them; `found` is empty."""
    without_window: Section[Group]
    not_judged: tuple[Group, ...]
    silenced: Section[Group]
    inhibited: Section[Group]
    truncated: Section[Group]
    lost: Section[Group]
    lost_known: tuple[tuple[str, Known], ...]
    """Over which time each source was asked for what fired."""
    unknown_to_prometheus: Section[Group]
    feeds: tuple[Feed, ...]
    receiver: Feed
    not_understood: Section[Refusal]
    turned_away: Section[str]

    @property
    def findings(self) -> int:
        """How many things there are that somebody should look at. What was silenced or inhibited
        was so on purpose, and is none."""
        counted: Iterator[int] = (
            len(one.found)
            for one in (
                self.without_alert,
                self.without_window,
                self.truncated,
                self.lost,
                self.unknown_to_prometheus,
                self.not_understood,
            )
        )
        return sum(counted) + sum(len(feed.gaps) for feed in (*self.feeds, self.receiver))
