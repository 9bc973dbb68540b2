"""A calendar as text: a session as one line, and the days on which the hours change."""

from __future__ import annotations

from datetime import date

import numpy as np

from eventstudy.arrays import DAY_US, from_epoch_us, instant_us, wall_us
from eventstudy.market.sessions import (
    DaySessions,
    Session,
    TradingCalendar,
    as_date,
    as_day,
    check_dates,
    rows_opening,
    session_at,
)


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
    check_dates(calendar, first, last)
    for row, day in zip(*rows_opening(calendar, first, last), strict=True):
        by_day.setdefault(as_date(day), []).append(session_at(calendar.table, int(row)))
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
