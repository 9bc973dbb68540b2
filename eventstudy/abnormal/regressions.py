"""Expected-return models that are regressions: ordinary, robust, for thin trading, with changing variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Block, Cells, Columns
from eventstudy.abnormal.least_squares import one_regressor, usable
from eventstudy.abnormal.model_row import Options
from eventstudy.abnormal.robust import huber, newey_west
from eventstudy.abnormal.scaled_qr import least_squares
from eventstudy.arrays import FloatArray, look_up
from eventstudy.errors import UsageError

FITS: Mapping[str, Callable[[Any, Any, Options], Fit]] = {
    "ols": lambda y, X, options: least_squares(y, X),
    "huber": huber,
}
COVARIANCES: Mapping[str, Callable[[Fit, Any, Options], Fit]] = {
    "classical": lambda fit, X, options: fit,
    "hac": newey_west,
}


def regression(y: Cells, X: Columns, options: Options) -> Fit:
    """Expect ``alpha`` plus a loading times each regressor."""
    fit = look_up("fit", FITS, str(options["fit"]))(y, X, options)
    return look_up("covariance", COVARIANCES, str(options["covariance"]))(fit, X, options)


def plain(options: Options) -> bool:
    """Return whether the regression is ordinary least squares, which reads its rows as it goes."""
    return (options["fit"], options["covariance"]) == ("ols", "classical")


def first_only(block: Block, options: Options) -> Block:
    """Keep the market alone of all factors given."""
    return replace(block, X=block.X[:1], event_X=block.event_X[:1])


def excess_of_risk_free(block: Block, options: Options) -> Block:
    """Replace returns and market by their excess over the risk-free rate, which is the last regressor.

    The rate is per bar; over merged bars it has been summed like every other return.
    """
    if len(block.X) < 2:
        raise UsageError(
            "The model 'capm' needs the market and a risk-free rate.", remedy="Pass factors=rate in return per bar."
        )
    rate, event_rate = block.X[-1], block.event_X[-1]
    return replace(
        block,
        y=block.y - rate,
        X=block.X[:1] - rate,
        event_y=block.event_y - event_rate,
        event_X=block.event_X[:1] - event_rate,
    )


def lagged(block: Block, options: Options) -> Block:
    """Learn from the market with its leads and lags; study with the market of the same bar."""
    return replace(block, event_X=block.event_X[:1])


def one_lag(options: Options) -> int:
    return 1


def lags_option(options: Options) -> int:
    return int(options["lags"])


def scholes_williams(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market`` with beta freed of the bias of prices that trade at different moments.

    ``beta = (b_-1 + b_0 + b_+1) / (1 + 2 rho)``: three simple regressions on the market of the bar before, the same
    and the next, and ``rho``, the market's first autocorrelation. ``X`` holds (same, before, next).
    """
    valid, _ = usable(y, X)
    shared = np.ones(y.shape, dtype=bool) if valid is None else valid
    y = np.where(shared, y, np.nan)
    now, before, after = (np.where(shared, x, np.nan) for x in X)
    slopes = [one_regressor(y, x).coef[:, 1] for x in (now, before, after)]
    rho = _correlation(now, before)
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = sum(slopes) / (1 + 2 * rho)
    return with_beta(y, now, np.asarray(beta))


def dimson(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market`` with beta the sum of the loadings on the market's leads and lags."""
    fit = least_squares(y, X)
    valid, _ = usable(y, X)
    there = np.ones(y.shape, dtype=bool) if valid is None else valid
    made = with_beta(np.where(there, y, np.nan), np.where(there, X[0], np.nan), fit.coef[:, 1:].sum(axis=1))
    return replace(made, status=np.maximum(made.status, fit.status), rank=fit.rank)


def with_beta(y: FloatArray, x: FloatArray, beta: FloatArray) -> Fit:
    """Return the market-model fit with another slope: the intercept, residuals and their variance follow from it."""
    fit = one_regressor(y, x)
    n = np.maximum(fit.n, 1)
    means = [np.where(np.isfinite(v), v, 0.0).sum(axis=1) / n for v in (y, x)]
    alpha = means[0] - beta * means[1]
    residuals = y - alpha[:, None] - beta[:, None] * x
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(fit.df > 0, np.nansum(residuals**2, axis=1) / np.where(fit.df > 0, fit.df, 1.0), np.nan)
    return replace(fit, coef=np.stack([alpha, beta], axis=1), sigma2=sigma2, residuals=residuals)


def _correlation(x: FloatArray, z: FloatArray) -> FloatArray:
    there = np.isfinite(x) & np.isfinite(z)
    n = np.maximum(there.sum(axis=1), 1)[:, None]
    centred = []
    for values in (x, z):
        filled = np.where(there, values, 0.0)
        centred.append(np.where(there, filled - filled.sum(axis=1, keepdims=True) / n, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        top = np.einsum("ij,ij->i", *centred)
        return np.asarray(top / np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1)))


def garch(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market`` with errors that follow GARCH(1, 1), by quasi maximum likelihood.

    ``sigma2`` is the mean conditional variance over the estimation window, not the long-run ``omega / (1 - a - b)``:
    where the errors hardly cluster that is the ratio of two numbers near zero and can be off by any factor. The bread
    stays that of least squares: at M of some hundreds its share of the variance is small.
    """
    fit = least_squares(y, X)
    coef, sigma2 = fit.coef.copy(), fit.sigma2.copy()
    for i in np.flatnonzero((fit.status == 0) & (fit.df > 10)):
        there = np.isfinite(fit.residuals[i])
        coef[i], sigma2[i] = _one_garch(y[i, there], X[:, i, there].T)
    expected = coef[:, :1] + np.einsum("bk,kbt->bt", coef[:, 1:], X)
    return replace(fit, coef=coef, sigma2=sigma2, residuals=y - expected)


def _one_garch(y: FloatArray, X: FloatArray) -> tuple[FloatArray, float]:
    try:
        from arch.univariate import GARCH, LS
    except ImportError:
        raise UsageError(
            "The model 'garch' needs the package arch.", remedy="Install it: pip install 'market-eventstudy[garch]'."
        ) from None
    # The likelihood is the same for returns turned about, the optimiser's path is not: all go in one orientation.
    scale, turn, turns = 1 / y.std(), np.copysign(1.0, y[0]), np.copysign(1.0, X[0])
    model: Any = LS(turn * y * scale, turns * X * scale, constant=True)
    model.volatility = GARCH(1, 0, 1)
    fitted = model.fit(disp="off", show_warning=False, tol=1e-10, options={"maxiter": 1000})
    values = np.asarray(fitted.params)
    k = X.shape[1]
    variance = float(np.mean(np.square(fitted.conditional_volatility)))
    coef = turn * np.concatenate([[values[0] / scale], turns * values[1 : k + 1]])
    return coef, variance / scale**2
