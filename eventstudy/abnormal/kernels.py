"""Compiled loops over windows; imported only by ``accelerated``, when a study asks for numba. Never with fastmath."""

from __future__ import annotations

import math

import numba
import numpy as np

from eventstudy.abnormal.lanes import products, total
from eventstudy.abnormal.models.ols import CLOSE_FIT
from eventstudy.arrays import BoolArray, FloatArray, IntArray


@numba.njit(cache=True, nogil=True)
def spreads(flat: FloatArray, start: IntArray, size: int, mean: FloatArray, squares: FloatArray) -> None:
    """Fill mean and squared deviations of the runs that begin at ``start``."""
    for i in range(len(start)):
        v = flat[start[i] : start[i] + size]
        mean[i] = total(v) / max(size, 1)
        squares[i] = products(v, mean[i], v, mean[i])[1]


@numba.njit(cache=True, nogil=True)
def around(y: FloatArray, x: FloatArray, e: FloatArray, d: FloatArray, gone: IntArray) -> tuple[int, float, float]:
    """Write deviations to ``e`` and ``d``, 0 in the cells where one of the two is missing; return n and both means.

    ``gone`` takes the places of those cells, M - n of them.
    """
    holes = 0
    for t in range(len(y)):
        e[t], d[t] = y[t], x[t]
        if not math.isfinite(y[t] + x[t]):
            gone[holes], holes = t, holes + 1
            e[t] = d[t] = 0.0
    n = len(y) - holes
    y_mean, x_mean = total(e) / max(n, 1), total(d) / max(n, 1)
    for t in range(len(y)):
        e[t], d[t] = e[t] - y_mean, d[t] - x_mean
    for k in range(holes):
        e[gone[k]] = d[gone[k]] = 0.0
    return n, y_mean, x_mean


@numba.njit(cache=True, nogil=True)
def left(y: FloatArray, x: FloatArray, means: tuple[float, float], slope: float, e: FloatArray) -> float:
    """Write residuals to ``e`` and return the sum of their squares."""
    for t in range(len(y)):
        e[t] = (y[t] - means[0]) - slope * (x[t] - means[1])
    return products(e, 0.0, e, 0.0)[1]


@numba.njit(cache=True, nogil=True)
def differ(one: float, other: float) -> bool:
    """Return whether both are there and one is larger."""
    return one < other or one > other


@numba.njit(cache=True, nogil=True)
def lines(
    y_places: tuple[FloatArray, IntArray, IntArray],
    x_places: tuple[FloatArray, IntArray, IntArray],
    known: tuple[FloatArray, FloatArray, IntArray],
    size: int,
    learned: tuple[FloatArray, IntArray, BoolArray, FloatArray],
    ar: FloatArray,
) -> None:
    """Fit ``y = a + b x`` on every pair of runs, by centering first, and subtract it in the event window.

    Places are a flat array and where the estimation and the event window of each row begin in it; known are mean and
    squared deviations of every distinct run of x, and which of them each row has. Filled are moments (5, B), counts,
    whether the first three cells are alike, residuals (B, M) unless their width is 0, and abnormal returns (B, L2).
    """
    (y_flat, y_start, y_event), (x_flat, x_start, x_event) = y_places, x_places
    (mean, squares, row), (moments, count, alike, residuals) = known, learned
    e, d, gone = np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
    for i in range(len(y_start)):
        y, x, n = y_flat[y_start[i] : y_start[i] + size], x_flat[x_start[i] : x_start[i] + size], size
        y_mean, x_mean, sxx = total(y) / max(size, 1), mean[row[i]], squares[row[i]]
        middles = y_mean, x_mean
        alike[i] = size < 3 or not (differ(y[0], y[1]) and differ(y[0], y[2]) and differ(y[1], y[2]))
        if not math.isfinite(y_mean + x_mean):
            n, y_mean, x_mean = around(y, x, e, d, gone)
            y, x, middles, sxx = e, d, (0.0, 0.0), products(d, 0.0, d, 0.0)[1]
        sxy, syy = products(y, middles[0], x, middles[1])
        slope = sxy / sxx if sxx > 0.0 else np.nan
        spread = syy - slope * sxy
        if spread <= CLOSE_FIT * syy:
            spread = left(y, x, middles, slope, e)
        if residuals.shape[1]:
            left(y, x, middles, slope, residuals[i])
            for k in range(size - n):
                residuals[i, gone[k]] = np.nan
        moments[0, i], moments[1, i], moments[2, i], moments[3, i] = y_mean, x_mean, sxx, slope
        moments[4, i], count[i] = spread, n
        alpha = y_mean - slope * x_mean
        for t in range(ar.shape[1]):
            ar[i, t] = y_flat[y_event[i] + t] - (alpha + slope * x_flat[x_event[i] + t])
