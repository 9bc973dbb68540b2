"""Test statistics as other programs compute them, defects included; ``test_options = {"compat": "estudy2"}``.

The tests themselves hold what the literature says. A profile replaces rows of ``TESTS`` by the variants of one program,
so that its published tables can be reproduced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference import parametric, rank, sign
from eventstudy.inference.ranking import RankSums
from eventstudy.inference.sample import Sample, Statistic, TestRow
from eventstudy.inference.table import TESTS


def _ddof_one(sample: Sample, variance: FloatArray) -> FloatArray:
    """Divide the residual sum of squares by M - 1, whatever the number of parameters."""
    fit = sample.abnormal.fit
    return np.asarray(variance * fit.df / (fit.n - 1))


def _has_slope(sample: Sample) -> bool:
    root = sample.abnormal.fit.xtx_inv_sqrt
    return root.shape[1] == 2 and bool(root[:, 1].any())


def _leverage_of_all_bars(sample: Sample, n: IntArray | float) -> FloatArray:
    """``L + L^2/M + (sum_win x)^2/SSx`` with the market's moments over all estimation bars, used or not; shape (N,)."""
    mean, squares = sample.evidence.market_moments.T
    L = sample.bars.astype(np.float64)
    x = sample.abnormal.windows.sums(sample.abnormal.columns(sample.window))[1] - L * mean
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(L + L**2 / n + x**2 / squares, dtype=np.float64)


def _with_estudy2_variance(sample: Sample) -> Sample:
    fit = sample.abnormal.fit
    variance = fit.sigma2 * _leverage_of_all_bars(sample, fit.n) if _has_slope(sample) else sample.variance
    return replace(sample, variance=_ddof_one(sample, variance))


def estudy2_brown_warner_1980(sample: Sample) -> Statistic:
    """Brown and Warner's t with residual variances over M - 1."""
    return parametric.independent_t(sample, _ddof_one(sample, parametric.car_variance(sample)))


def estudy2_patell(sample: Sample) -> Statistic:
    """Patell's Z with residual variances over M - 1 and the market's moments over all estimation bars."""
    return parametric.patell(_with_estudy2_variance(sample))


def estudy2_bmp(sample: Sample) -> Statistic:
    """BMP's t with the SCARs of :func:`estudy2_patell`."""
    return parametric.bmp(_with_estudy2_variance(sample))


def estudy2_lamb(sample: Sample) -> Statistic:
    """Lamb's Z with the market's moments over all estimation bars and the mean M of the events."""
    present = np.isfinite(sample.car)
    if not _has_slope(sample) or not present.any():
        return parametric.lamb(sample)
    leverage = _leverage_of_all_bars(sample, float(sample.abnormal.fit.n.mean()))
    return parametric.portfolio_t(sample, float(leverage[present].mean()), "normal")


def estudy2_generalized_sign(sample: Sample) -> Statistic:
    """Cowan's Z with the fraction of all positive residuals among all residuals, not the mean of the fractions."""
    counts = sign.residual_signs(sample)
    if not len(counts):
        return sign.generalized_sign(sample)
    return sign.sign_z(sample, float(counts[:, 0].sum() / counts[:, 1].sum()))


def _rescaled(sample: Sample, sums: RankSums, total: FloatArray, *, power: float) -> Statistic:
    """Scale sums up to all events where some have no value, and divide S^2 by the mean number of bars."""
    N, count = float(sums.lengths[1]), sums.count
    scaled = np.divide(total * N, count, out=np.zeros_like(total), where=count > 0)
    return rank.rank_z(sample, sums, scaled, power=power, bars=float(sums.lengths[0]) / max(N, 1.0))


def estudy2_corrado_rank(sample: Sample) -> Statistic:
    """Corrado's Z with rescaled sums."""
    sums = sample.evidence.ranks_raw
    return _rescaled(sample, sums, sums.centered, power=1.0)


def estudy2_corrado_zivney(sample: Sample) -> Statistic:
    """Corrado and Zivney's Z with rescaled sums, and event returns that are not standardized across events."""
    sums = sample.evidence.ranks_raw
    return _rescaled(sample, sums, sums.scaled, power=0.5)


def estudy2_corrado_sign(sample: Sample) -> Statistic:
    """Corrado and Zivney's sign Z with rescaled sums."""
    sums = sample.evidence.ranks_raw
    return _rescaled(sample, sums, sums.signs, power=0.5)


ALL_BARS = frozenset({"market_moments"})
COMPAT: Mapping[str, Mapping[str, TestRow]] = {
    "estudy2": {
        "brown_warner_1980": replace(TESTS["brown_warner_1980"], function=estudy2_brown_warner_1980),
        "patell": replace(TESTS["patell"], function=estudy2_patell, needs=ALL_BARS),
        "bmp": replace(TESTS["bmp"], function=estudy2_bmp, needs=ALL_BARS),
        "lamb": replace(TESTS["lamb"], function=estudy2_lamb, needs=TESTS["lamb"].needs | ALL_BARS),
        "generalized_sign": replace(TESTS["generalized_sign"], function=estudy2_generalized_sign),
        "corrado_rank": replace(TESTS["corrado_rank"], function=estudy2_corrado_rank),
        "corrado_zivney": replace(
            TESTS["corrado_zivney"], function=estudy2_corrado_zivney, needs=frozenset({"ranks_raw"})
        ),
        "corrado_sign": replace(TESTS["corrado_sign"], function=estudy2_corrado_sign),
    }
}
