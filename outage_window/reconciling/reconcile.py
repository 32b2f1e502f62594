"""One reconciliation: what the store holds of a period is read, then judged."""

from __future__ import annotations

import difflib

from sqlalchemy import Connection

from outage_window.errors import InputError
from outage_window.reconciling.gathering import Asked, gather, known_services
from outage_window.reconciling.judging import judge
from outage_window.settings.models import Settings
from outage_window.store.schema import covered
from reports.reconciliation import Reconciliation


def reconcile(connection: Connection, settings: Settings, asked: Asked) -> Reconciliation:
    """The outages, alerts and gaps of a period. `InputError` names a service that is none, or says
    that the database is of an earlier version."""
    if not connection.dialect.has_table(connection, covered.name):
        expected = "start this version of `outage-window serve` on it once"
        raise InputError("storage.url", f"is a database of an earlier version: {expected}")
    if asked.services:
        known = known_services(connection, settings)
        for name in asked.services:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=3) or known[:3]
                expected = f"no such service; expected one such as {', '.join(near)}"
                raise InputError(f"service {name!r}", expected if known else "no service is known")
    return judge(gather(connection, settings, asked))
