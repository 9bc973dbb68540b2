"""Builders of trading calendars: Moscow's effective-dated table, simple rules, venues of exchange_calendars."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, IntArray, epoch_us, instant_from_us, instant_us, wall_us
from eventstudy.errors import CalendarError
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.sessions import Halt, ScheduleRow, SessionTable, TradingCalendar, as_date, as_day

LINE = re.compile(
    r"(?:(?P<name>[\w-]+) (?P<kind>auction|trade) )?"
    r"(?P<from>[0-2]\d:[0-5]\d)-(?P<to>[0-2]\d:[0-5]\d)(?P<next> next-day)?"
)
RULES_FROM, RULES_TO = date(1970, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One line of a row: name, kind, minutes since midnight, and whether it counts to the next trading day."""

    name: str
    auction: bool
    opens: int
    closes: int
    next_day: bool


def session_line(text: str) -> SessionLine:
    """Read ``"evening trade 19:05-23:50 next-day"``, or ``"09:15-15:30"``; one that ends earlier ends the next day."""
    found = LINE.fullmatch(text)
    opens, closes = (int(found[k][:2]) * 60 + int(found[k][3:]) for k in ("from", "to")) if found else (0, 1441)
    if found is None or max(opens, closes) > 24 * 60:
        raise CalendarError(
            f"{text!r} is not a session.",
            remedy='Write "HH:MM-HH:MM", or "NAME auction|trade HH:MM-HH:MM [next-day]".',
        )
    closes += 24 * 60 if closes <= opens else 0
    return SessionLine(found["name"] or "main", found["kind"] == "auction", opens, closes, bool(found["next"]))


class HeldSession(NamedTuple):
    """A session, the local days it is held on, and the trading days these count to."""

    line: SessionLine
    days: IntArray
    counted: IntArray


def make_table(lines: Iterable[HeldSession], zone: str) -> SessionTable:
    """Return the table of sessions."""
    held = [session for session in lines if len(session.days)]
    counts = [len(session.days) for session in held]
    if not held:
        raise CalendarError("A session table without a single session cannot be meant.", remedy="Check its rows.")
    return SessionTable(
        instants_from_wall(np.concatenate([s.days * DAY_US + s.line.opens * MINUTE_US for s in held]), zone),
        instants_from_wall(np.concatenate([s.days * DAY_US + s.line.closes * MINUTE_US for s in held]), zone),
        np.concatenate([s.counted for s in held]),
        np.repeat(np.array([s.line.auction for s in held], dtype=np.bool_), counts),
        np.repeat(np.array([s.line.name for s in held], dtype=object), counts),
    )


def day_range(first: date, last: date) -> IntArray:
    """Return every day from ``first`` to ``last``, both included, as days since 1970-01-01."""
    return np.arange(as_day(first), as_day(last) + 1, dtype=np.int64)


def weekday(days: IntArray) -> IntArray:
    """Return 0 for Monday to 6 for Sunday."""
    return np.asarray((days + 3) % 7, dtype=np.int64)


# ------------------------------------------------------------------------------------------------ Moscow
@lru_cache(maxsize=1)
def moscow_tables() -> Mapping[str, Any]:
    """Return the parsed file of Moscow's session tables."""
    text = (files("eventstudy.market") / "tables" / "moex.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def moscow(name: str) -> TradingCalendar:
    """Return one market of the Moscow Exchange from its effective-dated rows."""
    tables = moscow_tables()
    market, zone = tables["markets"][name], tables["zone"]
    first, last = market["valid_from"], market["valid_to"]
    listed = {kind: listed_days(tables[kind], name) for kind in ("holidays", "working_weekends")}
    days = day_range(first, last)
    regular = (weekday(days) < 5) & ~np.isin(days, listed["holidays"]) | np.isin(days, listed["working_weekends"])
    lines = row_lines(market["rows"], days, regular)
    halts = tuple(read_halt(h, zone) for h in tables["halts"] if name in h["markets"])
    return TradingCalendar(
        name=name,
        zone=zone,
        valid_from=first,
        valid_to=last,
        table=cut(make_table(lines, zone), halts),
        rows=tuple(map(schedule_row, market["rows"])),
        halts=halts,
        holidays=frozenset(map(as_date, listed["holidays"])),
    )


def listed_days(entries: Iterable[Mapping[str, Any]], market: str) -> IntArray:
    """Return the days that a list of the table names for one market."""
    named = [as_day(d) for entry in entries if market in entry["markets"] for d in entry["dates"]]
    return np.array(named, dtype=np.int64)


def row_lines(rows: list[Mapping[str, Any]], days: IntArray, regular: BoolArray) -> list[HeldSession]:
    """Return each session line with its days: rows for named dates go first, then the row in force."""
    named = np.array([as_day(d) for row in rows for d in row.get("dates", ())], dtype=np.int64)
    found = [(row, row_days(row, days, regular, named)) for row in rows if not row.get("closed")]
    held = [d for row, d in found if any(not session_line(s).next_day for s in row["sessions"])]
    booked = np.sort(np.concatenate(held))
    lines = []
    for row, on in found:
        following = booked[np.minimum(np.searchsorted(booked, on, side="right"), len(booked) - 1)]
        for line in map(session_line, row["sessions"]):
            lines.append(HeldSession(line, on, np.where(line.next_day, np.maximum(following, on), on)))
    return lines


def row_days(row: Mapping[str, Any], days: IntArray, regular: BoolArray, named: IntArray) -> IntArray:
    """Return the local days on which a row's sessions are held."""
    if "dates" in row:
        return np.array([as_day(d) for d in row["dates"]], dtype=np.int64)
    in_force = (days >= as_day(row["first"])) & (days <= as_day(row["last"])) & ~np.isin(days, named)
    excepted = np.isin(days, [as_day(d) for d in row.get("except", ())])
    wanted = (weekday(days) >= 5) & ~regular & ~excepted if row.get("on") == "weekend" else regular
    return np.asarray(days[in_force & wanted], dtype=np.int64)


def schedule_row(row: Mapping[str, Any]) -> ScheduleRow:
    """Return a row of the file as a value."""
    named = frozenset(row.get("dates", ()))
    text = "closed" if row.get("closed") else ", ".join(row["sessions"])
    first, last = (min(named), max(named)) if named else (row["first"], row["last"])
    weekend = row.get("on") == "weekend"
    return ScheduleRow(first, last, text, row["source"], row.get("assumed", ""), named, weekend)


def read_halt(entry: Mapping[str, Any], zone: str) -> Halt:
    """Return a halt of the file as instants."""
    wall = np.array([wall_of(entry["first"]), wall_of(entry["last"])], dtype=np.int64)
    start, stop = instants_from_wall(wall, zone)
    return Halt(instant_from_us(start), instant_from_us(stop), entry["source"])


def wall_of(reading: datetime) -> int:
    """Return a clock reading as microseconds since 1970-01-01T00:00 on that clock."""
    return (reading - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 - readings of one clock


def cut(table: SessionTable, halts: Iterable[Halt]) -> SessionTable:
    """Return the table with the halts taken out of its sessions."""
    for halt in halts:
        start, stop = instant_us(halt.from_at), instant_us(halt.to_at)
        hit = (table.opens < stop) & (table.closes > start)
        rows = np.concatenate((np.flatnonzero(~hit), np.flatnonzero(hit), np.flatnonzero(hit)))
        opens, closes = table.opens[rows], table.closes[rows]
        before = slice(len(rows) - 2 * hit.sum(), len(rows) - hit.sum())
        after = slice(len(rows) - hit.sum(), len(rows))
        closes[before] = np.minimum(closes[before], start)
        opens[after] = np.maximum(opens[after], stop)
        rows, opens, closes = (column[opens < closes] for column in (rows, opens, closes))
        table = SessionTable(opens, closes, table.trading_day[rows], table.auction[rows], table.name[rows])
    return table


# ------------------------------------------------------------------------------------------------ simple rules
def always_open() -> TradingCalendar:
    """Return the market that never closes: one session a UTC day, each going on where the last one ends."""
    days = day_range(RULES_FROM, RULES_TO)
    table = make_table([HeldSession(SessionLine("day", False, 0, 24 * 60, False), days, days)], "UTC")
    return TradingCalendar("24/7", "UTC", RULES_FROM, RULES_TO, table, always=True)


def new_york_week() -> TradingCalendar:
    """Return the currency week: Sunday 17:00 to Friday 17:00 in New York; a trading day ends at 17:00."""
    days = day_range(RULES_FROM, RULES_TO)
    ends = days[weekday(days) < 5]
    line = SessionLine("day", False, -7 * 60, 17 * 60, False)
    return TradingCalendar(
        "24/5",
        "America/New_York",
        RULES_FROM,
        RULES_TO,
        make_table([HeldSession(line, ends, ends)], "America/New_York"),
    )


def ecb_fixing() -> TradingCalendar:
    """Return the ECB's daily reference rates: the concertation of 14:10-14:15 in Frankfurt, on TARGET days."""
    days = day_range(date(1999, 1, 4), RULES_TO)
    holidays = {d for year in range(1999, RULES_TO.year + 1) for d in target_holidays(year)}
    open_days = days[(weekday(days) < 5) & ~np.isin(days, [as_day(d) for d in holidays])]
    line = SessionLine("fixing", False, 14 * 60 + 10, 14 * 60 + 15, False)
    table = make_table([HeldSession(line, open_days, open_days)], "Europe/Berlin")
    return TradingCalendar(
        "ECB-FIXING", "Europe/Berlin", date(1999, 1, 4), RULES_TO, table, holidays=frozenset(holidays)
    )


def target_holidays(year: int) -> list[date]:
    """Return the closing days of TARGET: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December.

    Before 2002 the list was shorter or longer by a day: 31 December was a closing day in 1999 and 2001, and in
    1999 only 1 January and 25 December were common holidays of the system.
    """
    easter = easter_sunday(year)
    days = [date(year, 1, 1), date(year, 12, 25)]
    if year >= 2000:
        days += [easter - timedelta(2), easter + timedelta(1), date(year, 5, 1), date(year, 12, 26)]
    return days + ([date(year, 12, 31)] if year in (1999, 2001) else [])


def easter_sunday(year: int) -> date:
    """Return Western Easter by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * week) // 451
    month, day = divmod(h + week - 7 * m + 114, 31)
    return date(year, month, day + 1)


# ------------------------------------------------------------------------------------------------ other venues
def exchange(code: str) -> TradingCalendar:
    """Return a venue of ``exchange_calendars`` over all the dates that library has checked or can extrapolate."""
    venue = built_venue(code)
    schedule = venue.schedule
    opens, closes = epoch_us(pd.DatetimeIndex(schedule["open"])), epoch_us(pd.DatetimeIndex(schedule["close"]))
    days = epoch_us(pd.DatetimeIndex(schedule.index).tz_localize("UTC")) // DAY_US
    pauses = np.asarray(pd.DatetimeIndex(schedule["break_start"]).notna())
    main = SessionTable(opens, closes, days, np.zeros(len(days), bool), np.full(len(days), "main", object))
    first, last = as_date(days[0]), as_date(days[-1])
    return TradingCalendar(
        name=code,
        zone=str(venue.tz),
        valid_from=first,
        valid_to=last,
        table=with_pauses(main, schedule[pauses], pauses),
        rows=(
            ScheduleRow(first, last, "hours of the library", "exchange_calendars"),
            ScheduleRow(first, last, "hours of the library", "exchange_calendars", weekend_weeks(venue), weekend=True),
        ),
    )


def new_york_extended() -> TradingCalendar:
    """Return XNYS with its extended hours: 04:00 to 20:00 in New York, to 17:00 where the main session ends early."""
    main = exchange("XNYS")
    table, zone = main.table, main.zone
    midnight = wall_us(table.opens, zone) // DAY_US * DAY_US
    half = wall_us(table.closes, zone) - midnight < 16 * 60 * MINUTE_US
    begins = instants_from_wall(midnight + 4 * 60 * MINUTE_US, zone)
    ends = instants_from_wall(midnight + np.where(half, 17, 20) * 60 * MINUTE_US, zone)
    names = np.repeat(np.array(["pre-market", "main", "after-hours"], dtype=object), len(table))
    extended = SessionTable(
        np.concatenate((begins, table.opens, table.closes)),
        np.concatenate((table.opens, table.closes, ends)),
        np.tile(table.trading_day, 3),
        np.tile(table.auction, 3),
        names,
    )
    text = "pre-market from 04:00, after-hours to 20:00, to 17:00 on days that close early"
    rows = tuple(replace(row, text=text) for row in main.rows)
    return replace(main, name="XNYS-EXT", table=extended, rows=rows)


def built_venue(code: str) -> Any:
    """Return the library's own calendar, from 1990 or its own lower bound."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library still calls what pandas 3 deprecates
        import exchange_calendars

        bound = exchange_calendars.calendar_utils._default_calendar_factories[code].bound_min()
        start = max(pd.Timestamp("1990-01-02"), bound or pd.Timestamp(0))
        return exchange_calendars.get_calendar(code, start=start)


def weekend_weeks(venue: Any) -> str:
    """Say which weeks with sessions on a weekend are in the library; it does not have all of them."""
    weeks = getattr(venue, "special_weekmasks", ())
    spans = [f"{start:%Y-%m-%d}..{stop:%Y-%m-%d}" if start else f"..{stop:%Y-%m-%d}" for start, stop, _ in weeks]
    return f"exchange_calendars knows weekend sessions of {', '.join(spans)}, perhaps not all" if spans else ""


def with_pauses(main: SessionTable, paused: pd.DataFrame, has: BoolArray) -> SessionTable:
    """Return a table in which a day with a lunch break is two sessions."""
    first_close = main.closes.copy()
    first_close[has] = epoch_us(pd.DatetimeIndex(paused["break_start"]))
    return SessionTable(
        np.concatenate((main.opens, epoch_us(pd.DatetimeIndex(paused["break_end"])))),
        np.concatenate((first_close, main.closes[has])),
        np.concatenate((main.trading_day, main.trading_day[has])),
        np.concatenate((main.auction, main.auction[has])),
        np.concatenate((main.name, main.name[has])),
    )
