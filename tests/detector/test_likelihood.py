"""The beta-binomial against scipy's own, term by term."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import comb
from scipy.stats import betabinom, binom

from detector.likelihood import NO_DISPERSION, beta_binomial


@pytest.mark.parametrize("rho", [1e-4, 0.004, 0.05, 0.4])
@pytest.mark.parametrize("p", [0.001, 0.2, 0.97])
@pytest.mark.parametrize("n", [0, 1, 3, 60])
def test_it_is_the_beta_binomial(n: int, p: float, rho: float) -> None:
    k = np.arange(n + 1, dtype=float)
    theta = (1 - rho) / rho
    ours = beta_binomial(k, np.full(n + 1, float(n)), np.full(n + 1, p), rho)
    theirs = betabinom.logpmf(k, n, p * theta, (1 - p) * theta) - np.log(comb(n, k))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_without_dispersion_it_is_the_binomial_and_continuous() -> None:
    k = np.arange(21, dtype=float)
    n, p = np.full(21, 20.0), np.full(21, 0.3)
    plain = beta_binomial(k, n, p, 0.0)
    np.testing.assert_allclose(plain, binom.logpmf(k, 20, 0.3) - np.log(comb(20, k)), atol=1e-9)
    np.testing.assert_allclose(plain, beta_binomial(k, n, p, 1.01 * NO_DISPERSION), atol=1e-3)
