"""Compiled loops over estimation windows; imported only by ``accelerated``, when a study asks for numba.

Every sum runs in ``LANES`` partial sums in a fixed order, which a compiler may put side by side without changing a
bit: fastmath, which would let it reorder, is never used.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from eventstudy.arrays import FloatArray, IntArray

LANES = 8


@numba.njit(cache=True, nogil=True)
def total(v: FloatArray) -> float:
    """Return the sum of ``v``."""
    a = b = c = d = e = f = g = h = 0.0
    whole = len(v) // LANES * LANES
    for t in range(0, whole, LANES):
        a, b, c, d = a + v[t], b + v[t + 1], c + v[t + 2], d + v[t + 3]
        e, f, g, h = e + v[t + 4], f + v[t + 5], g + v[t + 6], h + v[t + 7]
    for t in range(whole, len(v)):
        a += v[t]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@numba.njit(cache=True, nogil=True)
def products(v: FloatArray, u: FloatArray) -> float:
    """Return the inner product of ``v`` and ``u``."""
    a = b = c = d = e = f = g = h = 0.0
    whole = len(v) // LANES * LANES
    for t in range(0, whole, LANES):
        a, b, c, d = a + v[t] * u[t], b + v[t + 1] * u[t + 1], c + v[t + 2] * u[t + 2], d + v[t + 3] * u[t + 3]
        e, f, g, h = e + v[t + 4] * u[t + 4], f + v[t + 5] * u[t + 5], g + v[t + 6] * u[t + 6], h + v[t + 7] * u[t + 7]
    for t in range(whole, len(v)):
        a += v[t] * u[t]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@numba.njit(cache=True, nogil=True)
def less(v: FloatArray, mean: float, out: FloatArray) -> None:
    """Write ``v - mean`` to ``out``."""
    for t in range(len(v)):
        out[t] = v[t] - mean


@numba.njit(cache=True, nogil=True)
def fill(y: FloatArray, x: FloatArray, there: FloatArray) -> int:
    """Put 0 where a return or a regressor is missing, note in ``there`` which cells count, and return how many."""
    n = 0
    for t in range(len(y)):
        use = math.isfinite(y[t]) and math.isfinite(x[t])
        there[t] = 1.0 if use else 0.0
        n += use
        if not use:
            y[t] = x[t] = 0.0
    return n


@numba.njit(cache=True, nogil=True)
def lines(
    y_flat: FloatArray,
    y_start: IntArray,
    x_flat: FloatArray,
    x_start: IntArray,
    size: int,
    moments: FloatArray,
    count: IntArray,
    residuals: FloatArray,
) -> None:
    """Fit ``y = a + b x`` on every pair of runs, by centring first; fill moments (5, B), counts and residuals (B, M).

    Residuals of width 0 are not kept.
    """
    e, d, there = np.empty(size), np.empty(size), np.empty(size)
    for i in range(len(y_start)):
        y, x = y_flat[y_start[i] : y_start[i] + size], x_flat[x_start[i] : x_start[i] + size]
        y_mean, x_mean, n = total(y) / max(size, 1), total(x) / max(size, 1), size
        less(y, y_mean, e)
        less(x, x_mean, d)
        holed = not math.isfinite(y_mean + x_mean)
        if holed:
            e[:], d[:] = y, x
            n = fill(e, d, there)
            y_mean, x_mean = total(e) / max(n, 1), total(d) / max(n, 1)
            for t in range(size):
                e[t], d[t] = (e[t] - y_mean) * there[t], (d[t] - x_mean) * there[t]
        sxx = products(d, d)
        slope = products(d, e) / sxx if sxx > 0.0 else np.nan
        for t in range(size):
            e[t] -= slope * d[t]
        moments[0, i], moments[1, i], moments[2, i], moments[3, i] = y_mean, x_mean, sxx, slope
        moments[4, i], count[i] = products(e, e), n
        if residuals.shape[1]:
            for t in range(size):
                residuals[i, t] = e[t] if not holed or there[t] > 0.0 else np.nan
