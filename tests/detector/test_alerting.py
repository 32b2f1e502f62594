# The state machine of alerting rules beside a slow one that follows rules/alerting.go line by line.
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.alerting import Firing, firings


def oracle(time, true, hold, keep):
    """One evaluation after another, with the names of Prometheus' own code."""
    found, state, active_at, fired_at, kept_since = [], "inactive", None, None, None
    for ts, held in zip(time, true, strict=True):
        if held:
            if state == "inactive":
                state, active_at = "pending", ts
            kept_since = None
        else:
            if state == "firing" and keep > 0:
                kept_since = ts if kept_since is None else kept_since
                if ts - kept_since < keep:
                    continue
            if state == "firing":
                found.append(Firing(active_at, fired_at, ts))
            state, kept_since = "inactive", None
            continue
        if state == "pending" and ts - active_at >= hold:
            state, fired_at = "firing", ts
    if state == "firing":
        found.append(Firing(active_at, fired_at, None))
    return tuple(found)


DURATIONS = st.sampled_from([0, 1, 15, 30, 31, 59, 60, 61, 120, 300, 301, 3600])


@given(
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=60),
    st.sampled_from([1, 15, 60]),
    DURATIONS,
    DURATIONS,
)
def test_it_agrees_with_one_evaluation_after_another(evaluations, step, hold, keep):
    steps = [count for count, _ in evaluations]
    time = 1_700_000_000.0 + step * np.cumsum(np.array(steps, dtype=float))
    true = np.array([held for _, held in evaluations], dtype=bool)
    assert firings(time, true, hold, keep) == oracle(time.tolist(), true, hold, keep)


def fires(text, hold=0, keep=0):
    """Evaluations a minute, `x` where the expression holds: (active, fired, ended) in minutes."""
    time = 60.0 * np.arange(len(text))
    true = np.array([letter == "x" for letter in text])
    return [
        (f.active_since / 60, f.fired_at / 60, f.ended_at and f.ended_at / 60)
        for f in firings(time, true, hold * 60, keep * 60)
    ]


def test_what_the_rules_say():
    assert fires("") == []
    assert fires("....") == []
    assert fires(".xx.") == [(1, 1, 3)]
    assert fires(".xx.", hold=2) == []
    assert fires(".xxx.", hold=2) == [(1, 3, 4)]
    assert fires("xx.xxx", hold=2) == [(3, 5, None)]
    assert fires("x....", keep=2) == [(0, 0, 3)]
    assert fires("x.x....", keep=2) == [(0, 0, 5)]
    assert fires("x..x.", keep=2) == [(0, 0, None)]
    assert fires("x...x.", keep=2) == [(0, 0, 3), (4, 4, None)]
    assert fires("xx...x..", hold=1, keep=1) == [(0, 1, 3)]


def test_times_are_compared_to_the_millisecond():
    time = 1_700_000_000.1 + 0.1 * np.arange(20)
    [found] = firings(time, np.ones(20, bool), hold=0.3)
    assert found.fired_at == time[3]
