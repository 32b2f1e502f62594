"""The command `check-config`: every error of a settings file, or what it would make serve do."""

from __future__ import annotations

import os

import click

from outage_window.cli.main import EXIT_UNUSABLE

DEFAULT = "config/outage-window.yml"


@click.command("check-config")
@click.argument("file", default=DEFAULT)
def command(file: str) -> int:
    """Check a settings FILE with the environment over it: a line for each error, exit code 2."""
    from outage_window.settings.load import SettingsError, doubts, load
    from outage_window.settings.senders import credentials

    try:
        settings = load(file, os.environ)
    except SettingsError as error:
        for line in error.lines:
            click.echo(line, err=True)
        return EXIT_UNUSABLE
    for line in doubts(file, os.environ, settings):
        click.echo(line, err=True)
    keys = credentials(settings.senders, settings.web.token)
    click.echo(f"{file}: good")
    click.echo(
        f"listens on {settings.web.listen}, {'with' if keys.needed else 'without'} credentials"
    )
    for sender in settings.senders:
        click.echo(f"sender {sender.name}: {sender.kind}")
    click.echo(f"stores in {settings.storage.url}")
    if settings.prometheus is not None:
        click.echo(f"asks {_without_userinfo(settings.prometheus.url)}")
    for service in settings.services:
        alerts = " and ".join(service.alerts) or f'service="{service.name}" or job="{service.name}"'
        click.echo(f"service {service.name}: {service.source}, alerts with {alerts}")
    if not settings.services:
        click.echo("no services: incidents will come from alerts alone")
    return 0


def _without_userinfo(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
