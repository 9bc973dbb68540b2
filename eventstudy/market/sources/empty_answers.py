"""What the trading calendar says of days with and without bars: a holiday, or an answer that lacks something."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, epoch_us, from_epoch_us, wall_us
from eventstudy.errors import EventStudyError, Notice
from eventstudy.market.calendars import calendar
from eventstudy.market.sessions import TradingCalendar, as_date, session_rows, standings, trading_days

Days = tuple[date, date]


def why_empty(name: str, days: Days) -> str:
    """Say, in half a sentence, whether an empty answer is a holiday."""
    held = open_days(name, days)
    if held is None:
        return f"the calendar {name} does not know these days, so it may be a holiday"
    if not len(held):
        return f"the calendar {name} has no session on these days, so nothing is missing"
    return f"the calendar {name} has sessions on {len(held)} of these days, so it is not a holiday"


def days_without_bars(frame: pd.DataFrame, name: str, days: Days, now: datetime) -> list[Notice]:
    """Return a notice where the calendar has sessions and the source has no bar at all."""
    today = now.astimezone(_zone(name)).date()
    held = open_days(name, (days[0], min(days[1], today - timedelta(days=1))))
    if held is None or not len(held):
        return []
    have = np.unique((wall_us(epoch_us(pd.DatetimeIndex(frame.index)), calendar(name).zone) - 1) // DAY_US)
    first, last = int(have[0]), int(have[-1])
    held = held[standings(calendar(name), held) != "projected"]
    lacking = [d for d in held[~np.isin(held, have)] if first <= d <= last]
    if not lacking:
        return []
    shown = ", ".join(str(as_date(int(d))) for d in lacking[:3]) + (" ..." if len(lacking) > 3 else "")
    return [Notice("ES-NOBARS", f"{name} has sessions but the source has no bar on {len(lacking)} day(s): {shown}.")]


def inside_sessions(frame: pd.DataFrame, name: str, step: pd.Timedelta) -> tuple[pd.DataFrame, list[Notice]]:
    """Leave out bars that close outside documented hours, and report it; daily bars have their own rule.

    Hours that are assumed or projected never remove a bar that was traded.
    """
    venue = _venue(name)
    if venue is None or venue.always or step >= pd.Timedelta(days=1):
        return frame, []
    closes = epoch_us(pd.DatetimeIndex(frame.index))
    try:
        outside = session_rows(venue, closes, int(step // pd.Timedelta(1, "us"))) < 0
    except EventStudyError:
        return frame, []
    outside &= standings(venue, (wall_us(closes, venue.zone) - 1) // DAY_US) == "documented"
    if not outside.any():
        return frame, []
    first = from_epoch_us(closes[outside][:1]).tz_convert(venue.zone)[0]
    words = f"{int(outside.sum())} bar(s) close where {name} is closed, first {first:%Y-%m-%d %H:%M}; they are left out"
    rule = "here and stay in the store; accept 'outside sessions' to keep them"
    return frame[~outside], [Notice("ES-CLOSED", f"{words} {rule}.")]


def on_session_closes(frame: pd.DataFrame, name: str, zone: tzinfo) -> pd.DataFrame:
    """Move daily bars from the end of their local day to the close of that trading day's last session.

    A day the calendar has no session for keeps the end of the local day: later is safe, for nothing is used before
    it could have been known.
    """
    venue = _venue(name)
    if venue is None or venue.always or not len(venue.table):
        return frame
    closes = epoch_us(pd.DatetimeIndex(frame.index))
    day = wall_us(closes - 1, str(zone)) // DAY_US
    last_close = dict(zip(venue.table.trading_day.tolist(), venue.table.closes.tolist(), strict=True))
    moved = np.array([last_close.get(d, c) for d, c in zip(day.tolist(), closes.tolist(), strict=True)], np.int64)
    return frame.set_index(from_epoch_us(np.minimum(moved, closes)))


def open_days(name: str, days: Days) -> np.ndarray | None:
    """Return the trading days of a period; None where the calendar does not say."""
    venue = _venue(name)
    if venue is None or venue.always or days[0] > days[1]:
        return None
    try:
        return trading_days(venue, *days)
    except EventStudyError:
        return None


def _venue(name: str) -> TradingCalendar | None:
    try:
        return calendar(name)
    except EventStudyError:
        return None


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    venue = _venue(name)
    return ZoneInfo(venue.zone if venue else "UTC")
