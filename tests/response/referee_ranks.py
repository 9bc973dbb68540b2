"""Ranks, bands and the time of day of one event's placebo days, as they were before events were computed together."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.response.jumps import LEVELS
from eventstudy.response.placebo import ResponseBands
from eventstudy.response.seasonality import HALF_SCALE, SHORTEST, WSD_CUT, WSD_SCALE

TIE = 1 - 1e-9


def placebo_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + sum of w_d over {d : |x_d| >= |x_0|}) / (1 + sum of w_d), two-sided; w_d = 1 by default."""
    there = np.isfinite(placebo)
    beyond = (np.abs(np.where(there, placebo, 0.0)) >= np.abs(event) * TIE) & there
    return np.asarray(np.where(np.isfinite(event), _rank(beyond, there, weight), np.nan))


def _rank(beyond: BoolArray, there: BoolArray, weight: FloatArray | None) -> FloatArray:
    """Return the share of the days, the event day among them, that went as far; NaN where there is no other day."""
    each = 1.0 if weight is None else weight.reshape(-1, *([1] * (there.ndim - 1)))
    rank = (1 + (beyond * each).sum(axis=0)) / (1 + (there * each).sum(axis=0))
    return np.where(there.any(axis=0), rank, np.nan)


def upper_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + #{d : x_d >= x_0}) / (D + 1), for what is only remarkable when large: volume, range, sup."""
    there = ~np.isnan(placebo)
    slack = (1 - TIE) * np.abs(np.where(np.isfinite(event), event, 0.0))
    beyond = (np.where(there, placebo, -np.inf) >= event - slack) & there
    return np.asarray(np.where(np.isnan(event), np.nan, _rank(beyond, there, weight)))


def order_bound(values: FloatArray, level: float, weight: FloatArray | None = None) -> FloatArray:
    """Return the ceil(level (D + 1))-th smallest of D values along the first axis; NaN where D is too small for it."""
    if weight is not None:
        return _weighted_bound(values, level, weight)
    count = np.isfinite(values).sum(axis=0)
    rank = np.ceil(level * (count + 1) - 1e-9).astype(np.int64)
    ordered = np.sort(values, axis=0)  # NaN last
    picked = np.take_along_axis(ordered, np.clip(rank - 1, 0, len(values) - 1)[None, ...], axis=0)[0]
    return np.asarray(np.where((rank >= 1) & (rank <= count), picked, np.nan))


def _weighted_bound(values: FloatArray, level: float, weight: FloatArray) -> FloatArray:
    order = np.argsort(values, axis=0)  # NaN last
    ordered = np.take_along_axis(values, order, axis=0)
    held = np.cumsum(np.where(np.isfinite(ordered), weight[order], 0.0), axis=0)
    reached = (held >= level * (1 + held[-1]) - 1e-9) & np.isfinite(ordered)
    picked = np.take_along_axis(ordered, reached.argmax(axis=0)[None, ...], axis=0)[0]
    return np.asarray(np.where(reached.any(axis=0), picked, np.nan))


def move_interval(
    move: float, placebo: FloatArray, level: float, weight: FloatArray | None = None
) -> tuple[float, float]:
    """Return the true moves that the placebo test does not reject: ``move`` -+ the order statistic of |x_d|."""
    bound = float(order_bound(np.abs(placebo)[:, None], level, weight)[0]) / TIE if len(placebo) else math.nan
    return (move - bound, move + bound) if math.isfinite(move) else (math.nan, math.nan)


def bands(placebo: FloatArray, level: float, weight: FloatArray | None = None) -> ResponseBands:
    """Return pointwise and simultaneous bands of placebo paths."""
    complete = np.isfinite(placebo).all(axis=1)
    usable, each = placebo[complete], None if weight is None else weight[complete]
    if len(usable) < 2:
        nothing = np.full(placebo.shape[1], np.nan)
        return ResponseBands(nothing, nothing, nothing, math.nan)
    scale, sups = placebo_sups(usable, each)
    critical = float(order_bound(sups[:, None], level, each)[0])
    return ResponseBands(order_bound(np.abs(usable), level, each), critical * scale, scale, critical)


def placebo_sups(placebo: FloatArray, weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return the scale (T,) of complete days and M_d = max_t |x_d(t)| / scale_{-d}(t) of each, shape (D,)."""
    each = np.ones((len(placebo), 1)) if weight is None else weight[:, None]
    squares = placebo**2
    total, count = (squares * each).sum(axis=0), each.sum()
    others = np.sqrt(np.maximum((total - squares * each) / (count - each), 0.0))
    return np.sqrt(total / count), np.asarray(ratio_of(np.sqrt(squares), others).max(axis=1, initial=0.0))


def sup_test(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> tuple[float, float]:
    """Return the studentized sup of a path and its placebo p-value."""
    complete = np.isfinite(placebo).all(axis=1)
    usable, each = placebo[complete], None if weight is None else weight[complete]
    if len(usable) < 2 or not len(event) or not np.isfinite(event).all():
        return math.nan, math.nan
    scale, sups = placebo_sups(usable, each)
    statistic = float(ratio_of(np.abs(event), scale).max())
    return statistic, float(upper_pvalue(np.array(statistic), sups, each))


def ratio_of(size: FloatArray, scale: FloatArray) -> FloatArray:
    """Return size / scale; a move where no other day ever moved counts as infinite, no move as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size == 0, 0.0, np.where(scale > 0, size / scale, np.inf))


def regime_scaled(placebo: FloatArray, levels: FloatArray, event_level: float) -> tuple[FloatArray, FloatArray]:
    """Return placebo paths times event_level / levels[d], the event day's volatility over theirs, and these factors."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = event_level / levels
    factor = np.where(np.isfinite(factor), factor, np.nan)
    return np.asarray(placebo * factor[:, None]), factor


def time_of_day_mean(returns: FloatArray) -> FloatArray:
    """Return the mean return of each bar of the day over days, shape (D, n) to (n,); NaN where no day has a return."""
    there = np.isfinite(returns)
    count = there.sum(axis=0)
    total = np.where(there, returns, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def daily_level(returns: FloatArray, kind: str = "medrv") -> FloatArray:
    """Return s_d, the volatility of one bar on each day, shape (D, n) to (D,): sqrt(measure / number of bars)."""
    measure = LEVELS[kind]
    values = np.asarray(returns, dtype=np.float64)
    level = np.full(len(values), np.nan)
    there = np.isfinite(values)
    whole = there.all(axis=1) & (values.shape[1] > 3)
    if whole.any():
        level[whole] = np.sqrt(measure(values[whole]) / values.shape[1])
    for day in np.flatnonzero(~whole):
        present = values[day, there[day]]
        if len(present) > 3:
            level[day] = math.sqrt(float(measure(present)) / len(present))
    return level


def periodicity_wsd(standardized: FloatArray) -> FloatArray:
    """Return f_i by the weighted standard deviation, robust to jumps, shape (D, n) to (n,)."""
    r = np.asarray(standardized, dtype=np.float64)
    rough = unit_mean_square(shortest_half(r))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = (r / rough) ** 2 <= WSD_CUT
        kept = np.where(weight, r**2, 0.0).sum(axis=0) / weight.sum(axis=0)
    return unit_mean_square(np.sqrt(WSD_SCALE * kept))


def shortest_half(values: FloatArray) -> FloatArray:
    """Return 0.741 times the length of the shortest half of each column, shape (D, n) to (n,)."""
    out = np.full(values.shape[1], np.nan)
    count = np.isfinite(values).sum(axis=0)
    ordered = np.sort(np.where(np.isfinite(values), values, np.inf), axis=0)
    for present in np.unique(count[count >= 3]):
        columns, h = np.flatnonzero(count == present), int(present) // 2 + 1
        x = ordered[:present, columns]
        out[columns] = HALF_SCALE * (x[h - 1 :] - x[: present - h + 1]).min(axis=0)
    return out


def unit_mean_square(factor: FloatArray) -> FloatArray:
    """Return factors scaled so that the mean square over the bars that have one is 1."""
    there = np.isfinite(factor)
    scale = math.sqrt(float(np.mean(factor[there] ** 2))) if there.any() else math.nan
    return np.asarray(factor / scale) if scale > 0 else np.asarray(factor)


def one_stretch(returns: FloatArray, kind: str, level: str) -> FloatArray:
    """Return the volatility of each bar of one stretch; too short for a daily level or waves, by standard deviation."""
    estimate = {"wsd": periodicity_wsd}[kind]
    if returns.shape[1] < SHORTEST:
        return np.asarray(np.sqrt(time_of_day_mean(returns**2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = daily_level(returns, level)
        scaled = returns / levels[:, None]
    typical = math.sqrt(float(time_of_day_mean(levels[:, None] ** 2)[0]))
    return typical * estimate(np.where(np.isfinite(scaled), scaled, np.nan))


def periodicity(returns: FloatArray, kind: str, level: str, segments: IntArray) -> FloatArray:
    """Return the time-of-day factors of several days, (D, n) to (n,)."""
    factor = np.full(returns.shape[1], np.nan)
    for segment in np.unique(segments):
        stretch = np.flatnonzero(segments == segment)
        factor[stretch] = one_stretch(returns[:, stretch], kind, level)
    return unit_mean_square(factor)
