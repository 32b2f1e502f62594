"""Streams at a real `serve`: what is told, to how many, and what becomes of them when it stops."""

import json
import signal
import sqlite3
import time

import requests

from tests.live.listening import STREAM, Listening, listening
from tests.live.made import FIRING
from tests.live.process import Process
from tests.live.test_reload import ALERTS, wait_for

INCIDENTS = "/api/v1/incidents"


def declare(process, service="vpn"):
    said = {"service": service, "start": "2024-01-22T15:30:00Z", "end": "2024-01-22T16:30:00Z"}
    answer = process.post(INCIDENTS, json.dumps(said))
    assert answer.status_code in (200, 201)
    return answer.json()["id"]


def board(one, count, seconds=5):
    """The version that tells of so many incidents; what the process did meanwhile is told too."""
    until = time.monotonic() + seconds
    while True:
        name, told = one.event(until - time.monotonic())
        assert name == "board"
        if told["version"].startswith(f"{count}-"):
            return told["version"]


def test_the_present_version_comes_at_once_and_another_after_a_change(tmp_path):
    with Process(tmp_path) as process, Listening(process.url) as one:
        assert one.status == 200
        assert "Content-Type: text/event-stream" in one.head
        assert "X-Accel-Buffering: no" in one.head
        assert one.block() == "retry: 2000"
        first = board(one, 0)
        declare(process)
        then = board(one, 1)
        assert then != first
        with Listening(process.url) as other:
            assert board(other, 1).partition(".")[0] == then.partition(".")[0]


def test_an_incident_is_told_of_alone(tmp_path):
    with Process(tmp_path) as process:
        identity, other = declare(process), declare(process, "mail")
        with Listening(process.url, f"{STREAM}?incident={identity}") as one:
            name, first = one.event()
            assert name == "incident"
            assert (first["revision"], first["merged_into"]) == (1, None)
            path = f"{INCIDENTS}/{other}"
            process.session.patch(process.url + path, json={"title": "Mail waits"})
            process.session.patch(process.url + f"{INCIDENTS}/{identity}", json={"title": "VPN"})
            name, then = one.event(5)
            assert int(then["changed_at"]) > int(first["changed_at"])
            draft = process.get(f"{INCIDENTS}/{identity}/draft")
            process.session.patch(
                process.url + f"{INCIDENTS}/{identity}",
                json={"draft": draft.text + "\nMine.\n"},
                headers={"If-Match": draft.headers["ETag"]},
            )
            assert int(one.event(5)[1]["changed_at"]) > int(then["changed_at"])
            process.session.patch(
                process.url + f"{INCIDENTS}/{identity}", json={"merged_into": other}
            )
            merged = one.event(5)[1]
            assert (merged["changed_at"], merged["merged_into"]) == (None, other)
        refused = process.get(f"{STREAM}?incident=nobody")
        assert (refused.status_code, refused.json()["error"]) == (404, "no such incident")


def test_a_library_reads_it_too(tmp_path):
    with Process(tmp_path) as process:
        with requests.get(process.url + STREAM, stream=True, timeout=20) as answer:
            lines = answer.iter_lines(chunk_size=1)
            assert [next(lines) for _ in range(3)] == [b"retry: 2000", b"", b"event: board"]
        old = Listening(process.url, version="1.0")
        assert not old.chunked
        assert old.event()[0] == "board"
        head = process.session.head(process.url + STREAM, timeout=20)
        assert head.status_code == 200
        assert head.headers["Content-Type"].startswith("text/event-stream")
        old.sock.close()
        wait_for(lambda: process.metric("outage_window_streams") == 0)


def test_many_streams_hold_no_thread_and_end_at_once_when_it_stops(tmp_path):
    with Process(tmp_path) as process, listening(process.url, 60) as held:
        for one in held:
            assert one.event()[0] == "board"
        for number in range(50):
            body = json.dumps(FIRING | {"groupKey": str(number)})
            assert process.post(ALERTS, body).status_code == 200
        assert process.metric("outage_window_streams") == 60
        declare(process)
        for one in held:  # of what was declared, or with it of what fires
            while one.event()[1]["version"].startswith("0-"):
                pass
        began = time.monotonic()
        assert process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5
        for one in held:
            while one.event(5) is not None:
                pass
            assert one.ended
    assert "Traceback" not in process.log
    assert "running" not in process.log


def test_a_reload_lets_all_come_again(tmp_path):
    with Process(tmp_path) as process, Listening(process.url) as one:
        one.event()
        process.process.send_signal(signal.SIGHUP)
        while one.event(10) is not None:
            pass
        with Listening(process.url) as again:
            board(again, 0)
            declare(process)
            board(again, 1)
    assert "Traceback" not in process.log


def test_a_store_that_cannot_be_read_is_told_of_once_and_got_over(tmp_path):
    with Process(tmp_path) as process, Listening(process.url) as one:
        one.event()
        change = sqlite3.connect(process.database, isolation_level=None)
        change.execute("ALTER TABLE board RENAME TO gone")
        wait_for(lambda: "pages cannot be told what is new" in process.log)
        time.sleep(1)
        with Listening(process.url) as other:
            assert other.block() == "retry: 2000"
            change.execute("ALTER TABLE gone RENAME TO board")
            board(other, 0)
        change.close()
        declare(process)
        board(one, 1)
        assert process.log.count("pages cannot be told what is new") == 1
