"""Each contradiction in a few words, and what people are asked about it."""

from __future__ import annotations

BRIEF = {
    "no-alert": "no alert fired",
    "alerts-not-known": "alerts are not known",
    "alert-without-outage": "an alert, and no outage measured",
    "declared-without-outage": "declared, and no outage measured",
    "alert-before-onset": "alert before the measured onset",
    "onset-equals-alert": "measured onset equals alert time",
    "alert-within-onset-interval": "alert inside the onset's interval",
    "alert-late": "alert late",
    "alert-delivered-late": "alert delivered late",
    "declared-start-equals-alert": "declared start equals alert time",
    "alert-before-declared-start": "alert before the declared start",
    "declared-start-differs": "declared start is not the measured onset",
    "declared-end-differs": "declared end is not the measured recovery",
    "declared-end-while-ongoing": "declared over, and still failing",
    "alert-timed-out": "an alert ended by time-out",
    "alert-outlives-outage": "an alert fires on after the recovery",
    "alert-resolved-early": "alerts resolved before the recovery",
    "alerts-truncated": "alerts were cut off",
    "alert-lost": "an alert was never delivered",
    "data-gap-at-edge": "a gap in the data at an edge",
    "data-gap": "a gap in the data",
    "silence-beside-outage": "alerts were silenced",
    "maintenance-beside-outage": "maintenance beside the outage",
}
"""Every contradiction that there is, by id, in a few words for a headline."""

_WHICH = "Which of the times is wrong, or why do they differ?"
_NO_METRICS = "Did users meet failures that the metrics cannot see, or was there no outage?"
_GAP = "What was not recorded then, and what is known of that time from elsewhere?"
QUESTIONS = {
    "no-alert": "Why was there no alert, and which one shall there be?",
    "alerts-not-known": "Did an alert fire, and when?",
    "alert-without-outage": _NO_METRICS,
    "declared-without-outage": _NO_METRICS,
    "alert-before-onset": _WHICH,
    "onset-equals-alert": _WHICH,
    "alert-within-onset-interval": "Is anything known of which came first?",
    "alert-late": "Why did the alert come late, and what would make it quicker?",
    "alert-delivered-late": "What held the alert up?",
    "declared-start-equals-alert": _WHICH,
    "alert-before-declared-start": _WHICH,
    "declared-start-differs": _WHICH,
    "declared-end-differs": _WHICH,
    "declared-end-while-ongoing": "Is it over, or were errors taken for usual?",
    "alert-timed-out": "What became of what sent the alert?",
    "alert-outlives-outage": "Why does the alert go on?",
    "alert-resolved-early": "Why did the alert end before the errors did?",
    "alerts-truncated": "Which alerts were cut off?",
    "alert-lost": "Was anybody told of it, and what kept it from arriving?",
    "data-gap-at-edge": _GAP,
    "data-gap": _GAP,
    "silence-beside-outage": "Which alerts fired meanwhile, and who knew of the outage?",
    "maintenance-beside-outage": "Did the outage begin with the maintenance?",
}
"""What people are asked about each."""
