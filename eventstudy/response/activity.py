"""Volume, range and realized volatility against the same clock on other days: ranks only.

Parametric tests of volume are not well specified at the minute (Marshall, Nguyen and Visaltanachoti 2019,
doi:10.1080/09638180.2018.1450888), so nothing here assumes a distribution.
"""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.response.placebo import upper_pvalue
from eventstudy.response.values import Activity, Estimate


def activity(
    name: str, event: FloatArray, placebo: FloatArray, after: BoolArray, weight: FloatArray | None = None
) -> Activity:
    """Return how busy the event day was against the same clock on placebo days.

    Null: the event day is exchangeable with the placebo days; one-sided, large is remarkable.

    Parameters
    ----------
    name : str
    event : FloatArray, shape (T,)
        NaN where the market did not trade.
    placebo : FloatArray, shape (D, T)
    after : BoolArray, shape (T,)
        Moments after the last clean price.
    weight : FloatArray, shape (D,), optional
        How much each placebo day counts in the ranks.

    Notes
    -----
    ``peak`` is max_t event / median over days, ranked among the same maxima of the placebo days; ``window`` is the sum
    over the window over the median of the sums. A moment whose median is 0 or missing has no multiple.
    """
    usual = medians(placebo)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiple = np.where(usual > 0, event / usual, np.nan)
        others = np.where(usual > 0, placebo / usual, np.nan)
    peak, peaks = _highest(multiple[after]), _highest(others[:, after])
    total, totals = np.nansum(event[after]), np.nansum(placebo[:, after], axis=1)
    middle = float(np.median(totals)) if len(totals) else math.nan
    return Activity(
        name,
        np.asarray(multiple),
        _estimate("peak", float(peak), upper_pvalue(peak, peaks, weight)),
        _estimate(
            "window", float(total / middle) if middle > 0 else math.nan, upper_pvalue(np.array(total), totals, weight)
        ),
    )


def medians(placebo: FloatArray) -> FloatArray:
    """Return the median over the days that have a number at each moment, NaN where none has, shape (D, T) to (T,)."""
    ordered = np.sort(placebo, axis=0)  # NaN last
    count = np.isfinite(placebo).sum(axis=0)
    if not len(placebo):
        return np.full(placebo.shape[1], np.nan)
    low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
    column = np.arange(placebo.shape[1])
    high = np.minimum(high, len(placebo) - 1)
    middle = (ordered[low, column] + ordered[high, column]) / 2
    return np.where(count > 0, middle, np.nan)


def _highest(values: FloatArray) -> FloatArray:
    """Return the largest number along the last axis, NaN where there is none."""
    best = np.where(np.isfinite(values), values, -np.inf).max(axis=-1, initial=-np.inf)
    return np.asarray(np.where(np.isfinite(best), best, np.nan))


def _estimate(name: str, value: float, pvalue: FloatArray) -> Estimate:
    if math.isfinite(value):
        return Estimate(name, value, unit="multiple", pvalue=float(pvalue))
    return Estimate(name, math.nan, unit="multiple", reason="the series has no such numbers here")
