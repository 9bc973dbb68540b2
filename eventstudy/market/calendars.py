"""CALENDARS: every market's trading clock by name; other venues by their exchange_calendars code, never XMOS."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache, partial

from eventstudy.errors import CalendarError, UnknownNameError
from eventstudy.market import schedules
from eventstudy.market.sessions import (
    Session,
    SessionTable,
    TradingCalendar,
    is_open,
    next_open,
    sessions,
    trading_day,
    trading_days,
)

__all__ = [
    "CALENDARS",
    "Session",
    "SessionTable",
    "TradingCalendar",
    "calendar",
    "calendar_names",
    "is_open",
    "next_open",
    "sessions",
    "trading_day",
    "trading_days",
]

CALENDARS: dict[str, Callable[[], TradingCalendar]] = {
    "24/5": schedules.new_york_week,
    "24/7": schedules.always_open,
    "ECB-FIXING": schedules.ecb_fixing,
    "MOEX-FUTURES": partial(schedules.moscow, "MOEX-FUTURES"),
    "MOEX-FX": partial(schedules.moscow, "MOEX-FX"),
    "MOEX-INDEX": partial(schedules.moscow, "MOEX-INDEX"),
    "MOEX-INDEX2": partial(schedules.moscow, "MOEX-INDEX2"),
    "MOEX-SHARES": partial(schedules.moscow, "MOEX-SHARES"),
}

REFUSED = {
    "XMOS": (
        "XMOS of exchange_calendars has one session 10:00-18:45 for all years, shows the closure of 2022 as open and "
        "loses the working Saturdays under pandas 3"
    ),
}


def calendar_names() -> tuple[str, ...]:
    """Return every known name: the rows of ``CALENDARS`` and the venues of exchange_calendars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        codes = exchange_calendars.get_calendar_names(include_aliases=False)
    return (*CALENDARS, *(code for code in codes if code not in REFUSED and "/" not in code))


@lru_cache(maxsize=32)
def calendar(name: str) -> TradingCalendar:
    """Return a trading calendar by name.

    Raises
    ------
    UnknownNameError
        If no table and no venue has that name.
    CalendarError
        For ``XMOS``, with the reason.

    Examples
    --------
    >>> calendar("MOEX-FX")
    TradingCalendar('MOEX-FX', Europe/Moscow, 2014-10-01..2026-12-31)
    """
    if name in REFUSED:
        raise CalendarError(
            f"{REFUSED[name]}.", remedy="Use MOEX-SHARES, MOEX-FX, MOEX-FUTURES, MOEX-INDEX or MOEX-INDEX2."
        )
    if name in CALENDARS:
        return CALENDARS[name]()
    known = calendar_names()
    if name not in known:
        raise UnknownNameError("calendar", name, known)
    return schedules.exchange(name)
