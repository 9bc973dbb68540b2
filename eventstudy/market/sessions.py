"""Trading sessions as values, and the questions one asks of them, for one instant or for ten million."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

import numpy as np

from eventstudy.arrays import (
    DAY_US,
    BoolArray,
    IntArray,
    StrArray,
    frozen,
    in_order,
    instant_from_us,
    instant_us,
    value,
    wall_us,
)
from eventstudy.errors import CalendarError

SessionKind = Literal["auction", "trade"]
EPOCH_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of open market: bars that close in ``(opens_at, closes_at]`` belong to it.

    ``trading_day`` is the day the exchange books its trades on: a weekend session may belong to the Monday.
    """

    opens_at: datetime
    closes_at: datetime
    kind: SessionKind
    name: str
    trading_day: date


DaySessions: TypeAlias = tuple[date, tuple[Session, ...]]


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One row of a session table with its source: a range of days, or the ``dates`` it names.

    ``weekend`` rows describe Saturdays and Sundays; ``given`` rows come from the user and go before all others.
    """

    first: date
    last: date
    text: str
    source: str
    assumed: str = ""
    dates: frozenset[date] = frozenset()
    weekend: bool = False
    given: bool = False

    def covers(self, days: IntArray) -> BoolArray:
        """Return which days (since 1970-01-01) the row describes."""
        if self.dates:
            return np.isin(days, [as_day(d) for d in self.dates])
        inside = (days >= as_day(self.first)) & (days <= as_day(self.last))
        return np.asarray(inside & (((days + 3) % 7 >= 5) == self.weekend), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop of trading inside a session."""

    from_at: datetime
    to_at: datetime
    source: str


@value
class SessionTable:
    """Every session of a calendar as parallel arrays, ordered by time and never overlapping.

    Attributes
    ----------
    opens, closes : IntArray, shape (S,)
        Microseconds since the epoch.
    trading_day : IntArray, shape (S,)
        Days since 1970-01-01.
    auction : BoolArray, shape (S,)
    name : StrArray, shape (S,)
    run : IntArray, shape (S,)
        Sessions that follow each other without a pause share a number; a return inside one run crosses no break.
    """

    opens: IntArray
    closes: IntArray
    trading_day: IntArray
    auction: BoolArray
    name: StrArray
    run: IntArray = field(init=False)

    def __post_init__(self) -> None:
        order = np.argsort(self.opens, kind="stable")
        kinds = {"auction": np.bool_, "name": object}
        for column in ("opens", "closes", "trading_day", "auction", "name"):
            values = np.asarray(getattr(self, column))[order]
            object.__setattr__(self, column, frozen(values, kinds.get(column, np.int64)))
        if (self.opens[1:] < self.closes[:-1]).any() or (self.opens >= self.closes).any():
            raise CalendarError("Sessions overlap or are empty.", remedy="Correct the rows of the session table.")
        run = np.concatenate(([0], np.cumsum(self.opens[1:] != self.closes[:-1]))) if len(self.opens) else np.empty(0)
        object.__setattr__(self, "run", frozen(run, np.int64))

    def __len__(self) -> int:
        return len(self.opens)


@value
class TradingCalendar:
    """When one market trades: documented for some dates, projected from the regular week after them.

    Attributes
    ----------
    name, zone : str
    valid_from, valid_to : datetime.date
        First and last local date of the table; any other date is a ``CalendarError``.
    documented_to : datetime.date or None
        Last date that the package documents; later ones are projected, but for rows the user gives. None where the
        hours follow a rule without an end.
    table : SessionTable
        Halts are already cut out.
    rows : tuple of ScheduleRow
        The effective-dated rows with their sources; empty for rules that never change.
    halts : tuple of Halt
    holidays : frozenset of datetime.date
    always : bool
        True where a missing day says nothing (a market that never closes).
    """

    name: str
    zone: str
    valid_from: date
    valid_to: date
    table: SessionTable
    rows: tuple[ScheduleRow, ...] = ()
    halts: tuple[Halt, ...] = ()
    holidays: frozenset[date] = frozenset()
    always: bool = False
    documented_to: date | None = None

    def __repr__(self) -> str:
        last = self.documented_to or self.valid_to
        return f"TradingCalendar({self.name!r}, {self.zone}, {self.valid_from}..{last})"


def check_dates(calendar: TradingCalendar, first: date, last: date) -> None:
    """Refuse dates the calendar's table does not cover, naming its bounds."""
    for day in (first, last):
        if not calendar.valid_from <= day <= calendar.valid_to:
            raise CalendarError(
                f"{day} lies outside the calendar {calendar.name}, which is valid from {calendar.valid_from} "
                f"to {calendar.valid_to}.",
                remedy=f"Use later dates, add rows under [calendars.{calendar.name}], or use the calendar 24/7.",
            )


def standings(calendar: TradingCalendar, days: IntArray) -> StrArray:
    """Return what the hours of each day rest on, shape (T,): "documented", "assumed" or "projected".

    Only documented hours may remove a bar that was traded.

    Parameters
    ----------
    calendar : TradingCalendar
    days : IntArray, shape (T,)
        Local days since 1970-01-01.
    """
    known = as_day(calendar.documented_to or calendar.valid_to)
    found = np.where(days > known, "projected", "documented").astype(object)
    for row in sorted(calendar.rows, key=lambda row: (row.given, bool(row.dates))):
        found[row.covers(days)] = "assumed" if row.assumed else "documented"
    return found


def rows_in_force(calendar: TradingCalendar, day: date) -> tuple[ScheduleRow, ...]:
    """Return the rows that describe a day: the user's, else those that name it, else those of its range."""
    at = np.array([as_day(day)], dtype=np.int64)
    rows = [row for row in calendar.rows if row.covers(at)[0]]
    best = max(((row.given, bool(row.dates)) for row in rows), default=None)
    return tuple(row for row in rows if (row.given, bool(row.dates)) == best)


def check_instants(calendar: TradingCalendar, instants: IntArray) -> None:
    """Refuse instants whose local date the calendar's table does not cover."""
    if not len(instants):
        return
    low, high = wall_us(np.array([instants.min(), instants.max()], dtype=np.int64), calendar.zone)
    check_dates(calendar, as_date((low - 1) // DAY_US), as_date((high - 1) // DAY_US))


def as_date(day: int) -> date:
    """Return days since 1970-01-01 as a date."""
    return EPOCH_DAY + timedelta(days=int(day))


def as_day(day: date) -> int:
    """Return a date as days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def session_at(table: SessionTable, row: int) -> Session:
    """Return one row of a table as a value."""
    return Session(
        instant_from_us(int(table.opens[row])),
        instant_from_us(int(table.closes[row])),
        "auction" if table.auction[row] else "trade",
        str(table.name[row]),
        as_date(int(table.trading_day[row])),
    )


def sessions(calendar: TradingCalendar, first: date, last: date) -> tuple[Session, ...]:
    """Return the sessions that open on the local dates from ``first`` to ``last``, both included.

    Examples
    --------
    >>> from datetime import date
    >>> from eventstudy.market.calendars import calendar
    >>> [s.name for s in sessions(calendar("MOEX-FX"), date(2021, 4, 13), date(2021, 4, 13))]
    ['main']
    """
    check_dates(calendar, first, last)
    rows, _ = rows_opening(calendar, first, last)
    return tuple(session_at(calendar.table, int(row)) for row in rows)


def rows_opening(calendar: TradingCalendar, first: date, last: date) -> tuple[IntArray, IntArray]:
    """Return the rows of the sessions that open on the local dates, both included, and the date of each."""
    start, stop = as_day(first) * DAY_US, (as_day(last) + 1) * DAY_US
    low, high = np.searchsorted(calendar.table.opens, [start - DAY_US, stop + DAY_US])
    day = wall_us(calendar.table.opens[low:high], calendar.zone) // DAY_US
    rows = np.flatnonzero((day >= as_day(first)) & (day <= as_day(last)))
    return low + rows, day[rows]


def is_open(calendar: TradingCalendar, at: datetime) -> bool:
    """Return whether the market trades at an instant (at the very close it does not)."""
    us = np.array([instant_us(at)], dtype=np.int64)
    check_instants(calendar, us)
    row = int(np.searchsorted(calendar.table.opens, us[0], side="right")) - 1
    return row >= 0 and bool(us[0] < calendar.table.closes[row])


def next_open(calendar: TradingCalendar, at: datetime) -> datetime:
    """Return the first instant from ``at`` on at which the market trades."""
    if is_open(calendar, at):
        return at
    row = int(np.searchsorted(calendar.table.opens, instant_us(at), side="left"))
    if row >= len(calendar.table):
        raise CalendarError(f"{calendar.name} has no session after {at}; its table ends on {calendar.valid_to}.")
    return instant_from_us(int(calendar.table.opens[row]))


def session_rows(calendar: TradingCalendar, closes: IntArray, step_us: int) -> IntArray:
    """Return for each bar the row of its session in the table, or -1 for a bar outside every session, shape (T,).

    A bar covers ``(close - step, close]`` and belongs to the last session that opens before it closes and is not
    over before it begins.
    """
    check_instants(calendar, closes)
    table = calendar.table
    if not len(closes) or not len(table):
        return np.full(len(closes), -1, dtype=np.int64)
    return rows_in_order(table, closes, step_us) if in_order(closes) else rows_one_by_one(table, closes, step_us)


def rows_in_order(table: SessionTable, closes: IntArray, step_us: int) -> IntArray:
    """Return the session rows of bars in order: the few thousand sessions are looked for among millions of bars."""
    low, high = np.searchsorted(table.opens, [closes[0], closes[-1] + 1])
    low = max(low - 1, 0)
    opens, ends = table.opens[low:high], table.closes[low:high]
    starts = np.searchsorted(closes, opens, side="right")
    stops = np.append(starts[1:], len(closes))
    row = np.repeat(np.arange(low - 1, high), np.diff(np.concatenate(([0], starts, [len(closes)]))))
    over = np.searchsorted(closes, ends + step_us, side="left")
    for session in np.flatnonzero(over < stops):
        row[max(over[session], starts[session]) : stops[session]] = -1
    return np.asarray(row, dtype=np.int64)


def rows_one_by_one(table: SessionTable, closes: IntArray, step_us: int) -> IntArray:
    """Return the session rows of bars in any order."""
    row = np.searchsorted(table.opens, closes, side="left") - 1
    row[(row < 0) | (table.closes[row] <= closes - step_us)] = -1
    return np.asarray(row, dtype=np.int64)


def distinct(rows: IntArray, size: int) -> IntArray:
    """Return the distinct rows of a table of ``size`` rows, in order, without sorting; -1 stands for none."""
    seen = np.zeros(size + 1, dtype=np.bool_)
    seen[rows] = True
    return np.flatnonzero(seen[:size]).astype(np.int64)


def clock_zone(calendar: TradingCalendar, zone: str) -> str:
    """Return whose clock a series is read on: the calendar's, or where the market never closes ``zone``, if given."""
    return zone if calendar.always and zone else calendar.zone


def trading_day(calendar: TradingCalendar, closes: IntArray, step_us: int = 1) -> IntArray:
    """Return the exchange's trading day of each closing instant as days since 1970-01-01, shape (T,).

    A bar outside every session keeps its local date.
    """
    row = session_rows(calendar, closes, step_us)
    local = (wall_us(closes, calendar.zone) - 1) // DAY_US
    if not len(calendar.table):
        return np.asarray(local, dtype=np.int64)
    return np.asarray(np.where(row >= 0, calendar.table.trading_day[np.maximum(row, 0)], local), dtype=np.int64)


def trading_days(calendar: TradingCalendar, first: date, last: date) -> IntArray:
    """Return every trading day between two dates, both included, as days since 1970-01-01."""
    check_dates(calendar, first, last)
    booked = calendar.table.trading_day
    low, high = np.searchsorted(booked, [as_day(first), as_day(last) + 1])
    return np.unique(booked[low:high]).astype(np.int64)
