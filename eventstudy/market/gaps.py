"""How many trading days or periods of a series lie between a bar and the one before it, and when that is a gap."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import DAY_US, IntArray
from eventstudy.market import sessions
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.sessions import TradingCalendar

# Trading days without a bar beyond which a series has a gap: two weeks where a calendar says that the exchange was
# open, a quarter where closures (Cairo 2011: 38 weekdays, Athens 2015: 25) cannot be distinguished from missing bars.
BY_CALENDAR, BY_WEEKDAYS = 10, 60
PERIODS_ALLOWED = 2
MONTHS, QUARTERS, YEARS = 26 * DAY_US, 80 * DAY_US, 340 * DAY_US


def missing_days(day: IntArray, step_us: int, venue: TradingCalendar | None) -> tuple[IntArray, int]:
    """Return the trading days without a bar before each bar, shape (T,), and the count beyond which that is a gap.

    Days on which the calendar is closed are not missing. Without a calendar, weekdays are counted, or all days where
    the series has bars at weekends; of weekly and longer bars the periods, as 5, 21, 63 or 252 trading days each.
    """
    missing = np.zeros(len(day), dtype=np.int64)
    counts = what_counts(day, venue)
    if len(day) > 1:
        missing[1:] = days_between(day[:-1], day[1:], step_us, counts)
    if step_us >= PERIOD_US:
        return missing, PERIODS_ALLOWED * period_days(step_us)
    return missing, BY_WEEKDAYS if isinstance(counts, bool) else BY_CALENDAR


def what_counts(day: IntArray, venue: TradingCalendar | None) -> TradingCalendar | bool:
    """Return the calendar whose trading days count, or whether all days count where there is none and not weekdays."""
    if venue is not None and not venue.always:
        return venue
    return bool(((day + 3) % 7 > 4).mean() > 0.1) if len(day) else False


def days_between(before: IntArray, after: IntArray, step_us: int, counts: TradingCalendar | bool) -> IntArray:
    """Return how many trading days, or days of whole periods, lie between two bars.

    ``counts`` is what :func:`what_counts` returns.
    """
    if step_us >= PERIOD_US:
        between = (period_of(after, step_us) - period_of(before, step_us) - 1) * period_days(step_us)
    elif isinstance(counts, TradingCalendar):
        days = sessions.trading_days(counts, sessions.as_date(before.min()), sessions.as_date(after.max()))
        between = np.searchsorted(days, after, side="left") - np.searchsorted(days, before, side="right")
    else:
        between = (after - before if counts else weekdays_until(after) - weekdays_until(before)) - 1
    return np.asarray(np.maximum(between, 0), dtype=np.int64)


def weekdays_until(day: IntArray) -> IntArray:
    """Return how many weekdays there are up to each day, from Monday 29 December 1969 on."""
    weeks, left = np.divmod(day + 3, 7)
    return np.asarray(weeks * 5 + np.minimum(left + 1, 5), dtype=np.int64)


def period_of(day: IntArray, step_us: int) -> IntArray:
    """Return the number of the week, month, quarter or year that each day lies in."""
    if step_us < MONTHS:
        return np.asarray((day + 3) // 7, dtype=np.int64)
    months = day.view("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // period_months(step_us), dtype=np.int64)


def period_months(step_us: int) -> int:
    """Return the months of a bar of a month or longer."""
    return 1 if step_us < QUARTERS else 3 if step_us < YEARS else 12


def period_days(step_us: int) -> int:
    """Return the trading days of a bar of a week or longer, in round numbers."""
    return 5 if step_us < MONTHS else 21 * period_months(step_us)
