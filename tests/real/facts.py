"""What the published postmortems say, field by field, and how a draft must say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """The machine-fillable facts of one reference outage; times are UTC as a draft prints them.

    `share` is what is true of the simulated users (a fraction), `hit` the words for it; `alert` and
    `escalated` are None where there was none. `local` are the declared start and end in the zone.
    """

    service: str
    declared: tuple[str, str]
    measured: tuple[str, str]
    share: float | None
    hit: str
    noticed: str
    alert: str | None
    escalated: tuple[str, str] | None
    resolved: tuple[str, ...]
    leads: tuple[str, ...]
    milestones: tuple[tuple[str, str], ...]
    odd: tuple[str, ...]
    local: tuple[str, str] = ("", "")


FACTS = {
    "2023-11-10": Facts(
        service="token-api",
        declared=("2023-11-10T15:30:00Z", "2023-11-11T02:45:00Z"),
        measured=("2023-11-10T15:30:00Z", "2023-11-11T02:45:00Z"),
        share=0.25,
        hit="mostly locked out",
        noticed="an alert",
        alert="2023-11-10T15:45:00Z",
        escalated=("2023-11-10T16:30:00Z", "DevOps and Security"),
        resolved=("hotfix token-validator 4.11.1: clock_skew 0s → 60s",),
        leads=("Looking at the database", "Database healthy; looking at the network"),
        milestones=(("Cause identified", "2023-11-11T01:20:00Z"),),
        odd=(),
    ),
    "2024-01-18": Facts(
        service="sso",
        declared=("2024-01-18T08:45:00Z", "2024-01-18T12:30:00Z"),
        measured=("2024-01-18T08:43:00Z", "2024-01-18T12:30:00Z"),
        share=0.85,
        hit="mostly intermittent failures",
        noticed="an alert",
        alert="2024-01-18T08:45:00Z",
        escalated=("2024-01-18T09:30:00Z", "Security and Infrastructure"),
        resolved=("rollback config: directory connection pool",),
        leads=("Suspected DDoS: looking at traffic",),
        milestones=(("Cause identified", "2024-01-18T11:50:00Z"),),
        odd=("declared-start-equals-alert",),
    ),
    "2024-05-03": Facts(
        service="session",
        declared=("2024-05-03T15:00:00Z", "2024-05-03T19:00:00Z"),
        measured=("2024-05-03T14:43:00Z", "2024-05-03T18:30:00Z"),
        share=None,
        hit="mostly locked out",
        noticed="an alert",
        alert="2024-05-03T14:45:00Z",
        escalated=None,
        resolved=("rollback session-service 2.7.4 complete", "Rollback started"),
        leads=("Comparing session tokens",),
        milestones=(
            ("Note", "2024-05-03T14:50:00Z"),
            ("Mitigating", "2024-05-03T17:30:00Z"),
        ),
        odd=("alert-before-declared-start", "declared-start-differs", "declared-end-differs"),
        local=("2024-05-03T10:00:00-05:00", "2024-05-03T14:00:00-05:00"),
    ),
    "2024-01-22": Facts(
        service="accounts",
        declared=("2024-01-22T15:30:00Z", "2024-01-22T16:45:00Z"),
        measured=("2024-01-22T15:30:00Z", "2024-01-22T16:45:00Z"),
        share=0.45,
        hit="mostly locked out",
        noticed="a ticket",
        alert=None,
        escalated=("2024-01-22T15:50:00Z", "DevOps"),
        resolved=("rollback config: login policy 117", "Rollback started"),
        leads=("Reading logs of denied sign-ins",),
        milestones=(
            ("Cause identified", "2024-01-22T16:10:00Z"),
            ("Mitigating", "2024-01-22T16:30:00Z"),
        ),
        odd=("no-alert",),
    ),
    "2024-05-05": Facts(
        service="identity",
        declared=("2024-05-05T03:30:00Z", "2024-05-08T22:50:00Z"),
        measured=("2024-05-05T03:30:00Z", "2024-05-08T22:50:00Z"),
        share=0.30,
        hit="mostly locked out",
        noticed="an alert",
        alert="2024-05-05T10:30:00Z",
        escalated=("2024-05-05T11:30:00Z", "SRE and Network Security"),
        resolved=("hotfix key-distributor 1.9.2", "config reverted: signing key rotation"),
        leads=("Suspected DDoS",),
        milestones=(("Cause identified", "2024-05-08T16:05:00Z"),),
        odd=("alert-late",),
    ),
}

HUMAN = (
    "did users see",
    "Which contributing factors",
    "What else was done",
    "Which of these leads were wrong",
    "Was the right team reached",
    "What mechanism",
    "Which safeguards",
    "What ended it",
    "What would have prevented this",
    "First task?",
    "Which team?",
    "By when?",
    "the one thing that others should learn",
)
"""The questions to people, one a field that no machine can fill."""
