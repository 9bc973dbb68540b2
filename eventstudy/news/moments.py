"""Every time a text names, resolved as far as it can be: whose role it plays, which interval it bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from eventstudy.errors import StampError
from eventstudy.news.bounds import bounded, noted
from eventstudy.news.clocks import WhoseClock, day_bounds, moment_bounds, part_bounds, whose_clock
from eventstudy.news.context import Context, Reference
from eventstudy.news.days import DayReading, read_day
from eventstudy.news.evidence import Conflict, Evidence
from eventstudy.news.grammar import (
    Span,
    governing,
    is_dateline,
    is_quoted,
    place_of_dateline,
    quoted_spans,
    sentence_at,
    sentences,
)
from eventstudy.news.links import is_qualified, opens
from eventstudy.news.moment import Moment
from eventstudy.news.phrases import DateWords, TimeWords, find_dates, find_times
from eventstudy.news.publicity import hidden, history
from eventstudy.news.words import Meaning, Role

MAX_CHARACTERS = 60_000
MAX_MOMENTS = 200
# News say when in the title or the lead; what stands further down is told of other days.
LEAD = 400
LEAD_SENTENCES = 2
HEAD = 700
WORDY = 5
HEADER_WORDS = 8
_UPCOMING = re.compile(
    r"\b(?:next|upcoming|forthcoming) release\b|\b(?:release )?calendar\b|следующ\w+ публикаци", re.IGNORECASE
)
_ITSELF = re.compile(
    r"\W*(?:The|Its|Their|This|That)\s+(?:[\w'’-]+\s+){0,3}(?:announcement|decision|statement|release|news|"
    r"communiqu[eé]|results?)\s+(?:was|were|came|went)\b|\W*(?:It|They|The [\w'’-]+)\s+announced\s+(?:the|its|this|"
    r"that)\s+(?:move|decision|news|results?|cut|increase|hike|deal|merger)\b|\W*(?:Решение|Объявление|Заявление|"
    r"Сообщение|Об этом|О решении)\b"
)
_HEADER = re.compile(r"\b(?:19|20)\d\d\b|^\W*[A-ZА-ЯЁ]{4,}\b")
SLACK = timedelta(hours=1)
_BRIDGE = re.compile(
    r"[\s,()\u2013\u2014|-]*(?:on|of|at|в|во|from|the|time|by|as of|after|before|since|around|about|к|на|до|после|"
    r"около|с|между|between|примерно|г\.|года|[Tt])?(?:\s+(?:the|в))?[\s,()|]*",
    re.IGNORECASE,
)
_CORRECTED = re.compile(r"\b(?:corrected|correction|corrects|исправлен\w*|уточнени\w+)\b", re.IGNORECASE)
_RUSSIAN = re.compile("[а-яё]{3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Scene:
    """The text around the words, shared by all of its moments."""

    text: str
    field: str
    spans: tuple[Span, ...]
    quotes: tuple[Span, ...]
    context: Context
    reference: Reference
    russian: bool
    times: tuple[int, ...]
    hidden: bool
    history: str

    def in_lead(self, position: int) -> bool:
        """Return whether a position is in the title, or in the first sentences of the text that say something."""
        if self.field != "text":
            return True
        start = sentence_at(self.spans, position)[0]
        if start >= LEAD:
            return False
        told = sum(self._tells(self.text[a:b]) for a, b in self.spans if a < start)
        return told < LEAD_SENTENCES

    def is_first(self, position: int) -> bool:
        """Return whether nothing is told before a sentence, or it tells of itself when it came out."""
        start, end = sentence_at(self.spans, position)
        told = any(self._is_news(self.text[a:b], self.text[start:end]) for a, b in self.spans if b <= start)
        return self.field != "text" or not told or _ITSELF.match(self.text[start:end]) is not None

    def tells_of_itself(self, position: int) -> bool:
        """Return whether a sentence near the top tells when this very news came out: "The decision was announced at"."""
        start, end = sentence_at(self.spans, position)
        return start < LEAD and _ITSELF.match(self.text[start:end]) is not None

    def _tells(self, sentence: str) -> bool:
        """Return whether a sentence says something: a line of a date and a place does not."""
        words = sentence.split()
        return len(words) >= WORDY and not (len(words) <= HEADER_WORDS and _HEADER.search(sentence))

    def _is_news(self, before: str, sentence: str) -> bool:
        """Return whether a sentence tells other news than one after it; a headline tells the same."""
        words = before.split()
        if len(words) < 3 or (len(words) <= HEADER_WORDS and _HEADER.search(before)):
            return False
        headline = before.rstrip(" ")[-1:] == "\n" and before.strip()[-1:] not in ".!?"
        return not (headline and len(_stems(before) & _stems(sentence)) >= 2)

    def sentence(self, position: int) -> tuple[str, int]:
        start, end = sentence_at(self.spans, position)
        return self.text[start:end], start


def read_moments(text: str, field: str, context: Context, reference: Reference) -> list[Moment]:
    """Return the moments of a text in order; of a very long text only its first part is read."""
    text = text[:MAX_CHARACTERS]
    dates, times = find_dates(text)[:MAX_MOMENTS], find_times(text)[:MAX_MOMENTS]
    if not dates and not times:
        return []
    russian = bool(_RUSSIAN.search(text))
    times = tuple(t for t in times if not any(d.start < t.end and t.start < d.end for d in dates))
    starts = tuple(t.start for t in times)
    scene = _Scene(
        text,
        field,
        sentences(text),
        quoted_spans(text),
        context,
        reference,
        russian,
        starts,
        hidden(text[:HEAD]),
        history(text[:HEAD]),
    )
    moments = [_moment(scene, *pair) for pair in _pairs(scene, dates, times)]
    return sorted(moments, key=lambda m: m.evidence.start)[:MAX_MOMENTS]


def _stems(text: str) -> set[str]:
    """Return the beginnings of the longer words of a sentence."""
    return {w.casefold()[:5] for w in re.findall(r"[^\W\d_]{4,}", text)}


def _pairs(
    scene: _Scene, dates: Sequence[DateWords], times: Sequence[TimeWords]
) -> Iterator[tuple[DateWords | None, TimeWords | None, bool]]:
    """Yield each time with its day, and each day without a time; True marks a time that could go with several days."""
    used: set[int] = set()
    for time in times:
        start, end = sentence_at(scene.spans, time.start)
        near = [d for d in dates if start <= d.start < end and d.until is None]
        near = [d for d in near if not is_dateline(scene.text, d.start, d.end) or _beside(scene.text, d, time)]
        beside = min((d for d in near if _beside(scene.text, d, time)), key=lambda d: _gap(d, time), default=None)
        if beside is None and len(near) == 1 and len([t for t in times if start <= t.start < end]) == 1:
            beside = near[0] if opens(scene.text[start:end], near[0].start - start, near[0].end - start) else None
        if beside is not None:
            used.add(id(beside))
        yield beside, time, beside is None and len(near) > 0
    for words in dates:
        if id(words) not in used:
            yield words, None, False


def _gap(words: DateWords, time: TimeWords) -> int:
    return time.start - words.end if time.start >= words.end else words.start - time.end


def _beside(text: str, words: DateWords, time: TimeWords) -> bool:
    between = text[words.end : time.start] if time.start >= words.end else text[time.end : words.start]
    return len(between) < 24 and _BRIDGE.fullmatch(between) is not None


def _moment(scene: _Scene, words: DateWords | None, time: TimeWords | None, torn: bool) -> Moment:
    marks = [m for m in (words, time) if m is not None]
    start, end = min(m.start for m in marks), max(m.end for m in marks)
    sentence, offset = scene.sentence(start)
    # A day that opens its sentence may stand far from its time ("On Monday the bank said at 10:00"); the time is ruled.
    far = words is not None and time is not None and words.end < time.start and not _beside(scene.text, words, time)
    ruled = governing(sentence, (time.start if far and time else start) - offset, end - offset)
    role, word, act = ruled.role, ruled.word, ruled.act
    if act == "public" and scene.hidden:
        act = "happening"
    if act == "public" and not scene.is_first(start):
        # The news stands before it; who speaks then answers, or says it again.
        act = "repeat"
    place = ""
    if role in ("event", "background") and time is None and is_dateline(scene.text, start, end):
        role, word, place = "publication", "its place in the dateline", place_of_dateline(scene.text, start)
    if role == "event" and act == "price" and marks[-1].meaning in ("at", "after", "since"):
        role, word = "background", "a move of prices"
    if (
        role == "event"
        and not scene.in_lead(start)
        and act != "price"
        and not (act == "public" and scene.tells_of_itself(start))
    ):
        role, word = "background", "its place below the lead"
    if role == "event" and act == "public" and _UPCOMING.search(scene.text, max(0, start - 80), start):
        role, word = "schedule", "what is to come"
    if role == "event" and scene.history:
        role, word = "background", scene.history
    if role == "event" and words is not None and words.until is not None:
        role, word = "background", "a range of days"
    if is_quoted(scene.quotes, start):
        role = "quoted"
    evidence = Evidence(
        kind=_kind(role, words, time),
        text=scene.text[start:end],
        start=start,
        end=end,
        clock="quote" if role == "quoted" else "publisher" if role in ("publication", "update") else "body",
        field=scene.field,
        note=f"governed by {word!r}" if word else "",
    )
    moment = Moment(role, evidence, date=words, timed=time is not None, past=ruled.past, act=act, zone=place)
    if role == "event" and _CORRECTED.search(sentence):
        moment = replace(moment, role="uncertain", evidence=replace(evidence, kind="uncertain", note="corrected"))
    if role == "event" and not ruled.tied:
        said = f"{evidence.text!r}: nothing ties this time to the verb {ruled.verb!r}."
        moment = replace(moment, conflicts=(Conflict("loose_link", said, evidence.text),))
    if role == "event" and act == "private":
        said = f"{evidence.text!r}: nothing shows that what was {ruled.verb!r} then was for the public."
        moment = replace(moment, conflicts=(*moment.conflicts, Conflict("not_public", said, evidence.text)))
    if role == "event" and any(
        is_qualified(scene.text, *span) for span in {(start, end), (marks[0].start, marks[0].end)}
    ):
        said = f"{evidence.text!r}: the words beside it make it another day, or one of several."
        moment = replace(moment, conflicts=(*moment.conflicts, Conflict("qualified", said, evidence.text)))
    if torn:
        conflict = Conflict("which_day", f"{evidence.text!r}: its sentence names more than one day.", evidence.text)
        return replace(moment, conflicts=(conflict,))
    loose = moment.conflicts
    try:
        found = _resolved(scene, moment, words, time, sentence)
    except StampError as error:
        found = replace(moment, conflicts=(Conflict(error.kind, str(error), evidence.text),))
    return replace(found, conflicts=tuple(dict.fromkeys((*loose, *found.conflicts))))


def _kind(role: Role, words: DateWords | None, time: TimeWords | None) -> str:
    if role != "event":
        return "date_range" if words is not None and words.until is not None else role
    if time is not None:
        return "time"
    if words is not None and words.relative:
        return "relative_day"
    return "weekday" if words is not None and words.day is None and words.numeric is None else "date"


def _resolved(scene: _Scene, moment: Moment, words: DateWords | None, time: TimeWords | None, sentence: str) -> Moment:
    first, last = sentence_at(scene.spans, moment.evidence.start)
    lone = time is None or sum(first <= at < last for at in scene.times) <= 1
    if moment.zone:
        clock = WhoseClock(moment.zone, "publisher", note="the clock of the dateline's town")
    else:
        clock = whose_clock(sentence, time, scene.reference.zone, scene.reference.loose, lone)
    reading = _day_of(scene, words, clock)
    evidence = replace(
        moment.evidence, note="; ".join(n for n in (moment.evidence.note, clock.note, reading.note) if n)
    )
    if clock.clock in ("venue", "publisher") and moment.role in ("event", "publication"):
        evidence = replace(evidence, clock=clock.clock)
    moment = replace(moment, evidence=evidence, reading=reading, zone=clock.zone)
    if reading.conflict is not None:
        if words is not None and words.until is not None:
            return replace(moment, conflicts=(reading.conflict,))
        return replace(noted(moment, _meaning(words, time)), conflicts=(reading.conflict,))
    try:
        return _placed(scene, moment, words, time, clock)
    except StampError as error:
        return replace(
            noted(moment, _meaning(words, time)), conflicts=(Conflict(error.kind, str(error), evidence.text),)
        )


def _placed(
    scene: _Scene, moment: Moment, words: DateWords | None, time: TimeWords | None, clock: WhoseClock
) -> Moment:
    """Return the moment with its interval, now that its day is known."""
    day = moment.reading.day if moment.reading else None
    if day is None:
        return moment
    meaning = _meaning(words, time)
    day_end = None
    if time is not None:
        machine = words is not None and (words.numeric is not None or words.text[:4].isdigit())
        start, end, precision = moment_bounds(time, day, clock.zone, machine)
        day_end = day_bounds(day, clock.zone, time.text)[1] if meaning in ("after", "since") else None
    elif words is not None and words.part:
        start, end, precision = *part_bounds(words.part, day, clock.zone, words.text), "hour"
    else:
        start, end, precision = *day_bounds(day, clock.zone, moment.evidence.text), "day"
    if (words is None or words.relative) and time is not None and not scene.reference.holds_at(start):
        said = f"{time.text!r}: at that instant it was another day than {day} for whoever wrote the date."
        raise StampError("day_unknown", said)
    if clock.loose and day != scene.reference.day:
        start, end = start - SLACK, end + SLACK
    return bounded(moment, meaning, (start, end), precision, day_end)


def _meaning(words: DateWords | None, time: TimeWords | None) -> Meaning:
    """Return what the preposition says; in "by Tuesday, 18:00" that of the day also speaks for the time."""
    if time is not None and time.meaning != "at":
        return time.meaning
    return "at" if words is None else words.meaning


def _day_of(scene: _Scene, words: DateWords | None, clock: WhoseClock) -> DayReading:
    if words is not None:
        return read_day(words, scene.context, scene.reference, clock.zone, scene.russian)
    published = scene.reference.day_in(clock.zone)
    if published is None or published != (scene.reference.day or published):
        return DayReading(conflict=Conflict("day_unknown", "A time of day, and nothing says of which day."))
    return DayReading(published, note=f"of the day of publication, {published}")
