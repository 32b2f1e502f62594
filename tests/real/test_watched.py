# The shipped rules and routes in real programs: the heartbeat arrives, and is missed when it stops.
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.real.programs import TOKEN, Program, alertmanager, free_port, prometheus, serve, wait_for

pytestmark = pytest.mark.real

CONFIG = Path(__file__).parents[2] / "config"
METRIC = "outage_window_heartbeat_last_received_timestamp_seconds"


def quick(text: str) -> str:
    """The same in seconds: a test does not wait for minutes."""
    changes = {
        '"heartbeat"]\n    repeat_interval: 1m': '"heartbeat"]\n    repeat_interval: 2s',
        "group_wait: 10s": "group_wait: 1s",
        "group_interval: 1m": "group_interval: 1s",
        "_interval: 15s": "_interval: 1s",
        "received_timestamp_seconds > 600\n    for: 5m": "received_timestamp_seconds > 8",
    }
    for usual, fast in changes.items():
        text = text.replace(usual, fast)
    return text


def beat(served: Program) -> float:
    text = requests.get(f"{served.url}/metrics", timeout=5).text
    (row,) = [row for row in text.splitlines() if row.startswith(METRIC)]
    return float(row.split()[1])


def firing(asked: Program) -> set[str]:
    found = asked.get("/api/v1/alerts")["data"]["alerts"]
    return {one["labels"]["alertname"] for one in found if one["state"] == "firing"}


def test_the_heartbeat_arrives_by_the_shipped_route_and_is_missed(
    programs: dict[str, str], tmp_path: Path, running: Any
) -> None:
    port = free_port()
    served = serve(tmp_path, port, {"scan_interval": "1s"})
    running.callback(served.stop)
    routes = yaml.safe_load(quick((CONFIG / "alertmanager.yml").read_text()))
    (hook,) = routes["receivers"][-1]["webhook_configs"]
    hook["url"] = hook["url"].replace("127.0.0.1:9195", f"127.0.0.1:{port}")
    hook["http_config"] = {"authorization": {"credentials": TOKEN}}
    (tmp_path / "am").mkdir()
    sending = alertmanager(programs, tmp_path / "am", routes)
    running.callback(sending.stop)
    (tmp_path / "rules.yml").write_text(quick((CONFIG / "rules/outage-window.yml").read_text()))
    config = yaml.safe_load(quick((CONFIG / "prometheus.yml").read_text()))
    config["rule_files"] = [str(tmp_path / "rules.yml")]
    places = {"9093": sending.url, "9195": served.url}
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [places["9093"][7:]]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [places["9195"][7:]]
    # What fires before Prometheus has found its Alertmanager is only sent again after this.
    asked = prometheus(programs, tmp_path, config, flags=("--rules.alert.resend-delay=2s",))
    running.callback(asked.stop)

    first = wait_for(lambda: beat(served), 60, "heartbeat")
    assert abs(first - time.time()) < 60
    wait_for(lambda: beat(served) > first + 2, 60, "second heartbeat")
    wait_for(lambda: firing(asked) == {"OutageWindowHeartbeat"}, 60, "calm")
    assert served.get("/api/v1/incidents")["incidents"] == []
    sending.stop()
    wait_for(
        lambda: "OutageWindowHeartbeatMissing" in firing(asked), 60, "alert that it is missing"
    )
