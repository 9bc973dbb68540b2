"""BMP's t against its distribution among residuals: skewness and a changed variance leave its size alone.

Under the null the SCARs are draws from the distribution of the standardized residuals of their events, up to a factor
that events may have in common. That factor cancels in the t of their mean, so the t of residuals drawn from the
estimation windows, one of each event, has the distribution of the t itself, for any number of events.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy.abnormal.seeds import generator
from eventstudy.arrays import Alternative, FloatArray
from eventstudy.inference import intervals
from eventstudy.inference.bootstrap import TIE, empirical
from eventstudy.inference.evidence import INDEPENDENT_SUMS
from eventstudy.inference.parametric import bmp, standardized
from eventstudy.inference.sample import Sample, Statistic, not_applicable


def residual_bmp(sample: Sample) -> Statistic:
    """BMP's t among the t of sums of residuals drawn from the estimation window of each event.

    Two-sided p-values take each tail by itself: a skewed distribution has two of them.
    """
    plain = bmp(sample)
    if not np.isfinite(plain.statistic[0]):
        return plain
    n, kept = plain.n_events, sample.evidence.residuals
    if kept is None:
        return not_applicable("the residuals of so many events are not kept to draw from", n_events=n)
    usable = np.flatnonzero(np.isfinite(standardized(sample).scar))
    if (sample.abnormal.fit.n[usable] < INDEPENDENT_SUMS * sample.bars[usable]).any():
        why = f"the estimation window of an event holds fewer than {INDEPENDENT_SUMS} windows of this length"
        return not_applicable(why, n_events=n)
    resampled = _resampled_t(sample, usable, kept[:, 2:])
    t, sides = float(plain.statistic[0]), sample.alternative
    if sides == "two-sided":
        p = min(1.0, 2 * min(empirical(t, resampled, "greater"), empirical(t, resampled, "less")))
    else:
        p = empirical(t, resampled, sides)
    car, sd = sample.car[usable], np.sqrt(sample.variance[usable])
    interval = intervals.between(car, sd, *_not_rejected(resampled, sample.level, sides))
    return replace(plain, df=None, n=np.array([len(resampled)]), pvalue=np.array([p]), interval=interval)


def _resampled_t(sample: Sample, usable: np.ndarray, residuals: FloatArray) -> FloatArray:
    """Return the finite t statistics of one standardized sum of residuals of each event, resampled again and again."""
    draws, abnormal = int(sample.options["draws"]), sample.abnormal
    x = np.empty((len(usable), draws))
    for row, i in enumerate(usable.tolist()):
        L = int(sample.bars[i])
        sums = residuals[i] if L == 1 else sliding_window_view(residuals[i], L).sum(axis=1)
        sums = sums[np.isfinite(sums)]
        rng = generator(sample.seed, "residual_bmp", str(abnormal.events[i]), str(abnormal.instruments[i]))
        # Sums of L residuals have the variance s^2 L (1 - L / M), for residuals sum to zero.
        scale = np.sqrt(abnormal.fit.sigma2[i] * L * (1 - L / abnormal.fit.n[i]))
        x[row] = sums[rng.integers(0, len(sums), draws)] / scale
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.sqrt(len(x)) * x.mean(axis=0) / x.std(axis=0, ddof=1)
    return np.asarray(t[np.isfinite(t)], dtype=np.float64)


def _not_rejected(resampled: FloatArray, level: float, sides: Alternative) -> tuple[float, float]:
    """Return the least and the greatest t that are not rejected, infinite on a side that the test does not look at."""
    ordered, part = np.sort(resampled), (1 - level) / (2 if sides == "two-sided" else 1)
    k = int(np.floor(part * (len(resampled) + 1) + 1e-9))
    if k < 1:
        return float("-inf"), float("inf")
    low, high = float(ordered[k - 1]), float(ordered[-k])
    return (
        float("-inf") if sides == "greater" else low - TIE * abs(low),
        float("inf") if sides == "less" else high + TIE * abs(high),
    )
