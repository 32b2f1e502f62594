"""The command `serve`: receiver, loop and pages in one process, until it is told to stop."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from outage_window.live.status import Status
    from outage_window.serving.notify import Notifier
    from outage_window.serving.running import Running
    from outage_window.serving.signals import Signals

DEFAULT = "config/outage-window.yml"
WEB_FILE = "OUTAGE_WINDOW_WEB__CONFIG_FILE"


@click.command("serve")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
@click.option("--web.config.file", "web_file", help="TLS and users; wins over web.config_file.")
def command(file: str, web_file: str | None) -> int:
    """Receive alerts, watch the services, keep incidents and drafts until it is told to stop."""
    from outage_window import clock, logs
    from outage_window.live.status import Status
    from outage_window.serving.running import Running
    from outage_window.settings.load import load
    from outage_window.store import Store

    # A path on the command line is relative to where that was written, not to the settings.
    web = {} if web_file is None else {WEB_FILE: os.path.abspath(web_file)}
    environ = {**os.environ, **web}
    settings = load(file, environ)
    logs.set_up(settings.log.format, settings.log.level)
    status = Status(clock.system())
    keys = settings.attempts.user_key_file
    store = Store.open(settings.storage.whole_url, keys, status.committed)
    try:
        status.depend_on([store.thread])
        _serve(Running(file, environ, settings, store, status), status)
    finally:
        store.close()
    logging.getLogger(__name__).info("stopped, all is stored")
    return 0


def _serve(running: Running, status: Status) -> None:
    from outage_window.serving.draining import drain
    from outage_window.serving.notify import Notifier
    from outage_window.serving.server import listen
    from outage_window.serving.signals import Signals

    server = listen(running, running.settings, running.web)
    serving = threading.Thread(target=server.run, name="server", daemon=True)
    signals, systemd = Signals(), Notifier(os.environ)
    serving.start()
    running.start()
    status.depend_on([serving])
    click.echo(f"listening on {server.url} (pages, API, webhooks)")
    systemd.ready()
    _until_stopped(running, status, signals, systemd)
    systemd.stopping()
    status.draining = True
    running.hurry()
    drain(server)
    running.stop()


def _until_stopped(running: Running, status: Status, signals: Signals, systemd: Notifier) -> None:
    """Reload on SIGHUP, keep systemd content, return when told to stop."""
    from outage_window.serving.signals import STOP

    while True:
        number = signals.next(systemd.watchdog)
        if number in STOP:
            return
        if number is None:
            if not status.dead():
                systemd.alive()
            continue
        systemd.reloading()
        running.reload()
        systemd.ready()
