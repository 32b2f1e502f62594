"""What is made of one settings file, and replaced as a whole when it is read again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage_window import clock, logs
from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.live import prompt
from outage_window.live.asked import asked
from outage_window.live.catching_up import CatchUp
from outage_window.live.held import Holding
from outage_window.live.loop import Loop
from outage_window.live.news import News
from outage_window.live.prompt import Prompt
from outage_window.live.publishing import Publisher
from outage_window.live.status import Status
from outage_window.live.watch import Watch
from outage_window.publish.build import build
from outage_window.publish.sending import REAL
from outage_window.serving.fixed import with_fixed
from outage_window.settings.load import SettingsError, load
from outage_window.settings.models import Settings
from outage_window.settings.web_watch import watched
from outage_window.store import Store
from outage_window.store.leading import lease as lease_of
from outage_window.uploads.analysing import Analyser
from outage_window.uploads.held import Shelf
from outage_window.web import create_app
from outage_window.web.beside import Beside
from reports.redraft import redraft

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that passes which run may take to end when the process stops."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was made of one reading of the settings."""

    settings: Settings
    app: WSGIApplication
    loops: tuple[Loop, ...]


class Running:
    """A WSGI application that goes on, whatever it runs is replaced by: no request is refused.

    `reload()` and `stop()` are for one thread, that which waits for signals; requests come from
    any. Store and status are the same throughout.
    """

    def __init__(
        self,
        file: str,
        environ: Mapping[str, str],
        settings: Settings,
        store: Store,
        status: Status,
    ) -> None:
        self._file = file
        self._environ = environ
        self._store = store
        self._status = status
        self._news = News(store, status)
        self._analyser, self._shelf = Analyser(), Shelf()
        status.leads = lambda name: lease_of(store.leading, name) is not None
        self.web = watched(settings)
        """The web configuration in force, which is read again when its files change."""
        self._parts = self._make(settings)
        status.reloaded(True, clock.system())

    @property
    def settings(self) -> Settings:
        """Those in use."""
        return self._parts.settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request by the app of the settings in use."""
        return self._parts.app(environ, start_response)

    def start(self) -> None:
        """Begin to watch and to publish."""
        self._store.leading.start()
        self._status.depend_on(self._store.leading.threads)
        self._begin(self._parts, ())

    def reload(self) -> bool:
        """Read the settings again and go on with them; with those in use if they are not good."""
        try:
            settings = with_fixed(self.settings, load(self._file, self._environ))
            parts = self._make(settings)
        except SettingsError as error:
            for line in error.lines:
                log.error("reload: %s", line)
        except InputError as error:
            log.error("reload: %s", error)
        except Exception:
            log.exception("reload: internal error")
        else:
            self._replace(parts)
            return True
        self._status.reloaded(False, clock.system())
        log.error("reload: the settings stay as they were", extra={"file": self._file})
        return False

    def hurry(self) -> None:
        """End what need not be waited for when the process stops: what would come of it is lost."""
        self._analyser.close()

    def stop(self, patience: float = PATIENCE) -> None:
        """Let the passes that run end, for at most `patience` seconds altogether."""
        until = time.monotonic() + patience
        self._news.close()
        for loop in self._parts.loops:
            loop.tell()
        for loop in self._parts.loops:
            loop.join(max(until - time.monotonic(), 0.0))

    def _replace(self, parts: _Parts) -> None:
        logs.set_up(parts.settings.log.format, parts.settings.log.level)
        before, self._parts = self._parts, parts
        self._news.end_all()
        for loop in before.loops:
            loop.tell()
        self._begin(parts, before.loops)
        self._status.reloaded(True, clock.system())
        log.info("reload: the settings are in use", extra={"file": self._file})

    def _begin(self, parts: _Parts, before: tuple[Loop, ...]) -> None:
        """Start the loops; each waits for its predecessor's pass: two would undo each other.

        The first two both derive, and wait for both.
        """
        for index, loop in enumerate(parts.loops):
            loop.start(*before[:2] if index < 2 else before[index : index + 1])
        self._status.depend_on([loop.thread for loop in parts.loops], [b.thread for b in before])

    def _make(self, settings: Settings) -> _Parts:
        store, status = self._store, self._status
        holding = Holding()
        targets = build(settings, redraft, REAL)
        publisher = Publisher(store, targets, status, clock.system, settings.web.url, store.leading)
        app = create_app(
            store,
            settings,
            status,
            config_file=self._file,
            web=self.web,
            beside=Beside(self._news, holding, publisher.publish, self._analyser, self._shelf),
        )
        watch = Watch(
            settings,
            store,
            _until(settings),
            status,
            config_file=self._file,
            holding=holding,
            leading=store.leading,
        )
        missed = Loop(_catch_up(settings, store, status), settings.catch_up_interval, "catch-up")
        loops = (
            # First what was missed, so that no incident is closed without the alerts that it had.
            Loop(watch, settings.scan_interval, "watch", watch.take_over, missed.done),
            Loop(Prompt(watch), prompt.EVERY, "prompt", rest=prompt.REST),
            missed,
            # A loop of its own: what is published must not keep what is measured waiting.
            Loop(publisher, settings.scan_interval, "publish"),
        )
        return _Parts(settings, app, loops)


def _catch_up(settings: Settings, store: Store, status: Status) -> CatchUp:
    """Asks for what was missed, in a loop of its own: whom it asks may not answer."""
    # Where a past period is asked for, nothing is missed now.
    past = settings.prometheus is not None and settings.prometheus.until is not None
    clients = (None, None) if past else asked(settings)
    return CatchUp(settings, store, clock.system, status, *clients, store.leading)


def _until(settings: Settings) -> Clock:
    """The clock of the loop: it stands still where the settings ask for a past period."""
    if settings.prometheus is None or settings.prometheus.until is None:
        return clock.system
    last = round(settings.prometheus.until.timestamp() * 1e9)
    return lambda: min(clock.system(), last)
