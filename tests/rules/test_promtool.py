# Alerts of generated rules and series, evaluation by evaluation, against `promtool test rules`.
from __future__ import annotations

import json
import random
import subprocess

import numpy as np
import pytest

from outage_window.rules.evaluating import evaluate
from outage_window.rules.files import read
from outage_window.rules.sending import STALE, Lines
from outage_window.rules.started import started

CASES, TICKS, STEP = 240, 45, 60
BASE = 1_700_000_040  # a multiple of the step
FOR = ["0s", "0s", "1m", "90s", "2m", "3m", "6m"]
EXPRESSIONS = [
    "m{i} > 0",
    "m{i} == 1",
    "m{i} > 0 and on(s) m{j} > 0",
    "m{i} > 0 unless on(s) m{j} > 1",
    "max_over_time(m{i}[2m]) > 1",
    "rate(m{i}[3m]) > 0",
    'absent(m{i}{{s="a"}})',
    "sum by (s) (m{i}) / sum(m{i}) > 0.4",
]
TOKENS = ["0", "0", "1", "1", "1", "2", "_", "_", "stale"]


def tokens(draw: random.Random) -> list[str]:
    """Values in stretches, so that a rule with a long `for` has a chance."""
    found: list[str] = []
    while len(found) < TICKS:
        found += [draw.choice(TOKENS)] * draw.choice([1, 1, 2, 3, 5, 8])
    return found[:TICKS]


def lines(name: str, label: str, found: list[str]) -> Lines:
    kept = [(i, token) for i, token in enumerate(found) if token != "_"]
    time = np.array([(BASE + i * STEP) * 1000 for i, _ in kept], dtype=np.int64)
    value = np.array([STALE if token == "stale" else float(token) for _, token in kept])
    return Lines({"__name__": name, "s": label}, time, value)


def alerting(draw: random.Random, i: int) -> dict[str, object]:
    rule: dict[str, object] = {
        "alert": f"Case{i}",
        "expr": draw.choice(EXPRESSIONS).format(i=i, j=(i + 1) % CASES),
        "for": draw.choice(FOR),
        "keep_firing_for": draw.choice(FOR),
        "labels": {"severity": "page"},
    }
    if draw.random() < 0.3:
        rule["labels"] = {"severity": "page", "who": "the {{ $labels.s }}"}
    return rule


@pytest.mark.real
def test_it_agrees_with_promtool(programs, tmp_path):
    draw = random.Random(20240122)
    series = [
        (f"m{i}", label, tokens(draw))
        for i in range(CASES)
        for label in "abc"[: draw.choice([1, 1, 2, 3])]
    ]
    rules = tmp_path / "rules.yml"
    rules.write_text(
        json.dumps({"groups": [{"name": "g", "rules": [alerting(draw, i) for i in range(CASES)]}]})
    )
    end = BASE + TICKS * STEP
    with started([lines(*one) for one in series]) as engine:
        found = evaluate(read([str(rules)]), engine, BASE, end, STEP)
    assert [one.refused for one in found] == [None] * CASES
    expected = []
    for one in found:
        for tick in range(TICKS):
            at = BASE + tick * STEP
            fires = [
                {"exp_labels": {k: v for k, v in alert.labels.items() if k != "alertname"}}
                for alert in one.alerts
                if any(
                    f.fired_at <= at and (f.ended_at is None or at < f.ended_at)
                    for f in alert.firings
                )
            ]
            expected.append(
                {"eval_time": f"{tick}m", "alertname": one.rule.alert, "exp_alerts": fires}
            )
    assert sum(bool(one["exp_alerts"]) for one in expected) > 1000  # it is not silence that agrees
    assert (
        sum(one.rule.hold > 0 and one.rule.keep_firing > 0 and bool(one.alerts) for one in found)
        > 30
    )
    test = tmp_path / "test.yml"
    inputs = [
        {"series": f'{name}{{s="{label}"}}', "values": " ".join(values)}
        for name, label, values in series
    ]
    group = {"interval": "1m", "input_series": inputs, "alert_rule_test": expected}
    test.write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [group]})
    )
    done = subprocess.run(
        [programs["promtool"], "test", "rules", test], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
