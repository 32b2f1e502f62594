"""The board: incidents, those that go on first, with search, filters and health of the feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, render_template, request, url_for

from outage_window.clock import Clock
from outage_window.live.news import News
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store, board, deliveries
from outage_window.store.board import NO_WINDOW, BoardRow, Wanted
from outage_window.web.pages.health import health
from outage_window.web.pages.lines import KINDS, Line, line

NS = 10**9
PAGE = 50
"""Incidents that are over, on one page."""
MOST_GOING = 200
"""Incidents that go on are shown whatever is asked for, so many at most."""
FIRST_DAY, LAST_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
FURTHEST = 100_000
"""The last page that may be asked for."""
LONGEST = 200
"""Characters of what is searched for."""


def open_views(
    views: Blueprint,
    store: Store,
    settings: Settings,
    status: Status,
    news: News,
    clock: Clock,
) -> None:
    """`/`."""

    @views.get("/")
    def _index() -> str:
        wanted, page, now = _wanted(), _page(), clock()
        version = news.version()
        with store.read() as connection:
            now_on, going = board.find(connection, Wanted(lasting=True), MOST_GOING)
            rows, total = board.find(connection, wanted, PAGE, (page - 1) * PAGE)
            services = board.services(connection)
            tally = deliveries.tally(connection)
        return render_template(
            "board.html",
            lasting=_linked(now_on, now),
            going=going,
            recent=_linked(rows, now),
            total=total,
            page=page,
            pages=max(-(-total // PAGE), 1),
            version=version,
            services=services,
            kinds={**KINDS, NO_WINDOW: "no window measured"},
            asked=request.args,
            filtered=wanted != Wanted(lasting=False),
            health=health(settings, status, tally, now),
            address=settings.web.url or request.host_url.rstrip("/"),
            anonymous=settings.web.token is None,
        )


def _linked(rows: list[BoardRow], now: int) -> list[tuple[Line, str]]:
    """Each row as it is shown, with the address of its page."""
    return [(line(row, now), url_for("pages._incident", identity=row.incident_id)) for row in rows]


def _wanted() -> Wanted:
    """What the address asks for; 400 naming the field where that cannot be."""
    asked = request.args
    kind = asked.get("kind", "")
    if kind not in ("", NO_WINDOW, *KINDS):
        abort(400, f"kind: expected one of {', '.join((*KINDS, NO_WINDOW))}")
    return Wanted(
        text=asked.get("q", "").strip()[:LONGEST],
        service=asked.get("service", "")[:LONGEST],
        kind=kind,
        since=_day("from"),
        until=_day("to", 1),
        dismissed=asked.get("dismissed") == "1",
        lasting=False,
    )


def _day(name: str, days: int = 0) -> int | None:
    """The beginning of the day (UTC) of a field, `days` later; None where it is empty."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        found = FIRST_DAY - timedelta(days=1)
    if not FIRST_DAY <= found <= LAST_DAY:
        abort(400, f"{name}: expected a day such as 2026-01-31")
    return round((found + timedelta(days=days)).timestamp()) * NS


def _page() -> int:
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= FURTHEST):
        abort(400, "page: expected a number from 1")
    return int(text)
