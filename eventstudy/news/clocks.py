"""From the words for a time of day to a local reading: whose clock, which half of the day, how fine."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from eventstudy.errors import StampError
from eventstudy.news.evidence import Clock
from eventstudy.news.phrases import TimeWords
from eventstudy.news.stamps import TICK, Precision, stamp_of_local
from eventstudy.news.text_zones import PLACES, VENUES
from eventstudy.news.time_words import ZONE_APART
from eventstudy.news.words import PARTS_OF_DAY
from eventstudy.news.zones import find_zone, half_day_clock, instant_of

_VENUE = re.compile("|".join(re.escape(v) for v in sorted(VENUES, key=len, reverse=True)), re.IGNORECASE)
_IN_PLACE = re.compile(rf"\b(?:in|в)\s+({'|'.join(PLACES)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WhoseClock:
    """The zone of a time, and who said so; ``loose`` if only an offset of another day is known."""

    zone: str
    clock: Clock
    loose: bool = False
    note: str = ""


def whose_clock(sentence: str, words: TimeWords | None, publisher: str, loose: bool, lone: bool) -> WhoseClock:
    """Return the clock of a time: its own zone, else the one zone of its sentence, the quoted venue, the publisher.

    ``lone`` tells that no other time stands in the sentence, so a zone elsewhere in it belongs to this one.
    """
    if words is not None and words.zone:
        return WhoseClock(zone_name(words.zone), "body", note=f"the text says {words.zone}")
    if lone:
        apart = _zones_in(sentence)
        if len(apart) == 1:
            return WhoseClock(next(iter(apart)), "body", note="the sentence names the zone")
        if apart:
            raise StampError("zones_disagree", f"The sentence names more than one clock: {', '.join(sorted(apart))}.")
    venue = _VENUE.search(sentence) if words is not None else None
    if venue is not None:
        row = VENUES[venue[0].casefold()]
        return WhoseClock(row.zone, "venue", note=f"the time is that of the quoted venue, {venue[0]}")
    place = _IN_PLACE.search(sentence) if words is not None else None
    if place is not None and PLACES[place[1].casefold()] != publisher:
        raise StampError(
            "zone_unknown", f"The sentence says {place[0]!r}, and nothing whether the time is the one there."
        )
    if publisher:
        return WhoseClock(publisher, "publisher", loose, "the publisher's clock")
    return WhoseClock("", "body")


@lru_cache(maxsize=8)
def _zones_in(sentence: str) -> set[str]:
    found = [m for m in ZONE_APART.finditer(sentence) if _is_zone(m["clock"] or m["zone"])]
    doubtful = next((m for m in found if _OR.search(sentence, 0, m.start()) or _OR_ELSE.match(sentence, m.end())), None)
    if doubtful is not None:
        raise StampError("zone_ambiguous", f"The sentence names {doubtful[0].strip(' (')!r} as one of two clocks.")
    return {zone_name(m["clock"] or m["zone"]) for m in found}


# "Kuala Lumpur or Jakarta time", "(ET or CT)"
_OR = re.compile(r"\b(?:or|или)\s+(?:the\s+)?$", re.IGNORECASE)
_OR_ELSE = re.compile(r"\s*(?:/|(?:or|или)\b)", re.IGNORECASE)


def _is_zone(written: str) -> bool:
    try:
        find_zone(zone_name(written))
    except StampError as error:
        return error.kind == "zone_ambiguous"
    return True


def zone_name(written: str) -> str:
    """Return the name under which the table knows a zone as it was written in a sentence."""
    plain = " ".join(written.strip(" ,().").split())
    folded = re.sub(r"^(?:u\.?s\.?\s+)", "", plain.casefold())
    season = re.search(r"^(eastern|central|mountain|pacific) (standard|daylight)( time)?$", folded)
    if season:
        return {"eastern": "E", "central": "C", "mountain": "M", "pacific": "P"}[season[1]] + season[2][0].upper() + "T"
    half = re.fullmatch(r"(eastern|central|mountain|pacific)", folded)
    return f"{folded} time" if half else folded if folded.split()[0] != plain.casefold().split()[0] else plain


def local_reading(words: TimeWords, zone: str, machine: bool) -> tuple[int, int, int, Precision]:
    """Return (hour, minute, second, precision) on a 24-hour clock.

    Raises
    ------
    StampError
        ``half_day_unknown``, ``midnight_ambiguous`` or ``no_such_time``.
    """
    if words.word == "noon":
        return 12, 0, 0, "hour"
    hour, minute, second = words.hour, words.minute or 0, words.second or 0
    if words.word == "midnight" or (words.half in ("am", "night") and hour == 12 and not (minute or second)):
        raise StampError(
            "midnight_ambiguous",
            f"{words.text!r}: midnight may begin or end the day.",
            remedy="Write 00:00 or 24:00 with the day it belongs to.",
        )
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        raise StampError("no_such_time", f"{words.text!r} is on no clock.")
    precision: Precision = "hour" if words.minute is None else "minute" if words.second is None else "second"
    if words.half:
        return _of_half(words, hour), minute, second, precision
    certain = hour >= 13 or hour == 0 or words.padded or machine or (words.russian and words.minute is not None)
    if not certain and (words.minute is None or not zone or half_day_clock(zone)):
        raise StampError(
            "half_day_unknown",
            f"{words.text!r} may be {hour % 12:02}:{minute:02} or {hour % 12 + 12:02}:{minute:02}.",
            remedy="Say a.m. or p.m., or write it on a 24-hour clock.",
        )
    return hour, minute, second, precision


def _of_half(words: TimeWords, hour: int) -> int:
    if not 1 <= hour <= 12 or (words.half == "night" and not (hour == 12 or hour <= 4)):
        raise StampError("no_such_time", f"{words.text!r}: {hour} does not go with the half of the day it names.")
    return hour % 12 + (12 if words.half == "pm" else 0)


def moment_bounds(words: TimeWords, day: date, zone: str, machine: bool) -> tuple[datetime, datetime, Precision]:
    """Return the closed UTC interval of a time on a day; a range runs to the end of its second stamp."""
    if words.twin is not None:
        return _agreed(replace(words, twin=None), words.twin, day, zone, machine)
    hour, minute, second, precision = local_reading(words, zone, machine)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local clock reading
    stamp = stamp_of_local(
        midnight + timedelta(hours=hour, minutes=minute, seconds=second), precision, zone, words.text
    )
    if words.until is None:
        return stamp.start, stamp.end, precision
    ends = _range_end(words, hour)
    last = stamp_of_local(midnight + timedelta(hours=ends[0], minutes=ends[1]), "minute", zone, words.text)
    if last.end <= stamp.start:
        raise StampError("no_such_time", f"{words.text!r} would end before it begins.")
    return stamp.start, last.end, precision


def _agreed(
    words: TimeWords, twin: TimeWords, day: date, zone: str, machine: bool
) -> tuple[datetime, datetime, Precision]:
    """Return the instant two clocks show; the second may settle which place's clock the first is."""
    other = moment_bounds(twin, day, zone_name(twin.zone), machine)
    try:
        readings = [moment_bounds(words, day, zone, True)]
    except StampError as error:
        if error.kind != "zone_ambiguous":
            raise
        readings = [moment_bounds(words, day, name, True) for name in error.readings]
    same = [reading for reading in readings if reading[0] == other[0]]
    if not same:
        raise StampError("several_times", f"{words.text!r} and {twin.text!r} are not the same instant on {day}.")
    return same[0]


def _range_end(words: TimeWords, hour: int) -> tuple[int, int]:
    end, minute = words.until or (0, 0)
    if words.half and end <= 12:
        end = end % 12 + (12 if words.half == "pm" else 0)
    if end > 23 or minute > 59:
        raise StampError("no_such_time", f"{words.text!r} is on no clock.")
    return end, minute


def part_bounds(part: str, day: date, zone: str, text: str) -> tuple[datetime, datetime]:
    """Return the agreed bounds of a part of a day on the day's own clock."""
    start, end = day_bounds(day, zone, text)
    if part == "night":
        raise StampError("night_ambiguous", f"{text!r}: a night belongs to two days.")
    _, first, last = PARTS_OF_DAY[int(part[1:])]
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local clock reading
    if first:
        start = instant_of(midnight + first, zone)
    if last < timedelta(days=1):
        end = instant_of(midnight + last, zone) - TICK
    return start, end


def day_bounds(day: date, zone: str, text: str) -> tuple[datetime, datetime]:
    """Return the closed UTC interval of a local day; its ends may lie in the other season ("EDT" on the last day)."""
    row = find_zone(zone)[1] if zone else None
    zone = row.zone if row is not None and row.season else zone
    stamp = stamp_of_local(datetime(day.year, day.month, day.day), "day", zone, text)  # noqa: DTZ001
    return stamp.start, stamp.end
