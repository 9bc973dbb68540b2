"""Daily bars: which date a stamp names, and when the bar of a date closes on its exchange."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, IntArray, from_epoch_us, value, wall_us
from eventstudy.errors import UsageError
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.sessions import SessionTable, TradingCalendar, as_date

# Some calendars end before the closing auction: 17:30 for 17:35 in Frankfurt, 16:00 for 16:12 in Sydney.
LONGEST_AUCTION_US = 15 * MINUTE_US
PERIOD_US = 6 * DAY_US  # bars of a week or longer


@value
class DailyClose:
    """When the bar of a date closes.

    Attributes
    ----------
    zone : str
        Time zone of ``closes_at_us``.
    closes_at_us : int or None
        Local time of the close in microseconds since midnight; None where the calendar says it.
    calendar : TradingCalendar or None
        Calendar of the exchange; None, or one that never closes, leaves the stated time alone.
    """

    zone: str
    closes_at_us: int | None = None
    calendar: TradingCalendar | None = None

    @property
    def has_sessions(self) -> bool:
        return self.calendar is not None and not self.calendar.always


def days_named(instants: IntArray, zone: str) -> IntArray:
    """Return the dates that aware daily stamps name, as days since 1970-01-01.

    A stamp names the date on the clock of ``zone``: a midnight, an open or a close of the exchange. Stamps that are
    all midnights of UTC and no constant time of day on that clock are dates written as UTC midnights.
    """
    local = wall_us(instants, zone)
    days = local // DAY_US
    written = instants // DAY_US
    if len(days) and not (instants % DAY_US).any() and weekend_rows(written) <= weekend_rows(days):
        return np.asarray(written, dtype=np.int64)
    return np.asarray(days, dtype=np.int64)


def weekend_rows(days: IntArray) -> int:
    """Return how many dates are a Saturday or a Sunday."""
    return int(((days + 3) % 7 > 4).sum())


def close_of_days(days: IntArray, rule: DailyClose, *, lines: IntArray | None = None) -> IntArray:
    """Return the closing instant of the bar of each date.

    With a calendar and no stated time a bar closes with the last session of its trading day (half days included).
    With both, it closes at the stated time or, where the exchange is closed by then, with the session before it; the
    stated time 24:00 is the end of the date. A stated time up to 15 minutes after the calendar's close is that of the
    closing auction, on half days as well.

    Raises
    ------
    UsageError
        If nothing says when a day closes, the stated time is after the exchange's close on most days, or the sessions
        of a date are not those of one trading day.
    CalendarError
        If a stated local time does not exist on one of the dates, or exists twice.
    """
    if rule.closes_at_us is None:
        return by_calendar(days, rule)
    stated = instants_from_wall(days * DAY_US + rule.closes_at_us, rule.zone, lines=lines)
    if rule.calendar is None or rule.calendar.always or not len(rule.calendar.table):
        return stated
    ended, early = last_open_until(rule.calendar.table, stated)
    trading = np.isin(days, rule.calendar.table.trading_day)
    same_date = (wall_us(ended, rule.calendar.zone) - 1) // DAY_US == days
    before_open, early = early & trading & ~same_date, early & trading & same_date
    end_of_date = rule.closes_at_us >= DAY_US
    auction = 0 if end_of_date else closing_auction(stated[early] - ended[early], int(trading.sum()))
    for wrong, sentence in ((early, later_than_exchange), (before_open, before_exchange)):
        if not auction and not end_of_date and 2 * int(wrong.sum()) > max(int(trading.sum()), 1):
            raise UsageError(sentence(rule, stated[wrong][0], ended[wrong][0]), remedy=STATE_CLOSE)
    return np.asarray(np.where(early, np.minimum(ended + auction, stated), stated), dtype=np.int64)


def closing_auction(lag: IntArray, n_days: int) -> int:
    """Return how long after the calendar's close the stated one is on most days, if that is a closing auction."""
    if 2 * len(lag) <= n_days:
        return 0
    usual = int(np.median(lag))
    return usual if usual <= LONGEST_AUCTION_US else 0


STATE_CLOSE = "Leave closes_at out, so that the calendar says it, or state the local time of the close."


def later_than_exchange(rule: DailyClose, stated: int, ended: int) -> str:
    """Return the sentence for a stated close at which the exchange is closed on most days."""
    (_, at), (day, close) = (local_reading(instant, rule.zone) for instant in (stated, ended))
    return (
        f"A daily bar cannot close after its exchange: closes_at is {at} {rule.zone}, and {name_of(rule)} closes at "
        f"{close} on {day}."
    )


def before_exchange(rule: DailyClose, stated: int, ended: int) -> str:
    """Return the sentence for a stated close at which the exchange has not opened on most days."""
    day, at = local_reading(stated, rule.zone)
    return f"closes_at is {at} {rule.zone}, before {name_of(rule)} opens on {day}: a daily bar cannot close by then."


def name_of(rule: DailyClose) -> str:
    return rule.calendar.name if rule.calendar else ""


def local_reading(instant: int, zone: str) -> tuple[str, str]:
    """Return date and time of day of an instant on the clock of a zone."""
    at = from_epoch_us(np.array([instant])).tz_convert(zone)[0]
    return f"{at:%Y-%m-%d}", f"{at:%H:%M}"


def last_open_until(table: SessionTable, instants: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the last instant of an open market at or before each instant, and whether it is an earlier one."""
    row = np.searchsorted(table.opens, instants, side="left") - 1
    known = np.maximum(row, 0)
    early = (row >= 0) & (table.closes[known] < instants)
    return np.where(early, table.closes[known], instants), early


def by_calendar(days: IntArray, rule: DailyClose) -> IntArray:
    """Return the close of the last session of each trading day; of another date, the last usual time of day."""
    venue = rule.calendar
    if venue is None or venue.always or not len(venue.table):
        raise UsageError(
            "Daily bars need the time at which a day closes: neither a closing time nor a calendar with sessions is "
            "given.",
            remedy="State closes_at='16:00' (local time of the close) or calendar='XNYS'.",
        )
    known, closes = last_closes(venue.table)
    local = wall_us(closes, venue.zone)
    away = np.flatnonzero(((local - 1) // DAY_US != known) & np.isin(known, days))
    booked_later = evening_sessions_booked_later(venue, days)
    if len(away) or len(booked_later):
        day = as_date(known[away[0]] if len(away) else booked_later[0])
        raise UsageError(
            f"{venue.name} books sessions of one date on another trading day (first {day}), so the calendar does not "
            "say when the bar of a date closes.",
            remedy="State closes_at='18:45' (local time of the close).",
        )
    place = np.minimum(np.searchsorted(known, days), len(known) - 1)
    place -= (known[place] > days) & (place > 0)
    found = closes[place]
    missing = np.flatnonzero(known[place] != days)
    if len(missing):
        clock = local[place[missing]] - known[place[missing]] * DAY_US
        found[missing] = instants_from_wall(days[missing] * DAY_US + clock, venue.zone)
    return np.asarray(found, dtype=np.int64)


def last_closes(table: SessionTable) -> tuple[IntArray, IntArray]:
    """Return every trading day of a table and the close of its last session."""
    order = np.lexsort((table.closes, table.trading_day))
    day = table.trading_day[order]
    last = np.flatnonzero(np.append(day[1:] != day[:-1], len(day) > 0))
    return day[last], table.closes[order][last]


def evening_sessions_booked_later(venue: TradingCalendar, days: IntArray) -> IntArray:
    """Return the dates with a session that opens after the close of their trading day and counts to a later one."""
    opened = wall_us(venue.table.opens, venue.zone) // DAY_US
    ended = (wall_us(venue.table.closes, venue.zone) - 1) // DAY_US
    later = (venue.table.trading_day > opened) & (ended == opened) & np.isin(opened, venue.table.trading_day)
    return np.asarray(opened[later & np.isin(opened, days)], dtype=np.int64)


def clipped_to_sessions(closes: IntArray, step_us: int, calendar: TradingCalendar) -> IntArray:
    """Return the closing instants of intraday bars, each no later than the end of the session it belongs to.

    A bar covers ``(close - step, close]``; the last bar of a session that is not a multiple of the step ends with it.
    """
    table = calendar.table
    if calendar.always or not len(closes) or not len(table):
        return closes
    row = np.searchsorted(table.opens, closes, side="left") - 1
    known = np.maximum(row, 0)
    ends = table.closes[known]
    over = (row >= 0) & (ends < closes) & (ends > closes - step_us)
    return np.asarray(np.where(over, ends, closes), dtype=np.int64) if over.any() else closes
