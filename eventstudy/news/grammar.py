"""The little grammar a time needs: its sentence, whether it is quoted, and which word governs it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from eventstudy.news.links import has_object, is_near, is_tied, is_told_by_another, is_watched
from eventstudy.news.publicity import is_release, publicity, timetable, unreal
from eventstudy.news.text_zones import city_zone
from eventstudy.news.voices import RELEASE_STAMP
from eventstudy.news.words import PRICE_MOVES, PUBLIC_ACTS, ROLES, Act, Role

Span = tuple[int, int]
_END = re.compile(r"(?<=[.!?…])[\"”»')\]]*\s+(?=[\"“«(\[]?[A-ZА-ЯЁ0-9])|\n\s*|;\s+")
# A line this long that ends without a stop was wrapped by a mailer; its sentence goes on.
_WRAPPED = 50
_NO_END = re.compile(
    r"(?:\b(?:[ap]\.\s?m|U\.S|U\.K|Mr|Mrs|Dr|St|No|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|"
    r"Thurs?|Fri|Sat|Sun|янв|фев|мар|апр|июн|июл|авг|сен|окт|ноя|дек|тыс|млн|млрд|руб|коп|им|ул|стр|г|гг|"
    r"[A-ZА-Я])\.)$",
    re.IGNORECASE,
)
# A time after "2 p.m." goes on with its zone or its date, not with a new sentence.
_GOES_ON = re.compile(
    r"(?:[A-Z]{1,4}T\b|GMT|UTC|[A-Z][a-z]+(?: [A-Z][a-z]+)? [Tt]ime\b|Eastern|Pacific|Central|Mountain|U\.?S|on |"
    r"Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|\d)"
)
_QUOTES = re.compile(r"“[^“”\n]*”|«[^»\n]*»|\"[^\"\n]{1,2000}\"")
_ROLE = re.compile("|".join(rf"(?P<r{i}>(?<!\w)(?:{p})(?!\w))" for i, (p, _) in enumerate(ROLES)), re.IGNORECASE | re.M)
_INFINITIVE = re.compile(r"\bto (?!the\b|a\b|an\b|its\b|his\b|this\b|that\b|be told\b)[a-z]{2,}\b")
# Words that end like a past verb and are none.
_NO_PAST = (
    r"(?!(?:united|limited|hundred|indeed|need|speed|feed|seed|exceed|proceed|succeed|breed|bleed|sacred|naked|"
    r"hatred|embed|unprecedented|related|interested|рубли|недели|капитал|сигнал|материал|журнал|канал|финал|портал|"
    r"персонал|потенциал|филиал|интервал|если|или|начало|масло|правило|тело|тепло|дела|дело|цели|роли|земли|доли|"
    r"сила|школа|модели|автомобили|отели|число|общественн\w+|пошли|нужда\w+|металл|металла|отдел|раздел|предел|"
    r"передел|вокзал|зал|зала|пол|угол|стол|футбол)\b)"
)
_PAST = re.compile(
    rf"(?<!\bbe )(?<!\bget )\b{_NO_PAST}(?:said|told|was|were|had|has|have|held|fell|rose|cut|left|kept|made|met|spoke|"
    r"began|took|set|put|gave|sent|won|lost|hit|sold|bought|went|came|saw|sank|struck|broke|wrote|ran|read|became|"
    r"shot|flew|stood|knew|drew|grew|threw|overthrew|withdrew|paid|laid|led|built|spent|sought|brought|caught|taught|"
    r"fought|found|heard|shut|split|spread|quit|froze|chose|rode|swore|wore|tore|forbade|[a-z]{3,}ed|[а-яё]{2,}(?:л|"
    r"ла|ло|ли|лся|лась|лось|лись)|вышел|(?:объявлен|опубликован|раскрыт|обнародован|распространен|распространён|"
    r"размещен|размещён)[аоы]?|сообщает|сообщают|пишет|передает|передаёт)\b",
    re.IGNORECASE,
)
# Opening hours and ages of companies: times in the present or the far past that no news is dated by.
_STANDING = re.compile(
    r"\b(?:opens?|closes?|starts?|begins?|ends?|runs?|takes? place|trades?|is (?:open|closed)|founded|established|"
    r"born|created|incorporated|listed|effective|открыва[ею]тся|закрыва[ею]тся|начина[ею]тся|проход[ия]т|работа[ею]т|"
    r"основан\w*|создан\w*|родил\w+|учрежден\w*|вступает|вступит|вступил\w* в силу|took effect|came into (?:force|"
    r"effect)|ended)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=2)
def sentences(text: str) -> tuple[Span, ...]:
    """Return the character spans of the sentences; abbreviations and "p.m." end none."""
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        lead = text[max(0, match.start() - 12) : match.start()]
        if match[0].count("\n") == 1 and _is_wrapped(text, match.start()):
            continue
        if "\n" not in match[0] and _NO_END.search(lead):
            half_day = re.search(r"[ap]\.\s?m\.$", lead, re.IGNORECASE)
            if not half_day or _GOES_ON.match(text, match.end()):
                continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return tuple(span for span in spans if text[span[0] : span[1]].strip())


def _is_wrapped(text: str, end: int) -> bool:
    line = text[text.rfind("\n", 0, end) + 1 : end].rstrip()
    return len(line) >= _WRAPPED and line[-1] not in ".:!?…|"


def sentence_at(spans: tuple[Span, ...], position: int) -> Span:
    """Return the sentence a position stands in."""
    return spans[max(0, bisect_right(spans, (position, 10**12)) - 1)] if spans else (0, 0)


def quoted_spans(text: str) -> tuple[Span, ...]:
    """Return the spans inside quotation marks, marks included; a lone mark quotes nothing."""
    return tuple(match.span() for match in _QUOTES.finditer(text) if len(match[0].split()) > 3)


def is_quoted(spans: tuple[Span, ...], position: int) -> bool:
    return any(start < position < end for start, end in spans)


@dataclass(frozen=True, slots=True)
class Governed:
    """What rules a time: its role, the word that gave it, the verb, and whether that tells of the past."""

    role: Role
    word: str = ""
    verb: str = ""
    past: bool = False
    act: Act = "happening"
    tied: bool = True


# A verb further away than this governs no time.
REACH = 600


def governing(sentence: str, start: int, end: int) -> Governed:
    """Return what governs the words at ``start:end``.

    The nearest marker before the words governs; where none stands before them, the first one after them. A past
    verb nearer than any marker makes the words the event's own time.
    """
    if len(sentence) > 2 * REACH:
        first = max(0, start - REACH)
        sentence, start, end = sentence[first : end + REACH], start - first, end - first
    stamp = RELEASE_STAMP.search(sentence, 0, start)
    if stamp is not None and _TO_COME.search(sentence, 0, stamp.start()):
        return Governed("schedule", stamp[0])
    if stamp is not None or _RELEASE_AFTER.match(sentence, end):
        return Governed("event", "", stamp[0] if stamp else "release", past=True, act="public")
    markers = list(_ROLE.finditer(sentence))
    before = [(m.end(), _role_name(m), m[0]) for m in markers if m.end() <= start]
    before += [(m.end(), "schedule", m[0]) for m in _INFINITIVE.finditer(sentence, 0, start)]
    before += [(m.end(), "background", m[0]) for m in _STANDING.finditer(sentence, 0, start)]
    past = [m for m in _PAST.finditer(sentence) if not _is_marker(m, markers) and not _STANDING.fullmatch(m[0])]
    verb = max((m for m in past if m.end() <= start), key=lambda m: m.end(), default=None)
    if verb is not None and has_object(verb[0], sentence[verb.end() : start], sentence[start:end]):
        before = [entry for entry in before if entry[0] <= verb.start() or entry[1] != "schedule"]
    doubtful = [entry for entry in before if entry[1] == "uncertain"]
    if before:
        place, role, word = max(doubtful or before)
        if role in ("uncertain", "embargo", "update") or verb is None or place > verb.end():
            return Governed(role, word)
    if verb is not None and not _COMPLEMENT.search(sentence, verb.end(), start):
        return _ruled_by(sentence, verb, start, end)
    return _governed_after(sentence, start, end, [m for m in past if m.start() >= end])


_TO_COME = re.compile(
    r"\b(?:next|upcoming|forthcoming|planned|scheduled|expected|tentative|from prison|"
    r"план\w*|ожидаем\w*|следующ\w*)\W*$",
    re.IGNORECASE,
)
_RELEASE_AFTER = re.compile(r"\s*release[- ]time\b", re.IGNORECASE)


def _is_marker(word: re.Match[str], markers: list[re.Match[str]]) -> bool:
    """Return whether a word that could be a verb stands there as a marker: "First published 09:12"."""
    return any(m.start() <= word.start() and m.end() >= word.end() for m in markers)


# What follows these words is told, not done: "said that Monday was a bad day".
_COMPLEMENT = re.compile(r"\b(?:that|whether|how|why|что)\b", re.IGNORECASE)


def _ruled_by(sentence: str, verb: re.Match[str], start: int, end: int) -> Governed:
    """Return what a past verb makes of the time: an act of its own day, a happening, or nothing certain."""
    doubt = unreal(sentence)
    if doubt:
        return Governed("uncertain", doubt)
    word = _main_verb(sentence, verb)
    act = act_of(word)
    helped = len(word) if word != verb[0] else 0
    span = re.compile(re.escape(word)).search(sentence, verb.start()) if helped else verb
    span = span or verb
    if act == "public":
        told = (is_told_by_another(sentence, verb) and not is_release(sentence, verb)) or not is_watched(
            sentence, word, span, end
        )
        act = "happening" if told else publicity(sentence, span, start, end)
    known = timetable(sentence) if act == "happening" else ""
    if known:
        return Governed("background", known)
    tie = is_tied if act in ("public", "repeat", "private") or _AUXILIARY.fullmatch(word) else is_near
    bare = _AUXILIARY.fullmatch(verb[0]) is not None and not _PARTICIPLE.fullmatch(word)
    tied = tie(sentence, span, start, end) and not bare
    return Governed("event", "", word, past=True, act=act, tied=tied or act == "price")


def _governed_after(sentence: str, start: int, end: int, past: list[re.Match[str]]) -> Governed:
    after = [(m.start(), _role_name(m), m[0]) for m in _ROLE.finditer(sentence, end)]
    after += [(m.start(), "schedule", m[0]) for m in _STANDING.finditer(sentence, end)]
    first = min(past, key=lambda m: m.start(), default=None)
    if after and (first is None or min(after)[0] < first.start()):
        return Governed(min(after)[1], min(after)[2])
    if first is not None and not _PRESENT_RU.search(sentence, end, first.start()):
        return _ruled_by(sentence, first, start, end)
    headline = _HEADLINE.search(sentence)
    if headline is None:
        return Governed("event")
    tied = is_tied(sentence, headline, start, end) and is_watched(sentence, headline[0], headline, end)
    act = act_of(headline[0])
    act = publicity(sentence, headline, start, end) if act == "public" else act
    return Governed("event", "", headline[0], act=act, tied=tied)


# Russian endings of the present and the future: "сегодня опубликуют", "сегодня является".
_PRESENT_RU = re.compile(
    r"\b(?!совет\b|бюджет\b|комитет\b|кредит\b|дефицит\b)[а-яё]{2,}(?:[еи]тся|[уюая]тся|[еи]т|[уюая]т)\b", re.IGNORECASE
)
# Headlines tell the past in the present tense.
_HEADLINE = re.compile(
    r"\b(?:says|tells|announces|reports|publishes|releases|declares|states|discloses|confirms|warns|raises|cuts|hikes|"
    r"lowers|keeps|leaves|halts|suspends|resigns|orders|imposes|unveils|issues)\b",
    re.IGNORECASE,
)


_PUBLIC = re.compile(rf"(?:{PUBLIC_ACTS})", re.IGNORECASE)
_PRICE = re.compile(rf"(?:{PRICE_MOVES})", re.IGNORECASE)


def act_of(verb: str) -> Act:
    """Return what a verb tells: a public act, a move of prices, or a happening that became known later."""
    if _PUBLIC.fullmatch(verb):
        return "public"
    return "price" if _PRICE.fullmatch(verb) else "happening"


_AUXILIARY = re.compile(r"(?:was|were|had|has|have|been|стал\w*|был\w*)", re.IGNORECASE)
_PARTICIPLE = re.compile(
    r"\w{2,}(?:ed|en|own)|held|made|met|told|said|cut|put|set|sent|sold|built|found|hit|kept|left|lost|paid|read|"
    r"shot|struck|\w+(?:н|на|но|ны|т|та|то|ты)|[а-яё]{2,}(?:л|ла|ло|ли|лся|лась|лось|лись)",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"\s+(?:been |also |then |just |officially |formally )*(?P<word>\w+)")


def _main_verb(sentence: str, verb: re.Match[str]) -> str:
    """Return the verb, or the word after it where it only helps: "was halted", "стало известно"."""
    if not _AUXILIARY.fullmatch(verb[0]):
        return verb[0]
    following = _NEXT_WORD.match(sentence, verb.end())
    return following["word"] if following else verb[0]


_DATELINE = re.compile(r"\s*(?:[A-ZА-ЯЁ][\w'’-]*[ .]?(?:[A-ZА-ЯЁ][\w'’-]* ?)*[,.]\s*)?$")
_AGENCY = re.compile(r"\.?\s*(?:\n|[-–—/(]|РИА|ТАСС|ИНТЕРФАКС|INTERFAX|Reuters|REUTERS|AP\b|AFP\b|[.:]\s)")


def is_dateline(text: str, start: int, end: int) -> bool:
    """Return whether a day stands in the line of place, date and agency that opens a story, or alone in its first."""
    return start < 60 and bool(_DATELINE.fullmatch(text[:start])) and bool(_AGENCY.match(text, end))


def place_of_dateline(text: str, start: int) -> str:
    """Return the zone of the town before the day of a dateline; empty where it names none that is known."""
    return city_zone(text[:start].strip(" ,.\n").rpartition(". ")[2])


def _role_name(match: re.Match[str]) -> Role:
    return ROLES[int(str(match.lastgroup)[1:])][1]
