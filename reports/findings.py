"""Findings in plain words, and those that events decide: changes near an edge of the window."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from detector.estimate import Estimate, percent
from detector.results import Finding, Verdict
from reports import moments, times
from reports.facts import EventFact, Incident

SHORTLY = 1800.0
"""A change this long (seconds) before an edge, or less, is shortly before it."""
MOST_BY_CHANCE = 0.25
"""Where a change is near any moment with more than this chance, nearness says nothing."""
DAY = 86_400.0

NAMES = {
    "flood_from_new_sources": "A flood from new sources (DDoS)",
    "retry_storm": "A retry storm",
    "credential_stuffing": "Credential stuffing",
    "traffic_loss": "Loss of traffic",
    "one_reason_carries_the_excess": "One reason carries the excess",
    "one_version_carries_the_excess": "One version carries the excess",
    "one_region_carries_the_excess": "One region carries the excess",
    "one_instance_carries_the_excess": "One instance carries the excess",
    "change_before_onset": "A change shortly before the onset",
    "revert_before_recovery": "A revert or fix shortly before the recovery",
}
"""Every finding that there is, by id, as a draft calls it."""

VERDICTS: dict[Verdict, str] = {
    "supported": "supported",
    "not_supported": "not supported",
    "not_assessable": "not assessable",
}
SPOKEN_OF = {
    "flood_from_new_sources": re.compile(r"\bd?dos\b|flood|attack|botnet|scraper", re.I),
    "credential_stuffing": re.compile(r"stuffing|brute.?force|leaked (password|credential)", re.I),
    "retry_storm": re.compile(r"retry|retries", re.I),
    "traffic_loss": re.compile(r"no traffic|traffic (loss|drop)", re.I),
}
REVERT = re.compile(
    r"revert|roll(ed)?[ -]?back|back(ed)?[ -]?out|hot ?fix|undo|undone|restor|disabled?\b", re.I
)


def statement(finding: Finding) -> str:
    """`A retry storm: supported. Attempts are …`: the finding in one or two sentences."""
    because = finding.because[:1].upper() + finding.because[1:]
    return f"{NAMES[finding.id]}: {VERDICTS[finding.verdict]}. {because}."


def said(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The findings for a draft: what is supported first; what cannot be assessed, in one line."""
    order: tuple[Verdict, ...] = ("supported", "not_supported")
    told = [statement(f) for verdict in order for f in findings if f.verdict == verdict]
    blind = [f for f in findings if f.verdict == "not_assessable"]
    reasons: dict[str, list[str]] = {}
    for finding in blind:
        name = NAMES[finding.id]
        reasons.setdefault(finding.because, []).append(name[:1].lower() + name[1:])
    parts = [f"{', '.join(names)} ({because})" for because, names in reasons.items()]
    return (*told, f"Not assessable: {'; '.join(parts)}.") if parts else tuple(told)


def verdict_on(text: str, findings: Sequence[Finding]) -> str:
    """What the figures say to a lead that people wrote down; empty where it names none of ours."""
    for finding in findings:
        words = SPOKEN_OF.get(finding.id)
        if words is not None and words.search(text):
            return f"{NAMES[finding.id]}: {VERDICTS[finding.verdict]} by the figures below"
    return ""


def near_findings(
    incident: Incident, changes: Sequence[float], extent: tuple[float, float] | None
) -> tuple[Finding, ...]:
    """Whether a change came shortly before the onset, and a revert or fix before the recovery.

    `changes` are the times of all the service's changes, `extent` the time that they are known for:
    both together tell how often one would be near by chance.
    """
    window = incident.window
    if window is None:
        return ()
    chance = _by_chance(changes, extent)
    before = [e for e in incident.events if e.type == "change"]
    onset = _near(before, window.start, "the onset", -math.inf)
    ended = [e for e in incident.events if e.type in ("change", "mitigating")]
    after = window.start.high if window.start.high is not None else window.onset
    reverts = [e for e in ended if REVERT.search(e.text)]
    recovery = _near(reverts, window.end, "the recovery", after)
    return (
        _finding("change_before_onset", onset, bool(changes), chance),
        _finding("revert_before_recovery", recovery, bool(ended), None)
        if window.end.value is not None
        else Finding("revert_before_recovery", "not_assessable", "there is no recovery yet"),
    )


def _near(
    events: Sequence[EventFact], edge: Estimate, name: str, after: float
) -> moments.Near | None:
    """The last event up to half an hour before an edge or inside its interval."""
    if edge.value is None or edge.low is None or edge.high is None:
        return None
    found = [e for e in events if e.time > after and edge.low - SHORTLY <= e.time <= edge.high]
    last = max(found, key=lambda e: e.time, default=None)
    return None if last is None else moments.near_edge(last, edge, name)


def _finding(
    identity: str, near: moments.Near | None, given: bool, chance: float | None
) -> Finding:
    if near is None and not given:
        return Finding(identity, "not_assessable", "no change was given")
    if near is None:
        because = "none of the changes given is within the 30 minutes before it"
        return Finding(identity, "not_supported", because)
    text, at = near.event.text, times.utc(near.event.time)
    because = f"“{text}” came {near.in_words}: near in time, which is no proof of a cause"
    evidence: dict[str, float | str] = {"change": text, "at": at}
    if chance is not None:
        evidence["by_chance"] = chance
        often = "under 1 %" if chance < 0.01 else percent(chance)
        because += f" (by chance, one is so near {often} of the time)"
    if chance is not None and chance > MOST_BY_CHANCE:
        return Finding(identity, "not_assessable", because, evidence)
    return Finding(identity, "supported", because, evidence)


def _by_chance(changes: Sequence[float], extent: tuple[float, float] | None) -> float | None:
    """For how much of the time there was a change shortly before."""
    if extent is None or extent[1] - extent[0] < DAY:
        return None
    begin, end = extent
    covered, reached = 0.0, begin  # changes close together, such as a deploy's two ends, count once
    for change in sorted(changes):
        until = min(change + SHORTLY, end)
        covered += max(0.0, until - max(change, reached))
        reached = max(reached, until)
    return covered / (end - begin)
