"""Tests that count signs or rank the events among themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import Alternative, FloatArray
from eventstudy.inference import distributions
from eventstudy.inference.evidence import INDEPENDENT_SUMS
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

# Up to so many events the distributions of counts and of rank sums are exact.
EXACT_EVENTS = 50
ROUNDING = 12  # decimals of |CAR| over the largest one: closer CARs are tied


class Tails(NamedTuple):
    """P(W <= w) and P(W >= w)."""

    lower: float
    upper: float

    def pvalue(self, alternative: Alternative) -> float:
        """Return the p-value; two-sided twice the smaller tail, at most 1."""
        return {"two-sided": min(1.0, 2 * min(self)), "greater": self.upper, "less": self.lower}[alternative]


def sign(sample: Sample) -> Statistic:
    """Number of positive CARs under a probability of one half: exact up to 50 events, else normal."""
    from scipy.stats import binom

    found = sign_z(sample, 0.5)
    n = found.n_events
    if not np.isfinite(found.statistic[0]):
        return found
    if n > EXACT_EVENTS:
        p = float(distributions.pvalue(found.statistic, np.full(1, np.nan), "normal", sample.alternative)[0])
        return replace(found, pvalue=np.array([p]), note=f"normal approximation, N = {n:,}")
    w = int((sample.car > 0).sum())
    tails = Tails(float(binom.cdf(w, n, 0.5)), float(binom.sf(w - 1, n, 0.5)))
    p = tails.pvalue(sample.alternative)
    return replace(found, pvalue=np.array([p]), note=f"exact binomial distribution, N = {n}")


def generalized_sign(sample: Sample) -> Statistic:
    """Z of the number of positive CARs under the fraction of positive residuals in the estimation windows.

    Each event's own fraction is averaged (Cowan 1992); ``zeros`` "drop" leaves exact zeros out of the fractions as well
    as out of the count.
    """
    counts = residual_signs(sample)
    if not len(counts):
        return not_applicable(NO_RESIDUALS, n_events=0)
    return sign_z(sample, float((counts[:, 0] / counts[:, 1]).mean()))


NO_RESIDUALS = "the fraction of positive residuals needs an estimation window"


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
        return not_applicable("no CAR has a sign that could be counted", n_events=n)
    if sample.options["zeros"] == "drop":
        car = car[car != 0]
    w, counted = int((car > 0).sum()), len(car)
    if counted == 0:
        return not_applicable("every CAR is exactly zero", n_events=n)
    z = (w - counted * p) / np.sqrt(counted * p * (1 - p))
    return one(float(np.nanmean(sample.car)), float(z), n_events=counted)


def wilcoxon(sample: Sample) -> Statistic:
    """Wilcoxon's signed-rank W+ of the CARs: exact up to 50 events, ties included, else normal with tie correction."""
    from scipy.stats import rankdata

    car = sample.car[np.isfinite(sample.car)]
    size = np.round(np.abs(car) / np.abs(car).max(initial=np.finfo(float).tiny), ROUNDING)
    car, size = car[size > 0], size[size > 0]
    n = len(car)
    if n == 0:
        return not_applicable("no CAR differs from zero", n_events=n)
    ranks = rankdata(size)
    w = float(ranks[car > 0].sum())
    exact, ties = n <= EXACT_EVENTS, len(np.unique(ranks)) < n
    tails = exact_tails(w, ranks) if exact else normal_tails(w, ranks)
    note = "exact distribution" if exact else "normal approximation"
    note += " given the tied ranks" * (exact and ties) + " with tie correction" * (not exact and ties)
    found = one(float(np.nanmean(sample.car)), w, n_events=n)
    return replace(found, pvalue=np.array([tails.pvalue(sample.alternative)]), note=f"{note}, N = {n:,}")


def exact_tails(w: float, ranks: FloatArray) -> Tails:
    """Return the tails of W+ over all signs of the ranks, by counting the subsets that have each sum.

    Midranks are halves, so twice the ranks are counted (Streitberg and Roehmel 1986).
    """
    doubled = np.rint(2 * ranks).astype(np.int64)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = ways[rank:] + ways[:-rank]
    probability, at = ways / 2.0 ** len(ranks), round(2 * w)
    return Tails(float(probability[: at + 1].sum()), float(probability[at:].sum()))


def normal_tails(w: float, ranks: FloatArray) -> Tails:
    """Return the tails of W+ by the normal distribution, its variance corrected for ties."""
    from scipy.special import ndtr

    n = len(ranks)
    _, counts = np.unique(ranks, return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((counts**3 - counts).sum()) / 48
    z = (w - n * (n + 1) / 4) / np.sqrt(variance)
    return Tails(float(ndtr(z)), float(ndtr(-z)))


def sample_quantile(sample: Sample) -> Statistic:
    """Rank each CAR among the sums of as many residuals of its estimation window, scaled to the variance of a CAR.

    A window of L bars is refused where the M estimation returns hold fewer than 20 such sums side by side: overlapping
    sums, of which there are M - L + 1, carry little more information than M / L.
    """
    counts = sample.evidence.tail_counts[:, sample.evidence.windows.index(sample.window)]
    column = {"two-sided": 1, "greater": 2, "less": 3}[sample.alternative]
    usable = counts[:, 0] > 0
    p = np.where(usable, (1 + counts[:, column]) / (1 + counts[:, 0]), np.nan)
    rank = np.where(usable, counts[:, 3] / np.maximum(counts[:, 0], 1), np.nan)
    reasons = (
        f"the estimation window holds fewer than {INDEPENDENT_SUMS} sums of as many residuals side by side; "
        "lengthen it or shorten the tested window",
        "a return is missing",
    )
    reason = np.where(np.isnan(sample.car), 2, np.where(usable, 0, 1))
    n = counts[:, 0].astype(np.int64)
    return Statistic(sample.car, rank, n=n, pvalue=p, reasons=reasons, reason=reason)
