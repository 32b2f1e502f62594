# A small server of pages that a test makes up, which remembers what it was asked for.
from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}


class Server(ThreadingHTTPServer):
    """Serves one page at its root and the files beside it, and remembers whatever else is asked."""

    daemon_threads = True

    def __init__(self, elsewhere: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.elsewhere = elsewhere
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def show(self, page: str, files: Mapping[str, str] = {}) -> None:
        self.files = {"/": page.encode(), **{path: text.encode() for path, text in files.items()}}
        self.asked.clear()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path != "/":
            self.server.asked.append(self.path)
        body = self.server.files.get(self.path, self.server.elsewhere)
        self.send_response(404 if body is None else 200)
        kind = TYPES.get(self.path[self.path.rfind(".") :], "text/html; charset=utf-8")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(elsewhere: bytes | None = None) -> Iterator[Server]:
    """A server on a free port; `elsewhere` is what it has at every path that it was not given."""
    server = Server(elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
