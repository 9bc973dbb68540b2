"""The event day beside its placebo days before the news: weekday, volatility, volume and bid-ask spread."""

from __future__ import annotations

import numpy as np

from eventstudy.abnormal.placebo.balance import PlaceboBalance, balance_row, merged, weekday_row
from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.response.matching import Matched
from eventstudy.response.window import regime_levels


def placebo_balance(matched: Matched, observation: tuple[str, str], kind: str, breakdown: float) -> PlaceboBalance:
    """Return what the placebo days of a response have in common with the event day.

    ``observation`` is the event and the instrument, ``kind`` the row of ``LEVELS`` that volatility is measured by.
    Nothing at or after the time of the news is looked at.
    """
    before = matched.open.copy()
    before[matched.zero + 1 :] = False
    levels, level = regime_levels(matched.event, matched.placebo, matched, kind)
    samples = matched.event, matched.placebo
    volume, volumes = (_total(sample.volume, before) for sample in samples)
    spread, spreads = (_mean(sample.spread, before) for sample in samples)
    rows = [
        weekday_row(matched.event_day, matched.day),
        balance_row("volatility", float(level), levels),
        balance_row("volume", float(volume), volumes),
        balance_row("spread", float(spread), spreads),
    ]
    found = tuple(row for row in rows if row is not None)
    return PlaceboBalance(*observation, "response", len(matched.day), merged(matched.left_out), found, breakdown)


def _total(values: FloatArray, columns: BoolArray) -> FloatArray:
    """Return sums over columns, shape (..., T) to (...); NaN where no value is known."""
    known = np.isfinite(values[..., columns])
    total = np.where(known, values[..., columns], 0.0).sum(axis=-1)
    return np.asarray(np.where(known.any(axis=-1), total, np.nan))


def _mean(values: FloatArray, columns: BoolArray) -> FloatArray:
    count = np.isfinite(values[..., columns]).sum(axis=-1)
    return np.asarray(_total(values, columns) / np.maximum(count, 1))
