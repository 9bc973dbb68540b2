"""Where a stamp of an item comes from, how far it is trusted, and what the stamps together say of its publication."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from eventstudy.errors import StampError
from eventstudy.news.context import DatingContext
from eventstudy.news.moments import Moment
from eventstudy.news.stamps import Stamp, civil_day, day_anywhere, read_stamp, written_day
from eventstudy.news.time_evidence import Conflict, Published, TimeEvidence
from eventstudy.news.zones import find_zone, is_utc_name

Role = Literal["publication", "update", "embargo", "none"]
# Stamps of one publication lie within a day and its neighbors' midnights; further apart they contradict each other.
SAME = timedelta(hours=36)
SUFFICIENT, LAST = 2, 8
FIRST_STAMP = 1900
UNSET = date(1970, 1, 1)  # what publishing systems write where a time was never set


@dataclass(frozen=True, slots=True)
class StampSource:
    """One kind of stamp: its rank (1 is best), its role, and what is known of its zone.

    ``day_only``: it names a civil day, whatever its clock says. ``page``: without a zone it still gives the civil day
    in every zone; a row with a clock and no zone is refused instead, for its reader can declare the table's zone.
    """

    name: str
    rank: int
    role: Role = "publication"
    day_only: bool = False
    page: bool = True


# Field of a stamp -> its source. Ranks 1 and 2 suffice alone; lower ones need a second, independent rank; htmldate
# reads the same stamps as the others, so it is never a second one.
SOURCES: dict[str, StampSource] = {
    "given": StampSource("given by the user", 1, page=False),
    **dict.fromkeys(
        ["published", "pubdate", "issued", "date", "time", "dc:date"], StampSource("the row's stamp", 1, page=False)
    ),
    "json-ld published": StampSource("JSON-LD of this article", 1),
    "meta published": StampSource("meta element", 2),
    "date line": StampSource("labeled line of the text", 2),
    "json-ld other": StampSource("JSON-LD of an article with another headline", 3),
    "meta date": StampSource("meta element that does not name what it dates", 3),
    "itemprop published": StampSource("itemprop or <time pubdate>", 4),
    "time": StampSource("<time> element", 4),
    "visible": StampSource("visible date line", 5),
    "dateline": StampSource("dateline of the text", 6, day_only=True),
    "url": StampSource("date in the address", 7, day_only=True),
    "htmldate": StampSource("htmldate", LAST, day_only=True),
    **dict.fromkeys(["updated", "modified"], StampSource("the row's update", 1, "update")),
    "json-ld updated": StampSource("JSON-LD", 1, "update"),
    "meta updated": StampSource("meta element", 2, "update"),
    **dict.fromkeys(["fetched", "crawled", "lastbuilddate"], StampSource("the fetch", 1, "none")),
    **dict.fromkeys(["embargo", "embargo_until"], StampSource("embargo", 1, "embargo")),
}


@dataclass(frozen=True, slots=True)
class StampReading:
    """One stamp as read: its evidence, its interval if it has one, its civil day, or the reason it is not read."""

    source: StampSource
    evidence: TimeEvidence
    stamp: Stamp | None = None
    day: date | None = None
    conflict: Conflict | None = None

    @property
    def span(self) -> Stamp:
        """The interval of a stamp that was read."""
        assert self.stamp is not None  # noqa: S101 - only read stamps are asked
        return self.stamp


def read_stamps(stamps: Iterable[tuple[str, str]], context: DatingContext) -> tuple[StampReading, ...]:
    """Return every stamp of an item as read; what is not read says why."""
    known = [(field, text, SOURCES.get(field.casefold())) for field, text in stamps if field != "encoding"]
    return tuple(_read(field, text, source, context) for field, text, source in known if source is not None)


def _read(field: str, text: str, source: StampSource, context: DatingContext) -> StampReading:
    evidence = TimeEvidence(source.role, text, 0, len(text), clock="publisher", field=field, note=source.name)
    day = written_day(text, context.day_first)
    try:
        if source.day_only:
            if day is None:
                raise StampError("not_a_stamp", f"{text!r} is not a date.")
            stamp = civil_day(day, context.zone, text)
        else:
            stamp = read_stamp(text, zone=context.zone, day_first=context.day_first)
        if day == UNSET:
            raise StampError("not_a_stamp", f"{text!r} is the zero of computer clocks, not a date.")
        if stamp.start.year < FIRST_STAMP:
            raise StampError("old_for_news", f"{text!r} is before {FIRST_STAMP}.")
    except StampError as error:
        placeless = error.kind in ("zone_unknown", "half_day_unknown") and day is not None and day.year >= FIRST_STAMP
        if placeless and day is not None and (source.page or written_day(text, context.day_first, bare=True)):
            # The clock cannot be placed; the civil day can, in every zone.
            stamp = day_anywhere(day, text)
            said = f"{source.name}; {error.message} Taken as the day {day} in every zone"
            return StampReading(source, _bounded(replace(evidence, note=said), stamp), stamp, day)
        found = Conflict(error.kind, str(error), text)
        return StampReading(source, replace(evidence, note=f"{source.name}; {error.message}"), None, day, found)
    return StampReading(source, _bounded(evidence, stamp), stamp, day)


def _bounded(evidence: TimeEvidence, stamp: Stamp) -> TimeEvidence:
    earliest = stamp.start if evidence.kind in ("publication", "embargo") else None
    latest = stamp.end if evidence.kind == "publication" else None
    return replace(evidence, earliest=earliest, latest=latest, precision=stamp.precision)


_DATELINE = re.compile(r"[A-ZА-ЯЁ][\w .,'’()/-]{1,60}(?:[,:]?\s+|--)")
_AFTER_DATELINE = re.compile(r"\s*(?:/|\(|[-–—])")


def text_stamps(moments: Sequence[Moment], text: str, context: DatingContext) -> tuple[StampReading, ...]:
    """Return what the text itself says of its publication: a labeled line, or the dateline it begins with."""
    found = []
    for m in moments:
        if m.role == "publication" and m.reading.day is not None and m.evidence.field == "text":
            found.append(_of_moment("date line", m, context))
        elif m.evidence.field == "text" and m.role == "event" and m.reading.day is not None and m.clock is None:
            before = text[text.rfind("\n", 0, m.evidence.start) + 1 : m.evidence.start]
            after = text[m.evidence.end :].partition("\n")[0]
            ends = not after.strip() and not before.rstrip().endswith(":")
            if _DATELINE.fullmatch(before) and (ends or _AFTER_DATELINE.match(after)):
                found.append(_of_moment("dateline", m, context))
    return tuple(found)


def _of_moment(name: str, moment: Moment, context: DatingContext) -> StampReading:
    source, day = SOURCES[name], moment.reading.day
    assert day is not None  # noqa: S101 - only moments with a day come here
    timed = moment.covers if moment.clock is not None else None
    stamp = civil_day(day, context.zone)
    if timed is not None:
        stamp = Stamp(timed[0], timed[1], "minute", moment.text, moment.zone)
    evidence = TimeEvidence(
        "publication", moment.text, moment.evidence.start, moment.evidence.end, field="text", note=source.name
    )
    return StampReading(source, _bounded(evidence, stamp), stamp, day)


def in_order(stamps: Iterable[str], context: DatingContext) -> DatingContext:
    """Return the context with the order of numeric dates that the stamps of one table prove together."""
    if context.day_first is not None:
        return context
    seen = {int(m[1]) > 12 for s in stamps if (m := _NUMERIC.match(s)) and (int(m[1]) > 12) != (int(m[2]) > 12)}
    return replace(context, day_first=seen.pop()) if len(seen) == 1 else context


_NUMERIC = re.compile(r"\s*(\d\d?)[./-](\d\d?)[./-]\d")


def publication(readings: Sequence[StampReading]) -> tuple[Published | None, tuple[Conflict, ...]]:
    """Return when the item was published, and why its stamps contradict each other, if they do.

    The best rank speaks. Stamps of the ranks that suffice become their hull; a coarse stamp that agrees with a finer
    one adds nothing. Lower ranks only confirm a sufficient one, and need one another where there is none.
    """
    read = [r for r in readings if r.source.role == "publication" and r.stamp is not None]
    if not read:
        unread = [r.conflict for r in readings if r.source.role == "publication" and r.conflict is not None]
        return None, tuple(dict.fromkeys(unread))
    strong = _without_updates([r for r in read if r.source.rank <= SUFFICIENT], readings)
    weak = [r for r in read if SUFFICIENT < r.source.rank < LAST]
    others = [r for r in read if r.source.rank == LAST]
    if not strong and len({r.source.rank for r in weak}) < 2:
        # A lone stamp of a low rank may belong to another box of the page: what htmldate finds goes before it.
        within = [r for r in weak if not others or r.day == others[0].day or r.source is SOURCES["dateline"]]
        strong = within or others
    used = strong or weak
    apart = _apart(used)
    if apart is not None:
        return None, (apart,)
    finest = _finest(used)
    leading = min(finest, key=lambda r: r.source.rank)
    accepted = used[0].source.rank <= SUFFICIENT or len({r.source.rank for r in used}) >= 2
    spans = [r.span for r in finest]
    names = tuple(dict.fromkeys(r.source.name for r in used))
    earliest, latest = min(s.start for s in spans), max(s.end for s in spans)
    return Published(earliest, latest, _civil_day(leading, read), spans[0].zone, accepted, names), ()


def _civil_day(leading: StampReading, readings: Sequence[StampReading]) -> date:
    """Return the publisher's civil day: of the leading stamp, or, where that is in UTC, as the page writes it.

    Machines write any place's time in UTC; an address or a visible line within the zones of the earth tells the day.
    """
    stamp = leading.span
    if stamp.precision != "day" and is_utc_name(stamp.zone):
        ends = (stamp.start - timedelta(hours=12)).date(), (stamp.start + timedelta(hours=14)).date()
        shown = [r.day for r in readings if r.source.name in _CIVIL and r.day is not None]
        near = {d for d in shown if ends[0] <= d <= ends[1]}
        if len(near) == 1:
            return near.pop()
    return leading.day or stamp.start.date()


_CIVIL = (SOURCES["visible"].name, SOURCES["url"].name)


def _without_updates(strong: list[StampReading], readings: Sequence[StampReading]) -> list[StampReading]:
    """Return the stamps without those that repeat the time of an update after another one.

    The same wall clock under two offsets is a fault of some publishing systems, and not an update.
    """
    updates = {r.stamp.start for r in readings if r.source.role == "update" and r.stamp is not None}
    starts = [(r, r.span.start, _wall(r.span)) for r in strong]
    return [
        r for r, start, wall in starts if start not in updates or not any(o < start and w != wall for _, o, w in starts)
    ]


def _wall(stamp: Stamp) -> datetime | None:
    """Return what the clock of a stamp showed, to the minute."""
    if not stamp.zone:
        return None
    return stamp.start.astimezone(find_zone(stamp.zone)[0]).replace(tzinfo=None, second=0, microsecond=0)


def _finest(readings: Sequence[StampReading]) -> list[StampReading]:
    """Return the readings without those that only say more coarsely what a finer one says."""
    kept = []
    for one in readings:
        finer = [o for o in readings if o.span.end - o.span.start < one.span.end - one.span.start]
        meets = (one.span.start <= o.span.end and o.span.start <= one.span.end for o in finer)
        if not any(meets) and not any(one.day == o.day for o in finer):
            kept.append(one)
    return kept


def _apart(readings: Sequence[StampReading]) -> Conflict | None:
    """Return the conflict of two stamps that cannot both be this publication."""
    first, last = min(readings, key=lambda r: r.span.start), max(readings, key=lambda r: r.span.start)
    if last.span.start - first.span.end <= SAME:
        return None
    said = f"{first.source.name} says {first.evidence.text!r}, {last.source.name} says {last.evidence.text!r}."
    return Conflict("publication_disagrees", said, last.evidence.text)
