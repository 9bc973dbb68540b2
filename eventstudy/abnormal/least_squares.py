"""Least squares for many small regressions at once: centred two passes for one regressor, scaled QR for more.

Every row is computed by the same operations whatever its neighbours hold, so a missing value in one event leaves the
bits of all others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import TypeAlias

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Cells, asked_for, fresh, head
from eventstudy.arrays import BoolArray, FloatArray, IntArray

TINY_SHARE = 1e-12
CELLS_PER_RUN = 1 << 15
SINGLE_THREAD = 8_192
Rows: TypeAlias = tuple[FloatArray, ...]
Learned: TypeAlias = tuple[FloatArray, tuple[Cells, ...]]
Law: TypeAlias = Callable[[Rows, IntArray | int, BoolArray | None], Rows]


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
    """Return the inner product of every row of ``a`` with its row of ``b``, or with ``b`` itself.

    BLAS shares rows of more than 10,000 cells among threads, and their number would show in the last bit.
    """
    made: FloatArray = np.vecdot(a, b) if a.shape[1] <= SINGLE_THREAD else np.einsum("...j,...j->...", a, b)
    return made


def mean_only(y: Cells) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    (mean, spread), residuals, n = _learn((y,), _constant, 2)
    root = (1 / np.sqrt(np.maximum(n, 1)))[:, None, None]
    return finish(mean[:, None], root, spread, n, (residuals, (y,)), np.ones(len(y)))


def no_parameters(y: FloatArray, p: int) -> Fit:
    """Take ``y`` itself as the residual of a model without parameters; ``df = M``."""
    there = np.isfinite(y)
    residuals = y.copy() if there.all() else np.where(there, y, 0.0)
    spread = np.einsum("ij,ij->i", residuals, residuals)
    residuals[~there] = np.nan
    empty = np.zeros((len(y), p)), np.zeros((len(y), p, p))
    return finish(*empty, spread, there.sum(axis=1), (residuals, (y,)), np.full(len(y), np.nan), 0)


def one_regressor(y: Cells, x: Cells) -> Fit:
    """Fit ``y = a + b x`` by centring first: the means take their digits away before anything is multiplied."""
    (y_mean, x_mean, sxx, slope, spread), residuals, n = _learn((y, x), _line, 5)
    return fit_of_line((y_mean, x_mean, sxx, slope, spread), n, (residuals, (y, x)))


def fit_of_line(moments: Iterable[FloatArray], n: IntArray, learned: Learned) -> Fit:
    """Return the fit whose means, squared deviations of x, slope and squared residuals are ``moments``."""
    y_mean, x_mean, sxx, slope, spread = moments
    bars = np.maximum(n, 1)
    with np.errstate(all="ignore"):
        inverse = 1 / np.sqrt(sxx)
        # sqrt((1 + c) / (1 - c)) for the cosine c of x and the constant, with 1 - c^2 written as a quotient: formed by
        # subtraction it is zero once x varies by less than 1e-8 of its mean, and a design that can be solved is lost.
        length = np.hypot(np.sqrt(sxx / bars), x_mean)
        condition = (1 + np.abs(x_mean) / length) * length / np.sqrt(sxx / bars)
        root = np.zeros((len(n), 2, 2))
        root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(bars), -x_mean * inverse, inverse
        coef = np.stack([y_mean - slope * x_mean, slope], axis=1)
        flat = ~(sxx > bars * (TINY_SHARE * np.abs(x_mean)) ** 2) | (sxx == 0)
    return finish(coef, root, spread, n, learned, np.where(flat, np.inf, condition))


def _learn(columns: tuple[Cells, ...], law: Law, width: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Apply ``law`` to every row and return its moments (width, B), the residuals, and the usable cells per row.

    Rows go through in runs that stay in a core's own cache. Rows with missing cells, which their own sums give away,
    are done again around them.
    """
    (B, M), wanted = columns[0].shape, asked_for(columns[0])
    moments, n = np.empty((width, B)), np.full(B, M, dtype=np.int64)
    residuals = np.empty((B, M if wanted else 0))
    size = max(1, CELLS_PER_RUN // max(M, 1))
    with np.errstate(all="ignore"):
        for low in range(0, B, size):
            rows = slice(low, low + size)
            own = tuple(fresh(column, rows) for column in columns)
            moments[:, rows] = law(own, max(M, 1), None)
            if wanted:
                residuals[rows] = own[0]
        holed = np.flatnonzero(~np.isfinite(moments[: len(columns)].sum(axis=0)))
        if len(holed):
            own = tuple(fresh(column, holed) for column in columns)
            there = np.logical_and.reduce([np.isfinite(column) for column in own])
            n[holed] = there.sum(axis=1)
            for column in own:
                column[~there] = 0.0
            moments[:, holed] = law(own, np.maximum(n[holed], 1), there)
            if wanted:
                residuals[holed] = np.where(there, own[0], np.nan)
    return moments, residuals, n


def _constant(own: Rows, n: IntArray | int, there: BoolArray | None) -> Rows:
    """Return mean and squared deviations of each row, which becomes its deviations."""
    (y,) = own
    mean = _centre(y, n, there)
    return mean, dots(y, y)


def _line(own: Rows, n: IntArray | int, there: BoolArray | None) -> Rows:
    """Return both means, squared deviations of x, slope and squared residuals; y becomes the residuals."""
    y, x = own
    y_mean, x_mean = _centre(y, n, there), _centre(x, n, there)
    sxx = dots(x, x)
    slope = dots(x, y) / sxx
    np.multiply(x, slope[:, None], out=x)
    np.subtract(y, x, out=y)
    return y_mean, x_mean, sxx, slope, dots(y, y)


def _centre(column: FloatArray, n: IntArray | int, there: BoolArray | None) -> FloatArray:
    """Take each row's mean away, in place, and return it; cells that are not there stay 0."""
    mean: FloatArray = dots(column, np.ones(column.shape[1])) / n
    np.subtract(column, mean[:, None], out=column)
    if there is not None:
        np.multiply(column, there, out=column)
    return mean


def finish(
    coef: FloatArray,
    root: FloatArray,
    spread: FloatArray,
    n: IntArray,
    learned: Learned,
    condition: FloatArray,
    parameters: int | None = None,
) -> Fit:
    """Divide by the degrees of freedom, and say which rows have no honest variance.

    ``learned`` are the residuals, NaN where a cell was not used, and the returns and regressors they come from.
    """
    residuals, columns = learned
    p = coef.shape[1] if parameters is None else parameters
    df = (n - p).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, spread / np.where(df > 0, df, 1.0), np.nan)
    status = np.zeros(len(n), dtype=np.uint8)
    status[too_few_values(columns, max(p + 1, 2)) & (df > 0)] = book.DEGENERATE
    flat = np.isposinf(condition) & (df > 0)
    status[flat] = book.COLLINEAR
    rank = np.where(flat, 1, p).astype(np.int64)
    return Fit(coef, root, sigma2, df, n, condition, status, rank, residuals)


def too_few_values(columns: tuple[Cells, ...], needed: int) -> BoolArray:
    """Return which rows of the first column hold fewer than ``needed`` distinct values where all columns have one.

    Most rows are settled by their first cells.
    """
    y = columns[0]
    doubt: BoolArray = np.full(len(y), y.shape[1] < needed, dtype=np.bool_)
    for one, other in combinations(head(y, needed).T, 2):
        doubt |= ~((one < other) | (one > other))
    rows = np.flatnonzero(doubt)
    if len(rows):
        there = np.logical_and.reduce([np.isfinite(column[rows]) for column in columns])
        used = np.where(there | ~there.any(axis=1)[:, None], y[rows], np.nan)
        ordered = np.sort(used, axis=1)
        new = np.ones(ordered.shape, dtype=np.bool_)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        doubt[rows] = np.count_nonzero(new & ~np.isnan(ordered), axis=1) < needed
    return doubt
