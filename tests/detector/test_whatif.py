"""The rule that would have fired, against one evaluation after another."""

from __future__ import annotations

import numpy as np
import pytest

from detector.detect import detect
from detector.model import Detection
from detector.series import Levels
from detector.whatif import FOR_SECONDS, LADDER, RANGE_SECONDS, threshold_rule
from tests.detector.simulated import DAY, EPOCH, counts

ONSET = EPOCH + 9 * DAY


def fires(found: Detection, threshold: float) -> list[float]:
    """When the rule is firing, evaluated at each cell's end, one at a time."""
    assert found.cells is not None
    cells, fired, since = found.cells, [], None
    for t in cells.end:
        inside = (cells.end > t - RANGE_SECONDS) & (cells.end <= t)
        n, k = cells.attempts[inside].sum(), cells.errors[inside].sum()
        true = n > 0 and k / n > threshold
        since = (t if since is None else since) if true else None
        if since is not None and t - since >= FOR_SECONDS:
            fired.append(float(t))
    return fired


@pytest.mark.parametrize("extra", [0.05, 0.5])
def test_the_rule_is_quiet_outside_and_fires_as_an_evaluation_would(extra: float) -> None:
    series = counts(2, days=14, step=60, mean=60, outages=((ONSET, ONSET + 7200, extra),))
    found = detect(series)
    window = found.windows[0]
    rule = threshold_rule(found, window)
    assert rule is not None
    fired = fires(found, rule.threshold)
    assert rule.fired_at == pytest.approx(min(fired))
    assert all(t >= window.onset for t in fired)
    assert rule.before
    assert rule.history_seconds == pytest.approx(9 * DAY, rel=0.01)
    lower = LADDER[LADDER.index(rule.threshold) - 1]
    assert rule.threshold == LADDER[0] or any(t < window.onset for t in fires(found, lower))


def test_with_less_than_a_week_before_it_is_chosen_on_all_the_data() -> None:
    outage = (EPOCH + 3 * DAY, EPOCH + 3 * DAY + 7200, 0.5)
    found = detect(counts(2, days=14, step=60, mean=60, outages=(outage,)))
    window = found.windows[0]
    rule = threshold_rule(found, window)
    assert rule is not None
    assert not rule.before
    fired = fires(found, rule.threshold)
    assert all(window.onset <= t <= window.until + RANGE_SECONDS + FOR_SECONDS for t in fired)
    assert rule.history_seconds == pytest.approx(14 * DAY - 7200, rel=0.01)


def test_nothing_is_said_where_there_are_no_counts() -> None:
    rng = np.random.default_rng(1)
    start = EPOCH + 60.0 * np.arange(3000)
    value = rng.gamma(4.0, 0.005, 3000)
    value[1000:1100] += 0.4
    found = detect(Levels(start, start + 60, value, 60.0, "ratio"))
    assert threshold_rule(found, found.windows[0]) is None
