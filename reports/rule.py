"""A plain alerting rule in words: what it is, whether it would have fired, how quiet it is."""

from __future__ import annotations

from detector.results import ThresholdRule
from reports import times
from reports.facts import Incident


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
    days = f"{rule.history_seconds / times.DAY:.1f} days of normal running in the data"
    words = rule_in_words(rule)
    if rule.fired_at is None:
        return f"“{words}”, quiet in the {days}, would not have fired either."
    after = times.apart(rule.fired_at - window.onset, "the measured onset")
    return (
        f"“{words}” would have fired at {times.utc(rule.fired_at)}, {after}, with no firing in "
        f"the {days} (the threshold was chosen on these data, so that is no promise)."
    )


def rule_evidence(rule: ThresholdRule | None) -> dict[str, str | float]:
    """The rule's figures, for machines."""
    if rule is None:
        return {}
    found: dict[str, str | float] = {
        "rule": rule_in_words(rule),
        "history_seconds": rule.history_seconds,
    }
    return found if rule.fired_at is None else found | {"would_fire": times.utc(rule.fired_at)}
