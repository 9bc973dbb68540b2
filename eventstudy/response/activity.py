"""Volume, range and realized volatility against the same clock on other days: ranks only.

Parametric tests of volume are not well specified at the minute (Marshall, Nguyen and Visaltanachoti 2019,
doi:10.1080/09638180.2018.1450888), so nothing here assumes a distribution.
"""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, counts, sorted_days, value
from eventstudy.response.placebo import picked_rows, upper_pvalue
from eventstudy.response.values import Activity, Estimate


@value(slots=True)
class Series:
    """A measure of activity of P events laid out alike; NaN where the market did not trade.

    Attributes
    ----------
    name : str
    event : FloatArray, shape (P, n)
        At each moment after the last clean price.
    placebo : FloatArray, shape (D, P, n)
    days : BoolArray, shape (D, P)
        Which rows of ``placebo`` are placebo days of the event.
    usual : FloatArray, shape (P, n)
        Median over the placebo days.
    """

    name: str
    event: FloatArray
    placebo: FloatArray
    days: BoolArray
    usual: FloatArray


def activities(series: Series, weight: FloatArray | None = None) -> list[Activity | None]:
    """Return how busy each of P event days was against the same clock on its placebo days; None without any number.

    Null: the event day is exchangeable with the placebo days; one-sided, large is remarkable.

    Parameters
    ----------
    series : Series
    weight : FloatArray, shape (D, P), optional
        How much each placebo day counts in the ranks.

    Notes
    -----
    ``peak`` is max_t event / median over days, ranked among the same maxima of the placebo days; ``window`` is the sum
    over the window over the median of the sums. A moment whose median is 0 or missing has no multiple.
    """
    usual, event, placebo = np.where(series.usual > 0, series.usual, np.nan), series.event, series.placebo
    with np.errstate(divide="ignore", invalid="ignore"):
        multiple = event / usual
        peak, peaks = _highest(multiple), _highest(placebo / usual)
        total, totals = _sum_of_numbers(event), np.where(series.days, _sum_of_numbers(placebo), np.nan)
        middle = medians(totals)
        ratio = np.where(middle > 0, total / middle, np.nan)
    ranks = upper_pvalue(peak, peaks, weight).tolist(), upper_pvalue(total, totals, weight).tolist()
    usable = np.isfinite(event).any(axis=-1) & series.days.any(axis=0)
    numbers = zip(np.atleast_1d(usable), multiple, peak.tolist(), ranks[0], ratio.tolist(), ranks[1], strict=True)
    return [
        Activity(series.name, path, _estimate("peak", high, p), _estimate("window", sums, q)) if found else None
        for found, path, high, p, sums, q in numbers
    ]


def medians(placebo: FloatArray) -> FloatArray:
    """Return the median over the days that have a number at each moment, NaN for none, shape (D, ...) to (...)."""
    if not len(placebo):
        return np.full(placebo.shape[1:], np.nan)
    ordered, finite = sorted_days(placebo), np.isfinite(placebo)  # NaN last
    if finite.all():
        return np.asarray((ordered[(len(placebo) - 1) // 2] + ordered[len(placebo) // 2]) / 2)
    count = counts(finite, 0)
    places = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(placebo) - 1)
    low, high = (picked_rows(ordered, place) for place in places)
    return np.where(count > 0, (low + high) / 2, np.nan)


def _highest(values: FloatArray) -> FloatArray:
    """Return the largest number along the last axis, NaN where there is none."""
    best = np.fmax.reduce(values, axis=-1, initial=-np.inf)
    if (best == np.inf).any():
        best = np.where(np.isfinite(values), values, -np.inf).max(axis=-1, initial=-np.inf)
    return np.asarray(np.where(np.isfinite(best), best, np.nan))


def _sum_of_numbers(values: FloatArray) -> FloatArray:
    """Return the sum along the last axis of what is not NaN."""
    total = values.sum(axis=-1)
    return np.asarray(np.nansum(values, axis=-1) if np.isnan(total).any() else total)


def _estimate(name: str, value: float, pvalue: float) -> Estimate:
    if math.isfinite(value):
        return Estimate(name, value, unit="multiple", pvalue=pvalue)
    return Estimate(name, math.nan, unit="multiple", reason="the series has no such numbers here")
