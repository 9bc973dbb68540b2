"""Placebo tests: one event among the same time-of-day window on other days, a study among itself on non-event dates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.arrays import Alternative
from eventstudy.inference.bootstrap import TIE, empirical
from eventstudy.inference.evidence import PlaceboCounts
from eventstudy.inference.intervals import Interval, beyond
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

# Bars may be missing, or the rules of `[inference.placebo]` leave every day out; ES-PLACEBO-FEW counts them by rule.
NO_DAYS = "no other day has the complete window and meets the rules for placebo days"
EQUAL_MOVES = 1e-9  # of a move: see count_placebo


def placebo(sample: Sample) -> Statistic:
    """p = (1 + #{placebo at least as far out}) / (D + 1): exact when event and placebo days are exchangeable."""
    return _among_days(sample, sample.evidence.placebo[sample.window], NO_DAYS)


def standardized_placebo(sample: Sample) -> Statistic:
    """The placebo test with every placebo day at the event day's volatility before the news.

    CAR_d is multiplied by s_0 / s_d, the volatility (MedRV) of the bars of the trading day before the event's reference
    close, over that before the same time of day: exact if days are exchangeable up to their volatility so far. Variance
    that appears only with the news is not allowed for.
    """
    counts = sample.evidence.standardized_placebo[sample.window]
    return _among_days(sample, counts, f"volatility before the news cannot be measured, or {NO_DAYS}")


def _among_days(sample: Sample, counts: PlaceboCounts, no_days: str) -> Statistic:
    outside = {"two-sided": counts.two_sided, "greater": counts.greater, "less": counts.less}[sample.alternative]
    usable = (counts.days > 0) & np.isfinite(sample.car)
    p = np.where(usable, (1 + outside) / (counts.days + 1), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(usable, sample.car / counts.sd, np.nan)
    reasons = (no_days, "a return is missing")
    reason = np.where(np.isnan(sample.car), 2, np.where(counts.days > 0, 0, 1))
    found = Statistic(sample.car, statistic, counts.sd, n=counts.days, pvalue=p, reasons=reasons, reason=reason)
    return replace(found, interval=counts.interval)


def placebo_refit(sample: Sample) -> Statistic:
    """The mean CAR among those of the study moved to non-event dates, every model estimated again there.

    Events of one moment move together, so clustering is in the reference distribution; so are fat tails, skewness and
    the error of the fit. Dates are drawn from the study's seed and the moment itself.
    """
    refits = sample.evidence.refits
    if refits is None:
        return not_applicable(
            "the model is estimated on other days already; use the test 'placebo'", n_events=len(sample)
        )
    draws, car = refits.of(sample.window), sample.car[np.isfinite(sample.car)]
    if len(draws) < 2 or not len(car):
        return not_applicable("no non-event date has a complete estimation and event window", n_events=len(car))
    mean, sd = float(car.mean()), float(draws.std(ddof=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        row = one(mean, np.float64(mean) / sd, se=sd, n_events=len(car))
    p = np.array([empirical(mean, draws, sample.alternative)])
    low, high = beyond(mean, draws, sample.level, TIE, alternative=sample.alternative)
    interval = Interval(np.array([low]), np.array([high]))
    return replace(row, n=np.array([len(draws)]), pvalue=p, interval=interval)


def count_placebo(
    car: np.ndarray,
    placebo_car: tuple[np.ndarray, ...],
    level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> PlaceboCounts:
    """Count, for each event, the placebo CARs at least as far out as its own.

    Moves that are equal on paper differ by the rounding of logarithms, some 1e-16 of a log price each, so "at least
    as far" allows a billionth of the move: too much can only raise the p-value.
    """
    N = len(car)
    counts = np.zeros((4, N), dtype=np.int64)
    sd, ends = np.full(N, np.nan), np.full((2, N), np.nan)
    for i, draws in enumerate(placebo_car):
        slack = EQUAL_MOVES * abs(car[i])
        counts[:, i] = (
            len(draws),
            (np.abs(draws) >= abs(car[i]) - slack).sum(),
            (draws >= car[i] - slack).sum(),
            (draws <= car[i] + slack).sum(),
        )
        sd[i] = draws.std(ddof=1) if len(draws) > 1 else np.nan
        ends[:, i] = beyond(float(car[i]), draws, level, EQUAL_MOVES, alternative=alternative)
    return PlaceboCounts(counts[0], counts[1], counts[2], counts[3], sd, Interval(ends[0], ends[1]))
