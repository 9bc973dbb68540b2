"""Expected-return models without a regression of their own: nothing, a mean, the market itself, last week's beta."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.gather import Cells, Columns
from eventstudy.abnormal.models.fit_rules import no_parameters
from eventstudy.abnormal.models.ols import market_model, window_mean
from eventstudy.abnormal.models.row import Fit, Options
from eventstudy.arrays import FloatArray
from eventstudy.errors import UsageError


def zero(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect nothing: the return itself is abnormal. Right for short windows, where a drift is far below the noise."""
    return no_parameters(y, 1)


def constant_mean(y: Cells, X: Columns, options: Options) -> Fit:
    """Expect the instrument's own mean return."""
    return window_mean(y)


def comparison_period_mean(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect the mean of the last ``bars`` bars of the estimation window; the variance comes from them too."""
    bars = int(options["bars"])
    if bars < 2:
        raise UsageError(f"The comparison period has {bars} bars.", remedy="Give bars=2 or more.")
    fit = window_mean(y[:, -bars:])
    wide = np.full(y.shape, np.nan)
    wide[:, -bars:] = fit.residuals
    return replace(fit, residuals=wide)


def market_adjusted(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect the market's return: alpha 0, beta 1, neither of them estimated."""
    fit = no_parameters(y - X[0], 2)
    fit.coef[:, 1] = 1.0
    return fit


def rolling(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market`` as estimated on the ``bars`` bars before each bar.

    The event window uses the coefficients of the last ``bars`` bars of the estimation window. Each estimation bar is
    predicted from the ``bars`` bars before it alone; its error over ``sqrt(1 + h)``, with ``h`` the leverage of the
    prediction, has the variance of a single return (Brown, Durbin and Evans 1975), and ``sigma2`` is the mean square of
    these M - bars recursive residuals. The error of the coefficients enters the variance of a window once, through
    its own leverage.
    """
    bars, L1 = int(options["bars"]), y.shape[1]
    if not 3 <= bars < L1 - 1:
        raise UsageError(
            f"The rolling window has {bars} bars and the estimation window {L1}.",
            remedy="Let it hold at least 3 bars and be shorter than the estimation window.",
        )
    errors = np.full(y.shape, np.nan)
    for t in range(bars, L1):
        before = market_model(y[:, t - bars : t], X[0][:, t - bars : t])
        errors[:, t] = y[:, t] - before.coef[:, 0] - before.coef[:, 1] * X[0][:, t]
        reach = before.xtx_inv_sqrt[:, 0] + before.xtx_inv_sqrt[:, 1] * X[0][:, t, None]
        errors[:, t] /= np.sqrt(1 + np.square(reach).sum(axis=1))
    last = market_model(y[:, L1 - bars :], X[0][:, L1 - bars :])
    finite = np.isfinite(errors)
    n = finite.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma2 = np.where(n > 1, np.where(finite, errors**2, 0.0).sum(axis=1) / n, np.nan)
    return replace(last, sigma2=sigma2, df=n.astype(np.float64), n=n, residuals=errors)
