"""Requests as they arrive: nothing that two programs could read in two ways, bodies bounded."""

from __future__ import annotations

import threading

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, Error  # type: ignore[import-untyped]

AROUND = 64 * 1024
"""Bytes around the chunks of a body that may be more than the body itself."""


class Full(Error):  # type: ignore[misc]
    """There is no room for another large body now."""

    code = 503
    reason = "Service Unavailable"


class Room:
    """Bytes on the disk for bodies that are not whole yet, or not worked off: all of them share."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there was so much room; if so, it is taken."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        """The room may be taken again."""
        with self._lock:
            self._left += size


class Request(HTTPRequestParser):  # type: ignore[misc]
    """One request. `adj.room` is the `Room` that bodies above `adj.inbuf_overflow` share."""

    error: Error | None = None

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self._taken = 0

    def received(self, data: bytes) -> int:
        """Take in what came; how much of it was of this request."""
        consumed: int = super().received(data)
        if self.chunked and self.error is None and self._padded():
            self.error = BadRequest("expected larger chunks")
            self.completed = True
        beyond = self.body_bytes_received - self.adj.inbuf_overflow - self._taken
        if beyond > 0 and self.error is None:
            if self.adj.room.take(beyond):
                self._taken += beyond
            else:
                self.error = Full("too many large bodies at a time, send it again")
                self.completed = True
        return consumed

    def _padded(self) -> bool:
        """Whether lengths, their extensions and trailers outweigh the body: they cost far more."""
        around = self.body_bytes_received - len(self.body_rcv)
        return bool(around > AROUND + len(self.body_rcv))

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a request whose end two programs could see in two places."""
        try:
            super().parse_header(header_plus)
        except ValueError:  # such as a length of thousands of digits
            raise ParsingError("the header cannot be read") from None
        if "CONTENT_LENGTH" in self.headers and self.chunked:
            raise ParsingError("expected Content-Length or Transfer-Encoding, not both")
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("expected HTTP/1.1 for Transfer-Encoding")

    def close(self) -> None:
        """Let go of the body."""
        self.adj.room.give_back(self._taken)
        self._taken = 0
        super().close()
