"""Lengths of bars as people write them, weeks, months and quarters included, and the last day of such a period."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, IntArray, LabelSide
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.gaps import MONTHS, period_months
from eventstudy.market.sessions import TradingCalendar

CALENDAR_STEP = re.compile(r"(\d*)\s*(w|wk|week|m|mo|month|q|quarter|y|year)s?", re.IGNORECASE)
# Days of a bar of so many months, in name: which dates it covers comes from the calendar.
NOMINAL_DAYS = {1: 30, 3: 91, 12: 365}


def step_of(text: str | pd.Timedelta) -> pd.Timedelta:
    """Return the length of a bar: ``10min``, ``1D``, ``1W``, ``1M`` (a month), ``1Q``; months have 30 days in name.

    Raises
    ------
    ValueError
        If the text is not a length of time.
    """
    found = CALENDAR_STEP.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return pd.Timedelta(text)
    count, unit = int(found[1] or 1), found[2][0].lower()
    months = count * {"m": 1, "q": 3, "y": 12}.get(unit, 0)
    if unit == "w":
        return pd.Timedelta(days=7 * count)
    return pd.Timedelta(days=NOMINAL_DAYS.get(months, 30 * months))


def begins_periods(days: IntArray, step_us: int) -> bool:
    """Return whether the dates of weekly or longer rows are the first days of their periods."""
    if step_us < PERIOD_US or len(days) < 3:
        return False
    if step_us < MONTHS:
        weekday = (days + 3) % 7
        return bool((weekday == 0).mean() > 0.5 and not (weekday > 2).any())
    first = days.view("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return bool((days - first <= 3).all())


def period_ends(days: IntArray, step_us: int, label: LabelSide, venue: TradingCalendar | None) -> IntArray:
    """Return the date on which the bar of each weekly or longer row ends.

    A left label is the first day of the period; the bar ends before the next period begins. With a calendar it ends
    on the last trading day at or before that date.
    """
    ends = days
    if label == "left" and step_us < MONTHS:
        ends = days + round(step_us / DAY_US) - 1
    elif label == "left":
        months = days.view("datetime64[D]").astype("datetime64[M]").astype(np.int64) + period_months(step_us)
        ends = months.view("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    if venue is None or venue.always or not len(venue.table):
        return ends
    trading = np.unique(venue.table.trading_day)
    place = np.searchsorted(trading, ends, side="right") - 1
    last = trading[np.maximum(place, 0)]
    return np.asarray(np.where((place >= 0) & (ends - last < PERIOD_US // DAY_US), last, ends), dtype=np.int64)
