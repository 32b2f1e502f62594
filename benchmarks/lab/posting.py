"""Posts deliveries over kept connections as fast as they are answered: one thread, raw HTTP."""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATH = b"/api/v1/webhooks/alertmanager"
_RECORDED = (
    Path(__file__).parents[2] / "tests/webhooks/recorded/am-0.33-firing-first_notification.json"
)
FIRING = json.loads(_RECORDED.read_text())
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
HOLES = b"@FINGERPRINT@", b"@SERVICE@"


@dataclass(frozen=True, slots=True)
class Posted:
    """What a run came to: answers a second, their 99th percentile in seconds, codes."""

    rate: float
    p99: float
    codes: Counter[bytes]


def deliveries(count: int, run: int, alerts: int = 1, services: int = 20) -> Iterator[bytes]:
    """So many bodies as a real Alertmanager sent one, every alert with a fingerprint of its own."""
    one = FIRING["alerts"][0]
    holes = {"fingerprint": HOLES[0].decode()}
    labels = one["labels"] | {"service": HOLES[1].decode()}
    alert = json.dumps(one | holes | {"labels": labels}).encode()
    around = json.dumps(FIRING | {"alerts": ["@ALERTS@"]}).encode().split(b'"@ALERTS@"')
    for number in range(count):
        listed = [
            alert.replace(HOLES[0], b"%04x%012x" % (run, number * alerts + n)).replace(
                HOLES[1], b"service-%d" % ((number * alerts + n) % services)
            )
            for n in range(alerts)
        ]
        yield b", ".join(listed).join(around)


def post(port: int, bodies: Iterator[bytes], connections: int = 16, rate: float = 0) -> Posted:
    """Send each body once; with a `rate` not faster than so many a second."""
    selector, began = selectors.DefaultSelector(), time.perf_counter()
    sent: dict[socket.socket, float] = {}
    took: list[float] = []
    codes: Counter[bytes] = Counter()
    partial: dict[socket.socket, bytes] = {}

    def give(sock: socket.socket) -> bool:
        body = next(bodies, None)
        if body is None:
            return False
        if rate:
            time.sleep(max(0.0, began + (len(took) + len(sent)) / rate - time.perf_counter()))
        head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (PATH, len(body))
        sent[sock] = time.perf_counter()
        sock.sendall(head + body)
        return True

    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if give(sock):
            selector.register(sock, selectors.EVENT_READ)
    while selector.get_map():
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            whole = _answer(sock, partial)
            if whole is None:
                continue
            took.append(time.perf_counter() - sent.pop(sock))
            codes[whole[9:12]] += 1
            if not give(sock):
                selector.unregister(sock)
                sock.close()
    seconds = time.perf_counter() - began
    return Posted(len(took) / seconds, sorted(took)[int(0.99 * len(took))], codes)


def _answer(sock: socket.socket, partial: dict[socket.socket, bytes]) -> bytes | None:
    """A whole answer, or None while some of it is missing."""
    piece = sock.recv(65536)
    if not piece:
        raise ConnectionError("the server closed the connection")
    data = partial.pop(sock, b"") + piece
    head, end, rest = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not end or len(rest) < (int(length[1]) if length else 0):
        partial[sock] = data
        return None
    return data
