"""Parametric tests of one window: of one event, and of the mean of many independent ones."""

from __future__ import annotations

import numpy as np

from eventstudy.inference.sample import Sample, Statistic, not_applicable, one


def time_series_t(sample: Sample) -> Statistic:
    """t of each event: its CAR over the standard error of its prediction."""
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(sample.variance)
        statistic = sample.car / se
    reasons = ("no residual variance: an estimation window (or placebo days) is needed", "a return is missing")
    reason = np.where(np.isnan(sample.car), 2, np.where(np.isfinite(statistic), 0, 1))
    return Statistic(sample.car, statistic, se, sample.df, n=sample.abnormal.fit.n, reasons=reasons, reason=reason)


def cross_sectional_t(sample: Sample) -> Statistic:
    """t of the mean CAR over its spread across events."""
    car = sample.car[np.isfinite(sample.car)]
    n = len(car)
    if n < 2:
        return not_applicable(f"the spread across events needs at least 2 events, there is {n}", n_events=n)
    spread = car.std(ddof=1)
    if not spread > 1e-12 * np.abs(car).max():
        return not_applicable("all CARs are equal, so they have no spread", estimate=car.mean(), n_events=n)
    se = spread / np.sqrt(n)
    return one(car.mean(), car.mean() / se, se=se, df=n - 1, n_events=n)


def patell(sample: Sample) -> Statistic:
    """Z of the summed standardised CARs, each scaled by the variance of its t distribution."""
    scar, df = standardised(sample)
    scar, df = scar[df > 2], df[df > 2]
    n = len(scar)
    if n == 0:
        return not_applicable("no event has a CAR with more than 2 degrees of freedom", n_events=n)
    z = scar.sum() / np.sqrt((df / (df - 2)).sum())
    return one(float(np.nanmean(sample.car)), z, n_events=n)


def standardised(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return SCAR = CAR / sqrt(V) and df of the events that have both."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scar = sample.car / np.sqrt(sample.variance)
    there = np.isfinite(scar)
    return scar[there], np.broadcast_to(sample.df, scar.shape)[there]
