"""waitress as it is set up here: bounds on threads, connections, headers, bodies and time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from outage_window.errors import InputError
from outage_window.live.listener import Listener
from outage_window.serving.channel import HOLD, Channel
from outage_window.serving.held import Held
from outage_window.serving.parser import Room
from webhooks.doors.door import LARGE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from outage_window.settings.models import Settings
    from outage_window.settings.web_config import WebConfig

THREADS = 16
"""So many requests wait for one commit at a time."""
CONNECTIONS = 500
IDLE = 30
"""Seconds after which a connection on which nothing is asked is closed."""
HEADER = 32 * 1024
IN_MEMORY = 128 * 1024
"""Bytes of a body that are held in memory; what is larger goes to a temporary file."""
ANSWER = 16 * 1024
"""Bytes of an answer that are sent in one piece."""
ON_DISK = 256 * 1024 * 1024
"""Bytes of all bodies that lie in temporary files at a time."""


class Server(TcpWSGIServer):  # type: ignore[misc]
    """One listening address, and a loop that reads and writes for all its connections."""

    channel_class = Channel
    draining = False

    def __init__(self, app: WSGIApplication, **named: Any) -> None:
        super().__init__(_holding(app), **named)
        self.held = Held(self._map)

    def maintenance(self, now: float) -> None:
        """Let those go that have used up their time, in whatever they are."""
        for channel in list(self.active_channels.values()):
            if channel.late(now):
                channel.handle_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.effective_host}]" if ":" in self.effective_host else self.effective_host
        return f"{self.adj.url_scheme}://{host}:{self.effective_port}"


def _holding(app: WSGIApplication) -> WSGIApplication:
    """The application; those of its answers that do not end are held by the loop, not a thread."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = app(environ, start_response)
        if not isinstance(found, Listener):
            return found
        held: Iterable[bytes] = environ[HOLD](found)
        return held

    return answer


def listen(
    app: WSGIApplication, settings: Settings, config: Callable[[], WebConfig] | None
) -> Server:
    """A server on the address of the settings, with TLS where the web configuration says so.

    Raises `InputError` where nobody can listen.
    """
    tls = config is not None and config().tls_server_config.enabled
    wrong = f"web.listen: {settings.web.listen}"
    try:
        named: dict[str, Any] = {"adj": _adjustments(settings, "https" if tls else "http")}
        named["sockinfo"] = named["adj"].listen[0]
        named["map"] = {}
        if tls and config is not None:
            from outage_window.serving.tls import Contexts, TlsServer

            return TlsServer(app, Contexts(config), **named)
        return Server(app, **named)
    except ValueError:  # how it says that the name stands for no address
        raise InputError(wrong, "expected the address of this machine") from None
    except OSError as error:
        raise InputError(wrong, f"cannot be listened on ({error.strerror})") from None


def _adjustments(settings: Settings, scheme: str) -> Adjustments:
    found = Adjustments(
        host=_host(settings),
        port=settings.web.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        backlog=min(1024, socket.SOMAXCONN),
        max_request_header_size=HEADER,
        max_request_body_size=LARGE + 1,
        inbuf_overflow=IN_MEMORY,
        recv_bytes=16384,
        channel_timeout=IDLE,
        cleanup_interval=1,
        asyncore_use_poll=True,
        log_socket_errors=False,
        ident=None,
        url_scheme=scheme,
        clear_untrusted_proxy_headers=True,
    )
    found.room = Room(ON_DISK)
    # The loop sends the head and body of a small answer at once; a thread that sent each would wait
    # for the interpreter twice. Where waitress no longer asks for it, only speed is lost.
    found.send_bytes = ANSWER
    return found


def _host(settings: Settings) -> str:
    """One address: a name such as localhost may stand for two, and would make two servers."""
    host = settings.web.host
    if host == "localhost":
        return "127.0.0.1"
    return host or "0.0.0.0"  # noqa: S104 (asked for by the settings)
