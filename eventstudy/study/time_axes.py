"""Rows of frames as closing instants: dates that close at a stated time, or instants that carry their zone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, BoolArray, IntArray, epoch_us, wall_us
from eventstudy.errors import DataError, EventTimeError, UsageError
from eventstudy.market.daily_close import DailyClose, close_of_days, last_open_until, weekend_rows
from eventstudy.market.gaps import MONTHS, days_between, missing_days, what_counts
from eventstudy.market.local_time import check_zone
from eventstudy.market.missing_rows import Days
from eventstudy.market.sessions import TradingCalendar, as_date, trading_days
from eventstudy.market.steps import begins_periods
from eventstudy.study.frame_shapes import as_timestamps

ENOUGH_SUNDAYS = 3
OTHER_HOURS = 0.2  # as the check of files
MOST, ALMOST_ALL = 0.5, 0.9
ENOUGH_DAYS, ENOUGH_OPENS = 60, 5
# Zones of exchanges whose clocks change with the seasons; London, Berlin and New York on other dates.
CHANGING_ZONES = ("America/New_York", "Europe/London", "Europe/Berlin", "Australia/Sydney")
DAILY_US = DAY_US * 5 // 6  # the shortest median distance of daily rows: 20 hours
EXAMPLE = "closes_at='16:00 America/New_York', or closes_at='XNYS' for the hours of a calendar"


@dataclass(frozen=True)
class TimeAxis:
    """Closes of the rows of a frame with their local day and time of day."""

    closes: IntArray
    day: IntArray
    clock: IntArray
    step_us: int
    missing_days: IntArray
    gap_limit: int
    calendar: TradingCalendar | None = None

    def part(self, rows: IntArray, after: IntArray) -> TimeAxis:
        """Return the axes of several series with some of the rows, one after another.

        ``after`` are the places that follow rows left out: trading days are missing there that are not elsewhere.
        """
        missing = self.missing_days[rows]
        counts = what_counts(self.day, self.calendar)
        missing[after] = days_between(self.day[rows[after - 1]], self.day[rows[after]], self.step_us, counts)
        return replace(self, closes=self.closes[rows], day=self.day[rows], clock=self.clock[rows], missing_days=missing)

    def days(self) -> Days:
        """Return the dates of the rows, and which of them are trading days where the calendar is known."""
        venue = self.calendar
        if venue is None or venue.always or not len(self.day):
            return Days(self.day)
        open_days = trading_days(venue, as_date(self.day[0]), as_date(self.day[-1]))
        return Days(self.day, np.isin(self.day, open_days))

    def clock_columns(self) -> tuple[BoolArray, IntArray, IntArray]:
        return np.zeros(len(self.closes), dtype=bool), self.day, self.clock


class TimeAxes:
    """Time axes of indices; one that a frame and its market share is read once. ``closes_at`` closes a date's day."""

    def __init__(self, closes_at: str) -> None:
        self.rule = daily_rule(closes_at) if closes_at else None
        self._read: list[tuple[pd.Index, TimeAxis]] = []

    def of(self, index: pd.Index) -> TimeAxis:
        """Return the axis of an index, read now or before."""
        for known, axis in self._read:
            if index.is_(known) or (len(index) == len(known) and index.equals(known)):
                return axis
        self._read.append((index, time_axis(index, self.rule)))
        return self._read[-1][1]


def daily_rule(closes_at: str) -> DailyClose:
    """Return when days close, from ``18:50 Europe/Moscow`` or the name of a calendar."""
    from eventstudy.market.calendars import calendar, calendar_names
    from eventstudy.market.sources.stamp_columns import read_clock

    clock, _, zone = closes_at.strip().partition(" ")
    if not zone and clock in calendar_names():
        venue = calendar(clock)
        return DailyClose(venue.zone, None, venue)
    if not zone:
        raise EventTimeError(
            f"closes_at is {closes_at!r}: the closing time has no zone.",
            remedy="Write it like '18:50 Europe/Moscow', or name a calendar: closes_at='XNYS'.",
        )
    try:
        return DailyClose(check_zone(zone.strip()), read_clock(clock))
    except DataError:
        raise EventTimeError(
            f"closes_at is {closes_at!r}: {clock!r} is not a time of day.",
            remedy="Write it like '18:50 Europe/Moscow'.",
        ) from None


def time_axis(index: pd.Index, rule: DailyClose | None) -> TimeAxis:
    """Return the closing instants of the rows: dates close by the rule, aware instants are closes."""
    index = as_timestamps(index)
    days = dates_of(index, rule)
    if days is None:
        closes, day = epoch_us(index), (index.tz_localize(None).as_unit("us").asi8 - 1) // DAY_US
        clock = index.tz_localize(None).as_unit("us").asi8 - day * DAY_US
        check_zone_of_index(index, closes, day)
        if rule is not None and rule.calendar is not None:
            check_hours(index, closes, rule.calendar)
            check_ends(index, closes, rule.calendar)
    elif rule is None:
        raise EventTimeError(
            "The rows of the returns are dates without a closing time, so their closes are not known.",
            remedy=f"Pass {EXAMPLE}.",
        )
    else:
        check_periods(index, days)
        closes, day = close_of_days(days, rule), days
        clock = closes - epoch_of_midnights(closes, days, rule.zone)
    steps = np.diff(closes)
    if not (steps > 0).all():
        bad = int((steps <= 0).argmax()) + 1
        again = bool(steps[bad - 1] == 0)
        raise DataError(
            f"The rows of the returns are not strictly increasing at row {bad} ({index[bad]}).",
            remedy="Keep one row per time: frame[~frame.index.duplicated()]."
            if again
            else "Sort prices by time, frame.sort_index(), before returns are computed.",
        )
    step = int(np.median(steps)) if len(steps) else DAY_US
    venue = rule.calendar if rule is not None and days is not None else None
    return TimeAxis(closes, day, clock, step, *missing_days(day, step, venue), venue)


def check_zone_of_index(index: pd.DatetimeIndex, closes: IntArray, day: IntArray) -> None:
    """Refuse daily closes whose time of day changes with the seasons of another zone, where they fall on other dates.

    Closes of New York on the clock of Tokyo are at 05:00 and 06:00 of the next day, and dates of events would be read
    there.
    """
    if len(closes) < ENOUGH_DAYS or str(index.tz) == "UTC" or np.median(np.diff(closes)) < DAILY_US:
        return
    if usual_time(index.tz_localize(None).as_unit("us").asi8) > ALMOST_ALL:
        return
    for zone in CHANGING_ZONES:
        local = wall_us(closes, zone)
        if usual_time(local) > ALMOST_ALL and ((local - 1) // DAY_US != day).any():
            raise EventTimeError(
                f"The closes of the frame are at one time of day on the clock of {zone}, and not on that of its index "
                f"({index.tz}), where they fall on other dates, as {index[0]}.",
                remedy=f"Give them on the clock of the exchange: frame.tz_convert({zone!r}).",
            )


def usual_time(wall: IntArray) -> float:
    """Return the fraction of clock readings at the time of day that occurs most often."""
    return float(np.unique(wall % DAY_US, return_counts=True)[1].max() / len(wall))


def check_hours(index: pd.DatetimeIndex, closes: IntArray, venue: TradingCalendar) -> None:
    """Refuse closing instants of which many lie outside the sessions of the named calendar: theirs is another clock."""
    _, outside = last_open_until(venue.table, closes)
    if venue.always or outside.mean() <= OTHER_HOURS:
        return
    row = int(outside.argmax())
    raise EventTimeError(
        f"{int(outside.sum())} of {len(closes)} rows of the returns lie outside the hours of {venue.name}, first row "
        f"{row} ({index[row]}): the clock of the index is another.",
        remedy=f"Give the index the zone of its clock: frame.tz_localize(None).tz_localize({venue.zone!r}).",
    )


def check_ends(index: pd.DatetimeIndex, closes: IntArray, venue: TradingCalendar) -> None:
    """Refuse rows that are begins of bars: nearly every open of the exchange is one of them and next to no close is."""
    table = venue.table
    starts = np.flatnonzero(np.diff(table.run, prepend=-1))  # the first of sessions without a pause between them
    opened, closed = table.opens[starts], table.closes[np.append(starts[1:], len(table)) - 1]
    held = (opened >= closes[0]) & (opened <= closes[-1]) if len(closes) else np.zeros(len(starts), dtype=np.bool_)
    if venue.always or held.sum() < ENOUGH_OPENS:
        return
    if np.isin(opened[held], closes).mean() < ALMOST_ALL or np.isin(closed[held], closes).mean() > 1 - ALMOST_ALL:
        return
    step = pd.Timedelta(int(np.median(np.diff(closes))), unit="us")
    raise EventTimeError(
        f"The rows of the returns mark the begins of bars: {venue.name} opens at one of them on nearly every day, and "
        f"closes at none. A row stands for the close of its bar (first row {index[0]}).",
        remedy=f"Add the length of a bar: frame.index + pd.Timedelta({str(step).removeprefix('0 days ')!r}).",
    )


def epoch_of_midnights(closes: IntArray, days: IntArray, zone: str) -> IntArray:
    """Return closes less their local time of day since the midnight that begins their date."""
    return np.asarray(closes - (wall_us(closes, zone) - days * DAY_US), dtype=np.int64)


def dates_of(index: pd.DatetimeIndex, rule: DailyClose | None) -> IntArray | None:
    """Return the dates that the rows name, as days since 1970-01-01; None where the rows are closing instants."""
    wall = index.tz_localize(None).as_unit("us").asi8
    midnights = not (wall % DAY_US).any()
    if index.tz is None:
        if not midnights:
            raise EventTimeError(
                "The rows of the returns carry times of day but no zone.",
                remedy="Localize the index, frame.tz_localize('Europe/Moscow'), or give dates alone.",
            )
        return np.asarray(wall // DAY_US, dtype=np.int64)
    if len(wall) > 1 and np.median(np.diff(wall)) < DAILY_US:
        return None
    if rule is not None:
        return aware_dates(index, wall, rule)
    if not midnights:
        check_utc_midnights(index, wall)
        return None
    return np.asarray(wall // DAY_US, dtype=np.int64)


def aware_dates(index: pd.DatetimeIndex, wall: IntArray, rule: DailyClose) -> IntArray | None:
    """Return the dates of aware daily rows: on the clock of the index if they are midnights there, else of the rule."""
    if not len(wall):
        return np.empty(0, dtype=np.int64)
    if not (wall % DAY_US).any() and str(index.tz) != "UTC":
        return np.asarray(wall // DAY_US, dtype=np.int64)
    local = wall_us(epoch_us(index), rule.zone)
    if (
        not (wall % DAY_US).any()
        and (local % DAY_US).any()
        and weekend_rows(wall // DAY_US) <= weekend_rows(local // DAY_US)
    ):
        return np.asarray(wall // DAY_US, dtype=np.int64)
    if rule.closes_at_us is not None and (local % DAY_US == rule.closes_at_us).mean() > MOST:
        return None  # the rows are the closes themselves, half days at their own time
    if rule.closes_at_us is not None and (local % DAY_US > rule.closes_at_us).any():
        late = int((local % DAY_US > rule.closes_at_us).argmax())
        raise UsageError(
            f"closes_at says that a day closes before row {late} of the returns ({index[late]}) does.",
            remedy="Leave closes_at out where the rows are closing instants, or give dates alone.",
        )
    return np.asarray(local // DAY_US, dtype=np.int64)


def check_utc_midnights(index: pd.DatetimeIndex, wall: IntArray) -> None:
    """Refuse daily UTC rows on Sundays and never on Fridays: midnights of a zone east of Greenwich, not closes."""
    weekdays = (wall // DAY_US + 3) % 7
    if str(index.tz) != "UTC" or (weekdays == 6).sum() < ENOUGH_SUNDAYS or ((weekdays == 4) | (weekdays == 5)).any():
        return
    raise EventTimeError(
        f"The rows of the returns lie on Sundays and never on Fridays, as {index[0]}: they may be midnights of an "
        "exchange east of Greenwich and not closing instants.",
        remedy=f"Convert the index to the zone of the exchange, frame.tz_convert('Asia/Tokyo'); or pass {EXAMPLE}.",
    )


def check_periods(index: pd.DatetimeIndex, days: IntArray) -> None:
    """Refuse weeks, months and quarters stamped with their first day: the return of a period is known at its end."""
    step = int(np.median(np.diff(days))) * DAY_US if len(days) > 1 else DAY_US
    if begins_periods(days, step):
        period = "weeks" if step < MONTHS else "months"
        raise EventTimeError(
            f"The rows of the returns are the first days of their {period}, as {index[0]:%Y-%m-%d}; a return of a "
            "period is known at its end.",
            remedy="Give the last days: frame.index = frame.index.to_period(...).to_timestamp(how='end').normalize().",
        )
