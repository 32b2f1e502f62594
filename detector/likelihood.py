"""Log-likelihoods of one cell: beta-binomial for counts, Student's t for levels."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from detector.series import F64

NO_DISPERSION = 1e-6
"""Below this overdispersion the beta-binomial is the binomial to every digit that matters."""

DEGREES = 4.0
"""Degrees of freedom of the noise of levels: heavy tails, so that one burst is no outage."""


def beta_binomial(errors: F64, attempts: F64, ratio: F64, dispersion: F64 | float) -> F64:
    """log P(errors | attempts) without the binomial coefficient, which no comparison needs.

    `ratio` is the mean error ratio in (0, 1); `dispersion` is rho, the correlation of two attempts
    of one cell: the variance is N p q (1 + (N - 1) rho). Everything broadcasts. No attempts: 0.
    Source: J. G. Skellam, "A probability distribution derived from the binomial distribution by
    regarding the probability of success as variable between the sets of trials", JRSS B 10, 1948.
    """
    rho = np.maximum(dispersion, NO_DISPERSION)
    theta = (1.0 - rho) / rho
    a, b = ratio * theta, (1.0 - ratio) * theta
    mixed = betaln(errors + a, attempts - errors + b) - betaln(a, b)
    plain = errors * np.log(ratio) + (attempts - errors) * np.log1p(-ratio)
    result: F64 = np.where(np.asarray(dispersion) > NO_DISPERSION, mixed, plain)
    return result


def student(value: F64, mean: F64, scale: F64, cells: int = 1) -> F64:
    """log density of a level around `mean`, up to a constant that does not depend on `mean`.

    The mean of `cells` values has tails that much lighter: bursts average out.
    """
    degrees = DEGREES * cells
    z = (value - mean) / scale
    result: F64 = -(degrees + 1.0) / 2.0 * np.log1p(z * z / degrees)
    return result
