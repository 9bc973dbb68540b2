"""From one item to a ``Dating``: gather evidence, name conflicts, accept a time only where nothing opposes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from eventstudy.errors import StampError
from eventstudy.news.claims import find_claims
from eventstudy.news.context import NEWS_AGE, Context, Reference, reference_of, zone_of
from eventstudy.news.evidence import Candidate, Conflict, Dating, Evidence, Status
from eventstudy.news.grammar import sentences
from eventstudy.news.items import EventTime, NewsItem
from eventstudy.news.moments import MAX_CHARACTERS, Moment, read_moments
from eventstudy.news.ranking import calendar_candidates, price_candidates
from eventstudy.news.stamps import Stamp, read_stamp
from eventstudy.news.words import Role

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

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


@dataclass(frozen=True)
class Findings:
    """All that was gathered before anything is decided."""

    evidence: tuple[Evidence, ...]
    conflicts: tuple[Conflict, ...]
    publications: tuple[Stamp, ...]
    moments: tuple[Moment, ...]
    reference: Reference


def date_item(item: NewsItem, context: Context | None = None, bars: Sequence[Bars] = ()) -> Dating:
    """Return what an item says about when its news became public.

    An event time is given only when all evidence bounds both sides and nothing conflicts; everything else ends in
    candidates for review, ranked by the likelihood of the evidence, or undated.

    Parameters
    ----------
    item : NewsItem
    context : Context, optional
        The publisher's zone, the order of numeric dates, the fetch: told, never guessed.
    bars : sequence of Bars
        Daily series that price claims of the text are checked against.

    Examples
    --------
    >>> from eventstudy.news.items import NewsItem
    >>> text = "The Fed raised its rate at 2:00 p.m. ET on Wednesday, March 16, 2022."
    >>> dating = date_item(NewsItem("fed", "wire", "", text))
    >>> dating.status, dating.event_time.earliest.isoformat()
    ('dated', '2022-03-16T18:00:00+00:00')
    """
    context = context or Context(fetched_at=item.fetched_at)
    if context.fetched_at is None and item.fetched_at is not None:
        context = replace(context, fetched_at=item.fetched_at)
    found = gather(item, context)
    claims = find_claims(item.text[:MAX_CHARACTERS], sentences(item.text[:MAX_CHARACTERS]))
    bounds, conflicts = decide(found, context)
    notes = [f"only the first {MAX_CHARACTERS} characters were read"] if len(item.text) > MAX_CHARACTERS else []
    evidence = (*found.evidence, *_claim_evidence(claims))
    if not conflicts and bounds[0] is not None and bounds[1] is not None:
        time = EventTime(
            bounds[0], bounds[1], "stamp", tuple(f"{e.text!r}: {e.kind} {e.note}".strip() for e in evidence)
        )
        one = Candidate(time.earliest, time.latest, 0.0, ("all evidence agrees",))
        return Dating(item.id, "dated", time, (one,), evidence, (), claims, None, tuple(notes))
    ranked = price_candidates(found.moments, claims, bars, context) if bars and claims else None
    if ranked is not None:
        candidates, extra = ranked.candidates, ranked.conflicts
        notes += ranked.notes
    else:
        candidates, extra = calendar_candidates(found.moments, found.publications, bounds, context), ()
    margin = round(candidates[0].score - candidates[1].score, 3) if len(candidates) > 1 else None
    status: Status = "needs_review" if candidates or evidence else "undated"
    return Dating(item.id, status, None, candidates, evidence, (*conflicts, *extra), claims, margin, tuple(notes))


def _claim_evidence(claims: Iterable[object]) -> list[Evidence]:
    return [
        Evidence("price_claim", c.text, c.start, c.end, clock="venue" if c.venue else "body", note=f"about {c.subject}")  # type: ignore[attr-defined]
        for c in claims
    ]


def gather(item: NewsItem, context: Context) -> Findings:
    """Return the stamps and words of an item as evidence; publications first, as relative days count from them."""
    evidence: list[Evidence] = []
    conflicts: list[Conflict] = []
    stamps: list[Stamp] = []
    for field, text in item.stamps:
        role = STAMP_ROLES.get(field.casefold(), "background")
        try:
            stamp = read_stamp(text, zone=context.zone, day_first=context.day_first)
        except StampError as error:
            evidence.append(Evidence(role, text, 0, len(text), clock="publisher", field=field, note=error.message))
            if role in ("publication", "embargo"):
                conflicts.append(Conflict(error.kind, str(error), text))
            continue
        stamps += [stamp] if role == "publication" else []
        evidence.append(_stamp_evidence(field, text, role, stamp))
    first = reference_of(stamps[0] if stamps else None, context, _written_day(item, context))
    moments = _read_all(item, context, first)
    told = [m for m in moments if m.role == "publication" and m.reading is not None and m.reading.day is not None]
    lines = [_line_stamp(m, context) for m in told if m.evidence.latest is not None]
    reference = first
    if first.day is None and first.stamp is None and told:
        reference = reference_of(lines[0] if lines else None, context, told[0].reading.day)  # type: ignore[union-attr]
        moments = _read_all(item, context, reference)
    evidence += [m.evidence for m in moments]
    return Findings(tuple(evidence), tuple(conflicts), (*stamps, *lines), tuple(moments), reference)


def _written_day(item: NewsItem, context: Context) -> date | None:
    """Return the day of a publication stamp that has no zone: fit to be compared, not to be an instant."""
    for field, text in item.stamps:
        if STAMP_ROLES.get(field.casefold()) == "publication":
            try:
                return (
                    read_stamp(text, zone="UTC", day_first=context.day_first).start.date()
                    if not context.zone and _zoneless(text)
                    else None
                )
            except StampError:
                continue
    return None


def _zoneless(text: str) -> bool:
    try:
        read_stamp(text, day_first=False)
    except StampError as error:
        return error.kind == "zone_unknown"
    return False


def _line_stamp(moment: Moment, context: Context) -> Stamp:
    start, end = moment.bounds
    end = end or start
    return Stamp(start or end, end, "minute", moment.evidence.text, context.zone)  # type: ignore[arg-type]


def _read_all(item: NewsItem, context: Context, reference: Reference) -> list[Moment]:
    title = read_moments(item.title, "title", context, reference) if item.title else []
    return [*title, *read_moments(item.text, "text", context, reference)]


def _stamp_evidence(field: str, text: str, role: Role, stamp: Stamp) -> Evidence:
    bounds = {"publication": (None, stamp.end), "embargo": (stamp.start, None)}.get(role, (None, None))
    note = {"publication": "bounds latest only", "embargo": "not public before"}.get(role, "bounds nothing")
    clock = "crawler" if field.casefold() in ("fetched", "crawled") else "publisher"
    return Evidence(role, text, 0, len(text), *bounds, stamp.precision, clock, field, note)  # type: ignore[arg-type]


Bounds = tuple[datetime | None, datetime | None]


def decide(found: Findings, context: Context) -> tuple[Bounds, tuple[Conflict, ...]]:
    """Return the interval all evidence leaves, and every reason not to accept it."""
    conflicts = list(found.conflicts)
    for rule in RULES:
        conflicts += rule(found, context)
    earliest, latest = _intersection(found, context)
    if earliest is not None and latest is not None and earliest > latest and not conflicts:
        conflicts.append(Conflict("several_times", "The times of the text exclude one another."))
    if not conflicts and (earliest is None or latest is None):
        conflicts += _half_open(found, earliest, latest)
    return (earliest, latest), tuple(dict.fromkeys(conflicts))


def _intersection(found: Findings, context: Context) -> Bounds:
    events = [m for m in found.moments if m.role in ("event", "embargo")]
    lower = [m.evidence.earliest for m in events if m.evidence.earliest is not None]
    upper = [m.evidence.latest for m in events if m.evidence.latest is not None and m.role == "event"]
    lower += [e.earliest for e in found.evidence if e.kind == "embargo" and e.earliest is not None]
    lower += [context.not_before] if context.not_before else []
    upper += [p.end for p in found.publications]
    if context.first_report and found.publications:
        lower.append(max(p.start for p in found.publications))
    return max(lower, default=None), min(upper, default=None)


def _half_open(found: Findings, earliest: datetime | None, latest: datetime | None) -> list[Conflict]:
    if latest is None:
        if earliest is not None:
            return [Conflict("only_lower_bound", f"Not public before {earliest}; nothing bounds the other side.")]
        nothing = Conflict("no_event_time", "Nothing in the item says when the news became public.")
        return [nothing] if found.evidence else []
    said = f"Public by {latest.isoformat()}; nothing says since when."
    if found.publications and not any(m.role == "event" for m in found.moments):
        return [Conflict("only_publication", f"{said} Say so (first_report) if the item itself is the first report.")]
    return [Conflict("only_upper_bound", said)]


def _moment_conflicts(found: Findings, context: Context) -> list[Conflict]:
    return [c for m in found.moments if m.role in ("event", "embargo", "publication", "uncertain") for c in m.conflicts]


def _unreliable_words(found: Findings, context: Context) -> list[Conflict]:
    """Refuse times that are denied, quoted, or whose tense is open."""
    conflicts = []
    for m in found.moments:
        if m.role == "uncertain":
            conflicts.append(
                Conflict("uncertain", f"{m.evidence.text!r} is {m.evidence.note or 'in doubt'}.", m.evidence.text)
            )
        elif m.role == "event" and m.evidence.kind in ("weekday", "relative_day") and not m.past:
            conflicts.append(
                Conflict(
                    "tense_unclear", f"{m.evidence.text!r}: nothing says it is past, not to come.", m.evidence.text
                )
            )
    return conflicts


def _only_other_roles(found: Findings, context: Context) -> list[Conflict]:
    """Say when the only times are quoted or scheduled ones."""
    if any(m.role == "event" for m in found.moments):
        return []
    kinds = {"quoted": "only_in_quote", "schedule": "only_scheduled"}
    return [
        Conflict(kinds[m.role], f"{m.evidence.text!r} is {m.role}, not the time of this news.", m.evidence.text)
        for m in found.moments
        if m.role in kinds
    ][:1]


def _against_publication(found: Findings, context: Context) -> list[Conflict]:
    conflicts = []
    starts = [p.start for p in found.publications]
    if starts and max(starts) > min(p.end for p in found.publications):
        shown = " and ".join(sorted({p.text for p in found.publications}))
        conflicts.append(Conflict("publication_disagrees", f"The item gives different times of publication: {shown}."))
    for m in found.moments:
        earliest, latest = m.bounds
        if m.role != "event" or not found.publications:
            continue
        first = min(p.end for p in found.publications)
        if earliest is not None and earliest > first:
            shown = f"{m.evidence.text!r} is after the publication ({first.isoformat()})."
            conflicts.append(Conflict("after_publication", shown, m.evidence.text))
        elif latest is not None and latest < first - NEWS_AGE - timedelta(days=1):
            message = f"{m.evidence.text!r} is more than {NEWS_AGE.days} days older than the publication."
            conflicts.append(Conflict("old_for_news", message, m.evidence.text))
    return conflicts


def _future(found: Findings, context: Context) -> list[Conflict]:
    if context.fetched_at is None:
        return []
    late = [(p.text, p.start) for p in found.publications]
    late += [(m.evidence.text, m.evidence.earliest) for m in found.moments if m.role == "event" and m.evidence.earliest]
    return [
        Conflict("future_of_fetch", f"{text!r} is after the text was fetched ({context.fetched_at.isoformat()}).", text)
        for text, start in late
        if start > context.fetched_at
    ]


def _disjoint(found: Findings, context: Context) -> list[Conflict]:
    """Refuse when two times of the text cannot both be the event's."""
    events = [m for m in found.moments if m.role in ("event", "quoted") and any(m.bounds)]
    for i, one in enumerate(events):
        for other in events[i + 1 :]:
            if _apart(one.bounds, other.bounds) and "event" in (one.role, other.role):
                message = f"{one.evidence.text!r} and {other.evidence.text!r} cannot both be the time of the event."
                return [Conflict("several_times", message)]
    return []


def _apart(one: Bounds, other: Bounds) -> bool:
    return any(a is not None and b is not None and a > b for a, b in ((one[0], other[1]), (other[0], one[1])))


def _unconfirmed_day(found: Findings, context: Context) -> list[Conflict]:
    """Refuse a bare day that nothing confirms: no publication near it, no weekday that agrees, no time of day."""
    if found.publications or context.not_before:
        return []
    events = [m for m in found.moments if m.role == "event" and m.bounds != (None, None)]
    if any(m.timed or (m.reading is not None and m.reading.checked) for m in events):
        return []
    return [
        Conflict("unconfirmed_day", f"Nothing but the words {m.evidence.text!r} speaks for this day.", m.evidence.text)
        for m in events[:1]
    ]


def _date_line(found: Findings, context: Context) -> list[Conflict]:
    """Compare the day of publication with days of the body that have no year of their own."""
    day = found.reference.day
    if day is None and found.publications:
        first = found.publications[0]
        day = first.start.astimezone(zone_of(first.zone)).date()
    if day is None:
        return []
    conflicts = []
    for m in found.moments:
        if m.role == "event" and any(c.kind == "weekday_vs_day" for c in m.conflicts):
            text = m.evidence.text
            said = f"The text is dated {day}, a {day:%A}, which does not go with {text!r}."
            conflicts.append(Conflict("date_line_vs_body", said, text))
            if m.date is not None and m.date.year is None:
                unknown = f"{text!r} has no year, and the date line cannot lend it one."
                conflicts.append(Conflict("year_unknown", unknown, text))
    return conflicts


# Each rule returns the reasons it finds not to accept; none of them chooses.
RULES: tuple[Callable[[Findings, Context], list[Conflict]], ...] = (
    _moment_conflicts,
    _unreliable_words,
    _against_publication,
    _date_line,
    _future,
    _disjoint,
    _unconfirmed_day,
    _only_other_roles,
)
