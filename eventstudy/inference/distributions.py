"""p-values from the survival function: ``1 - cdf`` is zero beyond nine standard errors, it is not."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import Alternative, FloatArray
from eventstudy.inference.significance import Distribution


def pvalue(statistic: FloatArray, df: FloatArray, distribution: Distribution, alternative: Alternative) -> FloatArray:
    """Return the probability of a statistic at least as far out, under N(0, 1) or t(df); NaN stays NaN."""
    from scipy.special import ndtr, stdtr

    far = {"two-sided": -np.abs(statistic), "greater": -statistic, "less": statistic}[alternative]
    tail = ndtr(far) if distribution == "normal" else stdtr(df, far)  # NaN where df is not positive
    return np.asarray(2 * tail if alternative == "two-sided" else tail, dtype=np.float64)


def critical_value(level: float, df: FloatArray | float) -> FloatArray:
    """Return the two-sided critical value of t(df) at confidence ``level``; df = inf gives the normal one."""
    from scipy.special import ndtri, stdtrit

    size = (1 + level) / 2
    df = np.asarray(df, dtype=np.float64)
    return np.where(np.isinf(df), ndtri(size), stdtrit(df, size))
