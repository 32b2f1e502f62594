"""The command `check-config`: every error of a settings file, or what it would make serve do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from outage_window.cli.main import EXIT_UNUSABLE

if TYPE_CHECKING:
    from outage_window.settings.models import Settings

DEFAULT = "config/outage-window.yml"


@click.command("check-config")
@click.argument("file", default=DEFAULT)
def command(file: str) -> int:
    """Check a settings FILE with the environment over it: a line for each error, exit code 2."""
    from outage_window.errors import without_userinfo
    from outage_window.settings import web_config
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
    web = None if settings.web.config_file is None else web_config.load(settings.web.config_file)
    asked = credentials(settings.senders, settings.web.token).needed or (web and web.guards)
    click.echo(f"{file}: good")
    click.echo(f"listens on {settings.web.listen}, {'with' if asked else 'without'} credentials")
    if web is not None:
        click.echo(f"web configuration: {web.words()}")
    if settings.web.readers:
        click.echo(f"may read, and change nothing: {', '.join(settings.web.readers)}")
    for sender in settings.senders:
        click.echo(f"sender {sender.name}: {sender.kind}")
    click.echo(f"stores in {settings.storage.url}")
    if settings.prometheus is not None:
        click.echo(f"asks {without_userinfo(settings.prometheus.url)}")
    for url in settings.alertmanager.url if settings.alertmanager else ():
        click.echo(f"asks {without_userinfo(url)} for alerts and silences")
    _show_services(settings)
    return 0


def _show_services(settings: Settings) -> None:
    for service in settings.services:
        alerts = " and ".join(service.alerts) or f'service="{service.name}" or job="{service.name}"'
        click.echo(f"service {service.name}: {service.source}, alerts with {alerts}")
    if not settings.services:
        click.echo("no services: incidents will come from alerts alone")
