"""Confidence intervals by inverting a test: the effects that the test does not reject, in the unit of the CAR.

Those of a one-sided test have one end: with the alternative "greater" they hold every effect from a bound on.
"""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import Alternative, FloatArray, value
from eventstudy.inference.distributions import critical_value


@value(slots=True)
class Interval:
    """Ends of the interval of each row of a test, shape (n,); infinite where open, NaN where there is none."""

    low: FloatArray
    high: FloatArray


NO_INTERVAL = Interval(np.full(1, np.nan), np.full(1, np.nan))


def critical_of(level: float, df: FloatArray | float, alternative: Alternative = "two-sided") -> FloatArray:
    """Return the critical value of t(df) for a two-sided test or a one-sided one; df = inf is the normal distribution.

    >>> [round(float(critical_of(0.95, np.inf, side)), 3) for side in ("two-sided", "greater")]
    [1.96, 1.645]
    """
    return critical_value(level if alternative == "two-sided" else 2 * level - 1, df)


def on_side(low: FloatArray, high: FloatArray, alternative: Alternative) -> Interval:
    """Return the interval between two ends, or that with the one end which the alternative leaves."""
    if alternative == "greater":
        return Interval(np.asarray(low), np.where(np.isnan(low), np.nan, np.inf))
    if alternative == "less":
        return Interval(np.where(np.isnan(high), np.nan, -np.inf), np.asarray(high))
    return Interval(np.asarray(low), np.asarray(high))


def studentized(
    car: FloatArray, sd: FloatArray, factor: float, level: float, *, alternative: Alternative = "two-sided"
) -> Interval:
    """Return the effects d for which ``t(d) = factor sqrt(N) mean(S - d w) / sd(S - d w)`` does not reject.

    ``S = CAR / sd`` and ``w = 1 / sd`` of N events; d is taken from every CAR. With ``c`` the critical value of
    t(N - 1) over the factor, the ends solve ``(N wbar^2 - c^2 var w) d^2 - 2 (N Sbar wbar - c^2 cov(S, w)) d
    + N Sbar^2 - c^2 var S = 0`` (Fieller 1954). Where the set is not a bounded interval there is none.
    """
    low, high = _fieller(car / sd, 1 / sd, float(critical_of(level, len(car) - 1.0, alternative)) / factor)
    return on_side(np.array([low]), np.array([high]), alternative) if np.isfinite(low) else NO_INTERVAL


def between(car: FloatArray, sd: FloatArray, least: float, greatest: float) -> Interval:
    """Return the effects d whose ``t(d) = sqrt(N) mean(S - d w) / sd(S - d w)`` lies between two values.

    An infinite value bounds nothing. Where the set is not an interval with the other ends there is none.
    """
    S, w = car / sd, 1 / sd
    low, high = (
        -np.sign(t) * np.inf if np.isinf(t) else _fieller(S, w, abs(t))[0 if t > 0 else 1] for t in (greatest, least)
    )
    return NO_INTERVAL if np.isnan(low) or np.isnan(high) else Interval(np.array([low]), np.array([high]))


def _fieller(S: FloatArray, w: FloatArray, c: float) -> tuple[float, float]:
    """Return the d at which ``sqrt(N) mean(S - d w) / sd(S - d w)`` is c and -c; NaN if they bound no interval."""
    n, c2 = len(S), c**2
    (var_s, cov), (_, var_w) = np.cov(S, w)
    a = n * w.mean() ** 2 - c2 * var_w
    b = n * S.mean() * w.mean() - c2 * cov
    root = b**2 - a * (n * S.mean() ** 2 - c2 * var_s)
    if not (a > 0 and root >= 0):
        return float("nan"), float("nan")
    half = np.sqrt(root)
    return float((b - half) / a), float((b + half) / a)


def summed(
    car: FloatArray, sd: FloatArray, variance: float, level: float, *, alternative: Alternative = "two-sided"
) -> Interval:
    """Return the effects d for which ``sum(S - d w) / sqrt(variance)`` does not reject against N(0, 1)."""
    S, w = float((car / sd).sum()), float((1 / sd).sum())
    half = float(critical_of(level, np.inf, alternative)) * np.sqrt(variance)
    return on_side(np.array([(S - half) / w]), np.array([(S + half) / w]), alternative)


def symmetric(
    estimate: FloatArray, se: FloatArray, df: FloatArray, level: float, *, alternative: Alternative = "two-sided"
) -> Interval:
    """Return ``estimate -+ critical value times se``; df = inf is the normal distribution."""
    with np.errstate(invalid="ignore"):
        half = critical_of(level, np.where(np.isfinite(se), df, np.nan), alternative) * se
    return on_side(estimate - half, estimate + half, alternative)


def beyond(
    estimate: float, draws: FloatArray, level: float, tie: float, *, alternative: Alternative = "two-sided"
) -> tuple[float, float]:
    """Return the effects d for which ``p = (1 + #{|draw| >= |estimate - d|}) / (D + 1)`` is above ``1 - level``.

    The bound is the k-th largest ``|draw|`` with ``k = floor((1 - level) (D + 1))``: the interval excludes zero exactly
    when p is at most ``1 - level``. With k = 0 no test at this level is possible and the interval has no end. A draw
    that is smaller than the estimate by a part of ``tie`` counts as equal to it, as in the p-value. A one-sided test
    counts the draws themselves, not their sizes.

    >>> beyond(45.0, np.arange(1.0, 20.0), 0.95, 1e-12, alternative="greater")[1]
    inf
    """
    if alternative == "less":
        low, high = beyond(-estimate, -draws, level, tie, alternative="greater")
        return -high, -low
    k = int(np.floor((1 - level) * (len(draws) + 1) + 1e-9))
    if k < 1 or not np.isfinite(estimate):
        return float("nan"), float("nan")
    if alternative == "greater":
        return estimate - float(np.sort(draws)[-k]) / (1 - np.copysign(tie, estimate)), float("inf")
    bound = float(np.sort(np.abs(draws))[-k]) / (1 - tie)
    return estimate - bound, estimate + bound
