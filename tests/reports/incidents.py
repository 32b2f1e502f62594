"""Hand-made incidents: the five reference outages in small, and the odd kinds beside them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from detector.cells import Cells
from detector.estimate import Estimate, Origin
from detector.findings.carrying import carrying
from detector.findings.crowd import Crowd
from detector.findings.leads import leads
from detector.findings.model import Ratio
from detector.results import Phase, ThresholdRule, UserShare, Window
from detector.shown import METHOD
from detector.users.answer import NEEDS_IDS
from detector.users.counted import DENOMINATOR
from reports.envelope import curve
from reports.facts import AlertFact, EventFact, Incident, State
from reports.findings import near_findings

SHA = "3f9a1c0b77d2e4518b6a9f00c1d2e3f4a5b6c7d8e9f00112233445566778899a"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def near(value: float, half: float, unit: str, method: str) -> Estimate:
    return Estimate.estimated(value, value - half, value + half, unit, method)  # type: ignore[arg-type]


def window(
    start: float,
    end: float | None,
    *,
    ratio: float = 0.31,
    half: float = 14.0,
    phases: tuple[tuple[float, float], ...] = (),
    as_of: float | None = None,
) -> Window:
    until = end if end is not None else as_of
    assert until is not None
    length = until - start
    attempts = round(length / 60) * 420.0
    stretches = phases or ((start, until),)
    share = Estimate(ratio, ratio - 0.002, ratio + 0.002, "ratio", "measured", "errors / attempts")
    return Window(
        status="ongoing" if end is None else "closed",
        kind="errors",
        pattern="phased" if len(stretches) > 1 else "continuous",
        start=near(start, half, "time", "posterior of the onset, median and central 95 %"),
        end=Estimate.not_derivable("time", "ongoing", "data after the recovery")
        if end is None
        else near(end, half, "time", "posterior of the recovery, median and central 95 %"),
        provisional_end=None,
        as_of=until if as_of is None else as_of,
        duration_seconds=near(length, 2 * half, "seconds", "recovery - onset"),
        impaired_seconds=near(
            sum(b - a for a, b in stretches), 2 * half, "seconds", "sum of the phases"
        ),
        attempts=near(attempts, 200, "attempts", "sum over the window"),
        errors=near(attempts * ratio, 90, "errors", "sum over the window"),
        excess_errors=near(attempts * (ratio - 0.06), 700, "errors", "errors - expected errors"),
        error_ratio=share,
        baseline_error_ratio=near(0.0612, 0.0009, "ratio", "expected error ratio of those hours"),
        peak_error_ratio=near(ratio + 0.08, 0.011, "ratio", "highest error ratio of five minutes"),
        phases=tuple(Phase(a, b, share) for a, b in stretches),
    )


NOT_GIVEN = Estimate.not_derivable("ratio", "nobody declared it", "users: {registered: N}")


def counted_users(affected: float, blocked: float, experience: str) -> UserShare:
    active = 41_230.0
    hit = round(active * affected)
    stuck = round(hit * blocked)
    ratio = hit / active
    method = "distinct users with a system failure / distinct users served or failed (tier 1)"
    return UserShare(
        affected=Estimate(ratio, ratio - 0.0006, ratio + 0.0005, "ratio", "measured", method),
        tier=1,
        denominator=DENOMINATOR,
        hit_users=Estimate(hit, hit - 30, hit + 22, "users", "measured", "distinct users"),
        blocked_users=Estimate(stuck, stuck - 21, stuck + 9, "users", "measured", "no success"),
        degraded_users=Estimate.exact(hit - stuck, "users", "hit, with a success as well"),
        active_users=Estimate(active, active - 60, active + 51, "users", "measured", DENOMINATOR),
        user_minutes_observed=Estimate.exact(182_340.4, "user-minutes", "to the next attempt"),
        user_minutes_potential=Estimate.exact(913_002.0, "user-minutes", "users hit x duration"),
        expected_active=replace(NOT_GIVEN, unit="users"),
        share_of_expected_active=NOT_GIVEN,
        share_of_registered=NOT_GIVEN,
        experience=experience,  # type: ignore[arg-type]
    )


def refused_users(reason: str = "no attempts per user were given") -> UserShare:
    def none(unit: str) -> Estimate:
        return Estimate.not_derivable(unit, reason, NEEDS_IDS)  # type: ignore[arg-type]

    return UserShare(
        affected=none("ratio"),
        tier=4,
        denominator=None,
        hit_users=none("users"),
        blocked_users=none("users"),
        degraded_users=none("users"),
        active_users=none("users"),
        user_minutes_observed=none("user-minutes"),
        user_minutes_potential=none("user-minutes"),
        expected_active=replace(NOT_GIVEN, unit="users"),
        share_of_expected_active=NOT_GIVEN,
        share_of_registered=NOT_GIVEN,
        experience="not_derivable",
        needs=NEEDS_IDS,
        attempts_share=near(0.49, 0.004, "ratio", "error ratio beyond the expected one"),
        retry_range=(0.107, 0.49),
    )


def cells(
    begin: float,
    end: float,
    outage: tuple[float, float] | None,
    level: float = 0.35,
    step: float = 60,
) -> Cells:
    """A day's wave of attempts, a few per cent of wrong passwords, and an outage on top."""
    rng = np.random.default_rng(int(begin))
    start = np.arange(begin, end, step)
    wave = 1 + 0.5 * np.sin(2 * np.pi * (start % 86400) / 86400 - 1.6)
    attempts = rng.poisson(420 * wave * step / 60).astype(float)
    expected = 0.06 + 0.01 * np.cos(2 * np.pi * start / 86400)
    chance = expected.copy()
    if outage is not None:
        share = np.clip(np.minimum(start + step, outage[1]) - np.maximum(start, outage[0]), 0, step)
        chance += level * share / step
    errors = rng.binomial(attempts.astype(int), chance).astype(float)
    spread = 2 * np.sqrt(expected * (1 - expected) / np.maximum(attempts, 1)) + 0.008
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = errors / attempts
    low = np.maximum(expected - spread, 0)
    return Cells(start, start + step, attempts, errors, ratio, expected, low, expected + spread)


def alert(
    fired: str,
    resolved: str | None,
    *,
    name: str = "AuthErrorRateHigh",
    delivered: float | None = 32.0,
) -> AlertFact:
    when = at(fired)
    return AlertFact(
        name,
        {"alertname": name, "service": "auth", "severity": "page"},
        "A high share of authentication attempts fails",
        "alertmanager",
        when,
        None if resolved is None else at(resolved),
        received_at=None if delivered is None else when + delivered,
        deliveries=4,
    )


def event(time: str, kind: str, text: str, team: str = "") -> EventFact:
    return EventFact(at(time), kind, text, team)


def incident(
    name: str,
    service: str,
    start: str,
    end: str | None,
    *,
    state: State = "closed",
    zone: str = "UTC",
    alerts: tuple[AlertFact, ...] = (),
    events: tuple[EventFact, ...] = (),
    users: UserShare | None = None,
    rule: ThresholdRule | None = None,
    as_of: str | None = None,
    ratio: float = 0.31,
    half: float = 14.0,
) -> Incident:
    begin = at(start)
    stop = None if end is None else at(end)
    known = at(as_of) if as_of else (stop or begin) + 3600
    until = stop if stop is not None else known
    margin = max(1800.0, 0.15 * (until - begin))
    last = until + margin if stop is not None else until
    return Incident(
        id=name,
        service=service,
        state=state,
        zone=zone,
        as_of=known,
        window=window(begin, stop, ratio=ratio, half=half, as_of=known if stop is None else None),
        no_window_because="",
        users=users,
        alerts=alerts,
        events=events,
        curve=curve(cells(begin - margin, last, (begin, until), ratio - 0.06)),
        data_gaps=(),
        truncated_alerts=0,
        rule=rule,
        inputs=(
            Origin('auth_requests_total{service="' + service + '"}', SHA, 30_240),
            Origin("attempts.ndjson", SHA[::-1], 1_204_113),
        ),
        command=f"outage-window draft {name}",
        told_by=(Origin(f"alerts and events received for {service}", SHA[1:] + "0", len(events)),),
        first_shown=scraped(begin, half),
    )


def scraped(onset: float, half: float) -> Estimate:
    """The first scrape after an onset that is known to `half` seconds, each at :20 of a minute."""
    edges = (onset - half, onset, onset + half)
    first, found, last = (60 * math.floor((edge + 40) / 60) + 20.0 for edge in edges)
    status = "measured" if first == last else "estimated"
    return Estimate(found, first, last, "time", status, METHOD)


TOKENS = incident(
    "token-api-20231110T1530Z",
    "token-api",
    "2023-11-10 15:30:04",
    "2023-11-11 02:45:09",
    alerts=(
        replace(alert("2023-11-10 15:45", "2023-11-11 02:51"), active_since=at("2023-11-10 15:35")),
    ),
    users=counted_users(0.25, 0.93, "blocked"),
    rule=ThresholdRule(0.15, 300.0, 60.0, at("2023-11-10 15:34:12"), 1_800_000.0),
    events=(
        event("2023-11-10 15:22", "change", "deploy token-validator 4.11.0"),
        event("2023-11-10 15:30", "declared_start", "Users report valid tokens rejected"),
        event("2023-11-10 15:49", "acknowledged", "On call looks at it", "Platform"),
        event("2023-11-10 15:52", "investigating", "Looking at the database"),
        event(
            "2023-11-10 16:12", "investigating", "The database is healthy; looking at the network"
        ),
        event("2023-11-10 16:30", "escalated", "Escalated", "DevOps and Security"),
        event("2023-11-11 01:20", "identified", "token-validator rejects valid tokens"),
        event("2023-11-11 02:45", "change", "hotfix token-validator 4.11.1: clock_skew 0s → 60s"),
        event("2023-11-11 02:45", "declared_end", "Users sign in again"),
    ),
)

CONFIG = replace(
    incident(
        "sso-20240118T0843Z",
        "sso",
        "2024-01-18 08:43:07",
        "2024-01-18 12:30:11",
        ratio=0.62,
        half=9.0,
        alerts=(alert("2024-01-18 08:45", "2024-01-18 12:36"),),
        users=counted_users(0.85, 0.04, "intermittent"),
        rule=ThresholdRule(0.2, 300.0, 60.0, at("2024-01-18 08:45:20"), 1_790_000.0),
        events=(
            event("2024-01-18 08:40", "change", "config change: directory connection pool"),
            event("2024-01-18 08:45", "declared_start", "Sign-ins fail now and again"),
            event("2024-01-18 08:55", "investigating", "Suspected DDoS: looking at traffic"),
            event("2024-01-18 09:30", "escalated", "Escalated", "Security and Infrastructure"),
            event("2024-01-18 11:50", "identified", "The connection pool is too small"),
            event("2024-01-18 12:30", "change", "rollback config: directory connection pool"),
            event("2024-01-18 12:30", "declared_end", "Sign-ins work"),
        ),
    ),
    slow_errors=21_440.0,
)

SESSIONS = incident(
    "session-20240503T1443Z",
    "session",
    "2024-05-03 14:43:02",
    "2024-05-03 18:30:05",
    zone="-05:00",
    ratio=0.55,
    half=12.0,
    alerts=(alert("2024-05-03 14:45", "2024-05-03 18:36"),),
    users=refused_users(),
    rule=ThresholdRule(0.15, 300.0, 60.0, at("2024-05-03 14:46:00"), 1_770_000.0),
    events=(
        event("2024-05-03 14:39", "change", "deploy session-service 2.8.0"),
        event("2024-05-03 14:50", "note", "Team told", "Platform"),
        event("2024-05-03 15:00", "declared_start", "Users cannot stay signed in"),
        event("2024-05-03 15:05", "investigating", "Comparing session tokens"),
        event("2024-05-03 17:10", "identified", "2.8.0 issues invalid session tokens"),
        event("2024-05-03 17:30", "mitigating", "Rollback started"),
        event("2024-05-03 18:30", "change", "rollback session-service 2.7.4 complete"),
        event("2024-05-03 19:00", "declared_end", "Declared over"),
    ),
)

ACCOUNTS = incident(
    "accounts-20240122T1530Z",
    "accounts",
    "2024-01-22 15:30:01",
    "2024-01-22 16:45:03",
    ratio=0.72,
    half=8.0,
    users=counted_users(0.45, 0.97, "blocked"),
    rule=ThresholdRule(0.15, 300.0, 60.0, at("2024-01-22 15:32:30"), 1_806_000.0),
    events=(
        event("2024-01-22 15:26", "change", "config change: login policy 118"),
        event("2024-01-22 15:30", "declared_start", "Users locked out"),
        event("2024-01-22 15:41", "ticket", "Cannot sign in: access denied"),
        event("2024-01-22 15:44", "ticket", "Whole office locked out"),
        event("2024-01-22 15:48", "detected_by", "Support tickets", "Support"),
        event("2024-01-22 15:50", "escalated", "Escalated", "DevOps"),
        event("2024-01-22 15:55", "investigating", "Reading logs of denied sign-ins"),
        event("2024-01-22 16:10", "identified", "Login policy 118 denies by default"),
        event("2024-01-22 16:30", "mitigating", "Rollback started"),
        event("2024-01-22 16:44", "change", "rollback config: login policy 117"),
        event("2024-01-22 16:45", "declared_end", "Recovered"),
    ),
)

IDENTITY = incident(
    "identity-20240505T0330Z",
    "identity",
    "2024-05-05 03:30:20",
    "2024-05-08 22:50:00",
    ratio=0.29,
    half=130.0,
    alerts=(
        alert("2024-05-05 10:30", "2024-05-08 23:20", name="AuthErrorBudgetBurn"),
        alert("2024-05-06 10:31", "2024-05-06 12:20", name="AuthLatencyHigh"),
        alert("2024-05-07 09:02", "2024-05-07 09:40", name="AuthLatencyHigh"),
    ),
    users=counted_users(0.30, 0.91, "blocked"),
    rule=ThresholdRule(0.15, 300.0, 60.0, at("2024-05-05 03:34:40"), 1_500_000.0),
    events=(
        event("2024-05-05 03:24", "change", "config change: signing key rotation"),
        event("2024-05-05 03:30", "declared_start", "Sign-ins fail for some users"),
        event("2024-05-05 10:40", "investigating", "Suspected DDoS"),
        event("2024-05-05 11:30", "escalated", "Escalated", "SRE and Network Security"),
        event("2024-05-08 16:05", "identified", "One region kept the old signing key"),
        event("2024-05-08 21:30", "change", "config reverted: signing key rotation"),
        event("2024-05-08 22:50", "change", "hotfix key-distributor 1.9.2"),
        event("2024-05-08 22:50", "declared_end", "All users sign in"),
    ),
)

MORE = Ratio(1.46, 1.38, 1.55)
CROWD = Crowd(
    attempts=MORE,
    sessions=Ratio(1.02, 0.95, 1.10),
    tries=Ratio(1.43, 1.41, 1.45),
    strangers=Ratio(0.97, 0.84, 1.12),
    strangers_seen=311,
)


def judged(found: Incident, seen: Crowd) -> Incident:
    """The incident with the verdicts on the usual leads that these figures give."""
    assert found.window is not None
    changes = [one.time for one in found.events if one.type == "change"]
    near = near_findings(found, changes, None)
    leading = (*leads(seen, found.window), *carrying((), found.window, ()), *near)
    return replace(found, findings=leading)


REFERENCES = {
    "2023-11-10": judged(TOKENS, CROWD),
    "2024-01-18": judged(CONFIG, CROWD),
    "2024-05-03": judged(SESSIONS, Crowd(replace(MORE, low=1.2))),
    "2024-01-22": judged(ACCOUNTS, CROWD),
    "2024-05-05": judged(IDENTITY, CROWD),
}

ONGOING = incident(
    "auth-20240601T2210Z",
    "auth",
    "2024-06-01 22:10:31",
    None,
    state="ongoing",
    as_of="2024-06-01 23:05:00",
    zone="Europe/Berlin",
    alerts=(alert("2024-06-01 22:14", None),),
    users=refused_users(),
    rule=ThresholdRule(0.1, 300.0, 60.0, at("2024-06-01 22:13:00"), 1_800_000.0),
)

SUSPECTED = replace(
    ONGOING,
    id="auth-20240601T2214Z",
    state="suspected",
    window=None,
    no_window_because="no metrics of this service have been read yet",
    users=None,
    rule=None,
    first_shown=None,
    curve=curve(cells(at("2024-06-01 21:00"), at("2024-06-01 23:05"), None)),
    inputs=(),
)

BLIND = replace(SUSPECTED, curve=None)

PHASED = replace(
    TOKENS,
    window=window(
        at("2023-11-10 15:30:04"),
        at("2023-11-11 02:45:09"),
        phases=(
            (at("2023-11-10 15:30:04"), at("2023-11-10 19:02:00")),
            (at("2023-11-10 19:13:00"), at("2023-11-11 02:45:09")),
        ),
    ),
    data_gaps=((at("2023-11-10 15:20"), at("2023-11-10 15:29")),),
)

OUTLINE = curve(
    cells(
        at("2024-01-22 15:00"),
        at("2024-01-22 17:15"),
        (at("2024-01-22 15:30"), at("2024-01-22 16:45")),
    )
)

RATIO_ONLY = replace(
    ACCOUNTS,
    alerts_known=False,
    users=refused_users(),
    curve=replace(OUTLINE, per_minute=(None,) * len(OUTLINE.start)),
)


def _level() -> Incident:
    """A series of errors a second: windows, but neither attempts nor a ratio."""

    def none(unit: str, reason: str) -> Estimate:
        return Estimate.not_derivable(unit, reason, "counts of attempts beside the errors")  # type: ignore[arg-type]

    found = ACCOUNTS.window
    assert found is not None
    counts = {
        name: none(name.rpartition("_")[2], "the series has no attempts")
        for name in ("attempts", "errors", "excess_errors")
    }
    ratios = {
        name: none("ratio", "the series is a level of errors, not a ratio")
        for name in ("error_ratio", "baseline_error_ratio", "peak_error_ratio")
    }
    users = replace(refused_users(), tier=None, attempts_share=None, retry_range=None)
    drawn = RATIO_ONLY.curve
    assert drawn is not None
    scaled = {
        name: tuple(value * 40 for value in getattr(drawn, name))
        for name in ("low", "high", "expected", "usual_low", "usual_high")
    }
    return replace(
        RATIO_ONLY,
        window=replace(found, **counts, **ratios),
        users=users,
        curve=replace(drawn, **scaled),
    )


LEVEL = _level()

DECLARED = replace(
    BLIND,
    state="declared",
    alerts=(),
    no_window_because="the metrics of this service do not see sign-ins",
    events=(
        event("2024-06-01 22:00", "declared_start", "Sign-ins fail"),
        event("2024-06-01 22:20", "escalated", "Escalated", "Identity"),
    ),
)
