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
    from_epoch_us,
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
    """One effective-dated row of a session table, as it was read, with its source."""

    first: date
    last: date
    text: str
    source: str
    assumed: str = ""


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
    """When one market trades, between the two dates its table has been checked for.

    Attributes
    ----------
    name, zone : str
    valid_from, valid_to : datetime.date
        First and last local date the table speaks for; any other date is a ``CalendarError``.
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

    def __repr__(self) -> str:
        return f"TradingCalendar({self.name!r}, {self.zone}, {self.valid_from}..{self.valid_to})"


def check_dates(calendar: TradingCalendar, first: date, last: date) -> None:
    """Refuse dates the calendar's table does not speak for, naming its bounds."""
    for day in (first, last):
        if not calendar.valid_from <= day <= calendar.valid_to:
            newer = "a newer release of this program may know that year; " if day > calendar.valid_to else ""
            raise CalendarError(
                f"{day} lies outside the calendar {calendar.name}, which is valid from {calendar.valid_from} "
                f"to {calendar.valid_to}; hours that nobody has published are not guessed.",
                remedy=f"Use a date inside these bounds: {newer}24/7 takes every bar, and no night for a break.",
            )


def check_instants(calendar: TradingCalendar, instants: IntArray) -> None:
    """Refuse instants whose local date the calendar's table does not speak for."""
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
    day = wall_us(calendar.table.opens, calendar.zone) // DAY_US
    rows = np.flatnonzero((day >= as_day(first)) & (day <= as_day(last)))
    return tuple(session_at(calendar.table, int(row)) for row in rows)


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
    starts = np.searchsorted(closes, table.opens, side="right")
    stops = np.append(starts[1:], len(closes))
    row = np.repeat(np.arange(-1, len(table)), np.diff(np.concatenate(([0], starts, [len(closes)]))))
    over = np.searchsorted(closes, table.closes + step_us, side="left")
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
    days = np.unique(calendar.table.trading_day)
    return np.asarray(days[(days >= as_day(first)) & (days <= as_day(last))], dtype=np.int64)


def describe(session: Session, zone: str) -> str:
    """Return a session as one line: local clock, UTC, kind, name, and its trading day where it is another."""
    local = from_epoch_us(np.array([instant_us(session.opens_at), instant_us(session.closes_at)])).tz_convert(zone)
    line = (
        f"{local[0]:%Y-%m-%d %H:%M}-{local[1]:%H:%M}  {session.opens_at:%H:%M}-{session.closes_at:%H:%M} UTC  "
        f"{session.kind:<7}  {session.name}"
    )
    return line if local[0].date() == session.trading_day else f"{line} (trading day {session.trading_day})"


def schedule_changes(calendar: TradingCalendar, first: date, last: date) -> tuple[DaySessions, ...]:
    """Return each local date on which the hours differ from the day before of its kind, working day or weekend.

    A working day without sessions is a change too; weekends are expected to be closed until one is open.
    """
    by_day: dict[date, list[Session]] = {}
    opened = wall_us(calendar.table.opens, calendar.zone) // DAY_US
    check_dates(calendar, first, last)
    for row in np.flatnonzero((opened >= as_day(first)) & (opened <= as_day(last))):
        by_day.setdefault(as_date(opened[row]), []).append(session_at(calendar.table, int(row)))
    usual: dict[bool, tuple[object, ...]] = {True: ()}
    changed = []
    for number in range(as_day(first), as_day(last) + 1):
        day = as_date(number)
        held = tuple(by_day.get(day, ()))
        hours = local_hours(held, calendar.zone)
        weekend = day.weekday() >= 5
        if usual.get(weekend) != hours:
            changed.append((day, held))
            usual[weekend] = hours
    return tuple(changed)


def local_hours(held: tuple[Session, ...], zone: str) -> tuple[object, ...]:
    """Return the local clock times of a day's sessions, to compare one day with another."""
    at = np.array([instant_us(i) for s in held for i in (s.opens_at, s.closes_at)], dtype=np.int64)
    clocks = (wall_us(at, zone) % DAY_US).tolist() if len(at) else []
    return (*clocks, *(s.kind for s in held))
