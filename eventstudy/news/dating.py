"""From one item to a ``Dating``: when it was published, and by the declared policy when its event became public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from math import log
from types import NoneType
from typing import TYPE_CHECKING

from eventstudy.errors import takes
from eventstudy.news.claims import PriceClaim, find_claims
from eventstudy.news.context import NEWS_AGE, DatingContext, Policy
from eventstudy.news.contradictions import contradictions, unresolved
from eventstudy.news.day_ranking import Ranked, calendar_candidates, price_candidates
from eventstudy.news.days import ReferenceDay
from eventstudy.news.items import EventTime, NewsItem
from eventstudy.news.judge import Judge, judged
from eventstudy.news.moments import MAX_CHARACTERS, Moment, read_moments
from eventstudy.news.provenance import SOURCES, StampReading, in_order, publication, read_stamps, text_stamps
from eventstudy.news.scorer import THRESHOLD, probability, reasons
from eventstudy.news.sentences import sentences
from eventstudy.news.time_evidence import Candidate, Conflict, Dating, Published, TimeEvidence
from eventstudy.news.zones import AMBIGUOUS, is_utc_name
from eventstudy.renamed import named_arguments

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

__all__ = ["Candidate", "Conflict", "Dating", "DatingContext", "PriceClaim", "TimeEvidence", "date_item", "date_items"]
# A time wider than this is not one event's; a civil day in every zone is 50 hours.
WIDEST = timedelta(hours=50)
LEAD_CHARACTERS = 3_000
DATELINE_WITHIN = 1_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that one item says: its stamps, its publication, the moments of its text, and where days count from."""

    readings: tuple[StampReading, ...]
    published: Published | None
    conflicts: tuple[Conflict, ...]
    moments: tuple[Moment, ...]
    in_text: bool


@named_arguments
@takes(item=NewsItem, context=(DatingContext, NoneType), bars=(list, tuple))
def date_item(
    item: NewsItem, context: DatingContext | None = None, bars: Sequence[Bars] = (), *, judge: Judge | None = None
) -> Dating:
    """Return when an item was published, and when its event became public by the declared policy.

    Under ``first_report`` the event's interval is that of the publication; under ``lag <= X`` it begins X earlier;
    under ``reviewed`` it is what the text states, if the scorer finds that likely enough. The text may narrow an
    interval or contradict it (embargo, fetch, older public act); it never vetoes one.

    Parameters
    ----------
    item : NewsItem
    context : DatingContext, optional
        The declared zone, order of numeric dates, fetch and policy.
    bars : sequence of Bars
        Daily series that price claims of the text are checked against.
    judge : callable, optional
        Asked only where the rules leave it open; may choose one candidate or none.

    Returns
    -------
    Dating

    Examples
    --------
    >>> from eventstudy.news.items import NewsItem
    >>> text = "The Fed raised its rate at 2:00 p.m. ET on Wednesday, March 16, 2022."
    >>> dating = date_item(NewsItem("fed", "wire", "", text, stamps=(("published", "2022-03-16T18:03Z"),)))
    >>> dating.status, dating.event_time.earliest.isoformat()
    ('dated', '2022-03-16T18:00:00+00:00')
    """
    context = context or DatingContext()
    if context.fetched_at is None and item.fetched_at is not None:
        context = replace(context, fetched_at=item.fetched_at)
    found = gather(item, context)
    stamped = found.published is not None and not found.in_text
    text = item.text[: LEAD_CHARACTERS if stamped else MAX_CHARACTERS]
    claims = find_claims(text, sentences(text))
    conflicts = (
        *found.conflicts,
        *_wordless(item),
        *contradictions(found.readings, found.published, found.moments, context),
    )
    if found.in_text or found.published is None:
        conflicts += unresolved(found.moments, found.published)
    interval, open_ = (None, ()) if conflicts else _interval(found, context, tuple(item.attributes))
    evidence = (*(r.evidence for r in found.readings), *(m.evidence for m in found.moments), *_claim_evidence(claims))
    base = Dating(
        item.id,
        "needs_review",
        published=found.published,
        policy=str(context.policy),
        evidence=evidence,
        claims=claims,
        notes=_notes(item, found, bars if claims else ()),
    )
    if interval is not None:
        time = EventTime(*interval, "stamp", _words(found, context.policy))
        return replace(
            base, status="dated", event_time=time, candidates=(Candidate(*interval, 0.0, ("all evidence agrees",)),)
        )
    ranked = _candidates(found, claims, bars, context)
    candidates, more = ranked.candidates, ranked.notes
    if conflicts:
        # A contradicted publication is not a candidate.
        candidates = tuple(c for c in candidates if c.reasons[:1] != ("the publication",))
    base = replace(base, candidates=candidates, conflicts=tuple(dict.fromkeys((*conflicts, *open_, *ranked.conflicts))))
    choice = judged(judge, item, base) if judge is not None else None
    if choice is not None:
        base = replace(base, evidence=(*evidence, choice.evidence))
        if choice.time is not None:
            return replace(base, status="dated", event_time=choice.time, conflicts=())
    if not candidates and not evidence:
        more = (*more, "nothing in it says when: no date, no time, no stamp")
        base = replace(base, status="undated")
    margin = round(candidates[0].score - candidates[1].score, 3) if len(candidates) > 1 else None
    return replace(base, margin=margin, notes=(*base.notes, *more))


def _wordless(item: NewsItem) -> tuple[Conflict, ...]:
    """Return the conflict of an item that says nothing (a photograph, "channel created"): no news became public."""
    if item.title or item.text.strip() or item.url or item.instruments:
        return ()
    said = (
        "The item has neither a title, a text, an address nor an instrument; name their columns if it has (--column)."
    )
    return (Conflict("no_words", said),)


def date_items(
    items: Iterable[NewsItem],
    context: DatingContext | None = None,
    bars: Sequence[Bars] = (),
    *,
    judge: Judge | None = None,
) -> Iterator[Dating]:
    """Yield the dating of every item; items of one source prove the order of their numeric stamps together."""
    for _, group in groupby(items, key=lambda item: item.source.partition(":")[0]):
        same = list(group)
        ordered = in_order([text for item in same for _, text in item.stamps], context or DatingContext())
        for item in same:
            yield date_item(item, ordered, bars, judge=judge)


def moments_of(item: NewsItem, context: DatingContext | None = None) -> tuple[Moment, ...]:
    """Return the times an item's text names, with the probability that each is that of its news."""
    return gather(item, context or DatingContext()).moments


def gather(item: NewsItem, context: DatingContext) -> Gathered:
    """Return all an item says; a publication the text itself states counts where no machine stamp is read."""
    readings = read_stamps(item.stamps, context)
    published, conflicts = publication(readings)
    # Beside a stamp only the lead can narrow, contradict or confirm.
    text = item.text[:LEAD_CHARACTERS] if published is not None else item.text
    moments = read_moments(item.title, text, context, _reference(published, context))
    doubtful = published is not None and not published.accepted
    lines = text_stamps(moments, text, context) if not conflicts and (doubtful or published is None) else ()
    if doubtful:
        # Further down a page, and in a labeled line, a date may be that of another article.
        lines = tuple(r for r in lines if r.source is SOURCES["dateline"] and r.evidence.start < DATELINE_WITHIN)
    if lines:
        readings = (*readings, *lines)
        published, conflicts = publication(readings)
        moments = read_moments(item.title, text, context, _reference(published, context))
    scored = tuple(replace(m, probability=probability(m.features)) for m in moments)
    return Gathered(readings, published, conflicts, scored, bool(lines) and not doubtful)


def _reference(published: Published | None, context: DatingContext) -> ReferenceDay:
    """Return where the days of a text count from: the publication, if its sources suffice."""
    if published is not None and not published.accepted:
        published = None
    zone = "" if published is None else published.zone
    named = "" if is_utc_name(zone) or zone.casefold() in AMBIGUOUS else zone
    return ReferenceDay(None if published is None else published.day, context.zone or named)


def _interval(
    found: Gathered, context: DatingContext, columns: Sequence[str]
) -> tuple[tuple[datetime, datetime] | None, tuple[Conflict, ...]]:
    """Return the event's interval by the policy, or what is missing for one."""
    published, policy = found.published, context.policy
    by_text, open_ = stated(found, context)
    if policy.name == "reviewed":
        if by_text is None and published is not None:
            return None, (*open_, _hint(published))
        return by_text, open_
    if published is None:
        named = f" Of the columns {', '.join(columns)} none is known to hold it: --column published=COLUMN."
        said = f"The policy {policy} needs a stamp of the publication.{named if columns and not found.readings else ''}"
        return None, (Conflict("no_publication", said),)
    if not published.accepted:
        said = f"The publication rests on {published.sources[0]} alone, which may belong to another part of the page."
        return None, (Conflict("weak_publication", said),)
    earliest, latest = published.earliest - policy.lag, published.latest
    narrower = by_text is not None and by_text[1] - by_text[0] < latest - earliest
    if by_text is not None and narrower and earliest <= by_text[1] and by_text[0] <= latest:
        earliest, latest = max(earliest, by_text[0]), min(latest, by_text[1])
    if context.not_before is not None:
        earliest = max(earliest, context.not_before)
    if earliest > latest:
        return None, (Conflict("not_before", f"It was published by {latest.isoformat()}, before the declared bound."),)
    return (earliest, latest), ()


def _hint(published: Published) -> Conflict:
    said = (
        f"Published {published.earliest.isoformat()} to {published.latest.isoformat()}; since when the news was public "
        "is not stated. Policy first_report takes the publication as the event, 'lag <= 2h' begins two hours earlier."
    )
    return Conflict("only_publication", said)


def _is_likely(moment: Moment, threshold: float = THRESHOLD) -> bool:
    scored = moment.role == "event" and moment.probability >= threshold
    return scored and moment.conflict is None and not moment.place.reason


def stated(
    found: Gathered, context: DatingContext, threshold: float = THRESHOLD
) -> tuple[tuple[datetime, datetime] | None, tuple[Conflict, ...]]:
    """Return the interval that the likely moments of the text leave together, or why they leave none."""
    likely = [m for m in found.moments if _is_likely(m, threshold)]
    lower = [m.evidence.earliest for m in likely if m.evidence.earliest is not None]
    upper = [m.evidence.latest for m in likely if m.evidence.latest is not None]
    lower += [r.stamp.start for r in found.readings if r.source.role == "embargo" and r.stamp is not None]
    lower += [context.not_before] if context.not_before is not None else []
    if not likely:
        best = max((m for m in found.moments if m.role == "event"), key=lambda m: m.probability, default=None)
        return None, () if best is None else (_unlikely(best, found.published),)
    if found.published is None or not found.published.accepted:
        return None, (_no_publication(likely[0]),)
    old = [m for m in likely if m.covers is not None and m.covers[1] < found.published.earliest - NEWS_AGE]
    if old:
        said = f"The act of {old[0].text!r} is more than two days older than the publication: it may not be its news."
        return None, (Conflict("old_news", said, old[0].text),)
    upper.append(found.published.latest)
    if not lower or not upper:
        kind, side = ("only_lower_bound", "by when") if lower else ("only_upper_bound", "since when")
        return None, (Conflict(kind, f"{likely[0].text!r} leaves open {side} the news was public.", likely[0].text),)
    if max(lower) > min(upper):
        said = f"{likely[0].text!r} and {likely[-1].text!r} cannot both be the time of the event."
        return None, (Conflict("several_times", said),)
    if min(upper) - max(lower) > WIDEST:
        return None, (Conflict("too_wide", f"{likely[0].text!r} leaves more than {WIDEST}."),)
    return (max(lower), min(upper)), ()


def _no_publication(moment: Moment) -> Conflict:
    said = (
        f"Only the text says {moment.text!r}; when the text itself was published is not stated, so nothing confirms "
        "it. Declare its publication (--published, or a stamp of the item), or review the candidate."
    )
    return Conflict("no_publication", said, moment.text)


def _unlikely(moment: Moment, published: Published | None) -> Conflict:
    if moment.conflict is not None:
        return moment.conflict
    if published is None and not moment.place.reason:
        return _no_publication(moment)
    if moment.place.reason:
        return Conflict(
            "unlikely", f"{moment.text!r} is not accepted as the time of news: {moment.place.reason}.", moment.text
        )
    said = f"{moment.text!r} is the time of this news with probability {moment.probability:.2f}, below {THRESHOLD:.2f}."
    return Conflict("unlikely", said, moment.text)


def _words(found: Gathered, policy: Policy) -> tuple[str, ...]:
    """Return the evidence behind an event time as sentences."""
    used = [r.evidence for r in found.readings] + [m.evidence for m in found.moments if _is_likely(m)]
    rule = () if policy.name == "reviewed" else (f"policy: {policy}",)
    return (*rule, *(f"{e.text!r}: {e.kind}; {e.note}".removesuffix("; ") for e in used))


def _candidates(found: Gathered, claims: Sequence[PriceClaim], bars: Sequence[Bars], context: DatingContext) -> Ranked:
    ranked = price_candidates(found.moments, claims, bars, context) if bars and claims else None
    if ranked is not None:
        return ranked
    events = [m for m in found.moments if m.role == "event"]
    found_days = [
        Candidate(*_sides(m, found.published), _odds(m.probability), (f"stated: {m.text!r}", *reasons(m.features)))
        for m in events
        if m.covers is not None
    ]
    published = found.published
    if published is not None:
        one = Candidate(published.earliest, published.latest, 0.0, ("the publication", *published.sources))
        found_days.append(one)
    found_days += calendar_candidates(events, context)
    found_days.sort(key=lambda c: (-c.score, c.earliest.isoformat() if c.earliest else ""))
    return Ranked(tuple(found_days[:12]))


def _sides(moment: Moment, published: Published | None) -> tuple[datetime | None, datetime | None]:
    earliest, latest = moment.evidence.earliest, moment.evidence.latest
    if latest is None and published is not None and earliest is not None and published.latest >= earliest:
        latest = published.latest
    return earliest, latest


def _odds(value: float) -> float:
    return round(log(max(value, 1e-9) / max(1 - value, 1e-9)), 3)


def _claim_evidence(claims: Iterable[PriceClaim]) -> list[TimeEvidence]:
    return [
        TimeEvidence(
            "price_claim", c.text, c.start, c.end, clock="venue" if c.venue else "body", note=f"about {c.subject}"
        )
        for c in claims
    ]


def _notes(item: NewsItem, found: Gathered, bars: Sequence[Bars]) -> tuple[str, ...]:
    notes = [f"the encoding is doubtful: {text}" for name, text in item.stamps if name == "encoding"]
    if len(item.text) > MAX_CHARACTERS:
        notes.append(f"only the first {MAX_CHARACTERS:,} of {len(item.text):,} characters were read")
    if found.published is not None and not found.in_text:
        # Beside a machine stamp, what the text leaves open is a note.
        notes += [m.conflict.message for m in found.moments if m.conflict is not None and m.role == "event"][:5]
    notes += [r.conflict.message for r in found.readings if r.conflict is not None and found.published is not None]
    return (*notes, *(f"{one.instrument.code}: {notice.message}" for one in bars for notice in one.notices))
