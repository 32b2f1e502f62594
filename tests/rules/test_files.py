# Rule files: read as Prometheus reads them, and refused with the place of what is wrong.
from __future__ import annotations

from pathlib import Path

import pytest

from outage_window.errors import InputError
from outage_window.rules.files import read
from outage_window.rules.names import metrics_of

CONFIG = Path(__file__).parents[2] / "config"

GOOD = """
groups:
- name: auth
  interval: 30s
  limit: 5
  rules:
  - record: service:errors:ratio5m
    expr: a / b
    labels: {team: sso}
  - alert: Errors
    expr: service:errors:ratio5m > 0.2
    for: 1h30m
    keep_firing_for: 0s
    labels: {severity: 1}
    annotations: {summary: "{{ $value }}"}
"""


def given(tmp_path, text):
    path = tmp_path / "rules.yml"
    path.write_text(text)
    return str(path)


def test_a_file_is_read_whole(tmp_path):
    found = read([given(tmp_path, GOOD)])
    [alert], [recorded] = found.alerting, found.recording
    assert (alert.hold, alert.keep_firing, alert.interval, alert.limit) == (5400, 0, 30, 5)
    assert (alert.alert, alert.labels, alert.expr) == (
        "Errors", {"severity": "1"}, "service:errors:ratio5m > 0.2",
    )  # fmt: skip
    assert (recorded.record, recorded.labels) == ("service:errors:ratio5m", {"team": "sso"})
    assert str(alert.place).endswith("rules.yml:11: group auth, rule Errors")


def test_the_rules_that_are_shipped_are_read():
    assert read([str(CONFIG / "rules" / "outage-window.yml")]).alerting


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "for: 1h30m",
            "for: 90",
            "rules.yml:12: group auth, rule Errors, for: expected a dura",
        ),
        ("for: 1h30m", "four: 5m", "rules.yml:12: group auth, rule Errors, four: unknown key"),
        ("interval: 30s", "interval: often", "rules.yml:4: group auth, interval: expected a dur"),
        ("name: auth", "nam: auth", "rules.yml:3: group 1, name: expected a value"),
        ("expr: a / b", "expr: ''", "rule service:errors:ratio5m: expected an expression"),
        ("record: service:errors:ratio5m", "record: 5m", "rule 5m: expected the name of a metric"),
        ("alert: Errors", "recrd: x", "group auth, rule 2, recrd: unknown key"),
        ("severity: 1", "se-verity: 1", "rule Errors, labels: expected the name of a label"),
        ("labels: {team: sso}", "for: 5m", "expected for, keep_firing_for and annotations only"),
        ("- alert: Errors", "- alert: [x]", "rule 2"),
        ("limit: 5", "limit: 5\n  limit: 6", "expected the key once"),
        ("groups:", "groups: [", "expected YAML"),
        ("- alert: Errors", "- record: other", "expected for, keep_firing_for and annotations"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, told):
    with pytest.raises(InputError) as error:
        read([given(tmp_path, GOOD.replace(old, new))])
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_without_alerts_or_without_a_file(tmp_path):
    recording = "groups: [{name: g, rules: [{record: a, expr: b}]}]"
    with pytest.raises(InputError, match="at least one alerting rule"):
        read([given(tmp_path, recording)])
    with pytest.raises(InputError, match="expected a rule file"):
        read([str(tmp_path / "nowhere.yml")])
    twice = "groups: [{name: g, rules: []}, {name: g, rules: []}]"
    with pytest.raises(InputError, match="a name of its own"):
        read([given(tmp_path, twice)])


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("up == 0", {"up"}),
        ('sum by (job) (rate(a{x="y{z} b"}[5m] offset 1h)) / on (job) sum(c:d) > 1', {"a", "c:d"}),
        ("absent(up{job='x'}) unless quantile(0.9, c) or vector(1) > bool Inf # d", {"up", "c"}),
        ("max_over_time(rate(a[5m])[1h:1m]) and a * on(b) group_left(c) d offset -5m", {"a", "d"}),
        ('{__name__="abc",x="__name__"} + {__name__=~"no.*"}', {"abc"}),
        ("topk(3, sum(x) by (y)) and SUM (z) WITHOUT (w)", {"x", "z"}),
        ("time() - timestamp(a) > 5m and nan", {"a"}),
    ],
)  # fmt: skip
def test_the_metrics_of_an_expression(expr, names):
    assert metrics_of(expr) == names
