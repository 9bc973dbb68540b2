"""CALENDARS: every market's trading clock by name; other venues by their exchange_calendars code, never XMOS."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from importlib.resources import files

from eventstudy.errors import CalendarError, UnknownNameError
from eventstudy.market import schedules
from eventstudy.market.given_rows import GivenCalendar, GivenRow, given_calendar, with_given
from eventstudy.market.projection import projected
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
    "GivenCalendar",
    "GivenRow",
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
    "using_rows",
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
    "XNYS-EXT": schedules.new_york_extended,
}
_GIVEN: ContextVar[Mapping[str, GivenCalendar]] = ContextVar("given")
# Calendars that exist only as a user's rows: a result shows its times in their zone after the study has ended.
_NEW: dict[str, GivenCalendar] = {}

REFUSED = {
    "XMOS": (
        "XMOS of exchange_calendars has one session 10:00-18:45 for all years and shows the closure of 2022 as open"
    ),
}


def calendar_names() -> tuple[str, ...]:
    """Return every known name: the rows of ``CALENDARS`` and the venues of exchange_calendars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        codes = exchange_calendars.get_calendar_names(include_aliases=False)
    return (*CALENDARS, *(code for code in codes if code not in REFUSED and "/" not in code))


@contextmanager
def using_rows(given: Mapping[str, GivenCalendar]) -> Iterator[None]:
    """Let a user's rows override and extend the calendars of their names inside the block."""
    token = _GIVEN.set({**_GIVEN.get({}), **given})
    try:
        for name, rows in given.items():
            calendar(name)
            if rows.zone and not _can_be_built(name):
                _NEW[name] = rows
        yield
    finally:
        _GIVEN.reset(token)


def calendar(name: str) -> TradingCalendar:
    """Return a trading calendar by name; after its last documented day its regular week is projected.

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
    return _calendar(name, _GIVEN.get({}).get(name) or _NEW.get(name))


@lru_cache(maxsize=64)
def _calendar(name: str, given: GivenCalendar | None) -> TradingCalendar:
    if given is None:
        return projected(documented(name))
    return projected(with_given(None if given.zone else documented(name), name, given))


def _can_be_built(name: str) -> bool:
    try:
        documented(name)
    except (UnknownNameError, CalendarError):
        return False
    return True


def documented(name: str) -> TradingCalendar:
    """Return a calendar as its sources document it, without what is projected."""
    if name in REFUSED:
        raise CalendarError(
            f"{REFUSED[name]}.", remedy="Use MOEX-SHARES, MOEX-FX, MOEX-FUTURES, MOEX-INDEX or MOEX-INDEX2."
        )
    if name in CALENDARS:
        return CALENDARS[name]()
    known = calendar_names()
    if name not in known:
        raise UnknownNameError("calendar", name, known)
    venue = schedules.exchange(name)
    rows = corrections().get(name)
    return venue if rows is None else with_given(venue, name, rows)


@lru_cache(maxsize=1)
def corrections() -> Mapping[str, GivenCalendar]:
    """Return the rows of hours that the library lacks or has otherwise, each with its source."""
    text = (files("eventstudy.market") / "tables" / "venues.toml").read_text(encoding="utf-8")
    return {name: given_calendar(content, name) for name, content in tomllib.loads(text).items()}
