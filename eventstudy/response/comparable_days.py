"""The placebo days of one response for the tests of a study: the same days, prices and volatility for one move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.placebo.balance import KNOWN_EVENT, DaysLeftOut
from eventstudy.abnormal.placebo.shared_days import SharedDays
from eventstudy.arrays import DAY_US, FloatArray, IntArray
from eventstudy.news.items import Event
from eventstudy.response.cut_windows import EventWindow, event_window
from eventstudy.response.intraday_prices import IntradayPrices, samples_beside
from eventstudy.response.known import Known
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.window import NO_LEVEL, day_factors, regime_levels


def comparable_days(
    prices: IntradayPrices, event: Event, settings: ResponseSettings, known: Known, wall: IntArray
) -> SharedDays:
    """Return the days that the response to an event is compared with; ``wall`` are the closes of the tests' series.

    A day that counts for less in the response, because another known event falls into the window, is left out.

    Raises
    ------
    DataError
        If there is no response to the event.
    """
    others = known.on_clock(prices.zone, prices.instrument.code).besides(event)
    window = event_window(prices, event, settings, others)
    one, factor = window.matched, _factors(window, settings)
    kept = np.isfinite(factor) if settings.standardize and np.isfinite(factor).any() else np.ones(len(factor), np.bool_)
    full = one.weight >= 1
    left_out = [*one.left_out]
    for reason, out in ((KNOWN_EVENT, ~full), (NO_LEVEL, full & ~kept)):
        left_out += [DaysLeftOut(reason, int(out.sum()))] if out.any() else []
    rows = np.flatnonzero(full & kept)
    rows = rows[np.argsort(np.abs(one.day[rows] - one.event_day), kind="stable")]
    clocks = one.wall + one.event_day * DAY_US
    days = SharedDays(
        one.day[rows], one.event_day, factor[rows], wall, int(clocks[one.zero]), int(clocks[one.start]),
        int(clocks[-1]), tuple(left_out), prices.around_the_clock,
    )  # fmt: skip
    further = _to_first(window, settings, measured=bool(np.isfinite(factor).any()))
    return days if further is None else days.with_days_until(int(clocks[one.first]), *further)


def _factors(window: EventWindow, settings: ResponseSettings) -> FloatArray:
    """Return the event day's volatility before the news over that of each placebo day, shape (D,); NaN if unknown."""
    event, others = (samples_beside([sample]) for sample in (window.matched.event, window.matched.placebo))
    found = day_factors([window], (event, others), replace(settings, standardize=True))
    return np.where(np.isfinite(found.regime), found.factor, np.nan)[:, 0]


def _to_first(window: EventWindow, settings: ResponseSettings, *, measured: bool) -> tuple[IntArray, FloatArray] | None:
    """Return the days that serve for windows up to the first price only, and their factors; None where none does."""
    one = window.matched
    if settings.expected != "zero" or one.to_first is None or one.day_to_first is None or not len(one.day_to_first):
        return None
    levels, level = regime_levels(one.event, one.to_first, one, settings.volatility)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where((levels > 0) & measured, level / levels, np.nan)
    kept = np.isfinite(factor) if settings.standardize and measured else np.ones(len(factor), np.bool_)
    return one.day_to_first[kept], factor[kept]
