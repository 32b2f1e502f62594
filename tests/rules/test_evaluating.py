# Rules that Prometheus would refuse, or that a range query cannot tell; and what a group may set.
from __future__ import annotations

import json

import numpy as np
import pytest

from outage_window.rules.evaluating import evaluate
from outage_window.rules.files import read
from outage_window.rules.sending import Lines
from outage_window.rules.started import started

START, MINUTES = 1_700_000_040, 60

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def engine():
    """`m` of a and b: 1 in the second half hour, else 0."""
    time = np.array([START + 60 * i for i in range(MINUTES)]) * 1000
    value = (np.arange(MINUTES) >= 30).astype(float)
    with started([Lines({"__name__": "m", "s": s, "x": s}, time, value) for s in "ab"]) as found:
        yield found


@pytest.fixture
def evaluated(engine, tmp_path):
    def of(*rules, **group):
        path = tmp_path / "rules.yml"
        path.write_text(json.dumps({"groups": [{"name": "g", "rules": rules, **group}]}))
        return evaluate(read([str(path)]), engine, START, START + 60 * MINUTES, 60)

    return of


def alert(expr, **more):
    return {"alert": "A", "expr": expr, **more}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (alert("m > 0", labels={"v": "{{ $value }}"}), "its label v is a template"),
        (alert("m > 0", labels={"v": "{{ $labels.s | title }}"}), "its label v is a template"),
        (alert("m > 0", labels={"s": "", "x": "c"}), "become the same alert"),
        (alert("m @ start() > 0"), "@ start()"),
        (alert("m * on () m > 0"), "Prometheus refuses it: found duplicate series"),
        (alert("m > 0 and n"), "the history holds no n in this time"),
        (alert("n"), "the history holds no n in this time"),
    ],
)
def test_what_cannot_be_told_is_refused(evaluated, rule, told):
    [found] = evaluated(rule)
    assert found.refused is not None
    assert told in found.refused
    assert found.alerts == ()


def test_a_limit_of_the_group(evaluated):
    [found] = evaluated(alert("m > 0"), limit=1)
    assert "limit of its group, 1" in found.refused
    [found] = evaluated(alert("m > 0"), limit=2)
    assert len(found.alerts) == 2


def test_labels_of_an_alert(evaluated):
    [found] = evaluated(alert("m > 0", labels={"x": "", "who": "the {{ $labels.s }}", "sev": 1}))
    assert [dict(one.labels) for one in found.alerts] == [
        {"alertname": "A", "s": s, "who": f"the {s}", "sev": "1"} for s in "ab"
    ]
    [one, _] = found.firings
    assert (one.fired_at, one.ended_at) == (START + 1800, None)


def test_an_offset_asks_earlier_and_an_interval_less_often(evaluated):
    [found] = evaluated(alert("m > 0"), query_offset="2m")
    assert found.firings[0].fired_at == START + 1800 + 120
    [found] = evaluated(alert("m > 0", **{"for": "6m"}), interval="5m")
    first = -(-(START + 1800) // 300) * 300
    assert found.firings[0].fired_at == first + 600
    assert found.grid.count == 12


def test_recording_rules_come_first_in_their_order(evaluated):
    found = evaluated(
        {"record": "second", "expr": "first * 2", "labels": {"s": "both"}},
        {"record": "first", "expr": "sum(m)"},
        {"record": "wrong", "expr": "m * on () m"},
        {"record": "m", "expr": "vector(7)"},
        alert("second > 3"),
        alert("wrong > 0"),
        alert("m > 5"),
    )
    [one] = found[0].alerts
    assert dict(one.labels) == {"alertname": "A", "s": "both"}
    assert one.firings[0].fired_at == START + 1800
    assert "needs wrong, whose rule Prometheus refuses" in found[1].refused
    assert found[2].alerts == ()  # what the history holds already stays as it is


def test_a_recorded_series_ends_where_its_rule_gives_nothing(evaluated):
    [found] = evaluated(
        {"record": "idle", "expr": "sum(m) == 0"}, alert("absent(idle)"), alert("idle == 0")
    )[:1]
    assert found.firings[0].fired_at == START + 1800  # at once, not five minutes late


def test_an_expression_without_metrics_always_has_data(evaluated):
    [found] = evaluated(alert("vector(1) > 0"))
    assert (found.without_data, len(found.firings)) == (0, 1)
    assert found.firings[0].fired_at == START
