"""The window and the placebo days of one event, one event at a time: what the windows of many are compared with."""

from __future__ import annotations

from collections.abc import Mapping

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
from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, IntArray, instant_us, wall_us
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import IntradayPrices, PriceSample, read_at
from eventstudy.response.known import OtherEvents
from eventstudy.response.matching import Matched, last_without_pause
from eventstudy.response.placebo_pool import (
    ALLOWED_MISSING,
    NO_PRICE,
    USUAL,
    PlaceboPool,
    RemovedDay,
    WindowChoice,
    as_date,
)
from eventstudy.response.seasonality import daily_level


def read_days(prices: IntradayPrices, days: IntArray, offsets: IntArray, *, carry: bool) -> PriceSample:
    """Return the prices by a search for each time."""
    return read_at(prices, days[:, None] * DAY_US + offsets, carry=carry)


class Clocks:
    """Columns and clock times of one window."""

    def __init__(self, columns: tuple[int, int, int], clock: IntArray, grid: tuple[int, int, int]) -> None:
        self.start, self.zero, self.first = columns
        self.clock, (self.event_day, self.step, self.phase) = clock, grid


def match(prices: IntradayPrices, time: EventTime, choice: WindowChoice, others: OtherEvents) -> Matched:
    """Cut the window of an event and the same clock window of other days out of prices.

    The grid has the bars' own step. Its zero is the last closing time at or before ``earliest``; ``first`` is the
    first at or after ``latest`` and the reach of the price rule. Days are counted by the reason that leaves them out: a
    rule of ``choice.match``, another known event in the window (unless ``known_weight`` keeps them), bars missing that
    the other days have (halts, half sessions), no price yet at zero. Those that no rule leaves out are listed, too.
    """
    step = prices.step_us
    earliest, latest = wall_us(np.array([instant_us(time.earliest), instant_us(time.latest)]), prices.zone)
    event_day = int(earliest // DAY_US)  # news at midnight belongs to the day that begins
    phase = int(prices.wall[0] % step)
    zero_wall = (earliest - phase) // step * step + phase
    known_by, clean_by = (max(0, int(-(-(at - zero_wall) // step))) for at in (latest, latest + prices.reach_us))
    grid = _grid(prices, zero_wall, clean_by, choice)
    start = int(np.searchsorted(grid, zero_wall - choice.before * MINUTE_US))
    zero = int(np.searchsorted(grid, zero_wall))
    offsets = grid - event_day * DAY_US
    first = zero + max(1, clean_by)
    clocks = Clocks((start, zero, first), offsets, (event_day, step, phase))
    days, other_days = candidate_days(prices, clocks, choice, others)
    sample = read_days(prices, days, offsets, carry=choice.carry)
    event = read_days(prices, np.array([event_day]), offsets, carry=choice.carry).day(0)
    pool = placebo_pool(days, (event, sample), clocks, choice, others)
    return Matched(
        start=start,
        zero=zero,
        latest=zero + known_by,
        first=first,
        moments=instant_us(time.earliest) + (grid - earliest),
        wall=offsets,
        open=trading_moments(sample, pool.rows, event),
        day=days[pool.rows],
        event=event,
        placebo=sample.days(pool.rows),
        event_day=event_day,
        removed=pool.removed,
        weight=pool.weight,
        left_out=(*other_days, *pool.left_out),
        on_releases=choice.match.releases is not None,
        day_to_first=days[pool.to_first],
        to_first=sample.days(pool.to_first),
    )


def _grid(prices: IntradayPrices, zero: int, clean_by: int, choice: WindowChoice) -> IntArray:
    """Return the closing times of the window: to the ``after``-th trading minute past ``latest``.

    It stays within the day, except where trading goes on through midnight.
    """
    step, day = prices.step_us, zero // DAY_US
    end = last_without_pause(prices, zero) if prices.around_the_clock else _last_wall(prices, day, zero)
    start = zero - max(choice.before * MINUTE_US // step, choice.context) * step
    after = np.arange(zero + (clean_by + 1) * step, end + 1, step, dtype=np.int64)
    after = after[: _moments_needed(prices, after, int(day), choice)]
    bound = int(prices.wall[0]) if prices.around_the_clock else day * DAY_US + 1  # not before midnight
    start = min(zero, start + max(0, -((start - bound) // step)) * step)
    return np.concatenate([np.arange(start, zero + clean_by * step + 1, step, dtype=np.int64), after])


def _last_wall(prices: IntradayPrices, day: int, zero: int) -> int:
    """Return the last closing time of the day; where the day has no bar after zero, the latest any day has."""
    first, stop = np.searchsorted(prices.day, [day, day + 1])
    same = prices.wall[first:stop]
    if len(same) and same[-1] > zero:
        return int(same[-1])
    return int(day * DAY_US + prices.latest_clock)


def _moments_needed(prices: IntradayPrices, after: IntArray, day: int, choice: WindowChoice) -> int:
    """Return how many of these times hold ``after`` trading minutes; all where they hold fewer.

    With ``pauses`` "stop" no more than come before the first at which the market does not trade.
    """
    wanted = -(-choice.after * MINUTE_US // prices.step_us)
    looked_at = min(len(after), 2 * wanted + 1)
    while len(after):
        trading = _trading(prices, after[:looked_at], day)
        if choice.pauses == "stop" and not trading.all():
            trading = trading[: int(trading.argmin())]
        enough = np.cumsum(trading) >= wanted
        if enough.any():
            return int(enough.argmax()) + 1
        if len(trading) < looked_at or looked_at == len(after):
            return len(trading)
        looked_at = min(len(after), 2 * looked_at)
    return 0


def _trading(prices: IntradayPrices, after: IntArray, day: int) -> BoolArray:
    """Return at which of these times the market usually trades, by the 60 days before and the day itself."""
    days = prices.days
    near = days[(days <= day) & (days > day - 90)]
    traded = read_days(prices, near, after - day * DAY_US, carry=False).traded
    return np.asarray((traded).sum(axis=0) > 0.02 * len(near))


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
    usual = (sample.traded[rows]).sum(axis=0) / len(rows) > 0.02 if len(rows) else False
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
    usual = (moments).sum(axis=0) / len(moments) >= USUAL
    count = int(usual.sum())
    missing = (usual & ~moments).sum(axis=1)
    quiet = float(np.median(missing)) / max(count, 1)
    return count, missing, count * (ALLOWED_MISSING + quiet) + 3 * float(np.sqrt(count * quiet * (1 - quiet)))
