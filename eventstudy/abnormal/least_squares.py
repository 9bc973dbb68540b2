"""Least squares for many small regressions at once: centred two passes for one regressor, scaled QR for more.

Every row is computed by the same operations whatever its neighbours hold, so a missing value in one event leaves the
bits of all others alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.fit import Fit
from eventstudy.arrays import BoolArray, FloatArray, IntArray

TINY_SHARE = 1e-12


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


Sums = tuple[FloatArray, ...]
Solver = Callable[[FloatArray, FloatArray, BoolArray | None, Sums], Fit]


def mean_only(y: FloatArray) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    return _around_holes(_mean, y, y[None][:0])


def no_parameters(y: FloatArray, p: int) -> Fit:
    """Take ``y`` itself as the residual of a model without parameters; ``df = M``."""
    return _around_holes(partial(_nothing, p), y, y[None][:0])


def one_regressor(y: FloatArray, x: FloatArray) -> Fit:
    """Fit ``y = a + b x`` by centring first: the means take their digits away before anything is multiplied."""
    return _around_holes(_line, y, x[None])


def _around_holes(solver: Solver, y: FloatArray, X: FloatArray) -> Fit:
    """Solve complete rows as they are and rows with missing cells again with a mask; sums find them for free."""
    with np.errstate(all="ignore"):
        sums = (y.sum(axis=1), *(x.sum(axis=1) for x in X))
        holed = np.flatnonzero(~np.isfinite(sum(sums)))
        if not len(holed):
            return solver(y, X, None, sums)
        fit = solver(y, X, None, sums)
    rows = y[holed], X[:, holed]
    part = solver(*rows, usable(*rows)[0], sums)
    for column in fields(Fit):
        getattr(fit, column.name)[holed] = getattr(part, column.name)
    return fit


def _counts(y: FloatArray, valid: BoolArray | None) -> tuple[IntArray, IntArray]:
    n = np.full(len(y), y.shape[1], dtype=np.int64) if valid is None else valid.sum(axis=1)
    return n, np.maximum(n, 1)


def _mean(y: FloatArray, X: FloatArray, valid: BoolArray | None, sums: Sums) -> Fit:
    n, count = _counts(y, valid)
    mean, centred = _centre(y, valid, count, sums[0])
    spread = np.einsum("ij,ij->i", centred, centred)
    root = (1 / np.sqrt(count))[:, None, None]
    return finish(mean[:, None], root, spread, n, (centred, y, valid), np.ones(len(y)))


def _nothing(p: int, y: FloatArray, X: FloatArray, valid: BoolArray | None, sums: Sums) -> Fit:
    n, _ = _counts(y, valid)
    residuals = y.copy() if valid is None else np.where(valid, y, 0.0)
    spread = np.einsum("ij,ij->i", residuals, residuals)
    unknown = np.full(len(y), np.nan)
    empty = np.zeros((len(y), p)), np.zeros((len(y), p, p))
    return finish(*empty, spread, n, (residuals, y, valid), unknown, 0)


def _line(y: FloatArray, X: FloatArray, valid: BoolArray | None, sums: Sums) -> Fit:
    n, count = _counts(y, valid)
    y_mean, residuals = _centre(y, valid, count, sums[0])
    x_mean, x_centred = _centre(X[0], valid, count, sums[1])
    sxx = np.einsum("ij,ij->i", x_centred, x_centred)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.einsum("ij,ij->i", x_centred, residuals) / sxx
        inverse = 1 / np.sqrt(sxx)
        correlation = np.minimum(np.abs(x_mean) / np.sqrt(sxx / count + x_mean**2), 1.0)
        condition = np.sqrt((1 + correlation) / (1 - correlation))
    np.multiply(x_centred, slope[:, None], out=x_centred)
    np.subtract(residuals, x_centred, out=residuals)
    spread = np.einsum("ij,ij->i", residuals, residuals)
    root = np.zeros((len(y), 2, 2))
    root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(count), -x_mean * inverse, inverse
    coef = np.stack([y_mean - slope * x_mean, slope], axis=1)
    flat = ~(sxx > count * (TINY_SHARE * np.abs(x_mean)) ** 2) | (sxx == 0)
    return finish(coef, root, spread, n, (residuals, y, valid), np.where(flat, np.inf, condition))


def _centre(
    y: FloatArray, valid: BoolArray | None, count: IntArray, total: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return row means and deviations, 0 where not usable; ``total`` holds the row sums of complete rows."""
    if valid is None:
        mean = total / count
        return mean, y - mean[:, None]
    filled = np.where(valid, y, 0.0)
    mean = filled.sum(axis=1) / count
    centred = filled - mean[:, None]
    centred[~valid] = 0.0
    return mean, centred


def finish(
    coef: FloatArray,
    root: FloatArray,
    spread: FloatArray,
    n: IntArray,
    learned: tuple[FloatArray, FloatArray, BoolArray | None],
    condition: FloatArray,
    parameters: int | None = None,
) -> Fit:
    """Divide by the degrees of freedom, and say which rows have no honest variance."""
    residuals, y, valid = learned
    if valid is not None:
        residuals = np.where(valid, residuals, np.nan)
    p = coef.shape[1] if parameters is None else parameters
    df = (n - p).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, spread / np.where(df > 0, df, 1.0), np.nan)
    status = np.zeros(len(y), dtype=np.uint8)
    status[too_few_values(y, valid, max(p + 1, 2)) & (df > 0)] = book.DEGENERATE
    flat = np.isposinf(condition) & (df > 0)
    status[flat] = book.COLLINEAR
    rank = np.where(flat, 1, p).astype(np.int64)
    return Fit(coef, root, sigma2, df, n, condition, status, rank, residuals)


def too_few_values(y: FloatArray, valid: BoolArray | None, needed: int) -> BoolArray:
    """Return which rows hold fewer than ``needed`` distinct values; most rows are settled by their first cells."""
    head = np.sort(y[:, :needed], axis=1)
    doubt: BoolArray = np.ones(len(y), dtype=np.bool_)
    if y.shape[1] >= needed:
        doubt = ~np.asarray((head[:, 1:] > head[:, :-1]).all(axis=1))
    for row in np.flatnonzero(doubt):
        values = y[row] if valid is None else y[row][valid[row]]
        doubt[row] = len(np.unique(values)) < needed
    return np.asarray(doubt, dtype=np.bool_)
