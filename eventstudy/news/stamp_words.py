"""The tokens of a written stamp: a date, a clock, zones; a token that is none of these refuses the stamp by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.zones import find_zone

# The names of each month and weekday, January and Monday first: English and Russian, in full and short.
_MONTHS = (
    *(r"jan(?:uary)?|янв(?:ар\w{0,2})?", r"feb(?:ruary)?|фев(?:рал\w{0,2})?", r"mar(?:ch)?|мар(?:т\w{0,2})?"),
    *(r"apr(?:il)?|апр(?:ел\w{0,2})?", r"may|ма[йяюе]\w{0,2}", r"june?|июн\w{0,2}", r"july?|июл\w{0,2}"),
    *(r"aug(?:ust)?|авг(?:уст\w{0,2})?", r"sep(?:t|tember)?|сен(?:тябр\w{0,2})?", r"oct(?:ober)?|окт(?:ябр\w{0,2})?"),
    *(r"nov(?:ember)?|ноя(?:бр\w{0,2})?", r"dec(?:ember)?|дек(?:абр\w{0,2})?"),
)
_WEEKDAYS = (
    *(r"mon(?:day)?|понедельник\w{0,2}|пн", r"tue(?:s|sday)?|вторник\w{0,2}|вт", r"wed(?:nesday)?|сред\w{0,2}|ср"),
    *(r"thu(?:rs?|rsday)?|четверг\w{0,2}|чт", r"fri(?:day)?|пятниц\w{0,2}|пт", r"sat(?:urday)?|суббот\w{0,2}|сб"),
    r"sun(?:day)?|воскресень\w{0,2}|вс",
)
_MONTH, _WEEKDAY = (re.compile("|".join(f"({names})" for names in table)) for table in (_MONTHS, _WEEKDAYS))

# Digits are ASCII: a year in other numerals may count in another calendar.
_TOKEN = re.compile(
    r"(?P<iso>[0-9]{4}(?P<mark1>[-/.\u2010\u2011])[0-9][0-9]?(?P=mark1)[0-9][0-9]?(?![0-9/.-]))"
    r"|(?P<numeric>[0-9][0-9]?(?:(?P<mark2>[./-])[0-9][0-9]?(?P=mark2)|\. [0-9][0-9]?\. )"
    r"(?:[0-9]{4}|[0-9][0-9])(?![0-9/:-]))"
    r"|(?P<digits>(?<![0-9])[0-9]{8}(?:[0-9]{4}(?:[0-9][0-9])?)?(?![0-9]))"
    r"|(?P<clock>[0-9][0-9]?(?::|(?<=[0-9])[hH](?=[0-9][0-9]))[0-9][0-9](?::[0-9][0-9](?:[.,][0-9]{1,9})?)?(?![0-9:])"
    r"|[0-9][0-9]?\.[0-9][0-9](?=\s?[ap]\.?\s?m)(?![0-9]))"
    r"|(?P<compact>(?<=[Tt])[0-9]{4}(?:[0-9][0-9])?(?![0-9]))"
    r"|(?P<hour>[0-9][0-9]?(?=\s?[ap]\.?\s?m(?:\b|(?-i:[A-Z]{1,3}T\b))))"
    r"|(?P<half>(?<![A-Za-z])[ap]\.?\s?m(?:(?![A-Za-z])\.?|(?=(?-i:[A-Z]{1,3}T\b))))"
    r"|(?P<offset>(?:(?:UTC|GMT)\s?)?[+\u2212-][0-9][0-9]?(?::?[0-9][0-9])?(?![0-9:]))"
    r"|(?P<number>[0-9]+(?:(?:st|nd|rd|th)\b)?)"
    r"|(?P<word>(?:МСК|MSK)\s?[+-][0-9]{1,2}|Etc/GMT[+-][0-9]+|(?:[^\W\d_]\.){2,5}|"
    r"[^\W\d_][^\W\d]*(?:[./'’-][^\W\d_]+)*(?:[0-9][^\W\d_]+)?)"
    r"|(?P<space>[\s,]+)|(?P<other>.)",
    re.IGNORECASE,
)
# Words that say nothing between a date and a time.
_FILLERS = frozenset({"t", "at", "on", "of", "the", "в", "г", "года", "год", "and"})
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
    found = _MONTH.fullmatch(word.casefold().rstrip("."))
    return (found.lastindex or 0) if found else 0


def weekday_of(word: str) -> int | None:
    """Return the weekday a word names, Monday 0; None if none."""
    found = _WEEKDAY.fullmatch(word.casefold().rstrip("."))
    return found.lastindex - 1 if found and found.lastindex else None


class _Reader:
    """The parts of one stamp while its tokens are read; each part may be given once."""

    def __init__(self, written: str, day_first: bool | None) -> None:
        self.written, self.day_first = written, day_first
        self.day: date | None = None
        self.numbers: list[str] = []
        self.month = 0
        self.weekday: tuple[str, int] | None = None
        self.clock: tuple[int, int, int | None, int | None] | None = None  # to the microsecond
        self.half = ""
        self.padded = self.month_first = self.whole_hour = False
        self.zones: list[str] = []

    def refuse(self, token: str) -> StampError:
        return StampError(
            "not_a_stamp",
            f"{self.written!r} is not a stamp in a known form: {token!r} is not read.",
            remedy="Write 2021-04-13T18:37+03:00, Tue, 13 Apr 2021 18:37:00 +0300 or April 13, 2021, 6:37 p.m. ET.",
        )

    def set_day(self, token: str, year: int, month: int, day: int) -> None:
        found = calendar_date(year, month, day, self.written)
        if self.day is not None or self.month:
            raise self.refuse(token)
        self.day = found

    def set_clock(self, hour: str, minute: str = "0", sec: str = "", fraction: str = "") -> None:
        if self.clock is not None:
            raise self.refuse(f"{hour}:{minute}")
        micro = int(fraction.ljust(6, "0")[:6]) if fraction else None
        self.clock = int(hour), int(minute), int(sec) if sec else None, micro
        self.padded = hour.startswith("0")

    def take(self, found: re.Match[str]) -> int:
        """Take one token and return where the next one begins."""
        kind, token = str(found.lastgroup), found[0]
        parts = _NUMBER.findall(token)
        if kind == "iso":
            self.set_day(token, *map(int, parts))
        elif kind == "numeric":
            day, month = day_and_month(int(parts[0]), int(parts[1]), self.day_first, self.written)
            self.set_day(token, full_year(parts[2]), month, day)
        elif kind == "digits":
            self.set_day(token, int(token[:4]), int(token[4:6]), int(token[6:8]))
        elif kind in ("clock", "hour"):
            self.set_clock(*parts)
            self.whole_hour = kind == "hour"
        elif kind in ("half", "offset", "number"):
            self.take_part(kind, token)
        elif kind == "word":
            return self.take_word(found)
        elif kind == "other" and token not in _MARKS:
            raise self.refuse(self.written[found.start() :].split()[0])
        compact = {"digits": token[8:], "compact": token}.get(kind)
        if compact:
            self.set_clock(compact[:2], compact[2:4], compact[4:])
            self.padded = True
        return found.end()

    def take_part(self, kind: str, token: str) -> None:
        """Take a half of the day or an offset after a clock, or a number after a dash ("16-Jun-23")."""
        if kind == "half":
            if self.clock is None or self.half:
                raise self.refuse(token)
            self.half = token[0].casefold() + "m"
        elif kind == "offset" and self.clock is not None:
            self.zones.append(token.strip())
        else:
            digits = "".join(_NUMBER.findall(token))
            if len(digits) not in (1, 2, 4) or (kind == "offset" and token[0] not in "-\u2212"):
                raise self.refuse(token)
            self.numbers.append(digits)
            self.month_first |= kind == "number" and len(self.numbers) == 1 and self.month > 0

    def take_word(self, found: re.Match[str]) -> int:
        """Take a word: the longest run that names a zone once there is a clock, else a month or a weekday."""
        token, text, end = found[0], self.written, found.end()
        folded, weekday, month = token.casefold(), weekday_of(token), month_of(token)
        if month and not (self.month or self.day):
            self.month = month
            return end + (text[end : end + 1] == ".")
        if weekday is not None and self.weekday is None:
            self.weekday = (token, weekday)
            return end
        name, stop = zone_at(text, found.start())
        # Beside a bare day "est." is "estimated"; the place whose day it is has capitals.
        named = self.clock is not None or ((self.day or self.numbers) and not (token.isascii() and token.islower()))
        if name and named and folded not in ("t", "at"):
            self.zones.append(name)
            return stop
        if folded in _FILLERS or (folded in ("all", "day") and not self.clock and "all day" in text.casefold()):
            return end
        bracket = text.rfind("(", 0, found.start())
        if bracket > text.rfind(")", 0, found.start()) and self.zones and ")" in text[end:]:
            # After a zone, RFC 5322 allows any comment in brackets; the zone before it decides.
            return text.index(")", end)
        raise self.refuse(token)

    def read_day(self) -> date:
        """Return the day, from its one numeric form or from month name, day and year."""
        day, years = self.day, [n for n in self.numbers if len(n) == 4]
        small = [n for n in self.numbers if len(n) < 4]
        if day is not None and self.numbers:
            raise self.refuse(self.numbers[0])
        if day is None:
            if not self.month or len(years) > 1 or len(self.numbers) != 2:
                raise self.refuse(self.written)
            year = full_year(years[0] if years else small[1].zfill(2))
            day = calendar_date(year, self.month, int(small[0]), self.written)
        if self.weekday is not None and self.weekday[1] != day.weekday():
            raise StampError("weekday_vs_day", f"{self.written!r} says {self.weekday[0]}, but {day} is a {day:%A}.")
        return day


_NUMBER = re.compile("[0-9]+")


@lru_cache(maxsize=1024)
def read_words(written: str, day_first: bool | None) -> StampWords:
    """Return the parts of a stamp; a token that is not read, and a part that is missing or given twice, refuse it."""
    reader, at = _Reader(written, day_first), 0
    while at < len(written):
        found = _TOKEN.match(written, at)
        assert found is not None  # noqa: S101 - the last alternative takes any character
        at = reader.take(found)
    day, half, zones = reader.read_day(), reader.half, tuple(reader.zones)
    if reader.clock is None:
        if len(zones) > 1:
            raise reader.refuse(zones[-1])
        return StampWords(day, zones=zones)
    hour, minute, second, micro = reader.clock
    # "June 16, 2023 10:00" is how people write; machines write seconds, or the day before the month.
    twelve = reader.month_first and 1 <= hour <= 12 and not (half or reader.padded) and second is None
    return StampWords(day, hour, minute, second, micro, half, twelve, reader.whole_hour, zones)


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
