"""Which days serve as placebo days of one event, and how many days each rule leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from eventstudy.response.intraday_prices import IntradayPrices, read_days
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
    """Columns and clock times of the windows of E events that days are judged in.

    Attributes
    ----------
    start, zero, first : int
        Columns of the window's start, of the last close that cannot contain the news, and of the first price after it.
    clock : IntArray, shape (E, T)
        Microseconds since local midnight of the event day.
    event_day : IntArray, shape (E,)
    step, phase : int
        Step of the grid, and where it begins.
    """

    start: int
    zero: int
    first: int
    clock: IntArray
    event_day: IntArray
    step: int
    phase: int


class TradedBars(NamedTuple):
    """In which steps after a window's start bars close: how many on each of N days, and the steps of E windows.

    The bar that ends at the start is not part of the window. ``steps`` (E, N, n) are read only where some days miss
    bars, which takes longer than to count.
    """

    number: IntArray
    steps: Callable[[], BoolArray]


class DayFlags(NamedTuple):
    """What is known of N days in the windows of E events.

    Attributes
    ----------
    days : IntArray, shape (N,)
        Days since 1970-01-01.
    serve : BoolArray, shape (E, N)
        Which of them may serve by the calendar and the rules of the study.
    traded : TradedBars
    priced : BoolArray, shape (E, N)
        Whether there is a price at each moment from the last clean one on.
    doubted : BoolArray, shape (E, N)
        Whether another known event falls into the window.
    """

    days: IntArray
    serve: BoolArray
    traded: TradedBars
    priced: BoolArray
    doubted: BoolArray


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
    days: IntArray, clocks: Clocks, choice: WindowChoice, others: Sequence[OtherEvents]
) -> tuple[BoolArray, list[tuple[DaysLeftOut, ...]]]:
    """Return which days may serve by the calendar (E, N), and how many its rules leave out for each of E events."""
    event_day = clocks.event_day[:, None]
    serve = (days < event_day) | ((days > event_day) & choice.later)
    if choice.nights:
        nights = np.diff(days, prepend=days[:1])  # 0 for the first day: no opening gap of its own is known
        serve &= np.minimum(nights, 2) == choice.nights
    left_out: list[tuple[DaysLeftOut, ...]] = [()] * len(serve)
    if choice.match.weekday or choice.match.releases:
        for row, other in enumerate(others):
            rows = np.flatnonzero(serve[row])
            keep, left_out[row] = counted(len(rows), _broken_rules(days[rows], clocks, row, choice, other))
            serve[row, rows[~keep]] = False
    return np.asarray(serve), left_out


def _broken_rules(
    days: IntArray, clocks: Clocks, row: int, choice: WindowChoice, others: OtherEvents
) -> Mapping[str, BoolArray]:
    broken: dict[str, BoolArray] = {}
    if choice.match.weekday:
        broken[ANOTHER_WEEKDAY] = np.asarray(weekday(days) != weekday(clocks.event_day[row : row + 1]))
    if choice.match.releases:
        fit = others.spans[_at_the_same_time(clocks, row, choice.match, others)]
        broken[NO_RELEASE[choice.match.releases]] = ~np.isin(days, fit[:, 0] // DAY_US)
    return broken


def _at_the_same_time(clocks: Clocks, row: int, match: MatchSettings, others: OtherEvents) -> BoolArray:
    """Return which other events are of the release asked for and have the same last close before them by the clock."""
    begins = others.spans[:, 0]
    zero = (begins - clocks.phase) // clocks.step * clocks.step + clocks.phase
    same: BoolArray = zero - begins // DAY_US * DAY_US == clocks.clock[row, clocks.zero]
    return same & others.same_release if match.releases == "same" else same


def doubted_days(
    days: IntArray, serve: BoolArray, clocks: Clocks, choice: WindowChoice, others: Sequence[OtherEvents]
) -> BoolArray:
    """Return on which days, of those that may serve, another event falls into the window, shape (E, N).

    Events of the release that the days are chosen for do not count. None is looked for where it changes nothing.
    """
    found = np.zeros(serve.shape, dtype=np.bool_)
    if choice.match.releases == "any" or (choice.known_weight == 1 and choice.days is not None):
        return found
    for row, other in enumerate(others):
        spans = other.spans
        if choice.match.releases:
            spans = spans[~_at_the_same_time(clocks, row, choice.match, other)]
        ends = int(clocks.clock[row, clocks.start]), int(clocks.clock[row, -1])
        found[row] = serve[row] & _holds_known(days, ends, spans)
    return found


def placebo_pools(prices: IntradayPrices, flags: DayFlags, clocks: Clocks, choice: WindowChoice) -> list[PlaceboPool]:
    """Return which days serve for each of E events."""
    usual, missing, allowed = _missing_bars(flags, clocks.clock.shape[1] - clocks.start - 1)
    reasons = {
        KNOWN_EVENT: flags.doubted & (choice.known_weight == 0),
        NO_PRICE: ~flags.priced,
        MISSING_BARS: np.asarray(missing > allowed[:, None]),
    }
    spoiled = flags.serve & np.logical_or.reduce(list(reasons.values()))
    pools = []
    for row, out in enumerate(spoiled):
        broken = {reason: days[row] for reason, days in reasons.items()} if out.any() else {}
        left_out, removed = _removed(flags, row, broken, _MissingBars(missing[row], int(usual[row])))
        served, further = _chosen(flags, row, _Asked(prices, clocks, choice), np.flatnonzero(flags.serve[row] & ~out))
        weight = np.where(flags.doubted[row, served], choice.known_weight, 1.0)
        to_first = _to_first(flags, row, clocks, out & ~reasons[NO_PRICE][row], choice)
        pools.append(PlaceboPool(served, weight, removed, (*left_out, *further), to_first))
    return pools


class _MissingBars(NamedTuple):
    """How many bars each day of an event lacks, and how many a usual day has."""

    missing: IntArray
    usual: int


class _Asked(NamedTuple):
    """Of which prices, at which clock times and by which rules days are chosen."""

    prices: IntradayPrices
    clocks: Clocks
    choice: WindowChoice


def _removed(
    flags: DayFlags, row: int, broken: Mapping[str, BoolArray], bars: _MissingBars
) -> tuple[tuple[DaysLeftOut, ...], tuple[RemovedDay, ...]]:
    """Return how many days of one event each reason removes, and which."""
    if not broken:
        return (), ()
    rows, (missing, usual) = np.flatnonzero(flags.serve[row]), bars
    reasons = {reason: days[rows] for reason, days in broken.items()}
    keep, left_out = counted(len(rows), reasons)
    return left_out, tuple(
        RemovedDay(as_date(int(flags.days[rows[k]])), _reason(reasons, int(k), int(missing[rows[k]]), usual))
        for k in np.flatnonzero(~keep)
    )


def _chosen(flags: DayFlags, row: int, asked: _Asked, served: IntArray) -> tuple[IntArray, tuple[DaysLeftOut, ...]]:
    """Return which of the days that could serve one event do: those of its volatility, and of these the nearest."""
    _, clocks, choice = asked
    left_out: tuple[DaysLeftOut, ...] = ()
    if choice.match.volatility is not None:
        fits, left_out = _within(flags.days[served], row, asked)
        served = served[fits]
    if choice.days is None or len(served) <= choice.days:
        return served, left_out
    left_out = (*left_out, *far_away(choice.days, len(served)))
    if not choice.later:  # all days are before the event
        return served[-choice.days :], left_out
    nearest = np.argsort(np.abs(flags.days[served] - clocks.event_day[row]), kind="stable")[: choice.days]
    return np.sort(served[nearest]), left_out


def _to_first(flags: DayFlags, row: int, clocks: Clocks, out: BoolArray, choice: WindowChoice) -> IntArray:
    """Return which of the days left out lack no usual bar up to the first price; none where only some days are asked.

    They were left out for a halt or the end of a half session that came later.
    """
    out = out & ~flags.doubted[row]
    if choice.days is not None or choice.match.volatility is not None or not out.any():
        return np.empty(0, dtype=np.int64)
    serve, moments = flags.serve[row], flags.traded.steps()[row, :, : clocks.first - clocks.start]
    early = (moments[serve].mean(axis=0) >= USUAL) & ~moments
    return np.flatnonzero(out & ~early.any(axis=1)).astype(np.int64)


def _within(days: IntArray, row: int, asked: _Asked) -> tuple[BoolArray, tuple[DaysLeftOut, ...]]:
    """Return on which days the volatility before the news is within the bounds, as a multiple of the event day's."""
    prices, clocks, choice = asked
    bounds = choice.match.volatility or (0.0, np.inf)
    sample = read_days(prices, np.append(clocks.event_day[row], days), clocks.clock[row], carry=choice.carry)
    trading = trading_moments(sample.traded[1:], sample.traded[0])[: clocks.zero + 1]
    levels = daily_level(np.diff(sample.price[:, : clocks.zero + 1][:, trading], axis=1), choice.volatility)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = levels[1:] / levels[0]
    unknown = ~np.isfinite(ratio) | (levels[1:] <= 0)
    outside = (ratio < bounds[0]) | (ratio > bounds[1])
    return counted(len(days), {NO_LEVEL: unknown, volatility_outside(bounds): np.asarray(outside)})


def trading_moments(traded: BoolArray, event: BoolArray) -> BoolArray:
    """Return at which columns the market trades, seen from the bars of the days (D, T) and of the event day (T,)."""
    usual = counts(traded, 0) / len(traded) > 0.02 if len(traded) else False
    return np.asarray(usual | event)


def _reason(reasons: Mapping[str, BoolArray], row: int, missing: int, usual: int) -> str:
    reason = next(text for text, days_hit in reasons.items() if days_hit[row])
    return f"{missing} of {usual} {reason}" if reason == MISSING_BARS else reason


def _holds_known(days: IntArray, ends: tuple[int, int], others: IntArray) -> BoolArray:
    """Return on which days another known event falls into the window, between two clock times of the day."""
    if not len(others):
        return np.zeros(len(days), dtype=np.bool_)
    start, end = (days * DAY_US + at for at in ends)
    begun = np.searchsorted(others[:, 0], end, side="right")  # events that begin before the window ends ...
    lasts = np.maximum.accumulate(others[:, 1])  # ... of which the one that lasts longest ends after it begins
    return np.asarray((begun > 0) & (lasts[np.maximum(begun - 1, 0)] >= start))


def _missing_bars(flags: DayFlags, steps: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return at how many moments most days trade (E,), how many of them each day misses (E, N), and may miss (E,).

    Where the series itself is quiet now and then, that much and three standard deviations of it are not a halt.
    ``steps`` is the number of moments.
    """
    most = np.maximum(USUAL * flags.serve.sum(axis=1), 0.5)
    if (((flags.traded.number == steps) & flags.serve).sum(axis=1) >= most).all():  # most days trade at every moment
        count, missing = np.full(len(most), steps), steps - flags.traded.number.astype(np.int64)
    else:
        moments = flags.traded.steps()
        trading = moments if flags.serve.all() else moments & flags.serve[..., None]
        usual = counts(trading, 1) >= most[:, None]
        count, missing = usual.sum(axis=1), counts(usual[:, None] & ~moments, 2)
    quiet = _medians(missing, flags.serve) / np.maximum(count, 1)
    return count, missing, count * (ALLOWED_MISSING + quiet) + 3 * np.sqrt(count * quiet * (1 - quiet))


def _medians(numbers: IntArray, serve: BoolArray) -> FloatArray:
    """Return the medians over the days that may serve, shape (E, N) to (E,); 0 where none does."""
    days = serve.sum(axis=1)
    if not serve.size:
        return np.zeros(len(serve))
    ordered = np.sort(np.where(serve, numbers, np.iinfo(np.int64).max), axis=1)
    row = np.arange(len(numbers))
    low, high = ordered[row, np.maximum(days - 1, 0) // 2], ordered[row, np.minimum(days // 2, np.maximum(days - 1, 0))]
    return np.where(days > 0, (low + high) / 2, 0.0)


def as_date(day: int) -> date:
    """Return days since 1970-01-01 as a date."""
    return date(1970, 1, 1) + timedelta(days=day)
