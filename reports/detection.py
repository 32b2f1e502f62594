"""The delay of detection in its parts: from the onset to the escalation, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detector.estimate import Estimate, Status
from reports.facts import Incident
from reports.passed import CLOCKS, PEOPLE, Point, passed

NO_EARLIER = "no earlier step is known"
SINCE = {
    "onset": "the onset",
    "first_scrape": "the first scrape",
    "rule_true": "the rule was true",
    "fired": "the alert fired",
    "delivered": "the delivery",
    "ticket": "the ticket",
    "report": "the report",
    "acknowledged": "the acknowledgement",
    "escalated": "the escalation",
}
"""From what a part is counted, in words, by the id of the step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `at` (time), and how long after the onset and after the step `previous` (seconds).

    `previous` is the nearest step before it whose time is known as a point: steps of which only a
    range or nothing is known lie within the part of the next one, so that the parts of all steps
    with a point add up to `since_onset`. It is empty, and `since_previous` None, for the first
    step alone. `source` says where it is from, `flag` why a part can be none, else both are empty.
    """

    id: str
    label: str
    at: Estimate
    since_onset: Estimate
    since_previous: Estimate | None
    previous: str
    source: str
    flag: str = ""


def detection(incident: Incident) -> tuple[Step, ...]:
    """All steps: onset, first scrape, those of the first alert, and what people did.

    Of a step between two that are known the range is told. A part can be negative, since onset and
    alert stand in the order in which one causes the next: then it is flagged.
    """
    points = passed(incident)
    onset, known = points[0], None
    found = []
    for point in points:
        since = None if point is onset else _part(point, known)
        found.append(
            Step(
                point.id,
                point.label,
                point.at,
                _apart(point, onset),
                since,
                "" if known is None else known.id,
                point.source,
                _flag(point, known, since),
            )
        )
        known = known if point.at.value is None else point
    return tuple(found)


def told(incident: Incident) -> tuple[Step, ...]:
    """The steps that say something: neighbours refused for one reason as one, and no event that was
    not given; without a window nothing of the onset, which is refused elsewhere."""
    kept: list[Step] = []
    for one in detection(incident):
        if _says_nothing(one, incident):
            continue
        if kept and _same_refusal(kept[-1].at, one.at):
            label = f"{kept[-1].label}, {one.label[:1].lower()}{one.label[1:]}"
            kept[-1] = replace(kept[-1], label=label)
        else:
            kept.append(one)
    return tuple(kept)


def _says_nothing(one: Step, incident: Incident) -> bool:
    unasked = {kind for kind, *_ in PEOPLE}
    if incident.window is None:
        unasked |= {"onset", "first_scrape"}
    return one.at.status == "not_derivable" and one.id in unasked


def _same_refusal(one: Estimate, other: Estimate) -> bool:
    refused = one.status == other.status == "not_derivable"
    return refused and (one.reason, one.needs) == (other.reason, other.needs)


def _part(point: Point, known: Point | None) -> Estimate:
    """How long after the nearest step with a point it came."""
    if known is None:
        if point.at.status == "not_derivable":
            return _unknown(point.at)
        return Estimate.not_derivable("seconds", NO_EARLIER)
    return _apart(point, known)


def _apart(point: Point, earlier: Point) -> Estimate:
    """How long one came after another; the interval is the difference of theirs."""
    at, from_ = point.at, earlier.at
    for one in (at, from_):
        if one.status == "not_derivable":
            return _unknown(one)
    if point is earlier:
        return Estimate.exact(0.0, "seconds", "the onset itself")
    assert from_.value is not None  # only steps with a point are counted from
    low, high = _bounds(at)
    first, last = _bounds(from_)
    least, most = low - last, high - first
    if earlier.id in point.after:
        least = max(least, 0.0)
    status: Status = "estimated"
    if least == most:
        status = "declared" if "declared" in (at.status, from_.status) else "measured"
    value = None if at.value is None else at.value - from_.value
    method = f"{_lower(_short(point.label))} - {_lower(_short(earlier.label))}"
    inputs = tuple(dict.fromkeys((*from_.inputs, *at.inputs)))
    return Estimate(value, least, most, "seconds", status, method, inputs=inputs)


def _flag(point: Point, known: Point | None, since: Estimate | None) -> str:
    """Why a part is none or may be none; empty where it is a possible delay."""
    if known is None or since is None or since.low is None or since.high is None or since.low >= 0:
        return ""
    if since.high >= 0:
        return f"zero or negative is possible: it may have come before {SINCE[known.id]}"
    if point.id == "delivered":
        return f"negative: {CLOCKS}"
    flag = f"negative: it came before {SINCE[known.id]}"
    about = point.id in ("rule_true", "fired") and known.id in ("onset", "first_scrape")
    return f"{flag}, so that it is about something else or earlier" if about else flag


def _bounds(at: Estimate) -> tuple[float, float]:
    if at.low is not None and at.high is not None:
        return at.low, at.high
    assert at.value is not None  # what has no interval has a point
    return at.value, at.value


def _short(label: str) -> str:
    return label.partition(" (")[0]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _unknown(at: Estimate) -> Estimate:
    return Estimate.not_derivable("seconds", at.reason or "its time is not known", at.needs)
