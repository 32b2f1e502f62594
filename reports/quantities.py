"""Every number of a draft, each with its interval, method and the inputs that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from detector.estimate import Estimate, Origin
from detector.results import UserShare, Window
from reports import moments, numbers
from reports.escape import plain
from reports.facts import Incident
from reports.postmortem import Number

SHORT_HASH = 12
USERS = "affected_users."
"""What users are counted by stands under this name in the JSON document."""


@dataclass(frozen=True, slots=True)
class Named:
    """An estimate with the name that it has in JSON (`field`), and in words."""

    group: str
    field: str
    label: str
    estimate: Estimate
    flag: str = ""
    inputs: tuple[Origin, ...] = ()

    @property
    def id(self) -> str:
        """The last part of its field: what templates and footnotes call it."""
        return self.field.rpartition(".")[2]


def quantities(incident: Incident) -> tuple[Named, ...]:
    """All numbers of an incident in the order of the draft."""
    window, users = incident.window, incident.users
    found = [*_window(incident), *_users(users), *_counts(incident, window)]
    named = [replace(one, inputs=one.estimate.inputs or incident.inputs) for one in found]
    return (*named, *_delays(incident), *_said(incident))


def origins(incident: Incident) -> tuple[Origin, ...]:
    """All inputs of the incident and of its numbers, each once."""
    used = [origin for one in quantities(incident) for origin in one.inputs]
    return tuple(dict.fromkeys((*incident.inputs, *used)))


def number(named: Named, incident: Incident, zone: tzinfo | None) -> Number:
    """The number as text."""
    estimate = named.estimate
    shown = numbers.show(estimate, zone)
    refused = estimate.status == "not_derivable"
    return Number(
        id=named.id,
        ref=named.id,
        field=named.field,
        group=named.group,
        label=named.label,
        value=shown.value,
        interval=shown.interval,
        local=shown.local,
        status=estimate.status.replace("_", " "),
        method="" if refused else plain(estimate.method),
        inputs="" if refused else ", ".join(map(_origin, named.inputs)),
        flag=named.flag,
        command=f"{plain(incident.command)} --format json" if incident.command else "",
    )


def folded(found: Sequence[Named]) -> tuple[Named, ...]:
    """Neighbours that are refused for the same reason as one: it needs to be read only once."""
    kept: list[Named] = []
    for one in found:
        if kept and _same_refusal(kept[-1], one):
            label = f"{kept[-1].label}, {one.label[:1].lower()}{one.label[1:]}"
            kept[-1] = replace(kept[-1], label=label)
        else:
            kept.append(one)
    return tuple(kept)


def _origin(origin: Origin) -> str:
    """The input by name, with as much of its hash as tells it from others."""
    return plain(f"{origin.name} (sha256 {origin.sha256[:SHORT_HASH] or 'not recorded'})")


def _same_refusal(one: Named, other: Named) -> bool:
    a, b = one.estimate, other.estimate
    refused = a.status == b.status == "not_derivable"
    return refused and one.group == other.group and (a.reason, a.needs) == (b.reason, b.needs)


def _window(incident: Incident) -> Iterator[Named]:
    window = incident.window
    if window is None:
        reason = incident.no_window_because or "no window was measured"
        for field, label in (
            ("start", "Onset"),
            ("end", "Recovery"),
            ("duration_seconds", "Duration"),
        ):
            unit = "seconds" if field == "duration_seconds" else "time"
            needs = "metrics that show the window"
            none = Estimate.not_derivable(unit, reason, needs)  # type: ignore[arg-type]
            yield Named("duration", field, label, none)
        return
    yield Named("duration", "start", "Onset", window.start)
    yield Named("duration", "end", "Recovery", window.end)
    so_far = "Duration so far" if window.end.value is None else "Duration"
    yield Named("duration", "duration_seconds", so_far, window.duration_seconds)
    if len(window.phases) > 1:
        label = f"Time impaired, in {len(window.phases)} phases"
        yield Named("duration", "impaired_seconds", label, window.impaired_seconds)


def _users(users: UserShare | None) -> Iterator[Named]:
    if users is None:
        return
    refused = users.hit_users.status == users.affected.status == "not_derivable"
    label = "Users hit: share, counts and user-minutes" if refused else "Share of users hit"
    yield Named("impact", "affected_users", label, users.affected)
    if users.attempts_share is not None:
        label = "Share of attempts that failed, net of the expected"
        yield Named("impact", f"{USERS}attempts_share", label, users.attempts_share)
    if users.retry_range is not None:
        low, high = users.retry_range
        method = "what that share of attempts would mean at 8 tries and at 1 try a blocked session"
        means = Estimate(None, low, high, "ratio", "estimated", method)
        yield Named("impact", f"{USERS}retry_range", "Share of users that this would mean", means)
    if refused:
        return
    counts = (
        ("hit_users", "Users hit"),
        ("blocked_users", "Users blocked (no success in the window)"),
        ("degraded_users", "Users degraded (failures and successes)"),
        ("active_users", "Users who tried (the denominator)"),
        ("user_minutes_observed", "User-minutes lost, observed"),
        ("user_minutes_potential", "User-minutes lost, potential"),
    )
    for name, label in counts:
        yield Named("impact", f"{USERS}{name}", label, getattr(users, name))
    shares = (
        ("share_of_expected_active", "Users hit, of those expected to be active"),
        ("share_of_registered", "Users hit, of those registered (declared)"),
    )
    for name, label in shares:
        share: Estimate = getattr(users, name)
        if share.status != "not_derivable":
            yield Named("impact", f"{USERS}{name}", label, share)


def _counts(incident: Incident, window: Window | None) -> Iterator[Named]:
    if window is None:
        return
    yield Named("impact", "error_ratio", "Error ratio in the window", window.error_ratio)
    usual = window.baseline_error_ratio
    yield Named("impact", "baseline_error_ratio", "Error ratio expected there", usual)
    yield Named("impact", "peak_error_ratio", "Highest error ratio", window.peak_error_ratio)
    yield Named("impact", "attempts", "Attempts", window.attempts)
    yield Named("impact", "errors", "Errors", window.errors)
    if incident.slow_errors is not None:
        method = "successes slower than the service's threshold"
        slow = Estimate.exact(incident.slow_errors, "errors", method)
        yield Named("impact", "slow_errors", "Of these errors, slow successes", slow)
    yield Named("impact", "excess_errors", "Errors beyond the expected", window.excess_errors)
    if incident.error_budget is not None:
        yield Named("impact", "error_budget", "Error budget used up", incident.error_budget)


def _delays(incident: Incident) -> Iterator[Named]:
    for name, label, delay in moments.delays(incident):
        inputs = delay.seconds.inputs or incident.inputs
        inputs += incident.told_by if delay.told else ()
        yield Named("detection", name, label, delay.seconds, delay.flag, inputs)


def _said(incident: Incident) -> Iterator[Named]:
    """Times that alerts and people give: facts of their own beside the measured ones."""
    alert = moments.first_alert(incident)
    if alert is not None:
        method = f"startsAt of {alert.name}, as {alert.source or 'its file'} gave it"
        fired = Estimate.exact(alert.fired_at, "time", method)
        yield Named("declared", "first_alert", "First alert fired", fired, "", incident.told_by)
    for name, label, event in (
        ("declared_start", "Declared start", moments.declared_start(incident)),
        ("declared_end", "Declared end", moments.declared_end(incident)),
    ):
        if event is not None:
            by = event.team or "people"
            said = Estimate(
                event.time, event.time, event.time, "time", "declared", f"as {by} recorded it"
            )
            yield Named("declared", name, label, said, "", incident.told_by)
