"""Clients that send or read by the byte: they hold no thread, and are let go."""

import socket
import threading
import time

import pytest

from outage_window.serving import channel, parser
from outage_window.serving import server as servers
from outage_window.serving.draining import drain
from outage_window.settings.models import Settings
from tests.hostile.wire import exchange, head

LARGE = 3_000_000


class Here:
    """A server in a thread, as `serve` sets it up."""

    def __init__(self, app):
        self.server = servers.listen(app, Settings(web={"listen": "127.0.0.1:0"}), None)
        self.url = self.server.url
        # A daemon: a server that cannot be stopped fails its test instead of holding the whole run.
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    def stop(self):
        drain(self.server, 5)
        self.server.trigger.pull_trigger(lambda: self.server.asyncore.close_all(self.server._map))
        self.thread.join(10)
        assert not self.thread.is_alive()


def answer(environ, start_response):
    body = environ["wsgi.input"].read()
    size = LARGE if environ["PATH_INFO"] == "/large" else 2
    start_response("200 OK", [("Content-Length", str(size)), ("Body", str(len(body)))])
    return [b"x" * size]


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(channel, "PATIENCE", 1.0)
    monkeypatch.setattr(channel, "READING", 2.0)
    monkeypatch.setattr(servers, "IDLE", 1)
    running = Here(answer)
    yield running
    running.stop()


def connected(here):
    host, _, port = here.url.rpartition("/")[2].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def seconds_until_closed(sock, byte=b""):
    """Seconds until the other side closes; `byte` is sent over and over meanwhile."""
    began = time.monotonic()
    sock.settimeout(0.2)
    while time.monotonic() - began < 10:
        try:
            if byte:
                sock.sendall(byte)
            if sock.recv(100) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("begin", "byte"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\nA: ", b"x"),
        (head("Content-Length: 900"), b""),
        (head("Content-Length: 900"), b"x"),
        (head("Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        (head("Content-Length: 9", "Expect: 100-continue"), b""),
    ],
    ids=["silent", "half a line", "slow header", "no body", "slow body", "slow chunks", "expects"],
)
def test_who_sends_slowly_is_let_go(here, begin, byte):
    with connected(here) as sock:
        sock.sendall(begin)
        assert 0.5 < seconds_until_closed(sock, byte) < 5


def test_many_slow_clients_leave_room_for_others(here):
    held = [connected(here) for _ in range(100)]
    for sock in held:
        sock.sendall(head("Content-Length: 900") + b"x")
    assert exchange(here, head(method="GET", path="/")) == 200
    for sock in held:
        sock.close()


def test_who_does_not_read_is_let_go_and_frees_the_threads(here):
    """Answers beyond 16 MiB make a thread wait for the client."""
    held = []
    for _ in range(servers.THREADS + 2):
        sock = connected(here)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(head(method="GET", path="/large") * 12)
        held.append(sock)
    deadline = time.monotonic() + 15
    while True:
        try:
            assert exchange(here, head(method="GET", path="/"), seconds=2) == 200
            break
        except (TimeoutError, AssertionError):
            assert time.monotonic() < deadline
    for sock in held:
        sock.close()


def test_a_slow_but_steady_upload_has_the_time_it_needs(here, monkeypatch):
    monkeypatch.setattr(channel, "LEAST_RATE", 1000)
    with connected(here) as sock:
        sock.sendall(head("Content-Length: 20000"))
        for _ in range(20):
            sock.sendall(b"x" * 1000)
            time.sleep(0.15)
        assert b" 200 " in sock.recv(1000)


def test_large_bodies_share_what_room_there_is(here):
    here.server.adj.room._left = 1_000_000
    with connected(here) as first, connected(here) as second:
        first.sendall(head("Content-Length: 2000000") + b"x" * 900_000)
        time.sleep(0.3)
        second.sendall(head("Content-Length: 900000"))
        second.sendall(b"x" * 899_000)
        assert b" 503 " in second.recv(1000)
        assert exchange(here, head("Content-Length: 9") + b"x" * 9) == 200
    deadline = time.monotonic() + 5
    while here.server.adj.room._left != 1_000_000:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_room_is_given_back():
    room = parser.Room(10)
    assert room.take(6)
    assert not room.take(6)
    room.give_back(6)
    assert room.take(10)
