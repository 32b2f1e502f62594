"""The five reference outages: what people declared, and the physical truth that the demo makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from outage_window.demo.model import Intermittent, LockOut, Outage, PastAlert, PastEvent


def at(text: str) -> float:
    """Seconds since the epoch of a time such as `2023-11-10 15:30`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


TOKENS = Outage(
    id="2023-11-10",
    service="token-api",
    zone="UTC",
    utc_offset=0.0,
    start=at("2023-11-10 15:30"),
    end=at("2023-11-11 02:45"),
    harm=LockOut(0.25),
    reason="token_rejected",
    pods=3,
    users=60_000,
    declared_share=0.25,
    alerts=(
        PastAlert(
            "AuthErrorRateHigh",
            "10m",
            "A high share of authentication attempts fails",
            at("2023-11-10 15:45"),
            at("2023-11-11 02:51"),
        ),
    ),
    events=(
        PastEvent(at("2023-11-10 15:22"), "change", "deploy token-validator 4.11.0"),
        PastEvent(at("2023-11-10 15:30"), "declared_start", "Users report valid tokens rejected"),
        PastEvent(at("2023-11-10 15:52"), "investigating", "Looking at the database"),
        PastEvent(
            at("2023-11-10 16:12"), "investigating", "Database healthy; looking at the network"
        ),
        PastEvent(at("2023-11-10 16:30"), "escalated", "Escalated", "DevOps and Security"),
        PastEvent(at("2023-11-11 01:20"), "identified", "token-validator rejects valid tokens"),
        PastEvent(
            at("2023-11-11 02:45"), "change", "hotfix token-validator 4.11.1: clock_skew 0s → 60s"
        ),
        PastEvent(at("2023-11-11 02:45"), "declared_end", "Users sign in again"),
    ),
)

CONFIG = Outage(
    id="2024-01-18",
    service="sso",
    zone="UTC",
    utc_offset=0.0,
    start=at("2024-01-18 08:43"),
    end=at("2024-01-18 12:30"),
    harm=Intermittent(failing=0.45, slow=0.30),
    reason="upstream_timeout",
    pods=3,
    users=6_000,
    declared_share=0.85,
    alerts=(
        PastAlert(
            "AuthErrorRateHigh",
            "1m",
            "A high share of authentication attempts fails",
            at("2024-01-18 08:45"),
            at("2024-01-18 12:36"),
        ),
    ),
    events=(
        PastEvent(at("2024-01-18 08:40"), "change", "config change: directory connection pool"),
        PastEvent(at("2024-01-18 08:45"), "declared_start", "Sign-ins fail now and again"),
        PastEvent(at("2024-01-18 08:55"), "investigating", "Suspected DDoS: looking at traffic"),
        PastEvent(at("2024-01-18 09:30"), "escalated", "Escalated", "Security and Infrastructure"),
        PastEvent(at("2024-01-18 11:50"), "identified", "The connection pool is too small"),
        PastEvent(at("2024-01-18 12:30"), "change", "rollback config: directory connection pool"),
        PastEvent(at("2024-01-18 12:30"), "declared_end", "Sign-ins work"),
    ),
)

SESSIONS = Outage(
    id="2024-05-03",
    service="session",
    zone="-05:00",
    utc_offset=-5.0,
    start=at("2024-05-03 14:43"),
    end=at("2024-05-03 18:30"),
    harm=LockOut(0.60),
    reason="invalid_session_token",
    pods=2,
    users=30_000,
    declared_share=None,
    alerts=(
        PastAlert(
            "AuthErrorRateHigh",
            "1m",
            "A high share of authentication attempts fails",
            at("2024-05-03 14:45"),
            at("2024-05-03 18:36"),
        ),
    ),
    events=(
        PastEvent(at("2024-05-03 14:39"), "change", "deploy session-service 2.8.0"),
        PastEvent(at("2024-05-03 14:50"), "note", "Team told", "Platform"),
        PastEvent(at("2024-05-03 15:00"), "declared_start", "Users cannot stay signed in"),
        PastEvent(at("2024-05-03 15:05"), "investigating", "Comparing session tokens"),
        PastEvent(at("2024-05-03 17:10"), "identified", "2.8.0 issues invalid session tokens"),
        PastEvent(at("2024-05-03 17:30"), "mitigating", "Rollback started"),
        PastEvent(at("2024-05-03 18:30"), "change", "rollback session-service 2.7.4 complete"),
        PastEvent(at("2024-05-03 19:00"), "declared_end", "Declared over"),
    ),
)

ACCOUNTS = Outage(
    id="2024-01-22",
    service="accounts",
    zone="UTC",
    utc_offset=0.0,
    start=at("2024-01-22 15:30"),
    end=at("2024-01-22 16:45"),
    harm=LockOut(0.45),
    reason="policy_denied",
    pods=1,
    users=9_000,
    declared_share=0.45,
    alerts=(),
    events=(
        PastEvent(at("2024-01-22 15:26"), "change", "config change: login policy 118"),
        PastEvent(at("2024-01-22 15:30"), "declared_start", "Users locked out"),
        PastEvent(at("2024-01-22 15:41"), "ticket", "Cannot sign in: access denied"),
        PastEvent(at("2024-01-22 15:44"), "ticket", "Whole office locked out"),
        PastEvent(at("2024-01-22 15:48"), "detected_by", "Support tickets", "Support"),
        PastEvent(at("2024-01-22 15:50"), "escalated", "Escalated", "DevOps"),
        PastEvent(at("2024-01-22 15:55"), "investigating", "Reading logs of denied sign-ins"),
        PastEvent(at("2024-01-22 16:10"), "identified", "Login policy 118 denies by default"),
        PastEvent(at("2024-01-22 16:30"), "mitigating", "Rollback started"),
        PastEvent(at("2024-01-22 16:44"), "change", "rollback config: login policy 117"),
        PastEvent(at("2024-01-22 16:45"), "declared_end", "Recovered"),
    ),
)

IDENTITY = Outage(
    id="2024-05-05",
    service="identity",
    zone="UTC",
    utc_offset=0.0,
    start=at("2024-05-05 03:30"),
    end=at("2024-05-08 22:50"),
    harm=LockOut(0.30),
    reason="key_mismatch",
    pods=3,
    users=80_000,
    declared_share=0.30,
    alerts=(
        PastAlert(
            "AuthErrorBudgetBurn",
            "1h",
            "The error budget of identity burns too fast",
            at("2024-05-05 10:30"),
            at("2024-05-08 23:20"),
        ),
    ),
    events=(
        PastEvent(at("2024-05-05 03:24"), "change", "config change: signing key rotation"),
        PastEvent(at("2024-05-05 03:30"), "declared_start", "Sign-ins fail for some users"),
        PastEvent(at("2024-05-05 10:40"), "investigating", "Suspected DDoS"),
        PastEvent(at("2024-05-05 11:30"), "escalated", "Escalated", "SRE and Network Security"),
        PastEvent(at("2024-05-08 16:05"), "identified", "One region kept the old signing key"),
        PastEvent(at("2024-05-08 21:30"), "change", "config reverted: signing key rotation"),
        PastEvent(at("2024-05-08 22:50"), "change", "hotfix key-distributor 1.9.2"),
        PastEvent(at("2024-05-08 22:50"), "declared_end", "All users sign in"),
    ),
)

REFERENCES = (TOKENS, CONFIG, SESSIONS, ACCOUNTS, IDENTITY)


def moved(outage: Outage, seed: int) -> Outage:
    """The same outage with both edges moved at random, to any fraction of a second.

    The whole is moved by up to six hours either way, its length by up to a fifth.
    """
    rng = np.random.default_rng([seed, 3, *outage.id.encode()])
    start = outage.start + rng.uniform(-6.0, 6.0) * 3600.0
    length = (outage.end - outage.start) * rng.uniform(0.8, 1.2)
    return replace(outage, start=start, end=start + length)
