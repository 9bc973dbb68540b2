"""From one item to a ``Dating``: gather evidence, name conflicts, accept a time only where nothing opposes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from eventstudy.news.claims import PriceClaim, find_claims
from eventstudy.news.context import Context
from eventstudy.news.evidence import Candidate, Conflict, Dating, Evidence, Status
from eventstudy.news.findings import Findings, gather, in_order
from eventstudy.news.grammar import sentences
from eventstudy.news.items import EventTime, NewsItem
from eventstudy.news.moments import MAX_CHARACTERS
from eventstudy.news.ranking import calendar_candidates, price_candidates
from eventstudy.news.rules import Bounds, decide

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

__all__ = ["Candidate", "Conflict", "Context", "Dating", "Evidence", "PriceClaim", "date_item", "date_items"]


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

    Returns
    -------
    Dating

    Examples
    --------
    >>> from eventstudy.news.items import NewsItem
    >>> text = "The Fed raised its rate at 2:00 p.m. ET on Wednesday, March 16, 2022."
    >>> dating = date_item(NewsItem("fed", "wire", "", text))
    >>> dating.status, dating.event_time.earliest.isoformat()
    ('dated', '2022-03-16T18:00:00+00:00')
    """
    context = context or Context()
    if context.fetched_at is None and item.fetched_at is not None:
        context = replace(context, fetched_at=item.fetched_at)
    text = item.text[:MAX_CHARACTERS]
    found = gather(item, context)
    claims = find_claims(text, sentences(text))
    bounds, conflicts = decide(found, context)
    evidence = (*found.evidence, *_claim_evidence(claims))
    notes = (*_notes(item), *(_series_notes(bars) if claims else ()))
    if not conflicts and bounds[0] is not None and bounds[1] is not None:
        words = tuple(f"{e.text!r}: {e.kind}; {e.note}".removesuffix("; ") for e in evidence)
        time = EventTime(bounds[0], bounds[1], "stamp", words)
        one = Candidate(time.earliest, time.latest, 0.0, ("all evidence agrees",))
        return Dating(item.id, "dated", time, (one,), evidence, (), claims, None, notes)
    candidates, extra, more = _candidates(found, claims, bars, context, bounds)
    margin = round(candidates[0].score - candidates[1].score, 3) if len(candidates) > 1 else None
    status: Status = "needs_review" if candidates or evidence else "undated"
    silent = ("nothing in it says when: no date, no time, no stamp",) if status == "undated" else ()
    return Dating(
        item.id, status, None, candidates, evidence, (*conflicts, *extra), claims, margin, (*notes, *more, *silent)
    )


def date_items(
    items: Iterable[NewsItem], context: Context | None = None, bars: Sequence[Bars] = ()
) -> Iterator[Dating]:
    """Yield the dating of every item; items of one source prove the order of their numeric stamps together."""
    for _, group in groupby(items, key=lambda item: item.source.partition(":")[0]):
        same = list(group)
        told = in_order(same, context or Context())
        for item in same:
            yield date_item(item, told, bars)


def _candidates(
    found: Findings, claims: Sequence[PriceClaim], bars: Sequence[Bars], context: Context, bounds: Bounds
) -> tuple[tuple[Candidate, ...], tuple[Conflict, ...], tuple[str, ...]]:
    ranked = price_candidates(found.moments, claims, bars, context) if bars and claims else None
    if ranked is not None:
        return ranked.candidates, ranked.conflicts, ranked.notes
    return calendar_candidates(found.moments, found.publications, bounds, context), (), ()


def _claim_evidence(claims: Iterable[PriceClaim]) -> list[Evidence]:
    return [
        Evidence("price_claim", c.text, c.start, c.end, clock="venue" if c.venue else "body", note=f"about {c.subject}")
        for c in claims
    ]


def _series_notes(bars: Sequence[Bars]) -> list[str]:
    """What was found wrong with the prices that claims are checked against, repaired or not."""
    return [f"{one.instrument.code}: {notice.message}" for one in bars for notice in one.notices]


def _notes(item: NewsItem) -> list[str]:
    notes = [
        f"the bytes were read as {text}; look whether the words are right" for f, text in item.stamps if f == "encoding"
    ]
    if len(item.text) > MAX_CHARACTERS:
        notes.append(f"only the first {MAX_CHARACTERS} of {len(item.text)} characters were read")
    return notes
