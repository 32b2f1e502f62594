"""The web configuration as it stands on the disk now: it and its certificates are read again."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from outage_window.settings.load import SettingsError
from outage_window.settings.models import Settings
from outage_window.settings.web_config import WebConfig, load

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks at the files."""
Signature = tuple[tuple[int, int, int] | None, ...]


class Watched:
    """The configuration of a file, renewed when it or a file that it names has changed.

    One that cannot be used is told to the log, once, and what stood before stays in force. Whether
    TLS is spoken at all stays as it was at the start.
    """

    def __init__(self, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._config = load(path)
        self._seen = self._signature()
        self._looked = clock()
        self._lock = threading.Lock()

    def __call__(self) -> WebConfig:
        """The configuration in force."""
        if self._clock() - self._looked >= LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._config

    def _look(self) -> None:
        self._looked = self._clock()
        found = self._signature()
        if found == self._seen:
            return
        self._seen = found
        try:
            config = load(self._path)
        except SettingsError as error:
            log.error("the web configuration stays as it was: %s", error)
            return
        if config.tls_server_config.enabled != self._config.tls_server_config.enabled:
            log.error("the web configuration stays as it was: TLS goes on or off at a start only")
            return
        self._config = config
        self._seen = self._signature()  # the files that it names may be others
        log.info("read the web configuration again")

    def _signature(self) -> Signature:
        return tuple(_state(file) for file in (self._path, *self._config.files()))


def watched(settings: Settings) -> Watched | None:
    """The web configuration that the settings name; None where they name none."""
    file = settings.web.config_file
    return None if file is None else Watched(file)


def _state(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
