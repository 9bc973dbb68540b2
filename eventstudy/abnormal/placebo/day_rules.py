"""Which windows of other days an event is compared with: without other events, and what the days must share."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.placebo.balance import (
    ANOTHER_WEEKDAY,
    KNOWN_EVENT,
    NO_LEVEL,
    NO_RELEASE,
    DaysLeftOut,
    counted,
    volatility_outside,
    weekday,
)
from eventstudy.abnormal.placebo.clock_index import ClockIndex, same_clock_references, volatility_levels
from eventstudy.abnormal.placebo.settings import MatchSettings, PlaceboSettings
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import BarSpan
from eventstudy.arrays import BoolArray, IntArray, value


@value
class DayRules:
    """The placebo settings of a study, and where its events are.

    Attributes
    ----------
    settings : PlaceboSettings
    positions : Positions
        All N aligned events.
    release : IntArray, shape (N,)
        Equal numbers for events of the same release, -1 for none.
    """

    settings: PlaceboSettings
    positions: Positions
    release: IntArray

    @cached_property
    def match(self) -> MatchSettings:
        return self.settings.match or MatchSettings()

    @property
    def selects(self) -> bool:
        """Whether days must share something with the event day."""
        match = self.match
        return bool(match.weekday or match.releases or match.volatility)

    @cached_property
    def by_series(self) -> tuple[IntArray, ...]:
        """Events of each series, in the order of their references."""
        series = self.positions.series
        order = np.lexsort((self.positions.reference, series))
        edges = np.searchsorted(series[order], np.arange(int(series.max(initial=-1)) + 2))
        return tuple(order[a:b] for a, b in pairwise(edges.tolist()))

    def others(self, at: int) -> IntArray:
        """Return the other events on the series of the event at this place, in the order of their references."""
        of_series = self.by_series[int(self.positions.series[at])]
        return np.asarray(of_series[of_series != at], dtype=np.int64)


class SeriesOnClock(NamedTuple):
    """Series, and the times of day of the one that an event is on."""

    series: SeriesSet
    clocks: ClockIndex


def compared(
    rules: DayRules, at: int, source: SeriesOnClock, event: BarSpan[int], windows: BarSpan[IntArray]
) -> tuple[BoolArray, tuple[DaysLeftOut, ...]]:
    """Return which windows the event at place ``at`` is compared with, and how many each rule leaves out.

    ``event`` and ``windows`` are the bars of the event's window and of the same window on other days.
    """
    series, index = source
    references = same_clock_references(index, int(rules.positions.reference[at]), event.head, windows.head)
    broken: dict[str, BoolArray] = {}
    if rules.match.weekday:
        days = event_days(rules, at, index, np.append(references, rules.positions.reference[at]))
        broken[ANOTHER_WEEKDAY] = np.asarray(weekday(days[:-1]) != weekday(days[-1:]))
    fit = _of_the_release(rules, at)
    if rules.match.releases:
        broken[NO_RELEASE[rules.match.releases]] = ~np.isin(references, rules.positions.reference[fit])
    if rules.settings.known_weight < 1 and rules.match.releases != "any":
        others = rules.others(at)
        broken[KNOWN_EVENT] = _holds_event(rules, others[~np.isin(others, fit)] if len(fit) else others, windows)
    if rules.match.volatility is not None:
        low, high = rules.match.volatility
        levels = volatility_levels(series, index, np.append(references, rules.positions.reference[at]))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = levels[:-1] / levels[-1]
        broken[NO_LEVEL] = ~np.isfinite(ratio) | (levels[:-1] <= 0)
        broken[volatility_outside((low, high))] = np.asarray((ratio < low) | (ratio > high))
    return counted(len(references), broken)


def event_days(rules: DayRules, at: int, index: ClockIndex, references: IntArray) -> IntArray:
    """Return the days that the event at place ``at`` would be on: of a daily series that of the first bar after it.

    An intraday window is on the day of its reference.
    """
    later = int(rules.positions.first[at] - rules.positions.reference[at]) if index.daily else 0
    return np.asarray(index.day[np.minimum(references + later, len(index) - 1)], dtype=np.int64)


def _of_the_release(rules: DayRules, at: int) -> IntArray:
    """Return the other events whose days are asked for; none where the days are not chosen by their events."""
    others = rules.others(at)
    if rules.match.releases == "same":
        same = (rules.release[others] == rules.release[at]) & (rules.release[at] >= 0)
        return np.asarray(others[same], dtype=np.int64)
    return others if rules.match.releases == "any" else others[:0]


def _holds_event(rules: DayRules, others: IntArray, windows: BarSpan[IntArray]) -> BoolArray:
    """Return in which windows bars ``head + 1 .. tail`` hold the news of one of these events, in order of time."""
    if not len(others):
        return np.zeros(len(windows.head), dtype=np.bool_)
    reference, first = rules.positions.reference[others], rules.positions.first[others]
    begun = np.searchsorted(reference, windows.tail, side="left")
    lasts = np.maximum.accumulate(first)
    return np.asarray((begun > 0) & (lasts[np.maximum(begun - 1, 0)] > windows.head))


def disjoint(windows: BarSpan[IntArray]) -> IntArray:
    """Return which windows share no bar with one before them in the list, nearest first.

    >>> disjoint(BarSpan(np.array([10, 9, 7]), np.array([12, 11, 9]))).tolist()
    [0, 2]
    """
    taken: list[int] = []
    for place, (head, tail) in enumerate(zip(windows.head.tolist(), windows.tail.tolist(), strict=True)):
        if all(tail <= windows.head[one] or head >= windows.tail[one] for one in taken):
            taken.append(place)
    return np.array(taken, dtype=np.int64)
