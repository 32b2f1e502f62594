"""Everything that a template can print of an incident: plain text, computed and documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from reports.escape import note


@dataclass(frozen=True, slots=True)
class Number:
    """One number, as text. Printed as a whole it carries the mark of its footnote."""

    id: Annotated[str, "its name in the JSON document, such as hit_users"]
    ref: Annotated[str, "the name of its footnote"]
    field: Annotated[str, "where it stands in the JSON document"]
    group: Annotated[str, "duration, impact, detection or declared"]
    label: Annotated[str, "what it is, in words"]
    value: Annotated[str, "the number with its unit, or why it is not derivable"]
    interval: Annotated[str, "its 95 % interval; exact; or why there is none"]
    local: Annotated[str, "a time in the service's zone; empty for all else"]
    status: Annotated[str, "measured, estimated, declared or not derivable"]
    method: Annotated[str, "how it was come by"]
    inputs: Annotated[str, "the inputs that it rests on, each with its hash"]
    flag: Annotated[str, "a remark where it is no possible delay"]
    command: Annotated[str, "what prints it anew, in the JSON document"]

    @property
    def known(self) -> bool:
        """Whether there is a number at all."""
        return self.status != "not derivable"

    @property
    def printed(self) -> str:
        """The value with the mark of its footnote; a refusal has none, it says why itself."""
        return self.value + note(self.ref) if self.known else self.value


@dataclass(frozen=True, slots=True)
class Edge:
    """Start, end and length of the incident as one source has them: measured, alerts, people."""

    name: Annotated[str, "whose times these are"]
    start: Annotated[str, "UTC"]
    end: Annotated[str, "UTC"]
    start_local: Annotated[str, "in the service's zone; empty where that is UTC"]
    end_local: Annotated[str, "in the service's zone; empty where that is UTC"]
    length: Annotated[str, "from start to end"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline; repeats are folded into one."""

    time: Annotated[str, "UTC"]
    local: Annotated[str, "in the service's zone, with date and offset"]
    kind: Annotated[str, "such as Change, Onset, Alert fired"]
    text: Annotated[str, "what happened"]
    important: Annotated[bool, "whether a short summary needs it"]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was recorded at a time."""

    time: Annotated[str, "UTC, with the local time beside"]
    text: Annotated[str, "what was recorded"]
    team: Annotated[str, "the team or role; may be empty"]
    verdict: Annotated[str, "what the figures say to it; may be empty"]


@dataclass(frozen=True, slots=True)
class Near:
    """A change or mitigation near an edge of the window."""

    time: Annotated[str, "UTC, with the local time beside"]
    text: Annotated[str, "what was changed"]
    apart: Annotated[str, "how long before the edge, such as 4 min before the onset"]


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the summary."""

    name: Annotated[str, "Impact, Noticed, Near in time, Does not fit"]
    text: Annotated[str, "the fact in one sentence"]


@dataclass(frozen=True, slots=True)
class Odd:
    """One thing that does not fit."""

    id: Annotated[str, "its name, such as no-alert; an answer repeats it"]
    statement: Annotated[str, "what does not fit, with the figures"]
    question: Annotated[str, "what people are asked about it"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the detection: the delay of it in its parts."""

    name: Annotated[str, "what it is"]
    start: Annotated[str, "UTC, or from when to when; or why it is not derivable"]
    length: Annotated[str, "how long after the onset it was, with the 95 % interval"]
    part: Annotated[str, "how long after the step before it, with the 95 % interval"]
    source: Annotated[str, "where it is from, and a remark where it is no possible delay"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the window."""

    name: Annotated[str, "what it is"]
    start: Annotated[str, "UTC"]
    end: Annotated[str, "UTC"]
    length: Annotated[str, "how long it lasted"]
    error_ratio: Annotated[str, "its error ratio"]


@dataclass(frozen=True, slots=True)
class Source:
    """One input."""

    name: Annotated[str, "the file or query"]
    sha256: Annotated[str, "of what was read; `not recorded` where nothing is known of it"]
    rows: Annotated[str, "how many rows or samples"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """What people said against, or beside, what was measured."""

    name: Annotated[str, "which fact"]
    value: Annotated[str, "what it is now; `taken back` where it was"]
    before: Annotated[str, "what it was before"]
    by: Annotated[str, "the team or role; may be empty"]
    time: Annotated[str, "when, UTC"]


@dataclass(frozen=True, slots=True)
class Other:
    """Another incident that overlaps this one, or became part of it."""

    id: Annotated[str, "its id"]
    service: Annotated[str, "its service"]
    start: Annotated[str, "UTC"]
    end: Annotated[str, "UTC, or `not ended`"]
    how: Annotated[str, "overlaps, or merged into this one"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the chart's data."""

    start: Annotated[str, "UTC"]
    end: Annotated[str, "UTC"]
    attempts: Annotated[str, "in that time"]
    error_ratio: Annotated[str, "the lowest to the highest of its intervals"]
    expected: Annotated[str, "the error ratio of normal running"]
    inside: Annotated[str, "`yes` where it meets the window, else `no`"]


@dataclass(frozen=True, slots=True)
class Postmortem:
    """One incident as a template sees it: text, and lists of text."""

    id: Annotated[str, "the incident's id"]
    service: Annotated[str, "the service"]
    state: Annotated[str, "suspected, ongoing, closed, unconfirmed or declared"]
    revision: Annotated[int, "1, and one more for each later change of a closed incident"]
    as_of: Annotated[str, "up to when data were known, UTC"]
    zone: Annotated[str, "the local zone; empty where that is UTC"]
    title: Annotated[str, "service and day, or the title that people gave"]
    headline: Annotated[str, "one sentence: what, for how long, from when to when"]
    points: Annotated[tuple[Point, ...], "the summary, a line each"]
    measured: Annotated[bool, "whether a window was measured"]
    recovered: Annotated[bool, "whether its end was measured, too"]
    no_window_because: Annotated[str, "why there is none; else empty"]
    dismissed: Annotated[str, "why people say that it is no incident; else empty"]
    statement: Annotated[str, "the impact as people state it; else empty"]
    alerted: Annotated[bool, "whether any alert that counts fired"]
    alerts_known: Annotated[bool, "whether alerts were looked for at all"]
    alerting: Annotated[str, "what fired, and what a plain alerting rule would have done"]
    experienced: Annotated[str, "what users experienced, as far as their attempts tell"]
    noticed_by: Annotated[str, "what it was noticed by, in short"]
    numbers: Annotated[Mapping[str, Number], "every number by its id"]
    impact: Annotated[tuple[Number, ...], "the numbers of the impact, refusals folded"]
    detection: Annotated[tuple[Number, ...], "the delays since the onset, refusals folded"]
    edges: Annotated[tuple[Edge, ...], "measured, alerted and declared times side by side"]
    phases: Annotated[tuple[Phase, ...], "the phases, where the window has several"]
    steps: Annotated[tuple[Step, ...], "the delay of detection in its parts, step by step"]
    odd: Annotated[tuple[Odd, ...], "what does not fit"]
    timeline: Annotated[tuple[Row, ...], "everything with a time"]
    left_out: Annotated[int, "rows of minor weight that a long timeline leaves out"]
    key_rows: Annotated[tuple[Row, ...], "the important rows alone"]
    triggers: Annotated[tuple[Near, ...], "changes shortly before the onset"]
    resolutions: Annotated[tuple[Near, ...], "changes and mitigations before the recovery"]
    actions: Annotated[tuple[Told, ...], "changes and mitigations since the onset"]
    leads: Annotated[tuple[Told, ...], "what people looked into"]
    identified: Annotated[tuple[Told, ...], "when the cause was recorded as identified"]
    escalations: Annotated[tuple[Told, ...], "to whom it was escalated"]
    findings: Annotated[tuple[str, ...], "what the figures say to the usual leads"]
    corrections: Annotated[tuple[Corrected, ...], "what people corrected"]
    related: Annotated[tuple[Other, ...], "incidents of other services at the same time"]
    inputs: Annotated[tuple[Source, ...], "the inputs"]
    command: Annotated[str, "what regenerates the draft from the same inputs"]
    chart_title: Annotated[str, "what the chart is of: its alternative text"]
    chart_text: Annotated[str, "the chart in words"]
    chart_quantity: Annotated[str, "what it shows: Error ratio, or Errors"]
    chart_rows: Annotated[tuple[Drawn, ...], "the chart's data, a coarse line each"]
