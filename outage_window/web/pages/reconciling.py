"""The page of a reconciliation: outages, alerts and what was received, held against each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, render_template, request, url_for

from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.reconciling.gathering import Asked, known_services
from outage_window.reconciling.reconcile import reconcile
from outage_window.settings.models import Settings
from outage_window.store import Store
from reports import reconciliation_text as titles
from reports.reconciliation import Outage, Reconciliation
from reports.reconciliation_text import INSTEAD, partly, summary
from webhooks.model import Refused
from webhooks.times import parse_time

NS = 10**9
DAY = 86_400 * NS
USUAL = 7
"""Days that are looked at where none are asked for."""
MOST_DAYS = 93
MOST = 50
"""Lines of one kind."""
LONGEST = 200
EXPECTED = "expected a day such as 2026-01-31, or a time such as 2026-01-31T08:00:00Z"


def open_views(views: Blueprint, store: Store, settings: Settings, clock: Clock) -> None:
    """`/reconcile`."""

    @views.get("/reconcile")
    def _reconcile() -> str:
        asked = _asked(clock())
        with store.read() as connection:
            services = known_services(connection, settings)
            try:
                found = reconcile(connection, settings, asked)
            except InputError as error:
                abort(400, str(error))
        return render_template("reconcile.html", **_shown(found), services=services)


def _shown(found: Reconciliation) -> dict[str, object]:
    """What the page says."""
    end = datetime.fromtimestamp(found.end, UTC)
    return {
        "found": found,
        "titles": titles,
        "most": MOST,
        "summary": summary(found),
        "partly": partly(found),
        "outages": [(one, _page(one), INSTEAD[one.why]) for one in found.without_alert.found],
        "reasons": list(dict.fromkeys(one.how for one in found.not_judged)),
        "broken": [one for one in found.feeds if one.gaps],
        "known_feeds": sum(bool(one.known.spans) for one in found.feeds),
        "asked": request.args,
        "first_day": f"{datetime.fromtimestamp(found.start, UTC):%Y-%m-%d}",
        "last_day": f"{end - timedelta(microseconds=1):%Y-%m-%d}",
    }


def _page(one: Outage) -> str:
    return url_for("pages._incident", identity=one.id)


def _asked(now: int) -> Asked:
    """What the address asks for; 400 naming the field where that cannot be."""
    end = _time("to", DAY)
    start = _time("from", 0)
    until = now if end is None else min(end, now)
    begins = until - USUAL * DAY if start is None else start
    if begins >= until:
        abort(400, "to: expected a time after from, which has passed")
    if until - begins > MOST_DAYS * DAY:
        abort(400, f"from: expected at most {MOST_DAYS} days; `outage-window reconcile` takes more")
    service = request.args.get("service", "")[:LONGEST]
    return Asked(begins, until, now, (service,) if service else ())


def _time(name: str, day: int) -> int | None:
    """The time of a field; of a day its beginning, or its end where that is `day` later."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return parse_time(f"{text}T00:00:00Z", name) + day
        return parse_time(text, name)
    except Refused:
        abort(400, f"{name}: {EXPECTED}")
