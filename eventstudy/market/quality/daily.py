"""Daily files: dates one day early, closes that are not closes, a close cut before the day's move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray
from eventstudy.errors import DataError
from eventstudy.market.local_time import likely_instants
from eventstudy.market.quality.problems import DailyCloses, Defect, Subject, log_changes, shown
from eventstudy.market.quality.rows import defect
from eventstudy.market.raw import RawBars
from eventstudy.market.schedules import weekday
from eventstudy.market.sessions import as_date, as_day

LONDON = "Europe/London"
ENOUGH_SUNDAYS = 3


def summer(days: IntArray, zone: str = LONDON) -> BoolArray:
    """Return the days whose next midnight falls in summer time of a zone."""
    if not len(days):
        return np.zeros(0, dtype=np.bool_)
    midnights = likely_instants((days + 1) * DAY_US, zone)
    offset = (days + 1) * DAY_US - midnights
    january = np.array([as_day(date(as_date(day).year, 1, 1)) for day in (days.min(), days.max())], dtype=np.int64)
    july = january + 181
    usual = min(int((d * DAY_US - likely_instants(d * DAY_US, zone)).min()) for d in (january, july))
    return np.asarray(offset > usual, dtype=np.bool_)


def find_early_dates(subject: Subject) -> Defect | None:
    """Rows on Sundays, none on the Fridays of the same weeks: the midnight of another clock puts them a day early.

    Stamps with an offset name their dates themselves. A market that trades from Sunday to Thursday looks the same, so
    dates that are early the whole year are moved only where a calendar says that the exchange trades on Fridays.
    """
    raw = subject.raw
    days = raw.wall // DAY_US
    if not early_weeks(subject, days):
        return None
    for early, words in shifts(raw, days):
        if early.any() and not (weekday(days + early) > 4).any() and not clashes(days, early):
            if early.all() and not on_calendar(subject, days + 1):
                continue
            return defect(early, f"dates are one day early{words}: {int((weekday(days) == 6).sum())} rows on Sundays")
    return None


def early_weeks(subject: Subject, days: IntArray) -> bool:
    """Return whether the dates of a daily series fall on Sundays and not on the Fridays of these weeks."""
    if not subject.raw.daily or subject.raw.placed or subject.raw.step_us > 2 * DAY_US:
        return False
    sundays = days[weekday(days) == 6]
    if len(sundays) < ENOUGH_SUNDAYS or trades_on(subject, sundays):
        return False
    return bool(np.isin(sundays + 5, days).mean() <= 0.1 and not (weekday(days) == 5).any())


def shifts(raw: RawBars, days: IntArray) -> Iterator[tuple[BoolArray, str]]:
    """Yield the sets of rows that a clock east of Greenwich makes a day early, each with its words."""
    yield summer(days), " in British summer time"
    if raw.zone not in (LONDON, "UTC"):
        yield summer(days, raw.zone), f" in summer time of {raw.zone}"
        yield ~summer(days, raw.zone), f" in winter time of {raw.zone}"
    yield np.ones(len(days), dtype=np.bool_), ""


def clashes(days: IntArray, early: BoolArray) -> bool:
    """Return whether moving the rows gives two rows of one date that were not there before."""
    return len(np.unique(days + early)) < len(np.unique(days))


def on_calendar(subject: Subject, days: IntArray) -> bool:
    """Return whether the exchange's calendar trades on next to all of the days."""
    venue = subject.calendar
    return venue is not None and not venue.always and bool(np.isin(days, venue.table.trading_day).mean() > 0.95)


def trades_on(subject: Subject, days: IntArray) -> bool:
    """Return whether the calendar of the series trades on some of the days; one that never closes says nothing."""
    venue = subject.calendar
    return venue is not None and not venue.always and bool(np.isin(days, venue.table.trading_day).any())


def find_sunday_dates(subject: Subject) -> Defect | None:
    """Rows on Sundays and none on Fridays that no clock explains: another week, or dates a day early."""
    days = subject.raw.wall // DAY_US
    if not early_weeks(subject, days):
        return None
    return defect(weekday(days) == 6, f"{int((weekday(days) == 6).sum())} rows on Sundays and none on Fridays")


def move_a_day(raw: RawBars, rows: IntArray) -> RawBars:
    """Move the rows one day later."""
    wall = raw.wall.copy()
    wall[rows] += DAY_US
    return replace(raw, wall=wall)


def find_stale_closes(subject: Subject) -> Defect | None:
    """Daily closes that are the day's open again: stamped before the day's trading, not after it.

    A close lies within a tenth of the day's range of the open on about one day in ten; here on most. Where it equals
    the open every day, the ranges decide which of the two is a copy (:func:`is_of_the_open`).
    """
    ranged = days_with_range(subject)
    if ranged is None:
        return None
    columns = subject.raw.columns
    width = columns["high"] - columns["low"]
    if (columns["close"] == columns["open"])[ranged].all() and not is_of_the_open(subject):
        return None
    stale = ranged & (np.abs(columns["close"] - columns["open"]) < 0.1 * width)
    share = float(stale.sum() / ranged.sum())
    if share < 0.6:
        return None
    row = int(np.argmax(np.where(stale, width / columns["close"], 0)))
    return defect(
        stale,
        f"on {share:.0%} of the days the close repeats the open, as on {shown(subject, row)}: open "
        f"{columns['open'][row]:.6g}, close {columns['close'][row]:.6g}, low {columns['low'][row]:.6g}, "
        f"high {columns['high'][row]:.6g}",
    )


def find_repeated_opens(subject: Subject) -> Defect | None:
    """Open and close are one price on every day, and no range says that it is the open."""
    ranged = days_with_range(subject)
    columns = subject.raw.columns
    if ranged is None or not (columns["close"] == columns["open"])[ranged].all() or is_of_the_open(subject):
        return None
    return defect(ranged, f"open and close are equal on all {int(ranged.sum())} days with a range")


def days_with_range(subject: Subject) -> BoolArray | None:
    """Return the days of daily bars whose high is above the low; None if they are too few."""
    columns = subject.raw.columns
    if not subject.raw.daily or not {"open", "high", "low"} <= columns.keys():
        return None
    ranged = columns["high"] > columns["low"]
    return np.asarray(ranged, dtype=np.bool_) if ranged.sum() >= 20 else None


def is_of_the_open(subject: Subject) -> bool:
    """Return whether the close is a price of the day's beginning, where open and close are one price.

    A day runs from its open to its close, which is about the next open: its range holds the next day's price of an
    open, and the price of the day before of a close.
    """
    columns = subject.raw.columns
    price, low, high = columns["close"], columns["low"], columns["high"]
    holds_next = ((low[:-1] <= price[1:]) & (price[1:] <= high[:-1])).mean()
    holds_last = ((low[1:] <= price[:-1]) & (price[:-1] <= high[1:])).mean()
    return bool(holds_next > holds_last + 0.15)


@dataclass(frozen=True, slots=True)
class LateMove:
    """A day on which one daily series closes before a move that another shows on that day.

    ``series`` and ``other`` are the log returns of the day and of the next one.
    """

    day: date
    series: tuple[float, float]
    other: tuple[float, float]

    def __str__(self) -> str:
        return (
            f"{self.day}: closes before the move of the other series: {self.series[0]:+.2%} against "
            f"{self.other[0]:+.2%} on the day, {self.series[1]:+.2%} against {self.other[1]:+.2%} on the next"
        )


def find_cut_closes(subject: Subject) -> Defect | None:
    """Closes taken before a move that the series compared with shows on that day."""
    if not subject.raw.daily or subject.other is None:
        return None
    moves = late_moves(daily_closes(subject.raw), subject.other)
    late = np.isin(subject.raw.wall // DAY_US, [as_day(move.day) for move in moves])
    return defect(late, f"compared with {subject.other.name}: {'; '.join(map(str, moves))}")


def daily_closes(raw: RawBars, name: str = "") -> DailyCloses:
    """Return the closes of a daily series by the date each row names, in order; the first of two rows of a date."""
    days, rows = np.unique(raw.wall // DAY_US, return_index=True)
    return DailyCloses(days, raw.close[rows], name)


def late_moves(series: DailyCloses, other: DailyCloses, *, scales: float = 2.5) -> tuple[LateMove, ...]:
    """Compare two daily series of one thing: where is a move of the other a day late in ours?

    A day counts where the other series moves by more than ``scales`` robust standard deviations, ours shows less
    than half of it, and over two days both have moved alike (within a third of the move).

    Raises
    ------
    DataError
        If the two series share fewer than three days.
    """
    days, mine, theirs = np.intersect1d(series.days, other.days, return_indices=True)
    if len(days) < 3:
        raise DataError(
            "The two daily series have fewer than three days in common.", remedy="Compare series of one period."
        )
    x, y = log_changes(series.closes[mine]), log_changes(other.closes[theirs])
    scale = 1.4826 * float(np.nanmedian(np.abs(y)))
    big = np.abs(y[:-1]) > scales * scale
    missed = np.abs(x[:-1]) < 0.5 * np.abs(y[:-1])
    recovered = np.abs(x[:-1] + x[1:] - y[:-1] - y[1:]) < np.abs(y[:-1]) / 3
    late = np.abs(x[1:] - y[1:]) > 0.5 * np.abs(y[:-1])
    rows = np.flatnonzero(big & missed & recovered & late)
    return tuple(LateMove(as_date(days[i + 1]), (x[i], x[i + 1]), (y[i], y[i + 1])) for i in map(int, rows))
