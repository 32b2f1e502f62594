"""TLS for the server: handshakes and records in its one loop, where no slow client holds a thread.

waitress reads and writes plain sockets that never block. A TLS socket that never blocks differs in
this: it may want to write when it is to be read, and its handshake comes first.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from outage_window.serving.channel import Channel
from outage_window.serving.server import Server
from outage_window.settings.tls_context import ContextError, make_context
from outage_window.settings.web_config import WebConfig

log = logging.getLogger(__name__)

HANDSHAKE = 10.0
"""Seconds in which a handshake must be done."""
RECORD = 16384
"""A TLS record holds no more: reading so much leaves nothing behind that a poll would not see."""
TELL_EVERY = 60.0
"""Seconds between two words on handshakes that failed: anybody can make one fail."""


class Contexts:
    """The TLS context of the configuration in force, made anew whenever that is another."""

    def __init__(self, config: Callable[[], WebConfig]) -> None:
        self._config = config
        self._of = config()
        self._context = make_context(self._of.tls_server_config)

    def __call__(self) -> ssl.SSLContext:
        """The context for the next connection."""
        config = self._config()
        if config is not self._of:
            with suppress(ContextError):  # a file went between two looks: the next will tell
                self._context = make_context(config.tls_server_config)
            self._of = config
        return self._context

    @property
    def allowed(self) -> tuple[str, ...]:
        """The names of which a client's certificate must have one; none: any."""
        return self._of.tls_server_config.client_allowed_sans


class TlsChannel(Channel):
    """One connection over TLS."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._shaken = False
        self._wants_write = False
        # A worker may send while the loop reads: OpenSSL's connections bear no two at once.
        self._using = threading.Lock()
        super().__init__(*arguments, **named)
        self.sendbuf_len = 4 * RECORD

    def readable(self) -> bool:
        """Whether to look for bytes of the client."""
        return super().readable() if self._shaken else bool(self.connected)

    def writable(self) -> bool:
        """Whether there is something to send."""
        return super().writable() if self._shaken else bool(self.connected and self._wants_write)

    def late(self, now: float) -> bool:
        """Whether the client has used up its time."""
        return super().late(now) if self._shaken else now - self.creation_time > HANDSHAKE

    def handle_read(self) -> None:
        """Go on with the handshake, or take in what came."""
        if not self._shaken:
            self._shake_hands()
            return
        try:
            with self._using:
                data = self.socket.recv(RECORD)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, ValueError):
            data = b""
        if data:
            self.last_activity = time.time()
            self.received(data)
        else:
            self.handle_close()

    def handle_write(self) -> None:
        """Go on with the handshake, or send what waits."""
        if self._shaken:
            super().handle_write()
        else:
            self._shake_hands()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """How many bytes were sent."""
        try:
            with self._using:
                return 0 if self.socket is None else int(self.socket.send(data))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except (OSError, ValueError):
            if do_close:
                self.handle_close()
            return 0

    def handle_close(self) -> None:
        """Say goodbye, as far as that goes without waiting, and close."""
        with self._using:
            if self._shaken and self.socket is not None:
                with suppress(OSError, ValueError):
                    self.socket.unwrap()
        super().handle_close()

    def _shake_hands(self) -> None:
        self._wants_write = False
        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLWantWriteError:
            self._wants_write = True
            return
        except (OSError, ValueError) as error:
            self.server.tell_of_handshake(getattr(error, "reason", None) or type(error).__name__)
            self.handle_close()
            return
        self._shaken = True
        self.last_activity = time.time()
        allowed = self.server.contexts.allowed
        certificate = self.socket.getpeercert()
        if allowed and certificate and not names(certificate) & set(map(plain, allowed)):
            self.server.tell_of_handshake("no name of the certificate is allowed")
            self.handle_close()


class TlsServer(Server):
    """The server over TLS."""

    channel_class = TlsChannel

    def __init__(self, app: Any, contexts: Contexts, **named: Any) -> None:
        self.contexts = contexts
        self._told = -TELL_EVERY
        super().__init__(app, **named)

    def accept(self) -> tuple[ssl.SSLSocket, Any] | None:
        """The next connection; None when there is none, or it is gone already."""
        found = super().accept()
        if found is None:
            return None
        connection, address = found
        connection.setblocking(False)
        try:
            wrapped = self.contexts().wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        except (OSError, ValueError):
            connection.close()
            return None
        return wrapped, address

    def tell_of_handshake(self, reason: str) -> None:
        """Log why a client was not let in, now and then."""
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            log.warning("a TLS handshake failed: %s (told once a minute)", reason)


def names(certificate: dict[str, Any]) -> set[str]:
    """The alternative names of a certificate: DNS, IP, e-mail and URI."""
    return {plain(value) for kind, value in certificate.get("subjectAltName", ())}


def plain(name: str) -> str:
    """The name as two programs write it alike: of an address, its shortest form."""
    try:
        return str(ip_address(name.strip()))
    except ValueError:
        return name
