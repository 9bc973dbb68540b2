"""Intervals of shares and of times by test inversion: every value that the placebo days do not refute.

A share of a move, or the minute at which half of it was made, is a ratio whose lower part is itself uncertain. Pushing
noise through the formula is too sure of itself just after a barely significant move; asking for each candidate whether
an ordinary day could explain what was seen is not (Fieller 1954 for the normal law). Noise is (D,) or (D, n): what the
placebo days did by themselves; ``weight`` (D,) as in ``placebo``.
"""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.response.placebo import order_bound

ANGLES = np.linspace(-math.pi / 2, math.pi / 2, 361)[1:-1]


def told_level(value: float, noise: FloatArray, bound: float, level: float, weight: FloatArray | None = None) -> float:
    """Return the level that holds although the number is told only where the move is beyond ``bound``.

    Numbers are told after significant moves, and moves that are just significant are overstated (the winner's curse):
    among told numbers an interval misses up to (1 - level) / P(told) of the time. P(told) is estimated by the share of
    value less and plus noise that is beyond the bound: about one half at the border, one far from it.

    Examples
    --------
    >>> told_level(10.0, np.array([-1.0, 1.0]), 2.0, 0.95), told_level(2.0, np.array([-1.0, 1.0]), 2.0, 0.95)
    (0.95, 0.975)
    """
    drawn = np.abs(np.concatenate([value - noise, value + noise])) > bound
    each = np.ones(len(noise)) if weight is None else weight
    there = np.isfinite(noise)
    total = 2 * float(each[there].sum())
    told = float((drawn * np.tile(np.where(there, each, 0.0), 2)).sum()) / total if total else 0.0
    return 1 - (1 - level) * max(told, 0.5)


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
    sine, cosine = np.sin(ANGLES), np.cos(ANGLES)
    if not (math.isfinite(top) and math.isfinite(bottom)) or not both.any():
        return math.nan, math.nan
    bound = order_bound(np.abs(a[both, None] * cosine - b[both, None] * sine), level, each)
    if not np.isfinite(bound).all():
        return math.nan, math.nan
    spare = bound - np.abs(top * cosine - bottom * sine)  # not negative: not refuted
    own = int(np.abs(ANGLES - math.atan2(top * math.copysign(1, bottom), abs(bottom))).argmin())
    return _edge(spare, own, -1), _edge(spare, own, 1)


def _edge(spare: FloatArray, own: int, way: int) -> float:
    """Return the ratio at which the run of values around ``own`` that are not refuted ends, infinite for never."""
    ahead = spare[own::way]
    if ahead[0] < 0:
        return math.tan(ANGLES[own])
    out = np.flatnonzero(ahead < 0)
    if not len(out):
        return way * math.inf
    last = own + way * (int(out[0]) - 1)
    part = spare[last] / (spare[last] - spare[last + way])
    return math.tan(ANGLES[last] + part * (ANGLES[last + way] - ANGLES[last]))


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
