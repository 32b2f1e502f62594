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

from outage_window.errors import InputError

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer  # type: ignore[import-untyped]

    from outage_window.clock import Clock
    from outage_window.live.loop import Loop
    from outage_window.live.status import Status
    from outage_window.settings.models import Settings
    from outage_window.store import Store

THREADS = 16
DEFAULT = "config/outage-window.yml"


@click.command("serve")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def command(file: str) -> int:
    """Receive alerts, watch the services, keep incidents and drafts until it is told to stop."""
    from outage_window.settings.load import load
    from outage_window.store import Store

    settings = load(file, os.environ)
    _log_plainly()
    store = Store.open(settings.storage.whole_url, settings.attempts.user_key_file)
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
    from outage_window.web import create_app

    status = Status(clock.system())
    server = _listen(create_app(store, settings, status, config_file=file), settings)
    watch = Watch(settings, store, _until(settings, clock.system), status, config_file=file)
    loop = Loop(watch, settings.scan_interval, store.lead)
    publishing = _publishing(settings, store, status)
    serving = threading.Thread(target=server.run, name="server", daemon=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serving.start()
    loop.start()
    publishing.start()
    host, port = server.effective_host, server.effective_port
    click.echo(f"listening on http://{host}:{port} (pages, API, webhooks)")
    stop.wait()
    _stop_listening(server)
    server.task_dispatcher.shutdown(cancel_pending=False, timeout=10)
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
    return Loop(publisher, settings.scan_interval, store.lead)


def _stop_listening(server: BaseWSGIServer) -> None:
    """Close the listening socket in the server's own thread, whose loop must not see it vanish.

    The loop goes on, so that requests under way get their answers.
    """
    from waitress.wasyncore import dispatcher  # type: ignore[import-untyped]

    server.trigger.pull_trigger(lambda: dispatcher.close(server))


def _until(settings: Settings, now: Clock) -> Clock:
    """The clock of the loop: it stands still where the settings ask for a past period."""
    if settings.prometheus is None or settings.prometheus.until is None:
        return now
    last = round(settings.prometheus.until.timestamp() * 1e9)
    return lambda: min(now(), last)


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
