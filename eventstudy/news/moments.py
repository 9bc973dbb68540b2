"""Every time a text names: its day, its clock, which side of the news it bounds, and the features of its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.claims import speaks_of_price
from eventstudy.news.clocks import clock_interval, part_interval, zone_of_clock
from eventstudy.news.context import Context
from eventstudy.news.days import DayReading, Reference, read_day
from eventstudy.news.evidence import Conflict, Evidence
from eventstudy.news.phrases import ClockWords, DateWords, find_clocks, find_dates
from eventstudy.news.sentences import Span, quoted_spans, sentence_number, sentences
from eventstudy.news.stamps import day_anywhere, stamp_of_date

Role = Literal["event", "publication", "update", "embargo", "quoted", "denied", "date_range", "price_move"]
MAX_CHARACTERS = 20_000
NO_DAY = DayReading()
MAX_MOMENTS = 100
LEAD = 2
REACH = 90
_BRIDGE = re.compile(
    r"[\s,()\u2013\u2014|-]*(?:on|of|at|в|во|from|the|by|as of|after|before|about|к|на|до|после|около|г\.|года|T)?"
    r"(?:\s+the)?[\s,()|]*",
    re.IGNORECASE,
)
_LABELS: tuple[tuple[re.Pattern[str], Role], ...] = (
    (
        re.compile(r"(?:embargo\w*|not for (?:release|publication)|hold)\b[^.\n]{0,30}$|эмбарго[^.\n]{0,20}$", re.I),
        "embargo",
    ),
    (re.compile(r"(?:updated|modified|corrected|обновлен\w*|обновлён\w*)\W{0,3}(?:on |at |в )?$", re.I), "update"),
    (
        re.compile(
            r"^\W*(?:first )?(?:published|posted|date|sent|дата(?: публикации)?|опубликован\w*)\b\W{0,3}(?:on |at )?$",
            re.I,
        ),
        "publication",
    ),
)
_SAID = re.compile(
    r"\b(?:said|says|saying|told|announc\w+|report(?:s|ed)|declar(?:es?|ed)|stat(?:es|ed)|publish(?:es|ed)|releas(?:es|ed)|"
    r"disclos(?:es|ed)|confirm(?:s|ed)|accus(?:es|ed)|unveil(?:s|ed)|issu(?:es|ed)|warn(?:s|ed)|testified|decid(?:es|ed)|"
    r"raised?|cuts?|approv(?:es|ed)|order(?:s|ed)|resign(?:s|ed)|сообщ\w+|заяв\w+|объяв\w+|рассказ\w+|опубликова\w+|"
    r"сказал\w*|передал\w*|подтверд\w+|снизил\w*|повысил\w*|пишет|решил\w*)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|had|has|have|held|fell|rose|cut|made|met|spoke|began|took|gave|sent|won|lost|hit|came|went|became|"
    r"[a-z]{3,}ed|[а-яё]{2,}(?:л|ла|ло|ли|лся|лась|лось|лись)|[а-яё]+ен[аоы]?)\b",
    re.IGNORECASE,
)
_SCHEDULED = re.compile(
    r"\b(?:will(?!iam)|shall|to be|set to|due|scheduled?|expect\w*|plans?|planned|likely|upcoming|ahead of|(?:is|are|was|were) to|"
    r"будет|будут|состоится|пройд[её]т|ожида\w+|запланирован\w*|намерен\w*|должн\w+|должен|предсто\w+|планиру\w+)\b",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"\b(?:not|never|nor|neither|no|cannot|\w+n['’]t|denied|denies|if|could|might|may|would|should|unless|whether|"
    r"reportedly|allegedly|rumou?r\w*|не|ни|нет|никогда|опроверг\w*|если|бы|якобы|возможно|может|могут|слух\w*)\b"
)
# The verb beside a time, with nothing but a preposition or an object's name of a few letters between.
_BEFORE = re.compile(r"(?P<verb>[^\W\d_]+)(?:\s+(?:late|early|earlier))?[\s,]+(?:(?:on|at|in|by|в|во)\s+)?$")
_AFTER = re.compile(r"(?:\s+(?:morning|afternoon|evening|утром|вечером|дн[её]м))?[\s,]+(?P<verb>[^\W\d_]+)")
_INFINITIVE = re.compile(r"\bto [a-z]{3,}\b")
# Words after a day that make it another one: "April 12 last year", "on Monday a week ago".
_QUALIFIED = re.compile(
    r"\s*,?\s*(?:last (?:year|month|week)|a (?:week|month|year) (?:ago|earlier)|of last (?:week|month|year)|next (?:week|month)|"
    r"\((?:19|20)[0-9]{2}\)|['’][0-9]{2}\b|прошлого (?:года|месяца)|(?:неделю|месяц|год) назад|на прошлой неделе|or \b|или\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:did|does|has|have|had|was|were) (?:not|never)\b|\b(?:did|does|has|was|were)n['’]t\b|\bnever (?:came|happened|took)|"
    r"\b(?:так и )?не (?:[а-яё]+(?:л|ла|ло|ли|лся|лась|лось|лись))\b|\bfalse\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One time or day of a text.

    ``covers`` is the interval its words name; the evidence holds the sides of the news it bounds. ``features`` are
    those of ``scorer.FEATURES``; ``probability`` is set once they are scored.
    """

    role: Role
    evidence: Evidence
    date: DateWords | None = None
    clock: ClockWords | None = None
    reading: DayReading = NO_DAY
    zone: str = ""
    covers: tuple[datetime, datetime] | None = None
    conflict: Conflict | None = None
    features: dict[str, float] = field(default_factory=dict)
    probability: float = 0.0

    @property
    def text(self) -> str:
        return self.evidence.text

    @property
    def said(self) -> bool:
        return bool(self.features.get("said"))


@dataclass(frozen=True, slots=True)
class _Scene:
    text: str
    field: str
    context: Context
    reference: Reference
    spans: tuple[Span, ...]
    quotes: tuple[Span, ...]

    def sentence(self, at: int) -> Span:
        return self.spans[sentence_number(self.spans, at)]


def read_moments(title: str, text: str, context: Context, reference: Reference) -> list[Moment]:
    """Return the moments of a title and of the first part of a text, in order, with the features of their places."""
    found: list[Moment] = []
    for name, words in (("title", title), ("text", text[:MAX_CHARACTERS])):
        scene = _Scene(words, name, context, reference, sentences(words), quoted_spans(words))
        found += [_moment(scene, *pair) for pair in _pairs(scene)][:MAX_MOMENTS]
    found = [_dated_clock(m, found, context, reference) if m.date is None else m for m in found]
    days = {m.reading.day for m in found if m.reading.day is not None and m.role in ("event", "quoted")}
    return [replace(m, features={**m.features, **_day_features(m, days, reference)}) for m in found]


def _pairs(scene: _Scene) -> Iterator[tuple[DateWords | None, ClockWords | None]]:
    """Yield each clock with its day, and each day without a clock, in the order of the text."""
    dates = find_dates(scene.text)
    clocks = [c for c in find_clocks(scene.text) if not any(d.start < c.start < d.end for d in dates)]
    pairs: list[tuple[DateWords | None, ClockWords | None]] = []
    used: set[int] = set()
    for clock in clocks:
        start, end = scene.sentence(clock.start)
        near = [d for d in dates if start <= d.start < end and d.until is None]
        beside = [d for d in near if _beside(scene.text, d, clock)]
        alone = len(near) == 1 and sum(start <= c.start < end for c in clocks) == 1
        day = beside[0] if beside else near[0] if alone else None
        used |= {id(day)}
        pairs.append((day, clock))
    pairs += [(d, None) for d in dates if id(d) not in used]
    yield from sorted(pairs, key=lambda p: min(x.start for x in p if x is not None))


def _beside(text: str, words: DateWords, clock: ClockWords) -> bool:
    between = text[words.end : clock.start] if clock.start >= words.end else text[clock.end : words.start]
    return len(between) < 24 and _BRIDGE.fullmatch(between) is not None


def _moment(scene: _Scene, words: DateWords | None, clock: ClockWords | None) -> Moment:
    """Return one time of the text with its role and, where it can be known, its interval."""
    marks = [m for m in (words, clock) if m is not None]
    start = min(m.start for m in marks)
    end = (
        max(m.end for m in marks)
        if words is None or clock is None or _beside(scene.text, words, clock)
        else marks[1].end
    )
    first, last = scene.sentence(start)
    role = _role(scene, start, end, words)
    reading = NO_DAY if words is None else read_day(words, scene.context, scene.reference)
    qualified = _QUALIFIED.match(scene.text, end) if words is not None and words.year is None else None
    if qualified:
        said = f"{scene.text[start:end]!r}: {qualified[0].strip(' ,')!r} after it makes it another day, or one of several."
        reading = DayReading(conflict=Conflict("qualified", said, scene.text[start:end]))
    features = _place_features(scene, start, end, (first, last))
    if role == "event" and features["price"] and not features["said"]:
        # The move of a price is the reaction, not the news.
        role = "price_move"
    kind = {"event": _kind(words, clock)}.get(role, role)
    evidence = Evidence(
        kind,
        scene.text[start:end],
        start,
        end,
        clock="quote" if role == "quoted" else "body",
        field=scene.field,
        note=reading.note,
    )
    features |= {"clock": float(clock is not None), "explicit": float(words is not None and words.year is not None)}
    features |= {"checked": float(reading.checked), "quoted": float(role == "quoted")}
    features["bounds"] = float(_meaning(words, clock) != "at")
    moment = Moment(role, evidence, words, clock, reading, conflict=reading.conflict, features=features)
    return (
        moment
        if clock is not None and words is None
        else _placed(moment, scene.text[first:last], scene.context, scene.reference)
    )


def _role(scene: _Scene, start: int, end: int, words: DateWords | None) -> Role:
    line = scene.text[scene.text.rfind("\n", 0, start) + 1 : start]
    for pattern, role in _LABELS:
        if pattern.search(line):
            return role
    if words is not None and words.until is not None:
        return "date_range"
    if any(first < start < last for first, last in scene.quotes):
        return "quoted"
    first, last = scene.sentence(start)
    if _DENIED.search(scene.text, first, last):
        return "denied"
    return "event"


def _kind(words: DateWords | None, clock: ClockWords | None) -> str:
    if clock is not None:
        return "time"
    if words is not None and words.relative is not None:
        return "relative_day"
    return "weekday" if words is not None and words.day is None and words.numeric is None else "date"


def _place_features(scene: _Scene, start: int, end: int, sentence: Span) -> dict[str, float]:
    """Return what the words around a time say, within its sentence."""
    text = scene.text
    clause = text[max(sentence[0], start - REACH) : min(sentence[1], end + REACH)]
    tests = {"said": _SAID, "past": _PAST, "scheduled": _SCHEDULED, "doubtful": _DOUBTFUL}
    features = {name: float(pattern.search(clause) is not None) for name, pattern in tests.items()}
    before, after = text[max(sentence[0], start - REACH) : start], text[end : min(sentence[1], end + REACH)]
    words = [_BEFORE.search(before), _AFTER.match(after)]
    verbs = " ".join(m["verb"] for m in words if m is not None)
    features["tied"] = float(bool(_SAID.search(verbs)))
    features["tied_past"] = float(bool(_PAST.search(verbs)) and not features["tied"])
    features["price"] = float(speaks_of_price(clause))
    features["title"] = float(scene.field == "title")
    if scene.field == "title" and _INFINITIVE.search(text):
        features["scheduled"] = 1.0
    features["later"] = float(scene.field == "text" and sentence_number(scene.spans, start) >= LEAD)
    return features


def _day_features(moment: Moment, days: set[date], reference: Reference) -> dict[str, float]:
    day, published = moment.reading.day, reference.day
    features = {"other_days": float(min(4, len(days - {day})))}
    if published is None:
        return features | {"no_reference": 1.0}
    if day is None:
        return features
    age = (published - day).days
    name = {0: "same_day", 1: "day_before"}.get(age, "older" if 1 < age <= 6 else "far")
    return features | {name: 1.0}


def _meaning(words: DateWords | None, clock: ClockWords | None) -> str:
    if clock is not None and clock.meaning != "at":
        return clock.meaning
    return "at" if words is None else words.meaning


def _dated_clock(moment: Moment, found: Sequence[Moment], context: Context, reference: Reference) -> Moment:
    """Give a clock without a day the day of the publication, unless the text names another day for its news."""
    days = {m.reading.day for m in found if m.date is not None and m.role == "event"}
    if reference.day is None or days - {reference.day}:
        said = f"{moment.text!r} is a time of day, and nothing says of which day."
        moment = replace(moment, conflict=Conflict("day_unknown", said, moment.text))
    else:
        moment = replace(moment, reading=DayReading(reference.day, note=f"of the day of publication, {reference.day}"))
    return _placed(moment, "", context, reference)


def _placed(moment: Moment, sentence: str, context: Context, reference: Reference) -> Moment:
    """Return the moment with its interval and the sides of the news it bounds, or with the conflict in their way."""
    words, clock, day = moment.date, moment.clock, moment.reading.day
    meaning, note, zone = _meaning(words, clock), moment.evidence.note, reference.zone
    whose = moment.evidence.clock
    conflict, covers, precision = moment.conflict, None, ""
    try:
        if clock is not None:
            zone, whose, said = zone_of_clock(clock, sentence, reference.zone)
            note = "; ".join(n for n in (note, said) if n)
        if day is not None and moment.role != "date_range":
            if clock is not None:
                start, end, precision = clock_interval(
                    clock, day, zone, dated=words is not None and words.numeric is None
                )
            elif words is not None and words.part is not None:
                start, end, precision = (*part_interval(words, day, zone), "hour")
            else:
                stamp = stamp_of_date(day, zone) if zone else day_anywhere(day)
                start, end, precision = stamp.start, stamp.end, "day"
            covers = (start, end)
    except StampError as error:
        conflict = conflict or Conflict(error.kind, str(error), moment.text)
    bound = {"by": "an upper bound only", "after": "a lower bound only", "about": "approximate"}.get(meaning, "")
    note = "; ".join(n for n in (note, bound) if n)
    sides = _sides(covers, meaning, moment)
    evidence = replace(moment.evidence, earliest=sides[0], latest=sides[1], precision=precision, note=note, clock=whose)
    return replace(moment, evidence=evidence, covers=covers, conflict=conflict, zone=zone)


def _sides(
    covers: tuple[datetime, datetime] | None, meaning: str, moment: Moment
) -> tuple[datetime | None, datetime | None]:
    """Return which sides of the news a time bounds: what was said is public at once, a happening perhaps later."""
    if covers is None or meaning == "about" or moment.role in ("denied", "update"):
        return None, None
    if moment.role == "embargo":
        return covers[0], None
    if meaning == "by":
        return None, covers[1]
    if meaning == "after":
        return covers[0], None
    return covers[0], covers[1] if moment.said or moment.role == "publication" else None
