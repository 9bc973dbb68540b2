"""Means of groups of events with their covariance, and tests of their differences."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray, value
from eventstudy.inference.distributions import critical_value, pvalue

Contrast = Literal["difference", "equal means", "trend"]


@value
class GroupMean:
    """One group on one window.

    Attributes
    ----------
    group : tuple of str
        Its labels, one per column.
    window : Window
    n, dates, instruments : int
        Observations with a complete window, and their distinct event dates and instruments.
    mean : float
        Mean CAR, or mean buy-and-hold abnormal return.
    low, high : float
        Interval of the test at the level of the study.
    test : str
        The primary test of the group's design, or "weighted_t".
    statistic, df, pvalue : float
    reason : str
        Why there is no p-value, or empty.
    """

    group: tuple[str, ...]
    window: Window
    n: int
    dates: int
    instruments: int
    mean: float
    low: float
    high: float
    test: str
    statistic: float
    df: float
    pvalue: float
    reason: str


@value
class GroupPath:
    """Average abnormal returns of one group over event time.

    Attributes
    ----------
    group : tuple of str
    tau, n : IntArray, shape (L2,)
    aar, se, caar : FloatArray, shape (L2,)
        Mean abnormal return, its cross-sectional standard error, and the running mean CAR of the events without a
        missing return so far.
    """

    group: tuple[str, ...]
    tau: IntArray
    n: IntArray
    aar: FloatArray
    se: FloatArray
    caar: FloatArray


@value
class Comparison:
    """A test of group means.

    Attributes
    ----------
    contrast : {"difference", "equal means", "trend"}
        Last group less first; all means are equal (Wald); change of the mean per quantile.
    window : Window
    groups : tuple of str
        Groups that enter.
    estimate, se, low, high : float
        NaN for "equal means".
    statistic, df, df2, pvalue : float
        t(df), or F(df, df2).
    monotonic : bool or None
        Of a trend: whether the means rise or fall from each quantile to the next.
    reason : str
    """

    contrast: Contrast
    window: Window
    groups: tuple[str, ...]
    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    df: float
    df2: float
    pvalue: float
    monotonic: bool | None = None
    reason: str = ""


@value
class Grouping:
    """All groups of one set of columns.

    Attributes
    ----------
    by : tuple of str
        The columns.
    quantiles : int
        Number of quantiles asked for; 0 for groups by value.
    weights : str
    bounds : tuple of float
        Largest value of each quantile.
    missing : int
        Observations without a group.
    without_weight : int
        Observations with a group whose weight is empty or zero; they do not enter.
    means : tuple of GroupMean
        Windows first, groups within.
    paths : tuple of GroupPath
    comparisons : tuple of Comparison
    """

    by: tuple[str, ...]
    quantiles: int
    weights: str
    bounds: tuple[float, ...]
    missing: int
    without_weight: int
    means: tuple[GroupMean, ...]
    paths: tuple[GroupPath, ...]
    comparisons: tuple[Comparison, ...]


class WeightedMeans(NamedTuple):
    """Weighted means of G groups as if observations were independent, shape (G,).

    ``variance`` is that of each mean, ``concentration`` the sum of squared weights (1/n where they are equal); NaN
    where a group has fewer than two observations.
    """

    mean: FloatArray
    variance: FloatArray
    concentration: FloatArray

    @property
    def df(self) -> FloatArray:
        """Effective number of observations less one."""
        return 1 / self.concentration - 1


class Means(NamedTuple):
    """Means of G groups: ``mean`` (G,), their ``covariance`` (G, G), and degrees of freedom of each variance (G,)."""

    mean: FloatArray
    covariance: FloatArray
    df: FloatArray

    def part(self, rows: IntArray) -> Means:
        """Return the groups ``rows``."""
        return Means(self.mean[rows], self.covariance[rows][:, rows], self.df[rows])


def weighted_means(x: FloatArray, group: IntArray, weights: FloatArray, groups: int) -> WeightedMeans:
    """Return the weighted mean of each group and its variance ``n / (n - 1) sum w^2 (x - mean)^2``, ``sum w = 1``.

    Parameters
    ----------
    x : FloatArray, shape (N,)
    group : IntArray, shape (N,)
        Place of each observation's group; negative for none.
    weights : FloatArray, shape (N,)
        Observations without a finite number and weight above zero do not enter.
    groups : int
        G.

    Returns
    -------
    WeightedMeans
        With equal weights the variance is ``sd^2 / n``.
    """
    found = np.full((3, groups), np.nan)
    usable = np.isfinite(x) & np.isfinite(weights) & (weights > 0)
    for g in range(groups):
        rows = np.flatnonzero((group == g) & usable)
        n = len(rows)
        if not n:
            continue
        w = weights[rows] / weights[rows].sum()
        mean = float(w @ x[rows])
        variance = float(np.square(w) @ np.square(x[rows] - mean)) * n / (n - 1) if n > 1 else np.nan
        found[:, g] = mean, variance, np.square(w).sum()
    return WeightedMeans(*found)


def correlated(means: WeightedMeans, r: FloatArray) -> Means:
    """Return the means with the covariance of observations that move together (Kolari and Pynnonen 2010).

    With ``r_g`` the mean correlation over pairs of group g, ``c_g`` the sum of squared weights and ``V_g`` the variance
    as if independent, the variance of a mean is ``V_g (1 + (1 / c_g - 1) r_g) / (1 - r_g)``; two means have the
    covariance ``r_gh sigma_g sigma_h`` with ``sigma_g^2 = V_g / (c_g (1 - r_g))``.

    Parameters
    ----------
    means : WeightedMeans
    r : FloatArray, shape (G, G)
        Mean correlation over pairs of observations of two groups, within a group on the diagonal.
    """
    within = np.diag(r)
    with np.errstate(invalid="ignore"):
        sigma = np.sqrt(means.variance / (means.concentration * (1 - within)))
        covariance = r * np.outer(sigma, sigma)
        inflated = means.variance * (1 + means.df * within) / (1 - within)
    np.fill_diagonal(covariance, np.where(inflated > 0, inflated, np.nan))
    return Means(means.mean, covariance, means.df)


def clustered(means: WeightedMeans, x: FloatArray, group: IntArray, weights: FloatArray, dates: IntArray) -> Means:
    """Return the means with a covariance clustered by date: ``sum_d s_d s_d' D / (D - 1)``.

    ``s_d`` adds up the weighted deviations of date d by group.

    Parameters
    ----------
    means : WeightedMeans
    x, group, weights : as for :func:`weighted_means`
    dates : IntArray, shape (N,)
        Date of each observation.
    """
    G = len(means.mean)
    usable = np.isfinite(x) & np.isfinite(weights) & (weights > 0) & (group >= 0)
    g, w = group[usable], weights[usable]
    date = np.unique(dates[usable], return_inverse=True)[1]
    D = int(date.max(initial=-1)) + 1
    deviation = w / np.bincount(g, weights=w, minlength=G)[g] * (x[usable] - means.mean[g])
    scores = np.bincount(date * G + g, weights=deviation, minlength=D * G).reshape(D, G)
    per_group = np.array([len(np.unique(date[g == one])) for one in range(G)])
    covariance = np.asarray(scores.T @ scores * (D / (D - 1) if D > 1 else np.nan), dtype=np.float64)
    few = per_group < 2
    covariance[few], covariance[:, few] = np.nan, np.nan
    return Means(means.mean, covariance, per_group.astype(np.float64) - 1)


def contrast_t(
    name: Contrast, window: Window, means: Means, c: FloatArray, groups: tuple[str, ...], level: float
) -> Comparison:
    """Test that ``c' mean`` is zero with the degrees of freedom of Welch and Satterthwaite.

    For two groups that share no date this is Welch's t test.
    """
    estimate, variance = float(c @ means.mean), float(c @ means.covariance @ c)
    parts = np.square(c) * np.diag(means.covariance)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = float(parts.sum() ** 2 / (np.square(parts[parts > 0]) / means.df[parts > 0]).sum())
    if not (variance > 0 and df > 0):
        reason = "the covariance of the group means is not positive"
        return _without(name, window, groups, reason, estimate)
    se = float(np.sqrt(variance))
    half = float(critical_value(level, df)) * se
    p = float(pvalue(np.array([estimate / se]), np.array([df]), "t", "two-sided")[0])
    return Comparison(
        name, window, groups, estimate, se, estimate - half, estimate + half, estimate / se, df, float("nan"), p
    )


def equal_means(window: Window, means: Means, groups: tuple[str, ...]) -> Comparison:
    """Test that all group means are equal: a Wald test with Welch's (1951) degrees of freedom.

    ``F = W / (G - 1) / (1 + 2 (G - 2) L / (G^2 - 1))`` against ``F(G - 1, (G^2 - 1) / (3 L))`` with
    ``L = sum_g (1 - w_g / sum w)^2 / df_g`` and ``w_g`` the inverse variances; for groups that share no date this is
    Welch's analysis of variance.
    """
    from scipy.special import fdtrc

    G = len(means.mean)
    R = np.eye(G - 1, G) - np.eye(G - 1, G, 1)
    difference, covariance = R @ means.mean, R @ means.covariance @ R.T
    try:
        np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return _without("equal means", window, groups, "the covariance of the group means is not positive", np.nan)
    wald = float(difference @ np.linalg.solve(covariance, difference))
    w = 1 / np.diag(means.covariance)
    lack = float((np.square(1 - w / w.sum()) / means.df).sum())
    F = wald / (G - 1) / (1 + 2 * (G - 2) * lack / (G**2 - 1))
    df, df2 = float(G - 1), (G**2 - 1) / (3 * lack)
    nan = float("nan")
    return Comparison("equal means", window, groups, nan, nan, nan, nan, F, df, df2, float(fdtrc(df, df2, F)))


def _without(name: Contrast, window: Window, groups: tuple[str, ...], reason: str, estimate: float) -> Comparison:
    nan = float("nan")
    return Comparison(name, window, groups, estimate, nan, nan, nan, nan, nan, nan, nan, None, reason)


def trend_contrast(groups: int) -> FloatArray:
    """Return the weights that turn G means into the slope of a line through them, per step.

    >>> trend_contrast(3).tolist()
    [-0.5, 0.0, 0.5]
    """
    steps = np.arange(groups) - (groups - 1) / 2
    slope: FloatArray = steps / np.square(steps).sum()
    return slope


class WithinGroup(NamedTuple):
    """The observations of a group and the mean correlation over their pairs."""

    observations: int
    correlation: float

    @property
    def total(self) -> float:
        """The sum of the correlations over ordered pairs."""
        pairs = self.observations * (self.observations - 1)
        return pairs * self.correlation if pairs else 0.0


def between(r_all: float, first: WithinGroup, second: WithinGroup) -> float:
    """Return the mean correlation over pairs of two groups from that of all pairs and those within each group.

    ``r N (N - 1) = r_1 n_1 (n_1 - 1) + r_2 n_2 (n_2 - 1) + 2 n_1 n_2 r_12``.

    >>> between(0.25, WithinGroup(2, 0.5), WithinGroup(2, 0.5))
    0.125
    """
    both = WithinGroup(first.observations + second.observations, r_all)
    return (both.total - first.total - second.total) / (2 * first.observations * second.observations)


def group_path(group: tuple[str, ...], tau: IntArray, ar: FloatArray, weights: FloatArray) -> GroupPath:
    """Return the weighted mean abnormal returns of one group over event time.

    Parameters
    ----------
    group : tuple of str
    tau : IntArray, shape (L2,)
    ar : FloatArray, shape (n, L2)
    weights : FloatArray, shape (n,)
    """
    one = np.zeros(len(ar), dtype=np.int64)
    cells = [weighted_means(column, one, weights, 1) for column in ar.T]
    running = [weighted_means(column, one, weights, 1).mean[0] for column in np.cumsum(ar, axis=1).T]
    counted = np.isfinite(ar) & (weights > 0)[:, None]
    return GroupPath(
        group,
        tau,
        counted.sum(axis=0),
        np.array([cell.mean[0] for cell in cells]),
        np.array([np.sqrt(cell.variance[0]) for cell in cells]),
        np.array(running),
    )
