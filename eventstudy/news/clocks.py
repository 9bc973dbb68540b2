"""From the words for a time of day to an interval: whose zone, which half of the day, how fine."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from eventstudy.errors import StampError
from eventstudy.news.phrases import ClockWords, DateWords
from eventstudy.news.stamp_words import StampWords
from eventstudy.news.stamps import TICK, Precision, clock_time, stamp_of_date, stamp_of_local
from eventstudy.news.time_evidence import Clock
from eventstudy.news.zones import VENUES, city_zone, half_day_clock, instant_of

_VENUE = re.compile("|".join(re.escape(v) for v in sorted(VENUES, key=len, reverse=True)), re.IGNORECASE)
_IN_PLACE = re.compile(r"\b(?:in|в) (?P<town>[A-ZА-ЯЁ][\w-]+(?: [A-Z][\w-]+)?)")


def zone_of_clock(words: ClockWords, sentence: str, publisher: str) -> tuple[str, Clock, str]:
    """Return the zone of a time, whose clock it is, and why: as written, the quoted venue's, the publisher's.

    An unread token of the phrase, or a place with another clock in its sentence, leaves the zone unknown.
    """
    if words.zone:
        return words.zone, "body", f"the text says {words.zone}"
    if words.unread:
        raise StampError("zone_unknown", f"{words.text!r}: {words.unread!r} after it is not a known zone.")
    venue = _VENUE.search(sentence)
    if venue is not None:
        return VENUES[venue[0].casefold()], "venue", f"the zone of the quoted venue, {venue[0]}"
    for place in _IN_PLACE.finditer(sentence):
        zone = city_zone(place["town"])
        if zone and zone != publisher:
            raise StampError(
                "zone_unknown", f"{words.text!r}: the sentence names {place['town']}, not whose time it is."
            )
    return publisher, "publisher" if publisher else "body", "the publisher's zone" if publisher else ""


def clock_interval(words: ClockWords, day: date, zone: str) -> tuple[datetime, datetime, Precision]:
    """Return the closed UTC interval of a time on a day; a range runs to the end of its second time."""
    said = _stamp_words(words, day, zone)
    local, precision = clock_time(said, words.text)
    stamp = stamp_of_local(local, precision, zone, words.text)
    if words.until is None:
        return stamp.start, stamp.end, precision
    until, _ = clock_time(StampWords(day, *words.until, half=said.half), words.text)
    last = stamp_of_local(until, "minute", zone, words.text)
    if last.end <= stamp.start:
        raise StampError("no_such_time", f"{words.text!r} would end before it begins.")
    return stamp.start, last.end, precision


# Russian clocks have 24 hours.
_CERTAIN = re.compile("[а-яё]|noon", re.IGNORECASE)


def _stamp_words(words: ClockWords, day: date, zone: str) -> StampWords:
    """Return a time as the parts of a stamp; midnight, and what may be morning or evening, are refused."""
    hour, minute, early = words.hour, words.minute or 0, words.half in ("am", "night")
    if words.midnight or (early and hour == 12 and not (minute or words.second)):
        raise StampError(
            "midnight_ambiguous",
            f"{words.text!r}: midnight may begin or end the day.",
            remedy="Write 00:00 or 24:00 with the day it belongs to.",
        )
    if words.half == "night" and 4 < hour < 12:
        raise StampError("no_such_time", f"{words.text!r}: {hour} does not go with {words.half}.")
    certain = words.half or hour >= 13 or hour == 0 or words.padded or words.second is not None
    if not (certain or _CERTAIN.search(words.text)) and (words.minute is None or not zone or half_day_clock(zone)):
        raise StampError(
            "half_day_unknown",
            f"{words.text!r} may be {hour % 12:02}:{minute:02} or {hour % 12 + 12:02}:{minute:02}.",
            remedy="Write a.m. or p.m., or a 24-hour clock.",
        )
    half = "am" if early else words.half
    return StampWords(day, hour, minute, words.second, half=half, whole_hour=words.minute is None)


def part_interval(words: DateWords, day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the bounds of a part of a day; they are wide on purpose, and a night belongs to two days."""
    first, last = words.part or (0, 24)
    if first == last:
        raise StampError("night_ambiguous", f"{words.text!r}: a night belongs to two days.")
    stamp = stamp_of_date(day, zone, words.text)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local clock reading
    start = instant_of(midnight + timedelta(hours=first), zone) if first else stamp.start
    end = instant_of(midnight + timedelta(hours=last), zone) - TICK if last < 24 else stamp.end
    return start, end
