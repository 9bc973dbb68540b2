"""Placebo windows: where the same clock window stands on other trading days, or on earlier days of a daily series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.placebo.balance import DaysLeftOut, counted, far_away
from eventstudy.abnormal.placebo.clock_index import (
    ClockIndex,
    OneEvent,
    clock_index,
    earlier_spans,
    shifted_days,
    volatility_ratios,
)
from eventstudy.abnormal.placebo.day_rules import DayRules, SeriesOnClock, compared, disjoint
from eventstudy.abnormal.placebo.shared_days import PRESENT, SharedDays, holds_most_bars
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Bar, BarSpan, EventBars, Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray, ReturnKind

Missing = Literal["refuse", "merge"]


class DrawSettings(NamedTuple):
    """How placebo windows are chosen and summed.

    With ``missing`` "refuse" every bar of the window must exist. With "merge" a bar without trades is not a reason to
    refuse the day: the next bar's return holds both, so their sum over the window is exact; at least nine bars in ten
    must be there. ``standardize``: each day is scaled by the ratio of the event day's volatility before the news to its
    volatility before the same time of day; an event whose ratio cannot be measured has no days then. ``shared``: of
    each event that has an intraday response, the days of that response, which its windows of the same day then have.
    """

    rules: DayRules
    missing: Missing = "refuse"
    kind: ReturnKind = "log"
    standardize: bool = False
    shared: Sequence[SharedDays | None] = ()


class Draws(NamedTuple):
    """The placebo windows of one event, nearest first: where they begin, their sums, and how many were left out."""

    head: IntArray
    total: FloatArray
    left_out: tuple[DaysLeftOut, ...]


NO_DRAWS = Draws(np.empty(0, dtype=np.int64), np.empty(0), ())
NO_BARS = "bars or returns of the window missing"


def placebo_draws(
    data: EventData, abnormal: AbnormalReturns, window: Window, how: DrawSettings
) -> tuple[FloatArray, ...]:
    """Return, for each event, the abnormal return summed over ``window`` on its placebo days, nearest day first.

    The days are those of the event's intraday response if it has one (``DrawSettings.shared``), and the window begins
    and ends at the last close by the clock times of the event day. Else a day serves when it has a bar that closes at
    the local clock time of the window's reference close and one at that of its last close, and the rules of the study
    leave it. A day with a missing return never serves. Simple returns are compounded over the bars that the event
    merges into tau = 0, as the event's own are.

    Returns
    -------
    tuple of FloatArray, each (D_i,)
        Decimal returns under the event's own model.
    """
    return tuple(draws.total for draws in draws_of(data, abnormal, window, how))


def draws_of(data: EventData, abnormal: AbnormalReturns, window: Window, how: DrawSettings) -> Iterator[Draws]:
    """Yield the placebo windows of each event with what was left out."""
    series, positions = data.series, data.positions
    place = {int(row): i for i, row in enumerate(positions.row)}
    indices: dict[int, ClockIndex] = {}
    event_window = Window(int(abnormal.tau[0]), int(abnormal.tau[-1]))
    for i, row in enumerate(abnormal.row):
        at = place[int(row)]
        s = int(positions.series[at])
        index = indices.get(s) or indices.setdefault(s, clock_index(series, s))
        studied = span_of(event_window, int(positions.reference[at]), int(positions.first[at]))
        if studied.head < 0 or studied.tail >= len(index):
            yield NO_DRAWS
            continue
        one = OneStudied(series, index, positions, at, studied)
        days = how.shared[i] if how.shared else None
        found = None if days is None else _shared_draws(one, days, Studied(window, abnormal.fit.coef[i]), how)
        yield _draws(one, window, abnormal.fit.coef[i], how) if found is None else found


class OneStudied(NamedTuple):
    """One event: its series, and where its event window is."""

    series: SeriesSet
    clocks: ClockIndex
    positions: Positions
    at: int
    studied: BarSpan[int]


class Studied(NamedTuple):
    """A window, and the coefficients that its expected return has."""

    window: Window
    coef: FloatArray


def _draws(one: OneStudied, window: Window, coef: FloatArray, how: DrawSettings) -> Draws:
    series, index, at, s = one.series, one.clocks, one.at, one.clocks.series
    reference, first = int(one.positions.reference[at]), int(one.positions.first[at])
    event = span_of(window, reference, first)
    spans, left_out = _eligible(one, event, how)
    total = _window_sum(series, s, spans, coef)
    if how.kind == "simple" and first - reference > 1 and window.start <= 0 <= window.stop:
        merged = BarSpan(spans.head - window.start, spans.head - window.start + first - reference)
        total += _merging(series, s, merged, coef)
    if how.standardize:
        total = total * volatility_ratios(series, index, reference, spans.head - (event.head - reference))
    return _nearest(spans, total, left_out, how.rules.settings.days)


def _nearest(
    spans: BarSpan[IntArray], total: FloatArray, left_out: tuple[DaysLeftOut, ...], limit: int | None
) -> Draws:
    known = np.isfinite(total)
    left_out = (*left_out, *counted(len(total), {NO_BARS: ~known})[1])
    count = int(known.sum())
    return Draws(spans.head[known][:limit], total[known][:limit], (*left_out, *far_away(limit or count, count)))


def _shared_draws(one: OneStudied, days: SharedDays, studied: Studied, settings: DrawSettings) -> Draws | None:
    """Return the window on the days of the event's response; None where the window is not within the day.

    Days are looked at again, by the rules of the study and for halts, where the window is longer than the response's.
    """
    window, coef = studied
    reference, first = (int(places[one.at]) for places in (one.positions.reference, one.positions.first))
    event = span_of(window, reference, first)
    ends = days.ends(event, reference)
    if ends is None:
        return None
    days = days.eligible(ends)
    spans, left_out, factor = BarSpan(days.bars_at(ends.head), days.bars_at(ends.tail)), days.left_out, days.factor
    keep, broken = counted(len(factor), {NO_BARS: (spans.head < 0) | (spans.tail < spans.head)})
    if not days.covers(ends):
        fits, ruled = compared(settings.rules, one.at, SeriesOnClock(one.series, one.clocks), event, spans)
        most = holds_most_bars(spans)
        keep, broken = keep & fits & most, (*broken, *ruled, *counted(len(factor), {NO_BARS: fits & ~most})[1])
    spans, factor, left_out = BarSpan(spans.head[keep], spans.tail[keep]), factor[keep], (*left_out, *broken)
    total = _window_sum(one.series, one.clocks.series, spans, coef)
    if settings.kind == "simple" and first - reference > 1 and window.start <= 0 <= window.stop:
        at = days.zero if days.zero < days.wall[reference + 1] else int(days.wall[reference])
        merged = BarSpan(days.bars_at(at)[keep], days.bars_at(int(days.wall[first]))[keep])
        total += _merging(one.series, one.clocks.series, merged, coef)
    return _nearest(spans, total * factor if settings.standardize else total, left_out, settings.rules.settings.days)


def path_windows(tau: IntArray) -> tuple[Window, ...]:
    """Return the window between each point of a path and its zero, the last close before tau = 0.

    >>> [(w.start, w.stop) for w in path_windows(np.arange(-2, 2))]
    [(-2, -1), (-1, -1), (0, 0), (0, 1)]
    """
    first, last = int(tau[0]), int(tau[-1])
    zero = min(max(0, first), last + 1)
    before = [Window(start, zero - 1) for start in range(first, zero)]
    return (*before, *(Window(zero, stop) for stop in range(zero, last + 1)))


def span_of(window: Window, reference: Bar, first: Bar) -> BarSpan[Bar]:
    """Return the bars of a window; tau = 0 holds the bars ``reference + 1 .. first``."""
    head = reference + window.start if window.start <= 0 else first + window.start - 1
    tail = reference + window.stop + 1 if window.stop < 0 else first + window.stop
    return BarSpan(head, tail)


def _eligible(
    one: OneStudied, span: BarSpan[int], how: DrawSettings
) -> tuple[BarSpan[IntArray], tuple[DaysLeftOut, ...]]:
    """Return the windows that the rules leave, nearest first; those of daily bars share none with one another."""
    index, rules, after = one.clocks, how.rules, how.rules.settings.after
    head, width = span.head, span.tail - span.head
    unusable: tuple[DaysLeftOut, ...] = ()
    if index.daily:
        heads = earlier_spans(index, width, one.studied, after=after, every=rules.selects)
        tails = heads + width
    else:
        heads, tails = shifted_days(index, span, after=after)
        if how.missing == "merge":
            fits: BoolArray = (tails - heads >= PRESENT * width) & (tails > heads)
        else:
            fits = _same_closes(index, heads, tails, head, width)
        unusable = counted(len(fits), {NO_BARS: ~fits})[1]
        heads, tails = heads[fits], tails[fits]
    nearest = np.argsort(np.abs(heads - head), kind="stable")
    spans = BarSpan(heads[nearest], tails[nearest])
    keep, left_out = compared(rules, one.at, SeriesOnClock(one.series, index), span, spans)
    spans = BarSpan(spans.head[keep], spans.tail[keep])
    if index.daily and rules.selects:
        apart = disjoint(spans)
        left_out = (*left_out, *overlapping(len(spans.head) - len(apart)))
        spans = BarSpan(spans.head[apart], spans.tail[apart])
    return spans, (*unusable, *left_out)


def overlapping(count: int) -> tuple[DaysLeftOut, ...]:
    """Return how many windows share bars with a nearer one."""
    return (DaysLeftOut("its window shares bars with a nearer one", count),) if count else ()


def _same_closes(index: ClockIndex, heads: IntArray, tails: IntArray, head: int, width: int) -> BoolArray:
    same: BoolArray = tails - heads == width
    bars = np.arange(width + 1)
    lengths = index.key[head + bars] - index.key[head]
    same[same] = (index.key[heads[same][:, None] + bars] - index.key[heads[same]][:, None] == lengths).all(axis=1)
    return same


def _window_sum(series: SeriesSet, s: int, spans: BarSpan[IntArray], coef: FloatArray) -> FloatArray:
    """Return each draw's abnormal return, the sum of its bars; NaN where a return is missing."""
    low, time_low, (heads, tails) = int(series.offset[s]), int(series.time_offset[s]), spans
    total: FloatArray = _sums(series.values, low + heads, low + tails) - coef[0] * (tails - heads)
    for j in range(1, len(coef)):
        total -= coef[j] * _sums(series.factors[j - 1], time_low + heads, time_low + tails)
    return total


def _merging(series: SeriesSet, s: int, merged: BarSpan[IntArray], coef: FloatArray) -> FloatArray:
    """Return what compounding the bars merged into tau = 0 adds to each draw's sum of simple returns."""
    low, time_low = int(series.offset[s]), int(series.time_offset[s])
    total: FloatArray = _compounded(series.values, low + merged.head, low + merged.tail)
    for j in range(1, len(coef)):
        total -= coef[j] * _compounded(series.factors[j - 1], time_low + merged.head, time_low + merged.tail)
    return total


def _compounded(flat: FloatArray, heads: IntArray, tails: IntArray) -> FloatArray:
    """Return what compounding the simple returns ``head + 1 .. tail`` adds to their sum, for every pair."""
    pieces = [flat[a + 1 : b + 1] for a, b in zip(heads, tails, strict=True)]
    return np.array([np.expm1(np.log1p(piece).sum()) - piece.sum() for piece in pieces], dtype=np.float64)


def _sums(flat: FloatArray, heads: IntArray, tails: IntArray) -> FloatArray:
    """Return ``flat[head + 1 : tail + 1].sum()`` for every pair."""
    sums: FloatArray = np.array(
        [flat[a + 1 : b + 1].sum() for a, b in zip(heads, tails, strict=True)], dtype=np.float64
    )
    return sums


class PlaceboWindows(NamedTuple):
    """Reference and first bar of every placebo window of one event, and its trading day since 1970-01-01."""

    reference: IntArray
    first: IntArray
    day: IntArray


def placebo_windows(
    index: ClockIndex, event: OneEvent, window: Window, *, after: bool = False, every: bool = False
) -> PlaceboWindows:
    """Return every placebo window of one event, nearest first.

    A day serves when each bar from the last close before the event's window to its last bar (merged bars included)
    has a bar that closes at the same local clock time, and no other bar lies between them. The event's own trading
    days never serve. In a daily series every day has one bar, so windows of the same number of bars serve that share
    no return with the event's window, nor with one another unless ``every`` window is asked for.
    """
    reference, first = event
    bars = np.arange(reference + min(window.start, 0), first + max(window.stop, 0) + 1)
    if bars[0] < 0 or bars[-1] >= len(index):
        none = np.empty(0, dtype=np.int64)
        return PlaceboWindows(none, none, none)
    span = BarSpan(int(bars[0]), int(bars[-1]))
    if index.daily:
        heads = earlier_spans(index, span.tail - span.head, span, after=after, every=every)
    else:
        heads = _same_clock(index, bars, after=after)
    heads = heads[np.argsort(np.abs(heads - bars[0]), kind="stable")]
    moved = heads + (reference - bars[0])
    return PlaceboWindows(moved, heads + (first - bars[0]), index.day[moved])


def _same_clock(index: ClockIndex, bars: IntArray, *, after: bool) -> IntArray:
    heads, tails = shifted_days(index, BarSpan(int(bars[0]), int(bars[-1])), after=after)
    heads = heads[tails - heads == len(bars) - 1]
    steps = np.arange(len(bars))
    moved = index.key[heads[:, None] + steps] - index.key[heads][:, None]
    same = (moved == index.key[bars] - index.key[bars[0]]).all(axis=1)
    return np.asarray(heads[same], dtype=np.int64)


def compounding(flat: FloatArray, reference: IntArray, width: int) -> FloatArray:
    """Return what compounding the simple returns of ``width`` bars after each reference adds to their sum."""
    pieces = flat[(reference[:, None] + 1) + np.arange(width)]
    return np.asarray(np.expm1(np.log1p(pieces).sum(axis=1)) - pieces.sum(axis=1), dtype=np.float64)


def window_returns(flat: FloatArray, bars: EventBars, tau: IntArray, kind: ReturnKind = "log") -> FloatArray:
    """Return the cells of D placebo windows, tau = 0 merged as in the event; shape (D, L2)."""
    reference, first = bars
    cells = np.empty((len(reference), len(tau)))
    for j, t in enumerate(tau):
        if t == 0:
            width = int(first[0] - reference[0]) if len(first) else 0
            cells[:, j] = flat[(reference[:, None] + 1) + np.arange(width)].sum(axis=1)
            if kind == "simple" and width > 1:
                cells[:, j] += compounding(flat, reference, width)
        else:
            cells[:, j] = flat[reference + t + 1] if t < 0 else flat[first + t]
    return cells
