"""Market-model CARs of many windows of one series from prefix sums, with a bound on the rounding error of each."""

from __future__ import annotations

import numpy as np

from eventstudy.abnormal import models, regressions
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.placebo_draws import span_of
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import BoolArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
# Share of a slope or a mean that rounding may take; a window that may lose more goes through two passes.
TRUSTED = 1e-9
FEW_CHANGES = 5
CENTRED_BY = 250
ONE, Y, X, YY, XX, XY = range(6)


def serves(plan: Plan, merged: IntArray, factors: int) -> bool:
    """Whether prefix sums know the model: a mean, or least squares on one regressor; merged simple returns compound."""
    if plan.windows.estimation is None or (plan.kind == "simple" and bool((merged > 1).any())):
        return False
    if plan.model.function is models.constant_mean:
        return True
    return plan.model.function is regressions.regression and factors == 1 and regressions.plain(plan.options)


def prefix_cars(
    data: tuple[SeriesSet, FloatArray], s: IntArray, where: tuple[IntArray, IntArray], plan: Plan
) -> tuple[FloatArray, BoolArray]:
    """Return CARs (W, B, D) of B events on D dates each, and which of them (B, D) must not be trusted.

    ``where`` are the bars (reference, first); the CARs of dates that are not there are NaN.
    """
    (series, learn), (reference, first) = data, where
    cars = np.full((len(plan.tests_on), *reference.shape), np.nan)
    doubtful = np.zeros(reference.shape, dtype=bool)
    for one in np.unique(s):
        rows = np.flatnonzero(s == one)
        sums, study = _sums(series, learn, int(one))
        ends = reference[rows], first[rows]
        cars[:, rows], doubtful[rows] = _cars(sums, study, ends, plan)
    cars[:, reference < 0] = np.nan
    return cars, doubtful


def _sums(series: SeriesSet, learn: FloatArray, s: int) -> tuple[FloatArray, FloatArray]:
    """Prefix sums (6, T + 1) of what the model learns from, and (3, T + 1) of what is studied; last row: changes."""
    low, time_low, T = int(series.offset[s]), int(series.time_offset[s]), int(series.length[s])
    x = series.factors[0, time_low : time_low + T] if len(series.factors) else np.zeros(T)
    y, own = learn[low : low + T], series.values[low : low + T]
    middle = _middle(own), _middle(x)
    learned = _prefix(y - middle[0], x - middle[1], squares=True)
    same = y is own or np.shares_memory(y, own)
    studied = learned[:3] if same else _prefix(own - middle[0], x - middle[1], squares=False)
    changes = np.concatenate([[0.0, 0.0], np.cumsum(y[1:] != y[:-1])])
    return np.concatenate([learned, changes[None]]), studied


def _middle(values: FloatArray) -> float:
    """Return the median of some hundred values spread over all: any centre serves that is near most of them.

    Centring by a mean would carry a bad tick into every window, the earlier ones as well.
    """
    some = values[:: max(1, len(values) // CENTRED_BY)]
    there = some[np.isfinite(some)]
    return float(np.median(there)) if len(there) else 0.0


def _prefix(y: FloatArray, x: FloatArray, *, squares: bool) -> FloatArray:
    rows = [np.ones(len(y)), y, x, *((y * y, x * x, x * y) if squares else ())]
    there = np.isfinite(y + x)
    if not there.all():
        rows = [np.where(there, row, 0.0) for row in rows]
    total = np.zeros((len(rows), len(y) + 1))
    np.cumsum(np.stack(rows), axis=1, out=total[:, 1:])
    return total


def _cars(
    sums: FloatArray, studied: FloatArray, ends: tuple[IntArray, IntArray], plan: Plan
) -> tuple[FloatArray, BoolArray]:
    """CARs (W, B, D) and doubts (B, D) of the dates of one series, all in centred units, where they are the same."""
    (reference, first), estimation, T = ends, plan.windows.estimation, sums.shape[1] - 1
    assert estimation is not None  # noqa: S101
    a, b = reference + estimation.start + 1, reference + estimation.stop + 2
    outside = (a < 0) | (reference < 0)
    a, b = np.where(outside, 0, a), np.where(outside, len(estimation), b)
    upper = sums[:, b]
    part = upper - sums[:, a]
    n = np.maximum(part[ONE], 1)
    with np.errstate(all="ignore"):
        syy = part[YY] - part[Y] ** 2 / n
        sxx, sxy = part[XX] - part[X] ** 2 / n, part[XY] - part[X] * part[Y] / n
        market = plan.model.function is not models.constant_mean
        beta = sxy / sxx if market else np.zeros_like(syy)
        alpha = (part[Y] - beta * part[X]) / n
        # Of a sum of products up to bar b, eps sqrt(b) of sqrt(XX YY) is lost; what is left is measured on the window.
        grown_x, grown_y = (upper[XX] / sxx if market else np.ones_like(syy)), upper[YY] / syy
        lost = EPS * np.sqrt(b) * np.maximum(grown_x, np.sqrt(grown_x * grown_y))
        doubtful = ~(lost <= TRUSTED) | (part[-1] < FEW_CHANGES) | outside
    needed = max(plan.windows.min_observations, 3 if market else 2)
    usable = np.where(n >= needed, 0.0, np.nan)
    made = []
    for window in plan.tests_on:
        ahead = span_of(window, reference, first)
        inside = (ahead[0] >= -1) & (ahead[1] < T)
        doubtful |= ~inside
        head, tail = (np.where(inside, end + 1, 0) for end in ahead)
        moved = studied[:, tail] - studied[:, head]
        complete = np.where(moved[ONE] == tail - head, usable, np.nan)
        made.append(moved[Y] - alpha * moved[ONE] - beta * moved[X] + complete)
    return np.stack(made), doubtful
