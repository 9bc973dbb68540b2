"""How far the residuals of each estimation window are from what parametric tests assume."""

from __future__ import annotations

import numpy as np

from eventstudy.abnormal.gather import Block
from eventstudy.abnormal.measure import subtract
from eventstudy.abnormal.models.row import Fit
from eventstudy.arrays import BoolArray, FloatArray

LAGS = 5
COLUMNS = (
    *("skewness", "excess_kurtosis", "normality_p", "autocorrelation", "autocorrelation_p"),
    *("arch_p", "stale_share", "pre_trend_t"),
)


def diagnose(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Return, per event, the columns of :data:`COLUMNS`; shape (B, 8).

    Normality: Jarque and Bera (1980), chi2(2). Autocorrelation: first order, with Ljung and Box's Q(5). ARCH: Engle's
    form of the same on squared residuals. Stale: share of estimation returns that are exactly zero. Pre-trend: t of the
    abnormal returns of the event window's bars before tau = 0.
    """
    from scipy.special import chdtrc

    e = fit.residuals
    finite = np.isfinite(e)
    n = np.maximum(finite.sum(axis=1), 1)
    filled = np.where(finite, e, 0.0)
    centered = np.where(finite, filled - filled.sum(axis=1, keepdims=True) / n[:, None], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        square = np.square(centered)
        second = square.sum(axis=1) / n
        skew = np.vecdot(square, centered) / n / second**1.5
        kurtosis = np.vecdot(square, square) / n / second**2 - 3
        normality = chdtrc(2, n * (skew**2 / 6 + kurtosis**2 / 24))
        first, autocorrelation = _ljung_box(centered, n)
        squares = np.where(finite, square - second[:, None], 0.0)
        _, arch = _ljung_box(squares, n)
        stale = (np.where(finite, block.y, np.nan) == 0).sum(axis=1) / n
        trend = _pre_trend(block, fit)
    columns = (skew, kurtosis, normality, first, chdtrc(LAGS, autocorrelation), chdtrc(LAGS, arch), stale, trend)
    return np.stack([np.where(n > LAGS + 2, column, np.nan) for column in columns], axis=1)


def _ljung_box(x: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first autocorrelation and Q = n (n + 2) sum_k r_k^2 / (n - k) of centered rows, missing cells 0."""
    total = np.square(x).sum(axis=1)
    if x.shape[1] <= LAGS:
        nothing = np.full(len(x), np.nan)
        return nothing, nothing
    r = [np.einsum("ij,ij->i", x[:, lag:], x[:, :-lag]) / total for lag in range(1, LAGS + 1)]
    return r[0], n * (n + 2) * sum(r_k**2 / (n - k) for k, r_k in enumerate(r, start=1))


def _pre_trend(block: Block, fit: Fit) -> FloatArray:
    before = block.before
    if before <= 0:
        return np.full(len(fit), np.nan)
    car = subtract(block, fit)[:, :before].sum(axis=1)
    d = [np.full(len(fit), float(before)), *(np.asarray(x)[:, :before].sum(axis=1) for x in block.event_X)]
    return np.asarray(car / np.sqrt(fit.sigma2 * (before + fit.leverage(d))), dtype=np.float64)
