"""Texts of dates and clock times to clock readings: day and month are told apart by evidence, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import DAY_US, MINUTE_US, SECOND_US, IntArray, frozen
from eventstudy.errors import BarsError
from eventstudy.market.sessions import as_day

CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?")
COMPACT_CLOCK = re.compile(r"(\d{1,2})(\d\d)(\d\d)")
Fields = tuple[int, int, int]


def day_first(found: re.Match[str]) -> Fields:
    return int(found[3]), int(found[2]), int(found[1])


def month_first(found: re.Match[str]) -> Fields:
    return int(found[3]), int(found[1]), int(found[2])


def year_first(found: re.Match[str]) -> Fields:
    return int(found[1]), int(found[2]), int(found[3])


# Each row: how a date is written, and every order of year, month and day it may mean.
DATE_FORMS: tuple[tuple[re.Pattern[str], tuple[Callable[[re.Match[str]], Fields], ...]], ...] = (
    (re.compile(r"(\d{4})-(\d\d?)-(\d\d?)"), (year_first,)),
    (re.compile(r"(\d{4})\.(\d\d?)\.(\d\d?)"), (year_first,)),
    (re.compile(r"(\d{4})/(\d\d?)/(\d\d?)"), (year_first,)),
    (re.compile(r"(\d{4})(\d\d)(\d\d)"), (year_first,)),
    (re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4}|\d\d)"), (day_first,)),
    (re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)"), (day_first, month_first)),
)


def read_dates(texts: Sequence[str]) -> IntArray:
    """Return days since 1970-01-01 of the distinct date texts of a column.

    Where the form leaves two orders (``06/01/14``), only an order that every text allows is taken, and only if the
    other one is ruled out by some text.
    """
    form, orders = next(((f, o) for f, o in DATE_FORMS if texts and f.fullmatch(texts[0])), (None, ()))
    if form is None:
        raise BarsError(f"{texts[0] if texts else ''!r} is no date.", remedy="Write dates as YYYY-MM-DD or YYYYMMDD.")
    found = [form.fullmatch(text) for text in texts]
    if None in found:
        raise BarsError(f"{texts[found.index(None)]!r} is not written like {texts[0]!r}, the first date of the column.")
    readings = [r for r in (days_of([m for m in found if m], order) for order in orders) if r is not None]
    if not readings:
        nowhere = (t for t, m in zip(texts, found, strict=True) if m and all(days_of([m], o) is None for o in orders))
        told = next((f"{text!r} is a day that does not exist." for text in nowhere), "")
        raise BarsError(
            told or f"No one order of day and month makes days of all dates like {texts[0]!r}.",
            remedy="Correct the dates of the file, or write them as YYYY-MM-DD.",
        )
    if len(readings) > 1 and not np.array_equal(readings[0], readings[1]):
        raise BarsError(
            f"No date of the column says whether {texts[0]!r} is day/month or month/day.",
            remedy="Give the dates as YYYY-MM-DD, or a file with a day after the 12th of a month.",
        )
    return readings[0]


def days_of(found: list[re.Match[str]], order: Callable[[re.Match[str]], Fields]) -> IntArray | None:
    """Return the days in one order of the fields, or None where one of them does not exist."""
    try:
        fields = [order(m) for m in found]
        return np.array([as_day(date(y + 2000 if y < 70 else y + 1900 if y < 100 else y, m, d)) for y, m, d in fields])
    except ValueError:
        return None


def read_clocks(texts: Sequence[str]) -> IntArray:
    """Return microseconds since midnight of the distinct clock texts of a column: 18:00, 18:00:00, 180000."""
    return np.array([read_clock(text) for text in texts], dtype=np.int64)


def read_clock(text: str) -> int:
    """Return microseconds since midnight of one clock text; 24:00 is the end of the day."""
    found = CLOCK.fullmatch(text) or COMPACT_CLOCK.fullmatch(text.zfill(6) if text.isdigit() else text)
    if found is None:
        raise BarsError(f"{text!r} is no time of day.", remedy="Write it as HH:MM, HH:MM:SS or HHMMSS.")
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    micros = int((found[4] or "0").ljust(6, "0")) if found.re is CLOCK else 0
    at = hour * 60 * MINUTE_US + minute * MINUTE_US + second * SECOND_US + micros
    if at > DAY_US or minute > 59 or second > 59:
        raise BarsError(f"{text!r} is no time of day.", remedy="Hours go to 24:00, minutes and seconds to 59.")
    return at


def read_stamps(texts: Sequence[str]) -> IntArray:
    """Return clock readings of distinct texts of date and time in one column; a date alone is midnight."""
    parts = [text.replace("T", " ", 1).split(" ", 1) for text in texts]
    dates, place = np.unique([p[0] for p in parts], return_inverse=True)
    days = read_dates([str(date) for date in dates])[place]
    clocks = read_clocks([p[1].strip() if len(p) > 1 else "00:00" for p in parts])
    return np.asarray(days * DAY_US + clocks, dtype=np.int64)


def read_midnights(texts: Sequence[str]) -> IntArray:
    """Return the distinct dates of a column as microseconds since 1970-01-01T00:00."""
    return read_dates(texts) * DAY_US


def compact_midnights(numbers: NDArray[np.int32]) -> IntArray:
    """Return the same for dates written as numbers, 20210413; runs of one date are read once."""
    starts = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1]))[: len(numbers)])
    written = numbers[starts].astype(np.int64)
    months = (written // 10_000 - 1970) * 12 + written // 100 % 100 - 1
    days = months.view("datetime64[M]").astype("datetime64[D]").astype(np.int64) + written % 100 - 1
    wrong = written[as_compact(days) != written]
    if len(wrong):
        raise BarsError(f"'{wrong[0]:08d}' is a day that does not exist.", remedy="Write dates as YYYYMMDD.")
    return np.repeat(days * DAY_US, np.diff(np.append(starts, len(numbers))))


def as_compact(days: IntArray) -> IntArray:
    """Return days since 1970-01-01 as the numbers they are written as, 20210413."""
    months = days.view("datetime64[D]").astype("datetime64[M]")
    into = days - months.astype("datetime64[D]").astype(np.int64)
    since = months.astype(np.int64)
    return (since // 12 + 1970) * 10_000 + (since % 12 + 1) * 100 + into + 1


def compact_clocks(numbers: NDArray[np.int32]) -> IntArray:
    """Return microseconds since midnight of clock times written as numbers, 181000."""
    table = clock_table()
    made = table[np.clip(numbers, -1, len(table) - 1)]
    if len(made) and made.min() < 0:
        raise BarsError(f"'{numbers[made < 0][0]:06d}' is no time of day.", remedy="Write it as HHMMSS.")
    return made


@lru_cache(maxsize=1)
def clock_table() -> IntArray:
    """Return microseconds since midnight for every number from 0 to 240000, -1 for those that are no time of day."""
    numbers = np.arange(240_002)
    hours, minutes, seconds = numbers // 10_000, numbers // 100 % 100, numbers % 100
    made = (hours * 3600 + minutes * 60 + seconds) * SECOND_US
    made[(minutes > 59) | (seconds > 59) | (numbers > 240_000)] = -1
    return frozen(made, np.int64)
