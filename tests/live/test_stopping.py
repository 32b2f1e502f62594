"""How it stops: whoever has sent a request gets its answer, and what was acknowledged is stored."""

import contextlib
import hashlib
import http.client
import json
import signal
import socket
import sqlite3
import threading
import time
from urllib.parse import urlsplit

import pytest

from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.web import create_app
from tests.live.made import FIRING
from tests.live.process import Process
from tests.live.test_reload import ALERTS, BODY, wait_for


class Sender:
    """Posts bodies of its own; knows which were answered, and whether one that it sent was not."""

    def __init__(self, url, number, keep):
        self.place, self.number, self.keep = urlsplit(url).netloc, number, keep
        self.acknowledged, self.unanswered, self.ended = set(), [], ""
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connection = http.client.HTTPConnection(self.place, timeout=30)
        asked = 0
        for count in range(1_000_000):
            body = json.dumps(FIRING | {"groupKey": f"{self.number}-{count}"}).encode()
            asked += 1
            if connection.sock is None:
                asked = 1
                try:
                    connection.connect()
                except ConnectionRefusedError:
                    self.ended = "refused"
                    return
            try:
                connection.request("POST", ALERTS, body)
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                self.unanswered.append(f"{error!r}, request {asked} on its connection")
                return
            assert answer.status == 200
            self.acknowledged.add(hashlib.sha256(body).hexdigest())
            if not self.keep:
                connection.close()


@pytest.mark.parametrize("keep", [True, False], ids=["kept alive", "a connection each"])
def test_under_load_everything_sent_is_answered_and_everything_answered_is_stored(tmp_path, keep):
    with Process(tmp_path) as process:
        senders = [Sender(process.url, number, keep) for number in range(12)]
        wait_for(lambda: sum(len(one.acknowledged) for one in senders) > 200)
        assert process.stop(signal.SIGTERM) == 0
        for one in senders:
            one.thread.join()
    assert [one.unanswered for one in senders if one.unanswered] == []
    assert {one.ended for one in senders} == {"refused"}
    connection = sqlite3.connect(process.database)
    stored = {row[0] for row in connection.execute("SELECT sha256 FROM deliveries")}
    connection.close()
    assert set().union(*(one.acknowledged for one in senders)) == stored
    assert "Traceback" not in process.log
    assert "Canceling" not in process.log


def test_idle_connections_do_not_keep_it(tmp_path):
    with Process(tmp_path) as process:
        idle = socket.create_connection(urlsplit(process.url).netloc.split(":"))
        process.get("/-/ready")
        began = time.monotonic()
        assert process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5
        assert idle.recv(10) == b""
        idle.close()


def test_a_pass_over_a_thousand_services_does_not_keep_it(tmp_path):
    named = [
        FIRING["alerts"][0]
        | {"fingerprint": f"f{i}", "labels": {"alertname": "A", "service": f"s{i}"}}
        for i in range(1000)
    ]
    with Process(tmp_path) as process:
        assert process.post(ALERTS, json.dumps(FIRING | {"alerts": named})).status_code == 200
        wait_for(lambda: len(process.get("/api/v1/incidents").json()["incidents"]) > 5)
        began = time.monotonic()
        assert process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5


def test_while_it_drains_it_says_that_it_is_not_ready(tmp_path):
    with Process(tmp_path) as process:
        other = sqlite3.connect(process.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        kept = http.client.HTTPConnection(urlsplit(process.url).netloc, timeout=30)
        kept.request("GET", "/-/ready")
        first = kept.getresponse()
        assert (first.status, first.read()) == (200, b"ready to receive\n")
        sender = threading.Thread(target=lambda: process.post(ALERTS, BODY))
        sender.start()
        time.sleep(0.3)
        process.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        kept.request("GET", "/-/ready")
        answer = kept.getresponse()
        assert (answer.status, answer.read()) == (503, b"stopping\n")
        assert answer.headers["Connection"] == "close"
        other.execute("ROLLBACK")
        other.close()
        sender.join()
        kept.close()
        assert process.stop(signal.SIGTERM) == 0


def test_a_second_interrupt_ends_it_at_once(tmp_path):
    with Process(tmp_path) as process:
        other = sqlite3.connect(process.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        sender = threading.Thread(target=lambda: post_quietly(process))
        sender.start()
        time.sleep(0.3)
        process.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        began = time.monotonic()
        assert process.stop(signal.SIGINT) == 130
        assert time.monotonic() - began < 1
        other.close()
        sender.join()


def post_quietly(process):
    with contextlib.suppress(OSError):
        process.post(ALERTS, BODY)


def test_health_tells_of_a_dead_thread_and_readiness_of_a_store_that_cannot_be_read(store):
    status = Status(0)
    client = create_app(store, Settings(), status).test_client()
    assert client.get("/-/healthy").status_code == 200
    ended = threading.Thread(target=lambda: None, name="watch")
    ended.start()
    ended.join()
    status.depend_on([ended, threading.current_thread()])
    answer = client.get("/-/healthy")
    assert answer.status_code == 503
    assert "watch ended" in answer.text
    status.depend_on([], [ended])
    assert client.get("/-/healthy").status_code == 200
    store.write(lambda c: c.exec_driver_sql("ALTER TABLE incidents RENAME TO gone").close())
    assert client.get("/-/ready").status_code == 503
    shown = client.get("/metrics")
    assert shown.status_code == 200
    assert "outage_window_incident_ongoing" not in shown.text
    assert "outage_window_deliveries_total" in shown.text
