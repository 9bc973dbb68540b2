"""Least squares for many small regressions at once: centred two passes for one regressor, scaled QR for more.

Every row is computed by the same operations whatever its neighbours hold, so a missing value in one event leaves the
bits of all others alone.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

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


def kept(residuals: FloatArray, valid: BoolArray | None) -> FloatArray:
    """Return the residuals with NaN where a cell was not used."""
    return residuals if valid is None else np.where(valid, residuals, np.nan)


class Centred(NamedTuple):
    """Columns less their row means, and which cells count.

    ``mean`` (1 + k, B) and ``deviations`` (1 + k arrays of (B, M), 0 where a cell is not usable) of the return and the
    regressors; ``n`` (B,) usable cells; ``holed`` (H,) rows with missing cells and ``there`` (H, M) their usable ones.
    """

    mean: list[FloatArray]
    deviations: list[FloatArray]
    n: IntArray
    holed: IntArray
    there: BoolArray

    def residuals(self, e: FloatArray) -> FloatArray:
        """Return ``e`` with NaN where a cell is not usable, in place."""
        if len(self.holed):
            e[self.holed] = np.where(self.there, e[self.holed], np.nan)
        return e


def mean_only(y: FloatArray) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    with np.errstate(all="ignore"):
        made = _centre((y,))
        mean, centred = made.mean[0], made.deviations[0]
        spread = np.einsum("ij,ij->i", centred, centred)
    root = (1 / np.sqrt(np.maximum(made.n, 1)))[:, None, None]
    return finish(mean[:, None], root, spread, made.n, (made.residuals(centred), y), np.ones(len(y)))


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
    with np.errstate(all="ignore"):
        made = _centre((y, x))
        (y_mean, x_mean), (residuals, x_centred), n = made.mean, made.deviations, np.maximum(made.n, 1)
        sxx = np.einsum("ij,ij->i", x_centred, x_centred)
        slope = np.einsum("ij,ij->i", x_centred, residuals) / sxx
        inverse = 1 / np.sqrt(sxx)
        correlation = np.minimum(np.abs(x_mean) / np.sqrt(sxx / n + x_mean**2), 1.0)
        condition = np.sqrt((1 + correlation) / (1 - correlation))
        np.multiply(x_centred, slope[:, None], out=x_centred)
        np.subtract(residuals, x_centred, out=residuals)
        spread = np.einsum("ij,ij->i", residuals, residuals)
    root = np.zeros((len(y), 2, 2))
    root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(n), -x_mean * inverse, inverse
    coef = np.stack([y_mean - slope * x_mean, slope], axis=1)
    flat = ~(sxx > n * (TINY_SHARE * np.abs(x_mean)) ** 2) | (sxx == 0)
    learned = made.residuals(residuals), y
    return finish(coef, root, spread, made.n, learned, np.where(flat, np.inf, condition))


def _centre(columns: tuple[FloatArray, ...]) -> Centred:
    """Take the row means away; rows with missing cells, which the sums find for free, are done again around them."""
    B, M = columns[0].shape
    total = [column.sum(axis=1) for column in columns]
    n = np.full(B, M, dtype=np.int64)
    mean = [each / max(M, 1) for each in total]
    deviations = [column - each[:, None] for column, each in zip(columns, mean, strict=True)]
    holed = np.flatnonzero(~np.isfinite(sum(total)))
    there = np.ones((len(holed), M), dtype=np.bool_)
    if len(holed):
        parts = [column[holed] for column in columns]
        for part in parts:
            there &= np.isfinite(part)
        n[holed] = there.sum(axis=1)
        for part, each, around in zip(parts, mean, deviations, strict=True):
            filled = np.where(there, part, 0.0)
            each[holed] = filled.sum(axis=1) / np.maximum(n[holed], 1)
            around[holed] = np.where(there, filled - each[holed][:, None], 0.0)
    return Centred(mean, deviations, n, holed, there)


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
    head = y[:, :needed].T.copy()
    for one, other in combinations(head, 2):
        doubt |= ~(np.abs(one - other) > 0)
    for row in np.flatnonzero(doubt):
        used = np.isfinite(residuals[row])
        doubt[row] = len(np.unique(y[row][used] if used.any() else y[row])) < needed
    return doubt
