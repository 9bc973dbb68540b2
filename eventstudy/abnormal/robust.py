"""Robust fits: Huber's estimator against single wild bars, Newey-West errors against serial correlation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.least_squares import Learned, finish, kept, usable
from eventstudy.abnormal.model_row import Options
from eventstudy.abnormal.scaled_qr import design, solve
from eventstudy.arrays import BoolArray, FloatArray

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
    there = np.ones(y.shape, dtype=bool) if valid is None else valid
    plain = solve(A, filled)
    residuals, coef = plain.residuals, plain.coef
    for _ in range(MAX_ITERATIONS):
        scale = _mad(residuals, there)
        weight = np.sqrt(_weights(residuals, scale, tuning))
        coef_before, coef = coef, solve(A * weight[:, :, None], filled * weight).coef
        residuals = filled - np.einsum("nmp,np->nm", A, coef)
        if np.nanmax(np.abs(coef - coef_before), initial=0.0) <= 1e-12 * (1 + np.nanmax(np.abs(coef), initial=0.0)):
            break
    scale = _mad(residuals, there)
    condition = np.where(plain.rank < coef.shape[1], np.inf, plain.condition)
    learned = Learned(kept(residuals, valid), (y, *X))
    made = finish(coef, plain.root, np.square(scale) * (n - coef.shape[1]), n, learned, condition)
    factor = np.sqrt(_efficiency(residuals, scale, there, (tuning, coef.shape[1])) / made.sigma2)
    return replace(made, root=made.root * factor[:, None, None])


def _mad(residuals: FloatArray, there: BoolArray) -> FloatArray:
    size = np.where(there, np.abs(residuals), np.nan)
    # A row without any residual has no median, and no fit: it is refused elsewhere, with the reason.
    size[np.isnan(size).all(axis=1)] = 0.0
    return np.asarray(np.nanmedian(size, axis=1) / NORMAL_MAD)


def _weights(residuals: FloatArray, scale: FloatArray, tuning: float) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.minimum(1.0, np.nan_to_num(tuning * scale[:, None] / np.abs(residuals), nan=1.0, posinf=1.0))


def _efficiency(residuals: FloatArray, scale: FloatArray, there: BoolArray, settings: tuple[float, int]) -> FloatArray:
    """Variance of a coefficient over the same entry of ``(X'X)^-1``."""
    M, (tuning, p) = there.sum(axis=1), settings
    with np.errstate(divide="ignore", invalid="ignore"):
        z = residuals / scale[:, None]
        inner = np.where(there, np.abs(z) <= tuning, False).sum(axis=1) / M
        psi2 = np.where(there, np.clip(z, -tuning, tuning) ** 2, 0.0).sum(axis=1) * scale**2
        K = 1 + p / M * (1 - inner) / inner
        return np.asarray(K**2 * psi2 / (M - p) / inner**2)


def newey_west(fit: Fit, X: FloatArray, options: Options) -> Fit:
    """Replace the covariance of the coefficients by Newey and West's with a Bartlett kernel.

    ``hac_lags`` 0 takes ``floor(4 (M / 100)^(2/9))``. The variance of single abnormal returns stays ``sigma2``: no
    correction of the coefficients' covariance can repair it (see the docs on single events).
    """
    there = np.isfinite(fit.residuals)
    A = design(X, None if there.all() else there)
    scores = np.where(there, fit.residuals, 0.0)[:, :, None] * A
    lags = int(options["hac_lags"]) or int(4 * (fit.residuals.shape[1] / 100) ** (2 / 9))
    meat = np.einsum("nmi,nmj->nij", scores, scores)
    for lag in range(1, lags + 1):
        gamma = np.einsum("nmi,nmj->nij", scores[:, lag:], scores[:, :-lag])
        meat += (1 - lag / (lags + 1)) * (gamma + gamma.transpose(0, 2, 1))
    bread = fit.bread
    covariance = bread @ meat @ bread / fit.sigma2[:, None, None]
    values, vectors = np.linalg.eigh(np.where(np.isfinite(covariance), covariance, 0.0))
    return replace(fit, root=vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])
