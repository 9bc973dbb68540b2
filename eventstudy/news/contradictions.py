"""What stands against a time: an embargo, the fetch, an older public act, a date the calendar does not have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from eventstudy.news.clauses import TO_COME
from eventstudy.news.context import NEWS_AGE, DatingContext
from eventstudy.news.moments import Moment
from eventstudy.news.provenance import StampReading
from eventstudy.news.time_evidence import Conflict, Published

# Of a text without a machine stamp so many characters are searched for what the calendar refuses.
READ = 4_000
# A date line, and the act that a text is about, stand in so many characters.
LEAD = 300


def contradictions(
    readings: Sequence[StampReading], published: Published | None, moments: Sequence[Moment], context: DatingContext
) -> tuple[Conflict, ...]:
    """Return what contradicts the publication of an item; nothing else of the text does."""
    if published is None:
        return _after_fetch([m for m in moments if m.role == "event"], context)
    found = []
    embargoes = [
        (r.evidence.text, r.stamp.start) for r in readings if r.source.role == "embargo" and r.stamp is not None
    ]
    embargoes += [(m.text, m.covers[0]) for m in moments if m.role == "embargo" and m.covers is not None]
    for text, start in embargoes:
        if start > published.latest:
            said = f"The embargo {text!r} ends after the publication, {published.latest.isoformat()}."
            found.append(Conflict("embargo_later", said, text))
    if context.fetched_at is not None and published.earliest > context.fetched_at:
        said = f"Published {published.earliest.isoformat()}, after its retrieval at {context.fetched_at.isoformat()}."
        found.append(Conflict("future_of_fetch", said))
    found += [
        Conflict("publication_disagrees", f"The text is dated {m.text!r}, more than an hour before its stamp.", m.text)
        for m in moments
        if m.role == "publication" and m.clock is not None and m.evidence.start < LEAD
        if m.covers is not None and m.covers[1] < published.earliest - timedelta(hours=1)
    ]
    old = [m for m in moments if _is_act(m) and m.covers is not None and m.covers[1] < published.earliest - NEWS_AGE]
    if old and not any(m.role == "event" and _is_new(m, published) for m in moments):
        said = f"The text states a public act of {old[0].text!r}, more than two days before its publication."
        found.append(Conflict("old_news", said, old[0].text))
    return tuple(found)


def _is_act(moment: Moment) -> bool:
    """Return whether a moment is a public act, stated with its full date in the title or the first sentence."""
    f = moment.features
    lead = not f.get("later") and moment.evidence.start < LEAD
    return bool(moment.role == "event" and moment.said and f.get("explicit") and lead)


def _is_new(moment: Moment, published: Published) -> bool:
    return moment.covers is not None and moment.covers[1] >= published.earliest - NEWS_AGE


def _after_fetch(moments: Sequence[Moment], context: DatingContext) -> tuple[Conflict, ...]:
    if context.fetched_at is None:
        return ()
    said = f"is after the text was fetched ({context.fetched_at.isoformat()})."
    return tuple(
        Conflict("future_of_fetch", f"{m.text!r} {said}", m.text)
        for m in moments
        if m.covers is not None and m.covers[0] > context.fetched_at and m.place.reason != TO_COME
    )


def unresolved(moments: Sequence[Moment], published: Published | None) -> tuple[Conflict, ...]:
    """Return what the text itself leaves open, where no machine stamp says when it was published."""
    lead = [m for m in moments if m.role in ("event", "denied", "price_move") and m.evidence.start < READ]
    found = [m.conflict for m in lead if m.conflict is not None]
    for m in lead:
        if published is not None and m.conflict is not None and m.conflict.kind == "weekday_vs_day":
            said = f"The text is dated {published.day}, a {published.day:%A}, which does not go with {m.text!r}."
            found.append(Conflict("date_line_vs_body", said, m.text))
            if m.date is not None and m.date.year is None:
                unknown = f"{m.text!r} has no year, and the date line cannot supply it."
                found.append(Conflict("year_unknown", unknown, m.text))
    return tuple(dict.fromkeys(found))
