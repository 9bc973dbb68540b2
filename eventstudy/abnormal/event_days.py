"""Dates and sessions in place of a time, laid on the trading days of each series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from eventstudy.abnormal import events as book
from eventstudy.abnormal.events import NO_DAY, EventTable
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import DAY_US, BoolArray, IntArray

DateRule = Literal["interval", "trading_day"]
# Code of a session in an EventTable: before the open, during market hours, after the close.
BMO, DMH, AMC = 1, 2, 3
SESSION_CODES = {"": 0, "bmo": BMO, "dmh": DMH, "amc": AMC}
# UTC offsets of exchanges lie between -10 and +14 hours; a trading day that is another civil day changes the rest only.
WEST_US = 10 * DAY_US // 24


@dataclass(frozen=True)
class _Axis:
    closes: IntArray
    trading_day: IntArray
    clock: IntArray


@dataclass(frozen=True)
class _DayColumns:
    day: IntArray
    session: IntArray
    zoned: BoolArray
    earliest: IntArray
    latest: IntArray


def day_intervals(table: EventTable, series: SeriesSet, which: IntArray, rule: DateRule) -> EventTable:
    """Return the events with every date in place of a time as an interval on the bars of its series.

    ``bmo`` runs from the last close before the day to its first close, ``dmh`` from the last close before the day to
    its last close, ``amc`` from the last close of the day to the next close. A date alone is the civil day on the
    clock of the series (``rule`` "interval"), or the trading day, or the next one with a bar ("trading_day").
    ``dmh`` on a day without a bar is refused.

    Parameters
    ----------
    table : EventTable
    series : SeriesSet
    which : IntArray, shape (N,)
        The series of each event, -1 where there is none.
    rule : {"interval", "trading_day"}
    """
    if table.day is None:
        return table
    rows = np.flatnonzero((table.day != NO_DAY) & (which >= 0))
    earliest, latest = table.earliest.copy(), table.latest.copy()
    refused = np.zeros(len(table), np.uint8) if table.refused is None else table.refused.copy()
    groups = np.zeros(len(rows), np.int64) if series.shared else which[rows]
    order = np.argsort(groups, kind="stable")
    for group in np.split(rows[order], np.flatnonzero(np.diff(groups[order])) + 1):
        if len(group):
            bounds, no_bar = _day_intervals(_axis(series, int(which[group[0]])), _days(table, group), rule)
            earliest[group], latest[group] = bounds
            refused[group[no_bar & (refused[group] == 0)]] = book.NO_SESSION
    return replace(table, earliest=earliest, latest=latest, refused=refused)


def _axis(series: SeriesSet, s: int) -> _Axis:
    bars = slice(int(series.time_offset[s]), int(series.time_offset[s] + series.length[s]))
    return _Axis(series.closes[bars], series.trading_day[bars], series.clock[bars])


def _days(table: EventTable, rows: IntArray) -> _DayColumns:
    none = np.zeros(len(table), np.int64)
    day, session = (none if column is None else column for column in (table.day, table.session))
    zoned = none.astype(np.bool_) if table.zoned is None else table.zoned
    return _DayColumns(day[rows], session[rows], zoned[rows], table.earliest[rows], table.latest[rows])


def _day_intervals(axis: _Axis, days: _DayColumns, rule: DateRule) -> tuple[tuple[IntArray, IntArray], BoolArray]:
    """Return the intervals of dates on one series, and which of them are refused."""
    day, session = days.day, days.session
    if not len(axis.closes):
        return (days.earliest, days.latest), np.zeros(len(day), np.bool_)
    first, after = (np.searchsorted(axis.trading_day, day, side=side) for side in ("left", "right"))
    # An instant before all closes and one after them stand for days the data do not reach.
    edges = np.concatenate([[axis.closes[0] - 1], axis.closes, [axis.closes[-1] + 1]])
    next_day = axis.trading_day[np.minimum(first, len(axis.closes) - 1)]
    day_end = np.where(first < len(axis.closes), np.searchsorted(axis.trading_day, next_day, side="right"), first + 1)
    before, opening, last, following = edges[first], edges[first + 1], edges[after], edges[after + 1]
    before, last = (np.where(day < axis.trading_day[0], np.minimum(days.earliest, at), at) for at in (before, last))
    low, high = (before, edges[day_end]) if rule == "trading_day" else _civil_day(axis, days, first)
    choices = [(session == BMO, before, opening), (session == DMH, before, last), (session == AMC, last, following)]
    for where, begin, end in choices:
        low, high = np.where(where, begin, low), np.where(where, end, high)
    no_bar = (session == DMH) & (first == after)
    return (np.where(no_bar, days.earliest, low), np.where(no_bar, days.latest, high)), no_bar


def _civil_day(axis: _Axis, days: _DayColumns, first: IntArray) -> tuple[IntArray, IntArray]:
    """Return the interval of each date: as it was given with a time zone, else on the clock of the series' bars."""
    near = np.minimum(first, len(axis.closes) - 1)
    offset = axis.trading_day[near] * DAY_US + axis.clock[near] - axis.closes[near]
    offset = (offset + WEST_US) % DAY_US - WEST_US
    midnight = days.day * DAY_US - offset
    return np.where(days.zoned, days.earliest, midnight), np.where(days.zoned, days.latest, midnight + DAY_US - 1)
