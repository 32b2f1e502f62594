"""The backtest as plain JSON values (`outage-window/backtest/v1`), with a line to read a rule."""

from __future__ import annotations

from typing import Any

from detector.alarms import Outage, Score
from detector.estimate import Estimate
from outage_window.document.values import estimate, number, time_text
from outage_window.rules.backtest import Backtest, Result, windows_in
from outage_window.rules.histories import Judged
from reports.times import about

SCHEMA = "outage-window/backtest/v1"


def document(found: Backtest) -> dict[str, Any]:
    """All of it; `docs/backtest.schema.json` says what is where."""
    return {
        "schema": SCHEMA,
        "start": time_text(found.start),
        "end": time_text(found.end),
        "engine": found.engine,
        "evaluation_interval_seconds": number(found.interval),
        "services": [_service(one, found) for one in found.services],
        "rules": [_rule(one) for one in found.results],
        "notes": list(found.notes),
    }


def _service(one: Judged, found: Backtest) -> dict[str, Any]:
    windows = windows_in(one, found.start, found.end)
    return {
        "service": one.service,
        "not_assessed": one.not_assessed,
        "windows": [
            {"status": w.status, "start": estimate(w.start), "end": estimate(w.end)}
            for w in windows
        ],
    }


def _rule(one: Result) -> dict[str, Any]:
    rule, grid = one.rule, one.evaluated.grid
    head: dict[str, Any] = {
        "alert": rule.alert,
        "group": rule.place.group,
        "file": rule.place.file,
        "line": rule.place.line,
        "expr": rule.expr,
        "for_seconds": number(rule.hold),
        "keep_firing_for_seconds": number(rule.keep_firing),
        "labels": rule.labels,
        "service": one.service,
        "status": "refused" if one.score is None else "evaluated",
        "reason": one.refused,
        "summary": summary(one),
        "evaluation_interval_seconds": number(grid.step),
        "evaluations": grid.count,
        "evaluations_without_data": one.evaluated.without_data,
        "notes": list(one.evaluated.notes),
    }
    return head if one.score is None else head | _scored(one.score)


def _scored(score: Score) -> dict[str, Any]:
    false = {id(one) for one in score.false_alarms}
    return {
        "outages": len(score.outages),
        "caught": score.caught,
        "caught_share": estimate(score.caught_share),
        "median_ttd_seconds": estimate(score.median_ttd),
        "false_alarms": len(score.false_alarms),
        "false_alarms_at_blips": score.at_blips,
        "false_alarms_a_week": estimate(score.false_alarms_a_week),
        "pages": len(score.episodes),
        "pages_a_week": estimate(score.pages_a_week),
        "firing_beyond_recovery_seconds": estimate(score.firing_beyond),
        "detections": [_detection(one) for one in score.outages],
        "episodes": [
            {
                "fired_at": time_text(one.fired_at),
                "ended_at": None if one.ended_at is None else time_text(one.ended_at),
                "false_alarm": id(one) in false,
            }
            for one in score.episodes
        ],
    }


def _detection(one: Outage) -> dict[str, Any]:
    return {
        "window_start": time_text(one.window.onset),
        "caught": one.caught,
        "firing_before": one.firing_before,
        "fired_at": None if one.fired_at is None else time_text(one.fired_at),
        "ttd_seconds": estimate(one.ttd),
        "firing_beyond_recovery_seconds": estimate(one.beyond),
    }


def summary(one: Result) -> str:
    """What a rule did, in one sentence."""
    name = one.rule.alert
    if one.score is None:
        return f"{name}: not known, {one.refused}"
    return f"{name} {scored_words(one.score)}"


def scored_words(score: Score) -> str:
    """What was caught and how soon, what was not about an outage, and how long it went on."""
    parts = [_catches(score), _false(score)]
    if score.firing_beyond.value is not None and score.firing_beyond.value >= 1:
        parts.append(f"goes on for {about(score.firing_beyond.value)} after recovery")
    return "; ".join(parts)


def _catches(score: Score) -> str:
    outages = len(score.outages)
    if not outages:
        return "had no outage to catch"
    of = "the only outage" if outages == 1 else f"{score.caught} of {outages} outages"
    if not score.caught:
        missed = "missed the only outage" if outages == 1 else f"missed all {outages} outages"
        return missed + _before(score)
    ttd = score.median_ttd
    assert ttd.value is not None  # something was caught
    typically = "" if score.caught == 1 else "typically "
    told = f"caught {of}{_before(score)}"
    return f"{told} {typically}{about(ttd.value)} after onset ({_between(ttd)})"


def _before(score: Score) -> str:
    """Outages that it did not catch since it had been firing: that is no detection."""
    before = sum(one.firing_before and not one.caught for one in score.outages)
    if not before:
        return ""
    every = before == len(score.outages)
    return " (it was firing before)" if every else f" (firing before {before} others)"


def _between(found: Estimate) -> str:
    assert found.low is not None  # it has a value
    assert found.high is not None
    return f"{about(found.low)} to {about(found.high)}"


def _false(score: Score) -> str:
    found = score.false_alarms_a_week
    if found.value is None:
        return f"false alarms are not known, {found.reason}"
    assert found.low is not None  # it has a value
    assert found.high is not None
    if not score.false_alarms:
        return f"no false alarm (95 %: under {rate(found.high)} a week)"
    count = len(score.false_alarms)
    many = "1 false alarm" if count == 1 else f"{count} false alarms"
    between = f"{rate(found.low)} to {rate(found.high)}"
    return f"{many}, {rate(found.value)} a week (95 %: {between})"


def rate(value: float) -> str:
    """So many a week: two digits, or all before the point."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
