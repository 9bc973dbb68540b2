"""Placebo CARs from sums over a whole series: the moments of any window are differences of two of them.

Prefix sums are many times faster than two passes over each window and lose digits to whatever stands earlier in a
series: one bad tick of 1e4 costs ten of them. So every window gets a bound on its rounding error; those above it are
doubtful and go through two passes. Line, thin windows and windows of too few distinct returns are those of the models.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.gather import Bounds, blocks, windows_of
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.models.fit_rules import distinct_values_needed, too_few_values
from eventstudy.abnormal.models.ols import Moments
from eventstudy.abnormal.placebo.dates import PlaceboDates
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.abnormal.windows import EventBars
from eventstudy.arrays import BoolArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
TRUSTED = 1e-9  # fraction of a slope or a mean that rounding may take
CENTERED_BY = 250
ONE, Y, X, YY, XX, XY = range(6)


def have_line(plan: Plan, merged: IntArray, factors: int) -> bool:
    """Return whether the model is a line of window moments; simple returns of merged bars compound and are not."""
    if plan.windows.estimation is None or (plan.kind == "simple" and bool((merged > 1).any())):
        return False
    return plan.model.line is not None and plan.model.streams(plan.options) and factors <= 1


class PrefixCars(NamedTuple):
    """CARs (W, B, D) of B events on D dates each, and which of them (B, D) may have lost digits."""

    cars: FloatArray
    doubtful: BoolArray


def prefix_cars(data: EventData, dates: PlaceboDates, plan: Plan) -> PrefixCars:
    """Return the CARs of the events of ``data`` on their ``dates``; those of dates that do not exist are NaN."""
    s, reference = data.positions.series, dates.reference
    parameters = 1 + plan.model.regressors(len(data.series.factors))
    cars = np.full((len(plan.tests_on), *reference.shape), np.nan)
    doubtful = np.zeros(reference.shape, dtype=bool)
    for one in np.unique(s):
        rows = np.flatnonzero(s == one)
        bars = EventBars(reference[rows], dates.first[rows])
        cars[:, rows], doubtful[rows] = _cars_of_series(_series_sums(data, int(one)), bars, plan, parameters)
    cars[:, reference < 0] = np.nan
    return PrefixCars(cars, doubtful)


class SeriesSums(NamedTuple):
    """One series and its sums up to every bar, in units centered near the middle of the series.

    ``y``, ``x`` (T,) are the estimation values and the regressor; ``estimation`` (6, T + 1) are sums of 1, y, x and
    their products over usable bars, ``studied`` (3, T + 1) sums of 1, return and regressor.
    """

    y: FloatArray
    x: FloatArray
    estimation: FloatArray
    studied: FloatArray


def _series_sums(data: EventData, s: int) -> SeriesSums:
    series = data.series
    low, time_low, T = int(series.offset[s]), int(series.time_offset[s]), int(series.length[s])
    x = series.factors[0, time_low : time_low + T] if len(series.factors) else np.zeros(T)
    y, values = data.estimation_values[low : low + T], series.values[low : low + T]
    y_middle, x_middle = _middle(values), _middle(x)
    estimation = _prefix(y - y_middle, x - x_middle, squares=True)
    same = np.shares_memory(y, values)
    studied = estimation[:3] if same else _prefix(values - y_middle, x - x_middle, squares=False)
    return SeriesSums(y, x, estimation, studied)


def _middle(values: FloatArray) -> float:
    """Return the median of some hundred values spread over all: any center near most of them is good enough.

    Centering by a mean would carry a bad tick into every window, the earlier ones as well.
    """
    some = values[:: max(1, len(values) // CENTERED_BY)]
    finite = some[np.isfinite(some)]
    return float(np.median(finite)) if len(finite) else 0.0


def _prefix(y: FloatArray, x: FloatArray, *, squares: bool) -> FloatArray:
    rows = [np.ones(len(y)), y, x, *((y * y, x * x, x * y) if squares else ())]
    finite = np.isfinite(y + x)
    if not finite.all():
        rows = [np.where(finite, row, 0.0) for row in rows]
    total = np.zeros((len(rows), len(y) + 1))
    np.cumsum(np.stack(rows), axis=1, out=total[:, 1:])
    return total


def _moments(part: FloatArray) -> Moments:
    """Return the moments of windows whose sums are ``part``, shape (6, ...)."""
    n = np.maximum(part[ONE], 1)
    sxx, sxy = part[XX] - part[X] ** 2 / n, part[XY] - part[X] * part[Y] / n
    return Moments(part[ONE], part[Y] / n, part[X] / n, sxx, sxy, part[YY] - part[Y] ** 2 / n)


def _lost_digits(m: Moments, upper: FloatArray, b: IntArray, *, slope: bool) -> FloatArray:
    """Return what rounding may take of a slope or a mean.

    Of a sum of products up to bar b, eps sqrt(b) of sqrt(XX YY) is lost; what is left is measured on the window.
    """
    grown_x, grown_y = (upper[XX] / m.sxx if slope else np.ones_like(m.syy)), upper[YY] / m.syy
    lost: FloatArray = EPS * np.sqrt(b) * np.maximum(grown_x, np.sqrt(grown_x * grown_y))
    return lost


def _cars_of_series(sums: SeriesSums, bars: EventBars, plan: Plan, parameters: int) -> PrefixCars:
    (reference, first), estimation, line_of = bars, plan.windows.estimation, plan.model.line
    assert estimation is not None and line_of is not None  # noqa: S101, PT018
    a, b = reference + estimation.start + 1, reference + estimation.stop + 2
    outside = (a < 0) | (reference < 0)
    a, b = np.where(outside, 0, a), np.where(outside, len(estimation), b)
    upper = sums.estimation[:, b]
    with np.errstate(all="ignore"):
        moments = _moments(upper - sums.estimation[:, a])
        line = line_of(moments)
        doubtful = ~(_lost_digits(moments, upper, b, slope=parameters > 1) <= TRUSTED) | outside
    unusable = moments.n < plan.observations_needed(parameters)
    unusable |= _too_few(sums, a, len(estimation), parameters)
    cars = []
    for window in plan.tests_on:
        ahead = span_of(window, reference, first)
        inside = (ahead.head >= -1) & (ahead.tail < len(sums.y))
        doubtful |= ~inside
        head, tail = (np.where(inside, end + 1, 0) for end in ahead)
        part = sums.studied[:, tail] - sums.studied[:, head]
        car = part[Y] - line.alpha * part[ONE] - line.beta * part[X]
        cars.append(np.where((part[ONE] == tail - head) & ~unusable, car, np.nan))
    return PrefixCars(np.stack(cars), doubtful)


def _too_few(sums: SeriesSums, start: IntArray, size: int, parameters: int) -> BoolArray:
    """Return which windows ``start .. start + size - 1`` hold too few distinct returns to leave a variance."""
    starts, which = np.unique(start, return_inverse=True)
    columns = (sums.y, sums.x) if parameters > 1 else (sums.y,)
    bounds = Bounds(np.zeros_like(starts), np.full_like(starts, len(sums.y)))
    few = np.zeros(len(starts), dtype=np.bool_)
    for rows in blocks(len(starts), size * len(columns)):
        part = Bounds(bounds.low[rows], bounds.high[rows])
        windows = tuple(windows_of(column, starts[rows], size, part) for column in columns)
        few[rows] = too_few_values(windows, distinct_values_needed(parameters))
    return few[which].reshape(start.shape)
