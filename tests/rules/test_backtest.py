# The command on exports, on a Prometheus that has the history, and on what was sent.
from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from outage_window.rules.sending import Lines
from outage_window.rules.started import started
from tests.analyze.made import Program
from tests.rules import made

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "backtest.schema.json").read_text())
TO = "2024-01-11T00:00:00Z"
FROM = "2024-01-01T00:00:00Z"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("backtest")
    made.write_export(found / "auth.om")
    (found / "rules.yml").write_text(made.RULES)
    return found


@pytest.fixture
def program(monkeypatch, capsys, folder):
    monkeypatch.chdir(folder)
    return Program(monkeypatch, capsys)


def told(program, *arguments):
    done = program("rules", "backtest", "--rules", "rules.yml", *arguments, "--format", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    return found, {rule["alert"]: rule for rule in found["rules"]}


def test_an_export(program):
    found, rules = told(program, "auth.om")
    [service] = found["services"]
    starts = [window["start"]["value"] for window in service["windows"]]
    assert [start[:14] for start in starts] == ["2024-01-05T03:", "2024-01-09T07:"]
    quick = rules["Quick"]
    assert (quick["caught"], quick["outages"], quick["false_alarms"]) == (2, 2, 0)
    ttd = quick["median_ttd_seconds"]
    assert 120 < ttd["value"] < 420
    assert ttd["low"] < ttd["value"] < ttd["high"]
    assert ttd["inputs"][0]["name"] == "auth.om"
    assert 0 < quick["firing_beyond_recovery_seconds"]["value"] < 400
    assert rules["Nervous"]["false_alarms"] > 20
    assert rules["Deaf"]["caught"] == 0
    assert quick["evaluations"] == made.MINUTES
    assert "no node_load1" in rules["Elsewhere"]["reason"]
    # The gap of a file reads as the last value for five minutes, which is said.
    [gap] = rules["Silence"]["episodes"]
    assert gap["fired_at"] == "2024-01-07T06:05:00Z"
    assert gap["ended_at"] == "2024-01-07T06:30:00Z"
    assert any("five minutes" in note for note in found["notes"])


def test_the_table(program):
    since = "2024-01-06T00:00:00Z"
    done = program("rules", "backtest", "--rules", "rules.yml", "auth.om", "--from", since)
    assert (done.code, done.err) == (0, "")
    out = done.out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert "5 rules on 1 outage, 2024-01-06T00:00Z to 2024-01-10T23:59Z" in out
    assert "Quick caught the only outage" in out
    assert "group auth, rule Elsewhere: the history holds no node_load1" in out


@pytest.fixture(scope="module")
def history():
    """A Prometheus that has scraped it all; somebody else's, as far as the command knows."""
    lines = [
        Lines(labels, np.rint(time * 1000).astype(np.int64), value)
        for labels, time, value in made.series()
    ]
    with started(lines) as engine:
        yield engine


def test_a_prometheus_that_has_the_history(program, history):
    _, exported = told(program, "auth.om")
    asked = ["--prometheus", history.url, "--from", FROM, "--to", TO, "--service", "auth"]
    asked += ["--attempts-selector", made.ATTEMPTS, "--errors-selector", made.ERRORS]
    found, rules = told(program, *asked)
    assert found["engine"] == history.url
    assert found["evaluation_interval_seconds"] == 60
    # It has recorded nothing, and nothing is put into it.
    assert "has no samples in this time" in rules["Quick"]["reason"]
    plain = yaml.safe_load(made.RULES)
    recorded = plain["groups"][0]["rules"].pop(0)["expr"]
    for rule in plain["groups"][0]["rules"]:
        rule["expr"] = rule["expr"].replace("service:errors:ratio5m", f"({recorded})")
    Path("rules.yml").write_text(json.dumps(plain))
    try:
        _, rules = told(program, *asked)
    finally:
        Path("rules.yml").write_text(made.RULES)
    for name in ("Quick", "Nervous", "Deaf", "Silence"):
        assert rules[name]["episodes"] == exported[name]["episodes"], name
        assert rules[name]["caught"] == exported[name]["caught"], name
    assert rules["Elsewhere"]["status"] == "refused"


def test_what_was_sent_keeps_its_stale_markers(program, folder):
    _, exported = told(program, "auth.om")
    settings = {
        "storage": {"url": "sqlite:///sent.db"},
        "services": [
            {
                "name": "auth",
                "source": "remote_write",
                "attempts": made.ATTEMPTS,
                "errors": made.ERRORS,
            }
        ],
    }
    Path("settings.yml").write_text(yaml.safe_dump(settings))
    made.fill_store(f"sqlite:///{folder / 'sent.db'}")
    found, rules = told(program, "--config.file", "settings.yml", "--from", FROM, "--to", TO)
    assert rules["Quick"]["episodes"] == exported["Quick"]["episodes"]
    [gap] = rules["Silence"]["episodes"]
    assert gap["fired_at"] == "2024-01-07T06:00:00Z"  # at once
    assert not any("five minutes" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("rules", "arguments", "expected"),
    [
        ("none.yml", "", "none.yml: expected a rule file"),
        (
            "broken.yml",
            "",
            "broken.yml:4: group g, rule A, expr: expected PromQL: 1:7: parse",
        ),
        ("circle.yml", "", "circle.yml:4: group g, rule a: expected no circle"),
        ("rules.yml", "rules.yml", "rules.yml"),
        ("rules.yml", "table.csv", "no raw samples of counters with their names"),
        ("rules.yml", "--service x", "--service: expected one of auth, not x"),
        ("rules.yml", f"--from {TO}", "--to: expected a time after --from"),
        ("rules.yml", "--from then", "--from: expected an RFC 3339 time"),
        ("rules.yml", "--prometheus http://127.0.0.1:1", "127.0.0.1:1: Prometheus cannot be"),
        ("rules.yml", "--prometheus here", "--prometheus: expected a URL"),
        ("rules.yml", "--evaluation-interval 5", "--evaluation-interval: expected a duration"),
        ("rules.yml", "--errors-selector b", "--attempts-selector: expected together with"),
    ],
)
def test_what_cannot_be_used(program, rules, arguments, expected):
    one = "groups:\n- name: g\n  rules:\n"
    Path("broken.yml").write_text(one + "  - {alert: A, expr: 'sum(up'}\n")
    circle = "  - {record: a, expr: b}\n  - {record: b, expr: a}\n  - {alert: A, expr: a}\n"
    Path("circle.yml").write_text(one + circle)
    rows = "".join(f"{1_704_067_200 + 60 * i},100,1\n" for i in range(2000))
    Path("table.csv").write_text("time,attempts,errors\n" + rows)
    words = arguments.split()
    export = [] if arguments and not arguments.startswith("-") else ["auth.om"]
    done = program("rules", "backtest", "--rules", rules, *export, *words)
    assert (done.code, done.out) == (2, "")
    assert expected in done.err
    assert done.err.count("\n") == 1


def test_what_is_missing_without_an_export(program):
    rules = ["rules", "backtest", "--rules", "rules.yml"]
    done = program(*rules, "--config.file", "no.yml")
    assert (done.code, done.err) == (
        2, "outage-window: no.yml: expected a settings file (No such file or directory)\n",
    )  # fmt: skip
    Path("good.yml").write_text("services: []")
    done = program(*rules, "--config.file", "good.yml", "--from", FROM)
    assert "--from and --to: expected both" in done.err
    done = program(*rules, "--attempts-selector", "a", "--errors-selector", "b")
    assert "--attempts-selector: expected with --prometheus" in done.err


def test_without_prometheus_it_says_what_to_install(program, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = program("rules", "backtest", "--rules", "rules.yml", "auth.om")
    assert done.code == 2
    assert "apt-get install prometheus" in done.err
    assert "--prometheus URL" in done.err


def test_several_services(program, folder):
    text = (folder / "auth.om").read_text()
    Path("two.om").write_text(
        text.replace("# EOF\n", "") + text.split("\n", 1)[1].replace('"auth', '"billing')
    )
    total = made.RULES.split("expr: >-")[1].split("- alert")[0]
    only = 'auth_requests_total{service="auth"}'
    rules = [
        {"alert": "Both", "expr": total + " > 0.2"},
        {"alert": "One", "expr": f"{total} > 0.2 and on (service) {only}"},
        {"alert": "Named", "expr": "vector(1) == 2", "labels": {"service": "billing"}},
        {"alert": "Nobody", "expr": "vector(1) == 2"},
        {"alert": "Other", "expr": "vector(1) == 1", "labels": {"service": "web"}},
        {"alert": "Ours", "expr": "vector(1) == 1", "labels": {"outage_window": "self"}},
    ]  # fmt: skip
    Path("two.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    done = program("rules", "backtest", "--rules", "two.yml", "two.om", "--format", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    scored = [(one["alert"], one["service"], one.get("caught")) for one in found["rules"]]
    assert scored == [
        ("Both", "auth", 2), ("Both", "billing", 2), ("One", "auth", 2), ("Named", "billing", 0),
        ("Nobody", None, None), ("Other", None, None), ("Ours", None, None),
    ]  # fmt: skip
    reasons = [one["reason"] for one in found["rules"][4:]]
    assert reasons[0].startswith("nothing tells which service it speaks of")
    assert reasons[1].startswith("its alerts speak of web, not of auth, billing")
    assert reasons[2].startswith("its alerts speak of this program itself")
    against = "not counted against One, which never spoke of it: outages of billing (2)"
    assert against in found["notes"]
    assert not any("Named" in note for note in found["notes"])
