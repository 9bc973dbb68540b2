"""The event beside its placebo days: how many days each rule left out, and what the days have in common with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, value

# Why a day is not compared with the event.
ANOTHER_WEEKDAY = "another weekday"
NO_RELEASE = {
    "same": "no event of the same release begins at this time of day",
    "any": "no event of the study begins at this time of day",
}
NO_LEVEL = "volatility before the time of the news not measurable"
MISSING_BARS = "usual bars are missing (a halt or a half session)"
KNOWN_EVENT = "another known event falls into the window"


def volatility_outside(bounds: tuple[float, float]) -> str:
    """Return the reason of a day whose volatility is outside the bounds of ``match``."""
    low, high = bounds
    return f"volatility before the time of the news not within {low:g} to {high:g} times that of the event day"


def far_away(limit: int, count: int) -> tuple[DaysLeftOut, ...]:
    """Return how many of ``count`` days are left out if the nearest ``limit`` are compared."""
    return (DaysLeftOut(f"farther away than the nearest {limit} days", count - limit),) if count > limit else ()


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@value(slots=True)
class DaysLeftOut:
    """How many days one rule left out of the comparison; a day is counted under the first rule that it breaks."""

    reason: str
    days: int


@value(slots=True)
class BalanceRow:
    """One characteristic of the event day beside its placebo days.

    Attributes
    ----------
    measure : str
        "weekday", "volatility", "volume" or "spread", the last three before the time of the news.
    event : float
        Of the event day; for the weekday 1.
    median, low, high : float
        Median and quartiles of the placebo days; for the weekday the fraction of days of that weekday, and NaN.
    ratio : float
        ``event / median``; NaN for the weekday.
    label : str
        Name of the weekday.
    """

    measure: str
    event: float
    median: float
    low: float
    high: float
    ratio: float
    label: str = ""


@value(slots=True)
class PlaceboBalance:
    """One observation beside the days it is compared with.

    Attributes
    ----------
    event, instrument : str
    compared : str
        What is compared with these days: "tests" or "response".
    days : int
        Placebo days.
    left_out : tuple of DaysLeftOut
    rows : tuple of BalanceRow
    breakdown : float
        By how much the moves of all placebo days must be multiplied for the move not to be significant: how many times
        as volatile the event day must have been. NaN where it is not significant.
    """

    event: str
    instrument: str
    compared: str
    days: int
    left_out: tuple[DaysLeftOut, ...]
    rows: tuple[BalanceRow, ...]
    breakdown: float

    @property
    def candidates(self) -> int:
        """Placebo days and days left out."""
        return self.days + sum(one.days for one in self.left_out)


def counted(total: int, reasons: Mapping[str, BoolArray]) -> tuple[BoolArray, tuple[DaysLeftOut, ...]]:
    """Return which of ``total`` days no rule leaves out, and how many days each rule does, in the order of the rules.

    >>> keep, left = counted(3, {"another weekday": np.array([True, False, False])})
    >>> keep.tolist(), left[0].days
    ([False, True, True], 1)
    """
    keep, found = np.ones(total, dtype=np.bool_), []
    for reason, broken in reasons.items():
        days = int((keep & broken).sum())
        found += [DaysLeftOut(reason, days)] if days else []
        keep &= ~broken
    return keep, tuple(found)


def merged(parts: Iterable[DaysLeftOut]) -> tuple[DaysLeftOut, ...]:
    """Return the counts with those of one reason added up, in the order of their first mention."""
    found: dict[str, int] = {}
    for one in parts:
        found[one.reason] = found.get(one.reason, 0) + one.days
    return tuple(DaysLeftOut(reason, days) for reason, days in found.items())


def weekday_row(day: int, others: IntArray) -> BalanceRow:
    """Return the weekday of a day beside other days, all as days since 1970-01-01, a Thursday.

    >>> weekday_row(0, np.array([7, 8])).median, weekday_row(0, np.array([7])).label
    (0.5, 'Thursday')
    """
    same = float((weekday(others) == weekday(np.array([day]))).mean()) if len(others) else np.nan
    return BalanceRow("weekday", 1.0, same, np.nan, np.nan, np.nan, WEEKDAYS[int(weekday(np.array([day]))[0])])


def weekday(days: IntArray) -> IntArray:
    """Return the weekday of days since 1970-01-01, Monday 0."""
    return np.asarray((days + 3) % 7)


def balance_row(measure: str, event: float, others: FloatArray) -> BalanceRow | None:
    """Return a characteristic of the event day beside that of its placebo days; None where the event day has none."""
    known = others[np.isfinite(others)]
    if not np.isfinite(event) or not len(known):
        return None
    low, median, high = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
    return BalanceRow(measure, float(event), median, low, high, float(event) / median if median > 0 else np.nan)


def counts_by_rule(days: int, left_out: Iterable[DaysLeftOut]) -> str:
    """Return how many of all days are compared, and how many each rule leaves out, to follow a sentence.

    >>> counts_by_rule(3, [DaysLeftOut("another weekday", 48)])
    '; of 51 days 48 are left out (48: another weekday)'
    """
    found = merged(left_out)
    out = sum(one.days for one in found)
    if not out:
        return ""
    return f"; of {days + out} days {out} are left out ({', '.join(f'{one.days}: {one.reason}' for one in found)})"
