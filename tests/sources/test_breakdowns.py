# Errors by label from counters: parts sum to the whole, and which of several labels is taken.
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.increase import Counter, increases
from outage_window.sources.breakdowns import breakdowns

TIME = 1_700_000_040.0 + 60.0 * np.arange(600)
RESULTS = ("success", "failure")


def labelled(rises, time=TIME, **labels):
    target = labels.get("instance", "")
    return labels, Counter(target, time, 5.0 + np.cumsum(rises).astype(float))


def made(seed, **choices):
    """Attempts and errors of two pods, each failure with labels drawn from the choices."""
    rng = np.random.default_rng(seed)
    failures = []
    for pod in ("a:1", "b:1"):
        for values in zip(*choices.values(), strict=True) if choices else [()]:
            labels = dict(zip(choices, values, strict=True))
            rises = rng.poisson(2, len(TIME))
            failures.append(labelled(rises, instance=pod, result="failure", **labels))
    successes = [labelled(rng.poisson(40, len(TIME)), instance=p) for p in ("a:1", "b:1")]
    return [*failures, *successes], failures


def by_kind(attempts, errors):
    return {one.kind: one for one in breakdowns(attempts, errors)}


@given(st.integers(0, 10_000))
def test_parts_sum_to_what_the_counters_rose(seed):
    attempts, errors = made(seed, reason=["x", "y"], version=["1", "2"])
    whole = increases([c for _, c in attempts], [c for _, c in errors]).counts
    for one in by_kind(attempts, errors).values():
        assert one.errors.sum() == whole.errors.sum()
        assert one.attempts.sum() <= whole.attempts.sum()
    assert by_kind(attempts, errors)["reason"].attempts.sum() == whole.attempts.sum()


def test_reasons_have_no_attempts_of_their_own_and_instances_do():
    found = by_kind(*made(1, reason=["x", "y"]))
    assert found["reason"].attempts.ndim == 1
    assert found["instance"].attempts.ndim == 2
    assert set(found["instance"].values) == {"a:1", "b:1"}
    assert set(found) == {"reason", "instance"}


def test_of_two_names_for_one_thing_the_one_that_varies_is_taken():
    found = by_kind(*made(1, reason=["same", "same"], error=["x", "y"]))
    assert found["reason"].label == "error"
    assert by_kind(*made(1, reason=["same"]))["reason"].values == ("same",)


def test_a_series_without_a_sample_is_as_if_it_were_not_there():
    attempts, errors = made(2, reason=["x", "y"])
    empty = ({"instance": "c:1", "reason": "z"}, Counter("c:1", TIME[:0], TIME[:0]))
    found = by_kind([*attempts, empty], [*errors, empty])
    assert set(found["reason"].values) == {"x", "y"}
    assert breakdowns([empty], [empty]) == ()
    assert breakdowns(attempts, []) == ()


def test_a_label_of_many_values_keeps_those_with_the_most_errors():
    errors = [labelled(np.full(len(TIME), n), instance="a:1", code=str(n)) for n in range(1, 81)]
    attempts = [labelled(np.full(len(TIME), 9000), instance="a:1")]
    values = by_kind(attempts, errors)["reason"].values
    assert values[0] == "80"
    assert len(values) == 50
    assert "30" not in values
