"""Realised measures of one day or of many: variance, and its parts that jumps do not reach.

Every function takes returns of shape (..., n) in decimals, works along the last axis, ignores nothing and guesses
nothing: a NaN in a day makes that day's measure NaN. Formulas with their finite-sample factors, so that a constant
volatility is estimated without bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from eventstudy.arrays import FloatArray


def realised_variance(returns: FloatArray) -> FloatArray:
    """Return RV = sum r_i^2, shape (...,)."""
    return np.asarray((np.asarray(returns) ** 2).sum(axis=-1))


def bipower_variation(returns: FloatArray) -> FloatArray:
    """Return BV = (pi / 2) n / (n - 1) sum |r_i| |r_{i-1}|, shape (...,).

    Barndorff-Nielsen and Shephard (2004), doi:10.1093/jjfinec/nbh001.

    Examples
    --------
    >>> float(bipower_variation(np.array([0.01, -0.01, 0.02])).round(12))  # pi/2 * 3/2 * (1e-4 + 2e-4)
    0.000706858347
    """
    a = np.abs(returns)
    n = a.shape[-1]
    return np.asarray(math.pi / 2 * n / (n - 1) * (a[..., 1:] * a[..., :-1]).sum(axis=-1))


def med_rv(returns: FloatArray) -> FloatArray:
    """Return MedRV = pi / (6 - 4 sqrt 3 + pi) n / (n - 2) sum med(|r_{i-1}|, |r_i|, |r_{i+1}|)^2, shape (...,).

    Andersen, Dobrev and Schaumburg (2012), doi:10.1016/j.jeconom.2012.01.011. Robust to one jump in three bars.
    """
    a = np.abs(returns)
    n = a.shape[-1]
    low, high = np.minimum(a[..., :-2], a[..., 1:-1]), np.maximum(a[..., :-2], a[..., 1:-1])
    median = np.maximum(low, np.minimum(high, a[..., 2:]))
    return np.asarray(math.pi / (6 - 4 * math.sqrt(3) + math.pi) * n / (n - 2) * (median**2).sum(axis=-1))


def min_rv(returns: FloatArray) -> FloatArray:
    """Return MinRV = pi / (pi - 2) n / (n - 1) sum min(|r_i|, |r_{i+1}|)^2, shape (...,).

    Andersen, Dobrev and Schaumburg (2012), doi:10.1016/j.jeconom.2012.01.011.
    """
    a = np.abs(returns)
    n = a.shape[-1]
    return np.asarray(math.pi / (math.pi - 2) * n / (n - 1) * (np.minimum(a[..., 1:], a[..., :-1]) ** 2).sum(axis=-1))


def tripower_quarticity(returns: FloatArray) -> FloatArray:
    """Return TQ = n mu_{4/3}^{-3} n / (n - 2) sum (|r_i| |r_{i-1}| |r_{i-2}|)^{4/3}, shape (...,).

    mu_p = E|Z|^p. The integral of sigma^4, undisturbed by jumps.
    """
    a = np.abs(returns)
    n = a.shape[-1]
    product = (a[..., 2:] * a[..., 1:-1] * a[..., :-2]) ** (4 / 3)
    return np.asarray(n * absolute_moment(4 / 3) ** -3 * n / (n - 2) * product.sum(axis=-1))


def absolute_moment(p: float) -> float:
    """Return E|Z|^p of a standard normal Z: 2^(p/2) Gamma((p + 1) / 2) / Gamma(1 / 2).

    Examples
    --------
    >>> round(absolute_moment(2.0), 12), round(absolute_moment(1.0) ** 2 * math.pi, 12)
    (1.0, 2.0)
    """
    return 2 ** (p / 2) * math.gamma((p + 1) / 2) / math.gamma(0.5)


# Daily level of volatility, by name: what a study may standardise by.
LEVELS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "rv": realised_variance,
    "bipower": bipower_variation,
    "medrv": med_rv,
    "minrv": min_rv,
}
