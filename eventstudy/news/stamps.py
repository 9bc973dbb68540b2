"""Strict stamps: a written date or time is an interval of its own precision in UTC, or a named refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.zones import instant_of

Precision = Literal["day", "hour", "minute", "second", "instant"]
TICK = timedelta(microseconds=1)
LENGTHS: dict[str, timedelta] = {
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "instant": TICK,
}
MONTHS_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_ZONE = (
    r"(?P<zone>Z|[+\u2212-]\d\d(?::?\d\d)?|[ ]?(?:UTC|GMT)[+\u2212-]\d{1,2}(?::?\d\d)?|[ ](?P<name>[A-Za-zА-я/_]+))?"
)
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
_ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:(?:[Tt]|[ ]+){_CLOCK}[ ]?{_ZONE})?")
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:[Tt](?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d))?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)
_MAIL = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3}),?[ ]+)?(?P<day>\d{1,2})[ -](?P<month_name>[A-Za-z]{3})[a-z]*[ -](?P<year>\d{4}),?"
    rf"[ ]+{_CLOCK}(?:[ ]*(?P<zone>[+-]\d\d:?\d\d|Z|(?P<name>[A-Za-zА-я/_]+)))?(?:[ ]*\([^()]*\))?"
)
_NUMERIC = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second_part>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)"
    rf"(?:,?[ ]+{_CLOCK}[ ]?{_ZONE})?"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A written time: the closed interval of UTC instants it covers, and how finely it was written."""

    start: datetime
    end: datetime
    precision: Precision
    text: str = ""
    zone: str = ""


def stamp_of_local(local: datetime, precision: Precision, zone: str, text: str = "") -> Stamp:
    """Return the interval of one clock reading; a day runs from its midnight to the next one in its zone.

    Raises
    ------
    StampError
        If the zone is missing, unknown or ambiguous, or the clock never shows, or shows twice, the time.
    """
    written = text or local.isoformat()
    if not zone:
        raise StampError(
            "zone_unknown",
            f"The time {written!r} carries no zone, so nobody can say which instant it is.",
            remedy="Give the zone it was written in, for example timezone = 'Europe/Moscow'.",
        )
    if precision == "day":
        day = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - a local clock reading
        return Stamp(_day_start(day, zone), _day_start(_next(day), zone) - TICK, "day", written, zone)
    start = instant_of(local, zone)
    return Stamp(start, start + LENGTHS[precision] - TICK, precision, written, zone)


def _next(day: datetime) -> datetime:
    try:
        return day + timedelta(days=1)
    except OverflowError:
        raise StampError("no_such_date", f"{day:%Y-%m-%d} is the last day the calendar of this program has.") from None


def _day_start(day: datetime, zone: str) -> datetime:
    """Return the first instant of a local day, also where clocks jump over midnight."""
    try:
        return instant_of(day, zone)
    except StampError as error:
        if error.kind == "dst_fold":
            return datetime.fromisoformat(error.readings[0])
        if error.kind != "dst_gap":
            raise
    for minutes in range(15, 25 * 60, 15):
        try:
            return instant_of(day + timedelta(minutes=minutes), zone)
        except StampError as error:
            if error.kind != "dst_gap":
                raise
    raise StampError("dst_gap", f"The day {day:%Y-%m-%d} does not exist in {zone}.")


def stamp_of_date(day: date, zone: str, text: str = "") -> Stamp:
    """Return the whole local day."""
    return stamp_of_local(datetime(day.year, day.month, day.day), "day", zone, text)  # noqa: DTZ001


def stamp_of_datetime(at: datetime, zone: str = "", *, exact: bool = False) -> Stamp:
    """Return the second of a date-time (the instant itself if ``exact`` or if it has microseconds)."""
    precision: Precision = "instant" if exact or at.microsecond else "second"
    if at.tzinfo is None:
        return stamp_of_local(at, precision, zone)
    start = at.astimezone(UTC)
    return Stamp(start, start + LENGTHS[precision] - TICK, precision, at.isoformat(), str(at.tzinfo))


def read_stamp(text: str, *, zone: str = "", day_first: bool | None = None) -> Stamp:
    """Read a machine-written stamp: ISO 8601, RFC 5322, or a numeric date with its order told or proved.

    Parameters
    ----------
    text : str
        The stamp, and nothing else.
    zone : str
        Whose clock, where the stamp does not say; an offset or name in the stamp wins.
    day_first : bool or None
        Order of "04/05/2021"; None accepts only what a day above 12 proves.

    Returns
    -------
    Stamp
        The interval of the stamp's own precision: "10:07" is the minute, a date is the day.

    Raises
    ------
    StampError
        ``kind`` says which rule is broken: ``not_a_stamp``, ``no_such_date``, ``no_such_time``, ``weekday_vs_day``,
        ``day_month_order``, ``zone_unknown``, ``zone_ambiguous``, ``zone_season``, ``dst_gap``, ``dst_fold``.

    Examples
    --------
    >>> read_stamp("2021-04-13T18:37+03:00").end.isoformat()
    '2021-04-13T15:37:59.999999+00:00'
    """
    written = text.strip()
    if len(written) > 100:
        raise StampError("not_a_stamp", f"{written[:40]!r}... is too long to be a stamp.")
    found = None
    for pattern in (_ISO, _MAIL, _NUMERIC, _BASIC):
        found = pattern.fullmatch(written)
        if found:
            break
    if found is None:
        raise StampError(
            "not_a_stamp",
            f"{written!r} is not a stamp in a known form.",
            remedy="Known are 2021-04-13T18:37+03:00, Tue, 13 Apr 2021 18:37:00 +0300 and 13.04.2021 18:37.",
        )
    return _stamp_of_parts(found.groupdict(), written, zone, day_first)


def _stamp_of_parts(parts: dict[str, str | None], written: str, zone: str, day_first: bool | None) -> Stamp:
    day = _date_of_parts(parts, written, day_first)
    weekday = parts.get("weekday")
    if weekday is not None and (
        weekday.casefold() not in DAYS_SHORT or DAYS_SHORT[day.weekday()] != weekday.casefold()
    ):
        raise StampError("weekday_vs_day", f"{written!r} says {weekday}, but {day} is a {day:%A}.")
    named = (parts.get("zone") or "").strip()
    own = named if "/" in named or not named else named.upper()
    if parts.get("hour") is None:
        return stamp_of_date(day, own or zone, written)
    local, precision = clock_time(day, parts, written)
    if own in ("-0000", "-00:00"):
        own = "UTC"
    return stamp_of_local(local, precision, own or zone, written)


def _date_of_parts(parts: dict[str, str | None], written: str, day_first: bool | None) -> date:
    year = full_year(str(parts["year"]))
    if parts.get("first") is not None:
        day, month = day_and_month(int(str(parts["first"])), int(str(parts["second_part"])), day_first, written)
    elif parts.get("month_name") is not None:
        name = str(parts["month_name"]).casefold()
        if name not in MONTHS_SHORT:
            raise StampError("no_such_date", f"{written!r}: {name!r} is no month.")
        day, month = int(str(parts["day"])), MONTHS_SHORT.index(name) + 1
    else:
        day, month = int(str(parts["day"])), int(str(parts["month"]))
    return calendar_date(year, month, day, written)


def full_year(written: str) -> int:
    """Return the year; two digits are this century's, as no market news of the last one is dated so."""
    return int(written) + (2000 if len(written) == 2 else 0)


def day_and_month(first: int, second: int, day_first: bool | None, written: str) -> tuple[int, int]:
    """Return (day, month) of a numeric date whose order is told or proved by a number above 12."""
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise StampError(
            "day_month_order",
            f"{written!r} may be day {first} of month {second} or day {second} of month {first}.",
            readings=(f"day {first} month {second}", f"day {second} month {first}"),
            remedy="Say which comes first (day_first).",
        )
    order = day_first if day_first is not None else first > 12 or first == second
    if (order and second > 12) or (not order and first > 12):
        raise StampError("no_such_date", f"{written!r} has no such month in the order told.")
    return (first, second) if order else (second, first)


def calendar_date(year: int, month: int, day: int, written: str) -> date:
    """Return a date of the calendar, or refuse one it does not have (29 February, 31 April)."""
    try:
        return date(year, month, day)
    except ValueError:
        raise StampError("no_such_date", f"The calendar has no {year:04}-{month:02}-{day:02} ({written!r}).") from None


def clock_time(day: date, parts: dict[str, str | None], written: str) -> tuple[datetime, Precision]:
    """Return the local reading and its precision; 24:00 is the midnight that ends the day."""
    hour, minute = int(str(parts["hour"])), int(str(parts["minute"]))
    second = int(parts.get("second") or 0)
    fraction = parts.get("fraction")
    precision: Precision = "minute" if parts.get("second") is None else "second" if fraction is None else "instant"
    if (hour, minute, second) == (24, 0, 0):
        return _next(datetime(day.year, day.month, day.day)), precision  # noqa: DTZ001
    if hour > 23 or minute > 59 or second > 59:
        raise StampError("no_such_time", f"{written!r}: no clock shows {hour:02}:{minute:02}:{second:02}.")
    micro = int((fraction or "0").ljust(6, "0")[:6])
    return datetime(day.year, day.month, day.day, hour, minute, second, micro), precision  # noqa: DTZ001
