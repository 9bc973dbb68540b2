"""The words for a day in a text, found by strict patterns, English and Russian."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from eventstudy.news.phrases import DASH, DateWords, meaning_before
from eventstudy.news.words import (
    MONTHS_EN,
    MONTHS_RU,
    NIGHT,
    PARTS_OF_DAY,
    RELATIVE_DAYS,
    WEEKDAY_ALONE_RU,
    WEEKDAYS_EN,
    WEEKDAYS_RU,
)


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
        rf"of\b))(?:{_ORDINAL})\b(?:\s*{DASH}\s*(?P<until>\d{{1,2}})\b(?![:.]\d))?(?:,?\s+{_YEAR})?{_TAIL_EN}"
    ),
    "day_month": re.compile(
        rf"(?<![\d:.,/\w])(?P<day>\d{{1,2}})(?:{_ORDINAL})(?:\s*{DASH}\s*(?P<until>\d{{1,2}})(?:{_ORDINAL}))?"
        rf"(?:\s+of)?[\s-](?P<mon>{_MONTH_EN})\b\.?(?:(?:,?\s+|-){_YEAR})?{_TAIL_EN}"
    ),
    "day_month_ru": re.compile(
        rf"(?<![\d:.,/\w])(?P<day>\d{{1,2}})(?:-?го|"
        rf"-е)?(?:\s*{DASH}\s*(?P<until>\d{{1,2}}))?\s+(?P<mon>{_MONTH_RU})\b\.?(?:,?\s+{_YEAR}(?:\s*(?:года|год|"
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
}
_PART = "|".join(f"(?P<p{i}>{pattern})" for i, (pattern, _, _) in enumerate(PARTS_OF_DAY)) + f"|(?P<night>{NIGHT})"
_PART_BEFORE = re.compile(rf"\b(?:{_PART})(?:\s+(?:on|of|in|в|во|the|hours))*\s*$", re.IGNORECASE)
_PART_AFTER = re.compile(rf"\s*,?\s*(?:in the\s+|at\s+)?(?:{_PART})\b", re.IGNORECASE)
# "накануне" is yesterday only where nothing follows that it could be the eve of.
_EVE_ALONE = re.compile(r"\s*(?:[.,;:!?)—–-]|$|вечером|утром|дн[её]м|в \d)", re.IGNORECASE)


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


# "; it was a Wednesday", ", это была среда": a weekday told beside a date, with a verb between.
_WEEKDAY_APART = re.compile(
    rf"[\s,;.)]*(?:(?:it|that|this|which) (?:was|is|being) an? (?P<en>{_LONG_DAY_EN})\b|"
    rf"это (?:был\w* )?(?P<ru>{_DAY_RU})\b)",
    re.IGNORECASE,
)


def weekday_after(text: str, end: int) -> int | None:
    """Return the weekday that a sentence of its own gives to the day just named, Monday 0; None where there is none."""
    found = _WEEKDAY_APART.match(text, end)
    if found is None:
        return None
    return _weekday_en(found["en"].capitalize()) if found["en"] else _weekday_ru(found["ru"])


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
