"""The words for a day and for a time of day in a text, English and Russian: what is written and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.stamp_words import full_year, month_of, weekday_of, zone_at
from eventstudy.news.zones import find_zone

Meaning = Literal["at", "by", "after", "about"]


@dataclass(frozen=True, slots=True)
class DateWords:
    """A day as written; what is not said is None.

    ``numeric`` holds the two numbers of "12/04/2021"; ``until`` is the second day of a range; ``relative`` counts
    days from the day of the text; ``qualifier`` is last, next or every; ``part`` is a part of the day, in hours.
    """

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    until: int | None = None
    numeric: tuple[int, int] | None = None
    dotted: bool = False
    relative: int | None = None
    qualifier: str = ""
    part: tuple[int, int] | None = None
    meaning: Meaning = "at"


@dataclass(frozen=True, slots=True)
class ClockWords:
    """A time of day as written. ``half`` is am, pm or empty; ``zone`` as written; ``unread`` a token after it."""

    start: int
    end: int
    text: str
    hour: int
    minute: int | None = None
    second: int | None = None
    half: str = ""
    zone: str = ""
    padded: bool = False
    midnight: bool = False
    until: tuple[int, int] | None = None
    unread: str = ""
    meaning: Meaning = "at"


_DASH = r"[-\u2010-\u2015]"
_MONTH_EN = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?|"
    r"Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?![a-z])"
)
_MONTH_RU = (
    r"(?:январ[яьюе]|феврал[яьюе]|март[ауе]?|апрел[яьюе]|ма[яйюе]|июн[яьюе]|июл[яьюе]|август[ауе]?|сентябр[яьюе]|"
    r"октябр[яьюе]|ноябр[яьюе]|декабр[яьюе])\b"
)
_DAY_EN = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DAY_EN_ANY = rf"(?:{_DAY_EN}|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.?)"
_DAY_RU = (
    r"(?:понедельник|вторник|сред[ауыей]|четверг|пятниц[ауый]|суббот[ауый]|воскресень[ея]|воскресенье)(?:[ауе]|ом)?\b"
)
_YEAR = r"(?P<year>(?:19|20)[0-9][0-9])(?![0-9:.][0-9])"
_ORDINAL = r"(?:st|nd|rd|th)?"
# The first letters are looked at first: most places of a text are passed over at once.
_DATES: dict[str, re.Pattern[str]] = {
    "iso": re.compile(r"(?=[12])(?<![\w.-])(?P<year>[12][0-9]{3})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?![0-9-])"),
    "month_day": re.compile(
        rf"(?=[ADFJMNOSTW])(?:\b(?P<wd>{_DAY_EN_ANY}),?\s+)?\b(?P<mon>{_MONTH_EN})\s+(?P<day>[0-9]{{1,2}}){_ORDINAL}"
        rf"(?![0-9:%]|[.,][0-9]|\s?%|\s(?:million|billion|percent|points)|\s+of\b)"
        rf"(?:\s*{_DASH}\s*(?P<until>[0-9]{{1,2}})\b(?![:.][0-9]))?(?:,?\s+{_YEAR})?(?:,?\s*\(?(?P<wd2>{_DAY_EN})\)?)?"
    ),
    "day_month": re.compile(
        rf"(?=[0-9FMSTW])(?:\b(?P<wd>{_DAY_EN_ANY}),?\s+(?:the\s+)?)?(?<![0-9:.,/])\b(?P<day>[0-9]{{1,2}}){_ORDINAL}"
        rf"(?:\s*(?:{_DASH}|to|and)\s*(?P<until>[0-9]{{1,2}}){_ORDINAL})?(?:\s+of)?[\s-]\s*(?P<mon>{_MONTH_EN})"
        rf"(?:(?:,?\s+|-){_YEAR})?(?:,?\s*\(?(?P<wd2>{_DAY_EN})\)?)?"
    ),
    "day_month_ru": re.compile(
        rf"(?:\b(?P<wd>{_DAY_RU})[,\s]+(?:(?:рано\s+)?(?:утром|вечером)\s+)?)?(?<![0-9:.,/])\b(?P<day>[0-9]{{1,2}})(?:-?го)?"
        rf"(?:\s*{_DASH}\s*(?P<until>[0-9]{{1,2}}))?\s+(?P<mon>{_MONTH_RU})"
        rf"(?:,?\s+{_YEAR}(?:\s*(?:года|год|г\.))?)?(?:,?\s*\(?(?:в\s+|это\s+)?(?P<wd2>{_DAY_RU})\)?)?",
        re.IGNORECASE,
    ),
    "numeric": re.compile(
        r"(?=[0-9])(?<![0-9./-])(?P<first>[0-9]{1,2})(?P<mark>[./])(?P<second>[0-9]{1,2})(?P=mark)"
        r"(?P<year>[0-9]{4}|[0-9]{2})(?![0-9/-]|\.[0-9])"
    ),
    "weekday": re.compile(
        rf"(?=[CEFLMNPSTWceflnp])(?:\b(?P<q>(?i:last|past|next|previous|coming|every|each|following))\s+)?"
        rf"\b(?P<wd>{_DAY_EN})(?P<many>s?)\b(?!['’]s)"
    ),
    "weekday_ru": re.compile(
        r"\b(?P<prep>в ночь на|во?|ко?|на|до|с)\s+"
        r"(?:(?P<q>прошл\w+|минувш\w+|следующ\w+|ближайш\w+|предыдущ\w+|кажд\w+)\s+)?"
        rf"(?P<wd>{_DAY_RU})",
        re.IGNORECASE,
    ),
    "relative": re.compile(
        r"(?=[tyвзнпс])\b(?:(?P<back>yesterday|вчера|накануне(?=\s*(?:[.,;:!?)—–-]|$|вечером|утром|дн[её]м|в [0-9])))|"
        r"(?P<here>today|tonight|this (?:morning|afternoon|evening)|сегодня)|"
        r"(?P<ahead>tomorrow|завтра)|(?P<back2>the day before yesterday|позавчера))\b(?!['’]s\b)",
        re.IGNORECASE,
    ),
}
_RELATIVE = {"back": -1, "here": 0, "ahead": 1, "back2": -2}
_PARTS = {"morning": (0, 12), "afternoon": (12, 19), "evening": (16, 24), "night": (0, 0)}
_PART = re.compile(
    r"[\s,]*(?:in the\s+|at\s+)?(?:(?P<morning>morning|утром|утра)|(?P<afternoon>afternoon|дн[её]м)|"
    r"(?P<evening>evening|вечером|вечера)|(?P<night>night|ночью|ночи))\b",
    re.IGNORECASE,
)
_SIDES: tuple[tuple[str, Meaning], ...] = (
    (r"not (?:before|until|till)|no (?:earlier|sooner) than|(?:at|on) or after|не ранее(?: чем)?|начиная с", "after"),
    (r"(?:no|not) later than|(?:at|on) or before|не позднее(?: чем)?(?: в)?|не позже(?: чем)?(?: в)?", "by"),
    (r"as (?:of|at)|by|until|till|up to|before|prior to|ahead of|по состоянию на|к|ко|до|на|перед|through", "by"),
    (r"after|past|following|since|from|starting|beginning|effective|после|с|со", "after"),
    (r"about|around|approximately|roughly|nearly|almost|circa|около|примерно(?: в)?|порядка|почти(?: в)?", "about"),
)
_MEANINGS = tuple((re.compile(rf"(?:^|[\s(,;:])(?:{w})(?:\s+the)?\s*$", re.IGNORECASE), side) for w, side in _SIDES)
_CLOCKS: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"(?<![0-9:.,/])(?:(?<=[0-9]T)|\b)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<sec>[0-9]{2})(?:[.,][0-9]+)?)?"
        rf"(?![0-9:/])(?:\s*{_DASH}\s*(?P<until>[0-9]{{1,2}}:[0-9]{{2}})(?![0-9:]))?(?:\s*(?P<half>[ap]\.?\s?m\b\.?|утра|дня|вечера|ночи))?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![0-9:.,/$€£-])\b(?P<hour>[0-9]{1,2})(?:\.(?P<minute>[0-9]{2}))?(?:\s*o['’]clock|\s*час\w*)?"
        r"\s*(?P<half>[ap]\.?\s?m\b\.?|утра|дня|вечера|ночи)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![0-9:.,/])\b(?P<hour>[0-9]{1,2})\.(?P<minute>[0-9]{2})(?=\s*(?:мск|МСК|по моск))"),
    re.compile(r"(?<![0-9:.,/$€£])\b(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?=\s+(?:GMT|UTC|[A-Z]{1,3}T)\b)"),
)
_NUMBER = re.compile("[0-9]+")
_CLOCK_WORD = re.compile(
    r"(?=[1mnп])\b(?P<word>(?:12 )?noon|midday|midnight|полдень|полдня|полночь|полуночи)\b", re.IGNORECASE
)
_HALVES = {"утра": "am", "дня": "pm", "вечера": "pm", "ночи": "night"}

_RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
_MONTH_NAME = re.compile("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")


@lru_cache(maxsize=4)
def find_dates(text: str) -> tuple[DateWords, ...]:
    """Return the days written in a text, in order; of overlapping readings the longest."""
    # A pattern whose month or language the text does not have is not tried.
    russian, month = _RUSSIAN.search(text) is not None, _MONTH_NAME.search(text) is not None
    used = [(n, p) for n, p in _DATES.items() if (russian if n.endswith("_ru") else month or "month" not in n)]
    found = [_date(name, match) for name, pattern in used for match in pattern.finditer(text)]
    kept: list[DateWords] = []
    end = -1
    for words in sorted(found, key=lambda w: (w.start, -w.end)):
        if words.start >= end:
            kept.append(words)
            end = words.end
    return tuple(kept)


def _date(name: str, match: re.Match[str]) -> DateWords:
    parts, text = match.groupdict(), match.string
    start = match.start("wd") if name == "weekday_ru" else match.start()
    words = DateWords(start, match.end(), text[start : match.end()])
    part = _PART.match(text, match.end())
    if part:
        words = replace(words, part=_PARTS[str(part.lastgroup)])
    lead = text[max(0, match.start() - 40) : start]
    words = replace(words, meaning=meaning_before(lead))
    if re.search(r"(?:в ночь на|ночью(?: в| во)?)\s+$", text[max(0, start - 12) : start], re.IGNORECASE):
        words = replace(words, part=_PARTS["night"], meaning="at")
    if name == "relative":
        return replace(words, relative=next(n for g, n in _RELATIVE.items() if parts[g]))
    weekday = parts.get("wd") or parts.get("wd2")
    words = replace(words, weekday=None if weekday is None else weekday_of(weekday))
    if name.startswith("weekday"):
        night = (parts.get("prep") or "").casefold().startswith("в ночь")
        qualifier = "every" if parts.get("many") else (parts.get("q") or "").casefold()
        return replace(words, qualifier=qualifier, part=_PARTS["night"] if night else words.part)
    year = parts.get("year")
    words = replace(words, year=None if year is None else full_year(year))
    if name == "numeric":
        russian = bool(re.search("[а-яё]{3}", text, re.IGNORECASE))
        return replace(
            words, numeric=(int(parts["first"]), int(parts["second"])), dotted=parts["mark"] == "." and russian
        )
    month = int(parts["month"]) if name == "iso" else month_of(parts["mon"])
    until = parts.get("until")
    return replace(words, month=month, day=int(parts["day"]), until=None if until is None else int(until))


def meaning_before(lead: str) -> Meaning:
    """Return which side of a time the words just before it bound; nothing said is "at"."""
    return next((meaning for pattern, meaning in _MEANINGS if pattern.search(lead)), "at")


@lru_cache(maxsize=4)
def find_clocks(text: str) -> tuple[ClockWords, ...]:
    """Return the times of day written in a text, in order, with the zone written beside them."""
    starts = [match.start() for match in _NUMBER.finditer(text)]
    found = [_clock(m) for at in starts for pattern in _CLOCKS if (m := pattern.match(text, at))]
    found += map(_clock, _CLOCK_WORD.finditer(text))
    kept: list[ClockWords] = []
    for words in sorted(found, key=lambda w: (w.start, -w.end)):
        if not kept or words.start >= kept[-1].end:
            kept.append(words)
    return tuple(kept)


def _clock(match: re.Match[str]) -> ClockWords:
    parts, text = match.groupdict(), match.string
    word, until = (parts.get("word") or "").casefold(), parts.get("until")
    half = re.sub(r"[\s.]", "", (parts.get("half") or "").casefold())
    hour, minute, sec = parts.get("hour") or "12", parts.get("minute"), parts.get("sec")
    zone, end, unread = _zone_after(text, match.end())
    return ClockWords(
        match.start(),
        end,
        text[match.start() : end],
        int(hour),
        None if minute is None else int(minute),
        None if sec is None else int(sec),
        _HALVES.get(half, half),
        zone,
        hour.startswith("0") or (match.re is _CLOCKS[3]),
        word in ("midnight", "полночь", "полуночи"),
        None if not until else (int(until[:-3]), int(until[-2:])),
        unread,
        meaning_before(text[max(0, match.start() - 40) : match.start()]),
    )


_OFFSET = re.compile(r"\s?(?P<name>(?:UTC|GMT)?[+\u2212-][0-9]{1,2}(?::?[0-9]{2})?|Z)(?![\w:])")
_LOCAL = re.compile(r"\s+(?:local time|(?:по )?местно(?:му|го) времени)\b", re.IGNORECASE)
_BRACKET = re.compile(r"\s?\((?P<name>[^()\n]{1,40})\)")
_NAME = re.compile(
    r"[\s,]{0,2}(?P<name>по [А-ЯЁа-яё-]+(?: времени)?|(?:U\.S\. )?[A-ZА-ЯЁ][\w./-]*(?: [A-Za-z][a-z]+){0,3}|мск\b)"
)


def _zone_after(text: str, end: int) -> tuple[str, int, str]:
    """Return the zone written after a clock, where the phrase ends, and a token there that could not be read.

    A bracket or a capitalized word right after the digits belongs to the clock phrase; so do the words "time" and
    "по ... времени". What is in them must be a zone, a weekday or a month, or the start of the sentence's next words.
    """
    local = _LOCAL.match(text, end)
    offset = _OFFSET.match(text, end)
    if local or offset:
        return (
            ("", end, local[0].strip())
            if local
            else (str(offset and offset["name"]), offset.end() if offset else end, "")
        )
    bracket = _BRACKET.match(text, end)
    if bracket:
        name, stop = zone_at(bracket["name"].strip(), 0)
        clock = any(c.isdigit() for c in bracket["name"])
        complete = name and stop >= len(bracket["name"].strip(" ."))
        return (name, bracket.end(), "") if complete else ("", end, "" if clock else bracket[0].strip())
    named = _NAME.match(text, end)
    if named is None:
        return "", end, ""
    name, stop = zone_at(text, named.start("name"))
    if name and (len(name) > 1 or name == "Z"):
        second = _BRACKET.match(text, stop)
        other = second is not None and is_zone(second["name"].strip()) and second["name"].strip() != name
        return ("", end, second[0].strip()) if second is not None and other else (name, stop, "")
    first = named["name"].split()[0].strip(".,")
    glued = "," not in named[0][: named.start("name") - named.start()]
    time_word = re.match(r"(?:по )?[\w-]+(?: [A-Z][\w-]+)? (?:time|времени)\b", named["name"])
    if time_word:
        return "", end, named["name"]
    known = weekday_of(first) is not None or month_of(first) or first in ("The", "On", "At", "In", "A")
    return "", end, first if glued and first[:1].isupper() and not known else ""


def is_zone(name: str) -> bool:
    """Return whether a written name is a zone, ambiguous ones included."""
    try:
        find_zone(name)
    except StampError as error:
        return error.kind == "zone_ambiguous"
    return True
