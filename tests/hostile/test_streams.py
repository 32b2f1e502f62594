"""Streams within bounds: how many, how long, who reads them and who does not."""

import socket
import time

import pytest

from outage_window.live import listener as listeners
from outage_window.live import news as telling
from outage_window.live.listener import Listener
from outage_window.live.news import News
from outage_window.live.status import Status
from outage_window.serving import channel
from outage_window.serving import server as servers
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web import create_app
from outage_window.web.beside import Beside
from tests.hostile.test_slow import Here
from tests.hostile.wire import exchange, head
from tests.live.listening import STREAM, Listening, listening
from tests.live.test_reload import wait_for


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "IDLE", 1)
    monkeypatch.setattr(channel, "READING", 2.0)
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    status = Status(0)
    news = News(store, status)
    running = Here(create_app(store, Settings(), status, beside=Beside(news)))
    running.news = news
    running.client = create_app(store, Settings(), beside=Beside(news)).test_client()
    yield running
    running.stop()
    news.close()
    store.close()


def test_it_outlasts_what_is_idle_and_a_heartbeat_comes(here, monkeypatch):
    monkeypatch.setattr(telling, "HEARTBEAT", 0.5)
    with Listening(here.url) as one:
        one.event()
        began = time.monotonic()
        while time.monotonic() - began < 4:
            assert one.block(5).startswith(": ")


def test_no_more_than_so_many_and_who_leaves_makes_room(here, monkeypatch):
    monkeypatch.setattr(telling, "MOST", 3)
    with listening(here.url, 3) as held, Listening(here.url) as refused:
        assert refused.status == 503
        assert "too many pages listen" in refused.pending.decode()
        held[0].sock.close()
        wait_for(lambda: here.news._count() == 2)
        with Listening(here.url) as one:
            assert one.status == 200


def test_nothing_is_compared_while_nobody_listens(here):
    with Listening(here.url) as one:
        one.event()
        assert here.news._thread is not None
    wait_for(lambda: here.news._thread is None)
    with Listening(here.url) as one:
        one.event()
        assert here.news._thread is not None


def test_who_does_not_read_is_let_go(here):
    with Listening(here.url) as reading, Listening(here.url) as one:
        reading.event()
        one.event()
        one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        (deaf,) = [
            c.listener
            for c in here.server.active_channels.values()
            if c.addr[1] == one.sock.getsockname()[1]
        ]
        until = time.monotonic() + 20
        while not deaf.closed:
            deaf.tell(b": " + b"x" * 65536 + b"\n\n")
            assert time.monotonic() < until
            time.sleep(0.005)
        assert here.news._count() == 1
        here.news.end_all()
        while reading.block() is not None:
            pass


def test_a_little_that_is_not_read_is_waited_for_only_so_long(here):
    with Listening(here.url) as one:
        one.event()
        (held,) = [c for c in here.server.active_channels.values() if c.listener]
        one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        until = time.monotonic() + 20
        while not held.listener.closed:
            assert time.monotonic() < until
            # What waits may be on its way yet: only what does not go is held against the client.
            if not held.total_outbufs_len and held.listener._waiting.empty():
                held.listener.tell(b": " + b"x" * 20000 + b"\n\n")
            time.sleep(0.01)
        assert held.answering


def test_it_ends_after_a_while_and_what_is_asked_after_it_is_not_answered(here, monkeypatch):
    monkeypatch.setattr(telling, "LONGEST", 1.0)
    behind = head(method="GET", path="/-/ready") + b"GET /metrics HT"
    with Listening(here.url, more=behind) as one:
        one.event()
        one.sock.sendall(behind)
        assert one.block(5) is None
        assert one.data == b""
        assert one.sock.recv(100) == b""
    assert exchange(here, head(method="GET", path="/-/ready")) == 200


def test_idle_streams_are_not_asked_what_they_want(here, monkeypatch):
    with listening(here.url, 20):
        wait_for(lambda: len(here.server.held._channels) == 20)
        asked = []
        whole = channel.Channel.readable
        monkeypatch.setattr(channel.Channel, "readable", lambda s: (asked.append(s), whole(s))[1])
        for _ in range(10):
            assert exchange(here, head(method="GET", path="/-/ready")) == 200
        assert asked
        assert not [one for one in asked if one.listener is not None]


def test_other_servers_hold_a_thread_but_not_for_long(here, monkeypatch):
    monkeypatch.setattr(listeners, "PATIENCE", 0.3)
    answer = here.client.get(STREAM, buffered=True)
    assert answer.status_code == 200
    assert answer.text.startswith("retry: 2000\n\nevent: board\ndata: ")
    assert here.client.head(STREAM).data == b""


def test_one_that_ends_tells_what_came_before():
    one = Listener(None, "", b"a")
    one.tell(b"b")
    one.end()
    one.tell(b"c")
    assert list(one) == [b"a", b"b"]
