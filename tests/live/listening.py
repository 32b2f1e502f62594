"""A client that reads a stream of server-sent events from a raw socket."""

import json
import socket
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

STREAM = "/api/v1/stream"


class Listening:
    """An open stream: `head` as it came, `event()` waits for the next, `rest()` for the end."""

    def __init__(self, url, path=STREAM, wrap=lambda sock: sock, more=b"", version="1.1"):
        place = urlsplit(url)
        self.sock = wrap(socket.create_connection((place.hostname, place.port), timeout=20))
        self.sock.sendall(f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode() + more)
        self.data, self.pending, self.ended = b"", b"", False
        while b"\r\n\r\n" not in self.data:
            piece = self.sock.recv(65536)
            assert piece, self.data
            self.data += piece
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(self.head.split()[1])
        self.chunked = "Transfer-Encoding: chunked" in self.head
        self._unpack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def block(self, seconds=20):
        """The next lines up to an empty one; None: it ended."""
        self.sock.settimeout(seconds)
        while b"\n\n" not in self.pending:
            if self.ended:
                return None
            piece = self.sock.recv(65536)
            self.ended = self.ended or not piece
            self.data += piece
            self._unpack()
        found, _, self.pending = self.pending.partition(b"\n\n")
        return found.decode()

    def event(self, seconds=20):
        """(name, data) of the next event; None: it ended."""
        while (found := self.block(seconds)) is not None:
            lines = dict(line.split(": ", 1) for line in found.split("\n"))
            if "event" in lines:
                return lines["event"], json.loads(lines["data"])
        return None

    def _unpack(self):
        if not self.chunked:
            self.pending, self.data = self.pending + self.data, b""
        while self.chunked and b"\r\n" in self.data:
            size, _, rest = self.data.partition(b"\r\n")
            size = int(size, 16)
            if len(rest) < size + 2:
                return
            self.pending, self.data = self.pending + rest[:size], rest[size + 2 :]
            self.ended = self.ended or size == 0


@contextmanager
def listening(url, count):
    """So many open streams."""
    with ExitStack() as held:
        yield [held.enter_context(Listening(url)) for _ in range(count)]
