"""Clock readings of a zone to instants: one that is not an instant, or is two, is refused with both readings shown."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, BoolArray, IntArray, epoch_us, in_order
from eventstudy.arrays import wall_us as wall_readings
from eventstudy.errors import CalendarError, UnknownNameError


def check_zone(zone: str) -> str:
    """Refuse a zone name the zone data does not know."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise UnknownNameError("time zone", zone, available_timezones() if zone else {"Europe/Moscow", "UTC"}) from None
    return zone


def instants_from_wall(wall_us: IntArray, zone: str, *, lines: IntArray | None = None) -> IntArray:
    """Return the instants of clock readings given as microseconds since 1970-01-01T00:00 on the clock of ``zone``.

    ``lines`` numbers the readings for the message; their positions where absent.

    Raises
    ------
    CalendarError
        If a reading happens twice (clocks set back) or never (clocks set forward): the first such row is named,
        with both instants it could mean.
    """
    wall = np.asarray(wall_us, dtype=np.int64)
    near, offset = day_offsets(wall, check_zone(zone))
    instants = wall - offset
    if len(near):
        instants[near] = checked_instants(wall[near], zone, near if lines is None else lines[near])
    return instants


def day_offsets(wall: IntArray, zone: str) -> tuple[IntArray, IntArray]:
    """Return the rows near a change of clocks, and the offset of the zone on the day of each reading.

    No zone has changed its clocks twice within a day, so three equal midnights leave no room for a change. The offset
    is one number where it never changes.
    """
    if not len(wall):
        return np.empty(0, dtype=np.int64), wall
    first = int(wall.min()) // DAY_US
    midnights, offsets, change = zone_days(zone, first, int(wall.max()) // DAY_US)
    if not change.any():
        return np.empty(0, dtype=np.int64), offsets[:1]
    if in_order(wall):  # cut the readings at the few thousand midnights instead of dividing millions of readings
        readings = np.diff(np.append(np.searchsorted(wall, midnights[1:-1]), len(wall)))
        near, offset = np.repeat(change, readings), np.repeat(offsets[1:-1], readings)
    else:
        day = wall // DAY_US - first
        near, offset = change[day], offsets[1:-1][day]
    return np.flatnonzero(near).astype(np.int64), offset


@lru_cache(maxsize=64)
def zone_days(zone: str, first: int, last: int) -> tuple[IntArray, IntArray, BoolArray]:
    """Return midnights from the day before ``first`` to two days after ``last``, offsets, and the days of a change.

    The last has a value for each day from ``first`` on. The shares of a universe cover the same days: computed once.
    """
    midnights = np.arange(first - 1, last + 3, dtype=np.int64) * DAY_US
    offsets = wall_readings(midnights, zone) - midnights
    change = (offsets[:-2] != offsets[1:-1]) | (offsets[1:-1] != offsets[2:])
    for shared in (midnights, offsets, change):
        shared.flags.writeable = False
    return midnights, offsets, change


def checked_instants(wall: IntArray, zone: str, lines: IntArray) -> IntArray:
    """Return the instants of readings near a change of clocks; one that is not an instant, or is two, is refused."""
    naive = pd.DatetimeIndex(wall.view("datetime64[us]"))
    local = naive.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    bad = np.flatnonzero(np.asarray(local.isna()))
    if len(bad):
        row = int(bad[0])
        raise CalendarError(
            f"Row {lines[row]}: {both_readings(naive[row].to_pydatetime(), zone)}"
            + (f" ({len(bad)} such rows)" if len(bad) > 1 else ""),
            remedy="Give these rows in UTC or with an offset, or leave them out.",
        )
    return epoch_us(local)


def likely_instants(wall_us: IntArray, zone: str) -> IntArray:
    """Return instants for weighing evidence only: repeated hours are taken once, missing ones moved forward."""
    naive = pd.DatetimeIndex(np.asarray(wall_us, dtype=np.int64).view("datetime64[us]"))
    first = np.ones(len(naive), dtype=np.bool_)
    return epoch_us(naive.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))


def both_readings(reading: datetime, zone: str) -> str:
    """Say which two instants an ambiguous or non-existent clock reading could mean."""
    first, second = (reading.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    happens = first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == reading
    verb = "happened twice" if happens else "never happened"
    return (
        f"the local time {reading} {verb} in {zone}: it could mean {first.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC "
        f"({first.strftime('%z')}) or {second.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({second.strftime('%z')})"
    )
