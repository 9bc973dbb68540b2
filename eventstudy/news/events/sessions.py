"""Dates and trading sessions in place of a time: ``bmo``, ``dmh``, ``amc``, and the intervals they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from eventstudy.arrays import instant_from_us
from eventstudy.errors import CalendarError, StampError
from eventstudy.market.calendars import calendar
from eventstudy.market.sessions import TradingCalendar, as_day, check_dates
from eventstudy.news.items import EventDay, EventTime, SessionName
from eventstudy.news.stamps import TICK, Stamp, stamp_of_date

# The clocks a civil day can be on: the first place to begin it, and the last to end it.
FIRST_CLOCK, LAST_CLOCK = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))

# A session in words is a side word, with or without words for the market and for that side's end of trading.
SIDES: Mapping[str, SessionName] = {
    **dict.fromkeys(["bmo", "bto", "before", "pre", "premarket", "preopen"], "bmo"),
    **dict.fromkeys(["dmh", "dmt", "during", "intraday"], "dmh"),
    **dict.fromkeys(["amc", "atc", "after", "post", "postmarket", "afterhours"], "amc"),
}
ENDS: Mapping[str, frozenset[SessionName]] = {
    **dict.fromkeys(["open", "opens", "opening"], frozenset({"bmo"})),
    **dict.fromkeys(["close", "closes", "closing"], frozenset({"amc"})),
}
FILLERS = frozenset({"the", "time", "market", "markets", "hours", "hour", "session", "trading", "bell"})
NOT_GIVEN = frozenset({"", "-", "--", "n/a", "na", "none", "nan", "tns", "tas", "unspecified", "time-not-supplied"})
_WORD = re.compile(r"[a-z]+")


def session_of(text: str) -> SessionName | None:
    """Return the session that a cell names, ``""`` where it says that none was given, None for other words.

    >>> session_of("time-after-hours"), session_of("Before the market opens"), session_of("16:05")
    ('amc', 'bmo', None)
    """
    written = text.strip().casefold()
    if written in NOT_GIVEN:
        return ""
    words = set(_WORD.findall(written)) - FILLERS
    sides = {SIDES[word] for word in words if word in SIDES}
    ends = [ENDS[word] for word in words if word in ENDS]
    if len(sides) != 1 or len(words) != 1 + len(ends) or re.search(r"\d", written):
        return None
    (side,) = sides
    return side if all(side in end for end in ends) else None


def time_of_day(
    day: EventDay, exchange: str = "", evidence: tuple[str, ...] = (), basis: str = "reviewed"
) -> EventTime:
    """Return the interval of a date: on its exchange where that is known, else the civil day.

    A date without a time zone is that civil day in every zone: from its beginning on the clock 14 hours ahead of UTC to
    its end on the clock 12 hours behind.

    Raises
    ------
    StampError
        If the session cannot be on that day.
    """
    if exchange and exchange != "24/7":
        venue = calendar(exchange)
        if day.session:
            return EventTime(*session_interval(day, venue), basis, evidence, day)
        day = day if day.zone else EventDay(day.date, day.session, venue.zone)
    if day.zone:
        stamp = stamp_of_date(day.date, day.zone)
        return EventTime(stamp.start, stamp.end, basis, evidence, day)
    stamp = day_anywhere(day.date)
    return EventTime(stamp.start, stamp.end, basis, evidence, day)


def day_anywhere(day: date) -> Stamp:
    """Return a civil day on every clock of the world."""
    begin = datetime(day.year, day.month, day.day, tzinfo=FIRST_CLOCK)
    end = datetime(day.year, day.month, day.day, tzinfo=LAST_CLOCK) + timedelta(days=1) - TICK
    return Stamp(begin.astimezone(UTC), end.astimezone(UTC), "day", day.isoformat())


def session_interval(day: EventDay, venue: TradingCalendar) -> tuple[datetime, datetime]:
    """Return the interval of a session on an exchange.

    ``bmo`` is [previous close, open], ``dmh`` [open, close], ``amc`` [close, next open]. On a day without trading,
    ``bmo`` and ``amc`` are both [previous close, next open].

    Raises
    ------
    StampError
        For ``dmh`` on a day without trading, or a day outside the calendar.
    """
    try:
        check_dates(venue, day.date, day.date)
    except CalendarError as error:
        raise StampError("date", str(error)) from None
    table, number = venue.table, as_day(day.date)
    first = int(np.searchsorted(table.trading_day, number, side="left"))
    after = int(np.searchsorted(table.trading_day, number, side="right"))
    if day.session == "dmh" and first == after:
        raise StampError("session", f"{venue.name} does not trade on {day.date}, so nothing can come during its hours.")
    edges = {
        "bmo": (table.closes[first - 1 : first], table.opens[first : first + 1]),
        "dmh": (table.opens[first : first + 1], table.closes[after - 1 : after]),
        "amc": (table.closes[after - 1 : after], table.opens[after : after + 1]),
    }[day.session]
    if not all(len(edge) for edge in edges):
        raise StampError("date", f"The calendar {venue.name} has no trading day on the other side of {day.date}.")
    earliest, latest = (instant_from_us(int(edge[0])) for edge in edges)
    return earliest, latest
