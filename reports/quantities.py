"""Every number of a draft in one list, numbered, with its interval, method and inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from detector.estimate import Estimate, Origin
from detector.results import UserShare
from reports import moments, numbers
from reports.facts import Incident

GROUPS = ("duration", "impact", "detection")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number for print: `ref` (`E1`, …) ties the text to the evidence; `group` is its table."""

    ref: str
    group: str
    label: str
    value: str
    interval: str
    local: str
    status: str
    method: str
    inputs: str
    flag: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    group: str
    label: str
    estimate: Estimate
    flag: str = ""


def origins(incident: Incident) -> tuple[Origin, ...]:
    """All inputs of the incident and of its numbers, each once."""
    named = [*incident.inputs, *(o for n in _all(incident) for o in n.estimate.inputs)]
    return tuple(dict.fromkeys(named))


def quantities(incident: Incident, zone: tzinfo | None) -> tuple[Quantity, ...]:
    """The numbers in the order of the draft; refusals with one reason are folded into one line."""
    known = {origin: f"I{i}" for i, origin in enumerate(origins(incident), start=1)}
    found = []
    for i, named in enumerate(_folded(_all(incident)), start=1):
        estimate = named.estimate
        shown = numbers.show(estimate, zone)
        used = estimate.inputs or incident.inputs
        refused = estimate.status == "not_derivable"
        found.append(
            Quantity(
                ref=f"E{i}",
                group=named.group,
                label=named.label,
                value=shown.value,
                interval=shown.interval,
                local=shown.local,
                status=estimate.status.replace("_", " "),
                method="" if refused else estimate.method,
                inputs="" if refused else ", ".join(known[o] for o in used) or "not recorded",
                flag=named.flag,
            )
        )
    return tuple(found)


def _all(incident: Incident) -> list[_Named]:
    return [*_window(incident), *_users(incident.users), *_counts(incident), *_delays(incident)]


def _folded(named: list[_Named]) -> Iterator[_Named]:
    """Join neighbours that are refused for the same reason: it needs to be read only once."""
    held: _Named | None = None
    for one in named:
        if held is not None and _same_refusal(held, one):
            label = f"{held.label}, {one.label[:1].lower()}{one.label[1:]}"
            held = _Named(held.group, label, held.estimate, held.flag)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _same_refusal(one: _Named, other: _Named) -> bool:
    a, b = one.estimate, other.estimate
    refused = a.status == b.status == "not_derivable"
    return refused and one.group == other.group and (a.reason, a.needs) == (b.reason, b.needs)


def _window(incident: Incident) -> Iterator[_Named]:
    window = incident.window
    if window is None:
        reason = incident.no_window_because or "no window was measured"
        none = Estimate.not_derivable("time", reason, "metrics that show the window")
        yield _Named("duration", "Onset", none)
        yield _Named("duration", "Recovery", none)
        yield _Named("duration", "Duration", none)
        return
    yield _Named("duration", "Onset", window.start)
    yield _Named("duration", "Recovery", window.end)
    so_far = "Duration so far" if window.end.value is None else "Duration"
    yield _Named("duration", so_far, window.duration_seconds)
    if len(window.phases) > 1:
        label = f"Time impaired, in {len(window.phases)} phases"
        yield _Named("duration", label, window.impaired_seconds)


def _users(users: UserShare | None) -> Iterator[_Named]:
    if users is None:
        return
    refused = users.hit_users.status == users.affected.status == "not_derivable"
    label = "Users hit: share, counts and user-minutes" if refused else "Share of users hit"
    yield _Named("impact", label, users.affected)
    if users.attempts_share is not None:
        label = "Share of attempts that failed, net of the expected"
        yield _Named("impact", label, users.attempts_share)
    if users.retry_range is not None:
        low, high = users.retry_range
        method = "what that share of attempts would mean at 8 tries and at 1 try a blocked session"
        means = Estimate(None, low, high, "ratio", "estimated", method)
        yield _Named("impact", "Share of users that this would mean", means)
    if refused:
        return
    yield _Named("impact", "Users hit", users.hit_users)
    yield _Named("impact", "Users blocked (no success in the window)", users.blocked_users)
    yield _Named("impact", "Users degraded (failures and successes)", users.degraded_users)
    yield _Named("impact", "Users who tried (the denominator)", users.active_users)
    yield _Named("impact", "User-minutes lost, observed", users.user_minutes_observed)
    yield _Named("impact", "User-minutes lost, potential", users.user_minutes_potential)
    shares = (
        ("Users hit, of those expected to be active", users.share_of_expected_active),
        ("Users hit, of those registered (declared)", users.share_of_registered),
    )
    for label, share in shares:
        if share.status != "not_derivable":
            yield _Named("impact", label, share)


def _counts(incident: Incident) -> Iterator[_Named]:
    window = incident.window
    if window is None:
        return
    yield _Named("impact", "Error ratio in the window", window.error_ratio)
    yield _Named("impact", "Error ratio expected there", window.baseline_error_ratio)
    yield _Named("impact", "Highest error ratio", window.peak_error_ratio)
    yield _Named("impact", "Attempts", window.attempts)
    yield _Named("impact", "Errors", window.errors)
    if incident.slow_errors is not None:
        method = "successes slower than the service's threshold"
        slow = Estimate.exact(incident.slow_errors, "errors", method)
        yield _Named("impact", "Of these errors, slow successes", slow)
    yield _Named("impact", "Errors beyond the expected", window.excess_errors)
    if incident.error_budget is not None:
        yield _Named("impact", "Error budget used up", incident.error_budget)


def _delays(incident: Incident) -> Iterator[_Named]:
    named = (
        ("Time to detect (TTD)", moments.time_to_detect(incident)),
        ("Time to acknowledge (TTA)", moments.time_to_acknowledge(incident)),
        ("Time to recover (TTR)", moments.time_to_recover(incident)),
    )
    for label, delay in named:
        yield _Named("detection", label, delay.seconds, delay.flag)
