"""Every time a text names: its day, its clock, which side of the news it bounds, and the features of its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.claims import speaks_of_price
from eventstudy.news.clauses import ClausePlace, place_of, states_act
from eventstudy.news.clocks import clock_interval, part_interval, zone_of_clock
from eventstudy.news.context import DatingContext
from eventstudy.news.days import DayReading, ReferenceDay, read_day
from eventstudy.news.phrases import ClockWords, DateWords, find_clocks, find_dates
from eventstudy.news.sentences import Span, quoted_spans, sentence_number, sentences
from eventstudy.news.stamps import civil_day
from eventstudy.news.time_evidence import Conflict, TimeEvidence

Role = Literal["event", "publication", "update", "embargo", "quoted", "denied", "date_range", "price_move"]
MAX_CHARACTERS = 20_000
NO_DAY = DayReading()
NOWHERE = ClausePlace()
MAX_MOMENTS = 100
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

# "New York time", "local time in Honolulu" after a day.
_ITS_CLOCK = re.compile(r"(?:,? (?:morning|afternoon|evening|night))?,? (?:local time|[A-Z]\w+(?: [A-Z]\w+)? time)\b")
# A name inside a sentence: a capital that is not of a day, a month or the first word.
_NAME = re.compile(
    r"\b(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[A-ZА-ЯЁ]\w+"
)
# Words after a day that make it another one: "April 12 last year", "on Monday a week ago".
_QUALIFIED = re.compile(
    r"\s*,?\s*(?:last (?:year|month|week)|a (?:week|month|year) (?:ago|earlier)|of last (?:week|month|year)|"
    r"next (?:week|month)|"
    r"\((?:19|20)[0-9]{2}\)|['’][0-9]{2}\b|прошлого (?:года|месяца)|(?:неделю|месяц|год) назад|на прошлой неделе|"
    r"or \b|или\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:did|does|has|have|had|was|were) (?:not|never)\b|\b(?:did|does|has|was|were)n['’]t\b|"
    r"\bnever (?:came|happened|took)|"
    r"\b(?:так и )?не (?:[а-яё]+(?:л|ла|ло|ли|лся|лась|лось|лись))\b|\bfalse\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One time or day of a text.

    ``covers`` is the interval its words name; the evidence holds the sides of the news it bounds. ``place`` is the
    verb it belongs to, or why none. ``features`` are those of ``scorer.FEATURES``; ``probability`` is set once they
    are scored.
    """

    role: Role
    evidence: TimeEvidence
    date: DateWords | None = None
    clock: ClockWords | None = None
    reading: DayReading = NO_DAY
    zone: str = ""
    covers: tuple[datetime, datetime] | None = None
    conflict: Conflict | None = None
    features: dict[str, float] = field(default_factory=dict)
    probability: float = 0.0
    sentence: str = ""
    place: ClausePlace = NOWHERE

    @property
    def text(self) -> str:
        return self.evidence.text

    @property
    def said(self) -> bool:
        return self.place.verb == "said" and not self.place.reason


@dataclass(frozen=True, slots=True)
class _Scene:
    text: str
    field: str
    context: DatingContext
    reference: ReferenceDay
    spans: tuple[Span, ...]
    quotes: tuple[Span, ...]

    def sentence(self, at: int) -> Span:
        return self.spans[sentence_number(self.spans, at)]

    def after_act(self, at: int) -> bool:
        """Return whether a complete sentence before this place states an act: the news, which later times follow."""
        number = sentence_number(self.spans, at)
        return any(states_act(self.text[first:last]) for first, last in self.spans[:number])


def read_moments(title: str, text: str, context: DatingContext, reference: ReferenceDay) -> list[Moment]:
    """Return the moments of a title and of the first part of a text, in order, with the features of their places."""
    found: list[Moment] = []
    for name, words in (("title", title), ("text", text[:MAX_CHARACTERS])):
        scene = _Scene(words, name, context, reference, sentences(words), quoted_spans(words))
        found += [_moment(scene, *pair) for pair in islice(_pairs(scene), MAX_MOMENTS)]
    found = [_dated_clock(m, found, reference) if m.date is None else m for m in found]
    days = {m.reading.day for m in found if m.reading.day is not None and m.role in ("event", "quoted")}
    found = [replace(m, place=_among(m, found)) for m in found]
    return [replace(m, features={**m.features, **_day_features(m, days, reference)}) for m in found]


_OR = re.compile(r"[\s,]*(?:and|or|not|и|или|а не|[-\u2013/])?\s*(?:on |во? )?", re.IGNORECASE)


def _among(moment: Moment, found: Sequence[Moment]) -> ClausePlace:
    """Return the place of a time beside the others of its sentence: an earlier act of saying is the news itself."""
    place, day = moment.place, moment.reading.day
    beside = [o for o in found if o is not moment and o.sentence == moment.sentence]
    if place.reason or day is None:
        return place
    if any(o.place.verb == "said" and o.reading.day is not None and o.reading.day < day for o in beside):
        return replace(place, reason="an earlier day of saying stands in its sentence")
    for o in beside:
        first, second = sorted((o.evidence, moment.evidence), key=lambda e: e.start)
        at = moment.sentence.find(first.text) + len(first.text)
        until = moment.sentence.find(second.text, at)
        if o.reading.day not in (None, day) and until >= 0 and _OR.fullmatch(moment.sentence, at, until):
            return replace(place, reason="it is one of several days")
    return place


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
    qualified = None if words is None or words.year is not None else _QUALIFIED.match(scene.text, end)
    if qualified:
        beside = qualified[0].strip(" ,")
        said = f"{scene.text[start:end]!r}: {beside!r} beside it makes it another day, or one of several."
        reading = DayReading(conflict=Conflict("qualified", said, scene.text[start:end]))
    place = _place(scene, start, end, words if clock is None else None)
    features = _place_features(scene, start, end, (first, last), place)
    if role == "event" and features["price"] and place.verb != "said":
        # The move of a price is the reaction, not the news.
        role = "price_move"
    kind = {"event": _kind(words, clock)}.get(role, role)
    evidence = TimeEvidence(
        kind,
        scene.text[start:end],
        start,
        end,
        clock="quote" if role == "quoted" else "body",
        field=scene.field,
        note=reading.note,
    )
    features |= {"clock": float(clock is not None), "explicit": float(words is not None and words.year is not None)}
    features |= {"checked": float(reading.checked), "bounds": float(_meaning(words, clock) != "at")}
    moment = Moment(role, evidence, words, clock, reading, conflict=reading.conflict, features=features)
    moment = replace(moment, sentence=scene.text[first:last], place=place)
    return moment if clock is not None and words is None else _placed(moment, scene.reference)


def _role(scene: _Scene, start: int, end: int, words: DateWords | None) -> Role:
    begin = scene.text.rfind("\n", max(0, start - REACH), start) + 1
    line = scene.text[begin:start] if begin or start < REACH else "…" + scene.text[start - REACH : start]
    for pattern, role in _LABELS:
        if pattern.search(line):
            return role
    if words is not None and words.until is not None:
        return "date_range"
    if any(first < start < last for first, last in scene.quotes):
        return "quoted"
    first, last = scene.sentence(start)
    if _DENIED.search(scene.text, max(first, start - REACH), min(last, end + 2 * REACH)):
        return "denied"
    return "event"


def _kind(words: DateWords | None, clock: ClockWords | None) -> str:
    if clock is not None:
        return "time"
    if words is not None and words.relative is not None:
        return "relative_day"
    return "weekday" if words is not None and words.day is None and words.numeric is None else "date"


def _place(scene: _Scene, start: int, end: int, words: DateWords | None) -> ClausePlace:
    """Return the verb a time belongs to; ``words`` are those of a day without a clock."""
    first, last = scene.sentence(start)
    weekday = words is not None and words.weekday is not None and words.day is None
    place = place_of(scene.text[first:last], start - first, min(end, last) - first, weekday=weekday)
    if not place.reason and words is not None and _ITS_CLOCK.match(scene.text, end):
        return replace(place, reason="a clock that is not read stands beside the day")
    if not place.reason and place.verb == "happened" and not _NAME.search(scene.text, first + 1, last):
        return replace(place, reason="its sentence names nobody")
    if not place.reason and words is None and scene.field == "text" and scene.after_act(start):
        return replace(place, reason="an earlier sentence states the news")
    return place


def _place_features(scene: _Scene, start: int, end: int, sentence: Span, place: ClausePlace) -> dict[str, float]:
    """Return what the words around a time say, within its sentence."""
    text = scene.text
    clause = text[max(sentence[0], start - REACH) : min(sentence[1], end + REACH)]
    features = {"said": float(place.verb == "said"), "happened": float(place.verb == "happened")}
    features["outside"] = float(bool(place.reason))
    features["price"] = float(speaks_of_price(clause))
    features["title"] = float(scene.field == "title")
    features["later"] = float(scene.field == "text" and scene.after_act(start))
    return features


def _day_features(moment: Moment, days: set[date], reference: ReferenceDay) -> dict[str, float]:
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


def _dated_clock(moment: Moment, found: Sequence[Moment], reference: ReferenceDay) -> Moment:
    """Give a clock without a day the day of the publication, unless the text names another day for its news."""
    days = {m.reading.day for m in found if m.date is not None and m.role == "event"}
    if reference.day is None or days - {reference.day}:
        said = f"{moment.text!r} is a time of day, and nothing says of which day."
        moment = replace(moment, conflict=Conflict("day_unknown", said, moment.text))
    else:
        moment = replace(moment, reading=DayReading(reference.day, note=f"of the day of publication, {reference.day}"))
    return _placed(moment, reference)


def _placed(moment: Moment, reference: ReferenceDay) -> Moment:
    """Return the moment with its interval and the sides of the news it bounds, or with the conflict in their way."""
    words, clock, day = moment.date, moment.clock, moment.reading.day
    meaning, note, zone = _meaning(words, clock), moment.evidence.note, reference.zone
    whose = moment.evidence.clock
    conflict, covers, precision = moment.conflict, None, ""
    try:
        if clock is not None:
            zone, whose, said = zone_of_clock(clock, moment.sentence, reference.zone)
            note = "; ".join(n for n in (note, said) if n)
            if words is not None and words.relative is not None and zone != reference.zone:
                other = f"{moment.text!r} counts from the publisher's day, and its clock is another one."
                conflict = conflict or Conflict("reference_day", other, moment.text)
        if day is not None and moment.role != "date_range":
            if clock is not None:
                start, end, precision = clock_interval(clock, day, zone)
            elif words is not None and words.part is not None:
                start, end, precision = (*part_interval(words, day, zone), "hour")
            else:
                stamp = civil_day(day, "" if moment.place.elsewhere else zone)
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
