"""The facts of one incident: everything a draft, timeline or chart may print, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from detector.estimate import Estimate, Origin
from detector.results import Finding, Split, ThresholdRule, UserShare, Window

State = Literal["suspected", "ongoing", "closed", "unconfirmed", "declared"]


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One alert: seconds since the epoch, UTC; `resolved_at` None while it fires.

    `timed_out` marks an end that Alertmanager made up because the sender fell silent: no evidence
    of recovery. `received_at` is the first delivery (None in batch), `deliveries` counts re-sends,
    `truncated` is the most alerts that the sender cut off beside it, `unlisted` how many alerts
    of a flood it stands for besides itself.

    `backfilled` names who was asked for an alert that no delivery brought (its `deliveries` are 0),
    or is `end` where only its end was asked for. `active_since` is when its condition began to
    hold, before it waited to fire; None where that is not known.
    """

    name: str
    labels: Mapping[str, str]
    summary: str
    source: str
    fired_at: float
    resolved_at: float | None
    timed_out: bool = False
    received_at: float | None = None
    deliveries: int = 1
    truncated: int = 0
    unlisted: int = 0
    backfilled: Literal["", "end", "alertmanager", "prometheus"] = ""
    active_since: float | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What people announced beforehand or muted: [`start`, `end`) in seconds since the epoch.

    `maintenance` takes the metrics of that time out of what is judged; a `silence` only kept alerts
    from being told to anybody. `text` is the reason, `matchers` which alerts a silence muted.
    """

    kind: Literal["maintenance", "silence"]
    start: float
    end: float
    text: str
    matchers: str = ""


@dataclass(frozen=True, slots=True)
class EventFact:
    """A change, escalation, ticket, note, milestone or declared time; `type` as in the API."""

    time: float
    type: str
    text: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The series around a window in columns of time: what a chart draws, and a table lists.

    Every tuple has one entry a column, ordered by time; None where a column has no value. [`start`,
    `end`) in seconds since the epoch. `low` and `high` are the extremes of the error ratio (or
    level) of the intervals in a column, so that a single bad one shows; `expected`, `usual_low` and
    `usual_high` (95 % of intervals in normal running) and `per_minute` (attempts) are means.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    usual_low: tuple[float | None, ...]
    usual_high: tuple[float | None, ...]
    per_minute: tuple[float | None, ...]


CorrectionField = Literal[
    "title", "impact", "declared_start", "declared_end", "dismissed", "merged_into"
]


@dataclass(frozen=True, slots=True)
class Correction:
    """What people say against or beside what was measured: the newest for each field.

    `value` is text, times as RFC 3339; empty where a correction was taken back. `by` names a team
    or role, `at` is when (seconds since the epoch), `before` the value until then.
    """

    field: CorrectionField
    value: str
    by: str
    at: float
    before: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """An incident of another service that overlaps, or one that became part of this one.

    `start` and `end` in seconds since the epoch; `end` None: not ended, or not known.
    """

    id: str
    service: str
    start: float
    end: float | None
    how: Literal["overlaps", "merged"] = "overlaps"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of one service with all that a machine knows of it.

    `window` is None while the state is `suspected`, `unconfirmed` or `declared`: then start and end
    are not derivable, `no_window_because` says why, and alert times are shown as alert times.
    `alerts` and `events` are ordered by time and hold only what belongs to this incident. `curve`
    is the series around the window. `data_gaps` are [start, end) stretches without
    data near the window. `command` regenerates the draft from the same inputs.
    """

    id: str
    service: str
    state: State
    zone: str
    as_of: float
    window: Window | None
    no_window_because: str
    users: UserShare | None
    alerts: tuple[AlertFact, ...]
    events: tuple[EventFact, ...]
    curve: Curve | None
    data_gaps: tuple[tuple[float, float], ...]
    truncated_alerts: int
    rule: ThresholdRule | None
    inputs: tuple[Origin, ...]
    command: str
    alerts_known: bool = True
    """False when no source of alerts was given (batch without --alerts): then "no alert fired"
    cannot be said."""
    findings: tuple[Finding, ...] = ()
    error_budget: Estimate | None = None
    """The share of the error budget that the window used up; None where no objective is set."""
    slow_errors: float | None = None
    revision: int = 1
    told_by: tuple[Origin, ...] = ()
    """Where the alerts and events came from."""
    corrections: tuple[Correction, ...] = ()
    related: tuple[Related, ...] = ()
    splits: tuple[Split, ...] = ()
    """The errors of the window by each label that they carry."""
    announced: tuple[Announced, ...] = ()
    """Maintenance and silences of the service around the incident."""
    first_shown: Estimate | None = None
    """When the first scrape was taken that shows the window; None where it was not kept."""
