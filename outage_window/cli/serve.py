"""The command `serve`: receiver, loop and pages in one process, drained on SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from outage_window.clock import Clock
    from outage_window.live.loop import Loop
    from outage_window.live.status import Status
    from outage_window.settings.models import Settings
    from outage_window.store import Store

DEFAULT = "config/outage-window.yml"
WEB_FILE = "OUTAGE_WINDOW_WEB__CONFIG_FILE"


@click.command("serve")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
@click.option("--web.config.file", "web_file", help="TLS and users; wins over web.config_file.")
def command(file: str, web_file: str | None) -> int:
    """Receive alerts, watch the services, keep incidents and drafts until it is told to stop."""
    from outage_window.settings.load import load
    from outage_window.store import Store

    # A path on the command line is relative to where that was written, not to the settings.
    web = {} if web_file is None else {WEB_FILE: os.path.abspath(web_file)}
    settings = load(file, {**os.environ, **web})
    _log_plainly()
    store = Store.open(settings.storage.url, settings.attempts.user_key_file)
    try:
        _serve(settings, store, file)
    finally:
        store.close()
    logging.getLogger("outage_window").info("stopped, all is stored")
    return 0


def _serve(settings: Settings, store: Store, file: str) -> None:
    from outage_window import clock
    from outage_window.live.loop import Loop
    from outage_window.live.status import Status
    from outage_window.live.watch import Watch
    from outage_window.serving.server import listen
    from outage_window.settings.web_watch import watched
    from outage_window.web import create_app

    status = Status(clock.system())
    web = watched(settings)
    server = listen(create_app(store, settings, status, config_file=file, web=web), settings, web)
    watch = Watch(settings, store, _until(settings, clock.system), status, config_file=file)
    loop = Loop(watch, settings.scan_interval)
    publishing = _publishing(settings, store, status)
    serving = threading.Thread(target=server.run, name="server", daemon=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serving.start()
    loop.start()
    publishing.start()
    click.echo(f"listening on {server.url} (pages, API, webhooks)")
    stop.wait()
    server.stop_listening()
    server.finish(10)
    loop.stop()
    publishing.stop()


def _publishing(settings: Settings, store: Store, status: Status) -> Loop:
    """A loop of its own: what is published must not keep what is measured waiting."""
    from outage_window import clock
    from outage_window.live.loop import Loop
    from outage_window.live.publishing import Publisher
    from outage_window.publish.build import build
    from outage_window.publish.sending import REAL
    from reports.redraft import redraft

    targets = build(settings, redraft, REAL)
    publisher = Publisher(store, targets, status, clock.system, settings.web.url)
    return Loop(publisher, settings.scan_interval)


def _until(settings: Settings, now: Clock) -> Clock:
    """The clock of the loop: it stands still where the settings ask for a past period."""
    if settings.prometheus is None or settings.prometheus.until is None:
        return now
    last = round(settings.prometheus.until.timestamp() * 1e9)
    return lambda: min(now(), last)


def _log_plainly() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


class _OneLine(logging.Formatter):
    """One line a record: what came from outside must not forge another."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Escape line ends and control characters."""
        text = super().format(record)
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
