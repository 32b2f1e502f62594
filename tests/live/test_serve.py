"""The real process: what it answers, what it keeps, how it stops and what survives it."""

import hashlib
import json
import signal
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.live.made import FIRING, RECORDED
from tests.live.process import Process, command
from tests.webhooks.test_alertmanager import HOSTILE

ALERTS = "/api/v1/webhooks/alertmanager"
BODIES = sorted(RECORDED.glob("*.json"))


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with Process(tmp_path_factory.mktemp("serve")) as process:
        yield process


def rows(database, query):
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_recorded_deliveries_are_kept_byte_for_byte(serving):
    for file in (*BODIES, *BODIES):
        assert serving.post(ALERTS, file.read_bytes()).status_code == 200
    kept = {row[0]: row[1] for row in rows(serving.database, "SELECT body, copies FROM deliveries")}
    assert all(kept[file.read_bytes()] >= 2 for file in BODIES)


def test_a_stale_firing_leaves_a_resolved_alert_resolved(serving):
    for name in ("am-0.25-firing", "am-0.25-resolved", "am-0.25-firing"):
        serving.post(ALERTS, (RECORDED / f"{name}.json").read_bytes())
    fingerprint = FIRING["alerts"][0]["fingerprint"]
    query = f"SELECT ends_at FROM alerts WHERE fingerprint = '{fingerprint}'"
    ((ends_at,),) = rows(serving.database, query)
    assert ends_at == 1795196283127 * 10**6


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_poison_is_kept_in_quarantine_and_answered_2xx(serving, body):
    before = serving.metric("outage_window_quarantined_total")
    answer = serving.post(ALERTS, body)
    assert answer.status_code == 202
    assert answer.json()["field"]
    assert serving.metric("outage_window_quarantined_total") == before + 1
    kept = rows(serving.database, "SELECT body FROM deliveries WHERE quarantined IS NOT NULL")
    assert (body,) in kept


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/attempts"])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_poison_of_people_and_scripts_is_refused(serving, path, body):
    answer = serving.post(path, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "field"}
    assert answer.text.count("\n") == 1


def test_strange_texts_are_kept(serving):
    labels = {"alertname": "A\x00", "b": "\ud800", "c": "\u202e{{7*7}}", "d": "\x1b[31m" * 9}
    alert = FIRING["alerts"][0] | {"labels": labels, "fingerprint": "\ud800\x00"}
    answer = serving.post(ALERTS, json.dumps(FIRING | {"alerts": [alert]}))
    assert answer.status_code == 200
    for path in ("/", "/api/v1/incidents", "/metrics"):
        assert serving.get(path).status_code == 200


def test_events_and_attempts_are_kept_once(serving):
    event = {"time": "2024-01-22T15:50:00Z", "type": "ticket", "service": "a", "text": "no login"}
    attempt = {"time": "2024-01-22T15:50:00Z", "user": "u", "outcome": "success", "service": "a"}
    answers = [serving.post("/api/v1/events", json.dumps(event)).json() for _ in range(2)]
    assert answers == [{"kept": 1}, {"kept": 0}]
    for _ in range(2):
        assert serving.post("/api/v1/attempts", json.dumps(attempt)).json() == {"kept": 1}
    assert rows(serving.database, "SELECT count(*) FROM attempt_blocks") == [(1,)]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", [ALERTS, "/api/v1/events"])
def test_too_large_a_body_is_refused(serving, path, chunked):
    body = b" " * (4 * 1024 * 1024 + 1)
    answer = serving.post(path, iter([body]) if chunked else body)
    assert answer.status_code == 413
    assert serving.post(ALERTS, BODIES[0].read_bytes()).status_code == 200


def test_far_too_large_a_body_is_refused_by_the_server(serving):
    with socket.create_connection(serving.url.removeprefix("http://").split(":")) as raw:
        head = f"POST {ALERTS} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n\r\n"
        raw.sendall(head.encode())
        assert b" 413 " in raw.recv(100)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready", "/healthz", "/readyz", "/", "/metrics"])
def test_operation(serving, path):
    assert serving.get(path).status_code == 200


def test_wrong_paths_and_methods_get_one_line_of_json(serving):
    assert serving.get("/nothing").json()["field"] == "/nothing"
    assert serving.get(ALERTS).status_code == 405


def test_commits_and_their_failures_are_counted(serving):
    name = "outage_window_store_"
    before = serving.metric(name + "commit_duration_seconds_count")
    failed = serving.metric(name + "failed_writes_total")
    serving.post(ALERTS, BODIES[0].read_bytes())
    assert serving.metric(name + "commit_duration_seconds_count") > before
    other = sqlite3.connect(serving.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert serving.post(ALERTS, BODIES[0].read_bytes()).status_code == 503
    other.execute("ROLLBACK")
    other.close()
    assert serving.metric(name + "failed_writes_total") > failed


def test_a_locked_database_is_answered_503_and_nothing_is_lost(serving):
    body = json.dumps(FIRING | {"receiver": "while locked"}).encode()
    other = sqlite3.connect(serving.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = serving.post(ALERTS, body)
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert answer.json()["field"] == "store"
    assert serving.post(ALERTS, body).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Bearer s3cret-t0ken x",
        "Basic s3cret-t0ken",
        "Bearer s3cret-t0ke\xe9".encode("latin-1"),
        "Bearer s3cret-t0ken, Bearer s3cret-t0ken",
    ],
)
def test_a_token_is_asked_of_whoever_posts(guarded, header):
    headers = {} if header is None else {"Authorization": header}
    for path in (ALERTS, "/api/v1/events", "/api/v1/attempts"):
        answer = guarded.session.post(guarded.url + path, data=b"{}", headers=headers, timeout=30)
        assert answer.status_code == 401


def test_the_right_token_is_let_in_and_never_logged(guarded):
    answer = guarded.post(ALERTS, BODIES[0].read_bytes(), Authorization="Bearer s3cret-t0ken")
    assert answer.status_code == 200
    assert "s3cret" not in guarded.log


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "token").write_text("s3cret-t0ken\n")
    with Process(folder, "web: {listen: '127.0.0.1:0', token_file: token}\n") as process:
        yield process


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_survives_kill_9(tmp_path, seed):
    acknowledged = set()

    def send(process, first):
        for number in range(first, first + 10_000):
            body = json.dumps(FIRING | {"groupKey": f"{seed}-{number}"}).encode()
            try:
                answer = requests.post(process.url + ALERTS, data=body, timeout=30)
            except requests.RequestException:
                return
            if answer.status_code == 200:
                acknowledged.add(hashlib.sha256(body).hexdigest())

    with Process(tmp_path) as process:
        senders = [threading.Thread(target=send, args=(process, n * 10_000)) for n in range(4)]
        for sender in senders:
            sender.start()
        while len(acknowledged) < 30 + 10 * seed:
            assert any(sender.is_alive() for sender in senders)
        process.stop(signal.SIGKILL)
        for sender in senders:
            sender.join()
    with Process(tmp_path) as process:
        kept = {row[0] for row in rows(process.database, "SELECT sha256 FROM deliveries")}
        assert process.post(ALERTS, BODIES[0].read_bytes()).status_code == 200
    assert acknowledged
    assert acknowledged <= kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(tmp_path, number):
    with Process(tmp_path) as process:
        process.post(ALERTS, BODIES[0].read_bytes())
        assert process.stop(number) == 0
    assert "all is stored" in process.log
    assert "Traceback" not in process.log
    assert not Path(f"{process.database}-wal").exists()


def test_wrong_settings_end_it_with_one_line(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text("web: {listn: x}\nscan_interval: 5\n")
    for arguments in (("serve", "--config.file", str(file)), ("check-config", str(file))):
        ended = command(*arguments)
        assert ended.returncode == 2
        assert f"{file}:1: web.listn: unknown key, expected listen?" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 2


def test_an_address_in_use_is_named(serving, tmp_path):
    file = tmp_path / "s.yml"
    address = serving.url.removeprefix("http://")
    file.write_text(f"web: {{listen: '{address}'}}\nstorage: {{url: 'sqlite:///{tmp_path}/x.db'}}")
    ended = command("serve", "--config.file", str(file))
    assert ended.returncode == 2
    assert address in ended.stderr


def test_check_config_says_what_serve_would_do():
    example = Path(__file__).parents[2] / "config" / "outage-window.yml"
    ended = command("check-config", str(example))
    assert ended.returncode == 0
    assert "127.0.0.1:9195" in ended.stdout
    assert "service auth: pull" in ended.stdout


def test_a_request_under_way_is_answered_before_it_stops(tmp_path):
    answers = []
    with Process(tmp_path) as process:
        process.post(ALERTS, BODIES[0].read_bytes())
        other = sqlite3.connect(process.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = BODIES[1].read_bytes()
        sender = threading.Thread(target=lambda: answers.append(process.post(ALERTS, body)))
        sender.start()
        time.sleep(1)  # it is on its way to the database, which is locked
        process.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        other.execute("ROLLBACK")
        other.close()
        sender.join()
        assert process.stop(signal.SIGTERM) == 0
    assert [answer.status_code for answer in answers] == [200]
    assert (body,) in rows(process.database, "SELECT body FROM deliveries")
