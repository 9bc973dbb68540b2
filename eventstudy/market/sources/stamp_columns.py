"""Dates and times as files write them to clock readings: day and month are told apart by evidence, or refused."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import DAY_US, MINUTE_US, SECOND_US, IntArray, frozen
from eventstudy.errors import BarsError
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.sessions import as_day

CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([AP])?\.?(?:M\.?)?", re.IGNORECASE)
COMPACT_CLOCK = re.compile(r"(\d{1,2})(\d\d)(\d\d)")
# A timestamp: the date, then a time of day, then an offset from UTC; only the date is required. A run of blanks is
# taken whole (++) and from its beginning alone: a cell of thousands of them would otherwise take seconds.
STAMP = re.compile(
    r"(?P<date>.+?)(?:(?:(?<!\s)(?:\s++T?|T)\s*+|,\s++|(?<=\d{8})-)"
    r"(?P<clock>\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s*+[AP]\.?M\.?)?|\d{6})"
    r"\s*+(?P<offset>Z|(?:UTC|GMT)?\s*+[+-]\d\d:?\d\d|UTC|GMT|[A-Z]\w+/[A-Z][\w/+-]+)?"
    r"(?:\s*+\([^()]*\))?)?",
    re.IGNORECASE,
)
WEEKDAY = re.compile(r"(?<![a-z])(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*+\.?,?\s++", re.IGNORECASE)
EPOCH_TEXT = re.compile(r"\d{10}(?:\d{3}|\d{6}|\d{9})?(?:\.\d*)?")
ROUNDED_EPOCH = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
MONTHS = {name.casefold(): n for names in (month_abbr, month_name) for n, name in enumerate(names) if name} | {
    "sept": 9
}
EXCEL_EPOCH = date(1899, 12, 30)
Fields = tuple[int, int, int]


def day_first(found: re.Match[str]) -> Fields:
    return int(found[3]), int(found[2]), int(found[1])


def month_first(found: re.Match[str]) -> Fields:
    return int(found[3]), int(found[1]), int(found[2])


def year_first(found: re.Match[str]) -> Fields:
    return int(found[1]), int(found[2]), int(found[3])


def republic_year(found: re.Match[str]) -> Fields:
    """Return a date of the calendar of Taiwan, whose year 1 is 1912: 112/01/03 is in 2023."""
    return int(found[1]) + 1911, int(found[2]), int(found[3])


def named_month(found: re.Match[str]) -> Fields:
    return int(found["year"]), MONTHS[found["month"].casefold()], int(found["day"])


def excel_serial(found: re.Match[str]) -> Fields:
    day = EXCEL_EPOCH + timedelta(days=int(found[1]))
    return day.year, day.month, day.day


def month_end(found: re.Match[str]) -> Fields:
    return int(found[1]), int(found[2]), monthrange(int(found[1]), int(found[2]))[1]


def quarter_end(found: re.Match[str]) -> Fields:
    year, month = int(found["year"]), 3 * int(found["quarter"] or found.groupdict()["before"])
    return year, month, monthrange(year, month)[1]


def named_month_end(found: re.Match[str]) -> Fields:
    year, month = int(found["year"]), MONTHS[found["month"].casefold()]
    return year, month, monthrange(year, month)[1]


def month_year_end(found: re.Match[str]) -> Fields:
    return int(found[2]), int(found[1]), monthrange(int(found[2]), int(found[1]))[1]


def week_end(found: re.Match[str]) -> Fields:
    """Return the Sunday of a week of ISO 8601: 2023-W02 ends on 15 January 2023."""
    day = date.fromisocalendar(int(found[1]), int(found[2]), 7)
    return day.year, day.month, day.day


# Each row: how a date is written, and every order of year, month and day it may mean.
DATE_FORMS: tuple[tuple[re.Pattern[str], tuple[Callable[[re.Match[str]], Fields], ...]], ...] = (
    (re.compile(r"(\d{4})\s*[-./年년]\s*(\d\d?)\s*[-./月월]\s*(\d\d?)[.日일]?"), (year_first,)),
    (re.compile(r"(1\d\d)[-./年](\d\d?)[-./月](\d\d?)日?"), (republic_year,)),
    (re.compile(r"(\d{4})(\d\d)(\d\d)"), (year_first,)),
    (re.compile(r"((?:1[6-9]|20|21)\d\d)[-M]?(\d\d)"), (month_end,)),  # a month stands for its last day
    (re.compile(r"(\d\d?)\. ?(\d\d?)\. ?(\d{4}|\d\d)"), (day_first,)),
    (re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)"), (day_first, month_first)),
    (re.compile(r"(\d\d?)-(\d\d?)-(\d{4}|\d\d)"), (day_first, month_first)),
    (re.compile(r"(?P<day>\d\d?)[- ./]*(?P<month>[^\W\d]{3,9})\.?[- ./,]*(?P<year>\d{4}|\d\d)"), (named_month,)),
    (re.compile(r"(?P<month>[^\W\d]{3,9})\.?[- ]*(?P<day>\d\d?)[-, ]+(?P<year>\d{4})"), (named_month,)),
    (re.compile(r"([2-7]\d{4})(?:\.0*)?"), (excel_serial,)),  # 1954 to 2119 as Excel counts days
    # Quarters, months and weeks stand for their last days, as 202301 does.
    (re.compile(r"(?P<year>(?:19|20)\d\d)[-/ ]?Q(?P<quarter>[1-4])", re.IGNORECASE), (quarter_end,)),
    (
        re.compile(r"(?:Q(?P<quarter>[1-4])|(?P<before>[1-4])Q)[-/ ]?(?P<year>(?:19|20)\d\d)", re.IGNORECASE),
        (quarter_end,),
    ),
    (re.compile(r"(?P<month>[^\W\d]{3,9})\.?[-./, ]*(?P<year>(?:19|20)\d\d)"), (named_month_end,)),
    (re.compile(r"(?P<year>(?:19|20)\d\d)[-./, ]*(?P<month>[^\W\d]{3,9})"), (named_month_end,)),
    (re.compile(r"(\d\d?)[-./]((?:19|20)\d\d)"), (month_year_end,)),
    (re.compile(r"((?:19|20)\d\d)-?W(\d\d)", re.IGNORECASE), (week_end,)),
)
SIX_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)")
EXCEL_TIME = re.compile(r"([2-7]\d{4})(\.\d+)")
ENOUGH_DATES = 10


def read_dates(texts: Sequence[str]) -> IntArray:
    """Return days since 1970-01-01 of the distinct date texts of a column.

    Where the form leaves two orders (``06/01/14``), only an order that every text allows is taken, and only if the
    other one is ruled out by some text.
    """
    if (days := in_order_of_time(texts)) is not None:
        return days
    form, orders = next(((f, o) for f, o in DATE_FORMS if texts and f.fullmatch(texts[0])), (None, ()))
    if form is None:
        raise BarsError(
            f"{texts[0] if texts else ''!r} is not a date.", remedy="Write dates as YYYY-MM-DD or YYYYMMDD."
        )
    found = [form.fullmatch(text) for text in texts]
    if None in found:
        raise BarsError(
            f"{texts[found.index(None)]!r} is not written like {texts[0]!r}, the first date of the column.",
            remedy="Remove the row if it is not one of data, or write all dates alike.",
        )
    if "month" in form.groupindex:
        refuse_other_languages([m for m in found if m])
    readings = [r for r in (days_of([m for m in found if m], order) for order in orders) if r is not None]
    if not readings:
        nowhere = (t for t, m in zip(texts, found, strict=True) if m and all(days_of([m], o) is None for o in orders))
        message = next((f"{text!r} is a day that does not exist." for text in nowhere), "")
        raise BarsError(
            message or f"No one order of day and month makes days of all dates like {texts[0]!r}.",
            remedy="Correct the dates of the file, or write them as YYYY-MM-DD.",
        )
    if len(readings) > 1 and not np.array_equal(readings[0], readings[1]):
        raise BarsError(
            f"No date of the column says whether {texts[0]!r} is day/month or month/day.",
            remedy="Give the dates as YYYY-MM-DD, or a file with a day after the 12th of a month.",
        )
    return readings[0]


def in_order_of_time(texts: Sequence[str]) -> IntArray | None:
    """Return dates of six digits, as 230401, if one order of year, month and day alone leaves them in order of time.

    The texts stand in the order of the file. Digits that are months of years, as 202301, are read as such.
    """
    found = [SIX_DIGITS.fullmatch(text) for text in texts]
    if len(texts) < ENOUGH_DATES or None in found:
        return None
    matches = [one for one in found if one]
    months = [re.fullmatch(r"(\d{4})(\d\d)", text) for text in texts]
    if (
        all(1600 <= int(one[0][:4]) < 2200 for one in matches)
        and days_of([m for m in months if m], month_end) is not None
    ):
        return None
    readings = [days_of(matches, order) for order in (two_digit_year_first, day_first, month_first)]
    ordered = [
        days for days in readings if days is not None and (np.all(np.diff(days) > 0) or np.all(np.diff(days) < 0))
    ]
    return ordered[0] if len(ordered) == 1 else None


def two_digit_year_first(found: re.Match[str]) -> Fields:
    return in_full(int(found[1])), int(found[2]), int(found[3])


def refuse_other_languages(found: Sequence[re.Match[str]]) -> None:
    """Refuse names of months that are not English: "mar" is March in English and begins November in Finnish."""
    for match in found:
        if match["month"].casefold() not in MONTHS:
            raise BarsError(
                f"{match[0]!r}: {match['month']!r} is not the name of a month in English.",
                remedy="Write dates as YYYY-MM-DD.",
            )


def in_full(year: int) -> int:
    """Return a year of two digits, or of the Buddhist era (2566 is 2023), as one of the Gregorian calendar."""
    if year < 100:
        return year + (2000 if year < 70 else 1900)
    return year - 543 if 2443 <= year < 2700 else year


def days_of(found: list[re.Match[str]], order: Callable[[re.Match[str]], Fields]) -> IntArray | None:
    """Return the days in one order of the fields, or None where one of them does not exist."""
    try:
        fields = [order(m) for m in found]
        return np.array([as_day(date(in_full(y), m, d)) for y, m, d in fields])
    except ValueError:
        return None


def read_clocks(texts: Sequence[str]) -> IntArray:
    """Return microseconds since midnight of the distinct clock texts of a column: 18:00, 18:00:00, 180000, 1800.

    Numbers of four digits and less are hours and minutes, unless longer ones stand in the column.
    """
    if texts and all(text.isdigit() and len(text) <= 4 for text in texts):
        texts = [f"{text:0>4}00" for text in texts]
    return np.array([read_clock(text) for text in texts], dtype=np.int64)


def read_clock(text: str) -> int:
    """Return microseconds since midnight of one clock text; 24:00 is the end of the day, 4:06 PM is 16:06."""
    found = CLOCK.fullmatch(text) or COMPACT_CLOCK.fullmatch(text.zfill(6) if text.isdigit() else text)
    if found is None:
        raise BarsError(f"{text!r} is not a time of day.", remedy="Write it as HH:MM, HH:MM:SS or HHMMSS.")
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    micros = int((found[4] or "0").ljust(6, "0")[:6]) if found.re is CLOCK else 0
    half = (found[5] or "").upper() if found.re is CLOCK else ""
    if half:
        hour = hour % 12 + (12 if half == "P" else 0) if 1 <= hour <= 12 else 99
    at = hour * 60 * MINUTE_US + minute * MINUTE_US + second * SECOND_US + micros
    if at > DAY_US or minute > 59 or second > 59:
        raise BarsError(f"{text!r} is not a time of day.", remedy="Hours go to 24:00, minutes and seconds to 59.")
    return at


def read_stamps(texts: Sequence[str]) -> tuple[IntArray, bool]:
    """Return what the distinct timestamps of a column read, and whether they are instants of UTC.

    A date alone is midnight. Timestamps with an offset, and counts of seconds since 1970, are instants.

    Raises
    ------
    BarsError
        If timestamps with and without an offset stand in one column, or a text is not a timestamp.
    """
    if texts and all(EPOCH_TEXT.fullmatch(text) for text in texts):
        return np.array([epoch_text(text) for text in texts], dtype=np.int64), True
    if texts and all(EXCEL_TIME.fullmatch(text) for text in texts):
        return np.array([excel_time(text) for text in texts], dtype=np.int64), False
    if texts and ROUNDED_EPOCH.fullmatch(texts[0]):
        raise BarsError(
            f"{texts[0]!r} is a timestamp that a spreadsheet has rounded; its last digits are lost.",
            remedy="Export the column as integers or as dates.",
        )
    parts = [
        found.groupdict() if (found := STAMP.fullmatch(WEEKDAY.sub("", text))) else {"date": text} for text in texts
    ]
    dates = list(dict.fromkeys(str(part["date"]) for part in parts))  # in the order of the file
    number = {text: n for n, text in enumerate(dates)}
    days = read_dates(dates)[[number[str(part["date"])] for part in parts]]
    clocks = read_clocks([part.get("clock") or "00:00" for part in parts])
    offsets = [part.get("offset") for part in parts]
    wall = np.asarray(days * DAY_US + clocks, dtype=np.int64)
    if not any(offsets):
        return wall, False
    if not all(offsets):
        bare = texts[offsets.index(None)]
        raise BarsError(f"Timestamps with and without a UTC offset are in one column: {bare!r} has none.")
    if len(named := {offset for offset in offsets if offset and "/" in offset}) == 1 and len(set(offsets)) == 1:
        return instants_from_wall(wall, named.pop()), True
    if named:
        raise BarsError(
            f"Timestamps of more than one zone are in one column: {', '.join(sorted(set(map(str, offsets))))}."
        )
    return wall - np.array([offset_us(str(offset)) for offset in offsets], dtype=np.int64), True


def offset_us(text: str) -> int:
    """Return an offset from UTC in microseconds: Z, UTC, +03:00, GMT+0200."""
    found = re.search(r"([+-])(\d\d):?(\d\d)", text)
    if found is None:
        return 0
    size = (int(found[2]) * 60 + int(found[3])) * MINUTE_US
    return size if found[1] == "+" else -size


def epoch_text(text: str) -> int:
    """Return a count of seconds, milli-, micro- or nanoseconds since 1970 in microseconds."""
    whole, _, part = text.partition(".")
    power = len(whole) - 10
    micros = int(part[:6].ljust(6, "0")) if part and not power else 0
    return int(whole) * int(10 ** (6 - power)) + micros if power <= 6 else int(whole) // int(10 ** (power - 6))


def excel_time(text: str) -> int:
    """Return a day of a spreadsheet with its time as a fraction, 44593.6666667, to the nearest second."""
    seconds = round(float(text) * 86_400)
    return (seconds + as_day(EXCEL_EPOCH) * 86_400) * SECOND_US


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
    clocks = table[np.clip(numbers, -1, len(table) - 1)]
    if len(clocks) and clocks.min() < 0:
        raise BarsError(f"'{numbers[clocks < 0][0]:06d}' is not a time of day.", remedy="Write it as HHMMSS.")
    return clocks


@lru_cache(maxsize=1)
def clock_table() -> IntArray:
    """Return microseconds since midnight for every number from 0 to 240000, -1 for those that are not a time of day."""
    numbers = np.arange(240_002)
    hours, minutes, seconds = numbers // 10_000, numbers // 100 % 100, numbers % 100
    clocks = (hours * 3600 + minutes * 60 + seconds) * SECOND_US
    clocks[(minutes > 59) | (seconds > 59) | (numbers > 240_000)] = -1
    return frozen(clocks, np.int64)
