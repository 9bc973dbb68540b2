"""Sessions beyond the last documented day: the regular week of a calendar goes on, and is marked as projected."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np

from eventstudy.arrays import DAY_US, IntArray, wall_us
from eventstudy.errors import Notice
from eventstudy.market.local_time import likely_instants
from eventstudy.market.sessions import SessionTable, TradingCalendar, as_date, as_day, standings

WEEKS = 13
PROJECTED_TO = date(2099, 12, 31)
# One session as it repeats: minutes from local midnight to its open and close, days to its trading day, auction, name.
Pattern = tuple[tuple[int, int, int, bool, str], ...]


def projected(venue: TradingCalendar) -> TradingCalendar:
    """Return a calendar that goes on after its last documented day with its regular week, without holidays.

    The regular week is what each weekday had most often in the last 13 weeks, the later hours where two are tied.
    """
    if venue.always or venue.valid_to >= PROJECTED_TO or not len(venue.table):
        return venue
    table = venue.table
    opened = wall_us(table.opens, venue.zone) // DAY_US
    last = as_day(venue.valid_to)
    week = regular_week(venue, opened, last)
    days = np.arange(int(opened[-1]) + 1, as_day(PROJECTED_TO) + 1, dtype=np.int64)
    parts = [(days[(days + 3) % 7 == weekday], line) for weekday, pattern in week.items() for line in pattern]
    parts = [(on[on + line[2] > last], line) for on, line in parts]
    counts = [len(on) for on, _ in parts]
    ends = [np.concatenate([on * DAY_US + line[end] for on, line in parts]) for end in (0, 1)] if parts else []
    if not parts:
        return venue
    later = SessionTable(
        likely_instants(ends[0], venue.zone),
        likely_instants(ends[1], venue.zone),
        np.concatenate([on + line[2] for on, line in parts]),
        np.repeat(np.array([line[3] for _, line in parts], dtype=np.bool_), counts),
        np.repeat(np.array([line[4] for _, line in parts], dtype=object), counts),
    )
    known = venue.documented_to or venue.valid_to
    return replace(venue, table=appended(table, later), valid_to=PROJECTED_TO, documented_to=known)


def regular_week(venue: TradingCalendar, opened: IntArray, last: int) -> dict[int, Pattern]:
    """Return what each weekday (0 Monday to 6 Sunday) had most often in the last weeks."""
    table = venue.table
    recent = np.flatnonzero(opened > last - 7 * WEEKS)
    readings = [wall_us(column[recent], venue.zone) - opened[recent] * DAY_US for column in (table.opens, table.closes)]
    held: dict[int, list[tuple[int, int, int, bool, str]]] = {}
    for row, opens, closes in zip(recent.tolist(), *(r.tolist() for r in readings), strict=True):
        day = int(opened[row])
        booked = int(table.trading_day[row]) - day
        held.setdefault(day, []).append((opens, closes, booked, bool(table.auction[row]), str(table.name[row])))
    found: dict[int, Pattern] = {}
    for weekday in range(7):
        days = [d for d in range(last - 7 * WEEKS + 1, last + 1) if (d + 3) % 7 == weekday]
        patterns = [tuple(held.get(d, ())) for d in reversed(days)]
        found[weekday] = Counter(patterns).most_common(1)[0][0]
    return found


def appended(table: SessionTable, later: SessionTable) -> SessionTable:
    """Return a table with later sessions; what would overlap its own is left out."""
    after = later.opens >= table.closes[-1]
    columns = ("opens", "closes", "trading_day", "auction", "name")
    return SessionTable(*(np.concatenate((getattr(table, c), getattr(later, c)[after])) for c in columns))


def projection_notices(venue: TradingCalendar, closes: IntArray) -> tuple[Notice, ...]:
    """Return a notice where bars lie on days whose hours are projected."""
    if venue.documented_to is None or not len(closes):
        return ()
    days = np.unique((wall_us(closes, venue.zone) - 1) // DAY_US)
    days = days[standings(venue, days) == "projected"]
    if not len(days):
        return ()
    said = (
        f"The hours of {venue.name} are documented to {venue.documented_to}. The regular week is assumed to go on, and "
        f"holidays are not known: {len(days)} day(s) with bars from {as_date(int(days[0]))} on rest on it. Add rows "
        f"under [calendars.{venue.name}] to replace it."
    )
    return (Notice("ES-CALENDAR-PROJECTED", said),)
