"""Tells systemd how the process is doing, by its datagram protocol (sd_notify)."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Notifier:
    """Does nothing where nobody listens, which is anywhere but under systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # `@` stands for the zero byte of an abstract address; other kinds are not for us.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog = _watchdog(environ) if self._address else None
        """Seconds between two words that all is well; None where nobody waits for one."""

    def ready(self) -> None:
        """It serves, or serves again after a reload."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The settings are being read again."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It drains."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """All is well."""
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto(text.encode(), self._address)
        except OSError as error:
            log.warning("cannot tell systemd %s: %s", text.split("=")[0], error)


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Half of what systemd waits for, as its manual asks; None when it is not this process's."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdigit() and int(microseconds) else None
