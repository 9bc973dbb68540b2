"""One event, one draw: what the same clock window does on days without the event is the only honest yardstick.

Rows are placebo days, columns are moments of the clock; NaN rows are days that cannot serve. Under the null the event
day is exchangeable with the placebo days, so ranks give exact p-values whatever the law of returns.
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


def smallest_pvalue(days: int) -> float:
    """Return 1 / (D + 1), the smallest p-value D placebo days can give."""
    return 1.0 / (days + 1)


def placebo_pvalue(event: FloatArray, placebo: FloatArray) -> FloatArray:
    """Return p = (1 + #{d : |x_d| >= |x_0|}) / (D + 1), two-sided.

    Null: the event day is exchangeable with the D placebo days. Exact for any law of returns.

    Parameters
    ----------
    event : FloatArray, shape (...,)
    placebo : FloatArray, shape (D, ...)
        NaN days do not count.

    Examples
    --------
    >>> float(placebo_pvalue(np.array(3.0), np.array([1.0, -4.0, 2.0, np.nan])))
    0.5
    """
    there = np.isfinite(placebo)
    beyond = (np.abs(np.where(there, placebo, 0.0)) >= np.abs(event) * TIE) & there
    p = (1 + beyond.sum(axis=0)) / (1 + there.sum(axis=0))
    return np.asarray(np.where(np.isfinite(event), p, np.nan))


def upper_pvalue(event: FloatArray, placebo: FloatArray) -> FloatArray:
    """Return p = (1 + #{d : x_d >= x_0}) / (D + 1), for what is only remarkable when large: volume, range, sup.

    A statistic may be infinite (a move at a moment when no other day ever moved); NaN days do not count.
    """
    there = ~np.isnan(placebo)
    slack = (1 - TIE) * np.abs(np.where(np.isfinite(event), event, 0.0))
    beyond = (np.where(there, placebo, -np.inf) >= event - slack) & there
    p = (1 + beyond.sum(axis=0)) / (1 + there.sum(axis=0))
    return np.asarray(np.where(np.isnan(event), np.nan, p))


def order_bound(values: FloatArray, level: float) -> FloatArray:
    """Return the ceil(level (D + 1))-th smallest of D values along the first axis; NaN where D is too small for it.

    A new draw exceeds it with probability at most ``1 - level``.
    """
    count = np.isfinite(values).sum(axis=0)
    rank = np.ceil(level * (count + 1) - 1e-9).astype(np.int64)
    ordered = np.sort(values, axis=0)  # NaN last
    picked = np.take_along_axis(ordered, np.clip(rank - 1, 0, len(values) - 1)[None, ...], axis=0)[0]
    return np.asarray(np.where((rank >= 1) & (rank <= count), picked, np.nan))


def bands(placebo: FloatArray, level: float, columns: BoolArray | None = None) -> Bands:
    """Return pointwise and simultaneous bands of placebo paths.

    The simultaneous band is ``critical * scale(t)``: critical is the order statistic of the days' studentised sups
    M_d = max_t |x_d(t)| / scale_{-d}(t), each day measured by the scale of the other days.

    Parameters
    ----------
    placebo : FloatArray, shape (D, T)
    level : float
        Between 0.5 and 1. With D days, levels above D / (D + 1) have no band: NaN.
    columns : BoolArray, shape (T,), optional
        Moments the sup runs over; all by default.
    """
    usable = placebo[np.isfinite(placebo).all(axis=1)]
    moments = placebo.shape[1]
    if len(usable) < 2:
        nothing = np.full(moments, np.nan)
        return Bands(nothing, nothing, nothing, math.nan)
    over = np.ones(moments, dtype=bool) if columns is None else columns
    scale = np.sqrt((usable**2).mean(axis=0))
    critical = float(order_bound(placebo_sups(usable, over)[:, None], level)[0])
    return Bands(order_bound(np.abs(usable), level), critical * scale, scale, critical)


def placebo_sups(placebo: FloatArray, columns: BoolArray) -> FloatArray:
    """Return M_d = max_t |x_d(t)| / scale_{-d}(t) of each complete day, shape (D,)."""
    squares = placebo[:, columns] ** 2
    others = np.sqrt(np.maximum((squares.sum(axis=0) - squares) / (len(placebo) - 1), 0.0))
    return np.asarray(_ratio(np.sqrt(squares), others).max(axis=1, initial=0.0))


def sup_test(event: FloatArray, placebo: FloatArray, columns: BoolArray | None = None) -> tuple[float, float]:
    """Return the studentised sup of a path and its placebo p-value.

    Null: the event day's path is exchangeable with the placebo days'. One number for the whole path, so that looking
    at every moment costs nothing.

    Parameters
    ----------
    event : FloatArray, shape (T,)
    placebo : FloatArray, shape (D, T)
        Days with a NaN are left out.
    columns : BoolArray, shape (T,), optional
    """
    over = np.ones(len(event), dtype=bool) if columns is None else columns
    usable = placebo[np.isfinite(placebo[:, over]).all(axis=1)]
    if len(usable) < 2 or not over.any() or not np.isfinite(event[over]).all():
        return math.nan, math.nan
    scale = np.sqrt((usable**2).mean(axis=0))[over]
    statistic = float(_ratio(np.abs(event[over]), scale).max())
    return statistic, float(upper_pvalue(np.array(statistic), placebo_sups(usable, over)))


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
