"""The placebo days of one response for the tests of a study: the same days, prices and volatility for one move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.balance import KNOWN_EVENT, DaysLeftOut
from eventstudy.abnormal.placebo.shared_days import SharedDays
from eventstudy.arrays import DAY_US, FloatArray, IntArray
from eventstudy.errors import DataError
from eventstudy.news.items import Event
from eventstudy.response.cut_windows import EventWindow, event_windows
from eventstudy.response.intraday_prices import IntradayPrices, samples_beside
from eventstudy.response.known import Known
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.window import NO_LEVEL, day_factors, regime_levels

AT_ONCE = 32  # events whose windows are cut together


class TestedPrices(NamedTuple):
    """Prices of the responses on one instrument, and the clock times at which the bars of the tests' series close."""

    prices: IntradayPrices
    wall: IntArray


def comparable_days(
    tested: TestedPrices, events: Sequence[Event], settings: ResponseSettings, known: Known
) -> Iterator[SharedDays | DataError]:
    """Yield the days that the response to each event is compared with, or why there is no response to it.

    A day that counts for less in the response, because another known event falls into the window, is left out.
    """
    clock = known.on_clock(tested.prices.zone, tested.prices.instrument.code)
    for block in (events[low : low + AT_ONCE] for low in range(0, len(events), AT_ONCE)):
        cut = event_windows(tested.prices, block, settings, [clock.besides(event) for event in block])
        factors = iter(_factors([one for one in cut if not isinstance(one, DataError)], settings))
        for one in cut:
            yield one if isinstance(one, DataError) else _days(tested, one, next(factors), settings)


def _days(tested: TestedPrices, window: EventWindow, factor: FloatArray, settings: ResponseSettings) -> SharedDays:
    """Return the placebo days of one event; ``factor`` as of ``_factors``, shape (D,)."""
    one = window.matched
    kept = np.isfinite(factor) if settings.standardize and np.isfinite(factor).any() else np.ones(len(factor), np.bool_)
    full = one.weight >= 1
    left_out = [*one.left_out]
    for reason, out in ((KNOWN_EVENT, ~full), (NO_LEVEL, full & ~kept)):
        left_out += [DaysLeftOut(reason, int(out.sum()))] if out.any() else []
    rows = np.flatnonzero(full & kept)
    rows = rows[np.argsort(np.abs(one.day[rows] - one.event_day), kind="stable")]
    clocks = one.wall + one.event_day * DAY_US
    days = SharedDays(
        one.day[rows], one.event_day, factor[rows], tested.wall, int(clocks[one.zero]), int(clocks[one.start]),
        int(clocks[-1]), tuple(left_out), tested.prices.around_the_clock,
    )  # fmt: skip
    further = _to_first(window, settings, measured=bool(np.isfinite(factor).any()))
    return days if further is None else days.with_days_until(int(clocks[one.first]), *further)


def _factors(windows: Sequence[EventWindow], settings: ResponseSettings) -> list[FloatArray]:
    """Return each event day's volatility before the news over that of its placebo days, (D,); NaN if unknown.

    Those of events whose windows are laid out alike are computed together.
    """
    found, alike = [np.empty(0)] * len(windows), dict[object, list[int]]()
    for place, window in enumerate(windows):
        alike.setdefault(window.layout, []).append(place)
    for places in alike.values():
        asked = [windows[place] for place in places]
        event, others = (samples_beside([getattr(one.matched, n) for one in asked]) for n in ("event", "placebo"))
        days = day_factors(asked, (event, others), replace(settings, standardize=True))
        factor = np.where(np.isfinite(days.regime), days.factor, np.nan)
        for column, place in enumerate(places):
            found[place] = factor[: len(windows[place].matched.day), column]
    return found


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
