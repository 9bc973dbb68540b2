"""Rank tests: the event's abnormal return among those of its own estimation window, averaged over events."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.inference.ranking import RankSums
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

NO_ESTIMATION = "ranks need an estimation window"


def corrado_rank(sample: Sample) -> Statistic:
    """Corrado's rank test; over several bars the mean ranks are added (Cowan 1992)."""
    sums = sample.evidence.ranks_raw
    return rank_z(sample, sums, sums.centered, power=1.0)


def corrado_zivney(sample: Sample) -> Statistic:
    """Corrado and Zivney's rank test: ranks over n + 1, and event returns standardized across events."""
    sums = sample.evidence.ranks_standardized
    return rank_z(sample, sums, sums.scaled, power=0.5)


def campbell_wasley(sample: Sample) -> Statistic:
    """Cumulative rank test: ranks over n + 1 for missing bars, mean over events, added over the window."""
    sums = sample.evidence.ranks_raw
    return rank_z(sample, sums, sums.scaled, power=1.0)


def corrado_sign(sample: Sample) -> Statistic:
    """Corrado and Zivney's sign test: signs about each event's own median."""
    sums = sample.evidence.ranks_raw
    return rank_z(sample, sums, sums.signs, power=0.5)


def rank_z(sample: Sample, sums: RankSums, total: FloatArray, *, power: float, bars: float | None = None) -> Statistic:
    """Return ``Z = sum_win u_t / (sqrt(L) S)``, ``u_t = total_t / N_t^power``, ``S^2 = sum_t u_t^2 / bars``.

    ``bars`` are those with a value unless given.
    """
    N, count = float(sums.lengths[1]), sums.count
    if sample.abnormal.fit.n.max(initial=0) < 3 or N == 0:
        return not_applicable(NO_ESTIMATION, n_events=int(N))
    u = np.divide(total, count**power, out=np.zeros_like(total), where=count > 0)
    S = float(np.sqrt(np.square(u).sum() / (bars or float((count > 0).sum()))))
    cells = sample.abnormal.columns(sample.window)
    L1 = len(u) - len(sample.abnormal.tau)
    window = u[L1:][cells]
    if not S > 0:
        return not_applicable("all ranks are equal", n_events=int(N))
    events = int(count[L1:][cells].min())
    return one(_mean_car(sample), float(window.sum() / (np.sqrt(len(window)) * S)), n_events=events)


def grank_t(sample: Sample) -> Statistic:
    """Generalized rank t (Kolari and Pynnonen 2011): the whole window counts as one extra bar."""
    sums = sample.evidence.granks.get(sample.window)
    if sums is None:
        return not_applicable("the ranks need at least 2 events with different SCARs", n_events=0)
    mean = np.divide(sums.scaled, sums.count, out=np.zeros_like(sums.scaled), where=sums.count > 0)
    T, n = int((sums.count > 0).sum()), float(sums.count[-1])
    S = np.sqrt((sums.count / n * np.square(mean)).sum() / T)
    Z = float(mean[-1] / S)
    if T - 1 - Z**2 <= 0:
        return not_applicable(
            "the event's rank is so far out that the t transformation is not defined", n_events=int(n)
        )
    t = Z * np.sqrt((T - 2) / (T - 1 - Z**2))
    return one(_mean_car(sample), float(t), df=T - 2, n_events=int(n))


def grank_z(sample: Sample) -> Statistic:
    """Generalized rank Z: the same mean rank against its variance under independent events."""
    sums = sample.evidence.granks.get(sample.window)
    if sums is None:
        return not_applicable("the ranks need at least 2 events with different SCARs", n_events=0)
    T, n = int((sums.count > 0).sum()), float(sums.count[-1])
    mean = float(sums.scaled[-1] / n)
    return one(_mean_car(sample), float(mean * np.sqrt(12 * n * (T + 1) / (T - 1))), n_events=int(n))


def _mean_car(sample: Sample) -> float:
    car = sample.car[np.isfinite(sample.car)]
    return float(car.mean()) if len(car) else float("nan")
