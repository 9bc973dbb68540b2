"""Which days serve as placebo days of one event, and how many days each rule leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.balance import (
    ANOTHER_WEEKDAY,
    KNOWN_EVENT,
    MISSING_BARS,
    NO_LEVEL,
    NO_RELEASE,
    DaysLeftOut,
    counted,
    far_away,
    volatility_outside,
    weekday,
)
from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, counts, value
from eventstudy.response.intraday_prices import IntradayPrices, PriceSample
from eventstudy.response.known import OtherEvents
from eventstudy.response.seasonality import daily_level

USUAL, ALLOWED_MISSING = 0.5, 0.10


@dataclass(frozen=True, slots=True)
class RemovedDay:
    """A day that looks like a placebo day and is none, with the reason."""

    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """What to cut out of each day, and which days.

    Attributes
    ----------
    before, after : int
        Minutes of the clock before ``earliest``; minutes of trading after ``latest``.
    context : int
        Bars before ``earliest`` that are read as well, to know the volatility of the day so far.
    days : int or None
        At most so many days, the nearest first; None for all.
    later : bool
        Also days after the event.
    pauses : {"cross", "stop"}
        Whether the window goes on after a break of trading or ends at it.
    carry : bool
        Keep the last price over the night: for news that came while the market was closed.
    nights : int
        With 1 only days whose opening ends one night serve, with 2 those after longer closures; 0 for all.
    known_weight : float
        How much a day counts on which another known event falls into the window; 0 removes it.
    match : MatchSettings
        What a day must have in common with the event day.
    volatility : str
        Row of ``LEVELS``: the volatility that ``match`` compares.
    """

    before: int = 60
    after: int = 60
    context: int = 120
    days: int | None = None
    later: bool = False
    pauses: str = "cross"
    carry: bool = False
    nights: int = 0
    known_weight: float = 0.0
    match: MatchSettings = field(default_factory=MatchSettings)
    volatility: str = "medrv"


class Clocks(NamedTuple):
    """Columns and clock times of the window that days are judged in.

    Attributes
    ----------
    start, zero, first : int
        Columns of the window's start, of the last close that cannot contain the news, and of the first price after it.
    clock : IntArray, shape (T,)
        Microseconds since local midnight of the event day.
    event_day : int
    step, phase : int
        Step of the grid, and where it begins.
    """

    start: int
    zero: int
    first: int
    clock: IntArray
    event_day: int
    step: int
    phase: int


@value
class PlaceboPool:
    """The placebo days of one event.

    Attributes
    ----------
    rows : IntArray, shape (D,)
        Which candidate days serve, in order of time.
    weight : FloatArray, shape (D,)
        How much each counts, the event day being 1.
    removed : tuple of RemovedDay
        Days that satisfy the rules of the study and do not serve.
    left_out : tuple of DaysLeftOut
        How many days each rule leaves out, these included.
    to_first : IntArray, shape (E,)
        Candidate days on which bars are missing only after the first price: they serve for the move to that price.
    """

    rows: IntArray
    weight: FloatArray
    removed: tuple[RemovedDay, ...]
    left_out: tuple[DaysLeftOut, ...]
    to_first: IntArray


NO_PRICE = "no price yet at the clock time of the event"


def candidate_days(
    prices: IntradayPrices, clocks: Clocks, choice: WindowChoice, others: OtherEvents
) -> tuple[IntArray, tuple[DaysLeftOut, ...]]:
    """Return the days that may serve by the calendar, and how many its rules leave out."""
    days = _candidates(prices, clocks.event_day, choice)
    broken: dict[str, BoolArray] = {}
    if choice.match.weekday:
        broken[ANOTHER_WEEKDAY] = np.asarray(weekday(days) != weekday(np.array([clocks.event_day])))
    if choice.match.releases:
        fit = others.spans[_at_the_same_time(clocks, choice.match, others)]
        broken[NO_RELEASE[choice.match.releases]] = ~np.isin(days, fit[:, 0] // DAY_US)
    keep, left_out = counted(len(days), broken)
    return days[keep], left_out


def _at_the_same_time(clocks: Clocks, match: MatchSettings, others: OtherEvents) -> BoolArray:
    """Return which other events are of the release asked for and have the same last close before them by the clock."""
    begins = others.spans[:, 0]
    zero = (begins - clocks.phase) // clocks.step * clocks.step + clocks.phase
    same: BoolArray = zero - begins // DAY_US * DAY_US == clocks.clock[clocks.zero]
    return same & others.same_release if match.releases == "same" else same


def placebo_pool(
    days: IntArray, samples: tuple[PriceSample, PriceSample], clocks: Clocks, choice: WindowChoice, others: OtherEvents
) -> PlaceboPool:
    """Return which candidate days serve; ``samples`` are the event's (T,) and the days' (D, T)."""
    event, sample = samples
    doubted = _doubted(days, clocks, choice, others)
    reasons, usual, missing = _spoiled(sample, clocks, doubted & (choice.known_weight == 0))
    keep, left_out = counted(len(days), reasons)
    removed = tuple(
        RemovedDay(as_date(int(days[row])), _reason(reasons, int(row), int(missing[row]), usual))
        for row in np.flatnonzero(~keep)
    )
    served = np.flatnonzero(keep).astype(np.int64)
    if choice.match.volatility is not None:
        fits, outside = _within(event, sample, served, clocks, choice)
        served, left_out = served[fits], (*left_out, *outside)
    if choice.days is not None and len(served) > choice.days:
        left_out = (*left_out, *far_away(choice.days, len(served)))
        nearest = np.argsort(np.abs(days[served] - clocks.event_day), kind="stable")[: choice.days]
        served = np.sort(served[nearest])
    weight = np.where(doubted[served], choice.known_weight, 1.0)
    return PlaceboPool(served, weight, removed, left_out, _to_first(sample, clocks, ~keep & ~doubted, reasons, choice))


def _to_first(
    sample: PriceSample, clocks: Clocks, out: BoolArray, reasons: Mapping[str, BoolArray], choice: WindowChoice
) -> IntArray:
    """Return which of the days left out lack no usual bar up to the first price; none where only some days are asked.

    They were left out for a halt or the end of a half session that came later.
    """
    if choice.days is not None or choice.match.volatility is not None:
        return np.empty(0, dtype=np.int64)
    moments = sample.traded[:, clocks.start + 1 : clocks.first + 1]
    early = (moments.mean(axis=0) >= USUAL) & ~moments if len(moments) else moments
    return np.flatnonzero(out & ~reasons[NO_PRICE] & ~early.any(axis=1)).astype(np.int64)


def _doubted(days: IntArray, clocks: Clocks, choice: WindowChoice, others: OtherEvents) -> BoolArray:
    """Return on which days another event falls into the window that is not what the days are chosen for."""
    spans = others.spans
    if choice.match.releases == "any":
        spans = spans[:0]
    elif choice.match.releases:
        spans = spans[~_at_the_same_time(clocks, choice.match, others)]
    return _holds_known(days, (int(clocks.clock[clocks.start]), int(clocks.clock[-1])), spans)


def _within(
    event: PriceSample, sample: PriceSample, served: IntArray, clocks: Clocks, choice: WindowChoice
) -> tuple[BoolArray, tuple[DaysLeftOut, ...]]:
    """Return on which days the volatility before the news is within the bounds, as a multiple of the event day's."""
    bounds = choice.match.volatility or (0.0, np.inf)
    trading = trading_moments(sample, served, event)[: clocks.zero + 1]
    prices = np.vstack([event.price[None], sample.days(served).price])[:, : clocks.zero + 1][:, trading]
    levels = daily_level(np.diff(prices, axis=1), choice.volatility)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = levels[1:] / levels[0]
    unknown = ~np.isfinite(ratio) | (levels[1:] <= 0)
    outside = (ratio < bounds[0]) | (ratio > bounds[1])
    return counted(len(served), {NO_LEVEL: unknown, volatility_outside(bounds): np.asarray(outside)})


def trading_moments(sample: PriceSample, rows: IntArray, event: PriceSample) -> BoolArray:
    """Return at which columns the market trades, seen from the bars of these days and of the event day."""
    usual = counts(sample.traded[rows], 0) / len(rows) > 0.02 if len(rows) else False
    return np.asarray(usual | event.traded)


def _spoiled(sample: PriceSample, clocks: Clocks, refused: BoolArray) -> tuple[Mapping[str, BoolArray], int, IntArray]:
    """Return which days each reason removes, and how many of the usual bars each day misses."""
    usual, missing, allowed = _missing_bars(sample, clocks.start)
    no_price = np.asarray(~sample.present[:, clocks.zero :].all(axis=1))
    return {KNOWN_EVENT: refused, NO_PRICE: no_price, MISSING_BARS: np.asarray(missing > allowed)}, usual, missing


def _reason(reasons: Mapping[str, BoolArray], row: int, missing: int, usual: int) -> str:
    reason = next(text for text, days_hit in reasons.items() if days_hit[row])
    return f"{missing} of {usual} {reason}" if reason == MISSING_BARS else reason


def _candidates(prices: IntradayPrices, event_day: int, choice: WindowChoice) -> IntArray:
    days = prices.days
    serve = (days < event_day) | ((days > event_day) & choice.later)
    if choice.nights:
        nights = np.diff(days, prepend=days[:1])  # 0 for the first day: no opening gap of its own is known
        serve &= np.minimum(nights, 2) == choice.nights
    return np.asarray(days[serve], dtype=np.int64)


def _holds_known(days: IntArray, ends: tuple[int, int], others: IntArray) -> BoolArray:
    """Return on which days another known event falls into the window, between two clock times of the day."""
    if not len(others):
        return np.zeros(len(days), dtype=np.bool_)
    start, end = (days * DAY_US + at for at in ends)
    begun = np.searchsorted(others[:, 0], end, side="right")  # events that begin before the window ends ...
    lasts = np.maximum.accumulate(others[:, 1])  # ... of which the one that lasts longest ends after it begins
    return np.asarray((begun > 0) & (lasts[np.maximum(begun - 1, 0)] >= start))


def _missing_bars(sample: PriceSample, start: int) -> tuple[int, IntArray, float]:
    """Return how many moments most days trade at, how many of them each day misses, and how many it may miss.

    Where the series itself is quiet now and then, that much and three standard deviations of it are not a halt.
    """
    moments = sample.traded[:, start + 1 :]  # the bar that ends at the window's start is not part of it
    if not moments.size:
        return 0, np.zeros(len(moments), dtype=np.int64), 0.0
    usual = counts(moments, 0) / len(moments) >= USUAL
    count = int(usual.sum())
    missing = counts(usual & ~moments, 1)
    quiet = float(np.median(missing)) / max(count, 1)
    return count, missing, count * (ALLOWED_MISSING + quiet) + 3 * float(np.sqrt(count * quiet * (1 - quiet)))


def as_date(day: int) -> date:
    """Return days since 1970-01-01 as a date."""
    return date(1970, 1, 1) + timedelta(days=day)
