"""The command `backfill`: alerts that no delivery brought, from Prometheus and Alertmanager."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from outage_window.cli.period import moment
from outage_window.errors import InputError

if TYPE_CHECKING:
    from outage_window.settings.models import Settings
    from outage_window.store import Store

DEFAULT = "config/outage-window.yml"


@click.command("backfill")
@click.option("--from", "start", metavar="TIME", required=True, help="RFC 3339 with its zone.")
@click.option("--to", "end", metavar="TIME", required=True, help="Not included; at most now.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def command(start: str, end: str, file: str) -> int:
    """Ask which alerts fired in [--from, --to), and keep those that no delivery brought.

    With SQLite no server may run meanwhile; it catches up by itself after it was down. Alertmanager
    knows only what fires now. Incidents are brought up to date when the server runs again.
    """
    from outage_window import clock
    from outage_window.settings.load import load
    from outage_window.store import Store

    settings = load(file, os.environ)
    if settings.prometheus is None and settings.alertmanager is None:
        raise InputError(file, "expected prometheus.url or alertmanager.url, to ask for alerts")
    begins, now = moment(start, "--from"), clock.system()
    ends = min(moment(end, "--to"), now)
    if ends <= begins:
        raise InputError("--to", "expected a time after --from, which has passed")
    store = Store.open(settings.storage.url, settings.attempts.user_key_file)
    try:
        _fill(settings, store, begins, ends, now)
        _tell(store, begins, ends)
    finally:
        store.close()
    return 0


def _fill(settings: Settings, store: Store, start: int, end: int, now: int) -> None:
    """Keep what each of them tells; one that does not answer makes the command unusable."""
    from outage_window.live.asked import asked
    from outage_window.live.catching_up import fill
    from outage_window.sources.pull import PullFailed

    try:
        fill(settings, store, *asked(settings), start, end, now)
    except PullFailed as failure:
        raise InputError("backfill", str(failure)) from None


def _tell(store: Store, start: int, end: int) -> None:
    from outage_window.store import backfilled

    with store.read() as connection:
        found = backfilled.between(connection, start, end)
    whole = [one for one in found if one.backfilled in ("prometheus", "alertmanager")]
    ended = [one for one in found if one.backfilled == "end"]
    delivered = len(found) - len(whole)
    click.echo(
        f"alerts that fired: {len(found)}; delivered: {delivered}, of them with an end that is "
        f"back-filled: {len(ended)}; back-filled: {len(whole)}"
    )
    for one in whole:
        name = one.labels.get("alertname", "unnamed")
        ends = "fires" if one.ends_at is None else f"to {_shown(one.ends_at)}"
        click.echo(f"back-filled from {one.backfilled}: {name}, {_shown(one.starts_at)} {ends}")


def _shown(time: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(time // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"
