"""Several reports, one event: the interval they leave together, and proposals for an events file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from eventstudy.errors import NewsError, StampError
from eventstudy.market.instruments import instrument
from eventstudy.news.events.copies import group_items
from eventstudy.news.events.event_sessions import time_of_day
from eventstudy.news.items import Event, EventDay, EventTime, NewsItem
from eventstudy.news.readers import item_id
from eventstudy.news.stamps import read_stamp
from eventstudy.news.time_evidence import Candidate, Conflict, Dating
from eventstudy.news.zones import find_zone

# Reports of one event are not further apart than this; a merge over more drops a date, which needs a decision.
APART = timedelta(days=2)
MAX_EVIDENCE = 12
MAX_CLAIMS = 5
MAX_SOURCES = 12
EVENT_KINDS = ("time", "date", "weekday", "relative_day")
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Merged:
    """What several reports of one event amount to: an event, or the conflicts that stand in its way.

    ``order`` lists the reports as they came out, with what each bounds; ``updates`` the later changes, which bound
    nothing.
    """

    event: Event | None
    conflicts: tuple[Conflict, ...] = ()
    updates: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


# What is missing on one side of a single report is not a disagreement of several.
ONE_SIDED = frozenset({"only_publication", "only_upper_bound", "only_lower_bound"})


def merge_reports(name: str, datings: Sequence[Dating], *, label: str = "", instruments: Sequence[str] = ()) -> Merged:
    """Return the one event that several datings report.

    ``earliest`` is the latest instant at which it certainly was not yet public, ``latest`` the earliest instant at
    which it certainly was. Each report bounds what its evidence bounds: a publication only the end, an embargo or a
    happening only the beginning, a public act both. Of two public acts (two read-outs of one call) the later one is
    a second stamp of an event that was out by the first, so its beginning bounds nothing. A report with a conflict
    beside its publication bounds only the end.
    """
    if not datings:
        raise NewsError("An event needs at least one report.")
    reports = sorted(datings, key=lambda d: (_public_by(d) or LAST, d.item))
    upper = [at for d in reports if (at := _public_by(d)) is not None]
    updates = tuple(f"{e.text} ({d.item})" for d in reports for e in d.evidence if e.kind == "update")
    order = tuple(f"{d.item}: {_bound_words(d)}" for d in reports)
    latest = min(upper, default=None)
    lower = [at for d in reports for at in _not_before(d, latest)]
    if not lower or latest is None:
        side = "since when it was public" if not lower else "by when it was public"
        return Merged(None, (Conflict("half_open", f"None of the reports of {name} says {side}."),), updates, order)
    earliest = max(lower)
    if earliest > latest:
        said = f"One report of {name} has it public by {latest.isoformat()}, another not before {earliest.isoformat()}."
        return Merged(None, (Conflict("reports_disagree", said),), updates, order)
    time = EventTime(earliest, latest, "stamp", order[:MAX_EVIDENCE])
    items = tuple(d.item for d in reports)
    claims = tuple(dict.fromkeys(c.text for d in reports for c in d.claims))[:MAX_CLAIMS]
    return Merged(Event(item_id(name), time, tuple(instruments), label, items=items, claims=claims), (), updates, order)


def _public_by(dating: Dating) -> datetime | None:
    """Return when a report was certainly out: accepted, or by its publication."""
    if dating.event_time is not None:
        return dating.event_time.latest
    spoiled = {"publication_disagrees", "future_of_fetch", "date_line_vs_body"}
    if spoiled & {c.kind for c in dating.conflicts}:
        return None
    return max((e.latest for e in dating.evidence if e.kind == "publication" and e.latest is not None), default=None)


def _not_before(dating: Dating, latest: datetime | None) -> list[datetime]:
    """Return the lower bounds of a report: of an accepted time, or from an embargo.

    The beginning of a public act holds for the event only if no other report had it out before; that of a happening
    or an embargo holds whatever others say, and may contradict them.
    """
    found = [e.earliest for e in dating.evidence if e.kind == "embargo" and e.earliest is not None]
    if dating.event_time is None:
        return found
    stated = [e for e in dating.evidence if e.earliest is not None and e.kind in EVENT_KINDS]
    found += [e.earliest for e in stated if e.latest is None and e.earliest is not None]
    if latest is None or dating.event_time.earliest <= latest:
        found.append(dating.event_time.earliest)
    return found


def _bound_words(dating: Dating) -> str:
    first, last = max(_not_before(dating, None), default=None), _public_by(dating)
    return f"not before {first.isoformat() if first else 'unsaid'}, public by {last.isoformat() if last else 'unsaid'}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One event as proposed for review; ``open`` lists what a person must decide before it may be used.

    ``event`` is None where nothing bounds both sides; then ``open`` says what is known.
    """

    event: Event | None
    open: tuple[str, ...] = ()


def propose(item: NewsItem, dating: Dating, *, price_series: str = "", zone: str = "") -> Proposal:
    """Return a dating as an event for review, with all that must be decided before it may be used.

    A time that rests on price claims is marked ``basis: price`` and names the series: a study of that instrument
    would test the price by itself. The instruments and further columns of a row stay with its event; a date without
    a time, and the session beside it, are kept, so that a study lays them on each instrument's trading days.
    """
    evidence = tuple(f"{e.field}: {e.text[:120]!r} {e.kind}; {e.note}".removesuffix("; ") for e in dating.evidence)
    kept = _blank(item, dating)
    if dating.event_time is not None:
        time = replace(dating.event_time, evidence=evidence[:MAX_EVIDENCE])
        return Proposal(replace(kept, time=on_its_day(item, time, zone)))
    best = next((c for c in dating.candidates if c.earliest is not None and c.latest is not None), None)
    decide = (*(f"{c.kind}: {c.message}" for c in dating.conflicts), *_rivals(dating.candidates))
    if best is None or best.earliest is None or best.latest is None:
        return Proposal(None, (f"{kept.id} ({kept.label}): no interval is certain", *decide))
    basis = "price" if price_series else "assumed"
    reasons = tuple(f"candidate: {reason}" for reason in best.reasons)
    time = EventTime(best.earliest, best.latest, basis, (*reasons, *evidence)[:MAX_EVIDENCE])
    marked = {"price_series": price_series} if price_series else {}
    return Proposal(replace(kept, time=time, attributes={**kept.attributes, **marked}), decide)


_NO_TIME = EventTime(LAST, LAST)


def _blank(item: NewsItem, dating: Dating) -> Event:
    """Return the event of an item with everything but its time."""
    name = item_id(dating.item)
    return Event(
        id=name,
        time=_NO_TIME,
        instruments=item.instruments,
        label=(item.title or _first_line(item) or item.url)[:120],
        items=(name,),
        sources=tuple(s for s in (item.url, item.source) if s)[:2],
        claims=tuple(c.text for c in dating.claims)[:MAX_CLAIMS],
        attributes=item.attributes,
    )


def on_its_day(item: NewsItem, time: EventTime, zone: str = "") -> EventTime:
    """Return the time of a table's row with the date and session that its stamp gives in place of a time."""
    written = next((text for name, text in item.stamps if name == "published"), "")
    try:
        stamp = read_stamp(written, zone=zone or "UTC")
    except StampError:
        return time
    if stamp.precision != "day" or not written:
        return time
    zone_of_stamp = find_zone(stamp.zone)[0]
    day = EventDay(stamp.start.astimezone(zone_of_stamp).date(), item.session, zone)
    if not item.session:
        return replace(time, day=day)
    venues = {item.calendar} if item.calendar else {instrument(code).calendar for code in item.instruments}
    exchange = next(iter(venues)) if len(venues) == 1 else ""
    return time_of_day(day, exchange, time.evidence, time.basis)


Report = tuple[NewsItem, Dating]
Interval = tuple[datetime, datetime]


def stories(reports: Sequence[Report]) -> list[tuple[Report, ...]]:
    """Return the reports in groups of one event each, in the order of their first member.

    Reports are of one event if they are copies of one text or versions under one address, and their certain intervals
    meet, or they have equal stamps that cannot be read: releases with the same headline on other days are other
    events, and so are copies about other instruments or sessions. Only reports whose intervals meet are compared, so
    texts of other days cost nothing.
    """
    intervals = [certain_interval(dating) for _, dating in reports]
    dated = sorted((i for i, at in enumerate(intervals) if at), key=lambda i: intervals[i] or ())
    groups: list[list[int]] = []
    for run in _runs(dated, intervals):
        groups += [part for group in _alike_in(run, reports) for part in _meeting(group, intervals)]
    undated: dict[object, list[int]] = {}
    for i in (i for i, at in enumerate(intervals) if at is None):
        undated.setdefault(reports[i][0].stamps, []).append(i)
    groups += [group for equal in undated.values() for group in _alike_in(equal, reports)]
    return [tuple(reports[i] for i in sorted(group)) for group in sorted(groups, key=min)]


def certain_interval(dating: Dating) -> Interval | None:
    """Return when a report was certainly published: its accepted time, or the instant that bounds it."""
    time = dating.event_time
    if time is not None:
        return time.earliest, time.latest
    if dating.published is not None:
        return dating.published.earliest, dating.published.latest
    latest = _public_by(dating)
    return None if latest is None else (latest, latest)


def _runs(order: Sequence[int], intervals: Sequence[Interval | None]) -> Iterator[list[int]]:
    """Yield runs of reports, in order of time, in which each interval meets one before it."""
    run: list[int] = []
    reach: datetime | None = None
    for i in order:
        start, stop = intervals[i] or (LAST, LAST)
        if reach is not None and start > reach:
            yield run
            run = []
        run.append(i)
        reach = stop if reach is None or not run[1:] else max(reach, stop)
    if run:
        yield run


def _alike_in(run: Sequence[int], reports: Sequence[Report]) -> list[list[int]]:
    """Return a run in groups of copies of one text and versions under one address."""
    if len(run) == 1:
        return [list(run)]
    place = {id(reports[i][0]): i for i in run}
    first: dict[str, int] = {}
    found: dict[int, list[int]] = {}
    for number, group in enumerate(group_items([reports[i][0] for i in run])):
        for item in group:
            key = first.setdefault(item.url, number) if item.url else number
            found.setdefault(key, []).append(place[id(item)])
    return [part for group in found.values() for part in _parts(group, reports)]


def _parts(group: Sequence[int], reports: Sequence[Report]) -> list[list[int]]:
    """Return copies in parts of one event each.

    Copies about different instruments or sessions are different events; so are rows without a text whose further
    values differ (a release of two countries). A report without an instrument joins the only part that has one.
    """
    parts: dict[tuple[object, str], list[int]] = {}
    for i in group:
        item = reports[i][0]
        row = (item.session, () if item.text else tuple(item.attributes.items()))
        keys = [(row, code) for code in item.instruments or ("",)]
        part = next((parts[key] for key in keys if key in parts), [])
        part.append(i)
        parts |= {key: parts.get(key, part) for key in keys}
    different = list({id(part): part for part in parts.values()}.values())
    unnamed = [part for (_, code), part in parts.items() if not code]
    if len(different) == 2 and len(unnamed) == 1 and len({row for row, _ in parts}) == 1:
        return [sorted([*different[0], *different[1]])]
    return different


def _meeting(group: Sequence[int], intervals: Sequence[Interval | None]) -> list[list[int]]:
    """Return a group in parts whose intervals all have an instant in common."""
    parts: list[list[int]] = []
    end = LAST
    for i in sorted(group, key=lambda i: intervals[i] or ()):
        start, stop = intervals[i] or (LAST, LAST)
        apart = not parts or start > end
        if apart:
            parts.append([])
        parts[-1].append(i)
        end = stop if apart else min(end, stop)
    return parts


def propose_story(reports: Sequence[Report], *, name: str = "", price_series: str = "", zone: str = "") -> Proposal:
    """Return several reports of one event as one event for review.

    What their times leave together is the interval; a conflict of any of them is for a person to decide, except that
    one leaves a side open. Where the merged interval is open, the best candidate of the reports is proposed.
    """
    singles = [propose(item, dating, price_series=price_series, zone=zone) for item, dating in reports]
    if len(reports) == 1 and not name:
        return singles[0]
    name_given = name or reports[0][1].item
    best = next((p.event for p in singles if p.event is not None), None)
    named = tuple(dict.fromkeys(code for item, _ in reports for code in item.instruments))
    label = best.label if best else ""
    merged = merge_reports(name_given, [d for _, d in reports], label=label, instruments=named)
    open_ = tuple(
        f"{d.item}: {c.kind}: {c.message}" for _, d in reports for c in d.conflicts if c.kind not in ONE_SIDED
    )
    open_ = (*dropped_dates([d for _, d in reports]), *open_)
    later = tuple(f"update: {line}" for line in merged.updates)
    if merged.event is not None:
        sources = tuple(dict.fromkeys(s for i, _ in reports for s in (i.url, i.source) if s))[:MAX_SOURCES]
        time = replace(merged.event.time, evidence=(*merged.order, *later)[:MAX_EVIDENCE])
        label = reports[0][0].title or _first_line(reports[0][0])
        further = reports[0][0].attributes
        return Proposal(replace(merged.event, time=time, label=label[:120], sources=sources, attributes=further), open_)
    said = tuple(f"{c.kind}: {c.message}" for c in merged.conflicts)
    decide = tuple(dict.fromkeys((*said, *merged.order, *later, *(line for p in singles for line in p.open))))
    return Proposal(None if best is None else replace(best, id=item_id(name_given)), decide)


def dropped_dates(datings: Sequence[Dating]) -> tuple[str, ...]:
    """Return a sentence to decide on if one event of these reports would drop the date of one of them."""
    known = sorted((at, d.item) for d in datings if (at := certain_interval(d)) is not None)
    gaps = [(one, later) for one, later in pairwise(known) if later[0][0] - one[0][1] > APART]
    return tuple(
        f"dates_dropped: {later[1]} ({later[0][0]:%Y-%m-%d}) is more than {APART.days} days after {one[1]} "
        f"({one[0][1]:%Y-%m-%d}); one event for both drops a date."
        for one, later in gaps
    )


def _first_line(item: NewsItem) -> str:
    return item.text.strip().split("\n", 1)[0]


def _rivals(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(
        f"runner-up: {_iso(c.earliest)} to {_iso(c.latest)}, score {c.score:g}: {'; '.join(c.reasons[:3])}"
        for c in candidates[1:4]
    )


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else "open"


def rests_on_price_of(event: Event, code: str) -> bool:
    """Return whether an event's time was derived from the very price a study of ``code`` would test with it.

    Who accepts that writes ``circular_time = "accepted"`` into the attributes; the report still names the basis.
    """
    if event.time.basis != "price" or event.attributes.get("circular_time") == "accepted":
        return False
    series = str(event.attributes.get("price_series", ""))
    return not series or _plain(code) in {_plain(name) for name in series.split(";")}


def _plain(code: str) -> str:
    return "".join(c for c in code.upper() if c.isalnum())
