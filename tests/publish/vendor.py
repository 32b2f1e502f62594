# A server on this machine that stands for a vendor: it checks every request, and fails when told.
from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema

TOKEN = "tok-3f9a1c0b77d2-never-to-be-seen"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one request that `matches`.

    `done`: the server does what it was asked all the same. Without a reply it falls silent, and
    with `cut` it closes the connection.
    """

    matches: Callable[[Request], bool]
    reply: Reply | None
    done: bool
    cut: bool = False


@dataclass(frozen=True)
class Route:
    """One operation of the vendor's API, as its documentation has it."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None
    act: Callable[..., Reply]


def shape(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object of just these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def parameters(required: str = "", **properties: Any) -> dict[str, Any]:
    """A query string of just these parameters, each given once unless it is an array."""
    lists = {
        name: schema
        if schema.get("type") == "array"
        else {"type": "array", "items": schema, "maxItems": 1}
        for name, schema in properties.items()
    }
    return shape(required, **lists)


NOTHING = shape()
TEXT = {"type": "string"}
NUMBER_TEXT = {"type": "string", "pattern": "^[1-9][0-9]*$"}


class Vendor:
    """What all vendors have in common; `routes`, `headers` and `unauthorized` are their own."""

    headers: ClassVar[dict[str, Any]] = {}
    routes: ClassVar[tuple[Route, ...]] = ()

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: list[Reply | None] = []
        self.wrong: list[str] = []
        self.faults: list[Fault] = []
        self.token: str | None = TOKEN
        self.then: Callable[[Request], None] = lambda request: None
        """What others do there right after a request."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def unauthorized(self) -> Reply:
        return Reply(401, {"message": "Bad credentials"})

    # What a test tells it.

    def answers(self, status: int, body: Any = None, *, to: str = "", times: int = 1, **headers):
        """Answer so instead of doing what the next requests ask for."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        fault = Fault(_matching(to), Reply(status, body, names), done=False)
        self.faults += [fault] * times

    def does_but(self, to: str, reply: Reply | None = None, *, cut: bool = False) -> None:
        """Do what the next such request asks for, but fall silent or answer something else."""
        self.faults.append(Fault(_matching(to), reply, done=True, cut=cut))

    def asked(self, method: str, path: str = "") -> list[Request]:
        """The requests of a method to paths with this in them."""
        return [r for r in self.requests if r.method == method and path in r.path]

    # What it does.

    def handle(self, request: Request) -> tuple[Reply | None, bool]:
        with self._lock:
            self.requests.append(request)
            found = next((f for f in self.faults if f.matches(request)), None)
            if found is not None:
                self.faults.remove(found)
            reply = found.reply if found and not found.done else self._act(request)
            if found is not None and found.done:
                reply = found.reply
            self.replies.append(reply)
            self.then(request)
            return reply, bool(found and found.cut)

    def _act(self, request: Request) -> Reply:
        for route in self.routes:
            match = re.fullmatch(route.path, request.path)
            if match is None or route.method != request.method:
                continue
            problems = list(self._problems(request, route))
            if problems:
                self.wrong += problems
                return Reply(400, {"message": "not as documented"})
            wanted = None if self.token is None else f"Bearer {self.token}"
            if request.headers.get("authorization") != wanted:
                return self.unauthorized()
            return route.act(self, request, *map(unquote, match.groups()))
        self.wrong.append(f"no such operation: {request.method} {request.path}")
        return Reply(404, {"message": "Not Found"})

    def _problems(self, request: Request, route: Route):
        checks = [("query", route.query, request.query), ("headers", self.headers, request.headers)]
        if route.body is None:
            checks.append(("body", {"type": "null"}, request.body))
        else:
            checks.append(("body", route.body, request.body))
            json_type = {"type": "string", "pattern": "^application/json(; *charset=utf-8)?$"}
            wanted = {"properties": {"content-type": json_type}, "required": ["content-type"]}
            checks.append(("headers", wanted, request.headers))
        for part, schema, given in checks:
            validator = jsonschema.Draft202012Validator(schema)
            for error in validator.iter_errors(given):
                place = f"{request.method} {request.path} {part} {error.json_path}"
                yield f"{place}: {error.message[:300]}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Else each answer would wait for an acknowledgement, 40 ms.
            disable_nagle_algorithm = True

            def log_message(self, *args: object) -> None:
                pass

            def _any(self) -> None:
                reply, cut = vendor.handle(self._request())
                if reply is None:
                    self.close_connection = True
                    if not cut:
                        vendor._over.wait(10)
                    return
                content = b"" if reply.body is None else json.dumps(reply.body).encode()
                self.send_response_only(reply.status)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Content-Type", "application/json; charset=utf-8")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def _request(self) -> Request:
                parts = urlsplit(self.path)
                query: dict[str, list[str]] = {}
                for name, value in parse_qsl(parts.query, keep_blank_values=True):
                    query.setdefault(name, []).append(value)
                headers = {name.lower(): value for name, value in self.headers.items()}
                content = self.rfile.read(int(headers.get("content-length", "0")))
                body = json.loads(content) if content else None
                return Request(self.command, parts.path, query, headers, body)

            do_GET = do_POST = do_PATCH = do_PUT = _any  # noqa: N815

        return Handler


def _matching(to: str) -> Callable[[Request], bool]:
    """`POST /issues`: requests of that method to paths that end so; empty: all."""
    method, _, path = to.partition(" ")
    return lambda r: r.method.startswith(method) and re.search(f"{path}$", r.path) is not None
