"""The log-likelihood of one cell: beta-binomial, binomial where nothing is overdispersed."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from detector.series import F64

NO_DISPERSION = 1e-6
"""Below this overdispersion the beta-binomial is the binomial to every digit that matters."""


def beta_binomial(errors: F64, attempts: F64, ratio: F64, dispersion: F64 | float) -> F64:
    """log P(errors | attempts) without the binomial coefficient, which no comparison needs.

    `ratio` is the mean error ratio in (0, 1); `dispersion` is rho, the correlation of two attempts
    of one cell: the variance is N p q (1 + (N - 1) rho). Everything broadcasts. No attempts: 0.
    Source: J. G. Skellam, "A probability distribution derived from the binomial distribution by
    regarding the probability of success as variable between the sets of trials", JRSS B 10, 1948.
    """
    if np.ndim(dispersion) == 0 and dispersion <= NO_DISPERSION:
        binomial: F64 = errors * np.log(ratio) + (attempts - errors) * np.log1p(-ratio)
        return binomial
    rho = np.maximum(dispersion, NO_DISPERSION)
    theta = (1.0 - rho) / rho
    a, b = ratio * theta, (1.0 - ratio) * theta
    mixed: F64 = betaln(errors + a, attempts - errors + b) - betaln(a, b)
    if np.ndim(dispersion) == 0:
        return mixed
    plain = errors * np.log(ratio) + (attempts - errors) * np.log1p(-ratio)
    result: F64 = np.where(np.asarray(dispersion) > NO_DISPERSION, mixed, plain)
    return result
