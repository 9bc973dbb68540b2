"""Least squares with several regressors: columns scaled to length one, Householder QR, rank from singular values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Cells, Columns
from eventstudy.abnormal.least_squares import Learned, finish, kept, usable
from eventstudy.abnormal.line import one_regressor
from eventstudy.arrays import BoolArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)


class Solution(NamedTuple):
    """coef (B, p), root (B, p, p), residuals (B, L1) with 0 where a row has no weight, condition (B,), rank (B,)."""

    coef: FloatArray
    root: FloatArray
    residuals: FloatArray
    condition: FloatArray
    rank: IntArray


def least_squares(y: Cells, X: Columns) -> Fit:
    """Fit ``y = a + X b`` for every row: the one path that all regression models take.

    Parameters
    ----------
    y : FloatArray, shape (B, L1)
    X : FloatArray, shape (k, B, L1)
        Regressors without the intercept; a bar counts when its return and all its regressors are there.

    Notes
    -----
    One regressor is centred first, several go through column-scaled QR. A rank below p is a status of the fit with the
    rank named, never a number.
    """
    if len(X) == 1:
        return one_regressor(y, X[0])
    y, X = np.asarray(y), np.asarray(X)
    valid, n = usable(y, X)
    solved = solve(design(X, valid), y if valid is None else np.where(valid, y, 0.0))
    spread = np.einsum("ij,ij->i", solved.residuals, solved.residuals)
    condition = np.where(solved.rank < solved.coef.shape[1], np.inf, solved.condition)
    fit = finish(solved.coef, solved.root, spread, n, Learned(kept(solved.residuals, valid), (y, *X)), condition)
    fit.rank[:] = solved.rank
    return fit


def design(X: FloatArray, valid: BoolArray | None) -> FloatArray:
    """Return (1, X) with zero rows where a bar is not usable, shape (B, L1, 1 + k)."""
    columns = [np.ones(X.shape[1:]), *X]
    A = np.stack(columns, axis=2)
    return A if valid is None else np.where(valid[:, :, None], A, 0.0)


def solve(A: FloatArray, y: FloatArray) -> Solution:
    """Solve B least-squares problems; rank-deficient ones get NaN coefficients."""
    B, M, p = A.shape
    if B == 0 or p > M:
        nothing = np.full((B, p), np.nan)
        return Solution(
            nothing, np.full((B, p, p), np.nan), np.zeros((B, M)), np.full(B, np.inf), np.zeros(B, np.int64)
        )
    largest = np.abs(A).max(axis=1)
    # Powers of two: a scale that rounds would disturb the columns, and a large residual feeds on that.
    exponent = np.frexp(np.where(np.isfinite(largest), largest, 0.0))[1]
    scale = np.ldexp(1.0, -np.clip(exponent, -1_000, 1_000))
    scaled = A * scale[:, None, :]
    Q, R = np.linalg.qr(scaled)
    singular = np.linalg.svd(np.where(np.isfinite(R), R, 0.0), compute_uv=False)
    top = np.maximum(singular[:, 0], np.finfo(np.float64).tiny)
    rank = (singular > top[:, None] * EPS * np.sqrt(M)).sum(axis=1)
    full = rank == p
    safe = np.where(full[:, None, None], R, np.eye(p))
    inverse, Qt = np.linalg.inv(safe), Q.transpose(0, 2, 1)
    coef = np.linalg.solve(safe, Qt @ y[:, :, None])
    residuals = y[:, :, None] - scaled @ coef
    # One step of refinement.
    coef = coef + np.linalg.solve(safe, Qt @ residuals)
    residuals = (y[:, :, None] - scaled @ coef)[:, :, 0]
    coef = coef[:, :, 0]
    coef[~full] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        condition = singular[:, 0] / singular[:, -1]
    return Solution(coef * scale, inverse * scale[:, :, None], residuals, condition, rank)
