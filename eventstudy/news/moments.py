"""Every time a text names, resolved as far as it can be: whose role it plays, which interval it bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from eventstudy.errors import StampError
from eventstudy.news.bounds import bounded, noted
from eventstudy.news.clocks import WhoseClock, day_bounds, moment_bounds, part_bounds, whose_clock
from eventstudy.news.context import Context, Reference
from eventstudy.news.date_words import find_dates, weekday_after
from eventstudy.news.days import DayReading, read_day, weekday_conflict
from eventstudy.news.evidence import Conflict, Evidence
from eventstudy.news.grammar import (
    Governed,
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
from eventstudy.news.phrases import DateWords, TimeWords
from eventstudy.news.publicity import hidden, history
from eventstudy.news.scene import HEAD, Scene
from eventstudy.news.time_words import find_times
from eventstudy.news.words import Meaning, Role

MAX_CHARACTERS = 60_000
MAX_MOMENTS = 200
SLACK = timedelta(hours=1)
_BRIDGE = re.compile(
    r"[\s,()\u2013\u2014|-]*(?:on|of|at|в|во|from|the|time|by|as of|after|before|since|around|about|к|на|до|после|"
    r"около|с|между|between|примерно|г\.|года|[Tt])?(?:\s+(?:the|в))?[\s,()|]*",
    re.IGNORECASE,
)
_CORRECTED = re.compile(r"\b(?:corrected|correction|corrects|исправлен\w*|уточнени\w+)\b", re.IGNORECASE)
_RUSSIAN = re.compile("[а-яё]{3}", re.IGNORECASE)


def read_moments(text: str, field: str, context: Context, reference: Reference) -> list[Moment]:
    """Return the moments of a text in order; of a very long text only its first part is read."""
    text = text[:MAX_CHARACTERS]
    dates, times = find_dates(text)[:MAX_MOMENTS], find_times(text)[:MAX_MOMENTS]
    if not dates and not times:
        return []
    russian = bool(_RUSSIAN.search(text))
    times = tuple(t for t in times if not any(d.start < t.end and t.start < d.end for d in dates))
    starts = tuple(t.start for t in times)
    scene = Scene(
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


def _pairs(
    scene: Scene, dates: Sequence[DateWords], times: Sequence[TimeWords]
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


def _moment(scene: Scene, words: DateWords | None, time: TimeWords | None, torn: bool) -> Moment:
    """Return one time of the text: its role, what stands against it, and its interval where that can be known."""
    marks = [m for m in (words, time) if m is not None]
    start, end = min(m.start for m in marks), max(m.end for m in marks)
    sentence, offset = scene.sentence(start)
    # A day that opens its sentence may stand far from its time ("On Monday the bank said at 10:00"); the time is ruled.
    far = words is not None and time is not None and words.end < time.start and not _beside(scene.text, words, time)
    ruled = _acting(scene, governing(sentence, (time.start if far and time else start) - offset, end - offset), start)
    role, word = _role(scene, ruled, words, time, (start, end))
    evidence = Evidence(
        kind=_kind(role, words, time),
        text=scene.text[start:end],
        start=start,
        end=end,
        clock="quote" if role == "quoted" else "publisher" if role in ("publication", "update") else "body",
        field=scene.field,
        note=f"governed by {word!r}" if word else "",
    )
    place = place_of_dateline(scene.text, start) if word == DATELINE else ""
    moment = Moment(role, evidence, date=words, timed=time is not None, past=ruled.past, act=ruled.act, zone=place)
    if torn:
        said = f"{evidence.text!r}: its sentence names more than one day."
        return replace(moment, conflicts=(Conflict("which_day", said, evidence.text),))
    doubts = _doubts(scene, moment, ruled, (marks[0].start, marks[0].end))
    try:
        found = _resolved(scene, moment, words, time, sentence)
    except StampError as error:
        found = replace(moment, conflicts=(Conflict(error.kind, str(error), evidence.text),))
    apart = _weekday_apart(scene, found)
    return replace(found, conflicts=tuple(dict.fromkeys((*doubts, *apart, *found.conflicts))))


def _weekday_apart(scene: Scene, moment: Moment) -> tuple[Conflict, ...]:
    """Return the conflict of a day with a weekday that is told after it: "; it was a Wednesday"."""
    day = moment.reading.day if moment.reading is not None else None
    told = weekday_after(scene.text, moment.evidence.end)
    if day is None or told is None or told == day.weekday():
        return ()
    words = DateWords(0, 0, moment.evidence.text, month=day.month, day=day.day, weekday=told)
    return (weekday_conflict(words, day, scene.context),)


def _acting(scene: Scene, ruled: Governed, position: int) -> Governed:
    """Return what rules a time, given what the text around it tells of the act."""
    if ruled.act == "public" and scene.hidden:
        return replace(ruled, act="happening")
    if ruled.act == "public" and not scene.is_first(position):
        # The news stands before it; who speaks then answers, or says it again.
        return replace(ruled, act="repeat")
    return ruled


DATELINE = "its place in the dateline"


def _role(
    scene: Scene, ruled: Governed, words: DateWords | None, time: TimeWords | None, span: Span
) -> tuple[Role, str]:
    """Return the role of a time and the words or the place that gave it."""
    role, word, act, start = ruled.role, ruled.word, ruled.act, span[0]
    meaning = (time or words or TimeWords(0, 0, "", 0)).meaning
    if is_quoted(scene.quotes, start):
        return "quoted", word
    if role in ("event", "background") and time is None and is_dateline(scene.text, *span):
        return "publication", DATELINE
    if role != "event":
        return role, word
    if words is not None and words.until is not None:
        return "background", "a range of days"
    if scene.history:
        return "background", scene.history
    if act == "price":
        return ("background", "a move of prices") if meaning in ("at", "after", "since") else (role, word)
    if not scene.in_lead(start) and not (act == "public" and scene.tells_of_itself(start)):
        return "background", "its place below the lead"
    if act == "public" and scene.announces_to_come(start):
        return "schedule", "what is to come"
    return ("uncertain", "corrected") if _CORRECTED.search(scene.sentence(start)[0]) else (role, word)


def _doubts(scene: Scene, moment: Moment, ruled: Governed, first: Span) -> tuple[Conflict, ...]:
    """Return what speaks against the bond of a time with its verb."""
    text, found, event = moment.evidence.text, [], moment.role == "event"
    if event and not ruled.tied:
        found.append(("loose_link", f"{text!r}: nothing ties this time to the verb {ruled.verb!r}."))
    if event and ruled.act == "private":
        found.append(("not_public", f"{text!r}: nothing shows that what was {ruled.verb!r} then was for the public."))
    if (event or moment.role == "publication") and any(
        is_qualified(scene.text, *span) for span in {(moment.evidence.start, moment.evidence.end), first}
    ):
        found.append(("qualified", f"{text!r}: the words beside it make it another day, or one of several."))
    return tuple(Conflict(kind, said, text) for kind, said in found)


def _kind(role: Role, words: DateWords | None, time: TimeWords | None) -> str:
    if role != "event":
        return "date_range" if words is not None and words.until is not None else role
    if time is not None:
        return "time"
    if words is not None and words.relative:
        return "relative_day"
    return "weekday" if words is not None and words.day is None and words.numeric is None else "date"


def _resolved(scene: Scene, moment: Moment, words: DateWords | None, time: TimeWords | None, sentence: str) -> Moment:
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


def _placed(scene: Scene, moment: Moment, words: DateWords | None, time: TimeWords | None, clock: WhoseClock) -> Moment:
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


def _day_of(scene: Scene, words: DateWords | None, clock: WhoseClock) -> DayReading:
    if words is not None:
        return read_day(words, scene.context, scene.reference, clock.zone, scene.russian)
    published = scene.reference.day_in(clock.zone)
    if published is None or published != (scene.reference.day or published):
        return DayReading(conflict=Conflict("day_unknown", "A time of day, and nothing says of which day."))
    return DayReading(published, note=f"of the day of publication, {published}")
