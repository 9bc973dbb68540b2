"""The words for a time of day in a text and the clock written beside it, found by strict patterns."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from eventstudy.news.phrases import DASH, TimeWords, meaning_before
from eventstudy.news.text_zones import AMBIGUOUS, PLACES, ZONE_NAMES

# What may follow a bare "Central" or "London" beside a time; any other word makes it part of a name.
_ALONE = (
    r"(?!\s+(?!on\b|at\b|in\b|Mon|Tue|Wed|Thu|Fri|Sat|Sun|"
    r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[A-Za-z])"
)
_ABBREVIATIONS = sorted(
    {n.upper() for n in (*ZONE_NAMES, *AMBIGUOUS) if n.isascii() and n.isalpha() and len(n) <= 4 and n != "z"},
    key=len,
    reverse=True,
)
_ZONE_WORDS = sorted((n for n in ZONE_NAMES if " " in n or not n.isascii()), key=len, reverse=True)
ZONE = (
    r"(?P<zone>(?:UTC|GMT)\s?[+\u2212-]\d{1,2}(?::?\d\d)?|(?:МСК|мск|MSK)\s?[+\u2212-]\s?\d{1,2}|"
    r"[+\u2212-]\d\d:?\d\d\b|"
    rf"(?:{'|'.join(_ABBREVIATIONS)})\b(?!\s*[+\u2212-]\d)(?<!PT(?=\s[A-Z][a-z]))|"
    rf"(?i:(?:U\.?S\.? )?(?:по )?(?:{'|'.join(map(re.escape, _ZONE_WORDS))}))\b|"
    rf"(?i:(?:U\.?S\.? )?(?:Eastern|Central|Mountain|Pacific)(?: (?:Standard|Daylight))?(?: Time)?)\b{_ALONE}|"
    r"(?i:local time|(?:по )?местно(?:му|го) времени)|[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:time|Time)\b|"
    r"по [а-яё-]+му времени|по времени [А-ЯЁ][\w-]+|по [А-ЯЁ][а-яё-]+|"
    r"\b[A-Z]{1,4}T\b|\bZ\b)"
)
_PLACE = rf"(?:{'|'.join(name.title() for name in PLACES if name.isascii())})\b{_ALONE}"
_AFTER_ZONE = rf"(?:[\s,]{{0,4}}\(?\s?{ZONE[:-1]}|{_PLACE})\)?)?"
# A clock named elsewhere in the sentence counts only where it is no part of a name ("Union Pacific", "GMT Capital").
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
        rf"(?:\s*{DASH}\s*(?P<until>\d{{1,2}}:\d\d)(?![\d:]))?(?:\s*{_HALF})?{_AFTER_ZONE}"
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
# Some of these letters must stand in the text (in small letters) for a pattern to be tried at all.
GATES: dict[str, tuple[str, ...]] = {
    "colon": (":",),
    "half": ("am", "pm", "a.m", "p.m", "a. m", "p. m", "a m", "p m", "утра", "дня", "вечера", "ночи"),
    "dot": ("мск", "моск"),
    "hours_ru": ("час",),
    "word": ("noon", "midday", "midnight", "полдень", "полноч", "полуноч", "полудн"),
}
# "won 2:10", "odds of 10:15": figures with a colon that no clock shows.
_SCORE = re.compile(
    r"\b(?:won|lost|beat|drew|draw|tied|score[sd]?|ratio|odds|scoreline|victory|defeat|win|loss|aspect|chapter|verse|"
    r"Matthew|Mark|Luke|John|Psalms?|Genesis|сч[её]т(?:ом)?|обыграл\w*|победил\w*|проиграл\w*|соотношени\w+|"
    r"пропорци\w+)\b(?:\s+(?:was|of|by|is|at|stood at|with|[A-Z]\w+|со сч[её]том|в|с))*\s*$"
)
_BETWEEN = re.compile(r"(?:between|from|в период с|между|с)\s*$", re.IGNORECASE)
_AND = re.compile(r"\s*(?:and|to|until|till|и|до|по)\s*$", re.IGNORECASE)


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
