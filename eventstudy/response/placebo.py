"""One event, one draw: what the same clock window does on days without the event is the only honest yardstick.

Rows are placebo days, columns are moments of the clock; NaN rows are days that cannot serve. Under the null the event
day is exchangeable with the placebo days, so ranks give exact p-values whatever the law of returns.

``weight`` (D,) says how much each day counts beside the event day, which counts 1; None is 1 for all. A day that is
doubted counts less in every share of days: with no weight above 1 that never makes a p-value smaller than the doubted
days deserve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, values_equal

# Moves that are equal on paper (both one tick) differ by the rounding of logarithms; "at least as far" forgives that.
TIE = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class Bands:
    """Half-widths around zero that an ordinary day stays inside, shape (T,); NaN where too few days allow none.

    Attributes
    ----------
    pointwise : FloatArray
        At each moment by itself, an ordinary day is inside with probability ``level``.
    joint : FloatArray
        The whole path is inside with probability ``level``.
    scale : FloatArray
        Root mean square of the placebo paths at each moment.
    critical : float
        ``joint = critical * scale``.
    """

    pointwise: FloatArray
    joint: FloatArray
    scale: FloatArray
    critical: float

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


def smallest_pvalue(days: float) -> float:
    """Return 1 / (D + 1), the smallest p-value D placebo days (or days that count as D) can give."""
    return 1.0 / (days + 1)


def placebo_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + sum of w_d over {d : |x_d| >= |x_0|}) / (1 + sum of w_d), two-sided; w_d = 1 by default.

    Null: the event day is exchangeable with the D placebo days. Exact for any law of returns.

    Parameters
    ----------
    event : FloatArray, shape (...,)
    placebo : FloatArray, shape (D, ...)
        NaN days do not count.
    weight : FloatArray, shape (D,), optional

    Examples
    --------
    >>> float(placebo_pvalue(np.array(3.0), np.array([1.0, -4.0, 2.0, np.nan])))
    0.5
    >>> float(placebo_pvalue(np.array(3.0), np.array([1.0, -4.0, 2.0]), np.array([1.0, 0.5, 0.5])))
    0.5
    """
    there = np.isfinite(placebo)
    beyond = (np.abs(np.where(there, placebo, 0.0)) >= np.abs(event) * TIE) & there
    return np.asarray(np.where(np.isfinite(event), _rank(beyond, there, weight), np.nan))


def _rank(beyond: BoolArray, there: BoolArray, weight: FloatArray | None) -> FloatArray:
    """Return the share of the days, the event day among them, that went as far; NaN where there is no other day."""
    each = 1.0 if weight is None else weight.reshape(-1, *([1] * (there.ndim - 1)))
    rank = (1 + (beyond * each).sum(axis=0)) / (1 + (there * each).sum(axis=0))
    return np.where(there.any(axis=0), rank, np.nan)


def upper_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + #{d : x_d >= x_0}) / (D + 1), for what is only remarkable when large: volume, range, sup.

    A statistic may be infinite (a move at a moment when no other day ever moved); NaN days do not count.
    """
    there = ~np.isnan(placebo)
    slack = (1 - TIE) * np.abs(np.where(np.isfinite(event), event, 0.0))
    beyond = (np.where(there, placebo, -np.inf) >= event - slack) & there
    return np.asarray(np.where(np.isnan(event), np.nan, _rank(beyond, there, weight)))


def order_bound(values: FloatArray, level: float, weight: FloatArray | None = None) -> FloatArray:
    """Return the ceil(level (D + 1))-th smallest of D values along the first axis; NaN where D is too small for it.

    A new draw exceeds it with probability at most ``1 - level``. With weights: the smallest value up to which the days
    hold ``level (1 + sum of w_d)``.

    Examples
    --------
    >>> float(order_bound(np.arange(1.0, 20.0), 0.9)), float(order_bound(np.arange(1.0, 20.0), 0.99))
    (18.0, nan)
    """
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


def bands(placebo: FloatArray, level: float, weight: FloatArray | None = None) -> Bands:
    """Return pointwise and simultaneous bands of placebo paths.

    The simultaneous band is ``critical * scale(t)``: critical is the order statistic of the days' studentised sups
    M_d = max_t |x_d(t)| / scale_{-d}(t), each day measured by the scale of the other days.

    Parameters
    ----------
    placebo : FloatArray, shape (D, T)
    level : float
        Between 0.5 and 1. With D days, levels above D / (D + 1) have no band: NaN.
    weight : FloatArray, shape (D,), optional
    """
    complete = np.isfinite(placebo).all(axis=1)
    usable, each = placebo[complete], None if weight is None else weight[complete]
    if len(usable) < 2:
        nothing = np.full(placebo.shape[1], np.nan)
        return Bands(nothing, nothing, nothing, math.nan)
    scale, sups = placebo_sups(usable, each)
    critical = float(order_bound(sups[:, None], level, each)[0])
    return Bands(order_bound(np.abs(usable), level, each), critical * scale, scale, critical)


def placebo_sups(placebo: FloatArray, weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return the scale (T,) of complete days and M_d = max_t |x_d(t)| / scale_{-d}(t) of each, shape (D,)."""
    each = np.ones((len(placebo), 1)) if weight is None else weight[:, None]
    squares = placebo**2
    total, count = (squares * each).sum(axis=0), each.sum()
    others = np.sqrt(np.maximum((total - squares * each) / (count - each), 0.0))
    return np.sqrt(total / count), np.asarray(_ratio(np.sqrt(squares), others).max(axis=1, initial=0.0))


def sup_test(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> tuple[float, float]:
    """Return the studentised sup of a path and its placebo p-value.

    Null: the event day's path is exchangeable with the placebo days'. One number for the whole path, so that looking
    at every moment costs nothing.

    Parameters
    ----------
    event : FloatArray, shape (T,)
    placebo : FloatArray, shape (D, T)
        Days with a NaN are left out.
    weight : FloatArray, shape (D,), optional
    """
    complete = np.isfinite(placebo).all(axis=1)
    usable, each = placebo[complete], None if weight is None else weight[complete]
    if len(usable) < 2 or not len(event) or not np.isfinite(event).all():
        return math.nan, math.nan
    scale, sups = placebo_sups(usable, each)
    statistic = float(_ratio(np.abs(event), scale).max())
    return statistic, float(upper_pvalue(np.array(statistic), sups, each))


def _ratio(size: FloatArray, scale: FloatArray) -> FloatArray:
    """Return size / scale; a move where no other day ever moved counts as infinite, no move as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size == 0, 0.0, np.where(scale > 0, size / scale, np.inf))


def regime_scaled(placebo: FloatArray, levels: FloatArray, event_level: float) -> FloatArray:
    """Return placebo paths brought to the event day's volatility: row d times event_level / levels[d].

    Levels are volatilities measured before the event's clock time on each day, so nothing looks ahead. A day without
    a level cannot serve and becomes NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = event_level / levels
    return np.asarray(placebo * np.where(np.isfinite(factor), factor, np.nan)[:, None])
