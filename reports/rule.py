"""A plain alerting rule in words: what it is, whether it would have fired, how quiet it is."""

from __future__ import annotations

from detector.results import ThresholdRule
from reports import times
from reports.facts import Incident

WEEK = 7 * times.DAY


def rule_in_words(rule: ThresholdRule) -> str:
    """`error ratio over 5 min > 10 % for 1 min`."""
    return (
        f"error ratio over {times.span(rule.range_seconds)} > {100 * rule.threshold:g} % "
        f"for {times.span(rule.for_seconds)}"
    )


def rule_outcome(incident: Incident) -> str:
    """What a plain threshold rule would have done, with its silence in normal running."""
    rule, window = incident.rule, incident.window
    if rule is None or window is None:
        return "No plain threshold rule can be named from these data."
    words = rule_in_words(rule)
    if rule.fired_at is None:
        return f"“{words}”, quiet in {_quiet(rule)}, would not have fired either."
    after = times.apart(rule.fired_at - window.onset, "the measured onset")
    fired = f"“{words}” would have fired at {times.utc(rule.fired_at)}, {after}"
    if rule.before:
        return f"{fired}, with no false alarm in {_quiet(rule)}, which alone it was chosen on."
    return (
        f"{fired}, with no firing in {_quiet(rule)} (the threshold was chosen on these data, so"
        " that is no promise)."
    )


def _quiet(rule: ThresholdRule) -> str:
    if rule.before:
        return f"the {rule.history_seconds / WEEK:.1f} weeks of normal running before"
    return f"the {rule.history_seconds / times.DAY:.1f} days of normal running in the data"


def rule_evidence(rule: ThresholdRule | None) -> dict[str, str | float]:
    """The rule's figures, for machines."""
    if rule is None:
        return {}
    found: dict[str, str | float] = {
        "rule": rule_in_words(rule),
        "history_seconds": rule.history_seconds,
        "chosen_on": "before" if rule.before else "all",
    }
    return found if rule.fired_at is None else found | {"would_fire": times.utc(rule.fired_at)}
