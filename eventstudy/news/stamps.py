"""Strict stamps: a written date or time is an interval of its precision in UTC, or a named refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.stamp_words import StampWords, epoch_of, read_words
from eventstudy.news.zones import find_zone, half_day_clock, instant_of, local_to_utc

Precision = Literal["day", "hour", "minute", "second", "instant"]
TICK = timedelta(microseconds=1)
LENGTHS: dict[str, timedelta] = {
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "instant": TICK,
}
MAX_STAMP = 100


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

    A zone that is missing, unknown or ambiguous, and a time that its clock never shows or shows twice, are refused.
    """
    written = text or local.isoformat()
    if not zone:
        raise StampError(
            "zone_unknown",
            f"The time {written!r} has no time zone.",
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
        raise StampError("no_such_date", f"{day:%Y-%m-%d} is the last day of the supported calendar.") from None


def _day_start(day: datetime, zone: str) -> datetime:
    """Return the first instant of a local day, also where clocks jump over midnight or show it twice."""
    quarters = (day + timedelta(minutes=15 * n) for n in range(100))
    clock = find_zone(zone)[0]  # a day named with "EDT" may end in the other season
    found = next((at for local in quarters for at in local_to_utc(local, clock)), None)
    if found is None:
        raise StampError("dst_gap", f"The day {day:%Y-%m-%d} does not exist in {zone}.")
    return found


def stamp_of_date(day: date, zone: str, text: str = "") -> Stamp:
    """Return the entire local day."""
    return stamp_of_local(datetime(day.year, day.month, day.day), "day", zone, text)  # noqa: DTZ001


def day_anywhere(day: date, text: str = "") -> Stamp:
    """Return a civil day in every zone: from its first midnight on earth (UTC+14) to its last (UTC-12)."""
    if not date(2, 1, 1) <= day <= date(9998, 12, 31):
        raise StampError("no_such_date", f"{day} is outside the years 2 to 9998.")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Stamp(midnight - timedelta(hours=14), midnight + timedelta(hours=36) - TICK, "day", text or str(day))


def civil_day(day: date, zone: str, text: str = "") -> Stamp:
    """Return a civil day on the clock of its zone, or in every zone where none is known."""
    return stamp_of_date(day, zone, text) if zone else day_anywhere(day, text)


def stamp_of_datetime(at: datetime, zone: str = "", *, exact: bool = False) -> Stamp:
    """Return the second of a date-time (the instant itself if ``exact`` or if it has microseconds)."""
    precision: Precision = "instant" if exact or at.microsecond else "second"
    if at.tzinfo is None:
        return stamp_of_local(at, precision, zone)
    start = at.astimezone(UTC)
    return Stamp(start, start + LENGTHS[precision] - TICK, precision, at.isoformat(), str(at.tzinfo))


def read_stamp(text: str, *, zone: str = "", day_first: bool | None = None) -> Stamp:
    """Read a stamp of which every token is accounted for: ISO 8601, RFC 822, asctime, epochs, dates with month names.

    Parameters
    ----------
    text : str
        The stamp, and nothing else. Epochs count in seconds, milliseconds, microseconds or nanoseconds (9 to 10, 13,
        16 or 19 digits); 8, 12 and 14 digits are YYYYMMDD, YYYYMMDDHHMM and YYYYMMDDHHMMSS.
    zone : str
        The zone to use where the stamp names none; an offset or name in the stamp takes precedence.
    day_first : bool or None
        Order of "04/05/2021"; None accepts only what a day above 12 proves.

    Returns
    -------
    Stamp
        The interval of the stamp's precision: "10:07" is the minute, a date is the day.

    Raises
    ------
    StampError
        ``kind`` names the rule: ``not_a_stamp``, ``no_such_date``, ``no_such_time``, ``weekday_vs_day``,
        ``day_month_order``, ``half_day_unknown``, ``zone_unknown``, ``zone_ambiguous``, ``zone_season``,
        ``zones_disagree``, ``dst_gap``, ``dst_fold``.

    Examples
    --------
    >>> read_stamp("2021-04-13T18:37+03:00").end.isoformat()
    '2021-04-13T15:37:59.999999+00:00'
    >>> read_stamp("June 16, 2023, 10:05 a.m. E.T.").start.isoformat()
    '2023-06-16T14:05:00+00:00'
    """
    written = " ".join(text.split())
    if len(written) > MAX_STAMP:
        raise StampError("not_a_stamp", f"{written[:40]!r}... is too long to be a stamp.")
    return _read(written, zone, day_first)


@lru_cache(maxsize=1024)
def _read(written: str, zone: str, day_first: bool | None) -> Stamp:
    epoch = epoch_of(written)
    if epoch is not None:
        at, unit = epoch
        return Stamp(at, at + LENGTHS[unit] - TICK, unit, written, "UTC")
    words = read_words(written, day_first)
    named = _one_zone(words, written)
    if words.hour is None:
        # A name beside a bare day is the place whose day it is; it must be in force on that day.
        if named:
            instant_of(datetime(words.day.year, words.day.month, words.day.day, 12), named)  # noqa: DTZ001
        return stamp_of_date(words.day, named or zone, written)
    used = named or zone
    if words.twelve and used and half_day_clock(used):
        hour, minute = words.hour % 12, words.minute
        raise StampError(
            "half_day_unknown",
            f"{written!r} may be {hour:02}:{minute:02} or {hour + 12:02}:{minute:02}.",
            remedy="Write a.m. or p.m., or a 24-hour clock.",
        )
    local, precision = clock_time(words, written)
    return stamp_of_local(local, precision, used, written)


def written_day(text: str, day_first: bool | None = None, *, bare: bool = False) -> date | None:
    """Return the civil day a stamp shows, whatever its zone; None if it is none, or has a time of day if ``bare``."""
    written = " ".join(text.split())
    try:
        epoch = epoch_of(written) if len(written) <= MAX_STAMP else None
        words = None if epoch is not None else read_words(written[:MAX_STAMP], day_first)
    except StampError:
        return None
    if epoch is not None:
        return None if bare else epoch[0].date()
    return words.day if words is not None and not (bare and words.hour is not None) else None


def _one_zone(words: StampWords, written: str) -> str:
    """Return the zone a stamp names; a second one, as in "-04:00 (EDT)", must show the same instant."""
    if not words.zones:
        return ""
    first = "UTC" if words.zones[0] in ("-0000", "-00:00") else words.zones[0]
    find_zone(first)
    if words.hour is None or len(words.zones) == 1:
        return first
    local, _ = clock_time(words, written)
    instants = {instant_of(local, name) for name in (first, *words.zones[1:])}
    if len(instants) > 1:
        raise StampError("zones_disagree", f"{written!r} names two clocks that differ: {', '.join(words.zones)}.")
    return first


def clock_time(words: StampWords, written: str) -> tuple[datetime, Precision]:
    """Return the local reading and its precision; 24:00 is the midnight that ends the day."""
    hour, minute, second = words.hour or 0, words.minute, words.second or 0
    day = datetime(words.day.year, words.day.month, words.day.day)  # noqa: DTZ001 - a local clock reading
    precision: Precision = "instant" if words.micro is not None else "second" if words.second is not None else "minute"
    if words.whole_hour:
        precision = "hour"
    if words.half:
        if not 1 <= hour <= 12:
            raise StampError("no_such_time", f"{written!r}: {hour} does not go with {words.half}.")
        hour = hour % 12 + (12 if words.half == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return _next(day), precision
    if hour > 23 or minute > 59 or second > 59:
        raise StampError("no_such_time", f"{written!r}: {hour:02}:{minute:02}:{second:02} is not a time of day.")
    return day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=words.micro or 0), precision
