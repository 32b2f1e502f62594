"""Attempts per user from the store, with reasons sorted by whose fault the settings say it was."""

from __future__ import annotations

import hashlib

import numpy as np
from sqlalchemy import Connection

from detector.estimate import Origin
from detector.users import SUCCESS, UserAttempts
from outage_window.assess import People
from outage_window.reasons import Reasons
from outage_window.settings.models import Service
from outage_window.store import attempts

NS = 1e9


def people(connection: Connection, service: Service, start: int, end: int) -> People | None:
    """All attempts of the blocks that meet [start, end), nanoseconds; None when there are none."""
    blocks = attempts.of(connection, service.name, start, end)
    if not blocks:
        return None
    known = Reasons(frozenset(service.reasons.system), frozenset(service.reasons.user))
    names = sorted({name for block in blocks for name in block.reasons})
    number = {name: index for index, name in enumerate(names, 1)}
    outcome = [
        np.where(block.failed, np.array([number[r] for r in block.reasons])[block.reason], 0)
        for block in blocks
    ]
    tried = UserAttempts.single(
        np.concatenate([block.time for block in blocks]) / NS,
        np.concatenate([block.user for block in blocks]),
        np.concatenate(outcome).astype(np.uint16),
        (SUCCESS, *(known.outcome(name) for name in names)),
    )
    bodies = attempts.bodies(connection, service.name, start, end)
    digest = hashlib.sha256("".join(sorted(set(bodies))).encode())
    name = f"attempts per user received for {service.name} (deliveries: {len(set(bodies))})"
    return People(tried, (Origin(name, digest.hexdigest(), len(tried.user)),))
