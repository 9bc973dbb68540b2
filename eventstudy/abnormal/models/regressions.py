"""Expected-return models that are regressions: ordinary, robust, for thin trading, with changing variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from eventstudy.abnormal.gather import Block, Cells, Columns
from eventstudy.abnormal.models.fit_rules import r_squared, usable
from eventstudy.abnormal.models.multiple_ols import huber, least_squares, newey_west, through_origin
from eventstudy.abnormal.models.ols import market_model
from eventstudy.abnormal.models.row import Fit, Options
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


def factor_model(y: Cells, X: Columns, options: Options) -> Fit:
    """Expect a loading times each factor, plus ``alpha`` unless the option ``constant`` is false."""
    if options["constant"]:
        return regression(y, X, options)
    if not plain(options):
        raise UsageError("constant = false needs fit = 'ols' and covariance = 'classical'.", remedy="Leave them out.")
    return through_origin(y, X)


def plain(options: Options) -> bool:
    """Return whether the regression is ordinary least squares, which reads its rows as it goes."""
    return (options["fit"], options["covariance"]) == ("ols", "classical")


def first_only(block: Block, options: Options) -> Block:
    """Keep the market alone of all factors given."""
    return replace(block, X=block.X[:1], event_X=block.event_X[:1])


def capm(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``rf + alpha + beta (market - rf)``; the risk-free rate, per bar, is the last regressor.

    The regression is one of excess returns. Written as ``alpha + beta market + (1 - beta) rf`` it is a model of the
    return itself, so cumulative, buy-and-hold and placebo returns need nothing special. The loading on the rate carries
    no error of its own: the third column of the root is zero.
    """
    if len(X) != 2:
        raise UsageError(
            f"The model 'capm' needs the market and a risk-free rate; {len(X)} series were given.",
            remedy="Pass market=... and factors=rate, in return per bar.",
        )
    fit = regression(y - X[1], X[:1] - X[1], options)
    coef = np.concatenate([fit.coef, 1 - fit.coef[:, 1:]], axis=1)
    root = np.zeros((len(fit), 3, 3))
    root[:, :2, :2], root[:, 2, :2] = fit.xtx_inv_sqrt, -fit.xtx_inv_sqrt[:, 1]
    return replace(fit, coef=coef, xtx_inv_sqrt=root, rank=fit.rank + 1)


def lagged(block: Block, options: Options) -> Block:
    """Estimate on the market with its leads and lags; predict with the market of the same bar."""
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
    slopes = [market_model(y, x).coef[:, 1] for x in (now, before, after)]
    rho = _correlation(now, before)
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = sum(slopes) / (1 + 2 * rho)
    return with_beta(y, now, np.asarray(beta))


def dimson(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market``: the intercept of a regression on the market's leads and lags, and their sum."""
    several = least_squares(y, X)
    valid, _ = usable(y, X)
    present = np.ones(y.shape, dtype=bool) if valid is None else valid
    fit = market_model(np.where(present, y, np.nan), np.where(present, X[0], np.nan))
    line = with_line(fit, y, X[0], np.stack([several.coef[:, 0], several.coef[:, 1:].sum(axis=1)], axis=1))
    return replace(line, status=np.maximum(line.status, several.status), rank=several.rank)


def with_beta(y: FloatArray, x: FloatArray, beta: FloatArray) -> Fit:
    """Return the market-model fit with another slope: the intercept, residuals and their variance follow from it."""
    fit = market_model(y, x)
    n = np.maximum(fit.n, 1)
    means = [np.where(np.isfinite(v), v, 0.0).sum(axis=1) / n for v in (y, x)]
    return with_line(fit, y, x, np.stack([means[0] - beta * means[1], beta], axis=1))


def with_line(fit: Fit, y: FloatArray, x: FloatArray, coef: FloatArray) -> Fit:
    """Return a fit of y on x with another intercept and slope, shape (B, 2): residuals and variance follow."""
    residuals = np.where(np.isfinite(fit.residuals), y - coef[:, :1] - coef[:, 1:] * x, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(fit.df > 0, np.nansum(residuals**2, axis=1) / fit.df, np.nan)
    return replace(fit, coef=coef, sigma2=sigma2, r2=r_squared(y, residuals), residuals=residuals)


def _correlation(x: FloatArray, z: FloatArray) -> FloatArray:
    present = np.isfinite(x) & np.isfinite(z)
    n = np.maximum(present.sum(axis=1), 1)[:, None]
    centered = []
    for values in (x, z):
        filled = np.where(present, values, 0.0)
        centered.append(np.where(present, filled - filled.sum(axis=1, keepdims=True) / n, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        top = np.einsum("ij,ij->i", *centered)
        return np.asarray(top / np.sqrt((centered[0] ** 2).sum(axis=1) * (centered[1] ** 2).sum(axis=1)))
