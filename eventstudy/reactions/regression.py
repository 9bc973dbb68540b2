"""Regressions of CARs on attributes of the events, and the same regressions on placebo days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray, value
from eventstudy.reactions.leverage import determined_alone

# p-values of 5% need so many placebo days; the covariance of the returns is estimated on half as many components.
FEWEST_DAYS = 19
FOLDS = 10
LEAST_VARIANCE = 1e-15


@value
class Term:
    """One coefficient.

    Attributes
    ----------
    name : str
        Column of the regressors as formulaic names it: ``C(sector)[T.bank]``.
    coef, se, statistic, df, pvalue, low, high : float
        Least squares with the covariance asked for (statsmodels).
    placebo_mean, placebo_sd : float
        Of the coefficient of the same regression on placebo days.
    placebo_pvalue : float
        ``(1 + #{|c_d - mean c| >= |b - mean c|}) / (R + 1)``.
    placebo_t_pvalue : float
        ``2 P(t(R - 1) > |b - mean c| / (sd sqrt(1 + 1 / R)))``.
    gls, gls_pvalue : float
        The coefficient by generalized least squares with the covariance of placebo days from principal components, and
        its t p-value as above.
    reason : str
        Why there is no standard error, or empty.
    label : str
        The name for a reader: ``sector = bank against airline``.
    """

    name: str
    coef: float
    se: float
    statistic: float
    df: float
    pvalue: float
    low: float
    high: float
    placebo_mean: float = float("nan")
    placebo_sd: float = float("nan")
    placebo_pvalue: float = float("nan")
    placebo_t_pvalue: float = float("nan")
    gls: float = float("nan")
    gls_pvalue: float = float("nan")
    reason: str = ""
    label: str = ""


@value
class Regression:
    """One regression on one window.

    Attributes
    ----------
    formula : str
    window : Window
    covariance : str
    cluster : tuple of str
    clusters : tuple of int
        Number of clusters of each.
    n, dropped : int
        Observations, and those with a CAR that lack a column.
    r2, adjusted_r2 : float
    placebo_days, components : int
        Days that the regression was run on, and principal components of their covariance.
    terms : tuple of Term
    reason : str
        Why there is no coefficient, or empty.
    """

    formula: str
    window: Window
    covariance: str
    cluster: tuple[str, ...]
    clusters: tuple[int, ...]
    n: int
    dropped: int
    r2: float
    adjusted_r2: float
    placebo_days: int
    components: int
    terms: tuple[Term, ...]
    reason: str = ""


class Fitted(NamedTuple):
    """Coefficients of least squares, shape (k,) each, ``low`` and ``high`` at the level, and R2.

    ``reasons`` has a sentence for each coefficient without a standard error.
    """

    coef: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: float
    pvalue: FloatArray
    low: FloatArray
    high: FloatArray
    r2: float
    adjusted_r2: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Observations:
    """CARs (n,), regressors (n, k) with names and labels, clusters (n, c) and CARs on placebo days (R, n)."""

    y: FloatArray
    X: FloatArray
    names: tuple[str, ...]
    labels: tuple[str, ...]
    clusters: IntArray
    placebo: FloatArray


def fit(sample: Observations, covariance: str, level: float) -> Fitted:
    """Regress the CARs by least squares (statsmodels): robust, or clustered by one or two columns; t distribution.

    A coefficient that one observation or cluster determines alone has no robust standard error: theirs would be that of
    a residual that is zero by construction.
    """
    import statsmodels.api as sm

    kinds: Mapping[str, dict[str, Any]] = {
        "cluster": {"cov_type": "cluster", "cov_kwds": {"groups": sample.clusters[:, 0]}}
        if sample.clusters.size
        else {},
        "two-way": {"cov_type": "cluster", "cov_kwds": {"groups": sample.clusters}},
    }
    with np.errstate(all="ignore"):
        found = sm.OLS(sample.y, sample.X).fit(use_t=True, **kinds.get(covariance, {"cov_type": covariance}))
        ends = np.asarray(found.conf_int(1 - level), dtype=np.float64)
        columns = (found.bse, found.tvalues, found.pvalues, ends[:, 0], ends[:, 1])
    df = float(getattr(found, "df_resid_inference", None) or found.df_resid)
    coef, reasons = np.asarray(found.params, dtype=np.float64), _without_error(sample, covariance)
    reasons = tuple(
        reason or ("" if np.isfinite(se) else "its variance is not positive")
        for reason, se in zip(reasons, columns[0].tolist(), strict=True)
    )
    known = np.array([not reason for reason in reasons])
    se, t, p, low, high = (np.where(known, np.asarray(c, dtype=np.float64), np.nan) for c in columns)
    return Fitted(coef, se, t, df, p, low, high, float(found.rsquared), float(found.rsquared_adj), reasons)


def _without_error(sample: Observations, covariance: str) -> tuple[str, ...]:
    """Return why each coefficient has no standard error, or an empty text."""
    if covariance == "nonrobust":
        return ("",) * len(sample.names)
    clustered = covariance in ("cluster", "two-way")
    alone = determined_alone(sample.X, sample.clusters.T if clustered else ())
    reason = f"one {'cluster' if clustered else 'observation'} alone determines it or what it is compared with"
    return tuple(reason if one else "" for one in alone)


def unusable(sample: Observations) -> str:
    """Return why a regression cannot be computed, or an empty string."""
    n, k = sample.X.shape
    if n < k + 2:
        return f"{n} observations are complete; {k + 2} or more are needed for {k} coefficients"
    scale = np.abs(sample.X).max(axis=0)
    scaled = sample.X / np.where(scale > 0, scale, 1.0)
    if np.linalg.matrix_rank(scaled) < k:
        kept: list[int] = []
        for j in range(k):
            if np.linalg.matrix_rank(scaled[:, [*kept, j]]) > len(kept):
                kept.append(j)
        left = ", ".join(sample.labels[j] for j in range(k) if j not in kept)
        return f"{left} is constant or a combination of the other columns"
    for column in sample.clusters.T:
        if len(np.unique(column)) < 2:
            return "all observations are in one cluster"
    return ""


def placebo_coefficients(sample: Observations) -> FloatArray:
    """Return the least-squares coefficients on each placebo day with enough CARs, shape (R, k)."""
    k, found = sample.X.shape[1], []
    for day in sample.placebo:
        rows = np.isfinite(day)
        if rows.sum() > k and np.linalg.matrix_rank(sample.X[rows]) == k:
            found.append(np.linalg.lstsq(sample.X[rows], day[rows], rcond=None)[0])
    return np.array(found).reshape(len(found), k)


class Calibrated(NamedTuple):
    """Mean, standard deviation, rank p-value and t p-value of each coefficient, shape (k,)."""

    mean: FloatArray
    sd: FloatArray
    rank: FloatArray
    parametric: FloatArray


def calibrated(coef: FloatArray, placebo: FloatArray) -> Calibrated:
    """Compare coefficients (k,) with those of R placebo days (R, k) (Cohn, Johnson, Liu and Wardlaw 2026)."""
    from scipy.special import stdtr

    R = len(placebo)
    mean, sd = placebo.mean(axis=0), placebo.std(axis=0, ddof=1)
    distance = np.abs(coef - mean)
    rank = (1 + (np.abs(placebo - mean) >= distance * (1 - 1e-12)).sum(axis=0)) / (R + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = distance / (sd * np.sqrt(1 + 1 / R))
    return Calibrated(mean, sd, rank, np.asarray(2 * stdtr(R - 1, -t), dtype=np.float64))


class Whitening(NamedTuple):
    """Inverse of a covariance ``V diag(l) V' + diag(d)`` as ``1 / d`` less a product of thin matrices (Woodbury)."""

    inverse: FloatArray
    left: FloatArray
    right: FloatArray

    def times(self, columns: FloatArray) -> FloatArray:
        product: FloatArray = self.inverse[:, None] * columns - self.left @ (self.right @ columns)
        return product


def whitening(days: FloatArray, components: int) -> Whitening:
    """Return the inverse covariance of N CARs from R days (R, N): principal components and the variances left."""
    centered = days - days.mean(axis=0)
    V: FloatArray = np.linalg.svd(centered, full_matrices=False)[2][:components].T
    scores = centered @ V
    variance: FloatArray = np.maximum((centered - scores @ V.T).var(axis=0, ddof=1), LEAST_VARIANCE)
    thin = V.T / variance
    inner = np.diag(1 / np.maximum(scores.var(axis=0, ddof=1), LEAST_VARIANCE)) + thin @ V
    return Whitening(1 / variance, thin.T @ np.linalg.inv(inner), thin)


def gls_coefficients(y: FloatArray, X: FloatArray, inverse: Whitening) -> FloatArray:
    """Return the generalized least-squares coefficients of outcomes (n, m), shape (k, m)."""
    weighted = inverse.times(X)
    return np.asarray(np.linalg.solve(X.T @ weighted, weighted.T @ y), dtype=np.float64)


class Gls(NamedTuple):
    """Coefficients (k,) and t p-values (k,), and the number of components; 0 where there are too few days."""

    coef: FloatArray
    pvalue: FloatArray
    components: int


def calibrated_gls(sample: Observations) -> Gls:
    """Return the coefficients by GLS, compared with those of placebo days, as many components as half of the days.

    The covariance of the event is that of all days without a missing CAR; that of a placebo day leaves out its
    tenth of the days, because a covariance fits its own days too well. Observations with a missing CAR do not enter.
    """
    k, nothing = sample.X.shape[1], np.full(sample.X.shape[1], np.nan)
    complete = np.isfinite(sample.placebo).all(axis=0)
    days, X, y = sample.placebo[:, complete], sample.X[complete], sample.y[complete]
    R, n = days.shape
    components: int = min(R // 2, n // 2)
    if R < 2 * FOLDS or n < k + 2 or np.linalg.matrix_rank(X) < k:
        return Gls(nothing, nothing, 0)
    coef = gls_coefficients(y[:, None], X, whitening(days, components))[:, 0]
    fold = np.arange(R) % FOLDS
    placebo = np.empty((R, k))
    for one in range(FOLDS):
        inverse = whitening(days[fold != one], components)
        placebo[fold == one] = gls_coefficients(days[fold == one].T, X, inverse).T
    return Gls(coef, calibrated(coef, placebo).parametric, components)


def terms_of(sample: Observations, found: Fitted) -> tuple[tuple[Term, ...], int, int]:
    """Return the coefficients beside those of placebo days, the number of days and of principal components."""
    placebo = placebo_coefficients(sample)
    k = len(sample.names)
    nothing = np.full(k, np.nan)
    compared, gls = Calibrated(nothing, nothing, nothing, nothing), Gls(nothing, nothing, 0)
    if len(placebo) >= FEWEST_DAYS:
        compared, gls = calibrated(found.coef, placebo), calibrated_gls(sample)
    columns = (found.coef, found.se, found.statistic, np.full(k, found.df), found.pvalue, found.low, found.high)
    numbers = np.stack([*columns, *compared, gls.coef, gls.pvalue], axis=1).tolist()
    rows = zip(sample.names, numbers, found.reasons, sample.labels, strict=True)
    terms = tuple(replace(Term(name, *row), reason=reason, label=label) for name, row, reason, label in rows)
    return terms, len(placebo), gls.components
