"""Does the verb really speak of that time? Only words that cannot carry a time of their own may stand between them."""

from __future__ import annotations

import re

from eventstudy.news.voices import SETTLED, TIMED

_LITTLE = (
    r"at|on|by|as|of|before|after|since|from|until|till|between|and|no|not|later|earlier|late|early|shortly|just|"
    r"soon|in|a|the|an|statement|morning|afternoon|evening|reporters|journalists|parliament|it|this|so|also|its|"
    r"their|his|her|decision|decisions|results|result|news|key|main|policy|interest|benchmark|rates?|unchanged|all|"
    r"around|about|than|об|этом|журналистам|в|во|к|ко|на|до|после|с|со|около|не|ранее|раньше|позднее|позже|уже|также|"
    r"примерно|между|решение|ставку|ставки|ключевую|сообщение|заявление|результаты|вечером|утром|дн[её]м|поздно|рано|"
    r"г|года|году|ночь|прошлый|минувш\w+|прошл\w+"
)
_OBJECTS = r"trading|shares|dividend|forecast|outlook|rating|output|target|tariffs|торги|прогноз|рейтинг|дивиденды"
_GAP = re.compile(rf"(?:[\s,(]|\b(?:{_LITTLE})\b)*", re.IGNORECASE)
_GAP_OF_ACT = re.compile(rf"(?:[\s,(]|\b(?:{_LITTLE}|{_OBJECTS})\b)*", re.IGNORECASE)
_BARE_ARTICLE = re.compile(r"\b(?:the|a|an|its|his|their|this|that)\s*$", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:[\s\"“«(,—–-]|\b(?:at|on|by|as|of|before|after|since|from|between|late|early|earlier|shortly|soon|just|in|"
    r"the|but|and|в|во|к|с|до|после|около|примерно|вечером|утром|дн[её]м|поздно|рано|на|а|но|и|ещ[её]|уже|позже|"
    r"затем|later|then)\b)*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[;:—]|\b(?:that|which|who|whose|when|while|because|что|котор\w+|когда|чтобы|как)\b", re.IGNORECASE
)
# Acts that are public only when done to what the public watches.
_ACT = re.compile(
    r"(?:raise[sd]|cuts?|hike[sd]|lower(?:s|ed)|increase[sd]|keeps?|kept|leaves|left|halt(?:s|ed)|suspend(?:s|ed)|"
    r"stopped|resume[sd]|снизил\w*|повысил\w*|сохранил\w*|остановил\w*|приостановил\w*|told|tells)",
    re.IGNORECASE,
)
_WATCHED = re.compile(
    r"\b(?:rates?|trading|shares|dividend|forecast|outlook|rating|output|target|tariffs|reporters|journalists|"
    r"parliament|ставк\w*|торг\w*|прогноз\w*|рейтинг\w*|дивиденд\w*)\b",
    re.IGNORECASE,
)
_REPORTING = re.compile(
    r"\b(?:said|says|told|announced|reported|confirmed|stated|disclosed|warned|acknowledged|noted|"
    r"сообщил\w*|заявил\w*|объявил\w*|рассказал\w*|сказал\w*|подтвердил\w*|отметил\w*|уточнил\w*)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\s+[A-Za-z]")
NEAR_WORDS = 12


def is_tied(sentence: str, verb: re.Match[str], start: int, end: int) -> bool:
    """Return whether the words at ``start:end`` are the verb's own time.

    After the verb only words without a time of their own may stand between ("said on", "cut its key rate at"); before
    it the time must open the sentence ("On Tuesday the bank said").
    """
    if verb.end() <= start:
        gap = sentence[verb.end() : start]
        if has_object(verb[0], gap, sentence[start:end]) or _AGENT.fullmatch(gap) or _PLACED.fullmatch(verb[0] + gap):
            return True
        words = _GAP_OF_ACT if _ACT.fullmatch(verb[0]) else _GAP
        return words.fullmatch(gap) is not None and not _BARE_ARTICLE.search(gap)
    if _after_subject(sentence, verb, start, end):
        return True
    return opens(sentence, start, end) and is_near(sentence, verb, start, end)


# "was announced by the exchange at", "went up on the Treasury site at".
_AGENT = re.compile(
    r"\s+by (?:the |its |an? )?(?:[\w&.'’-]+ ){1,5}(?:(?:at|on|before|after|between|by|shortly|just|late|early)\s+)+",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"(?:came|went|hit|appeared|flashed|crossed|появил\w*|вышл[аои]|вышел|опубликован\w*|раскрыт\w*|размещ\w+)"
    r"(?:\s+(?!that\b|which\b|when\b|after\b|before\b|что\b|когда\b|после\b|до\b)[\w'’-]+){0,7}\s*(?:\(?|,)\s*",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"(?:announce[sd]?|disclose[sd]|publish(?:es|ed)|releas(?:es|ed)|issue[sd]|unveil(?:s|ed)|reveal(?:s|ed)|"
    r"declare[sd]|объявил\w*|объявлен\w*|сообщил\w*|опубликовал\w*|опубликован\w*|раскрыл\w*|раскрыт\w*|"
    r"обнародовал\w*|распространил\w*|рассказал\w*|обнародован\w*)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d[:.]\d\d|\d\s*[ap]\.?\s?m\b|noon|\b\d{4} [A-Z]{3}|час|утра|вечера|полдень", re.IGNORECASE)


# Names of papers that sound like something else; what hints at another verb; a preposition that is the object's own.
_SPOKEN_OF = re.compile(r"\b(?:trading (?:update|statement)|press release|close of trading)\b", re.IGNORECASE)
_VERBAL = re.compile(
    r"\b(?!(?:offering|warning|earnings|filing|ruling|easing|tightening|restructuring|rating|listing|holding|banking|"
    r"mining|unchanged|proposed|revised|combined|united|limited|fixed|expected|unsolicited|planned|king|"
    r"during)s?\b)[a-z]{2,}(?:ing|ed|able)\b|(?<!decision )(?<!move )(?<!plan )\bto (?:be\b|[a-z]+\b)|\bbuilt\b|"
    r"\bmade\b|\bheld\b"
)
_OWN = re.compile(r"\b(?:from|since|until|till|for|through|before|after|by|as of|с|до|на|после|к)\s*$", re.IGNORECASE)


def has_object(verb: str, gap: str, time: str) -> bool:
    """Return whether between an announcement and its time stands only what was announced, and that has no time.

    "announced the recall at 9:40" speaks of the announcement; "announced a meeting at 9:40" may speak of the meeting.
    Where only a day is said, "announced a price rise on Monday", it may be the day of either.
    """
    if not _ANNOUNCES.fullmatch(verb) or not gap.strip() or len(gap.split()) > 18:
        return False
    gap = _SPOKEN_OF.sub("", gap)
    if (
        TIMED.search(gap)
        or _VERBAL.search(gap)
        or _OWN.search(gap)
        or _CLAUSE.search(gap)
        or re.search(r"[()\"“”]|\d[:.]\d\d", gap)
        or _BARE_ARTICLE.search(gap)
    ):
        return False
    return bool(SETTLED.search(gap)) and bool(_CLOCK.search(time))


# "The bank on Tuesday said": only the subject stands before a time that stands right before its verb.
_SUBJECT = re.compile(
    r"(?:(?!\w+ть(?:ся)?\b|\w+[еия]тся\b|to\b|that\b|which\b|who\b|when\b|after\b|before\b|что\b|котор|когда\b|"
    r"после\b)[\w«»&.'’-]+\s+){0,7}(?:(?:on|at|late|early|in|в|во)\s+)*",
    re.IGNORECASE,
)


def opens(sentence: str, start: int, end: int) -> bool:
    """Return whether nothing but little words stands before a time in its sentence."""
    return _LEAD.fullmatch(sentence[:start]) is not None and not _names_something(sentence, start, end)


def _names_something(sentence: str, start: int, end: int) -> bool:
    """Return whether a weekday without its "On" begins a name: "Sunday Times"."""
    return sentence[:start].strip().casefold() in ("", "the") and _NAME.match(sentence, start, end + 3) is not None


def _after_subject(sentence: str, verb: re.Match[str], start: int, end: int) -> bool:
    """Return whether a time stands between a subject and its verb: "LONDON — The bank on Tuesday said"."""
    between = sentence[end : verb.start()]
    if (
        between.strip(" ,")
        or (between.strip() and "," not in sentence[start:end])
        or _part_of_name(sentence, start, end)
    ):
        return False
    lead = re.split(r"\s[-\u2013\u2014]{1,2}\s", sentence[:start])
    return bool(lead[-1].strip()) and _SUBJECT.fullmatch(lead[-1]) is not None


def _part_of_name(sentence: str, start: int, end: int) -> bool:
    """Return whether a weekday after a capital and without its "on" is part of a name: "Ruby Tuesday said"."""
    return bool(
        re.search(r"[A-Z][\w'’-]*\s+$", sentence[:start]) and re.match(r"[A-Z][a-z]+day\b", sentence[start:end])
    )


def is_near(sentence: str, verb: re.Match[str], start: int, end: int) -> bool:
    """Return whether a happening stands in the same clause as its time, which opens the sentence if it comes first."""
    gap = sentence[verb.end() : start] if verb.end() <= start else sentence[end : verb.start()]
    if verb.end() > start and not opens(sentence, start, end) and not _after_subject(sentence, verb, start, end):
        return False
    return len(gap.split()) <= NEAR_WORDS and not _CLAUSE.search(gap)


def is_watched(sentence: str, word: str, verb: re.Match[str], end: int) -> bool:
    """Return whether an act is done to what the public watches; verbs of saying need no object."""
    return not _ACT.fullmatch(word) or _WATCHED.search(sentence[: max(end, verb.end() + 60)]) is not None


def is_told_by_another(sentence: str, verb: re.Match[str]) -> bool:
    """Return whether somebody reports the act: "said it had cut its rate on Monday" tells of a happening."""
    return _REPORTING.search(sentence, 0, verb.start()) is not None


# What may follow or precede a date and make it another one: "last year", "a week ago", "(2020)", "13 or 14 April".
_AFTERMATH = re.compile(
    r"\s*,?\s*[(]?\s*(?:(?:of\s+|in\s+)?(?:the\s+)?(?:last|previous|next|prior|following|preceding)\s+(?:year|week|"
    r"month)|\w+\s+(?:years?|weeks?|months?|days?|hours?|minutes?)\s+(?:ago|later|earlier|before|after)|week\b|"
    r"fortnight\b|(?:поза)?прошл\w+|следующ\w+|будущ\w+|позапрошл\w+|на\s+(?:прошлой|следующей|той|"
    r"минувшей)\s+неделе|(?:\w+\s+){0,2}(?:назад|спустя)\b|(?:19|20)\d\d\b|['’]\d\d\b|"
    r"\d\d?\b(?!\s*[:.]\d)(?!\s+of\b)|(?:or|или)\b|(?:and|и)\s+(?:at\s+|в\s+)?\d|(?<!,\s)(?:before|after|до|после|"
    r"перед)\b|[+\u2212-]\d|\?|[(\[]\s*(?:\?|sic\b|old style|o\.s\.|julian|in the julian|unclear|unconfirmed|approx|"
    r"(?:date|day|time|year|month|hour)\b[^)]{0,20}(?:unclear|unconfirmed|unknown|\?)|по старому стилю|ст\. ст|"
    r"(?:дата|год|время|день)\b[^)]{0,20}(?:не|уточн|\?)))",
    re.IGNORECASE,
)
_FOREGOING = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s*(?:or|and|или|и|,|/)|\b(?:or|или|first|second|third|fourth|last|перв\w+|втор(?:ой|"
    r"ого|ую)|последн\w+))\s*$",
    re.IGNORECASE,
)


def is_qualified(text: str, start: int, end: int) -> bool:
    """Return whether words beside a date or time make it another one, or one of several."""
    return (
        _AFTERMATH.match(text[end : end + 60]) is not None
        or _FOREGOING.search(text[max(0, start - 20) : start]) is not None
    )
