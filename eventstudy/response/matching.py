"""The same clock window on other days: which days may serve, which may not and why, and the paths on all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, instant_us, value, wall_us
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import LONGEST_CARRY_US, IntradayPrices, PriceSample, bars_on_days, read_days


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


USUAL, ALLOWED_MISSING = 0.5, 0.10


@dataclass(frozen=True, slots=True)
class RemovedDay:
    """A day that looks like a placebo day and is none, with the reason."""

    day: date
    reason: str


NONE_KNOWN: IntArray = np.empty((0, 2), dtype=np.int64)


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


def match(tape: IntradayPrices, time: EventTime, choice: WindowChoice, others: IntArray = NONE_KNOWN) -> Matched:
    """Cut the window of an event and the same clock window of other days out of a tape.

    The grid has the bars' own step. Its zero is the last closing time at or before ``earliest``; ``first`` is the
    first at or after ``latest`` and the reach of the price rule. Days that hold another known event in the window
    (unless ``known_weight`` keeps them), or miss bars that the other days have (halts, half sessions), or have no price
    yet at zero, are removed and listed. ``others`` (n, 2) are the other known events on the market's clock, in order.
    """
    step = tape.step_us
    earliest, latest = wall_us(np.array([instant_us(time.earliest), instant_us(time.latest)]), tape.zone)
    event_day = int(earliest // DAY_US)  # news at midnight belongs to the day that begins
    phase = int(tape.wall[0] % step)
    zero_wall = (earliest - phase) // step * step + phase
    known_by, clean_by = (max(0, int(-(-(at - zero_wall) // step))) for at in (latest, latest + tape.reach_us))
    grid = _grid(tape, zero_wall, clean_by, choice)
    start = int(np.searchsorted(grid, zero_wall - choice.before * MINUTE_US))
    days = _candidates(tape, event_day, choice)
    offsets = grid - event_day * DAY_US
    sample = read_days(tape, days, offsets, carry=choice.carry)
    zero = int(np.searchsorted(grid, zero_wall))
    doubted = _holds_known(days, (offsets[start], offsets[-1]), others)
    served, removed = _judge(days, sample, (start, zero), doubted & (choice.known_weight == 0))
    if choice.days is not None:
        nearest = np.argsort(np.abs(days[served] - event_day), kind="stable")[: choice.days]
        served = np.sort(served[nearest])
    event = read_days(tape, np.array([event_day]), offsets, carry=choice.carry).day(0)
    placebo = sample.days(served)
    trades_now = (placebo.traded.mean(axis=0) > 0.02 if len(served) else False) | event.traded
    moments = instant_us(time.earliest) + (grid - earliest)
    return Matched(
        start=start,
        zero=zero,
        latest=zero + known_by,
        first=zero + max(1, clean_by),
        moments=moments,
        wall=offsets,
        open=trades_now,
        day=days[served],
        event=event,
        placebo=placebo,
        event_day=event_day,
        removed=removed,
        weight=np.where(doubted[served], choice.known_weight, 1.0),
    )


def _grid(tape: IntradayPrices, zero: int, clean_by: int, choice: WindowChoice) -> IntArray:
    """Return the closing times of the window: to the ``after``-th trading minute past ``latest``.

    It stays within the day, except where trading goes on through midnight.
    """
    step, day = tape.step_us, zero // DAY_US
    end = last_without_pause(tape, zero) if tape.around_the_clock else _last_wall(tape, day, zero)
    start = zero - max(choice.before * MINUTE_US // step, choice.context) * step
    after = np.arange(zero + (clean_by + 1) * step, end + 1, step, dtype=np.int64)
    after = after[: _moments_needed(tape, after, int(day), choice)]
    bound = int(tape.wall[0]) if tape.around_the_clock else day * DAY_US + 1  # not before midnight
    start = min(zero, start + max(0, -((start - bound) // step)) * step)
    return np.concatenate([np.arange(start, zero + clean_by * step + 1, step, dtype=np.int64), after])


def last_without_pause(tape: IntradayPrices, zero: int) -> int:
    """Return the last closing time within a day of ``zero`` before trading pauses for hours: a weekend, or the end."""
    first, stop = np.searchsorted(tape.wall, [zero, zero + DAY_US], side="right")
    wall = tape.wall[first : stop + 1]
    if not len(wall) or wall[0] - zero > LONGEST_CARRY_US:
        return zero + DAY_US
    pause = np.diff(wall) > LONGEST_CARRY_US
    last = int(wall[pause.argmax()] if pause.any() else wall[-1])
    return min(last, zero + DAY_US)


def _last_wall(tape: IntradayPrices, day: int, zero: int) -> int:
    """Return the last closing time of the day; where the day has no bar after zero, the latest any day has."""
    first, stop = np.searchsorted(tape.day, [day, day + 1])
    same = tape.wall[first:stop]
    if len(same) and same[-1] > zero:
        return int(same[-1])
    return int(day * DAY_US + tape.latest_clock)


def _moments_needed(tape: IntradayPrices, after: IntArray, day: int, choice: WindowChoice) -> int:
    """Return how many of these times hold ``after`` trading minutes; all where they hold fewer.

    With ``pauses`` "stop" no more than come before the first at which the market does not trade.
    """
    wanted = -(-choice.after * MINUTE_US // tape.step_us)
    looked_at = min(len(after), 2 * wanted + 1)
    while len(after):
        trading = _trading(tape, after[:looked_at], day)
        if choice.pauses == "stop" and not trading.all():
            trading = trading[: int(trading.argmin())]
        enough = np.cumsum(trading) >= wanted
        if enough.any():
            return int(enough.argmax()) + 1
        if len(trading) < looked_at or looked_at == len(after):
            return len(trading)
        looked_at = min(len(after), 2 * looked_at)
    return 0


def _trading(tape: IntradayPrices, after: IntArray, day: int) -> BoolArray:
    """Return at which of these times the market usually trades, by the 60 days before and the day itself."""
    days = tape.days
    near = days[(days <= day) & (days > day - 90)]
    traded = bars_on_days(tape, near, after - day * DAY_US).traded
    return np.asarray(traded.mean(axis=0) > 0.02)


def _candidates(tape: IntradayPrices, event_day: int, choice: WindowChoice) -> IntArray:
    days = tape.days
    serve = (days < event_day) | ((days > event_day) & choice.later)
    if choice.nights:
        nights = np.diff(days, prepend=days[:1])  # 0 for the first day: no opening gap of its own is known
        serve &= np.minimum(nights, 2) == choice.nights
    return np.asarray(days[serve], dtype=np.int64)


def without_days(matched: Matched, keep: BoolArray, reason: str) -> Matched:
    """Return the window without some of its placebo days, each listed with the reason."""
    removed = [RemovedDay(as_date(int(day)), reason) for day in matched.day[~keep]]
    return replace(
        matched,
        day=matched.day[keep],
        placebo=matched.placebo.days(keep),
        weight=matched.weight[keep],
        removed=(*matched.removed, *removed),
    )


def _holds_known(days: IntArray, ends: tuple[int, int], others: IntArray) -> BoolArray:
    """Return on which days another known event falls into the window, between two clock times of the day."""
    if not len(others):
        return np.zeros(len(days), dtype=np.bool_)
    start, end = (days * DAY_US + at for at in ends)
    begun = np.searchsorted(others[:, 0], end, side="right")  # events that begin before the window ends ...
    lasts = np.maximum.accumulate(others[:, 1])  # ... of which the one that lasts longest ends after it begins
    return np.asarray((begun > 0) & (lasts[np.maximum(begun - 1, 0)] >= start))


def _judge(
    days: IntArray, sample: PriceSample, at: tuple[int, int], refused: BoolArray
) -> tuple[IntArray, tuple[RemovedDay, ...]]:
    """Return the rows of days that serve and the list of those that do not."""
    usual, missing, allowed = _missing_bars(sample, at[0])
    reasons: dict[str, BoolArray] = {
        "another known event falls into the window": refused,
        "no price yet at the clock time of the event": np.asarray(~sample.present[:, at[1] :].all(axis=1)),
        "{missing} of {usual} usual bars are missing (a halt or a half session)": np.asarray(missing > allowed),
    }
    spoiled = np.asarray(np.logical_or.reduce(list(reasons.values())))
    removed = []
    for row in np.flatnonzero(spoiled):
        reason = next(text for text, days_hit in reasons.items() if days_hit[row])
        told = reason.format(missing=int(missing[row]), usual=usual)
        removed.append(RemovedDay(as_date(int(days[row])), told))
    return np.flatnonzero(~spoiled).astype(np.int64), tuple(removed)


def _missing_bars(sample: PriceSample, start: int) -> tuple[int, IntArray, float]:
    """Return how many moments most days trade at, how many of them each day misses, and how many it may miss.

    Where the series itself is quiet now and then, that much and three standard deviations of it are not a halt.
    """
    moments = sample.traded[:, start + 1 :]  # the bar that ends at the window's start is not part of it
    if not moments.size:
        return 0, np.zeros(len(moments), dtype=np.int64), 0.0
    usual = moments.mean(axis=0) >= USUAL
    count = int(usual.sum())
    missing = np.asarray((usual & ~moments).sum(axis=1), dtype=np.int64)
    quiet = float(np.median(missing)) / max(count, 1)
    return count, missing, count * (ALLOWED_MISSING + quiet) + 3 * float(np.sqrt(count * quiet * (1 - quiet)))


def as_date(day: int) -> date:
    """Return days since 1970-01-01 as a date."""
    return date(1970, 1, 1) + timedelta(days=day)
