# Live: a service fails, real Prometheus and Alertmanager do their part, `serve` does the rest.
from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import requests

from tests.real.fake_auth import FakeAuth
from tests.real.programs import (
    Program,
    alertmanager,
    fill,
    free_port,
    incidents,
    prometheus,
    routed_to,
    serve,
    wait_for,
    write_yaml,
)

pytestmark = pytest.mark.real
SCRAPE = 1.0
HISTORY_SECONDS = 7200
NORMAL_SECONDS = 15
OUTAGE_SECONDS = 30
RULES = Path(__file__).resolve().parents[2] / "config" / "rules" / "outage-window.yml"

OWN_RULE = {
    "groups": [
        {
            "name": "own",
            "rules": [
                {
                    "alert": "AuthErrorRateHigh",
                    "expr": 'sum by (service) (rate(auth_requests_total{service="auth",'
                    'result="failure"}[5s])) / sum by (service) (rate(auth_requests_total'
                    '{service="auth"}[5s])) > 0.2',
                    "for": "3s",
                    "labels": {"severity": "page"},
                    "annotations": {"summary": "Many attempts fail"},
                }
            ],
        }
    ]
}


@dataclass
class Stack:
    """What runs: `auth` has a rule of its own and a quick `serve`; `silent` has neither."""

    manager: Program
    quick: Program
    usual: Program
    auth: FakeAuth
    silent: FakeAuth
    folder: Path


def prometheus_config(folder, manager_url, scraped):
    own = write_yaml(folder / "own-rules.yml", OWN_RULE)
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(own), str(RULES)],
        "alerting": {
            "alertmanagers": [
                {"static_configs": [{"targets": [manager_url.removeprefix("http://")]}]}
            ]
        },
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            for name, port in scraped.items()
        ],
    }


def settings(prometheus_url, service, folder, **more):
    mine = f'service="{service}"'
    return {
        "prometheus": {"url": prometheus_url, "history": "3h"},
        "scan_interval": "1s",
        "drafts": {"dir": str(folder / "drafts")},
        "services": [
            {
                "name": service,
                "source": "pull",
                "attempts": f"auth_requests_total{{{mine}}}",
                "errors": f'auth_requests_total{{{mine},result="failure"}}',
                "reasons": {"system": ["invalid_token"], "user": ["bad_password"]},
            }
        ],
        **more,
    }


def history(programs, folder, *services):
    """Two hours of normal running in Prometheus, as any service has behind it."""
    file = folder / "past.om"
    with file.open("w") as out:
        out.write("# TYPE auth_requests counter\n")
        for service in services:
            out.writelines(service.past(time.time() - 2, HISTORY_SECONDS))
        out.write("# EOF\n")
    fill(programs, file, folder / "prometheus-data")
    return folder / "prometheus-data"


@pytest.fixture(scope="module")
def stack(programs, running, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    auth, silent = FakeAuth("auth", 1), FakeAuth("silent", 2)
    running.callback(auth.stop)
    running.callback(silent.stop)
    quick_port, usual_port = free_port(), free_port()
    ports = [f"http://127.0.0.1:{port}" for port in (quick_port, usual_port)]
    manager = alertmanager(
        programs, folder, routed_to(*ports, matchers=[['service="auth"'], ['service="silent"']])
    )
    running.callback(manager.stop)
    scraped = {"auth": auth.port, "silent": silent.port, "outage-window": usual_port}
    source = prometheus(
        programs,
        folder,
        prometheus_config(folder, manager.url, scraped),
        history(programs, folder, auth, silent),
    )
    running.callback(source.stop)
    shortened = {"join_gap": "20s", "min_duration": "10s"}
    quick = serve(
        folder, quick_port, settings(source.url, "auth", folder, detection=shortened), "quick"
    )
    running.callback(quick.stop)
    usual = serve(folder, usual_port, settings(source.url, "silent", folder), "usual")
    running.callback(usual.stop)
    time.sleep(NORMAL_SECONDS)
    for service in (auth, silent):
        service.fail(0.45)
    return Stack(manager, quick, usual, auth, silent, folder)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def test_an_outage_opens_gets_its_alert_closes_and_is_drafted(stack):
    def only(state):
        found = incidents(stack.quick, "auth")
        return found[0] if [one["state"] for one in found] == [state] else None

    began = time.monotonic()
    opened = wait_for(lambda: only("ongoing"), OUTAGE_SECONDS - 2, "ongoing incident")
    assert opened["end"]["value"] is None
    assert abs(seconds(opened["start"]["value"]) - stack.auth.onset) <= 2 * SCRAPE
    time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - began)))
    stack.auth.recover()
    closed = wait_for(lambda: only("closed"), 120, "closed incident")
    assert closed["id"] == opened["id"]
    assert abs(seconds(closed["start"]["value"]) - stack.auth.onset) <= SCRAPE
    assert abs(seconds(closed["end"]["value"]) - stack.auth.recovery) <= SCRAPE
    (alert,) = closed["alerts"]
    assert alert["name"] == "AuthErrorRateHigh"
    assert stack.auth.onset < seconds(alert["fired_at"]) < stack.auth.recovery
    draft = requests.get(f"{stack.quick.url}/api/v1/incidents/{closed['id']}/draft", timeout=10)
    assert draft.ok
    assert "AuthErrorRateHigh" in draft.text
    assert (stack.folder / "drafts" / f"{closed['id']}.md").read_text("utf-8") == draft.text
    assert (stack.folder / "drafts" / f"{closed['id']}.svg").is_file()


def test_an_outage_without_an_alert_is_told_by_the_users_alertmanager(stack):
    # Detection as shipped: a window lasts two minutes before it is one, and the rule waits 30 s.
    def told():
        alerts = stack.manager.get("/api/v2/alerts")
        mine = [one for one in alerts if one["labels"].get("service") == "silent"]
        return mine[0] if mine else None

    alert = wait_for(told, 300 - (time.time() - stack.silent.onset), "alert that names it")
    assert time.time() - stack.silent.onset < 300
    assert alert["labels"]["alertname"] == "OutageWithoutAlert"
    assert "silent" in alert["annotations"]["summary"]
    # Alertmanager passes it on to `serve` as well, to whom its own voice is no evidence.
    time.sleep(5)
    (incident,) = incidents(stack.usual, "silent")
    assert incident["state"] == "ongoing"
    assert incident["alerted"] is False
    assert incident["alerts"] == []
    assert abs(seconds(incident["start"]["value"]) - stack.silent.onset) <= SCRAPE
    assert told() is not None
