"""Least squares for many small regressions at once: centred two passes for one regressor, scaled QR for more.

Every row is computed by the same operations whatever its neighbours hold, so a missing value in one event leaves the
bits of all others alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TypeAlias

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.fit import Fit
from eventstudy.arrays import BoolArray, FloatArray, IntArray

TINY_SHARE = 1e-12
CELLS_PER_RUN = 1 << 15
SINGLE_THREAD = 8_192
Columns: TypeAlias = tuple[FloatArray, ...]
Law: TypeAlias = Callable[[Columns, IntArray | int, BoolArray | None, FloatArray], tuple[FloatArray, ...]]


def usable(y: FloatArray, X: FloatArray) -> tuple[BoolArray | None, IntArray]:
    """Return which cells have a return and all regressors (None when all have), and how many per row."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = y.sum(axis=1) + sum(column.sum(axis=1) for column in X)
    if np.isfinite(total).all():
        return None, np.full(len(y), y.shape[1], dtype=np.int64)
    valid = np.isfinite(y)
    for column in X:
        valid &= np.isfinite(column)
    return valid, valid.sum(axis=1)


def kept(residuals: FloatArray, valid: BoolArray | None) -> FloatArray:
    """Return the residuals with NaN where a cell was not used."""
    return residuals if valid is None else np.where(valid, residuals, np.nan)


def dots(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the inner product of every row of ``a`` with its row of ``b``.

    BLAS shares rows of more than 10,000 cells among threads, and their number would show in the last bit.
    """
    made: FloatArray = np.vecdot(a, b) if a.shape[1] <= SINGLE_THREAD else np.einsum("ij,ij->i", a, b)
    return made


def mean_only(y: FloatArray) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    (mean, spread), residuals, n = _learn((y,), _constant, 2)
    root = (1 / np.sqrt(np.maximum(n, 1)))[:, None, None]
    return finish(mean[:, None], root, spread, n, (residuals, y), np.ones(len(y)))


def no_parameters(y: FloatArray, p: int) -> Fit:
    """Take ``y`` itself as the residual of a model without parameters; ``df = M``."""
    there = np.isfinite(y)
    residuals = y.copy() if there.all() else np.where(there, y, 0.0)
    spread = np.einsum("ij,ij->i", residuals, residuals)
    residuals[~there] = np.nan
    empty = np.zeros((len(y), p)), np.zeros((len(y), p, p))
    return finish(*empty, spread, there.sum(axis=1), (residuals, y), np.full(len(y), np.nan), 0)


def one_regressor(y: FloatArray, x: FloatArray) -> Fit:
    """Fit ``y = a + b x`` by centring first: the means take their digits away before anything is multiplied."""
    (y_mean, x_mean, sxx, slope, spread), residuals, n = _learn((y, x), _line, 5)
    return fit_of_line((y_mean, x_mean, sxx, slope, spread), n, (residuals, y))


def fit_of_line(moments: tuple[FloatArray, ...], n: IntArray, learned: tuple[FloatArray, FloatArray]) -> Fit:
    """Return the fit whose means, squared deviations of x, slope and squared residuals are ``moments``."""
    y_mean, x_mean, sxx, slope, spread = moments
    bars = np.maximum(n, 1)
    with np.errstate(all="ignore"):
        inverse = 1 / np.sqrt(sxx)
        correlation = np.minimum(np.abs(x_mean) / np.sqrt(sxx / bars + x_mean**2), 1.0)
        condition = np.sqrt((1 + correlation) / (1 - correlation))
        root = np.zeros((len(n), 2, 2))
        root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(bars), -x_mean * inverse, inverse
        coef = np.stack([y_mean - slope * x_mean, slope], axis=1)
        flat = ~(sxx > bars * (TINY_SHARE * np.abs(x_mean)) ** 2) | (sxx == 0)
    return finish(coef, root, spread, n, learned, np.where(flat, np.inf, condition))


def _learn(columns: Columns, law: Law, width: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Apply ``law`` to every row and return its moments (width, B), the residuals, and the usable cells per row.

    Rows go through in runs that stay in a core's own cache. Rows with missing cells, which their own sums give away,
    are done again around them.
    """
    B, M = columns[0].shape
    moments, residuals, n = np.empty((width, B)), np.empty((B, M)), np.full(B, M, dtype=np.int64)
    size = max(1, CELLS_PER_RUN // max(M, 1))
    with np.errstate(all="ignore"):
        for low in range(0, B, size):
            rows = slice(low, low + size)
            part = tuple(column[rows] for column in columns)
            moments[:, rows] = law(part, max(M, 1), None, residuals[rows])
        holed = np.flatnonzero(~np.isfinite(moments[: len(columns)].sum(axis=0)))
        if len(holed):
            part = tuple(column[holed] for column in columns)
            there = np.logical_and.reduce([np.isfinite(column) for column in part])
            n[holed] = there.sum(axis=1)
            filled, around = tuple(np.where(there, column, 0.0) for column in part), np.empty(there.shape)
            moments[:, holed] = law(filled, np.maximum(n[holed], 1), there, around)
            residuals[holed] = np.where(there, around, np.nan)
    return moments, residuals, n


def _constant(columns: Columns, n: IntArray | int, there: BoolArray | None, out: FloatArray) -> tuple[FloatArray, ...]:
    """Return mean and squared deviations of each row; the deviations go to ``out``."""
    mean = columns[0].sum(axis=1) / n
    e = _less(columns[0], mean, there, out)
    return mean, dots(e, e)


def _line(columns: Columns, n: IntArray | int, there: BoolArray | None, out: FloatArray) -> tuple[FloatArray, ...]:
    """Return both means, squared deviations of x, slope and squared residuals; the residuals go to ``out``."""
    y, x = columns
    y_mean, x_mean = y.sum(axis=1) / n, x.sum(axis=1) / n
    e, d = _less(y, y_mean, there, out), _less(x, x_mean, there, np.empty(x.shape))
    sxx = dots(d, d)
    slope = dots(d, e) / sxx
    np.multiply(d, slope[:, None], out=d)
    np.subtract(e, d, out=e)
    return y_mean, x_mean, sxx, slope, dots(e, e)


def _less(column: FloatArray, mean: FloatArray, there: BoolArray | None, out: FloatArray) -> FloatArray:
    np.subtract(column, mean[:, None], out=out)
    if there is not None:
        np.multiply(out, there, out=out)
    return out


def finish(
    coef: FloatArray,
    root: FloatArray,
    spread: FloatArray,
    n: IntArray,
    learned: tuple[FloatArray, FloatArray],
    condition: FloatArray,
    parameters: int | None = None,
) -> Fit:
    """Divide by the degrees of freedom, and say which rows have no honest variance.

    ``learned`` are the residuals, NaN where a cell was not used, and the returns.
    """
    residuals, y = learned
    p = coef.shape[1] if parameters is None else parameters
    df = (n - p).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, spread / np.where(df > 0, df, 1.0), np.nan)
    status = np.zeros(len(y), dtype=np.uint8)
    status[too_few_values(y, residuals, max(p + 1, 2)) & (df > 0)] = book.DEGENERATE
    flat = np.isposinf(condition) & (df > 0)
    status[flat] = book.COLLINEAR
    rank = np.where(flat, 1, p).astype(np.int64)
    return Fit(coef, root, sigma2, df, n, condition, status, rank, residuals)


def too_few_values(y: FloatArray, residuals: FloatArray, needed: int) -> BoolArray:
    """Return which rows hold fewer than ``needed`` distinct values; most rows are settled by their first cells."""
    doubt: BoolArray = np.full(len(y), y.shape[1] < needed, dtype=np.bool_)
    for one, other in combinations(y[:, :needed].T, 2):
        doubt |= ~((one < other) | (one > other))
    rows = np.flatnonzero(doubt)
    if len(rows):
        there = np.isfinite(residuals[rows])
        used = np.where(there | ~there.any(axis=1)[:, None], y[rows], np.nan)
        ordered = np.sort(used, axis=1)
        fresh = np.ones(ordered.shape, dtype=np.bool_)
        fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        doubt[rows] = np.count_nonzero(fresh & ~np.isnan(ordered), axis=1) < needed
    return doubt
