"""The same clock window on other days: the event's window, and the paths on all of its placebo days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.placebo.balance import DaysLeftOut
from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, counts, instant_us, value, wall_us
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import LONGEST_CARRY_US, IntradayPrices, PriceSample, read_days, traded_on_days
from eventstudy.response.known import NO_EVENTS, OtherEvents
from eventstudy.response.placebo_pool import (
    Clocks,
    RemovedDay,
    WindowChoice,
    as_date,
    candidate_days,
    placebo_pool,
    trading_moments,
)


def trading_columns(matched: Matched) -> IntArray:
    """Return the window's columns without context: its start, the last clean close, and every trading moment."""
    wanted: BoolArray = matched.open.copy()
    wanted[: matched.start] = False
    wanted[[matched.start, matched.zero]] = True
    return np.flatnonzero(wanted)


def bars_of(paths: FloatArray, columns: IntArray) -> FloatArray:
    """Return the bar returns between the columns, shape (..., T) to (..., n - 1)."""
    return np.asarray(np.diff(paths[..., columns], axis=-1))


def paths_of(bars: FloatArray, columns: IntArray, zero: int, moments: int) -> FloatArray:
    """Return the paths through 0 at column ``zero`` that bars add up to, shape (D, n - 1) to (D, moments).

    Moments between trading moments keep the value before; moments before the first column have none.

    Examples
    --------
    >>> paths_of(np.array([[1.0, 2.0, 4.0]]), np.array([1, 2, 4, 5]), 2, 6).tolist()
    [[nan, -1.0, 0.0, 0.0, 2.0, 6.0]]
    """
    total = np.concatenate([np.zeros((len(bars), 1)), np.cumsum(bars, axis=1)], axis=1)
    total = total - total[:, columns == zero]
    at = np.arange(moments)
    last = np.maximum(np.searchsorted(columns, at, side="right") - 1, 0)
    return np.where(at >= columns[0], total[:, last], np.nan)


@value
class Matched:
    """The event's window and the same window on D placebo days; moments run along the last axis.

    Attributes
    ----------
    start, zero, latest, first : int
        Columns of the window's start, of the last close that cannot contain the news, of ``latest`` (the first closing
        time at or after it), and of the first price that holds nothing from before the news, which is later than
        ``zero`` in any case. What stands before ``start`` is context.
    moments : IntArray, shape (T,)
        Closing instants on the event day, microseconds since the epoch.
    wall : IntArray, shape (T,)
        The same as clock time, microseconds since local midnight of the event day.
    open : BoolArray, shape (T,)
        Moments at which the market trades, seen from the bars of all days.
    day : IntArray, shape (D,)
        Days since 1970-01-01.
    event, placebo : Sample
        Shapes (T,) and (D, T).
    event_day : int
    removed : tuple of RemovedDay
    weight : FloatArray, shape (D,)
        How much each placebo day counts, the event day being 1.
    left_out : tuple of DaysLeftOut
        How many days are not placebo days, by reason; those removed among them.
    on_releases : bool
        Whether the placebo days are chosen for the other events on them.
    day_to_first, to_first : IntArray and PriceSample, shapes (E,) and (E, T), or None
        Days of a later halt or a half session, which serve for the move to the first price only.
    """

    start: int
    zero: int
    latest: int
    first: int
    moments: IntArray
    wall: IntArray
    open: BoolArray
    day: IntArray
    event: PriceSample
    placebo: PriceSample
    event_day: int
    removed: tuple[RemovedDay, ...]
    weight: FloatArray
    left_out: tuple[DaysLeftOut, ...] = ()
    on_releases: bool = False
    day_to_first: IntArray | None = None
    to_first: PriceSample | None = None

    @property
    def path(self) -> FloatArray:
        """Log price less the log price at ``zero``, shape (T,)."""
        return np.asarray(self.event.price - self.event.price[self.zero])

    @property
    def placebo_path(self) -> FloatArray:
        """The same on the placebo days, shape (D, T)."""
        return np.asarray(self.placebo.price - self.placebo.price[:, self.zero, None])

    def weights(self, rows: BoolArray | None = None) -> FloatArray | None:
        """Return how much each day counts (of ``rows`` where given), or None where every day counts fully."""
        weight = self.weight if rows is None else self.weight[rows]
        return weight if (weight < 1).any() else None


def match(prices: IntradayPrices, time: EventTime, choice: WindowChoice, others: OtherEvents = NO_EVENTS) -> Matched:
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
    clocks = Clocks(start, zero, first, offsets, event_day, step, phase)
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


def last_without_pause(prices: IntradayPrices, zero: int) -> int:
    """Return the last closing time within a day of ``zero`` before trading pauses for hours: a weekend, or the end."""
    first, stop = np.searchsorted(prices.wall, [zero, zero + DAY_US], side="right")
    wall = prices.wall[first : stop + 1]
    if not len(wall) or wall[0] - zero > LONGEST_CARRY_US:
        return zero + DAY_US
    pause = np.diff(wall) > LONGEST_CARRY_US
    last = int(wall[pause.argmax()] if pause.any() else wall[-1])
    return min(last, zero + DAY_US)


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
    traded = traded_on_days(prices, near, after - day * DAY_US)
    return np.asarray(counts(traded, 0) > 0.02 * len(near))


def without_days(matched: Matched, keep: BoolArray, reason: str) -> Matched:
    """Return the window without some of its placebo days, each listed with the reason."""
    removed = [RemovedDay(as_date(int(day)), reason) for day in matched.day[~keep]]
    left_out = (DaysLeftOut(reason, len(removed)),) if removed else ()
    return replace(
        matched,
        day=matched.day[keep],
        placebo=matched.placebo.days(keep),
        weight=matched.weight[keep],
        removed=(*matched.removed, *removed),
        left_out=(*matched.left_out, *left_out),
    )
