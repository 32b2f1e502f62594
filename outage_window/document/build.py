"""A window of an analysis document: the one form that files, API and tests agree on."""

from __future__ import annotations

from typing import Any

from detector.results import Finding, ThresholdRule, UserShare, Window
from outage_window.document.values import estimate, number, time_text
from reports.detection import detection
from reports.facts import Incident
from reports.findings import statement
from reports.quantities import quantities

_MEASURES = (
    "duration_seconds",
    "impaired_seconds",
    "attempts",
    "errors",
    "excess_errors",
    "error_ratio",
    "baseline_error_ratio",
    "peak_error_ratio",
)
_USER_COUNTS = (
    "hit_users",
    "blocked_users",
    "degraded_users",
    "active_users",
    "user_minutes_observed",
    "user_minutes_potential",
    "expected_active",
    "share_of_expected_active",
    "share_of_registered",
)


def window_document(incident: Incident, window: Window, users: UserShare) -> dict[str, Any]:
    """One window with all that is known of it: `window` and `users` are the incident's own."""
    budget = incident.error_budget
    found = {
        "id": incident.id,
        "service": incident.service,
        "labels": {},
        "status": window.status,
        "kind": window.kind,
        "pattern": window.pattern,
        "start": estimate(window.start),
        "end": _end(window),
        "as_of": time_text(window.as_of),
        **{name: estimate(getattr(window, name)) for name in _MEASURES},
        "error_budget": None if budget is None else estimate(budget),
        "affected_users": _users(users),
        "experience": users.experience,
        "phases": [
            {
                "start": time_text(phase.start),
                "end": time_text(phase.end),
                "error_ratio": estimate(phase.error_ratio),
            }
            for phase in window.phases
        ],
        "findings": [
            *(_finding(one) for one in incident.findings),
            *([] if incident.rule is None else [_rule(incident.rule)]),
        ],
        "detection": detection_document(incident),
    }
    return other_numbers(incident, found)


def detection_document(incident: Incident) -> list[dict[str, Any]]:
    """The delay of detection in its parts, a step each."""
    return [
        {
            "step": one.id,
            "name": one.label,
            "at": estimate(one.at),
            "since_onset": estimate(one.since_onset),
            "since_previous": None if one.since_previous is None else estimate(one.since_previous),
            "previous": one.previous or None,
            "source": one.source or None,
            "flag": one.flag or None,
        }
        for one in detection(incident)
    ]


def other_numbers(incident: Incident, found: dict[str, Any]) -> dict[str, Any]:
    """The document with every number that a draft prints, under the name that its footnote says."""
    for one in quantities(incident):
        if "." not in one.field and found.get(one.field) is None:
            found[one.field] = estimate(one.estimate.from_inputs(one.inputs))
    return found


def _end(window: Window) -> dict[str, Any]:
    end = estimate(window.end)
    if window.status == "ongoing":
        provisional = window.provisional_end
        end["provisional_end"] = None if provisional is None else time_text(provisional)
        end["as_of"] = time_text(window.as_of)
    return end


def _users(users: UserShare) -> dict[str, Any]:
    document = estimate(users.affected)
    document |= {"tier": users.tier, "denominator": users.denominator, "needs": users.needs}
    document |= {name: estimate(getattr(users, name)) for name in _USER_COUNTS}
    if users.affected.status == "not_derivable":
        share, tries = users.attempts_share, users.retry_range
        document["attempts_share"] = None if share is None else estimate(share)
        document["retry_range"] = None if tries is None else [number(bound) for bound in tries]
    return document


def _finding(found: Finding) -> dict[str, Any]:
    """A lead with its verdict, in words and figures."""
    figures = {k: number(v) if isinstance(v, float) else v for k, v in found.evidence.items()}
    return {
        "id": found.id,
        "verdict": found.verdict,
        "statement": statement(found),
        "evidence": figures,
    }


def _rule(rule: ThresholdRule) -> dict[str, Any]:
    """Say what the least plain alerting rule would have done that is quiet in normal running."""
    alert = (
        f"An alert on an error ratio above {rule.threshold:.0%} over {rule.range_seconds:g} s,"
        f" held for {rule.for_seconds:g} s,"
    )
    when = "would not have fired"
    if rule.fired_at is not None:
        when = f"would have fired at {time_text(rule.fired_at)}"
    days = rule.history_seconds / 86400
    other = "days before" if rule.before else "other days"
    return {
        "id": "threshold_rule",
        "statement": f"{alert} {when}, and is silent in {days:.1f} {other} of this data.",
        "evidence": {
            "threshold": rule.threshold,
            "range_seconds": number(rule.range_seconds),
            "for_seconds": number(rule.for_seconds),
            "fired_at": None if rule.fired_at is None else time_text(rule.fired_at),
            "history_seconds": number(rule.history_seconds),
            "chosen_on": "before" if rule.before else "all",
        },
    }
