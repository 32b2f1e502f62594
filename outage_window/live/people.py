"""What is known of a service's users: their attempts in the store, and what the settings say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from detector.budget import Objective
from detector.estimate import Origin
from detector.results import Window
from detector.users import UserAttempts
from outage_window.assess import Declared, People
from outage_window.reasons import KEYCLOAK, Reasons
from outage_window.settings.models import Service
from outage_window.store import Store, attempts
from outage_window.store.attempts import Span, Stored

NS = 10**9
NEAR, DAY = 3600 * NS, 86_400 * NS
FOREVER = 2**63 - 1
INTERVAL = 60.0
"""Seconds: what one record stands for lies within a minute."""


class Attempting:
    """Attempts per user of one service, read when there is a window and something new about it.

    A service without a window costs nothing, however many attempts come. With one, all since the
    horizon are read, since earlier weeks are compared with: when something came to the hours of a
    window, or to what is older than a day, which ordinary attempts never are.
    """

    def __init__(self, store: Store, service: Service) -> None:
        self._store = store
        self._service = service
        self._mark: object = None
        self._resting = False
        self.found: People | None = None

    def forget(self) -> None:
        """Begin again with the next look."""
        self._mark, self.found = None, None

    def rest(self) -> None:
        """Let go of what was read: `refresh` reads it again."""
        self.found, self._resting = None, True

    def moved(self, windows: Sequence[Window], since: int, now: int) -> bool:
        """Whether anything that matters came since it was read; with one window at least."""
        with self._store.read() as connection:
            spans = _spans(windows, since, now)
            return attempts.mark(connection, self._service.name, spans) != self._mark

    def anew(self) -> Attempting:
        """One that has read nothing yet."""
        return Attempting(self._store, self._service)

    def refresh(self, windows: Sequence[Window], since: int, now: int) -> bool:
        """Read what came, if anything that matters did; whether that was so."""
        before, spans = self.found, _spans(windows, since, now)
        if not spans:  # as nearly always: nobody is asked
            self._mark, self._resting, self.found = None, False, None
            return before is not None
        with self._store.read() as connection:
            mark = attempts.mark(connection, self._service.name, spans)
            if mark == self._mark and not self._resting:
                return False
            self._mark, self._resting = mark, False
            self.found = people(connection, self._service, [(since, FOREVER)])
        return self.found is not None or before is not None


def _spans(windows: Sequence[Window], since: int, now: int) -> list[Span]:
    """What is looked at: around windows, and with any also what is older than a day."""
    spans = [(round(w.onset * NS) - NEAR, round(w.until * NS) + NEAR) for w in windows]
    return [*spans, (since, now - DAY)] if spans else []


def people(connection: Connection, service: Service, spans: Sequence[Span]) -> People | None:
    """Attempts of the minutes that meet the spans, nanoseconds; None when there are none."""
    found = attempts.of(connection, service.name, spans)
    if found is None:
        return None
    sample = None if service.users is None else service.users.sample
    tried = UserAttempts(
        user=found.user,
        first=found.first,
        last=found.last,
        attempts=found.attempts,
        outcome=found.outcome,
        source=found.source,
        outcomes=reasons_of(service).outcomes(found.reasons),
        fraction=found.fraction * (1.0 if sample is None else sample.fraction),
        interval=INTERVAL,
    )
    name = f"attempts per user received for {service.name}"
    return People(tried, (Origin(name, _digest(found), int(found.attempts.sum())),))


def reasons_of(service: Service) -> Reasons:
    """Whose doing the service's failures are, by its settings."""
    said = service.reasons
    known = Reasons(frozenset(said.system), frozenset(said.user))
    return known.or_else(KEYCLOAK) if said.preset == "keycloak" else known


def declared_of(service: Service) -> Declared:
    """What the settings say of a service that no metric tells."""
    slo = service.slo
    return Declared(
        None if service.users is None else service.users.registered,
        None if slo is None else Objective(slo.target / 100, slo.window),
    )


def _digest(found: Stored) -> str:
    """Of what happened when, in whatever bodies it came; not of who, which a secret key hides."""
    digest = hashlib.sha256("\0".join(found.reasons).encode())
    columns = (found.first, found.last, found.outcome, found.attempts)
    order = np.lexsort(columns[::-1])
    for column in columns:
        digest.update(column[order].tobytes())
    return digest.hexdigest()
