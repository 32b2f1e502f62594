"""What stands before replicas in the benchmark: each sender goes on to the next where one fails."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIRST_PAUSE, LONGEST_PAUSE = 0.03, 5.0
"""Seconds between two tries, doubled each time, as Prometheus does by default."""
ANSWER = 30.0
"""Seconds that an answer is waited for, as Prometheus does by default."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that is sent until it is answered 2xx; then `done(time)` is called."""

    path: str
    body: bytes
    headers: dict[str, str]
    done: Callable[[float], None]


@dataclass
class Balancer:
    """Senders over the ports of replicas; `codes` are the answers, None for a lost connection."""

    ports: list[int]
    token: str
    senders: int = 6
    codes: Counter[int | None] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._queue: queue.Queue[Sent | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(self.senders)]
        for thread in self._threads:
            thread.start()

    def put(self, sent: Sent) -> None:
        """Send it soon."""
        self._queue.put(sent)

    def finish(self) -> None:
        """Wait until all is answered, and end."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        turn, connections = number, {}
        while (sent := self._queue.get()) is not None:
            pause = FIRST_PAUSE
            while True:
                port = self.ports[turn % len(self.ports)]
                turn += 1
                code = self._one(connections, port, sent)
                self.codes[code] += 1
                if code is not None and code // 100 == 2:
                    sent.done(time.time())
                    break
                if code is not None and code // 100 == 4:
                    raise AssertionError(f"{sent.path} was answered {code}: a sender would drop it")
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        for connection in connections.values():
            connection.close()

    def _one(
        self, connections: dict[int, http.client.HTTPConnection], port: int, sent: Sent
    ) -> int | None:
        if port not in connections:
            connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER)
        headers = {"Authorization": f"Bearer {self.token}", **sent.headers}
        try:
            connections[port].request("POST", sent.path, sent.body, headers)
            answer = connections[port].getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            with suppress(OSError):
                connections.pop(port).close()
            return None
        return answer.status


class Target:
    """A receiver of publications that counts each by its key, and notes when it came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, float]] = []
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                came.append((self.headers["Idempotency-Key"], time.time()))
                body = json.dumps({}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
