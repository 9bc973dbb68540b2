"""The placebo test of one event: its CAR among the CARs of the same clock window on days without the event."""

from __future__ import annotations

import numpy as np

from eventstudy.inference.sample import PlaceboCounts, Sample, Statistic


def placebo(sample: Sample) -> Statistic:
    """p = (1 + #{placebo at least as far out}) / (D + 1): exact when event and placebo days are exchangeable."""
    counts: PlaceboCounts = sample.evidence["placebo"][sample.window]
    outside = {"two-sided": counts.two_sided, "greater": counts.greater, "less": counts.less}[sample.alternative]
    there = (counts.days > 0) & np.isfinite(sample.car)
    p = np.where(there, (1 + outside) / (counts.days + 1), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(there, sample.car / counts.spread, np.nan)
    reasons = ("no other day has the same clock window complete", "a return is missing")
    reason = np.where(np.isnan(sample.car), 2, np.where(counts.days > 0, 0, 1))
    return Statistic(sample.car, statistic, counts.spread, n=counts.days, pvalue=p, reasons=reasons, reason=reason)


def count_placebo(car: np.ndarray, placebo_car: tuple[np.ndarray, ...]) -> PlaceboCounts:
    """Count, for each event, the placebo CARs at least as far out as its own.

    Moves that are equal on paper differ by the rounding of logarithms, some 1e-16 of a log price each, so "at least
    as far" allows a billionth of the move: too much can only raise the p-value.
    """
    N = len(car)
    counts = np.zeros((4, N), dtype=np.int64)
    spread = np.full(N, np.nan)
    for i, draws in enumerate(placebo_car):
        slack = 1e-9 * abs(car[i])
        counts[:, i] = (
            len(draws),
            (np.abs(draws) >= abs(car[i]) - slack).sum(),
            (draws >= car[i] - slack).sum(),
            (draws <= car[i] + slack).sum(),
        )
        spread[i] = draws.std(ddof=1) if len(draws) > 1 else np.nan
    return PlaceboCounts(counts[0], counts[1], counts[2], counts[3], spread)
