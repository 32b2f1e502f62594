"""The command `serve`: receiver, loop and pages in one process, until it is told to stop."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

import click

from outage_window.errors import InputError

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer  # type: ignore[import-untyped]

    from outage_window.live.status import Status
    from outage_window.serving.notify import Notifier
    from outage_window.serving.running import Running
    from outage_window.serving.signals import Signals
    from outage_window.settings.models import Settings

THREADS = 16
DEFAULT = "config/outage-window.yml"


@click.command("serve")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def command(file: str) -> int:
    """Receive alerts, watch the services, keep incidents and drafts until it is told to stop."""
    from outage_window import clock, logs
    from outage_window.live.status import Status
    from outage_window.serving.running import Running
    from outage_window.settings.load import load
    from outage_window.store import Store

    settings = load(file, os.environ)
    logs.set_up(settings.log.format, settings.log.level)
    status = Status(clock.system())
    keys = settings.attempts.user_key_file
    store = Store.open(settings.storage.whole_url, keys, status.committed)
    try:
        _serve(Running(file, os.environ, settings, store, status), status)
    finally:
        store.close()
    logging.getLogger(__name__).info("stopped, all is stored")
    return 0


def _serve(running: Running, status: Status) -> None:
    from outage_window.serving.draining import can_drain, drain
    from outage_window.serving.notify import Notifier
    from outage_window.serving.signals import Signals

    server = can_drain(_listen(running, running.settings))
    serving = threading.Thread(target=server.run, name="server", daemon=True)
    signals, systemd = Signals(), Notifier(os.environ)
    serving.start()
    running.start()
    status.depend_on([serving])
    host, port = server.effective_host, server.effective_port
    click.echo(f"listening on http://{host}:{port} (pages, API, webhooks)")
    systemd.ready()
    _until_stopped(running, status, signals, systemd)
    systemd.stopping()
    status.draining = True
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


def _listen(app: object, settings: Settings) -> BaseWSGIServer:
    from waitress import create_server  # type: ignore[import-untyped]

    from webhooks.doors.door import LARGE

    try:
        return create_server(
            app,
            host=_host(settings),
            port=settings.web.port,
            threads=THREADS,
            max_request_body_size=LARGE + 1,
            channel_timeout=30,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    except ValueError:  # how it says that the name stands for no address
        raise InputError(
            f"web.listen: {settings.web.listen}", "expected the address of this machine"
        ) from None
    except OSError as error:
        raise InputError(
            f"web.listen: {settings.web.listen}", f"cannot be listened on ({error.strerror})"
        ) from None


def _host(settings: Settings) -> str:
    """One address: a name such as localhost may stand for two, and would make two servers."""
    host = settings.web.host
    if host == "localhost":
        return "127.0.0.1"
    return host or "0.0.0.0"  # noqa: S104 (asked for by the settings)
