"""Scheduled releases as a clock: the loudest bar of a day opens with one, so its label says which end it marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, IntArray, LabelSide, wall_us
from eventstudy.market.local_time import likely_instants
from eventstudy.market.raw import RawBars
from eventstudy.market.schedules import weekday
from eventstudy.market.sessions import as_day

LONGEST_STEP_US = 5 * MINUTE_US
ENOUGH_BARS, LOUD = 30, 1.5
WORKING_DAYS, THURSDAY, WEDNESDAY = (0, 1, 2, 3, 4), (3,), (2,)
ALWAYS = (date(1990, 1, 1), date(2100, 1, 1))


@dataclass(frozen=True, slots=True)
class Release:
    """News that comes at a fixed minute of a local clock, on some days of the week, in some years."""

    name: str
    zone: str
    minute: int
    weekdays: tuple[int, ...]
    years: tuple[date, date] = ALWAYS

    def __str__(self) -> str:
        return f"{self.name}, {self.minute // 60:02d}:{self.minute % 60:02d} {self.zone}"


# The ECB moved its decision from 13:45 to 14:15 with the meeting of 21 July 2022 (the windows of its event-study
# database, doi:10.1016/j.jmoneco.2019.08.016, lie around 13:45); the Federal Reserve has published at 14:00 since 2013.
RELEASES: tuple[Release, ...] = (
    Release("the ECB's decision", "Europe/Berlin", 13 * 60 + 45, THURSDAY, (date(1999, 1, 1), date(2022, 7, 1))),
    Release("the ECB's decision", "Europe/Berlin", 14 * 60 + 15, THURSDAY, (date(2022, 7, 1), ALWAYS[1])),
    Release("the data of the United States", "America/New_York", 8 * 60 + 30, WORKING_DAYS),
    Release("the Federal Reserve's decision", "America/New_York", 14 * 60, WEDNESDAY, (date(2013, 3, 1), ALWAYS[1])),
)


def loud_bars(raw: RawBars) -> IntArray:
    """Return the bar of each day that stands out: half as wide again as the next, and the most traded where known."""
    if raw.step_us > LONGEST_STEP_US or not {"high", "low"} <= raw.columns.keys() or not len(raw):
        return np.empty(0, dtype=np.int64)
    width = np.nan_to_num(np.log(raw.columns["high"] / raw.columns["low"]), posinf=0.0, neginf=0.0)
    cuts = np.flatnonzero(np.diff(raw.wall // DAY_US)) + 1
    volume = raw.columns.get("volume")
    found = []
    for rows in np.split(np.arange(len(raw)), cuts):
        if len(rows) < ENOUGH_BARS:
            continue
        second, first = np.argsort(width[rows], kind="stable")[-2:]
        busiest = volume is None or not (volume[rows] > volume[rows[first]]).any()
        if busiest and width[rows[first]] >= LOUD * width[rows[second]]:
            found.append(int(rows[first]))
    return np.array(found, dtype=np.int64)


def opens_with(raw: RawBars, rows: IntArray, zone: str, side: LabelSide) -> IntArray:
    """Return the row of ``RELEASES`` each bar opens with if labels mark ``side`` on the clock of ``zone``, or -1."""
    begins = likely_instants(raw.wall[rows], zone) - (0 if side == "left" else raw.step_us)
    found = np.full(len(rows), -1, dtype=np.int64)
    for number, release in enumerate(RELEASES):
        wall = wall_us(begins, release.zone)
        days = wall // DAY_US
        in_force = (days >= as_day(release.years[0])) & (days < as_day(release.years[1]))
        due = in_force & np.isin(weekday(days), release.weekdays) & (wall % DAY_US == release.minute * MINUTE_US)
        found[due] = number
    return found


def hits(raw: RawBars, rows: IntArray, zone: str) -> dict[LabelSide, int]:
    """Return how many of the bars open with a release under each label side."""
    sides: tuple[LabelSide, ...] = ("left", "right")
    return {side: int((opens_with(raw, rows, zone, side) >= 0).sum()) for side in sides}


def enough(hits: int, bars: int) -> bool:
    """Return whether so many hits are not chance: the only loud bar, or more than a quarter of several."""
    return hits >= 1 + bars // 4


def zones_of_releases(raw: RawBars, zones: Iterable[str]) -> tuple[str, ...]:
    """Return the zones on whose clock most of the loudest bars open with releases, under either label side."""
    rows = loud_bars(raw)
    count = {zone: max(hits(raw, rows, zone).values()) for zone in zones} if len(rows) else {}
    most = max(count.values(), default=0)
    return tuple(zone for zone, found in count.items() if found == most and enough(found, len(rows)))


def named(zones: Iterable[str]) -> str:
    """Return the zones that people live in as words; those of a plain offset where there are no others."""
    known = tuple(zones)
    return ", ".join([zone for zone in known if not zone.startswith("Etc/")] or known)
