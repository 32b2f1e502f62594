"""The command `backfill`: what it needs, what it says, and that it runs on a store at rest."""

import json
import time

import pytest

from tests.live.made import BORN, text
from tests.live.process import Process, command
from tests.sources.test_asking import ALERT, Server

TIMES = ("--from", "2026-11-20T17:00:00Z", "--to", "2026-11-20T18:00:00Z")


@pytest.fixture
def server():
    started = Server()
    yield started
    started.server.shutdown()
    started.server.server_close()


def settings(tmp_path, more=""):
    file = tmp_path / "s.yml"
    file.write_text(f"storage: {{url: 'sqlite:///{tmp_path / 'ow.db'}'}}\n{more}")
    return str(file)


def test_what_alertmanager_tells_is_kept_and_said(tmp_path, server):
    server.says("/api/v2/alerts", [ALERT, ALERT | {"startsAt": "2026-11-20T19:00:00Z"}])
    server.says("/api/v2/silences", [])
    file = settings(tmp_path, f"alertmanager: {{url: '{server.url}', receiver: ow}}\n")
    for _ in range(2):
        done = command("backfill", *TIMES, "--config.file", file)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "alerts that fired: 1; delivered: 0, of them with an end that is back-filled: 0; "
            "back-filled: 1",
            "back-filled from alertmanager: A, 2026-11-20T17:37:21Z fires",
        ]


@pytest.mark.parametrize(
    ("times", "more", "said"),
    [
        (TIMES, "", "expected prometheus.url or alertmanager.url"),
        (
            ("--from", "yesterday", "--to", TIMES[3]),
            "prometheus: {url: 'http://127.0.0.1:1'}",
            "--from: expected an RFC 3339 time",
        ),
        (
            ("--from", TIMES[3], "--to", TIMES[1]),
            "prometheus: {url: 'http://127.0.0.1:1'}",
            "--to: expected a time after --from",
        ),
        (
            ("--from", "2199-01-01T00:00:00Z", "--to", "2199-01-02T00:00:00Z"),
            "prometheus: {url: 'http://127.0.0.1:1'}",
            "--to: expected a time after --from, which has passed",
        ),
        (
            TIMES,
            "alertmanager: {url: 'http://127.0.0.1:1', receiver: ow}",
            "backfill: Alertmanager cannot be reached",
        ),
    ],
)
def test_what_is_unusable_is_one_line_and_2(tmp_path, times, more, said):
    done = command("backfill", *times, "--config.file", settings(tmp_path, more + "\n"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_beside_a_server_on_sqlite_it_is_refused(tmp_path):
    more = "alertmanager: {url: 'http://127.0.0.1:1', receiver: ow}\n"
    with Process(tmp_path, more) as process:
        failed = 'outage_window_catch_up_failures_total{source="alertmanager"}'
        deadline = time.monotonic() + 20
        while not process.metric(failed) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.metric(failed) == 1
        done = command("backfill", *TIMES, "--config.file", str(process.file))
        assert (done.returncode, "is in use by another" in done.stderr) == (2, True)


def test_the_doors_of_grafana_and_anybody_are_open(tmp_path):
    """Through the real process: kept, quarantined, refused, each as its sender."""
    senders = """
senders:
- {name: boards, kind: grafana, token: g}
- name: pager
  kind: alerts
  token: p
  mapping: {alerts: incidents, name: title, starts_at: at, ends_at: to, labels: {service: =vpn}}
"""
    generic = {"name": "B", "status": "firing", "starts_at": text(BORN), "labels": {}}
    mapped = {"incidents": [{"title": "C", "status": "firing", "at": text(BORN)}]}
    with Process(tmp_path, senders) as process:

        def post(kind, token, body):
            answer = process.post(
                f"/api/v1/webhooks/{kind}", json.dumps(body), Authorization=f"Bearer {token}"
            )
            return answer.status_code, answer.json()

        body = {"version": "1", "alerts": [ALERT | {"status": "firing"}]}
        assert post("grafana", "g", body) == (200, {"kept": 1})
        assert post("grafana", "g", {"title": "custom"})[0] == 202
        assert post("grafana", "p", body)[0] == 401
        assert post("alerts", "p", mapped) == (200, {"kept": 1})
        status, said = post("alerts", "p", generic)
        assert (status, said["kept"], said["field"]) == (202, "quarantine", "alerts[0]")
        assert process.metric("outage_window_quarantined_total") == 2
        # A slash too many is no redirect: Alertmanager would come back without its body.
        slash = process.post("/api/v1/webhooks/grafana/", b"{}", Authorization="Bearer g")
        assert slash.status_code == 404
