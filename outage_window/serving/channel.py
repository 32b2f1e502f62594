"""A connection, bounded in time: who sends or reads by the byte is let go."""

from __future__ import annotations

import time
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import WSGITask  # type: ignore[import-untyped]

from outage_window.serving.parser import Request

PATIENCE = 30.0
"""Seconds in which a request must be whole, and more the more of it has come."""
LEAST_RATE = 64 * 1024
"""Bytes a second at which a large body must come."""
READING = 120.0
"""Seconds in which a client must have read its answer."""


class _Task(WSGITask):  # type: ignore[misc]
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

    def received(self, data: bytes) -> bool:
        """Take in what came."""
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
        if self.requests:  # it is our turn
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
        super().handle_close()
