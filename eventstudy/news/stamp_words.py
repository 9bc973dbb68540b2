"""The tokens of a written stamp: a date, a clock, zones; a token that is none of these refuses the stamp by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.zones import find_zone

MONTHS_EN: tuple[str, ...] = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
    "december",
)
MONTHS_RU: tuple[str, ...] = (
    *("январ", "феврал", "март", "апрел", "ма[йяюе]", "июн", "июл", "август", "сентябр", "октябр", "ноябр", "декабр"),
)
WEEKDAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS_RU = ("понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресень")
_WEEKDAYS_RU_SHORT = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_MONTH_RU = tuple(re.compile(rf"{stem}\w{{0,2}}") for stem in MONTHS_RU)

# Digits are ASCII: a year in other numerals may count in another calendar.
_TOKEN = re.compile(
    r"(?P<iso>(?P<year>[0-9]{4})(?P<mark1>[-/.\u2010\u2011])(?P<month>[0-9][0-9]?)(?P=mark1)(?P<day>[0-9][0-9]?)(?![0-9/.-]))"
    r"|(?P<numeric>(?P<first>[0-9][0-9]?)(?P<mark2>[./-])(?P<second>[0-9][0-9]?)(?P=mark2)(?P<year2>[0-9]{4}|[0-9][0-9])(?![0-9/:-]))"
    r"|(?P<digits>(?<![0-9])[0-9]{8}(?:[0-9]{4}(?:[0-9][0-9])?)?(?![0-9]))"
    r"|(?P<clock>(?P<hour>[0-9][0-9]?)(?::|(?<=[0-9])[hH](?=[0-9][0-9]))(?P<minute>[0-9][0-9])"
    r"(?::(?P<sec>[0-9][0-9])(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?![0-9:]))"
    r"|(?P<dotclock>(?P<hour2>[0-9][0-9]?)\.(?P<minute2>[0-9][0-9])(?=\s?[ap]\.?\s?m)(?![0-9]))"
    r"|(?P<compact>(?<=[Tt])[0-9]{4}(?:[0-9][0-9])?(?![0-9]))"
    r"|(?P<halfhour>(?P<hour3>[0-9][0-9]?)(?=\s?[ap]\.?\s?m(?:\b|(?-i:[A-Z]{1,3}T\b))))"
    r"|(?P<half>(?<![A-Za-z])[ap]\.?\s?m(?:(?![A-Za-z])\.?|(?=(?-i:[A-Z]{1,3}T\b))))"
    r"|(?P<offset>(?:(?:UTC|GMT)\s?)?(?P<sign>[+\u2212-])[0-9][0-9]?(?::?[0-9][0-9])?(?![0-9:]))"
    r"|(?P<number>[0-9]+)(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"|(?P<word>(?:МСК|MSK)\s?[+-][0-9]{1,2}|Etc/GMT[+-][0-9]+|(?:[^\W\d_]\.){2,5}|"
    r"[^\W\d_][^\W\d]*(?:[./'’-][^\W\d_]+)*(?:[0-9][^\W\d_]+)?)"
    r"|(?P<space>[\s,]+)|(?P<other>.)",
    re.IGNORECASE,
)
# Words that say nothing between a date and a time.
_FILLERS = frozenset({"at", "on", "of", "the", "в", "г", "года", "год", "and", "day", "all"})
_MARKS = frozenset("()[]|.;-–—·•@")
_EPOCH = re.compile(r"(\d{9,10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?")
_UNITS: dict[int, tuple[int, Literal["second", "instant"]]] = {
    9: (1, "second"),
    10: (1, "second"),
    13: (10**3, "instant"),
    16: (10**6, "instant"),
    19: (10**9, "instant"),
}
# Ten digits from here on are as well YYYYMMDDHH of the years around 2000 and later.
_LAST_EPOCH = 1_990_000_000


@dataclass(frozen=True, slots=True)
class StampWords:
    """What a stamp says: its civil day, its clock as far as written, and the names of its zones.

    ``twelve`` marks an hour that may be half a day short on a 12-hour clock; ``whole_hour`` one without minutes.
    """

    day: date
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    micro: int | None = None
    half: str = ""
    twelve: bool = False
    whole_hour: bool = False
    zones: tuple[str, ...] = ()


def epoch_of(written: str) -> tuple[datetime, Literal["second", "instant"]] | None:
    """Return the instant of a count since 1970 and its precision; None where the digits are not one."""
    found = _EPOCH.fullmatch(written)
    if found is None or len(found[1]) not in _UNITS:
        return None
    scale, unit = _UNITS[len(found[1])]
    seconds, rest = divmod(int(found[1]), scale)
    if seconds >= _LAST_EPOCH:
        return None
    micro = rest * 10**6 // scale + int((found[2] or "0").ljust(6, "0")[:6]) // scale
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micro)
    return at, "instant" if found[2] else unit


def month_of(word: str) -> int:
    """Return the month a word names, English or Russian, in full or by three letters; 0 if none."""
    folded = word.casefold().rstrip(".")
    short = folded[:3] if folded in ("sept",) else folded
    for number, name in enumerate(MONTHS_EN, start=1):
        if folded == name or short == name[:3]:
            return number
    for number, pattern in enumerate(_MONTH_RU, start=1):
        if pattern.fullmatch(folded) or (len(folded) == 3 and MONTHS_RU[number - 1].startswith(folded)):
            return number
    return 0


def weekday_of(word: str) -> int | None:
    """Return the weekday a word names, Monday 0; None if none."""
    folded = word.casefold().rstrip(".")
    for number, name in enumerate(WEEKDAYS_EN):
        if folded == name or folded == name[:3] or (folded in ("tues", "thur", "thurs") and name.startswith(folded)):
            return number
    for number, stem in enumerate(WEEKDAYS_RU):
        if folded == _WEEKDAYS_RU_SHORT[number] or (folded.startswith(stem) and len(folded) - len(stem) <= 2):
            return number
    return None


class _Reader:
    """The parts of one stamp while its tokens are read; each part may be given once."""

    def __init__(self, written: str, day_first: bool | None) -> None:
        self.written, self.day_first = written, day_first
        self.day: date | None = None
        self.numbers: list[int] = []
        self.month = 0
        self.weekday: tuple[str, int] | None = None
        self.clock: dict[str, int | None] = {}
        self.half = ""
        self.padded = self.month_first = self.whole_hour = False
        self.zones: list[str] = []
        self.inside = 0

    def refuse(self, token: str) -> StampError:
        return StampError(
            "not_a_stamp",
            f"{self.written!r} is not a stamp in a known form: {token!r} is not read.",
            remedy="Write 2021-04-13T18:37+03:00, Tue, 13 Apr 2021 18:37:00 +0300 or April 13, 2021, 6:37 p.m. ET.",
        )

    def set_day(self, day: date, token: str) -> None:
        if self.day is not None or self.month:
            raise self.refuse(token)
        self.day = day

    def set_clock(self, hour: str, minute: str, sec: str | None = None, fraction: str | None = None) -> None:
        if self.clock:
            raise self.refuse(f"{hour}:{minute}")
        micro = None if fraction is None else int(fraction.ljust(6, "0")[:6])
        self.clock = {"hour": int(hour), "minute": int(minute), "second": None if sec is None else int(sec)}
        self.clock["micro"] = micro
        self.padded = hour.startswith("0")


@lru_cache(maxsize=1024)
def read_words(written: str, day_first: bool | None) -> StampWords:
    """Return the parts of a stamp; a token that is not read, and a part that is missing or given twice, refuse it."""
    reader = _Reader(written, day_first)
    at = 0
    while at < len(written):
        found = _TOKEN.match(written, at)
        assert found is not None  # noqa: S101 - the last alternative takes any character
        at = _take(reader, found)
    day = _day_of(reader)
    _check_weekday(reader, day)
    if (reader.half or reader.zones) and not reader.clock and (reader.half or len(reader.zones) > 1):
        raise reader.refuse(reader.half or reader.zones[-1])
    hour = reader.clock.get("hour")
    # "June 16, 2023 10:00" is how people write; machines write seconds, or the day before the month.
    twelve = reader.month_first and hour is not None and 1 <= hour <= 12 and not (reader.half or reader.padded)
    twelve = twelve and reader.clock["second"] is None
    return StampWords(
        day,
        hour,
        reader.clock.get("minute") or 0,
        reader.clock.get("second"),
        reader.clock.get("micro"),
        reader.half,
        twelve,
        reader.whole_hour,
        tuple(reader.zones),
    )


def _take(reader: _Reader, found: re.Match[str]) -> int:
    """Take one token into the reader and return where the next one begins."""
    token = found[0]
    kind = next(k for k in _TAKERS if found[k] is not None)
    if kind == "other":
        if token not in _MARKS:
            raise reader.refuse(reader.written[found.start() :].split()[0])
        return found.end()
    return _TAKERS[kind](reader, found) or found.end()


def _take_iso(reader: _Reader, found: re.Match[str]) -> None:
    day = calendar_date(int(found["year"]), int(found["month"]), int(found["day"]), reader.written)
    reader.set_day(day, found[0])


def _take_numeric(reader: _Reader, found: re.Match[str]) -> None:
    first, second = int(found["first"]), int(found["second"])
    day, month = day_and_month(first, second, reader.day_first, reader.written)
    reader.set_day(calendar_date(full_year(found["year2"]), month, day, reader.written), found[0])


def _take_digits(reader: _Reader, found: re.Match[str]) -> None:
    token = found[0]
    reader.set_day(calendar_date(int(token[:4]), int(token[4:6]), int(token[6:8]), reader.written), token)
    if len(token) > 8:
        reader.set_clock(token[8:10], token[10:12], token[12:] or None)
        reader.padded = True


def _take_clock(reader: _Reader, found: re.Match[str]) -> None:
    if found["clock"]:
        reader.set_clock(found["hour"], found["minute"], found["sec"], found["fraction"])
    else:
        reader.set_clock(found["hour2"], found["minute2"])


def _take_compact(reader: _Reader, found: re.Match[str]) -> None:
    reader.set_clock(found[0][:2], found[0][2:4], found[0][4:] or None)
    reader.padded = True


def _take_half_hour(reader: _Reader, found: re.Match[str]) -> None:
    reader.set_clock(found["hour3"], "0")
    reader.whole_hour = True


def _take_half(reader: _Reader, found: re.Match[str]) -> None:
    if not reader.clock or reader.half:
        raise reader.refuse(found[0])
    reader.half = found[0][0].casefold() + "m"


def _take_offset(reader: _Reader, found: re.Match[str]) -> None:
    if not reader.clock:
        if found["sign"] in "-\u2212" and found[0][0] in "-\u2212":
            # "16-Jun-23": the dash between the parts of a date.
            digits = found[0].strip("-\u2212").replace(":", "")
            reader.numbers.append(int(digits) + (10_000 if len(digits) == 4 else 0))
            return
        raise reader.refuse(found[0])
    reader.zones.append(found[0].strip())


def _take_number(reader: _Reader, found: re.Match[str]) -> None:
    if len(found["number"]) > 4:
        raise reader.refuse(found[0])
    number = int(found["number"])
    reader.numbers.append(number if len(found["number"]) != 4 else number + 10_000)
    reader.month_first = reader.month_first or (len(reader.numbers) == 1 and reader.month > 0)


def _take_word(reader: _Reader, found: re.Match[str]) -> int:
    """Take a word: the longest run of words that names a zone once there is a clock, else a month or a weekday."""
    token, text = found[0], reader.written
    weekday = weekday_of(token)
    if month_of(token) and not (reader.month or reader.day):
        reader.month = month_of(token)
        return found.end() + (text[found.end() : found.end() + 1] == ".")
    if weekday is not None and reader.weekday is None:
        reader.weekday = (token, weekday)
        return found.end()
    name, end = zone_at(text, found.start())
    # Beside a bare day "est." is "estimated"; the place whose day it is has capitals.
    named = bool(reader.clock) or ((reader.day or reader.numbers) and not (token.isascii() and token.islower()))
    if name and named and token.casefold() not in ("t", "at"):
        reader.zones.append(name)
        return end
    all_day = token.casefold() in ("all", "day") and not reader.clock and "all day" in text.casefold()
    if token.casefold() in ("t", *_FILLERS - {"all", "day"}) or all_day:
        return found.end()
    bracket = text.rfind("(", 0, found.start())
    if bracket > text.rfind(")", 0, found.start()) and reader.zones and ")" in text[found.end() :]:
        # After a zone, RFC 5322 allows any comment in brackets; the zone before it decides.
        return text.index(")", found.end())
    raise reader.refuse(token)


_ZONE_WORDS = re.compile(r"(?:[^\W\d_]\.\s?){2,5}|[^\s,()\[\]|;]+(?:[ ][^\s,()\[\]|;\d]+){0,3}")


def zone_at(text: str, start: int) -> tuple[str, int]:
    """Return the zone name that begins at a place of a text, the longest known, and its end; ("", start) if none."""
    found = _ZONE_WORDS.match(text, start)
    if found is None:
        return "", start
    words = found[0].rstrip().split(" ")
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).rstrip(".:")
        try:
            find_zone(name)
        except StampError as error:
            if error.kind != "zone_ambiguous":
                continue
        dotted = 1 if text[start + len(name) : start + len(name) + 1] == "." else 0
        return name, start + len(name) + dotted
    return "", start


_TAKERS: dict[str, Callable[[_Reader, re.Match[str]], int | None]] = {
    "iso": _take_iso,
    "numeric": _take_numeric,
    "digits": _take_digits,
    "clock": _take_clock,
    "dotclock": _take_clock,
    "compact": _take_compact,
    "halfhour": _take_half_hour,
    "half": _take_half,
    "offset": _take_offset,
    "number": _take_number,
    "word": _take_word,
    "space": lambda reader, found: None,
    "other": lambda reader, found: None,
}


def _day_of(reader: _Reader) -> date:
    """Return the day, from its one numeric form or from month name, day and year."""
    if reader.day is not None:
        if reader.numbers:
            raise reader.refuse(str(reader.numbers[0] % 10_000))
        return reader.day
    years = [n - 10_000 for n in reader.numbers if n >= 10_000]
    small = [n for n in reader.numbers if n < 10_000]
    if not reader.month or len(years) > 1 or len(small) + len(years) != 2:
        raise reader.refuse(reader.written)
    day, year = small[0], years[0] if years else full_year(f"{small[1]:02}")
    return calendar_date(year, reader.month, day, reader.written)


def _check_weekday(reader: _Reader, day: date) -> None:
    if reader.weekday is not None and reader.weekday[1] != day.weekday():
        raise StampError("weekday_vs_day", f"{reader.written!r} says {reader.weekday[0]}, but {day} is a {day:%A}.")


def full_year(written: str) -> int:
    """Return the year; two digits follow RFC 2822: 00 to 49 are this century's, 50 to 99 the last one's."""
    return int(written) + (0 if len(written) == 4 else 2000 if int(written) < 50 else 1900)


def day_and_month(first: int, second: int, day_first: bool | None, written: str) -> tuple[int, int]:
    """Return (day, month) of a numeric date whose order is declared or proved by a number above 12."""
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise StampError(
            "day_month_order",
            f"{written!r} may be day {first} of month {second} or day {second} of month {first}.",
            readings=(f"day {first} month {second}", f"day {second} month {first}"),
            remedy="Declare the order of day and month.",
        )
    order = day_first if day_first is not None else first > 12 or first == second
    if (order and second > 12) or (not order and first > 12):
        raise StampError("no_such_date", f"{written!r} has no such month in the declared order.")
    return (first, second) if order else (second, first)


def calendar_date(year: int, month: int, day: int, written: str) -> date:
    """Return a date of the calendar, or refuse one it does not have (29 February, 31 April)."""
    if year in (1, 9999):  # a day needs another on either side
        raise StampError("no_such_date", f"{written!r} is outside the years 2 to 9998.")
    try:
        return date(year, month, day)
    except ValueError:
        raise StampError("no_such_date", f"The calendar has no {year:04}-{month:02}-{day:02} ({written!r}).") from None
