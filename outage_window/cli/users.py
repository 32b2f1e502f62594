"""The command `users`: what an operator does for the people whose attempts are stored."""

from __future__ import annotations

import os

import click

from outage_window.errors import InputError

DEFAULT = "config/outage-window.yml"


@click.group("users")
def command() -> None:
    """Remove what is stored of a user."""


@command.command("forget")
@click.argument("user", metavar="ID")
@click.option("--service", help="Only what is stored for this service.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def forget(user: str, service: str | None, file: str) -> int:
    """Remove every stored record of the user with this ID; on SQLite no server may run meanwhile.

    Ids are stored as hashes: what came under an earlier key cannot be found, and goes with the
    retention.
    """
    from outage_window.settings.load import load
    from outage_window.store import Store, upkeep
    from outage_window.store.opened import file_of

    settings = load(file, os.environ)
    database = file_of(settings.storage.url)
    if database is not None and not database.is_file():
        raise InputError(str(database), "expected a database that serve has made")
    store = Store.open(settings.storage.whole_url, settings.attempts.user_key_file)
    try:
        count = upkeep.forget(store, user, service)
    finally:
        store.close()
    where = "" if service is None else f" of service {service}"
    if count:
        click.echo(f"removed {count} record{'s'[: count > 1]}{where}")
    else:
        click.echo(f"nothing is stored of this user{where}")
    return 0
