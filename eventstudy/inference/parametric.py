"""Parametric tests of one window: of one event, of the mean of independent events, of a portfolio."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.inference import intervals
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one
from eventstudy.inference.significance import Distribution


def time_series_t(sample: Sample) -> Statistic:
    """t of each event: its CAR over the standard error of its prediction.

    Option ``forecast_error``: False leaves out the error of the estimated expectation.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(car_variance(sample))
        statistic = sample.car / se
    reasons = ("no residual variance: an estimation window (or placebo days) is needed", "a return is missing")
    reason = np.where(np.isnan(sample.car), 2, np.where(np.isfinite(statistic), 0, 1))
    return Statistic(sample.car, statistic, se, sample.df, n=sample.observations, reasons=reasons, reason=reason)


def car_variance(sample: Sample) -> FloatArray:
    """Return the variance of each CAR, with the error of the estimated expectation or without it, shape (N,)."""
    if sample.abnormal.same_clock is not None or sample.options["forecast_error"]:
        return sample.variance
    return sample.abnormal.noise_variance(sample.window)


def cross_sectional_t(sample: Sample) -> Statistic:
    """t of the mean CAR over its spread across events."""
    return mean_over_sd(sample.car, "CAR", sample.car)


def overlap_t(sample: Sample) -> Statistic:
    """Cross-sectional t with the correlation of the CARs in its variance, as in ``overlap_bmp``.

    It looks at the CARs themselves, not over their standard errors, so that it can be about buy-and-hold returns.
    """
    plain = cross_sectional_t(sample)
    if plain.se is None or not np.isfinite(plain.statistic[0]):
        return plain
    factor, why = _correlated(sample, plain.n_events, sample.evidence.estimation_correlations[sample.window])
    if why:
        return not_applicable(why, n_events=plain.n_events)
    return replace(plain, statistic=plain.statistic * factor, se=plain.se / factor)


def mean_over_sd(values: FloatArray, name: str, car: FloatArray) -> Statistic:
    """Return ``sqrt(N) mean / sd`` of the finite values, sd with N - 1; the reported estimate is the mean CAR."""
    finite = np.isfinite(values)
    x, n = values[finite], int(finite.sum())
    if n < 2:
        return not_applicable(f"the standard deviation across events needs at least 2 events, there is {n}", n_events=n)
    sd, mean = float(x.std(ddof=1)), float(x.mean())
    if not sd > 1e-12 * float(np.abs(x).max()):
        return not_applicable(f"all {name}s are equal, so their standard deviation is zero", estimate=mean, n_events=n)
    se = sd / np.sqrt(n)
    reported_se = se if values is car else np.nan
    return one(float(car[finite].mean()), mean / se, se=reported_se, df=n - 1, n_events=n)


class Standardized(NamedTuple):
    """SCAR = CAR / sqrt(V), NaN where an event has none, and its degrees of freedom; shapes (N,)."""

    scar: FloatArray
    df: FloatArray


def standardized(sample: Sample) -> Standardized:
    """Return the CARs over the standard errors of their predictions."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scar = sample.car / np.sqrt(sample.variance)
    return Standardized(np.where(np.isfinite(scar), scar, np.nan), np.broadcast_to(sample.df, scar.shape))


def patell(sample: Sample) -> Statistic:
    """Z of the summed standardized CARs, each scaled by the variance of its t distribution."""
    scar, df = standardized(sample)
    finite = np.isfinite(scar) & (df > 2)
    n = int(finite.sum())
    if n == 0:
        return not_applicable("no event has a CAR with more than 2 degrees of freedom", n_events=0)
    return _summed(sample, finite, 1.0)


def _summed(sample: Sample, finite: BoolArray, inflation: float) -> Statistic:
    """Return Patell's Z with its variance times ``inflation``, and the interval of effects that it does not reject."""
    scar, df = standardized(sample)
    variance = float((df[finite] / (df[finite] - 2)).sum()) * inflation
    found = one(
        float(sample.car[finite].mean()), float(scar[finite].sum() / np.sqrt(variance)), n_events=int(finite.sum())
    )
    car, sd = sample.car[finite], np.sqrt(sample.variance[finite])
    return replace(found, interval=intervals.summed(car, sd, variance, sample.level, alternative=sample.alternative))


def bmp(sample: Sample) -> Statistic:
    """t of the mean standardized CAR over its own standard deviation: the event may change the variance."""
    return _studentized(sample, 1.0)


def _studentized(sample: Sample, factor: float) -> Statistic:
    """Return BMP's t times ``factor``, and the interval of effects that it does not reject."""
    scar = standardized(sample).scar
    found = mean_over_sd(scar, "SCAR", sample.car)
    if found.df is None or not np.isfinite(found.statistic[0]):
        return found
    finite = np.isfinite(scar)
    car, sd = sample.car[finite], np.sqrt(sample.variance[finite])
    interval = intervals.studentized(car, sd, factor, sample.level, alternative=sample.alternative)
    return replace(found, statistic=found.statistic * factor, interval=interval)


class Correction(NamedTuple):
    """What a t for independent events is multiplied by, and why there is no such factor or an empty string."""

    factor: float
    why: str


def _clustering(sample: Sample, n: int, beside: float = 0.0) -> tuple[float, str]:
    """Return the mean correlation of the CARs, and why there is no test or an empty string."""
    r = sample.evidence.mean_correlations[sample.window] + beside
    if not np.isfinite(r):
        return r, "the mean correlation needs at least 2 events with an estimation window"
    if 1 + (n - 1) * r <= 0:
        return (
            r,
            f"the mean correlation of the residuals, {r:.4f}, is below -1/(N - 1): no variance is left",
        )
    return r, ""


def kp_patell(sample: Sample) -> Statistic:
    """Patell's Z over sqrt(1 + (N - 1) r): events may move together."""
    plain = patell(sample)
    r, why = _clustering(sample, plain.n_events)
    if why:
        return not_applicable(why, n_events=plain.n_events)
    scar, df = standardized(sample)
    return _summed(sample, np.isfinite(scar) & (df > 2), 1 + (plain.n_events - 1) * r)


def kp_bmp(sample: Sample) -> Statistic:
    """BMP's t times sqrt((1 - r) / (1 + (N - 1) r)): events may move together and change the variance."""
    return _correlated_bmp(sample, 0.0)


def overlap_bmp(sample: Sample) -> Statistic:
    """Kolari and Pynnonen's t with the correlation of CARs through estimation returns in common added to r."""
    return _correlated_bmp(sample, sample.evidence.estimation_correlations[sample.window])


def _correlated_bmp(sample: Sample, beside: float) -> Statistic:
    """Return BMP's t corrected for the mean correlation of the residuals plus ``beside``."""
    plain = bmp(sample)
    if plain.df is None or not np.isfinite(plain.statistic[0]):
        return plain
    factor, why = _correlated(sample, plain.n_events, beside)
    return not_applicable(why, n_events=plain.n_events) if why else _studentized(sample, factor)


def _correlated(sample: Sample, n: int, beside: float) -> Correction:
    """Return sqrt((1 - r) / (1 + (N - 1) r)), r the mean correlation of the residuals plus ``beside``."""
    r, why = _clustering(sample, n, beside)
    if not why and r >= 1 - 1e-12:
        why = "the residuals of all events are the same up to scale: their CARs count as one"
    return Correction(float("nan") if why else float(np.sqrt((1 - r) / (1 + (n - 1) * r))), why)


def brown_warner_1980(sample: Sample) -> Statistic:
    """t of the mean CAR over the standard errors of single events, added as independent."""
    return independent_t(sample, car_variance(sample))


def independent_t(sample: Sample, variance: FloatArray) -> Statistic:
    """Return the mean CAR over ``sqrt(sum V_i) / N``, for events with the variances ``variance`` (N,)."""
    finite = np.isfinite(sample.car) & np.isfinite(sample.variance)
    n = int(finite.sum())
    if n == 0:
        return not_applicable("no event has both a CAR and a residual variance", n_events=0)
    se = float(np.sqrt(variance[finite].sum()) / n)
    df = float(np.broadcast_to(sample.df, sample.car.shape)[finite].mean())
    mean = float(sample.car[finite].mean())
    return one(mean, mean / se, se=se, df=df, n_events=n)


def brown_warner_1985(sample: Sample) -> Statistic:
    """t of the mean CAR over the standard deviation of its portfolio residuals: events may move together."""
    return portfolio_t(sample, sample.bars.mean() if len(sample) else np.nan, "t")


def lamb(sample: Sample) -> Statistic:
    """Brown-Warner's portfolio test with the forecast error of the market model."""
    finite = np.isfinite(sample.car)
    if not len(sample.abnormal.windows.factors) or not finite.any():
        return not_applicable("the test needs a model with a market", n_events=int(finite.sum()))
    return portfolio_t(sample, float((sample.variance / sample.abnormal.fit.sigma2)[finite].mean()), "normal")


def portfolio_t(sample: Sample, bars: float, distribution: Distribution) -> Statistic:
    """Return the mean CAR over ``S sqrt(bars)``, S the standard deviation of the portfolio's residuals."""
    total, count = sample.evidence.portfolio
    finite = count > 0
    car = sample.car[np.isfinite(sample.car)]
    if finite.sum() < 3 or not len(car):
        return not_applicable("the portfolio needs an estimation window of 3 bars or more", n_events=len(car))
    S = float((total[finite] / count[finite]).std(ddof=1))
    se = S * np.sqrt(bars)
    mean = float(car.mean())
    df = float(finite.sum() - 1) if distribution == "t" else np.nan
    return one(mean, mean / se, se=float(se), df=df, n_events=len(car))


def skewness(sample: Sample) -> tuple[float, float, int]:
    """Return (mean / s, skewness, N) with s and the third moment over N - 1 and N as in Hall 1992."""
    car = sample.car[np.isfinite(sample.car)]
    n = len(car)
    if n < 3 or not car.std() > 1e-12 * float(np.abs(car).max()):
        return np.nan, np.nan, n
    s = float(car.std(ddof=1))
    return float(car.mean()) / s, float(((car - car.mean()) ** 3).mean() / s**3), n


NO_SKEW = "skewness needs at least 3 events with different CARs"


def johnson(S: float, g: float, n: int) -> float:
    """sqrt(N) (S + g S^2/3 + g/(6N))"""
    return float(np.sqrt(n) * (S + g * S**2 / 3 + g / (6 * n)))


def hall(S: float, g: float, n: int) -> float:
    """sqrt(N) (S + g S^2/3 + g^2 S^3/27 + g/(6N))"""
    return float(np.sqrt(n) * (S + g * S**2 / 3 + g**2 * S**3 / 27 + g / (6 * n)))


def johnson_t(sample: Sample) -> Statistic:
    """Johnson's t: corrected for the skewness of the CARs."""
    S, g, n = skewness(sample)
    if not np.isfinite(S):
        return not_applicable(NO_SKEW, n_events=n)
    return one(float(np.nanmean(sample.car)), johnson(S, g, n), n_events=n)


def hall_t(sample: Sample) -> Statistic:
    """Hall's monotone transformation: corrected for skewness, invertible."""
    S, g, n = skewness(sample)
    if not np.isfinite(S):
        return not_applicable(NO_SKEW, n_events=n)
    return one(float(np.nanmean(sample.car)), hall(S, g, n), n_events=n)


def jackknife_t(sample: Sample) -> Statistic:
    """t of the mean standardized CAR over its leave-one-out standard deviation (Giaccotto and Sfiridis 1996)."""
    scar = standardized(sample)[0]
    x = scar[np.isfinite(scar)]
    n = len(x)
    if n < 3:
        return not_applicable(f"leaving one out needs at least 3 events, there are {n}", n_events=n)
    if not x.std() > 1e-12 * float(np.abs(x).max()):
        return not_applicable("all SCARs are equal, so their standard deviation is zero", n_events=n)
    mean = float(sample.car[np.isfinite(scar)].mean())
    return one(mean, jackknife(x), df=n - 1, n_events=n)


def jackknife(x: FloatArray) -> float:
    """t of the pseudo-values ``N theta - (N - 1) theta_(i)`` of ``theta = mean / sd``."""
    n = len(x)
    pseudo = n * _t(x) - (n - 1) * _leave_one_out(x)
    if not np.isfinite(pseudo).all():
        return float("nan")
    return float(pseudo.mean() / (pseudo.std(ddof=1) / np.sqrt(n)))


def _t(x: FloatArray) -> float:
    return float(x.mean() / x.std(ddof=1))


def _leave_one_out(x: FloatArray) -> FloatArray:
    n, centered = len(x), x - x.mean()
    mean = x.mean() - centered / (n - 1)
    squares = (centered**2).sum() - centered**2 * n / (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):  # two equal values are left: their t is infinite
        return np.asarray(mean / np.sqrt(squares / (n - 2)), dtype=np.float64)
