"""Everything an item says about time, gathered before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from eventstudy.errors import StampError
from eventstudy.news.context import Context, Reference, reference_of
from eventstudy.news.evidence import Clock, Conflict, Evidence
from eventstudy.news.items import NewsItem
from eventstudy.news.moment import Moment
from eventstudy.news.moments import read_moments
from eventstudy.news.stamps import Stamp, read_stamp
from eventstudy.news.words import Role

# Field of an item's stamps -> the role it plays. Publication bounds `latest`; an update and a crawl bound nothing.
STAMP_ROLES: dict[str, Role] = {
    **dict.fromkeys(
        ["published", "datepublished", "pubdate", "date_published", "issued", "date", "time"], "publication"
    ),
    **dict.fromkeys(["article:published_time", "article_date", "visible", "dc:date", "told"], "publication"),
    **dict.fromkeys(["updated", "modified", "datemodified", "date_modified", "article:modified_time"], "update"),
    **dict.fromkeys(["fetched", "crawled", "lastbuilddate"], "update"),
    **dict.fromkeys(["embargo", "embargo_until"], "embargo"),
}
CRAWLER_FIELDS = frozenset({"fetched", "crawled"})


@dataclass(frozen=True)
class Findings:
    """Evidence, the conflicts of single pieces, the publications, the moments of the text, and its own day."""

    evidence: tuple[Evidence, ...]
    conflicts: tuple[Conflict, ...]
    publications: tuple[Stamp, ...]
    moments: tuple[Moment, ...]
    reference: Reference


@dataclass(frozen=True)
class StampReading:
    """One stamp of an item as read: a stamp, or the conflict and the day it shows all the same."""

    evidence: Evidence
    role: Role
    stamp: Stamp | None = None
    conflict: Conflict | None = None
    written: date | None = None


def gather(item: NewsItem, context: Context) -> Findings:
    """Return the stamps and words of an item; publications first, as relative days count from them."""
    readings = [read_item_stamp(f, t, context) for f, t in item.stamps if f != "encoding"]
    stamps = [r.stamp for r in readings if r.role == "publication" and r.stamp is not None]
    written = next((r.written for r in readings if r.role == "publication" and r.written is not None), None)
    reference = reference_of(stamps[0] if stamps else None, context, None if stamps else written)
    moments = read_item(item, context, reference)
    told = [m for m in moments if m.role == "publication" and m.reading is not None and m.reading.day is not None]
    lines = [line_stamp(m) for m in told if m.evidence.latest is not None]
    if reference.stamp is None and reference.written is None and told:
        day = told[0].reading.day if told[0].reading is not None else None
        dateline = told[0].reading is not None and not told[0].timed
        # A day on a line is the writer's day; a full stamp is an instant.
        reference = reference_of(
            lines[0] if lines else None, context, day if dateline else None, told[0].zone if dateline else ""
        )
        moments = read_item(item, context, reference)
    evidence = (*(r.evidence for r in readings), *(m.evidence for m in moments))
    return Findings(evidence, tuple(_conflicts(readings, stamps)), (*stamps, *lines), tuple(moments), reference)


def _conflicts(readings: Iterable[StampReading], stamps: Sequence[Stamp]) -> list[Conflict]:
    """Return the conflicts of the stamps; one without a zone is none beside another of the same day that has one."""
    days = {s.start.date() for s in stamps} | {s.end.date() for s in stamps}
    return [
        r.conflict
        for r in readings
        if r.conflict is not None
        and r.role in ("publication", "embargo")
        and not (r.conflict.kind == "zone_unknown" and r.written in days)
        and not (r.evidence.field == "visible" and r.conflict.kind == "not_a_stamp" and stamps)
    ]


def read_item_stamp(field: str, text: str, context: Context) -> StampReading:
    """Return one stamp of an item: strict forms first, then a date in words."""
    role = STAMP_ROLES.get(field.casefold(), "background")
    try:
        stamp = read_stamp(text, zone=context.zone, day_first=context.day_first)
    except StampError as error:
        evidence = Evidence(role, text, 0, len(text), clock="publisher", field=field, note=error.message)
        conflict = Conflict(error.kind, str(error), text)
        return StampReading(evidence, role, None, conflict, written_day(text, context))
    return StampReading(_evidence(field, text, role, stamp), role, stamp)


def _evidence(field: str, text: str, role: Role, stamp: Stamp) -> Evidence:
    note = {"publication": "bounds latest only", "embargo": "not public before"}.get(role, "bounds nothing")
    earliest = stamp.start if role == "embargo" else None
    latest = stamp.end if role == "publication" else None
    clock: Clock = "crawler" if field.casefold() in CRAWLER_FIELDS else "publisher"
    return Evidence(role, text, 0, len(text), earliest, latest, stamp.precision, clock, field, note)


def written_day(text: str, context: Context) -> date | None:
    """Return the day of a stamp without a zone: fit to be compared, not to be an instant."""
    try:
        return read_stamp(text, zone="UTC", day_first=context.day_first).start.date()
    except StampError:
        return None


def line_stamp(moment: Moment) -> Stamp:
    """Return the publication a line of the text tells."""
    start, end = moment.bounds
    known = [at for at in (start, end) if at is not None]
    return Stamp(known[0], known[-1], "minute" if moment.timed else "day", moment.evidence.text, moment.zone)


def read_item(item: NewsItem, context: Context, reference: Reference) -> list[Moment]:
    """Return the moments of title and text."""
    title = read_moments(item.title, "title", context, reference) if item.title else []
    return [*title, *read_moments(item.text, "text", context, reference)]


def proved_order(items: Iterable[NewsItem]) -> bool | None:
    """Return whether the day comes first in the numeric stamps of a table: proved by numbers above 12, else None."""
    seen: set[bool] = set()
    for item in items:
        for _, text in item.stamps:
            parts = text.replace(".", "/").replace("-", "/").split("/")
            if len(parts) >= 3 and parts[0].isdigit() and parts[1].isdigit() and len(parts[0]) <= 2:
                first, second = int(parts[0]), int(parts[1])
                if (first > 12) != (second > 12):
                    seen.add(first > 12)
    return seen.pop() if len(seen) == 1 else None


def in_order(items: Sequence[NewsItem], context: Context) -> Context:
    """Return the context with the order of numeric dates that the items of one table prove together."""
    return context if context.day_first is not None else replace(context, day_first=proved_order(items))
