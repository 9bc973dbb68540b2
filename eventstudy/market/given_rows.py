"""Sessions that a user states: dated rows that override and extend a calendar, or are a calendar of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray, wall_us
from eventstudy.errors import CalendarError
from eventstudy.market.local_time import check_zone
from eventstudy.market.projection import PROJECTED_TO, projected
from eventstudy.market.schedules import HeldSession, day_range, make_table, session_line, weekday
from eventstudy.market.sessions import ScheduleRow, SessionTable, TradingCalendar, as_day

FIRST = date(1900, 1, 1)
On = Literal["weekdays", "weekend", "every day"]
DAYS_OF_WEEK: dict[str, tuple[int, ...]] = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    "every day": (0, 1, 2, 3, 4, 5, 6),
}


@dataclass(frozen=True, slots=True)
class GivenRow:
    """The sessions of the days named, or of a range of days.

    Attributes
    ----------
    sessions : tuple of str
        Local hours, ``"09:15-15:30"`` or ``"evening trade 19:05-23:50 next-day"``; empty where ``closed``.
    dates : tuple of datetime.date
        The days; or
    first, last : datetime.date or None
        a range, both included, of which ``on`` says the days of the week. Within the dates that a calendar documents,
        its holidays stay holidays.
    closed : bool
        No session on these days.
    source : str
        Where the hours are published.
    """

    sessions: tuple[str, ...] = ()
    dates: tuple[date, ...] = ()
    first: date | None = None
    last: date | None = None
    on: On = "weekdays"
    closed: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if self.on not in DAYS_OF_WEEK:
            raise CalendarError(f"on is {self.on!r}.", remedy='Use "weekdays", "weekend" or "every day".')
        if bool(self.dates) == (self.first is not None and self.last is not None):
            raise CalendarError(
                "A row of sessions has no days.", remedy="Give dates = [...], or first = ... and last = ..."
            )
        if self.begin < FIRST or self.end > PROJECTED_TO:
            raise CalendarError(f"A row of sessions is for dates outside {FIRST} to {PROJECTED_TO}.")
        if self.first and self.last and self.first > self.last:
            raise CalendarError(f"A row of sessions ends on {self.last}, before it begins on {self.first}.")
        if bool(self.sessions) == self.closed:
            raise CalendarError(
                f"The row for {self.begin} has {'sessions and is closed' if self.closed else 'no sessions'}.",
                remedy='Give sessions = ["HH:MM-HH:MM"], or closed = true.',
            )
        for text in self.sessions:
            session_line(text)

    @property
    def begin(self) -> date:
        """First day of the row."""
        return min(self.dates) if self.dates else self.first or date.min

    @property
    def end(self) -> date:
        """Last day of the row."""
        return max(self.dates) if self.dates else self.last or date.max


@dataclass(frozen=True, slots=True)
class GivenCalendar:
    """The rows given for one calendar; later rows override earlier ones. With ``zone`` they are the entire calendar."""

    rows: tuple[GivenRow, ...]
    zone: str = ""


def given_calendar(content: Mapping[str, Any], where: str) -> GivenCalendar:
    """Return the rows written in a table of TOML values: ``rows`` and, for a new calendar, ``zone``."""
    known = {"rows", "zone"}
    unknown = sorted(set(content) - known)
    rows = content.get("rows", ())
    if unknown or not isinstance(rows, list | tuple) or not rows:
        raise CalendarError(
            f"{where} {'has the unknown key ' + unknown[0] if unknown else 'has no rows'}.",
            remedy="Allowed are rows = [{...}] and zone.",
        )
    given = []
    for number, row in enumerate(rows):
        names = sorted(set(row) - set(GivenRow.__dataclass_fields__)) if isinstance(row, Mapping) else ["?"]
        if names:
            allowed = ", ".join(GivenRow.__dataclass_fields__)
            raise CalendarError(f"{where}, row {number}: unknown key {names[0]}.", remedy=f"Allowed are {allowed}.")
        try:
            given.append(GivenRow(**{key: _as_field(key, value) for key, value in row.items()}))
        except CalendarError as error:
            raise CalendarError(f"{where}, row {number}: {error.message}", remedy=error.remedy) from None
    return GivenCalendar(tuple(given), str(content.get("zone", "")))


def _as_field(key: str, value: Any) -> Any:
    """Return a value of a row as its field takes it; text and dates are both accepted for a date."""
    if key in {"first", "last"}:
        return _as_date(value)
    if key in {"dates", "sessions"}:
        items = tuple(value) if isinstance(value, list | tuple) else (value,)
        return tuple(map(_as_date, items)) if key == "dates" else tuple(map(str, items))
    if key == "closed" and not isinstance(value, bool):
        raise CalendarError(f"closed is {value!r}.", remedy="Write true or false.")
    return value if key == "closed" else str(value)


def _as_date(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CalendarError(f"Invalid date {value!r}.", remedy="Use YYYY-MM-DD, for example 2027-01-04.") from None


def with_given(venue: TradingCalendar | None, name: str, given: GivenCalendar) -> TradingCalendar:
    """Return a calendar with a user's rows in place of its own on the days they name; without one, the rows alone.

    Days between the last documented one and the user's rows keep what is projected for them.
    """
    zone = venue.zone if venue else check_zone(given.zone)
    first = min([row.begin for row in given.rows] + ([venue.valid_from] if venue else []))
    last = max([row.end for row in given.rows] + ([venue.valid_to] if venue else []))
    lines: list[HeldSession] = []
    taken = np.empty(0, dtype=np.int64)
    for row in reversed(given.rows):
        days = np.setdiff1d(days_of(row, venue), taken)
        taken = np.union1d(taken, np.asarray([as_day(d) for d in row.dates], dtype=np.int64) if row.dates else days)
        lines += [HeldSession(line, days, days) for line in map(session_line, row.sessions)]
    kept = None if venue is None else without_days(projected(venue), taken, last)
    return TradingCalendar(
        name=name,
        zone=zone,
        valid_from=first,
        valid_to=last,
        table=merged(kept, lines, zone, name),
        rows=(*(venue.rows if venue else ()), *map(_schedule_row, given.rows)),
        halts=venue.halts if venue else (),
        holidays=venue.holidays if venue else frozenset(),
        documented_to=(venue.documented_to or venue.valid_to) if venue else None,
    )


def days_of(row: GivenRow, venue: TradingCalendar | None) -> IntArray:
    """Return the local days of a row; a range keeps the holidays that the calendar documents."""
    if row.dates:
        return np.unique(np.array([as_day(d) for d in row.dates], dtype=np.int64))
    days = day_range(row.begin, row.end)
    days = days[np.isin(weekday(days), DAYS_OF_WEEK[row.on])]
    if venue is None or row.on != "weekdays":
        return days
    documented: BoolArray = (days >= as_day(venue.valid_from)) & (days <= as_day(venue.valid_to))
    held = np.isin(days, np.union1d(venue.table.trading_day, wall_us(venue.table.opens, venue.zone) // DAY_US))
    return np.asarray(days[~documented | held], dtype=np.int64)


def without_days(venue: TradingCalendar, days: IntArray, last: date) -> SessionTable:
    """Return the sessions of a calendar up to a trading day that do not open on the local days."""
    table = venue.table
    keep = ~np.isin(wall_us(table.opens, venue.zone) // DAY_US, days) & (table.trading_day <= as_day(last))
    return SessionTable(
        table.opens[keep], table.closes[keep], table.trading_day[keep], table.auction[keep], table.name[keep]
    )


def merged(kept: SessionTable | None, lines: list[HeldSession], zone: str, name: str) -> SessionTable:
    """Return the kept sessions and the user's; those marked next-day count to the next trading day."""
    same_day = [days for line, days, _ in lines if not line.next_day]
    booked = np.unique(np.concatenate([*same_day, kept.trading_day if kept is not None else np.empty(0, np.int64)]))
    placed = []
    for line, days, _ in lines:
        at = np.searchsorted(booked, days, side="right")
        following = booked[np.minimum(at, len(booked) - 1)] if len(booked) else days
        placed.append(HeldSession(line, days, np.where(line.next_day, np.maximum(following, days), days)))
    if not any(len(days) for _, days, _ in placed) and kept is not None:
        return kept
    try:
        added = make_table(placed, zone)
        if kept is None:
            return added
        columns = ("opens", "closes", "trading_day", "auction", "name")
        return SessionTable(*(np.concatenate((getattr(kept, c), getattr(added, c))) for c in columns))
    except CalendarError as error:
        raise CalendarError(f"[calendars.{name}]: {error.message}", remedy=error.remedy) from None


def _schedule_row(row: GivenRow) -> ScheduleRow:
    text = "closed" if row.closed else ", ".join(row.sessions)
    named = frozenset(row.dates)
    if row.on == "every day" and not named:  # a row of the table is for weekdays or for weekends
        named = frozenset(row.begin + timedelta(days=n) for n in range((row.end - row.begin).days + 1))
    source = row.source or "the user's rows"
    return ScheduleRow(row.begin, row.end, text, source, "", named, row.on == "weekend", True)
