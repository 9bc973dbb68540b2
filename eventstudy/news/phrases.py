"""The words for time in a text, found by strict patterns: what is written and where, not yet what it means."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from eventstudy.news.words import (
    MEANINGS,
    MONTHS_EN,
    MONTHS_RU,
    NIGHT,
    PARTS_OF_DAY,
    RELATIVE_DAYS,
    WEEKDAY_ALONE_RU,
    WEEKDAYS_EN,
    WEEKDAYS_RU,
    Meaning,
)
from eventstudy.news.zones import AMBIGUOUS, PLACES, ZONE_NAMES


@dataclass(frozen=True, slots=True)
class DateWords:
    """A day as written; what is not said is None.

    ``numeric`` holds the two numbers of "12/04/2021" while their order is open; ``until`` is the second day of a
    range; ``offset`` counts days from the day of the text; ``qualifier`` is last, this or next; ``part`` the words
    for a part of the day.
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
    relative: str = ""
    qualifier: str = ""
    part: str = ""
    meaning: Meaning = "at"


@dataclass(frozen=True, slots=True)
class TimeWords:
    """A time of day as written. ``half`` is "am", "pm" or empty; ``word`` is noon or midnight; ``zone`` as written."""

    start: int
    end: int
    text: str
    hour: int
    minute: int | None = None
    second: int | None = None
    half: str = ""
    word: str = ""
    zone: str = ""
    padded: bool = False
    russian: bool = False
    meaning: Meaning = "at"
    until: tuple[int, int] | None = None
    twin: TimeWords | None = None


def _names(rows: tuple[str, ...]) -> str:
    return "|".join(f"{row}" for row in rows)


def _index(rows: tuple[str, ...]) -> Callable[[str], int]:
    patterns = [re.compile(row, re.IGNORECASE) for row in rows]
    cache: dict[str, int] = {}

    def find(written: str) -> int:
        folded = written.casefold().rstrip(".")
        if folded not in cache:
            cache[folded] = next(i for i, p in enumerate(patterns) if p.fullmatch(folded))
        return cache[folded]

    return find


_month_en, _month_ru = _index(MONTHS_EN), _index(MONTHS_RU)
_weekday_en, _weekday_ru = _index(WEEKDAYS_EN), _index(WEEKDAYS_RU)

_MONTH_EN = f"(?:{_names(MONTHS_EN)}|{_names(MONTHS_EN).upper()})"
_DAY_EN = f"(?:{_names(WEEKDAYS_EN)}|{_names(WEEKDAYS_EN).upper()})"
_LONG_DAY_EN = "|".join(row.split("|", 1)[0] for row in WEEKDAYS_EN)
_DAY_RU = f"(?:{_names(WEEKDAYS_RU)})"
_MONTH_RU = f"(?:{_names(MONTHS_RU)})"
_DASH = r"[-\u2010-\u2015]"
_ORDINAL = r"(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?![\d:.]\d)"
_TAIL_EN = rf"(?:,?\s*\(?(?:a\s+)?(?P<wd2>{_LONG_DAY_EN})\b\)?)?"

# The core of a date begins with what is rare (a digit, a name); what may stand before it is looked for only there.
DATE_PATTERNS: dict[str, re.Pattern[str]] = {
    "iso": re.compile(
        r"(?<![\d.-])(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)(?:(?![\d-])(?<=-\d\d)|(?=T\d{4}))"
    ),
    "month_day": re.compile(
        rf"\b(?P<mon>{_MONTH_EN})\b\.?\s+(?P<day>\d{{1,2}})(?![\d:]|[.,]\d|\s?%|\s+(?:million|billion|trillion|"
        rf"thousand|percent|"
        rf"of\b))(?:{_ORDINAL})\b(?:\s*{_DASH}\s*(?P<until>\d{{1,2}})\b(?![:.]\d))?(?:,?\s+{_YEAR})?{_TAIL_EN}"
    ),
    "day_month": re.compile(
        rf"(?<![\d:.,/\w])(?P<day>\d{{1,2}})(?:{_ORDINAL})(?:\s*{_DASH}\s*(?P<until>\d{{1,2}})(?:{_ORDINAL}))?"
        rf"(?:\s+of)?[\s-](?P<mon>{_MONTH_EN})\b\.?(?:(?:,?\s+|-){_YEAR})?{_TAIL_EN}"
    ),
    "day_month_ru": re.compile(
        rf"(?<![\d:.,/\w])(?P<day>\d{{1,2}})(?:-?го|"
        rf"-е)?(?:\s*{_DASH}\s*(?P<until>\d{{1,2}}))?\s+(?P<mon>{_MONTH_RU})\b\.?(?:,?\s+{_YEAR}(?:\s*(?:года|год|"
        rf"г\.))?)?(?:,?\s*\(?(?:в\s+|это\s+)?(?P<wd2>{_DAY_RU})\b\)?)?",
        re.IGNORECASE,
    ),
    "numeric": re.compile(
        r"(?<![\d./-])(?P<first>\d{1,2})(?P<mark>[./])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?![\d/-]|\.\d)"
    ),
    "weekday": re.compile(rf"\b(?P<wd>{_LONG_DAY_EN})(?P<plural>s?)\b(?!['’]s)"),
    "weekday_ru": re.compile(
        rf"\b(?P<wd>{'|'.join(WEEKDAY_ALONE_RU)}|понедельника|вторника|среды|четверга|пятницы|субботы|воскресенья)\b",
        re.IGNORECASE,
    ),
    "relative": re.compile(
        rf"\b(?:{'|'.join(sorted(map(re.escape, RELATIVE_DAYS), key=len, reverse=True))})\b"
        r"(?!\s+(?:rates?|index|lending|repo|deposits?|facility|swaps?|loans?)\b)",
        re.IGNORECASE,
    ),
}
HEADS: dict[str, re.Pattern[str]] = {
    "numeric": re.compile(rf"\b(?:(?P<wd>{_DAY_EN})|(?P<wdr>{_DAY_RU}))\b\.?,?\s+$"),
    "month_day": re.compile(rf"\b(?P<wd>{_DAY_EN})\b\.?,?\s+(?:the\s+)?$"),
    "day_month": re.compile(
        rf"(?:\b(?:from|between)\s+(?:the\s+)?(?P<since>\d{{1,2}})(?:{_ORDINAL})\s+(?:to|and)\s+|"
        rf"\b(?P<wd>{_DAY_EN})\b\.?,?\s+(?:the\s+)?)$"
    ),
    "day_month_ru": re.compile(
        rf"(?:\b(?:с|между)\s+(?P<since>\d{{1,2}})\s+(?:по|и)\s+|\b(?P<wd>{_DAY_RU})\b\.?,?\s+)$", re.IGNORECASE
    ),
    "weekday": re.compile(r"\b(?P<q>(?i:last|past|this past|next|this|previous|coming|every|each))\s+$"),
    "weekday_ru": re.compile(
        r"\b(?:(?P<night>в ночь (?:на|с))|(?P<every>кажд\w+)|во?|ко?|на|со?|до)\s+"
        r"(?:(?P<q>прошл\w+|минувш\w+|следующ\w+|этот|эту|это|ближайш\w+|предыдущ\w+|кажд\w+)\s+)?$",
        re.IGNORECASE,
    ),
}
# Some of these letters must stand in the text (in small letters) for a pattern to be tried at all.
_MONTH_LETTERS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_LETTERS_RU = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
GATES: dict[str, tuple[str, ...]] = {
    "month_day": _MONTH_LETTERS,
    "day_month": _MONTH_LETTERS,
    "day_month_ru": _MONTH_LETTERS_RU,
    "weekday": ("day",),
    "weekday_ru": ("понед", "вторн", "сред", "четв", "пятн", "субб", "воскр"),
    "relative": tuple(RELATIVE_DAYS),
    "colon": (":",),
    "half": ("am", "pm", "a.m", "p.m", "a. m", "p. m", "a m", "p m", "утра", "дня", "вечера", "ночи"),
    "dot": ("мск", "моск"),
    "hours_ru": ("час",),
    "word": ("noon", "midday", "midnight", "полдень", "полноч", "полуноч", "полудн"),
}

_ABBREVIATIONS = sorted(
    {n.upper() for n in (*ZONE_NAMES, *AMBIGUOUS) if n.isascii() and n.isalpha() and len(n) <= 4 and n != "z"},
    key=len,
    reverse=True,
)
_ZONE_WORDS = sorted((n for n in ZONE_NAMES if " " in n or not n.isascii()), key=len, reverse=True)
ZONE = (
    r"(?P<zone>(?:UTC|GMT)\s?[+\u2212-]\d{1,2}(?::?\d\d)?|(?:МСК|мск|MSK)\s?[+\u2212-]\s?\d{1,2}|"
    r"[+\u2212-]\d\d:?\d\d\b|"
    rf"(?:{'|'.join(_ABBREVIATIONS)})\b(?!\s*[+\u2212-]\d)|"
    rf"(?i:(?:U\.?S\.? )?(?:по )?(?:{'|'.join(map(re.escape, _ZONE_WORDS))}))\b|"
    r"(?i:(?:U\.?S\.? )?(?:Eastern|Central|Mountain|Pacific)(?: (?:Standard|Daylight))?(?: Time)?)\b(?! Europe| Bank)|"
    r"(?i:local time|(?:по )?местно(?:му|го) времени)|[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:time|Time)\b|"
    r"по [а-яё-]+му времени|по времени [А-ЯЁ][\w-]+|по [А-ЯЁ][а-яё-]+|"
    r"\b[A-Z]{1,4}T\b|\bZ\b)"
)
_PLACE = rf"(?:{'|'.join(name.title() for name in PLACES if name.isascii())})\b(?! Exchange| Stock| said)"
_AFTER_ZONE = rf"(?:[\s,]{{0,4}}\(?\s?{ZONE[:-1]}|{_PLACE})\)?)?"
# A clock named elsewhere in the sentence counts only where it cannot be part of a name ("Union Pacific", "GMT Capital").
ZONE_APART = re.compile(
    rf"(?:\(|\b(?:times?|hours?) (?:(?:are|is|in|given|quoted|shown) ){{1,3}}(?:the )?|\b(?:in|"
    rf"по) ){ZONE}(?!\s[A-ZА-ЯЁ])|"
    r"(?P<clock>[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:(?:Standard|Daylight|Summer) )?[Tt]ime\b|(?i:по [а-яё-]+ времени))"
)
_HALF = r"(?P<half>[ap]\.?\s?m\b\.?|[AP]\.?M\b\.?|утра|дня|вечера|ночи)"
TIME_PATTERNS: dict[str, re.Pattern[str]] = {
    "machine": re.compile(
        r"(?<=\d[Tt])(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?(?P<zone>[Zz]|"
        r"[+\u2212-]\d\d:?\d\d)?(?![\d:])"
    ),
    "colon": re.compile(
        r"(?<![\d:.,/])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?![\d:/]|-[A-Za-zа-я])"
        rf"(?:\s*{_DASH}\s*(?P<until>\d{{1,2}}:\d\d)(?![\d:]))?(?:\s*{_HALF})?{_AFTER_ZONE}"
    ),
    "half": re.compile(
        rf"(?<![\d:.,/$€£-])\b(?P<hour>\d{{1,2}})(?:\.(?P<minute>\d\d))?(?:\s*o['’]clock)?(?:\s*час\w*)?\s*{_HALF}{_AFTER_ZONE}"
    ),
    "dot": re.compile(
        r"(?<![\d:.,/])(?P<hour>\d{1,2})\.(?P<minute>\d\d)\s*(?P<zone>(?i:мск|по москве|по московскому времени))\b"
    ),
    "military": re.compile(
        rf"(?<![\d:.,/$€£])\b(?P<hour>\d\d)(?P<minute>\d\d)\s+(?P<zone>{'|'.join(_ABBREVIATIONS)})\b"
    ),
    "hours_ru": re.compile(
        r"(?<![\d:.,/])\b(?:в|к|до|после|с|около)\s+(?P<hour>\d{1,2})\s+час(?:а|ов|у|"
        r"ам)?(?:\s+(?P<minute>\d{1,2})\s+минут\w*)?"
        rf"(?:\s+{_HALF})?{_AFTER_ZONE}"
    ),
    "word": re.compile(
        rf"\b(?P<word>(?i:12 noon|noon|midday|midnight|полдень|полночь|полуночи|полудня))\b{_AFTER_ZONE}"
    ),
}
_MEANING = re.compile(
    r"(?:^|(?<=[\s(,;:\u2014\u00ab\"“]))(?:"
    + "|".join(f"(?P<m{i}>{pattern})" for i, (pattern, _) in enumerate(MEANINGS))
    + r")(?:\s+the)?\s*$",
    re.IGNORECASE,
)
# "an hour after", "the day before", "через час после": a time counted from another.
_OFFSET = re.compile(
    r"\b(?:(?:hours?|minutes?|days?|weeks?|months?|half an hour|eve)\s+(?:after|before|past|from|of|to|until)|"
    r"(?:через|за|спустя)\s+[\w\s]{1,20}(?:после|до))(?:\s+the)?\s*$",
    re.IGNORECASE,
)
_PART = "|".join(f"(?P<p{i}>{pattern})" for i, (pattern, _, _) in enumerate(PARTS_OF_DAY)) + f"|(?P<night>{NIGHT})"
_PART_BEFORE = re.compile(rf"\b(?:{_PART})(?:\s+(?:on|of|in|в|во|the|hours))*\s*$", re.IGNORECASE)
_PART_AFTER = re.compile(rf"\s*,?\s*(?:in the\s+|at\s+)?(?:{_PART})\b", re.IGNORECASE)
# "накануне" is yesterday only where nothing follows that it could be the eve of.
_EVE_ALONE = re.compile(r"\s*(?:[.,;:!?)—–-]|$|вечером|утром|дн[её]м|в \d)", re.IGNORECASE)
# "won 2:10", "odds of 10:15": figures with a colon that no clock shows.
_SCORE = re.compile(
    r"\b(?:won|lost|beat|drew|draw|tied|score[sd]?|ratio|odds|scoreline|victory|defeat|win|loss|aspect|chapter|verse|"
    r"Matthew|Mark|Luke|John|Psalms?|Genesis|сч[её]т(?:ом)?|обыграл\w*|победил\w*|проиграл\w*|соотношени\w+|"
    r"пропорци\w+)\b(?:\s+(?:was|of|by|is|at|stood at|with|[A-Z]\w+|со сч[её]том|в|с))*\s*$"
)
_BETWEEN = re.compile(r"(?:between|from|в период с|между|с)\s*$", re.IGNORECASE)
_AND = re.compile(r"\s*(?:and|to|until|till|и|до|по)\s*$", re.IGNORECASE)


@lru_cache(maxsize=4)
def find_dates(text: str) -> tuple[DateWords, ...]:
    """Return the days written in a text, in order; of overlapping readings the longer one."""
    found: list[DateWords] = []
    small = text.lower()
    for name, pattern in DATE_PATTERNS.items():
        if name in GATES and not any(letters in small for letters in GATES[name]):
            continue
        for match in pattern.finditer(text):
            words = _date_words(name, match)
            if words is not None:
                found.append(_with_surroundings(text, words))
    return tuple(_longest(found))


def _longest(found: list[DateWords]) -> list[DateWords]:
    """Return the readings that overlap no longer one, in the order of the text."""
    kept: list[DateWords] = []
    starts: list[int] = []
    for words in sorted(found, key=lambda w: (w.start - w.end, w.start)):
        # Those kept so far overlap nowhere, so only the two neighbours can be in the way.
        at = bisect_left(starts, words.start)
        if (at == 0 or kept[at - 1].end <= words.start) and (at == len(kept) or words.end <= kept[at].start):
            starts.insert(at, words.start)
            kept.insert(at, words)
    return kept


def _date_words(name: str, match: re.Match[str]) -> DateWords | None:
    """Return the day a pattern found, with what stands before it; None where that is needed and missing."""
    text, start = match.string, match.start()
    head = HEADS[name].search(text[max(0, start - 45) : start]) if name in HEADS else None
    if name == "weekday_ru" and head is None:
        return None
    parts = {**match.groupdict(), **{k: v for k, v in (head.groupdict() if head else {}).items() if v}}
    if head is not None:
        start -= len(head[0])
    words = DateWords(start, match.end(), text[start : match.end()])
    if name == "relative":
        relative = match[0].casefold()
        alone = relative != "накануне" or _EVE_ALONE.match(text, match.end())
        return replace(words, relative=relative if alone else "накануне чего-то")
    if parts.get("wdr"):
        words = replace(words, weekday=_weekday_ru(str(parts["wdr"])))
    weekday = parts.get("wd") or parts.get("wd2")
    if weekday:
        words = replace(words, weekday=(_weekday_ru if name.endswith("_ru") else _weekday_en)(weekday))
    if name.startswith("weekday"):
        qualifier = ("every" if parts.get("plural") else parts.get("q") or parts.get("every") or "").casefold()
        return replace(words, qualifier=qualifier, part="night" if parts.get("night") else "")
    return _dated(name, words, parts)


def _dated(name: str, words: DateWords, parts: dict[str, str | None]) -> DateWords:
    """Return the words with year, month and day as far as they are written."""
    year, since, until = parts.get("year"), parts.get("since"), parts.get("until")
    words = replace(words, year=None if year is None else int(year) + (2000 if len(year) == 2 else 0))
    if name == "numeric":
        order = (int(str(parts["first"])), int(str(parts["second"])))
        return replace(words, numeric=order, dotted=parts["mark"] == ".")
    month = str(parts.get("mon") or parts.get("month"))
    number = int(month) if name == "iso" else (_month_ru if name.endswith("_ru") else _month_en)(month) + 1
    day = int(str(parts["day"]))
    if since:
        return replace(words, month=number, day=int(since), until=day)
    return replace(words, month=number, day=day, until=int(until) if until else None)


def _with_surroundings(text: str, words: DateWords) -> DateWords:
    """Return the words with the part of the day beside them and the preposition before them."""
    before = text[max(0, words.start - 40) : words.start]
    ahead = _PART_BEFORE.search(before)
    part = ahead or _PART_AFTER.match(text, words.end)
    named = "" if part is None else (part.lastgroup or "")
    lead = before[: ahead.start()] if ahead else before
    # Russian patterns for a bare weekday hold their preposition themselves.
    inner = re.match(r"(?:во?|ко?|на|со?|до)\b", words.text, re.IGNORECASE) if words.weekday is not None else None
    return replace(
        words, part=words.part or named, meaning=meaning_before(inner[0] if inner and words.day is None else lead)
    )


def meaning_before(lead: str) -> Meaning:
    """Return what the words just before a time say about it; nothing said is "at"."""
    if _OFFSET.search(lead):
        return "about"
    found = _MEANING.search(lead)
    if found is None or found.lastgroup is None:
        return "at"
    return MEANINGS[int(found.lastgroup[1:])][1]


@lru_cache(maxsize=4)
def find_times(text: str) -> tuple[TimeWords, ...]:
    """Return the times of day written in a text, in order, with the zone written beside them."""
    found: list[TimeWords] = []
    small = text.lower()
    for name, pattern in TIME_PATTERNS.items():
        if name in GATES and not any(letters in small for letters in GATES[name]):
            continue
        for match in pattern.finditer(text):
            if name != "colon" or not _SCORE.search(text, max(0, match.start() - 30), match.start()):
                found.append(_time_words(name, match, text))
    found.sort(key=lambda w: (w.start, -w.end))
    kept: list[TimeWords] = []
    for words in found:
        if not kept or words.start >= kept[-1].end:
            kept.append(words)
    return tuple(_paired(text, _joined_ranges(text, kept)))


# "17:35 GMT (19:35 CEST)", "10:00 a.m. in New York (1500 GMT)": one instant on two clocks.
_TWIN = re.compile(r"\s*(?:in (?P<place>[A-Z][\w ]{2,20}?))?\s*(?:[(/]|,? or)\s*")


def _paired(text: str, times: list[TimeWords]) -> list[TimeWords]:
    """Return the times with the second clock of the same instant folded into the first."""
    paired: list[TimeWords] = []
    for words in times:
        first = paired[-1] if paired else None
        between = _TWIN.fullmatch(text, first.end, words.start) if first is not None else None
        if first is None or between is None or first.twin is not None or not words.zone or words.until or first.until:
            paired.append(words)
            continue
        closed = 1 if text[words.end : words.end + 1] == ")" and ")" not in words.text else 0
        zone = first.zone or (f"{between['place']} time" if between["place"] else "")
        end = words.end + closed
        paired[-1] = replace(first, end=end, text=text[first.start : end], zone=zone, twin=words)
    return paired


def _time_words(name: str, match: re.Match[str], text: str) -> TimeWords:
    parts = match.groupdict()
    lead = text[max(0, match.start() - 40) : match.start()]
    inner = re.match(r"(?:в|к|до|после|с|около)\b", match[0]) if name == "hours_ru" else None
    words = TimeWords(
        start=match.start(),
        end=match.end(),
        text=match[0],
        hour=int(parts.get("hour") or 12),
        minute=None if parts.get("minute") is None else int(match["minute"]),
        second=None if parts.get("second") is None else int(match["second"]),
        zone=(parts.get("zone") or "").strip(),
        padded=(len(parts.get("hour") or "") == 2 and (parts.get("hour") or "").startswith("0")) or name == "military",
        russian=bool(re.search("[а-яё]", lead + match[0], re.IGNORECASE)),
        meaning=meaning_before(inner[0] if inner else lead),
    )
    half = re.sub(r"[\s.]", "", (parts.get("half") or "").casefold())
    word = (parts.get("word") or "").casefold()
    until = parts.get("until")
    return replace(
        words,
        half={"утра": "am", "ночи": "night", "дня": "pm", "вечера": "pm"}.get(half, half),
        word="midnight" if word in ("midnight", "полночь", "полуночи") else "noon" if word else "",
        until=None if not until else (int(until.split(":")[0]), int(until.split(":")[1])),
    )


def _joined_ranges(text: str, times: list[TimeWords]) -> list[TimeWords]:
    """Return the times with "between A and B" and "from A to B" as one range."""
    joined: list[TimeWords] = []
    for words in times:
        previous = joined[-1] if joined else None
        if (
            previous is not None
            and previous.until is None
            and words.minute is not None
            and words.until is None
            and _AND.fullmatch(text[previous.end : words.start])
            and _BETWEEN.search(text[max(0, previous.start - 20) : previous.start])
            and (previous.zone in ("", words.zone) and previous.half == words.half)
        ):
            span = text[previous.start : words.end]
            joined[-1] = replace(
                previous, end=words.end, text=span, until=(words.hour, words.minute), zone=words.zone, meaning="at"
            )
        else:
            joined.append(words)
    return joined
