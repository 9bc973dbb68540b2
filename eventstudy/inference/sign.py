"""Tests that count signs or rank the events among themselves."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.inference.evidence import INDEPENDENT_SUMS
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

EXACT_WILCOXON = 50


def sign(sample: Sample) -> Statistic:
    """Z of the number of positive CARs under a share of one half."""
    return sign_z(sample, 0.5)


def generalized_sign(sample: Sample) -> Statistic:
    """Z of the number of positive CARs under the share of positive residuals in the estimation windows.

    Each event's own fraction is averaged (Cowan 1992); ``zeros`` "drop" leaves exact zeros out of the fractions as well
    as out of the count.
    """
    counts = residual_signs(sample)
    if not len(counts):
        return not_applicable(NO_RESIDUALS, n_events=0)
    return sign_z(sample, float((counts[:, 0] / counts[:, 1]).mean()))


NO_RESIDUALS = "the share of positive residuals needs an estimation window"


def residual_signs(sample: Sample) -> FloatArray:
    """Return positive residuals, and residuals counted, of the events that have a CAR and residuals; shape (n, 2)."""
    positive, bars, zeros = sample.evidence.positive_share.T
    if sample.options["zeros"] == "drop":
        bars = bars - zeros
    counts: FloatArray = np.stack([positive, bars], axis=1)
    used: FloatArray = counts[np.isfinite(sample.car) & (bars > 0)]
    return used


def sign_z(sample: Sample, p: float) -> Statistic:
    """Return ``Z = (w - N p) / sqrt(N p (1 - p))``, w the number of positive CARs."""
    car = sample.car[np.isfinite(sample.car)]
    n = len(car)
    if n == 0 or not 0 < p < 1:
        return not_applicable("there is no CAR whose sign could be counted", n_events=n)
    if sample.options["zeros"] == "drop":
        car = car[car != 0]
    w, counted = int((car > 0).sum()), len(car)
    if counted == 0:
        return not_applicable("every CAR is exactly zero", n_events=n)
    z = (w - counted * p) / np.sqrt(counted * p * (1 - p))
    return one(float(np.nanmean(sample.car)), float(z), n_events=counted)


def wilcoxon(sample: Sample) -> Statistic:
    """Wilcoxon's signed-rank W+ of the CARs: exact up to 50 events without ties, else normal with tie correction."""
    car = sample.car[np.isfinite(sample.car)]
    car = car[car != 0]
    n = len(car)
    if n == 0:
        return not_applicable("there is no CAR other than zero", n_events=n)
    from scipy.stats import rankdata

    ranks = rankdata(np.abs(car))
    w = float(ranks[car > 0].sum())
    ties = len(np.unique(ranks)) < n
    p = _exact(w, n) if n <= EXACT_WILCOXON and not ties else _normal(w, n, ranks)
    chosen = {"two-sided": min(1.0, 2 * min(p)), "greater": p[1], "less": p[0]}[sample.alternative]
    made = one(float(np.nanmean(sample.car)), w, n_events=n)
    return Statistic(made.estimate, made.statistic, n=made.n, n_events=n, pvalue=np.array([chosen]))


def _exact(w: float, n: int) -> tuple[float, float]:
    """P(W <= w) and P(W >= w) by counting the subsets of 1..n that sum to each value."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] = ways[rank:] + ways[:-rank]
    share = ways / 2.0**n
    at = round(w)
    return float(share[: at + 1].sum()), float(share[at:].sum())


def _normal(w: float, n: int, ranks: FloatArray) -> tuple[float, float]:
    from scipy.special import ndtr

    _, counts = np.unique(ranks, return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((counts**3 - counts).sum()) / 48
    z = (w - n * (n + 1) / 4) / np.sqrt(variance)
    return float(ndtr(z)), float(ndtr(-z))


def sample_quantile(sample: Sample) -> Statistic:
    """Rank each CAR among the sums of as many residuals of its estimation window, scaled to the variance of a CAR.

    A window of L bars is refused where the M estimation returns hold fewer than 20 such sums side by side: overlapping
    sums, of which there are M - L + 1, carry little more information than M / L.
    """
    counts = sample.evidence.tail_counts[:, sample.evidence.windows.index(sample.window)]
    column = {"two-sided": 1, "greater": 2, "less": 3}[sample.alternative]
    there = counts[:, 0] > 0
    p = np.where(there, (1 + counts[:, column]) / (1 + counts[:, 0]), np.nan)
    rank = np.where(there, counts[:, 3] / np.maximum(counts[:, 0], 1), np.nan)
    reasons = (
        f"the estimation window holds fewer than {INDEPENDENT_SUMS} sums of as many residuals side by side; "
        "lengthen it or shorten the tested window",
        "a return is missing",
    )
    reason = np.where(np.isnan(sample.car), 2, np.where(there, 0, 1))
    n = counts[:, 0].astype(np.int64)
    return Statistic(sample.car, rank, n=n, pvalue=p, reasons=reasons, reason=reason)
