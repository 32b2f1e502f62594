"""All leads of one window that the series and the attempts per user decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.findings.carrying import Breakdown, by_reason, carrying
from detector.findings.crowd import crowd
from detector.findings.leads import leads
from detector.findings.splits import splits
from detector.model import Detection
from detector.results import Finding, Split, Window
from detector.users import UserAttempts
from detector.users.doubts import doubt, outside_of
from detector.users.edges import outer


@dataclass(frozen=True, slots=True)
class Leads:
    """What the figures say to the usual leads, and how the errors are spread over labels."""

    findings: tuple[Finding, ...]
    splits: tuple[Split, ...]


def judge(
    attempts: UserAttempts | None,
    window: Window,
    detection: Detection,
    breakdowns: Sequence[Breakdown] = (),
) -> Leads:
    """Hold the usual leads against what is known of a window, each to its verdict.

    `breakdowns` are the errors by label as counters give them; without one by reason, that of the
    attempts per user serves. Attempts that cannot be right (see `doubt`) have no say. Changes near
    the edges are not of these: see `reports`.
    """
    given = list(breakdowns)
    outages = [outer(one) for one in detection.windows]
    if attempts is not None:
        normal = outside_of(attempts.first, attempts.last, outages)
        if doubt(attempts, normal, window, detection) is not None:
            attempts = None
    if attempts is not None and not any(one.kind == "reason" for one in given):
        reasons = by_reason(attempts)
        given += [] if reasons is None else [reasons]
    seen = crowd(attempts, window, detection)
    found = (*leads(seen, window), *carrying(given, window, outages))
    return Leads(found, splits(given, window, outages))
