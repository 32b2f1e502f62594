"""Attempts per user from the store, with reasons sorted by whose fault the settings say it was."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from detector.estimate import Origin
from detector.series import I64
from detector.users import UserAttempts
from outage_window.assess import People
from outage_window.settings.models import Service
from outage_window.sources.users import Reasons, classify
from outage_window.store import attempts
from outage_window.store.attempts import AttemptBlock

NS = 1e9


def people(connection: Connection, service: Service, start: int, end: int) -> People | None:
    """All attempts of the blocks that meet [start, end), nanoseconds; None when there are none."""
    blocks = attempts.of(connection, service.name, start, end)
    if not blocks:
        return None
    known = Reasons(frozenset(service.reasons.system), frozenset(service.reasons.user))
    failed = np.concatenate([block.failed for block in blocks])
    names, codes = _reasons(blocks)
    outcome, unclassified = classify(failed, codes, names, known)
    given = np.array([bool(name) for name in names])
    tried = UserAttempts(
        time=np.concatenate([block.time for block in blocks]) / NS,
        user=np.concatenate([block.user for block in blocks]),
        outcome=outcome,
        has_reasons=bool(given[codes[failed]].any()),
        unclassified=unclassified,
    )
    bodies = attempts.bodies(connection, service.name, start, end)
    digest = hashlib.sha256("".join(sorted(set(bodies))).encode())
    name = f"attempts per user received for {service.name} (deliveries: {len(set(bodies))})"
    return People(tried, (Origin(name, digest.hexdigest(), len(tried.time)),))


def _reasons(blocks: Sequence[AttemptBlock]) -> tuple[list[str], I64]:
    """The reasons of all blocks, one after another, and each attempt's place among them."""
    names: list[str] = []
    codes = []
    for block in blocks:
        codes.append(block.reason.astype(np.int64) + len(names))
        names += block.reasons
    return names, np.concatenate(codes)
