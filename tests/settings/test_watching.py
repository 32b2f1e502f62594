"""What an operator watches the program with: metrics, rules and dashboard, held to each other."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web import create_app
from tests.calls import calls

CONFIG = Path(__file__).parents[2] / "config"
RULES = CONFIG / "rules" / "outage-window.yml"
RULES_TEST = Path(__file__).with_name("outage-window.rules-test.yml")
DASHBOARD = json.loads((CONFIG / "grafana-dashboard.json").read_text())
ALERTS = "/api/v1/webhooks/alertmanager"
WORD = re.compile(r"\b((?:outage_window|process)_\w+)")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def settings(tmp_path, services=1):
    listed = [
        {"name": f"s{n}", "source": "pull", "attempts": "a", "errors": "b"} for n in range(services)
    ]
    return Settings.model_validate(
        {
            "storage": {"url": f"sqlite:///{tmp_path}/ow.db"},
            "prometheus": {"url": "http://127.0.0.1:1"},
            "services": listed,
            "publish": [{"kind": "webhook", "name": "hook", "url": "http://127.0.0.1:1/x"}],
        }
    )


@pytest.fixture
def client(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    status = Status(0)
    app = create_app(store, settings(tmp_path), status)
    status.committed(0.01, 3, 1)
    found = app.test_client()
    found.status = status
    for path in ("/", "/nothing", "/-/ready"):
        found.get(path)
    found.post(ALERTS, data=b"[")
    yield found
    store.close()


def samples(client, **headers):
    rows = client.get("/metrics", headers=headers).text.splitlines()
    return dict(row.rsplit(" ", 1) for row in rows if not row.startswith("#"))


def names(client):
    return {row.partition("{")[0] for row in samples(client)}


def exprs():
    return [(p["title"], t["expr"]) for p in DASHBOARD["panels"] for t in p["targets"]]


def rules():
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return group["rules"]


def test_requests_are_counted_by_route_and_never_by_what_came(client):
    for path in ("/api/v1/incidents/a", "/api/v1/incidents/b", "/%00<img>", "/x" * 999):
        client.get(path)
    client.open("/", method="BREW")
    client.open("/", method="PURGE" * 99)
    found = samples(client)
    count = "outage_window_http_requests_total{code=%s,handler=%s,method=%s}"
    route = '"/api/v1/incidents/<identity>"'
    assert found[count % ('"404"', route, '"GET"')] == "2.0"
    assert found[count % ('"404"', '"unmatched"', '"GET"')] == "3.0"
    assert found[count % ('"202"', f'"{ALERTS}"', '"POST"')] == "1.0"
    assert found[count % ('"405"', '"unmatched"', '"other"')] == "2.0"
    timed = 'outage_window_http_request_duration_seconds_count{handler="unmatched"}'
    assert found[timed] == "5.0"


def test_commits_of_the_writer_are_shown(client):
    client.status.committed(3.0, 200, 0)
    found = samples(client)
    name = "outage_window_store_"
    assert found[name + 'commit_duration_seconds_bucket{le="0.01"}'] == "1.0"
    assert found[name + "commit_duration_seconds_count"] == "2.0"
    assert found[name + "commit_writes_sum"] == "203.0"
    assert found[name + "failed_writes_total"] == "1.0"


def test_the_format_is_the_one_that_is_asked_for(client):
    plain = client.get("/metrics")
    assert plain.content_type.startswith("text/plain; version=")
    asked = client.get("/metrics", headers={"Accept": OPENMETRICS})
    assert asked.content_type.startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
    assert set(samples(client)) == set(samples(client, Accept=OPENMETRICS))


def test_no_label_is_anybodys_input(client):
    body = (CONFIG.parent / "tests/webhooks/recorded/am-0.25-firing.json").read_text()
    client.post(ALERTS, data=body.replace('"alertname":"', '"alertname":"<evil>'))
    client.get("/", headers={"Host": "evil.example", "User-Agent": "evil"})
    client.get("/?evil=1")
    assert "evil" not in client.get("/metrics").text


def test_it_stays_cheap_with_a_thousand_services(store, tmp_path):
    client = create_app(store, settings(tmp_path, 1000)).test_client()
    client.get("/metrics")
    answer, counted = calls(lambda: client.get("/metrics"))
    text = answer.text
    assert counted < 200 * 1000  # of each service some 160
    assert len(text.splitlines()) < 4000 + 200


def test_the_disk_is_measured(client):
    found = samples(client)
    assert float(found["outage_window_store_size_bytes"]) > 4096
    assert float(found["outage_window_store_filesystem_avail_bytes"]) > 0


def test_rules_name_metrics_that_are_there(client):
    known = names(client)
    for rule in rules():
        named = set(WORD.findall(rule["expr"]))
        assert named <= known, rule["alert"]
        assert named or rule["alert"] == "OutageWindowHeartbeat"


def test_the_docs_name_every_metric_and_alert_and_none_that_is_not(client):
    text = (CONFIG.parent / "docs" / "operations.md").read_text()
    table = text.partition("## Watch it")[2].partition("### Alerts")[0]
    told = set(re.findall(r"`(outage_window_[a-z_]+)", table))
    ends = ("_bucket", "_sum", "_count")
    known = {re.sub(f"({'|'.join(ends)})$", "", name) for name in names(client)}
    assert told == {name for name in known if name.startswith("outage_window_")}
    assert {rule["alert"] for rule in rules()} == set(re.findall(r"`(Outage\w+)`", text))


def test_every_alert_of_our_own_says_so():
    for rule in rules():
        heartbeat = rule["alert"] == "OutageWindowHeartbeat"
        assert rule["labels"]["outage_window"] == ("heartbeat" if heartbeat else "self")
        assert rule["annotations"]["description"]
    assert "{{ $labels.service }}" in rules()[0]["annotations"]["summary"]


def test_every_rule_is_tried_firing_and_quiet():
    tried = {}
    for case in yaml.safe_load(RULES_TEST.read_text())["tests"]:
        for one in case["alert_rule_test"]:
            tried.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    assert set(tried) == {rule["alert"] for rule in rules()}
    assert {name for name, ways in tried.items() if ways != {True, False}} == {
        "OutageWindowHeartbeat"
    }


@pytest.mark.parametrize(("title", "expr"), exprs())
def test_the_dashboard_names_metrics_that_are_there(client, title, expr):
    named = set(WORD.findall(expr))
    assert named
    assert named <= names(client), title


def test_the_dashboard_is_whole():
    assert DASHBOARD["schemaVersion"] >= 39
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert {t["datasource"]["uid"] for t in panel["targets"]} == {"${datasource}"}
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])
    assert [v["name"] for v in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]


def run(programs, *arguments, text=None):
    ended = subprocess.run(
        [programs["promtool"], *arguments], input=text, capture_output=True, text=True
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.real
def test_promtool_finds_nothing_amiss_in_the_metrics(programs, client):
    assert run(programs, "check", "metrics", text=client.get("/metrics").text) == (0, "")


@pytest.mark.real
def test_every_alert_fires_when_it_should_and_only_then(programs):
    code, said = run(programs, "test", "rules", str(RULES_TEST))
    assert code == 0, said


@pytest.mark.real
def test_promtool_reads_every_expression_of_the_dashboard(programs, tmp_path):
    listed = [
        {
            "record": f"panel:{number}",
            "expr": expr.replace("$__rate_interval", "1m").replace("$instance", ".*"),
        }
        for number, (_, expr) in enumerate(exprs())
    ]
    assert not any("$" in one["expr"] for one in listed)
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": listed}]}))
    code, said = run(programs, "check", "rules", str(file))
    assert code == 0, said
    file.write_text(file.read_text().replace("rate(", "rat(", 1))
    assert run(programs, "check", "rules", str(file))[0] != 0
