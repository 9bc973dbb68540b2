"""Was the move one jump or many small steps: tests of a jump in a day, and of each bar by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.errors import UsageError


def realized_variance(returns: FloatArray) -> FloatArray:
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
    product = a[..., 2:] * a[..., 1:-1] * a[..., :-2]
    powers = product * np.cbrt(product)  # product^(4/3) in half the time
    return np.asarray(n * absolute_moment(4 / 3) ** -3 * n / (n - 2) * powers.sum(axis=-1))


def absolute_moment(p: float) -> float:
    """Return E|Z|^p of a standard normal Z: 2^(p/2) Gamma((p + 1) / 2) / Gamma(1 / 2).

    Examples
    --------
    >>> round(absolute_moment(2.0), 12), round(absolute_moment(1.0) ** 2 * math.pi, 12)
    (1.0, 2.0)
    """
    return 2 ** (p / 2) * math.gamma((p + 1) / 2) / math.gamma(0.5)


# Daily level of volatility, by name: what a study may standardize by.
LEVELS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "rv": realized_variance,
    "bipower": bipower_variation,
    "medrv": med_rv,
    "minrv": min_rv,
}


BNS_CONSTANT = (math.pi / 2) ** 2 + math.pi - 5  # 0.6090


class JumpBars(NamedTuple):
    """Lee-Mykland by bar: ``statistic`` (..., n), the ``threshold`` it is held against, and which bars pass it."""

    statistic: FloatArray
    threshold: float
    is_jump: BoolArray


def bns_ratio(returns: FloatArray) -> FloatArray:
    """Test a day for jumps by the ratio of bipower to realized variance; shape (..., n) to (...,).

    Null: no jump in the day; Z ~ N(0, 1), large positive values speak for a jump.
    Z = ((RV - BV) / RV) / sqrt(((pi/2)^2 + pi - 5) / n max(1, TQ / BV^2)).
    Barndorff-Nielsen and Shephard (2006), doi:10.1093/jjfinec/nbi022; Huang and Tauchen (2005).
    A day without any move gives NaN.
    """
    n = np.asarray(returns).shape[-1]
    rv, bv, tq = realized_variance(returns), bipower_variation(returns), tripower_quarticity(returns)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(BNS_CONSTANT / n * np.maximum(1.0, tq / bv**2))
        return np.asarray((rv - bv) / rv / se)


def jump_share(returns: FloatArray) -> FloatArray:
    """Return the share of the day's variance that came as jumps, max(0, 1 - BV / RV), shape (...,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(0.0, 1.0 - bipower_variation(returns) / realized_variance(returns)))


def lee_mykland(returns: FloatArray, window: int, size: float = 0.05) -> JumpBars:
    """Test every bar for a jump; returns of shape (..., n), already deseasonalized.

    Null: no jump in bar i. L_i = |r_i| / sigma_i with sigma_i^2 = sum |r_j| |r_{j-1}| / (K - 2) over the K - 2 bars
    before i, so the bar tested and the bars after it never enter. With this scaling c = sqrt(2 / pi) and
    (L - C_n) / S_n follows a Gumbel distribution: the ``size`` is for all tested bars together, not for each.
    Lee and Mykland (2008), doi:10.1093/rfs/hhm056. Deseasonalize first, or every opening bar is a "jump".

    Parameters
    ----------
    returns : FloatArray, shape (..., n)
    window : int
        K, at least 4 and smaller than n; the first K - 1 bars cannot be tested and are NaN.
    size : float
        Probability of any false jump among the bars that can be tested.

    Examples
    --------
    >>> found = lee_mykland(np.array([1.0, -1, 1, -1, 1, -1, 30]), window=5)
    >>> np.flatnonzero(found.is_jump).tolist()
    [6]
    """
    a = np.abs(np.asarray(returns, dtype=np.float64))
    n = a.shape[-1]
    if not 4 <= window < n:
        raise UsageError(f"The Lee-Mykland window is {window}; with {n} bars it must lie between 4 and {n - 1}.")
    pairs = a[..., 1:] * a[..., :-1]  # pairs[j - 1] belongs to bar j
    scale = run_sums(pairs, window - 2)
    statistic = np.full(a.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic[..., window - 1 :] = a[..., window - 1 :] / np.sqrt(scale[..., :-1] / (window - 2))
    threshold = lee_mykland_threshold(n - window + 1, size)
    return JumpBars(statistic, threshold, statistic > threshold)


def run_sums(values: FloatArray, length: int) -> FloatArray:
    """Return the sum of every run of ``length`` neighbors, shape (..., n) to (..., n - length + 1).

    Runs of 1, 2, 4, ... are doubled, so that sums of zeros are zero: differences of one cumulated sum are not.

    Examples
    --------
    >>> run_sums(np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist()
    [6.0, 9.0]
    """
    n = values.shape[-1] - length + 1
    total, doubled, done, size = np.zeros((*values.shape[:-1], n)), values, 0, 1
    while True:
        if length & size:
            total += doubled[..., done : done + n]
            done += size
        if done == length:
            return total
        doubled = doubled[..., :-size] + doubled[..., size:]
        size *= 2


def lee_mykland_threshold(n: int, size: float) -> float:
    """Return the value of |L| beyond which a bar among n is a jump: C_n + S_n (-ln(-ln(1 - size))).

    Examples
    --------
    >>> round(gumbel_quantile(0.01), 4), round(gumbel_quantile(0.05), 4)
    (4.6001, 2.9702)
    """
    c, root = math.sqrt(2 / math.pi), math.sqrt(2 * math.log(n))
    center = root / c - (math.log(math.pi) + math.log(math.log(n))) / (2 * c * root)
    return center + gumbel_quantile(size) / (c * root)


def gumbel_quantile(size: float) -> float:
    """Return -ln(-ln(1 - size))."""
    return -math.log(-math.log1p(-size))
