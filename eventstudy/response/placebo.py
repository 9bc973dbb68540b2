"""One event, one draw: the event is compared with the same time-of-day window on days without it.

The first axis are placebo days, the last one moments of the clock; between them may stand an axis of P events that are
laid out alike, each with days of its own. NaN rows are days that cannot serve. Under the null the event day is
exchangeable with the placebo days, so ranks give exact p-values for any distribution of returns.

``weight``, (D,) or (D, P), says how much each day counts beside the event day, which counts 1; None is 1 for all. A day
that is doubted counts less in every fraction of days: with no weight above 1 that never makes a p-value smaller than
the doubted days deserve.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, counts, sorted_days, value

Days = TypeVar("Days", float, FloatArray)
ANGLES = np.linspace(-math.pi / 2, math.pi / 2, 361)[1:-1]
SINES, COSINES = np.sin(ANGLES), np.cos(ANGLES)


def selection_adjusted_level(
    value: float, noise: FloatArray, bound: float, level: float, weight: FloatArray | None = None
) -> float:
    """Return the level that holds although the number is reported only where the move is beyond ``bound``.

    Numbers are reported after significant moves, and moves that are just significant are overstated (the winner's
    curse): among reported numbers an interval misses up to (1 - level) / P(reported) of the time. P(reported) is
    estimated by the fraction of value less and plus noise that is beyond the bound: about one half at the border, one
    far from it.

    Examples
    --------
    >>> noise = np.array([-1.0, 1.0])
    >>> selection_adjusted_level(10.0, noise, 2.0, 0.95), selection_adjusted_level(2.0, noise, 2.0, 0.95)
    (0.95, 0.975)
    """
    outside = np.abs(np.concatenate([value - noise, value + noise])) > bound
    each = np.ones(len(noise)) if weight is None else weight
    finite = np.isfinite(noise)
    total = 2 * float(each[finite].sum())
    reported = float((outside * np.tile(np.where(finite, each, 0.0), 2)).sum()) / total if total else 0.0
    return 1 - (1 - level) * max(reported, 0.5)


def ratio_interval(
    parts: tuple[float, float],
    noise: tuple[FloatArray, FloatArray],
    level: float,
    weight: FloatArray | None = None,
) -> tuple[float, float]:
    """Return the ratios rho = top / bottom that are not refuted: |top - rho bottom| <= q_rho.

    q_rho is the order statistic at ``level`` of |a_d - rho b_d| over the placebo days. Written in the angle of rho, so
    that an interval without a bound is found as such: its end is infinite. Two NaN where too few days reach the level.

    Parameters
    ----------
    parts : (top, bottom)
    noise : pair of FloatArray, shape (D,)
        What each placebo day adds to either part; days without both are left out.

    Examples
    --------
    >>> days = np.linspace(-1, 1, 39)
    >>> low, high = ratio_interval((5.0, 10.0), (0 * days, days), 0.95)
    >>> round(low, 2), round(high, 2)  # the bottom may be off by the 38th of 39 sizes, 1: 5 / 11 and 5 / 9
    (0.45, 0.56)
    """
    (top, bottom), (a, b) = parts, noise
    both = np.isfinite(a) & np.isfinite(b)
    each = None if weight is None else weight[both]
    if not (math.isfinite(top) and math.isfinite(bottom)) or not both.any():
        return math.nan, math.nan
    center = int(np.abs(ANGLES - math.atan2(top * math.copysign(1, bottom), abs(bottom))).argmin())
    for rows in (slice(max(0, center - NEAR_ANGLES), center + NEAR_ANGLES + 1), slice(0, len(ANGLES))):
        sine, cosine = SINES[rows], COSINES[rows]
        sizes = np.multiply.outer(cosine, a[both])  # days along the last axis: each angle is sorted in one piece
        sizes -= np.multiply.outer(sine, b[both])
        bound = order_bound(np.abs(sizes, out=sizes).T, level, each)
        if not np.isfinite(bound).all():
            return math.nan, math.nan
        spare = bound - np.abs(top * cosine - bottom * sine)  # not negative: not refuted
        low, high = (_edge(spare, ANGLES[rows], center - rows.start, way) for way in (-1, 1))
        if math.isfinite(low) and math.isfinite(high):
            break
    if bottom:  # between two angles of the table the ratio itself is never refuted
        low, high = min(low, top / bottom), max(high, top / bottom)
    return low, high


NEAR_ANGLES = 40  # within 20 degrees of the ratio itself; most intervals end there


def _edge(spare: FloatArray, angles: FloatArray, center: int, way: int) -> float:
    """Return the ratio at which the run of values around ``own`` that are not refuted ends, infinite for never."""
    ahead = spare[center::way]
    if ahead[0] < 0:
        return math.tan(angles[center])
    out = np.flatnonzero(ahead < 0)
    if not len(out):
        return way * math.inf
    last = center + way * (int(out[0]) - 1)
    part = spare[last] / (spare[last] - spare[last + way])
    return math.tan(angles[last] + part * (angles[last + way] - angles[last]))


def crossing_interval(
    path: FloatArray, noise: FloatArray, share: float, level: float, weight: FloatArray | None = None
) -> tuple[int, int]:
    """Return the first and last column at which the true path may first have reached ``share`` of its last value.

    With Z(t) = C(t) - share C(H), in the direction of C(H): column t is refuted where Z(t) < -q(t), so that the path
    cannot have been there yet, or where Z(s) > q(s) at some s < t, so that it had been there before. q is the order
    statistic at ``level`` of |Z| on the placebo days, so each side is missed by at most (1 - level) / 2.

    Parameters
    ----------
    path : FloatArray, shape (n,)
        Ends at the horizon H.
    noise : FloatArray, shape (D, n)

    Returns
    -------
    (int, int)
        (-1, -1) where too few days reach the level.

    Examples
    --------
    >>> days = 0.01 * np.random.default_rng(1).standard_normal((59, 4)).cumsum(axis=1)
    >>> crossing_interval(np.array([0.1, 0.2, 0.9, 1.0]), days, 0.5, 0.95)
    (2, 2)
    """
    way = math.copysign(1.0, path[-1])
    ahead = way * (path - share * path[-1])
    bound = order_bound(np.abs(noise - share * noise[:, -1:]), level, weight)
    reached = np.concatenate([[False], np.logical_or.accumulate(ahead > bound)[:-1]])
    fits = np.flatnonzero((ahead >= -bound) & ~reached)
    return (int(fits[0]), int(fits[-1])) if len(fits) else (-1, -1)


def peak_interval(
    path: FloatArray, noise: FloatArray, way: float, level: float, weight: FloatArray | None = None
) -> tuple[int, int]:
    """Return the first and last column at which the true path may have its peak in the direction ``way`` (+1 or -1).

    If the peak is at t, then C(s) - C(t) is at most what noise adds between the two. Column t is refuted where the
    largest excess over s is beyond the order statistic at ``level`` of the same maximum on the placebo days, so the set
    holds the true column with probability ``level`` wherever that is.

    Parameters
    ----------
    path : FloatArray, shape (n,)
        Ends at the horizon.
    noise : FloatArray, shape (D, n)

    Returns
    -------
    (int, int)
        (-1, -1) where too few days reach the level.

    Examples
    --------
    >>> days = 0.01 * np.random.default_rng(1).standard_normal((59, 4)).cumsum(axis=1)
    >>> peak_interval(np.array([0.1, 0.9, 0.2, 0.1]), days, 1.0, 0.95)
    (1, 1)
    """
    ahead, others = way * path, way * noise
    bound = order_bound(others.max(axis=1, keepdims=True) - others, level, weight)
    fits = np.flatnonzero(ahead.max() - ahead <= bound)
    return (int(fits[0]), int(fits[-1])) if len(fits) else (-1, -1)


# Moves that are equal on paper (both one tick) differ by the rounding of logarithms; "at least as far" forgives that.
TIE = 1 - 1e-9


@value
class ResponseBands:
    """Half-widths around zero that an ordinary day stays inside, shape (..., T); NaN where too few days allow none.

    Attributes
    ----------
    pointwise : FloatArray
        At each moment by itself, an ordinary day is inside with probability ``level``.
    joint : FloatArray
        The whole path is inside with probability ``level``.
    scale : FloatArray
        Root mean square of the placebo paths at each moment.
    critical : FloatArray, shape (...,)
        ``joint = critical * scale``.
    """

    pointwise: FloatArray
    joint: FloatArray
    scale: FloatArray
    critical: FloatArray


def smallest_pvalue(days: Days) -> Days:
    """Return 1 / (D + 1), the smallest p-value D placebo days (or days that count as D) can give."""
    return 1.0 / (days + 1)


def placebo_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + sum of w_d over {d : |x_d| >= |x_0|}) / (1 + sum of w_d), two-sided; w_d = 1 by default.

    Null: the event day is exchangeable with the D placebo days. Exact for any distribution of returns.

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
    finite = np.isfinite(placebo)
    beyond = (np.abs(np.where(finite, placebo, 0.0)) >= np.abs(event) * TIE) & finite
    return np.asarray(np.where(np.isfinite(event), _rank(beyond, finite, weight), np.nan))


def _rank(beyond: BoolArray, finite: BoolArray, weight: FloatArray | None) -> FloatArray:
    """Return the share of the days, the event day among them, that went as far; NaN where there is no other day."""
    each = 1.0 if weight is None else _beside(weight, finite.ndim)
    rank = (1 + (beyond * each).sum(axis=0)) / (1 + (finite * each).sum(axis=0))
    return np.where(finite.any(axis=0), rank, np.nan)


def _beside(weight: FloatArray, dimensions: int) -> FloatArray:
    """Return weights with further axes at the end, so that they multiply an array of so many dimensions."""
    return weight.reshape(*weight.shape, *([1] * (dimensions - weight.ndim)))


def upper_pvalue(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return p = (1 + #{d : x_d >= x_0}) / (D + 1), for what is only remarkable when large: volume, range, sup.

    A statistic may be infinite (a move at a moment when no other day ever moved); NaN days do not count.
    """
    finite = ~np.isnan(placebo)
    slack = (1 - TIE) * np.abs(np.where(np.isfinite(event), event, 0.0))
    beyond = (np.where(finite, placebo, -np.inf) >= event - slack) & finite
    return np.asarray(np.where(np.isnan(event), np.nan, _rank(beyond, finite, weight)))


def order_bound(values: FloatArray, level: float, weight: FloatArray | None = None) -> FloatArray:
    """Return the ceil(level (D + 1))-th smallest of D values along the first axis; NaN where D is too small for it.

    A new draw exceeds it with probability at most ``1 - level``. With weights: the smallest value up to which the days
    hold ``level (1 + sum of w_d)``.

    Examples
    --------
    >>> float(order_bound(np.arange(1.0, 20.0), 0.9)), float(order_bound(np.arange(1.0, 20.0), 0.99))
    (18.0, nan)
    """
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    if weight is not None:
        return _weighted_bound(values, level, weight)
    finite, ordered = np.isfinite(values), sorted_days(values)  # NaN last
    if finite.all():
        place = math.ceil(level * (len(values) + 1) - 1e-9)
        return np.array(ordered[place - 1]) if 1 <= place <= len(values) else np.full(values.shape[1:], np.nan)
    count = counts(finite, 0)
    rank = np.ceil(level * (count + 1) - 1e-9).astype(np.int64)
    picked = picked_rows(ordered, np.clip(rank - 1, 0, len(values) - 1))
    return np.asarray(np.where((rank >= 1) & (rank <= count), picked, np.nan))


def picked_rows(ordered: FloatArray, place: IntArray) -> FloatArray:
    """Return the entry at ``place`` (...) along the first axis of an array (D, ...)."""
    if place.size and (place == place.flat[0]).all():
        return np.asarray(ordered[int(place.flat[0])])
    return np.asarray(np.take_along_axis(ordered, place[None, ...], axis=0)[0])


def _weighted_bound(values: FloatArray, level: float, weight: FloatArray) -> FloatArray:
    order = np.argsort(values, axis=0)  # NaN last
    ordered = np.take_along_axis(values, order, axis=0)
    each = np.take_along_axis(np.broadcast_to(_beside(weight, values.ndim), values.shape), order, axis=0)
    held = np.cumsum(np.where(np.isfinite(ordered), each, 0.0), axis=0)
    reached = (held >= level * (1 + held[-1]) - 1e-9) & np.isfinite(ordered)
    picked = np.take_along_axis(ordered, reached.argmax(axis=0)[None, ...], axis=0)[0]
    return np.asarray(np.where(reached.any(axis=0), picked, np.nan))


def move_interval(
    move: float | FloatArray, placebo: FloatArray, level: float, weight: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the true moves that the placebo test does not reject: ``move`` -+ the order statistic of |x_d|.

    It excludes zero exactly when ``placebo_pvalue`` is at most ``1 - level``. NaN where the days are too few for the
    level.

    Parameters
    ----------
    move : float or FloatArray, shape (...,)
    placebo : FloatArray, shape (D, ...)
        The same move on placebo days, standardized where the test standardizes.
    level : float
    weight : FloatArray, optional

    Examples
    --------
    >>> low, high = move_interval(20.0, np.arange(1.0, 20.0), 0.95)  # the 19th of 19 sizes; p = 1 / 20
    >>> float(low.round(6)), float(high.round(6))
    (1.0, 39.0)
    """
    at = np.where(np.isfinite(move), move, np.nan)
    bound = order_bound(np.abs(placebo), level, weight) / TIE
    return np.asarray(at - bound), np.asarray(at + bound)


def bands(placebo: FloatArray, level: float, weight: FloatArray | None = None) -> ResponseBands:
    """Return pointwise and simultaneous bands of placebo paths.

    The simultaneous band is ``critical * scale(t)``: critical is the order statistic of the days' studentized sups
    M_d = max_t |x_d(t)| / scale_{-d}(t), each day measured by the scale of the other days.

    Parameters
    ----------
    placebo : FloatArray, shape (D, ..., T)
        Days with a NaN are left out.
    level : float
        Between 0.5 and 1. With D days, levels above D / (D + 1) have no band: NaN.
    weight : FloatArray, optional
    """
    usable, enough = complete_days(placebo)
    scale, sups = placebo_sups(usable, weight)
    critical = np.where(enough, order_bound(sups, level, weight), np.nan)
    scale = np.where(enough[..., None], scale, np.nan)
    pointwise = np.where(enough[..., None], order_bound(np.abs(usable), level, weight), np.nan)
    return ResponseBands(pointwise, critical[..., None] * scale, scale, critical)


def complete_days(placebo: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return paths (D, ..., T) with those NaN throughout that are not complete, and where there are two or more."""
    complete = np.asarray(np.isfinite(placebo).all(axis=-1))
    usable = placebo if complete.all() else np.where(complete[..., None], placebo, np.nan)
    return usable, np.asarray(complete.sum(axis=0) >= 2)


def placebo_sups(usable: FloatArray, weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return the scale (..., T) of ``complete_days`` and M_d = max_t |x_d(t)| / scale_{-d}(t) of each, (D, ...)."""
    finite = np.isfinite(usable[..., :1])
    squares = usable**2 if finite.all() else np.where(finite, usable, 0.0) ** 2
    each = np.where(finite, 1.0 if weight is None else _beside(weight, usable.ndim), 0.0)
    weighted = squares if weight is None else squares * each
    total, count = weighted.sum(axis=0), each.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.maximum((total - weighted) / (count - each), 0.0)
        scale = np.sqrt(total / count)
    sups = np.sqrt(_ratio(squares, others).max(axis=-1, initial=0.0))
    return scale, np.where(finite[..., 0], sups, np.nan)


def sup_test(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return the studentized sup of a path and its placebo p-value.

    Null: the event day's path is exchangeable with the placebo days'. One number for the whole path, so that looking
    at every moment costs nothing.

    Parameters
    ----------
    event : FloatArray, shape (..., T)
    placebo : FloatArray, shape (D, ..., T)
        Days with a NaN are left out.
    weight : FloatArray, optional
    """
    usable, enough = complete_days(placebo)
    tested = enough & np.isfinite(event).all(axis=-1) & (event.shape[-1] > 0)
    scale, sups = placebo_sups(usable, weight)
    statistic = np.where(tested, _ratio(np.abs(event), scale).max(axis=-1, initial=0.0), np.nan)
    return statistic, upper_pvalue(statistic, sups, weight)


def _ratio(size: FloatArray, scale: FloatArray) -> FloatArray:
    """Return size / scale; a move where no other day ever moved counts as infinite, no move as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = size / scale
    if (scale > 0).all():
        return ratio
    return np.where(size == 0, 0.0, np.where(scale > 0, ratio, np.inf))


def regime_scaled(
    placebo: FloatArray, levels: FloatArray, event_level: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return placebo paths times event_level / levels[d], the event day's volatility over theirs, and these factors.

    Levels are volatilities measured before the event's clock time on each day, so nothing looks ahead. A day without
    a level is not eligible and becomes NaN. Shapes (D, ..., T), (D, ...) and (...,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = event_level / levels
    factor = np.where(np.isfinite(factor), factor, np.nan)
    return np.asarray(placebo * factor[..., None]), factor
