# A real Alertmanager shows who it is in each way that the web configuration knows, over TLS.
from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.live.process import Process
from tests.real.programs import alertmanager, wait_for
from tests.security.made import LISTEN, MUTUAL, PASSWORD, SERVER, USERS, Authority, web_file

pytestmark = pytest.mark.real
ALERTS = "/api/v1/webhooks/alertmanager"
SENDERS = "senders:\n- {name: am, kind: alertmanager, token: of-the-sender}\n"


def config(url: str, ways: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """An Alertmanager with a receiver for each way to show who it is."""
    return {
        "route": {
            "receiver": "nobody",
            "group_wait": "0s",
            "group_interval": "1s",
            "routes": [{"receiver": name, "continue": True} for name in ways],
        },
        "receivers": [
            {"name": "nobody"},
            *(
                {"name": name, "webhook_configs": [{"url": url + ALERTS, "http_config": way}]}
                for name, way in ways.items()
            ),
        ],
    }


def fire(manager: Any) -> None:
    now = datetime.fromtimestamp(time.time() - 60, UTC).isoformat()
    labels = {"alertname": "A", "service": "auth"}
    manager.post("/api/v2/alerts", json.dumps([{"labels": labels, "startsAt": now}]).encode())


def kept(process: Process) -> dict[str, str]:
    """The sender's name by the receiver of Alertmanager that posted."""
    connection = sqlite3.connect(process.database)
    rows = connection.execute("SELECT body, sender FROM deliveries").fetchall()
    connection.close()
    return {json.loads(body)["receiver"]: sender for body, sender in rows}


def test_bearer_and_basic_over_tls(programs, running, tmp_path):
    authority = Authority(tmp_path)
    web_file(tmp_path, SERVER + USERS)
    trust = {"tls_config": {"ca_file": str(authority.file)}}
    ways = {
        "bearer": trust | {"authorization": {"credentials": "of-the-sender"}},
        "basic": trust | {"basic_auth": {"username": "ann", "password": PASSWORD}},
        "password": trust | {"basic_auth": {"username": "x", "password": "of-the-sender"}},
        "wrong": trust | {"basic_auth": {"username": "ann", "password": "wrong"}},
        "nobody-known": trust,
        "distrustful": {"authorization": {"credentials": "of-the-sender"}},
    }
    with Process(tmp_path, LISTEN + SENDERS, verify=str(authority.file)) as process:
        manager = alertmanager(programs, tmp_path, config(process.url, ways))
        running.callback(manager.stop)
        fire(manager)
        wait_for(lambda: len(kept(process)) >= 3, 30, "three deliveries")
        time.sleep(2)
        assert kept(process) == {"bearer": "am", "basic": "alertmanager", "password": "am"}
        refused = [line for line in process.log.splitlines() if "handshake failed" in line]
        assert len(refused) == 1


def test_a_client_certificate(programs, running, tmp_path):
    authority = Authority(tmp_path)
    web_file(tmp_path, f"{MUTUAL}  client_allowed_sans: [am.example]\n")

    def way(name: str) -> dict[str, Any]:
        cert, key = authority.client(name, name=name)
        return {"tls_config": {"ca_file": str(authority.file), "cert_file": cert, "key_file": key}}

    ways = {"right": way("am.example"), "other": way("other.example")}
    ways["none"] = {"tls_config": {"ca_file": str(authority.file)}}
    right = authority.client("am.example")
    with Process(tmp_path, LISTEN, verify=str(authority.file), cert=right) as process:
        manager = alertmanager(programs, tmp_path, config(process.url, ways))
        running.callback(manager.stop)
        fire(manager)
        wait_for(lambda: kept(process), 30, "a delivery")
        time.sleep(2)
        assert kept(process) == {"right": "alertmanager"}
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(process.url, verify=str(authority.file), timeout=10)
