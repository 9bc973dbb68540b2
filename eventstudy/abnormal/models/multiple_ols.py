"""Least squares with several regressors: columns scaled to length one, Householder QR, rank from singular values."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.gather import Cells, Columns, stacked
from eventstudy.abnormal.models.fit_rules import Coefficients, FitData, finish, r_squared, usable, with_gaps
from eventstudy.abnormal.models.ols import market_model
from eventstudy.abnormal.models.row import Fit, Options
from eventstudy.arrays import BoolArray, FloatArray, IntArray

MAX_ITERATIONS = 50
NORMAL_MAD = 0.6744897501960817


def huber(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Fit by Huber's M-estimator: weights ``min(1, c s / |e|)``, scale ``s = median|e| / 0.6745``.

    ``sigma2`` is ``s^2``. The covariance of the coefficients is ``(X'X)^-1`` times
    ``K^2 sum(psi^2) / (M - p) / mean(psi')^2`` (Huber 1981, (7.6.5)), with ``K = 1 + p/M (1 - m)/m`` and ``m`` the mean
    of ``psi'``; :doi:`10.1002/0471725250`.
    """
    tuning = float(options["huber_c"])
    valid, n = usable(y, X)
    A, filled = design(X, valid), y if valid is None else np.where(valid, y, 0.0)
    finite = np.ones(y.shape, dtype=bool) if valid is None else valid
    plain = solve(A, filled)
    residuals, coef = plain.residuals, plain.coef
    for _ in range(MAX_ITERATIONS):
        scale = _mad(residuals, finite)
        weight = np.sqrt(_weights(residuals, scale, tuning))
        coef_before, coef = coef, solve(A * weight[:, :, None], filled * weight).coef
        residuals = filled - np.einsum("nmp,np->nm", A, coef)
        if np.nanmax(np.abs(coef - coef_before), initial=0.0) <= 1e-12 * (1 + np.nanmax(np.abs(coef), initial=0.0)):
            break
    scale = _mad(residuals, finite)
    condition = np.where(plain.rank < coef.shape[1], np.inf, plain.condition)
    ssr, undefined = np.square(scale) * (n - coef.shape[1]), np.full(len(y), np.nan)
    found = Coefficients(coef, plain.xtx_inv_sqrt, ssr, undefined, condition)
    fit = finish(found, FitData((y, *X), with_gaps(residuals, valid), n))
    factor = np.sqrt(_efficiency(residuals / scale[:, None], finite, tuning, coef.shape[1]) * scale**2 / fit.sigma2)
    return replace(fit, xtx_inv_sqrt=fit.xtx_inv_sqrt * factor[:, None, None])


def _mad(residuals: FloatArray, finite: BoolArray) -> FloatArray:
    size = np.where(finite, np.abs(residuals), np.nan)
    # A row without any residual has no median, and no fit: it is refused elsewhere, with the reason.
    size[np.isnan(size).all(axis=1)] = 0.0
    return np.asarray(np.nanmedian(size, axis=1) / NORMAL_MAD)


def _weights(residuals: FloatArray, scale: FloatArray, tuning: float) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.minimum(1.0, np.nan_to_num(tuning * scale[:, None] / np.abs(residuals), nan=1.0, posinf=1.0))


def _efficiency(z: FloatArray, finite: BoolArray, tuning: float, p: int) -> FloatArray:
    """Return the variance of a coefficient over the same entry of ``(X'X)^-1``, in units of the squared scale."""
    M = finite.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(finite, np.abs(z) <= tuning, False).sum(axis=1) / M
        psi2 = np.where(finite, np.clip(z, -tuning, tuning) ** 2, 0.0).sum(axis=1)
        K = 1 + p / M * (1 - inner) / inner
        return np.asarray(K**2 * psi2 / (M - p) / inner**2)


def newey_west(fit: Fit, X: FloatArray, options: Options) -> Fit:
    """Replace the covariance of the coefficients by Newey and West's with a Bartlett kernel.

    ``hac_lags`` 0 takes ``floor(4 (M / 100)^(2/9))``. The variance of single abnormal returns stays ``sigma2``: no
    correction of the coefficients' covariance can repair it (see the docs on single events).
    """
    finite = np.isfinite(fit.residuals)
    A = design(X, None if finite.all() else finite)
    scores = np.where(finite, fit.residuals, 0.0)[:, :, None] * A
    lags = int(options["hac_lags"]) or int(4 * (fit.residuals.shape[1] / 100) ** (2 / 9))
    meat = np.einsum("nmi,nmj->nij", scores, scores)
    for lag in range(1, lags + 1):
        gamma = np.einsum("nmi,nmj->nij", scores[:, lag:], scores[:, :-lag])
        meat += (1 - lag / (lags + 1)) * (gamma + gamma.transpose(0, 2, 1))
    xtx_inv = fit.xtx_inv
    covariance = xtx_inv @ meat @ xtx_inv / fit.sigma2[:, None, None]
    values, vectors = np.linalg.eigh(np.where(np.isfinite(covariance), covariance, 0.0))
    return replace(fit, xtx_inv_sqrt=vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


EPS = float(np.finfo(np.float64).eps)


class Solution(NamedTuple):
    """Least-squares solutions of B rows.

    ``coef`` (B, p), ``xtx_inv_sqrt`` (B, p, p), ``residuals`` (B, L1) with 0 where a row has no weight, ``condition``
    (B,), ``rank`` (B,).
    """

    coef: FloatArray
    xtx_inv_sqrt: FloatArray
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
    One regressor is the market model of :mod:`eventstudy.abnormal.models.ols`; several go through column-scaled QR. A
    rank below p is a status of the fit with the rank named, never a number.
    """
    if len(X) == 1:
        return market_model(y, X[0])
    y, X = np.asarray(y), stacked(X, y.shape)
    valid, n = usable(y, X)
    solved = solve(design(X, valid), y if valid is None else np.where(valid, y, 0.0))
    ssr = np.einsum("ij,ij->i", solved.residuals, solved.residuals)
    condition = np.where(solved.rank < solved.coef.shape[1], np.inf, solved.condition)
    undefined = np.full(len(y), np.nan)
    residuals = with_gaps(solved.residuals, valid)
    found = Coefficients(solved.coef, solved.xtx_inv_sqrt, ssr, undefined, condition)
    return replace(
        finish(found, FitData((y, *X), residuals, n)), rank=solved.rank.astype(np.int64), r2=r_squared(y, residuals)
    )


def through_origin(y: Cells, X: Columns) -> Fit:
    """Fit ``y = X b`` without a constant for every row; its coefficient is 0 and carries no error."""
    y, X = np.asarray(y), stacked(X, y.shape)
    valid, n = usable(y, X)
    solved = solve(design(X, valid)[:, :, 1:], y if valid is None else np.where(valid, y, 0.0))
    k = len(X)
    coef, root = np.zeros((len(y), k + 1)), np.zeros((len(y), k + 1, k + 1))
    coef[:, 1:], root[:, 1:, 1:] = solved.coef, solved.xtx_inv_sqrt
    ssr = np.einsum("ij,ij->i", solved.residuals, solved.residuals)
    condition = np.where(solved.rank < k, np.inf, solved.condition)
    found = Coefficients(coef, root, ssr, np.full(len(y), np.nan), condition)
    return finish(found, FitData((y, *X), with_gaps(solved.residuals, valid), n), k)


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
