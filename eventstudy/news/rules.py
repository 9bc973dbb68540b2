"""The rules that accept or refuse a time: each returns the reasons it finds against, none of them chooses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from eventstudy.news.context import NEWS_AGE, Context, zone_of
from eventstudy.news.evidence import Conflict
from eventstudy.news.findings import Findings
from eventstudy.news.moment import Moment
from eventstudy.news.stamps import Stamp

Bounds = tuple[datetime | None, datetime | None]
# Stamps of one publication in different fields of a page differ by seconds; the later one is taken.
WIDEST = timedelta(days=2)
SAME_PUBLICATION = timedelta(minutes=10)


def decide(found: Findings, context: Context) -> tuple[Bounds, tuple[Conflict, ...]]:
    """Return the interval all evidence leaves, and every reason not to accept it."""
    conflicts = list(found.conflicts)
    for rule in RULES:
        conflicts += rule(found, context)
    earliest, latest = intersection(found, context)
    if not conflicts and earliest is not None and latest is not None and earliest > latest:
        conflicts.append(Conflict("several_times", "The times of the item exclude one another."))
    if not conflicts and (earliest is None or latest is None):
        conflicts += _half_open(found, earliest, latest)
    elif not conflicts and earliest is not None and latest is not None and latest - earliest > WIDEST:
        said = (
            f"All that is certain is {earliest.isoformat()} to {latest.isoformat()}, too wide to be one event's time."
        )
        conflicts.append(Conflict("too_wide", said))
    return (earliest, latest), tuple(dict.fromkeys(conflicts))


def intersection(found: Findings, context: Context) -> Bounds:
    """Return what all bounds leave: the latest lower and the earliest upper one."""
    lower = [m.evidence.earliest for m in found.moments if m.role in ("event", "embargo") and m.evidence.earliest]
    upper = [m.evidence.latest for m in found.moments if m.role == "event" and m.evidence.latest]
    lower += [e.earliest for e in found.evidence if e.kind == "embargo" and e.earliest is not None]
    lower += [context.not_before] if context.not_before else []
    published = published_by(found)
    upper += [published] if published is not None else []
    if context.first_report and found.publications:
        lower.append(min(p.start for p in found.publications))
    return max(lower, default=None), min(upper, default=None)


def published_by(found: Findings) -> datetime | None:
    """Return the instant at which the item was certainly out, or None."""
    return max((p.end for p in _finest(found)), default=None)


def _finest(found: Findings) -> list[Stamp]:
    """Return the publications, without whole days that a finer stamp lies in."""
    fine = [p for p in found.publications if p.precision != "day"]
    return [p for p in found.publications if p.precision != "day" or not any(p.start <= f.start <= p.end for f in fine)]


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


def of_single_moments(found: Findings, context: Context) -> list[Conflict]:
    """Pass on what could not be resolved in times that matter."""
    settled = _settled(found)
    return [
        c
        for m in found.moments
        if m.role in ("event", "embargo", "publication")
        for c in m.conflicts
        if not (settled and _beside_the_point(m, c))
    ]


def _settled(found: Findings) -> bool:
    """Return whether one public act of the item is resolved on both sides."""
    return any(m.role == "event" and m.act == "public" and not m.conflicts and all(m.bounds) for m in found.moments)


def _beside_the_point(moment: Moment, conflict: Conflict) -> bool:
    """Return whether a time that could not be resolved cannot matter once a public act has both its sides.

    A happening could only bound the beginning, which the act does already; a date line without a zone bounds little.
    What the calendar or the clock does not have stays a reason to look.
    """
    if moment.role == "publication":
        return not moment.timed and conflict.kind == "zone_unknown"
    return moment.act in ("happening", "price") and conflict.kind not in _IMPOSSIBLE


_IMPOSSIBLE = ("weekday_vs_day", "no_such_date", "no_such_time", "dst_gap", "dst_fold", "zones_disagree")


def unreliable_words(found: Findings, context: Context) -> list[Conflict]:
    """Refuse times that are denied or supposed, and days whose tense is open."""
    conflicts = []
    for m in found.moments:
        text = m.evidence.text
        if m.role == "uncertain" and not (_settled(found) and m.bounds == (None, None)):
            conflicts.append(Conflict("uncertain", f"{text!r} is {m.evidence.note or 'in doubt'}.", text))
        elif (
            m.role == "event" and not m.past and not _is_over(m, found) and not (_settled(found) and not any(m.bounds))
        ):
            conflicts.append(Conflict("tense_unclear", f"{text!r}: nothing says it is past, not to come.", text))
    return conflicts


def _is_over(moment: Moment, found: Findings) -> bool:
    """Return whether a headline's present tense tells of what was over when the item came out."""
    published, earliest = published_by(found), moment.evidence.earliest
    dated = moment.date is not None and moment.date.day is not None
    return moment.act == "public" and dated and published is not None and earliest is not None and earliest <= published


def against_publication(found: Findings, context: Context) -> list[Conflict]:
    """Refuse what lies after the publication, or too long before it; and publications that disagree."""
    stamps = _finest(found)
    if not stamps:
        return []
    conflicts = []
    if max(p.start for p in stamps) > min(p.end for p in stamps) + SAME_PUBLICATION:
        shown = " and ".join(sorted({p.text for p in stamps}))
        conflicts.append(Conflict("publication_disagrees", f"The item gives different times of publication: {shown}."))
    last = max(p.end for p in stamps)
    for m in found.moments:
        earliest, latest = m.bounds
        text = m.evidence.text
        if m.role in ("event", "embargo") and earliest is not None and earliest > last:
            said = f"{text!r} is after the publication ({last.isoformat()})."
            conflicts.append(Conflict("after_publication", said, text))
        elif m.role == "event" and (latest or earliest or last) < last - NEWS_AGE:
            said = f"{text!r} is more than {NEWS_AGE.days} days older than the publication."
            conflicts.append(Conflict("old_for_news", said, text))
    return conflicts


def date_line(found: Findings, context: Context) -> list[Conflict]:
    """Compare the day of publication with days of the body whose weekday does not go with it."""
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


def future(found: Findings, context: Context) -> list[Conflict]:
    """Refuse what lies after the text was in hand."""
    fetched = context.fetched_at
    if fetched is None:
        return []
    late = [(p.text, p.start) for p in found.publications]
    late += [(m.evidence.text, m.evidence.earliest) for m in found.moments if m.role == "event" and m.evidence.earliest]
    said = f"is after the text was fetched ({fetched.isoformat()})."
    return [Conflict("future_of_fetch", f"{text!r} {said}", text) for text, start in late if start > fetched]


def disjoint(found: Findings, context: Context) -> list[Conflict]:
    """Refuse when two times of the text cannot both be the event's."""
    events = [m for m in found.moments if m.role in ("event", "quoted") and (m.covers or any(m.bounds))]
    for i, one in enumerate(events):
        for other in events[i + 1 :]:
            if "event" in (one.role, other.role) and _apart(one.covers or one.bounds, other.covers or other.bounds):
                message = f"{one.evidence.text!r} and {other.evidence.text!r} cannot both be the time of the event."
                return [Conflict("several_times", message)]
    return []


def _apart(one: Bounds, other: Bounds) -> bool:
    return any(a is not None and b is not None and a > b for a, b in ((one[0], other[1]), (other[0], one[1])))


def unconfirmed_day(found: Findings, context: Context) -> list[Conflict]:
    """Refuse a bare day that nothing confirms: no publication near it, no weekday that agrees, no time of day."""
    if found.publications or context.not_before:
        return []
    events = [m for m in found.moments if m.role == "event" and m.bounds != (None, None)]
    if not events or any(_confirmed(m) for m in events):
        return []
    text = events[0].evidence.text
    return [Conflict("unconfirmed_day", f"Nothing but the words {text!r} speaks for this day.", text)]


def _confirmed(moment: Moment) -> bool:
    return moment.timed or (moment.reading is not None and moment.reading.checked)


def only_other_roles(found: Findings, context: Context) -> list[Conflict]:
    """Say when the only times are quoted or scheduled ones."""
    if any(m.role in ("event", "embargo") for m in found.moments):
        return []
    kinds = {"quoted": "only_in_quote", "schedule": "only_scheduled", "background": "only_background"}
    others = [m for m in found.moments if m.role in kinds]
    return [
        Conflict(kinds[m.role], f"{m.evidence.text!r} is {m.role}, not the time of this news.", m.evidence.text)
        for m in others[:1]
    ]


RULES: tuple[Callable[[Findings, Context], list[Conflict]], ...] = (
    of_single_moments,
    unreliable_words,
    against_publication,
    date_line,
    future,
    disjoint,
    unconfirmed_day,
    only_other_roles,
)
