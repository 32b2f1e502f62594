# Real programs: what fires while `serve` is down or turned away, clusters, silences, time-outs.
from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
import requests

from tests.live.process import command
from tests.real.programs import (
    alertmanager,
    free_port,
    incidents,
    prometheus,
    routed_to,
    serve,
    wait_for,
    write_yaml,
)

pytestmark = pytest.mark.real


def shown(moment):
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def labels(name, service="auth"):
    return {"alertname": name, "service": service}


def post(manager, *alerts):
    answer = requests.post(f"{manager.url}/api/v2/alerts", json=list(alerts), timeout=10)
    assert answer.ok, answer.text


def settings(prometheus_url=None, alertmanager_url=None, receiver=None):
    service = {"name": "auth", "source": "pull", "attempts": "none_total", "errors": "none_bad"}
    found = {"scan_interval": "1s", "catch_up_interval": "1s"}
    if prometheus_url:
        found |= {"prometheus": {"url": prometheus_url, "history": "1h"}, "services": [service]}
    if alertmanager_url:
        found["alertmanager"] = {"url": alertmanager_url, "receiver": "r0"}
    return found


def reconciled(folder, since):
    """What `reconcile` says of the store of the server that runs in a folder."""
    until = ("--to", shown(time.time() + 1), "--format", "json")
    file = str(folder / "serve.yml")
    done = command("reconcile", "--from", shown(since), *until, "--config.file", file)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of(section):
    return [(one["alert"], one["how"], one["times"]) for one in section["found"]]


def alerts_of(served, service="auth"):
    return {a["name"]: a for one in incidents(served, service) for a in one["alerts"]}


def test_what_fires_and_resolves_while_it_is_down_is_there_once(programs, running, tmp_path):
    port, began = free_port(), time.time()
    manager = alertmanager(programs, tmp_path, routed_to(f"http://127.0.0.1:{port}"))
    running.callback(manager.stop)
    first = serve(tmp_path, port, settings())
    time.sleep(3)
    assert first.stop() == 0
    fires = time.time() + 10
    over = fires + 8
    rule = {
        "alert": "Missed",
        "expr": f"vector(time()) > {fires:.0f} < {over:.0f}",
        "labels": {"service": "auth"},
    }
    rules = write_yaml(tmp_path / "rules.yml", {"groups": [{"name": "g", "rules": [rule]}]})
    target = manager.url.removeprefix("http://")
    config = {
        "global": {"evaluation_interval": "1s", "external_labels": {"cluster": "test"}},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [target]}]}]},
    }
    source = prometheus(programs, tmp_path, config)
    running.callback(source.stop)
    assert time.time() < fires, "the machine was too slow: Prometheus missed it, too"
    time.sleep(over + 5 - time.time())
    again = serve(tmp_path, port, settings(source.url))
    running.callback(again.stop)
    alert = wait_for(lambda: alerts_of(again).get("Missed"), 20, "alert that was missed")
    assert (alert["backfilled"], alert["deliveries"]) == ("prometheus", 0)
    assert alert["labels"] == labels("Missed") | {"cluster": "test"}
    assert abs(seconds(alert["fired_at"]) - fires) <= 2
    assert abs(seconds(alert["resolved_at"]) - over) <= 2
    found = reconciled(tmp_path, began)
    assert of(found["alerts_lost"]) == [("Missed", "Prometheus", 1)]
    (down,) = found["gaps"]["receiver"]["gaps"]
    assert seconds(down["from"]) < fires < over < seconds(down["to"])
    assert "1 alert fired and was never delivered" in found["summary"]
    (incident,) = incidents(again, "auth")
    steps = {one["step"]: one for one in incident["detection"]}
    assert seconds(steps["rule_true"]["at"]["value"]) <= seconds(alert["fired_at"])
    assert 0 <= steps["fired"]["since_previous"]["value"] < 1, "it waits for nothing"
    assert steps["fired"]["since_previous"]["low"] == 0, "the condition's time is cut to the second"
    assert "never delivered here" in steps["delivered"]["at"]["reason"]
    # Now somebody tells it again after all: it is the same alert, and the delivered one wins.
    told = {"labels": alert["labels"], "startsAt": alert["fired_at"]}
    post(manager, told | {"endsAt": shown(time.time() + 4)})

    def delivered():
        known = alerts_of(again)["Missed"]
        return known["deliveries"] > 0 and known["backfilled"] is None

    assert wait_for(delivered, 20, "delivery that it is over")
    assert reconciled(tmp_path, began)["alerts_lost"]["count"] == 0
    (incident,) = incidents(again, "auth")
    assert [one["name"] for one in incident["alerts"]] == ["Missed"]


def test_what_was_turned_away_is_asked_for(programs, running, tmp_path):
    """Alertmanager drops what a 4xx answers: its own list is the only place that still has it."""
    port = free_port()
    config = routed_to(f"http://127.0.0.1:{port}", token="wrong")
    config["inhibit_rules"] = [
        {"source_matchers": ["alertname=TurnedAway"], "target_matchers": ["alertname=Lesser"]}
    ]
    manager = alertmanager(programs, tmp_path, config)
    running.callback(manager.stop)
    served = serve(tmp_path, port, settings(alertmanager_url=manager.url))
    running.callback(served.stop)
    since = shown(time.time() - 600)
    post(manager, *({"labels": labels(n), "startsAt": since} for n in ("TurnedAway", "Lesser")))
    alert = wait_for(lambda: alerts_of(served).get("TurnedAway"), 20, "alert")
    assert (alert["backfilled"], alert["deliveries"]) == ("alertmanager", 0)
    metrics = requests.get(f"{served.url}/metrics", timeout=10).text
    assert "outage_window_deliveries_total 0.0" in metrics
    found = reconciled(tmp_path, time.time() - 3600)
    assert of(found["alerts_lost"]) == [("TurnedAway", "Alertmanager", 1)]
    assert found["alerts_lost"]["asked"]["prometheus"]["known"] == []
    assert of(found["alerts_inhibited"]) == [("Lesser", "by TurnedAway", 1)]


def test_two_peers_one_serve_each_alert_once(programs, running, tmp_path):
    port, peers = free_port(), (free_port(), free_port())
    managers = []
    for number, mine in enumerate(peers):
        cluster = (
            f"--cluster.listen-address=127.0.0.1:{mine}",
            f"--cluster.peer=127.0.0.1:{peers[1 - number]}",
            "--cluster.peer-timeout=0s",  # both send at once: duplicates, as on a slow network
            "--cluster.settle-timeout=2s",
        )
        config = routed_to(f"http://127.0.0.1:{port}")
        managers.append(alertmanager(programs, tmp_path, config, f"am{number}", cluster))
        running.callback(managers[-1].stop)
    urls = [one.url for one in managers]
    served = serve(tmp_path, port, settings(alertmanager_url=urls))
    running.callback(served.stop)
    wait_for(lambda: len(managers[0].get("/api/v2/status")["cluster"]["peers"]) == 2, 20, "peers")
    start = time.time() - 90
    names = [f"A{n}" for n in range(5)]
    silence = {
        "matchers": [
            {"name": "service", "value": "auth", "isRegex": False, "isEqual": True},
            {"name": "alertname", "value": "Quiet", "isRegex": False, "isEqual": True},
        ],
        "startsAt": shown(time.time()),
        "endsAt": shown(time.time() + 600),
        "createdBy": "tests",
        "comment": "known since Monday",
    }
    assert requests.post(f"{urls[0]}/api/v2/silences", json=silence, timeout=10).ok
    time.sleep(2)  # gossip
    for delay, manager in enumerate(managers):  # as two Prometheus would: a moment apart
        firing = [
            {
                "labels": labels(name),
                "startsAt": shown(start + 3 * delay),
                "endsAt": shown(start + 300),
            }
            for name in [*names, "Quiet"]
        ]
        fading = {"labels": labels("Fading"), "startsAt": shown(start)}
        post(manager, *firing, fading | {"endsAt": shown(int(start) + 104)})
    wait_for(lambda: set(alerts_of(served)) == {*names, "Fading"}, 20, "all alerts")
    for manager in managers:
        over = [
            {"labels": labels(name), "startsAt": shown(start), "endsAt": shown(time.time())}
            for name in names
        ]
        post(manager, *over)

    def ended():
        found = alerts_of(served)
        return found if all(one["resolved_at"] for one in found.values()) else None

    found = wait_for(ended, 30, "the ends of all alerts")
    assert set(found) == {*names, "Fading"}  # the silenced one reached nobody
    (incident,) = incidents(served, "auth")
    assert len(incident["alerts"]) == len(names) + 1
    assert all(found[name]["deliveries"] >= 2 for name in names)
    assert all(abs(seconds(found[name]["fired_at"]) - start) < 1.5 for name in names)
    assert not any(found[name]["timed_out"] for name in names)
    assert found["Fading"]["timed_out"]  # nobody said that it was over
    (muted,) = incident["announced"]
    assert (muted["kind"], muted["text"]) == ("silence", "known since Monday")
    assert muted["matchers"] == 'service="auth", alertname="Quiet"'
    found = reconciled(tmp_path, start - 60)
    assert of(found["alerts_silenced"]) == [("Quiet", "known since Monday", 1)]
    assert found["alerts_lost"]["count"] == 0
