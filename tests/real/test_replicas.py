# Two Alertmanagers in a cluster post to two replicas on one PostgreSQL, of which one is killed.
from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select

from benchmarks.lab.trial import Asked, run
from benchmarks.lab.verdict import lines
from outage_window.store.opened import looking
from outage_window.store.schema import alerts
from tests import postgres
from tests.real.programs import cluster, free_port, incidents, routed_to, serve, wait_for

pytestmark = pytest.mark.real
ALERTS = 30


def fire(managers, numbers, ended=None):
    """As a Prometheus does, post each alert to both Alertmanagers."""
    body = [
        {
            "labels": {"alertname": f"A{n}", "service": "auth"},
            "annotations": {},
            "startsAt": STARTED,
            **({"endsAt": ended} if ended else {}),
        }
        for n in numbers
    ]
    for manager in managers:
        answer = requests.post(
            f"{manager.url}/api/v2/alerts", data=json.dumps(body),
            headers={"Content-Type": "application/json"}, timeout=10,
        )  # fmt: skip
        assert answer.ok, answer.text


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


STARTED = rfc3339(time.time() - 60)


def stored(url):
    with looking(url) as connection:
        rows = connection.execute(select(alerts.c.labels, alerts.c.ends_at, alerts.c.deliveries))
        return [(json.loads(r.labels)["alertname"], r.ends_at, r.deliveries) for r in rows]


def test_every_alert_is_one_episode_though_a_replica_dies(
    programs, running, postgresql, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("replicas")
    url = postgresql.database()
    key = folder / "user.key"
    key.write_bytes(postgres.KEY)
    shared = {
        "storage": {"url": url},
        "attempts": {"user_key_file": str(key)},
        "scan_interval": "1s",
    }
    replicas = [serve(folder, free_port(), shared, f"replica-{n}") for n in range(2)]
    for replica in replicas:
        running.callback(replica.stop)
    config = routed_to(*replicas)
    config["route"]["group_by"] = ["alertname"]
    managers = cluster(programs, folder, config)
    for manager in managers:
        running.callback(manager.stop)
    fire(managers, range(ALERTS // 2))
    wait_for(lambda: len(stored(url)) == ALERTS // 2, 60, "alerts in the store")
    leader = next(r for r in replicas if " of 65 shards" in r.log.read_text())
    other = replicas[1 - replicas.index(leader)]
    leader.kill()
    fire(managers, range(ALERTS // 2, ALERTS))
    fire(managers, range(ALERTS), ended=rfc3339(time.time() - 1))
    wait_for(
        lambda: len(stored(url)) == ALERTS and all(end for _, end, _ in stored(url)),
        90, "every alert, ended",
    )  # fmt: skip
    found = stored(url)
    assert sorted(name for name, _, _ in found) == sorted(f"A{n}" for n in range(ALERTS))
    assert max(deliveries for _, _, deliveries in found) > 1, "both were sent it"
    # The other replica takes over what the dead one derived, under the same id.
    only = wait_for(
        lambda: [i for i in incidents(other, "auth") if i["state"] == "unconfirmed"],
        30, "incident of all alerts",
    )  # fmt: skip
    assert len(only) == 1
    assert len(only[0]["alerts"]) == ALERTS


def test_every_outage_once_though_replicas_die_and_hang(postgresql, tmp_path):
    """The benchmark, small: one replica is killed, one hangs while others take over and goes on."""
    asked = Asked(
        services=40,
        minutes=0.45,
        settle=0.0,
        interval=6.0,
        step=1.0,
        every=12.0,
        away=9.5,
        stall=True,
    )
    done = run(asked, postgresql, tmp_path)
    found = list(lines(done))
    assert (done.killed, done.stalled) == (1, 1)
    assert [line for line in found if line.met is False] == [], found
    assert len(done.published) > 0
