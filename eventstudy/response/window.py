"""The abnormal window: what an ordinary day would have done taken off, placebo days brought to one volatility.

Events of one instrument whose windows are laid out alike are computed together: P events, each with placebo days of its
own, on one axis between the days and the moments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.models.table import MODELS_BY_CLOCK
from eventstudy.arrays import BoolArray, FloatArray, IntArray, as_slice, counts, value
from eventstudy.response.activity import medians
from eventstudy.response.cut_windows import EventWindow
from eventstudy.response.expected import less_expected
from eventstudy.response.intraday_prices import IntradayPrices, PriceSample, samples_beside
from eventstudy.response.matching import EventSamples, Matched, without_days
from eventstudy.response.placebo import bands
from eventstudy.response.seasonality import daily_level
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import ShapeColumns
from eventstudy.response.shape_estimates import AfterNews
from eventstudy.response.standardized import tested_paths


@value
class ResponseWindows:
    """Windows of P events after the expected move was taken off; D is the largest number of their placebo days.

    Attributes
    ----------
    asked : tuple of EventWindow, length P
        What they have in common (``layout``) is that of the first.
    event, others : PriceSample, shapes (P, T) and (D, P, T)
    days : BoolArray, shape (D, P)
        Which rows are placebo days of the event: the first ones, less those without a volatility to bring them to.
    weight : FloatArray, shape (D, P), or None
        How much each placebo day counts, the event day being 1; None where all count fully.
    car : FloatArray, shape (P, T)
    placebo, raw_placebo : FloatArray, shape (D, P, T)
        The placebo days brought to the event day's volatility, and as they were.
    factor : FloatArray, shape (D, P)
        What each placebo day was multiplied with (ones without standardizing).
    regime : FloatArray, shape (P,)
        The event day's volatility before the news over the placebo days' median; NaN where it cannot be measured.
    tested, tested_placebo : FloatArray, shapes (P, T) and (D, P, T)
        The paths that tests of entire paths rest on: ``car`` and ``placebo``, or those of returns divided by the
        volatility of their time of day.
    columns : IntArray, shape (n,)
        Columns after the last clean price at which the market trades.
    step_minutes : float
    to_first : FloatArray, shape (2, E, P)
        Moves to the first price on days of a later halt or half session: scaled, and as they were.
    """

    asked: tuple[EventWindow, ...]
    event: PriceSample
    others: PriceSample
    days: BoolArray
    weight: FloatArray | None
    car: FloatArray
    placebo: FloatArray
    raw_placebo: FloatArray
    factor: FloatArray
    regime: FloatArray
    tested: FloatArray
    tested_placebo: FloatArray
    columns: IntArray
    step_minutes: float
    to_first: FloatArray

    @property
    def layout(self) -> Matched:
        """The columns and open moments of all of them."""
        return self.asked[0].matched

    @property
    def closed(self) -> bool:
        return self.asked[0].closed

    @cached_property
    def after(self) -> slice | IntArray:
        """What cuts ``columns`` out of the last axis."""
        return as_slice(self.columns)

    @property
    def minutes(self) -> FloatArray:
        """Trading minutes since the last clean price at each of ``columns``."""
        return self.step_minutes * np.arange(1.0, len(self.columns) + 1)

    def place(self, minutes: float, base: int | None = None) -> int:
        """Return the position in ``columns`` that many trading minutes after column ``base`` (``latest`` by default).

        Never before the first close after the news; the last position where the window ends before.
        """
        return min(max(self._target(minutes, base), self.first), len(self.columns) - 1)

    def ends_before(self, minutes: float) -> bool:
        """Return whether the window holds fewer trading minutes than that after the news."""
        return self._target(minutes, None) > len(self.columns) - 1

    @cached_property
    def first(self) -> int:
        """Position in ``columns`` of the first close after the news."""
        return min(int(np.searchsorted(self.columns, self.layout.first)), len(self.columns) - 1)

    def _target(self, minutes: float, base: int | None) -> int:
        begins = self._latest if base is None else self._last_by(base)
        return begins + math.ceil(minutes / self.step_minutes)

    @cached_property
    def _latest(self) -> int:
        return self._last_by(self.layout.latest)

    @cached_property
    def stale(self) -> FloatArray:
        """Fraction of the trading moments before the news without a trade, shape (P,)."""
        before = slice(self.layout.start, self.layout.zero + 1)
        trading = self.event.traded[:, before][:, self.layout.open[before]]
        return 1 - trading.mean(axis=1) if trading.shape[1] else np.zeros(len(trading))

    def _last_by(self, column: int) -> int:
        return int(np.searchsorted(self.columns, column, side="right")) - 1

    @cached_property
    def rows(self) -> list[slice | BoolArray]:
        """Which rows are placebo days of each event."""
        return placebo_rows(self.days)

    @property
    def served(self) -> BoolArray:
        """Which placebo days have a number at every trading moment, shape (D, P)."""
        return np.asarray(np.isfinite(self.placebo[..., self.after]).all(axis=-1))


def placebo_rows(days: BoolArray) -> list[slice | BoolArray]:
    """Return which rows of (D, P) are True for each event: a slice where they are the first ones, which cuts views."""
    count = counts(days, 0)
    first = (days == (np.arange(len(days))[:, None] < count)).all(axis=0).tolist()
    served = enumerate(zip(count.tolist(), first, strict=True))
    return [slice(number) if leading else days[:, row] for row, (number, leading) in served]


NO_LEVEL = "its volatility before the time of the news cannot be measured"


def abnormal_windows(
    prices: IntradayPrices,
    asked: Sequence[EventWindow],
    settings: ResponseSettings,
    factors: Sequence[IntradayPrices] = (),
) -> ResponseWindows:
    """Correct the windows of events that are laid out alike.

    One event at a time where an expected move is estimated from factors or from single days: see ``together``.
    """
    layout = asked[0].matched
    event, others = _samples(asked)
    car, raw = _less_expected(prices, asked, (event, others), settings, factors)
    days, kept, factor, regime = day_factors(asked, (event, others), settings)
    if (kept != days).any():
        asked = [_without(one, kept[: len(one.matched.day), row], NO_LEVEL) for row, one in enumerate(asked)]
        raw, others = np.where(kept[..., None], raw, np.nan), others.only(kept)
    placebo = raw * factor[..., None] if (factor[kept] != 1).any() else raw
    tested = car, placebo
    if settings.seasonality != "none":
        tested = tested_paths(car, placebo, layout, settings.seasonality, settings.volatility)
    columns = np.flatnonzero(layout.open & (np.arange(len(layout.open)) > layout.zero))
    return ResponseWindows(
        tuple(asked), event, others, kept, _weights(asked, kept), car, placebo, raw, factor, regime, *tested, columns,
        prices.step_us / 60e6, _to_first(asked, event, regime, settings),
    )  # fmt: skip


def _samples(asked: Sequence[EventWindow]) -> EventSamples:
    """Return the prices of the events and of their placebo days, as they were read where they were cut together."""
    cut = [one.matched.together for one in asked if one.matched.together is not None]
    if len(cut) == len(asked) and all(samples is cut[0][0] for samples, _ in cut):
        return cut[0][0].of([place for _, place in cut], max(len(one.matched.day) for one in asked))
    event, others = (samples_beside([getattr(one.matched, name) for one in asked]) for name in ("event", "placebo"))
    return EventSamples(event, others)


def _to_first(
    asked: Sequence[EventWindow], event: PriceSample, regime: FloatArray, settings: ResponseSettings
) -> FloatArray:
    """Return the moves to the first price on the days that serve for it alone, scaled and raw, shape (2, E, P).

    They are compared where nothing is expected: a mean or a model is that of the complete days.
    """
    samples = [one.matched.to_first for one in asked]
    most = max(0 if sample is None else len(sample.present) for sample in samples)
    if not most or settings.expected != "zero":
        return np.empty((2, 0, len(asked)))
    found, layout = np.full((2, most, len(asked)), np.nan), asked[0].matched
    for row, sample in enumerate(samples):
        if sample is None or not len(sample.present):
            continue
        raw = sample.price[:, layout.first] - sample.price[:, layout.zero]
        found[:, : len(raw), row] = raw
        if settings.standardize and np.isfinite(regime[row]):
            levels, level = regime_levels(event.day(row), sample, layout, settings.volatility)
            with np.errstate(divide="ignore", invalid="ignore"):
                found[0, : len(raw), row] = np.where(levels > 0, raw * level / levels, np.nan)
            found[1, : len(raw), row] = np.where(levels > 0, raw, np.nan)
    return found


class DayFactors(NamedTuple):
    """Which rows are placebo days of P events, which of them are kept, what they are multiplied with, all (D, P).

    ``regime`` (P,) is the event day's volatility over the median of its placebo days.
    """

    days: BoolArray
    kept: BoolArray
    factor: FloatArray
    regime: FloatArray


def day_factors(
    asked: Sequence[EventWindow], samples: tuple[PriceSample, PriceSample], settings: ResponseSettings
) -> DayFactors:
    """Return what brings each placebo day to the event day's volatility before the news.

    A day without a volatility is not kept where the others are scaled; where nothing is scaled the factors are 1.
    """
    event, others = samples
    days = np.arange(others.present.shape[0])[:, None] < np.array([len(one.matched.day) for one in asked])
    levels, level = regime_levels(event, others, asked[0].matched, settings.volatility)
    regime = regime_ratio(levels, level, days)
    scaled, measured = settings.standardize & np.isfinite(regime), np.isfinite(levels) & (levels > 0)
    kept = days & (measured | ~scaled)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(kept, np.where(scaled, level / levels, 1.0), np.nan)
    return DayFactors(days, kept, factor, regime)


def together(settings: ResponseSettings) -> bool:
    """Return whether the expected moves of several events can be taken off at once."""
    return settings.expected == "zero" or MODELS_BY_CLOCK[settings.expected].needs == "same_clock_days"


def _without(one: EventWindow, keep: BoolArray, reason: str) -> EventWindow:
    return one if keep.all() else replace(one, matched=without_days(one.matched, keep, reason))


def _weights(asked: Sequence[EventWindow], days: BoolArray) -> FloatArray | None:
    """Return the weights of the days where they are rows, shape (D, P); None where all are 1."""
    weight = np.zeros(days.shape)
    for row, one in enumerate(asked):
        weight[days[:, row], row] = one.matched.weight
    return weight if (weight[days] < 1).any() else None


def _less_expected(
    prices: IntradayPrices,
    asked: Sequence[EventWindow],
    samples: tuple[PriceSample, PriceSample],
    settings: ResponseSettings,
    factors: Sequence[IntradayPrices],
) -> tuple[FloatArray, FloatArray]:
    """Return the events' and the placebo days' paths less what the study expects an ordinary day to do."""
    zero = asked[0].matched.zero
    car, placebo = (sample.price - sample.price[..., zero, None] for sample in samples)
    if settings.expected == "zero":
        return car, placebo
    if together(settings):
        return less_mean(car, placebo)
    (one,) = asked
    if len(one.matched.day) < 2:
        return car, placebo
    path, others = less_expected(
        prices, one.matched, factors, settings.expected, settings.expected_options, carry=one.carry
    )
    return path[None], others[:, None]


def less_mean(car: FloatArray, placebo: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return paths (..., T) less the mean path of the placebo days (D, ..., T); each day less that of the other ones.

    Leaving a day out of its own mean keeps it as exchangeable with the event day as it was. Nothing is taken off
    where there are fewer than two days; rows that are NaN throughout are not days.
    """
    traded = ~np.isnan(placebo).all(axis=-1, keepdims=True)
    total, days = np.where(traded, placebo, 0.0).sum(axis=0), traded.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(days > 1, car - total / days, car), np.where(
            days > 1, placebo - (total - placebo) / (days - 1), placebo
        )


def regime_ratio(levels: FloatArray, level: FloatArray, days: BoolArray) -> FloatArray:
    """Return the event days' volatility (P,) over their placebo days' median; NaN unless both are known.

    ``levels`` and ``days`` (D, P) are the volatilities and which rows are placebo days.
    """
    known = np.isfinite(levels) & (levels > 0) & days
    enough = np.isfinite(level) & (level > 0) & (2 * known.sum(axis=0) >= days.sum(axis=0)) & known.any(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, level / medians(np.where(known, levels, np.nan)), np.nan)


def regime_levels(
    event: PriceSample, others: PriceSample, layout: Matched, kind: str = "medrv"
) -> tuple[FloatArray, FloatArray]:
    """Return the volatility of a bar before the event's clock time, of each placebo day and of the event day."""
    before = as_slice(layout.open[: layout.zero + 1])
    days, day = (np.diff(sample.price[..., : layout.zero + 1][..., before]) for sample in (others, event))
    return daily_level(days, kind), daily_level(day, kind)


def after_news(windows: ResponseWindows, settings: ResponseSettings) -> AfterNews:
    """Return the trading moments after the last clean price, ready for the numbers of the shape."""
    at = ShapeColumns(
        first=windows.first,
        initial=windows.place(settings.initial_minutes),
        horizon=windows.place(settings.horizons[-1]),
        absorbed=windows.place(settings.absorbed_minutes),
    )
    placebo = windows.placebo[..., windows.after]
    complete = np.isfinite(placebo).all(axis=-1, keepdims=True)
    placebo = placebo if complete.all() else np.where(complete, placebo, np.nan)
    found = bands(placebo, settings.level, windows.weight)
    path = windows.car[:, windows.after]
    return AfterNews(path, placebo, windows.minutes, found, at, settings.level, windows.weight)


class BarReturns(NamedTuple):
    """Bar returns at trading moments, context first, of P event days (P, m) and of their placebo days (D, P, m).

    ``after_from`` is the first bar after the last clean price.
    """

    event: FloatArray
    placebo: FloatArray
    after_from: int


def bar_returns(windows: ResponseWindows) -> BarReturns:
    """Return the bar returns of the event days and of the placebo days, as they were."""
    layout = windows.layout
    columns: BoolArray = layout.open.copy()
    columns[layout.zero] = True
    event, placebo = (np.diff(sample.price[..., as_slice(columns)]) for sample in (windows.event, windows.others))
    return BarReturns(event, placebo, int(columns[: layout.zero].sum()))
