"""The interval of one more of a sample holds it as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from detector.one_more import one_more


@pytest.mark.parametrize("n", [2, 4, 9])
def test_it_holds_one_more_nineteen_times_of_twenty(n: int) -> None:
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(4000):
        sample = rng.normal(3.0, 0.4, n)
        mean, reach, _ = one_more(sample)
        held += abs(rng.normal(3.0, 0.4) - mean) <= reach
    assert held / 4000 == pytest.approx(0.95, abs=0.012)


def test_alike_things_are_no_more_certain_than_said() -> None:
    mean, reach, error = one_more(np.full(5, 2.0), least=0.1)
    assert (mean, error) == (2.0, 0.1)
    assert reach == pytest.approx(0.1 * 2.7764, rel=1e-3)
