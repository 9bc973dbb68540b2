"""A market model whose errors have a variance that changes from bar to bar (package arch), and its forecast path.

The variance of a window is not the residual variance times its bars but the sum of the variances forecast for these
very bars from the end of the estimation window: after a calm month a move counts for more than after a wild one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from eventstudy.abnormal.models.fit_rules import r_squared
from eventstudy.abnormal.models.multiple_ols import least_squares
from eventstudy.abnormal.models.row import EXACT_FIT, Fit, Options
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import UsageError

CREDIBLE = 1e3  # a next bar so many times calmer or wilder than the mean is a likelihood gone astray


class GarchFit(NamedTuple):
    """One fit: ``coef`` (p,), ``params`` (3,), and the mean variance, NaN where the fit is not to be believed."""

    coef: FloatArray
    params: FloatArray
    variance: float


def garch(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market`` with errors that follow GARCH(1, 1), by quasi maximum likelihood.

    ``sigma2`` is the mean conditional variance over the estimation window, not the long-run ``omega / (1 - a - b)``:
    where the errors hardly cluster that is the ratio of two numbers near zero and can be off by any factor. The
    parameters of the variance are (omega, a + b, variance of the next bar). ``(X'X)^-1`` stays that of least squares:
    at some hundred bars its part in
    the variance of a window is small.
    """
    fit = least_squares(y, X)
    coef, sigma2 = fit.coef.copy(), np.full(len(y), np.nan)
    params = np.full((len(y), 3), np.nan)
    exact = np.sqrt(fit.sigma2) <= EXACT_FIT * np.abs(np.where(np.isfinite(y), y, 0.0)).max(axis=1, initial=0.0)
    sigma2[exact] = fit.sigma2[exact]  # nothing is left whose variance could change
    for i in np.flatnonzero((fit.status == 0) & (fit.df > 10) & ~exact):
        finite = np.isfinite(fit.residuals[i])
        coef[i], params[i], sigma2[i] = _one(y[i, finite], X[:, i, finite].T)
    expected = coef[:, :1] + np.einsum("bk,kbt->bt", coef[:, 1:], X)
    residuals = y - expected
    return replace(
        fit, coef=coef, sigma2=sigma2, r2=r_squared(y, residuals), residuals=residuals, variance_params=params
    )


def garch_path(params: FloatArray, bars: int) -> FloatArray:
    """Return the variance forecast for each of the next ``bars`` bars, ``s_h^2 = omega + (a + b) s_{h-1}^2``."""
    omega, persistence, following = params.T
    path = np.empty((len(params), bars))
    for h in range(bars):
        path[:, h] = following if h == 0 else omega + persistence * path[:, h - 1]
    return path


def garch_noise(params: FloatArray, before: IntArray, last: IntArray) -> FloatArray:
    """Return the forecast variance of every cell, shape (N, L2): the bars ``before + 1 .. last`` after the window."""
    if not last.size:
        return np.zeros(last.shape)
    total = np.zeros((len(params), int(last.max()) + 1))
    with np.errstate(all="ignore"):  # a fit that is not believed has a path that is not read
        np.cumsum(garch_path(params, total.shape[1] - 1), axis=1, out=total[:, 1:])
        return np.asarray(np.take_along_axis(total, last, axis=1) - np.take_along_axis(total, before, axis=1))


def _one(y: FloatArray, X: FloatArray) -> GarchFit:
    try:
        from arch import univariate
    except ImportError:
        raise UsageError(
            "The model 'garch' needs the package arch.",
            remedy="Install it: pip install 'market-eventstudy[garch]'.",
        ) from None
    # The likelihood is the same for returns turned about, the optimizer's path is not: all go in one orientation.
    scale, turn, turns = 1 / y.std(), np.copysign(1.0, y[0]), np.copysign(1.0, X[0])
    model: Any = univariate.LS(turn * y * scale, turns * X * scale, constant=True)
    model.volatility = univariate.GARCH(1, 0, 1)
    fitted = model.fit(disp="off", show_warning=False, tol=1e-10, options={"maxiter": 1000})
    values, sd, k = np.asarray(fitted.params), np.asarray(fitted.conditional_volatility), X.shape[1]
    coef = turn * np.concatenate([[values[0] / scale], turns * values[1 : k + 1]])
    omega, a, b = (float(v) for v in values[k + 1 : k + 4])
    following = omega + a * float(np.asarray(fitted.resid)[-1]) ** 2 + b * float(sd[-1]) ** 2
    params = np.array([omega / scale**2, a + b, following / scale**2])
    variance = float(np.mean(np.square(sd))) / scale**2
    if not 1 / CREDIBLE < params[-1] / variance < CREDIBLE:
        variance = np.nan
    return GarchFit(coef, params, variance)
