"""A connection, bounded in time: who sends or reads by the byte is let go."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import WSGITask  # type: ignore[import-untyped]

from outage_window.live.listener import Listener
from outage_window.serving.parser import Request

PATIENCE = 30.0
"""Seconds in which a request must be whole, and more the more of it has come."""
LEAST_RATE = 64 * 1024
"""Bytes a second at which a large body must come."""
READING = 120.0
"""Seconds in which a client must have read its answer."""
BEHIND = 64 * 1024
"""Bytes that may wait for one who listens and does not read."""
GONE = 60
"""Seconds in which the other side's system must have acknowledged what one who listens was sent."""
HOLD = "outage_window.hold"
"""In the WSGI environment: what lets a listener go on without a thread."""


class _Task(WSGITask):  # type: ignore[misc]
    listener: Listener | None = None
    close_on_finish: bool

    def get_environment(self) -> Any:
        environ = super().get_environment()
        environ[HOLD] = self._hold
        return environ

    def _hold(self, listener: Listener) -> Iterator[bytes]:
        """What is sent at once; the rest is the channel's business."""
        self.listener = listener
        data, ended = listener.taken()
        if ended:
            listener.end()
        return iter((data,))

    def finish(self) -> None:
        listener = self.listener
        if listener is None or self.channel.server.draining:
            super().finish()
            return
        # The head says that the connection is closed after this answer: it goes on.
        self.close_on_finish = False
        self.channel.go_on(listener, self.chunked_response)

    def build_response_header(self) -> Any:
        if self.channel.server.draining:
            self.set_close_on_finish()  # the next request finds a server that goes on
        return super().build_response_header()


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection of a client."""

    parser_class = Request
    task_class = _Task
    request: Any
    begun = 0.0
    """When the request that is coming in began."""
    answering = 0.0
    """When bytes first waited for the client to take them; 0 while none wait."""
    listener: Listener | None = None
    """Whose words are sent on, in an answer that does not end."""
    chunked = False

    def received(self, data: bytes) -> bool:
        """Take in what came. One that listens has no more to say."""
        if self.listener is not None:
            return False
        if self.request is None:
            self.begun = time.time()
        taken: bool = super().received(data)
        return taken

    def readable(self) -> bool:
        """Whether to look for more to read. One that was closed is still in the loop's hands.

        Asked of each connection whenever anything happens on any: so it is spelt out.
        """
        return self.connected and not (
            self.total_outbufs_len or self.requests or self.will_close or self.close_when_flushed
        )

    def writable(self) -> bool:
        """Whether there is something to write."""
        return self.connected and bool(
            self.total_outbufs_len or self.will_close or self.close_when_flushed
        )

    def late(self, now: float) -> bool:
        """Whether the client has used up its time."""
        if not self.total_outbufs_len:
            self.answering = 0.0
        elif not self.answering:
            self.answering = now
        if self.answering:
            return now - self.answering > READING
        if self.requests or self.listener is not None:  # it is our turn
            return False
        if self.request is not None:
            got = self.request.header_bytes_received + self.request.body_bytes_received
            return bool(now - self.begun > PATIENCE + got / LEAST_RATE)
        return bool(now - self.last_activity > self.adj.channel_timeout)

    def handle_close(self) -> None:
        """Close it, and let go of what had come of a request."""
        coming: Any = self.request
        if coming is not None:
            self.request = None
            coming.close()
        if self.listener is not None:
            self.listener.close()
        super().handle_close()

    def del_channel(self, among: Any = None) -> None:
        """Take it out of where it is watched."""
        self.server.held.forget(self._fileno)
        super().del_channel(among)

    def service(self) -> None:
        """Answer a request, in a thread; then that of one who listens is free again."""
        super().service()
        if self.listener is not None:
            with suppress(OSError):  # the server has ended
                self.server.trigger.pull_trigger(self._begin_to_listen)

    def go_on(self, listener: Listener, chunked: bool) -> None:
        """Let the answer that was begun go on. What was asked after it is never answered."""
        with self.requests_lock:
            for request in (*self.requests[1:], self.request):
                if request is not None:
                    request.close()
            del self.requests[1:]
            self.request = None
            self.listener, self.chunked = listener, chunked

    def leave(self) -> None:
        """End the answer that goes on, at once, in the loop's thread."""
        if self.listener is not None:
            self.listener.close()
            self._say(b"", True)
            self.handle_close()

    def _begin_to_listen(self) -> None:
        """From here on the loop alone has it."""
        assert self.listener is not None  # it was set before
        if not self.connected:
            self.listener.close()
            return
        with suppress(OSError, AttributeError):  # the latter: elsewhere than on Linux
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE * 1000)
        self.listener.follow(self._woken)
        self._pass_on()

    def _woken(self) -> None:
        with suppress(OSError):  # the server has ended
            self.server.trigger.pull_trigger(self._pass_on)

    def _pass_on(self) -> None:
        """Send what was told since, in the loop's thread."""
        if self.listener is not None and self.connected:
            self._say(*self.listener.taken())
            self.server.held.settle(self)

    def _say(self, data: bytes, last: bool) -> None:
        if data and self.chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        if last and self.chunked:
            data += b"0\r\n\r\n"
        with self.outbuf_lock:
            self.outbufs[-1].append(data)
            self.total_outbufs_len += len(data)
        if last:
            self.close_when_flushed = True
        self.handle_write()
        if self.total_outbufs_len > BEHIND:
            self.handle_close()
