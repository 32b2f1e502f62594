"""Alertmanager's and Prometheus' answers: read, or refused in words that hold no secret."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outage_window.sources.alertmanager import AlertmanagerClient
from outage_window.sources.pull import PrometheusClient, PullFailed

NOW = 1_795_196_400 * 10**9
ALERT = {
    "annotations": {"summary": "Many attempts fail"},
    "endsAt": "2026-11-20T17:44:21.127Z",
    "fingerprint": "47e585fe39c0d057",
    "receivers": [{"name": "ow"}],
    "startsAt": "2026-11-20T17:37:21.127Z",
    "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
    "updatedAt": "2026-11-20T17:40:21.127Z",
    "generatorURL": "http://prometheus.test/graph",
    "labels": {"alertname": "A", "service": "auth"},
}
SILENCE = {
    "id": "7c1e",
    "status": {"state": "active"},
    "updatedAt": "2026-11-20T17:00:00.000Z",
    "comment": "night work",
    "createdBy": "a person",
    "startsAt": "2026-11-20T17:00:00.000Z",
    "endsAt": "2026-11-20T18:00:00.000Z",
    "matchers": [{"name": "service", "value": "auth", "isRegex": False}],
}


class Server:
    """Answers every path with (status, body) of `answers`, and keeps what it was asked."""

    def __init__(self):
        self.answers, self.asked = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("Authorization")))
                status, body = outer.answers.get(self.path.partition("?")[0], (404, b"no"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, path, value, status=200):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers[path] = (status, body)


@pytest.fixture
def servers():
    started = [Server(), Server()]
    yield started
    for one in started:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture
def client(servers):
    urls = tuple(one.url for one in servers)
    made = AlertmanagerClient(urls, 5.0, {"Authorization": "Bearer s3cret"}, "ow")
    yield made
    made.close()


def test_what_fires_is_read_and_only_what_reaches_somebody_is_asked_for(servers, client):
    for server in servers:
        server.says("/api/v2/alerts", [ALERT])
    (alert,) = client.alerts(NOW)
    assert (alert.fingerprint, alert.labels) == (ALERT["fingerprint"], ALERT["labels"])
    assert (alert.ends_at, alert.seen_at, alert.step) == (None, NOW, 0)
    assert alert.valid_until == 1_795_196_661_127 * 10**6
    path, token = servers[0].asked[0]
    assert token == "Bearer s3cret"
    for part in ("silenced=false", "inhibited=false", "active=true", "receiver=ow"):
        assert part in path


def test_what_is_muted_is_read_with_what_mutes_it(servers, client):
    silenced = ALERT | {"fingerprint": "1", "status": {"silencedBy": ["s1"], "inhibitedBy": []}}
    both = ALERT | {"fingerprint": "2", "status": {"silencedBy": ["s1"], "inhibitedBy": ["9"]}}
    odd = [ALERT, ALERT | {"status": None}, 5, silenced | {"startsAt": "yesterday"}]
    for server in servers:
        server.says("/api/v2/alerts", [silenced, both, *odd])
    found = [(one.fingerprint, one.how, one.by) for one in client.muted()]
    assert found == [
        ("1", "silenced", ("s1",)),
        ("2", "silenced", ("s1",)),
        ("2", "inhibited", ("9",)),
    ]
    path, _ = servers[0].asked[0]
    for part in ("silenced=true", "inhibited=true", "active=false", "receiver=ow"):
        assert part in path


def test_one_peer_that_answers_is_enough(servers, client):
    servers[1].says("/api/v2/alerts", [ALERT])
    servers[0].says("/api/v2/alerts", [], 500)
    assert len(client.alerts(NOW)) == 1


def test_all_that_any_peer_knows_is_taken_once(servers, client):
    later = ALERT | {"endsAt": "2026-11-20T17:46:21.127Z"}
    other = ALERT | {"fingerprint": "other"}
    servers[0].says("/api/v2/alerts", [ALERT])
    servers[1].says("/api/v2/alerts", [later, other])
    found = {one.fingerprint: one.valid_until for one in client.alerts(NOW)}
    assert set(found) == {ALERT["fingerprint"], "other"}
    assert found[ALERT["fingerprint"]] == 1_795_196_781_127 * 10**6


def test_an_alert_that_cannot_be_understood_hides_no_other(servers, client, caplog):
    bad = ALERT | {"startsAt": "yesterday"}
    servers[0].says("/api/v2/alerts", [bad, 5, ALERT])
    assert len(client.alerts(NOW)) == 1
    assert "is left out" in caplog.text


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"{}"), (302, b"[]"), (401, b""), (500, b"[]"), (200, b"[" * 9999)],
)
def test_other_answers_are_failures_without_secrets(servers, client, status, body):
    for server in servers:
        server.says("/api/v2/alerts", body, status)
        server.says("/api/v2/silences", body, status)
    for ask in (client.alerts, client.silences):
        with pytest.raises(PullFailed) as failure:
            ask(NOW)
        assert str(failure.value).startswith("Alertmanager answered")
        assert "s3cret" not in str(failure.value)
    assert not any(path.startswith("/elsewhere") for path, _ in servers[0].asked)


def test_nobody_there_is_a_failure():
    client = AlertmanagerClient(("http://user:s3cret@127.0.0.1:1",), 1.0, {}, None)
    with pytest.raises(PullFailed, match="cannot be reached") as failure:
        client.alerts(NOW)
    assert "s3cret" not in str(failure.value)
    client.close()


@pytest.mark.parametrize(
    ("changes", "planned"),
    [
        ({}, False),  # it began when it was made
        ({"updatedAt": "2026-11-20T16:00:00.000Z"}, True),
        ({"startsAt": "2026-11-20T17:50:00.000Z", "updatedAt": "2026-11-20T17:50:00Z"}, True),
    ],
)
def test_silences_are_read(servers, client, changes, planned):
    servers[0].says("/api/v2/silences", [SILENCE | changes])
    (found,) = client.silences(NOW)
    assert (found.id, found.comment, found.planned) == ("7c1e", "night work", planned)
    assert str(found.matchers[0]) == 'service="auth"'  # before 0.22 all were equal
    assert "a person" not in repr(found)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (
            200,
            {"data": {"yaml": "global: {external_labels: {n: 1, c: eu}}"}},
            {"n": "1", "c": "eu"},
        ),
        (200, {"data": {"yaml": "global: {scrape_interval: 15s}"}}, {}),
        (200, {"data": {"yaml": "a: [: b"}}, None),
        (200, {"data": {}}, None),
        (404, {}, None),
    ],
)
def test_the_labels_that_prometheus_adds(servers, status, answer, expected):
    servers[0].says("/api/v1/status/config", answer, status)
    client = PrometheusClient(servers[0].url, 5.0, {})
    assert client.external_labels() == expected
    client.close()
