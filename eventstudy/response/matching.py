"""The same clock window on other days: the event's window, and the paths on all of its placebo days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.balance import DaysLeftOut
from eventstudy.arrays import (
    DAY_US,
    MINUTE_US,
    BoolArray,
    FloatArray,
    IntArray,
    as_slice,
    counts,
    cumulate,
    instant_us,
    value,
    wall_us,
)
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import (
    LONGEST_CARRY_US,
    IntradayPrices,
    PriceSample,
    count_traded,
    priced_throughout,
    read_days,
    traded_on_days,
)
from eventstudy.response.known import NO_EVENTS, OtherEvents
from eventstudy.response.placebo_pool import (
    Clocks,
    DayFlags,
    RemovedDay,
    TradedBars,
    WindowChoice,
    as_date,
    candidate_days,
    doubted_days,
    placebo_pools,
    trading_moments,
)

ENTRIES_AT_ONCE = 8_000_000  # flags of days and moments of a group of events, one byte each


def trading_columns(matched: Matched) -> IntArray:
    """Return the window's columns without context: its start, the last clean close, and every trading moment."""
    wanted: BoolArray = matched.open.copy()
    wanted[: matched.start] = False
    wanted[[matched.start, matched.zero]] = True
    return np.flatnonzero(wanted)


def bars_of(paths: FloatArray, columns: IntArray) -> FloatArray:
    """Return the bar returns between the columns, shape (..., T) to (..., n - 1)."""
    return np.asarray(np.diff(paths[..., as_slice(columns)], axis=-1))


def paths_of(bars: FloatArray, columns: IntArray, zero: int, moments: int) -> FloatArray:
    """Return the paths through 0 at column ``zero`` that bars add up to, shape (D, n - 1) to (D, moments).

    Moments between trading moments keep the value before; moments before the first column have none.

    Examples
    --------
    >>> paths_of(np.array([[1.0, 2.0, 4.0]]), np.array([1, 2, 4, 5]), 2, 6).tolist()
    [[nan, -1.0, 0.0, 0.0, 2.0, 6.0]]
    """
    paths, first = np.full((len(bars), moments), np.nan), int(columns[0])
    total = np.zeros((len(bars), len(columns)))
    cumulate(bars, total[:, 1:])
    total -= total[:, columns == zero]
    if columns[-1] - first == len(columns) - 1:
        paths[:, first : first + len(columns)], paths[:, first + len(columns) :] = total, total[:, -1:]
    else:
        paths[:, first:] = total[:, np.searchsorted(columns, np.arange(first, moments), side="right") - 1]
    return paths


class EventSamples(NamedTuple):
    """The prices of E events that are cut together, (E, T), and of their placebo days, (D, E, T)."""

    event: PriceSample
    others: PriceSample

    def of(self, places: list[int], days: int) -> EventSamples:
        """Return those of some of the events, which have so many placebo days at most."""
        if places == list(range(len(self.event.present))):
            return self
        return EventSamples(self.event.days(np.array(places)), self.others.of_events(np.array(places), days))


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
    together : pair of EventSamples and int, or None
        The prices of the events that were cut together, of which ``event`` and ``placebo`` are parts, and the place of
        this one among them.
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
    together: tuple[EventSamples, int] | None = field(default=None, compare=False)

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
    """Cut the window of one event and the same clock window of other days out of prices, see ``match_all``."""
    (found,) = match_all(prices, [time], [choice], [others])
    return found


def match_all(
    prices: IntradayPrices,
    times: Sequence[EventTime],
    choices: Sequence[WindowChoice],
    others: Sequence[OtherEvents],
) -> list[Matched]:
    """Cut the windows of events and the same clock windows of other days out of prices.

    The grid has the bars' own step. Its zero is the last closing time at or before ``earliest``; ``first`` is the
    first at or after ``latest`` and the reach of the price rule. Days are counted by the reason that leaves them out: a
    rule of ``choice.match``, another known event in the window (unless ``known_weight`` keeps them), bars missing that
    the other days have (halts, half sessions), no price yet at zero. Those that no rule leaves out are listed, too.

    Events whose windows have the same columns are cut together.
    """
    if not times:
        return []
    instants = np.array([[instant_us(time.earliest), instant_us(time.latest)] for time in times], dtype=np.int64)
    walls = wall_us(instants.reshape(-1), prices.zone).reshape(-1, 2)
    grids = _grids(prices, walls, instants[:, 0] - walls[:, 0], choices[0])
    alike: dict[object, list[int]] = {}
    for row, (choice, columns) in enumerate(zip(choices, grids.columns.tolist(), strict=True)):
        alike.setdefault((*columns, choice.carry, choice.nights), []).append(row)
    found: list[Matched | None] = [None] * len(times)
    most = max(1, ENTRIES_AT_ONCE // max(1, len(prices.days) * int(grids.columns[:, -1].max(initial=1))))
    for rows in (group[i : i + most] for group in alike.values() for i in range(0, len(group), most)):
        cut = _match_alike(prices, grids.of(rows), choices[rows[0]], [others[row] for row in rows])
        for row, one in zip(rows, cut, strict=True):
            found[row] = one
    return [one for one in found if one is not None]


class Grids(NamedTuple):
    """The clock times of the windows of E events.

    Attributes
    ----------
    columns : IntArray, shape (E, 5)
        Columns of the window's start, of the last clean close, of ``latest`` and of the first price after the news,
        and how many there are.
    begins : IntArray, shape (E,)
        Clock time of the first column, microseconds since 1970-01-01 local.
    event_day : IntArray, shape (E,)
    ahead : IntArray, shape (E,)
        How far instants are ahead of the clock.
    """

    columns: IntArray
    begins: IntArray
    event_day: IntArray
    ahead: IntArray

    def of(self, rows: list[int]) -> Grids:
        """Return those of some events."""
        return Grids(*(each[rows] for each in self))


def _match_alike(
    prices: IntradayPrices, grids: Grids, choice: WindowChoice, others: Sequence[OtherEvents]
) -> list[Matched]:
    """Return the windows of events with the same columns, their moments by the clock."""
    (start, zero, latest, first, length), step = grids.columns[0].tolist(), prices.step_us
    event_day, phase = grids.event_day, int(prices.wall[0] % step)
    offsets = (grids.begins - event_day * DAY_US)[:, None] + step * np.arange(length)
    clocks = Clocks(start, zero, first, offsets, event_day, step, phase)
    days = prices.days if choice.later else prices.days[: np.searchsorted(prices.days, event_day.max())]
    serve, other_days = candidate_days(days, clocks, choice, others)
    each, at = np.broadcast_to(days, serve.shape), offsets[:, None]
    in_window = at[..., start + 1 :]
    traded = TradedBars(count_traded(prices, each, in_window), cache(lambda: traded_on_days(prices, each, in_window)))
    priced = priced_throughout(prices, each, at[..., zero:], carry=choice.carry)
    flags = DayFlags(days, serve, traded, priced, doubted_days(days, serve, clocks, choice, others))
    pools = placebo_pools(prices, flags, clocks, choice)
    samples = _samples(prices, [days[pool.rows] for pool in pools], clocks, choice)
    found = []
    for row, (pool, left_out) in enumerate(zip(pools, other_days, strict=True)):
        sample = samples.others.of_event(row, len(pool.rows))
        day_to_first = days[pool.to_first]
        one = Matched(
            start=start,
            zero=zero,
            latest=latest,
            first=first,
            moments=grids.begins[row] + grids.ahead[row] + step * np.arange(length),
            wall=offsets[row],
            open=trading_moments(sample.traded, samples.event.traded[row]),
            day=days[pool.rows],
            event=samples.event.day(row),
            placebo=sample,
            event_day=int(event_day[row]),
            removed=pool.removed,
            weight=pool.weight,
            left_out=(*left_out, *pool.left_out),
            on_releases=choice.match.releases is not None,
            day_to_first=day_to_first if len(day_to_first) else None,
            to_first=read_days(prices, day_to_first, offsets[row], carry=choice.carry) if len(day_to_first) else None,
            together=(samples, row),
        )
        found.append(one)
    return found


def _samples(prices: IntradayPrices, days: Sequence[IntArray], clocks: Clocks, choice: WindowChoice) -> EventSamples:
    """Return the prices of E events and of their placebo days, a sequence of E arrays."""
    chosen = np.full((max(map(len, days)), len(days)), int(clocks.event_day[0]))
    serve = np.zeros(chosen.shape, dtype=np.bool_)
    for row, each in enumerate(days):
        chosen[: len(each), row], serve[: len(each), row] = each, True
    others = read_days(prices, chosen, clocks.clock, carry=choice.carry)
    event = read_days(prices, clocks.event_day, clocks.clock, carry=choice.carry)
    return EventSamples(event, others if serve.all() else others.only(serve))


def _grids(prices: IntradayPrices, walls: IntArray, ahead: IntArray, choice: WindowChoice) -> Grids:
    """Return the closing times of the windows: to the ``after``-th trading minute past ``latest``.

    They stay within the day, except where trading goes on through midnight.
    """
    step, phase = prices.step_us, int(prices.wall[0] % prices.step_us)
    day = walls[:, 0] // DAY_US  # news at midnight belongs to the day that begins
    zero = (walls[:, 0] - phase) // step * step + phase
    known_by, clean_by = (np.maximum(0, -(-(walls[:, 1] + reach - zero) // step)) for reach in (0, prices.reach_us))
    after = zero + (clean_by + 1) * step
    end = _last_walls(prices, day, zero)
    needed = _moments_needed(prices, (after, np.maximum(0, (end - after) // step + 1)), day, choice)
    bound = prices.wall[0] if prices.around_the_clock else day * DAY_US + 1  # not before midnight
    before = max(choice.before * MINUTE_US // step, choice.context)
    begins = np.minimum(zero, zero + (np.maximum(0, -((zero - before * step - bound) // step)) - before) * step)
    place = (zero - begins) // step
    start = np.maximum(0, place - choice.before * MINUTE_US // step)
    columns = (start, place, place + known_by, place + np.maximum(1, clean_by), place + clean_by + 1 + needed)
    return Grids(np.stack(columns, axis=1), begins, day, ahead)


def _last_walls(prices: IntradayPrices, day: IntArray, zero: IntArray) -> IntArray:
    """Return the last closing time of each window's day; where that has no bar after zero, the latest any day has."""
    if prices.around_the_clock:
        return np.array([last_without_pause(prices, at) for at in zero.tolist()], dtype=np.int64)
    stop = np.searchsorted(prices.day, day + 1)
    last = prices.wall[np.maximum(stop - 1, 0)]
    same = (stop > 0) & (prices.day[np.maximum(stop - 1, 0)] == day) & (last > zero)
    return np.where(same, last, day * DAY_US + prices.latest_clock)


def last_without_pause(prices: IntradayPrices, zero: int) -> int:
    """Return the last closing time within a day of ``zero`` before trading pauses for hours: a weekend, or the end."""
    first, stop = np.searchsorted(prices.wall, [zero, zero + DAY_US], side="right")
    wall = prices.wall[first : stop + 1]
    if not len(wall) or wall[0] - zero > LONGEST_CARRY_US:
        return zero + DAY_US
    pause = np.diff(wall) > LONGEST_CARRY_US
    last = int(wall[pause.argmax()] if pause.any() else wall[-1])
    return min(last, zero + DAY_US)


def _moments_needed(
    prices: IntradayPrices, after: tuple[IntArray, IntArray], day: IntArray, choice: WindowChoice, times: float = 1.25
) -> IntArray:
    """Return how many of the times after the news hold ``after`` trading minutes; all where they hold fewer.

    With ``pauses`` "stop" no more than come before the first at which the market does not trade.

    Parameters
    ----------
    prices : IntradayPrices
    after : pair of IntArray, shape (E,)
        The first of these times, and how many there are.
    day : IntArray, shape (E,)
    choice : WindowChoice
    times : float
        How many times the minutes wanted are looked at; twice as many where they do not hold the minutes.
    """
    (begins, count), wanted = after, -(-choice.after * MINUTE_US // prices.step_us)
    steps = np.arange(min(int(count.max(initial=0)), int(times * wanted) + 1))
    if not len(steps):
        return np.zeros(len(begins), dtype=np.int64)
    inside = steps < count[:, None]
    trading = _trading(prices, begins[:, None] + prices.step_us * steps, day) & inside
    if choice.pauses == "stop":
        trading = np.logical_and.accumulate(trading, axis=1)
        inside = trading
    enough = (np.cumsum(trading, axis=1) >= wanted) & inside
    found: IntArray = np.where(enough.any(axis=1), enough.argmax(axis=1) + 1, inside.sum(axis=1))
    further = np.flatnonzero(~enough.any(axis=1) & (inside.sum(axis=1) == len(steps)) & (count > len(steps)))
    if len(further):
        found[further] = _moments_needed(prices, (begins[further], count[further]), day[further], choice, 2 * times)
    return found


def _trading(prices: IntradayPrices, after: IntArray, day: IntArray) -> BoolArray:
    """Return at which times (E, n) the market usually trades, by the 60 days before and the ``day`` (E,) itself."""
    first, stop = np.searchsorted(prices.days, [day - 90, day], side="right")
    rows = stop[:, None] - 1 - np.arange(int((stop - first).max(initial=0)))
    near = rows >= first[:, None]
    traded = traded_on_days(prices, prices.days[np.maximum(rows, 0)], after[:, None] - (day * DAY_US)[:, None, None])
    return np.asarray(counts(traded & near[..., None], 1) > 0.02 * (stop - first)[:, None])


def without_days(matched: Matched, keep: BoolArray, reason: str) -> Matched:
    """Return the window without some of its placebo days, each listed with the reason."""
    removed = [RemovedDay(as_date(int(day)), reason) for day in matched.day[~keep]]
    left_out = (DaysLeftOut(reason, len(removed)),) if removed else ()
    return replace(
        matched,
        day=matched.day[keep],
        placebo=matched.placebo.days(keep),
        together=None,
        weight=matched.weight[keep],
        removed=(*matched.removed, *removed),
        left_out=(*matched.left_out, *left_out),
    )
