"""Dates and trading sessions in place of a time: ``bmo``, ``dmh``, ``amc``, and the intervals they stand for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from eventstudy.errors import CalendarError, StampError, UnknownNameError
from eventstudy.news.items import EventDay, EventTime
from eventstudy.news.stamps import civil_day

if TYPE_CHECKING:
    from eventstudy.market.sessions import TradingCalendar


def time_of_day(
    day: EventDay, exchange: str = "", evidence: tuple[str, ...] = (), basis: str = "reviewed"
) -> EventTime:
    """Return the interval of a date: on its exchange where that is known, else the civil day.

    A date without a time zone is that civil day in every zone: from its beginning on the clock 14 hours ahead of UTC to
    its end on the clock 12 hours behind. A session that cannot be on that day is refused.
    """
    if exchange and exchange != "24/7":
        from eventstudy.market.calendars import calendar  # a list without sessions reads no calendar

        try:
            venue = calendar(exchange)
        except (CalendarError, UnknownNameError) as error:
            raise StampError("calendar", str(error)) from None
        if day.session:
            return EventTime(*session_interval(day, venue), basis, evidence, day)
        day = day if day.zone else EventDay(day.date, day.session, venue.zone)
    stamp = civil_day(day.date, day.zone)
    return EventTime(stamp.start, stamp.end, basis, evidence, day)


def session_interval(day: EventDay, venue: TradingCalendar) -> tuple[datetime, datetime]:
    """Return the interval of a session on an exchange; ``dmh`` without trading, and days outside it, are refused.

    ``bmo`` is [previous close, open], ``dmh`` [open, close], ``amc`` [close, next open]. On a day without trading,
    ``bmo`` and ``amc`` are both [previous close, next open].
    """
    import numpy as np

    from eventstudy.arrays import instant_from_us
    from eventstudy.market.sessions import as_day, check_dates

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
