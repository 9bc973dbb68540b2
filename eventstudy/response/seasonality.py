"""The time of day in volatility: sigma_{d,i} = s_d f_i with mean(f_i^2) = 1 over the bars of a day.

The first axis are days, the last one bars of the day; between them may stand an axis of events, each with days of its
own. A bar without trades is NaN and is left out; a bar that is a break or an auction on every day has factor NaN.
What is estimated here never sees the day it is applied to: give only other days.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, counts, look_up, sorted_days
from eventstudy.response.jumps import LEVELS

LOG_ABS_NORMAL = -(np.euler_gamma + math.log(2)) / 2  # E ln|Z| = -0.6352
WSD_CUT, WSD_SCALE, HALF_SCALE = 6.635, 1.081, 0.741  # Boudt, Croux and Laurent (2011)
DAYS_AT_ONCE = 128  # so many days of bars fit the cache of a core while a measure goes over them several times
SHORTEST = 16  # bars of a stretch that has a daily level and a rhythm of its own


def time_of_day_mean(returns: FloatArray) -> FloatArray:
    """Return the mean return of each bar of the day over days, shape (D, ..., n) to (..., n); NaN for none."""
    finite = np.isfinite(returns)
    count = counts(finite, 0)
    total = np.where(finite, returns, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def daily_level(returns: FloatArray, kind: str = "medrv") -> FloatArray:
    """Return s_d, the volatility of one bar on each day, shape (..., n) to (...,): sqrt(measure / number of bars).

    Parameters
    ----------
    returns : FloatArray, shape (..., n)
    kind : str
        Row of ``LEVELS``: rv, bipower, medrv, minrv. Missing bars are closed up, never filled.
    """
    measure = look_up("volatility level", LEVELS, kind)
    values = np.asarray(returns, dtype=np.float64)
    n = values.shape[-1]
    days = values.reshape(math.prod(values.shape[:-1]), n)
    finite = np.isfinite(days)
    count, level = finite.sum(axis=1), np.full(len(days), np.nan)
    for present in np.unique(count[count > 3]):
        rows = np.flatnonzero(count == present)
        chosen = days if len(rows) == len(days) else days[rows]
        if present < n:
            chosen = chosen[finite[rows]].reshape(len(rows), present)
        blocks = [chosen[first : first + DAYS_AT_ONCE] for first in range(0, len(chosen), DAYS_AT_ONCE)]
        level[rows] = np.sqrt(np.concatenate([measure(block) for block in blocks]) / present)
    return level.reshape(values.shape[:-1])


def periodicity_sd(standardized: FloatArray) -> FloatArray:
    """Return f_i by the standard deviation (about zero) of r_{d,i} / s_d over days, shape (D, ..., n) to (..., n).

    Taylor and Xu (1997). Not robust: one jump day can own a bar.
    """
    return unit_mean_square(np.sqrt(time_of_day_mean(np.asarray(standardized) ** 2)))


def periodicity_wsd(standardized: FloatArray) -> FloatArray:
    """Return f_i by the weighted standard deviation, robust to jumps, shape (D, ..., n) to (..., n).

    First the shortest-half scale ShortH_i = 0.741 min_k (r_(k + h - 1) - r_(k)) with h = floor(D/2) + 1; then
    WSD_i = sqrt(1.081 sum_d w r^2 / sum_d w), w = 1 where (r / f_i^ShortH)^2 <= 6.635, else 0.
    Boudt, Croux and Laurent (2011), doi:10.1016/j.jempfin.2010.11.005.
    """
    r = np.asarray(standardized, dtype=np.float64)
    rough = unit_mean_square(shortest_half(r))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = (r / rough) ** 2 <= WSD_CUT
        kept = np.where(weight, r**2, 0.0).sum(axis=0) / counts(weight, 0)
    return unit_mean_square(np.sqrt(WSD_SCALE * kept))


def shortest_half(values: FloatArray) -> FloatArray:
    """Return 0.741 times the length of the shortest half over days, shape (D, ..., n) to (..., n)."""
    days = values.reshape(len(values), math.prod(values.shape[1:]))
    finite = np.isfinite(days)
    count, out = counts(finite, 0), np.full(days.shape[1], np.nan)
    ordered = sorted_days(np.where(finite, days, np.inf))
    for present in np.unique(count[count >= 3]):
        columns, h = np.flatnonzero(count == present), int(present) // 2 + 1
        x = ordered[:present] if len(columns) == len(count) else ordered[:present, columns]
        out[columns] = HALF_SCALE * (x[h - 1 :] - x[: present - h + 1]).min(axis=0)
    return out.reshape(values.shape[1:])


def periodicity_fourier(standardized: FloatArray, terms: int = 4) -> FloatArray:
    """Return f_i by least squares of ln|r_{d,i} / s_d| - E ln|Z| on 1, i, i^2, sines and cosines.

    The flexible Fourier form of Andersen and Bollerslev (1997), doi:10.1016/S0927-5398(97)00004-2. Zero returns have
    no logarithm and are left out: with many of them (illiquid series) prefer ``wsd`` or ``sd``.
    """
    r = np.asarray(standardized, dtype=np.float64)
    n = r.shape[-1]
    at = (np.arange(n) + 1) / n
    waves = [f(2 * math.pi * k * at) for k in range(1, terms + 1) for f in (np.cos, np.sin)]
    design = np.column_stack([np.ones(n), at, at**2, *waves])
    usable = np.isfinite(r) & (r != 0)
    size = np.log(np.abs(np.where(usable, r, 1.0))) - LOG_ABS_NORMAL
    count = usable.sum(axis=0)
    mean = np.where(usable, size, 0.0).sum(axis=0) / np.maximum(count, 1)
    weight = np.sqrt(count.astype(np.float64))
    fitted = np.empty(count.shape)
    for event in np.ndindex(count.shape[:-1]):
        coef, *_ = np.linalg.lstsq(design * weight[event][:, None], mean[event] * weight[event], rcond=None)
        fitted[event] = design @ coef
    return unit_mean_square(np.where(count > 0, np.exp(fitted), np.nan))


def unit_mean_square(factor: FloatArray) -> FloatArray:
    """Return factors (..., n) scaled so that the mean square over the bars that have one is 1."""
    finite = np.isfinite(factor)
    total = np.where(finite, factor, 0.0) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(total.sum(axis=-1, keepdims=True) / finite.sum(axis=-1, keepdims=True))
        return np.where(scale > 0, factor / scale, factor)


PERIODICITIES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "sd": periodicity_sd,
    "wsd": periodicity_wsd,
    "fourier": periodicity_fourier,
}


def periodicity(
    returns: FloatArray, kind: str = "wsd", level: str = "medrv", segments: IntArray | None = None
) -> FloatArray:
    """Return the time-of-day factors f_i of several days, shape (D, ..., n) to (..., n).

    Parameters
    ----------
    returns : FloatArray, shape (D, ..., n)
        Returns of D other days on the same clock.
    kind : str
        Row of ``PERIODICITIES``: sd, wsd, fourier.
    level : str
        Row of ``LEVELS`` for the daily level each day is divided by first.
    segments : IntArray, shape (n,), optional
        Numbers the stretches of trading between breaks, in order: each has its own daily level and rhythm, and the
        factors of all of them are on one scale.
    """
    given = np.asarray(returns)
    factor = np.full(given.shape[1:], np.nan)
    for stretch in _stretches(given.shape[-1], segments):
        factor[..., stretch] = _one_stretch(given[..., stretch], kind, level)
    return unit_mean_square(factor)


def _stretches(n: int, segments: IntArray | None) -> list[slice]:
    """Return the stretches between breaks; ``segments`` (n,) never decrease."""
    cuts = [] if segments is None else (np.flatnonzero(np.diff(segments)) + 1).tolist()
    return [slice(a, b) for a, b in itertools.pairwise([0, *cuts, n])]


def _one_stretch(returns: FloatArray, kind: str, level: str) -> FloatArray:
    """Return the volatility of each bar of one stretch; too short for a daily level or waves, by standard deviation."""
    estimate = look_up("periodicity", PERIODICITIES, kind)
    if returns.shape[-1] < SHORTEST:
        return np.asarray(np.sqrt(time_of_day_mean(returns**2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = daily_level(returns, level)
        scaled = returns / levels[..., None]
    typical = np.sqrt(time_of_day_mean(levels[..., None] ** 2))
    return np.asarray(typical * estimate(np.where(np.isfinite(scaled), scaled, np.nan)))
