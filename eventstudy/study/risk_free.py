"""Excess returns: a factor that is the risk-free rate is taken from the returns and is not a regressor."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray
from eventstudy.errors import Notice

# Names of the rate and of the market in excess of it in factor libraries, without case and signs.
RISK_FREE, MARKET_EXCESS = {"rf", "riskfree", "riskfreerate"}, {"mktrf", "rmrf", "marketrf"}


def in_excess(series: SeriesSet, model: str) -> tuple[SeriesSet, tuple[Notice, ...]]:
    """Return the series as the model needs them where one of the factors is the risk-free rate.

    ``factor`` explains returns in excess of the rate by the other factors. ``capm`` takes the market and the rate: a
    market in excess of the rate (``Mkt-RF``) gets it added back, and further factors are left out.
    """
    names = [re.sub(r"[^a-z]", "", name.casefold()) for name in series.factor_names]
    rate = next((place for place, name in enumerate(names) if name in RISK_FREE), -1)
    if rate < 0 or model not in {"factor", "capm"} or len(names) < 2:
        return series, ()
    label = series.factor_names[rate]
    others = [place for place in range(len(names)) if place != rate]
    if model == "factor":
        values = less_the_rate(series, series.factors[rate])
        kept = tuple(series.factor_names[place] for place in others)
        message = f"Returns are in excess of {label!r}; the regressors are {', '.join(kept)}."
        excess = replace(series, values=values, factors=series.factors[others], factor_names=kept)
        return excess, (Notice("ES-EXCESS-RETURNS", message),)
    market = next((place for place in others if names[place] in MARKET_EXCESS), others[0])
    total = series.factors[market] + (series.factors[rate] if names[market] in MARKET_EXCESS else 0)
    kept = (series.factor_names[market], label)
    message = f"The model 'capm' uses {kept[0]!r} as the market and {label!r} as the risk-free rate."
    pair = replace(series, factors=np.stack([total, series.factors[rate]]), factor_names=kept)
    return pair, (Notice("ES-EXCESS-RETURNS", message),)


def less_the_rate(series: SeriesSet, rate: FloatArray) -> FloatArray:
    """Return the returns of every series less the rate of the same bar."""
    values = series.values.copy()
    for offset, length, start in zip(series.offset, series.length, series.time_offset, strict=True):
        values[offset : offset + length] -= rate[start : start + length]
    return values
