"""The benchmark of remote write in small: what it measures is there, and its verdicts can be no."""

from __future__ import annotations

from benchmarks import remote_write
from tests.real.sending import Run


def test_speed_is_measured_on_samples_that_are_kept() -> None:
    lines = list(remote_write.speed(rounds=3))
    assert [line.name.split(":")[0] for line in lines] == ["1.0", "1.0", "2.0", "2.0"]
    assert all(float(line.seen) > 0 for line in lines)


def test_a_sample_that_is_missing_or_another_is_a_difference() -> None:
    nan = float("nan")
    theirs = {("a", 1): 1.0, ("a", 2): 2.0, ("a", 3): nan, ("a", 4): nan}
    ours = {("a", 1): 1.0, ("a", 2): 2.5, ("a", 3): nan, ("a", 5): 1.0}
    run = Run({"auth": theirs}, {"auth": ours}, 0, 0, 1.0)
    assert run.differences("auth") == [("a", 2), ("a", 4), ("a", 5)]
    assert run.stale("auth") == 2
