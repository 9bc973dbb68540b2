"""Compiled loops over estimation windows; imported only by ``accelerated``, when a study asks for numba.

Every sum runs in ``LANES`` partial sums in a fixed order, which a compiler may put side by side without changing a
bit: fastmath, which would let it reorder, is never used.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from eventstudy.abnormal.line import CLOSE_FIT
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
def about(v: FloatArray, mean: float, u: FloatArray) -> tuple[float, float]:
    """Return the inner products of ``v - mean`` with ``u`` and with itself, in one pass that writes nothing."""
    a = b = c = d = e = f = g = h = 0.0
    i = j = k = m = n = o = p = q = 0.0
    whole = len(v) // LANES * LANES
    for t in range(0, whole, LANES):
        r, s, w, x = v[t] - mean, v[t + 1] - mean, v[t + 2] - mean, v[t + 3] - mean
        a, b, c, d = a + r * u[t], b + s * u[t + 1], c + w * u[t + 2], d + x * u[t + 3]
        i, j, k, m = i + r * r, j + s * s, k + w * w, m + x * x
        r, s, w, x = v[t + 4] - mean, v[t + 5] - mean, v[t + 6] - mean, v[t + 7] - mean
        e, f, g, h = e + r * u[t + 4], f + s * u[t + 5], g + w * u[t + 6], h + x * u[t + 7]
        n, o, p, q = n + r * r, o + s * s, p + w * w, q + x * x
    for t in range(whole, len(v)):
        r = v[t] - mean
        a, i = a + r * u[t], i + r * r
    return ((a + e) + (c + g)) + ((b + f) + (d + h)), ((i + n) + (k + p)) + ((j + o) + (m + q))


@numba.njit(cache=True, nogil=True)
def around(y: FloatArray, x: FloatArray, e: FloatArray, d: FloatArray, there: FloatArray) -> tuple[int, float, float]:
    """Write deviations to ``e`` and ``d``, 0 where one of the two is missing; return n and both means."""
    e[:], d[:] = y, x
    n = fill(e, d, there)
    y_mean, x_mean = total(e) / max(n, 1), total(d) / max(n, 1)
    for t in range(len(y)):
        e[t], d[t] = (e[t] - y_mean) * there[t], (d[t] - x_mean) * there[t]
    return n, y_mean, x_mean


@numba.njit(cache=True, nogil=True)
def lines(
    y_places: tuple[FloatArray, IntArray, IntArray],
    x_places: tuple[FloatArray, IntArray, IntArray],
    shared: tuple[FloatArray, FloatArray, FloatArray, IntArray],
    size: int,
    learned: tuple[FloatArray, IntArray, FloatArray, FloatArray],
    studied: tuple[FloatArray, FloatArray],
) -> None:
    """Fit ``y = a + b x`` on every pair of runs, by centring first, and subtract it in the event window.

    Places are a flat array and where the estimation and the event window of each row begin in it; ``shared`` is that
    of a ``Regressor``. Filled are moments (5, B), counts, first cells (B, 3), residuals (B, M) unless their width is 0,
    abnormal returns and event-window regressors (B, L2).
    """
    (y_flat, y_start, y_event), (x_flat, x_start, x_event) = y_places, x_places
    (deviations, means, squares, row), (moments, count, first, residuals), (ar, event_x) = shared, learned, studied
    e, own, there = np.empty(size), np.empty(size), np.ones(size)
    for i in range(len(y_start)):
        y, x, n = y_flat[y_start[i] : y_start[i] + size], x_flat[x_start[i] : x_start[i] + size], size
        y_mean, d = total(y) / max(size, 1), own
        if len(row):
            d, x_mean, sxx = deviations[row[i]], means[row[i]], squares[row[i]]
        else:
            x_mean = total(x) / max(size, 1)
            less(x, x_mean, own)
            sxx = products(own, own)
        holed = not math.isfinite(y_mean + x_mean)
        if holed:
            n, y_mean, x_mean = around(y, x, e, own, there)
            d, sxx, sxy, syy = own, products(own, own), products(own, e), products(e, e)
        else:
            sxy, syy = about(y, y_mean, d)
        slope = sxy / sxx if sxx > 0.0 else np.nan
        spread = syy - slope * sxy
        if spread <= CLOSE_FIT * syy or residuals.shape[1]:
            if not holed:
                less(y, y_mean, e)
            for t in range(size):
                e[t] -= slope * d[t]
            spread = products(e, e) if spread <= CLOSE_FIT * syy else spread
        moments[0, i], moments[1, i], moments[2, i], moments[3, i] = y_mean, x_mean, sxx, slope
        moments[4, i], count[i] = spread, n
        for t in range(residuals.shape[1]):
            residuals[i, t] = np.nan if holed and there[t] == 0.0 else e[t]
        for t in range(first.shape[1]):
            first[i, t] = y[t]
        alpha = y_mean - slope * x_mean
        for t in range(ar.shape[1]):
            event_x[i, t] = x_flat[x_event[i] + t]
            ar[i, t] = y_flat[y_event[i] + t] - (alpha + slope * event_x[i, t])
