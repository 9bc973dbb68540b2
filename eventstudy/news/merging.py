"""Several reports, one event: the interval they leave together, and proposals for an events file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventstudy.errors import NewsError
from eventstudy.news.evidence import Candidate, Conflict, Dating
from eventstudy.news.items import Event, EventTime, NewsItem
from eventstudy.news.readers import item_id

MAX_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class Merged:
    """What several reports of one event amount to: an event, or the conflicts that stand in its way."""

    event: Event | None
    conflicts: tuple[Conflict, ...] = ()
    updates: tuple[str, ...] = ()


def merge_reports(name: str, datings: Sequence[Dating], *, label: str = "", instruments: Sequence[str] = ()) -> Merged:
    """Return the one event that several datings report.

    ``earliest`` is the latest instant at which it certainly was not yet public, ``latest`` the earliest instant at
    which it certainly was. Each report bounds what its evidence bounds: a publication only the end, a statement both
    sides, an embargo the beginning. A report with a conflict beside its publication bounds only the end.

    Raises
    ------
    NewsError
        If no dating is given.
    """
    if not datings:
        raise NewsError("An event needs at least one report.")
    lower = [at for d in datings if (at := _not_before(d)) is not None]
    upper = [at for d in datings if (at := _public_by(d)) is not None]
    updates = tuple(f"{e.text} ({d.item})" for d in datings for e in d.evidence if e.kind == "update")
    if not lower or not upper:
        side = "since when it was public" if not lower else "by when it was public"
        return Merged(None, (Conflict("half_open", f"None of the reports of {name} says {side}."),), updates)
    earliest, latest = max(lower), min(upper)
    if earliest > latest:
        said = f"One report of {name} has it public by {latest.isoformat()}, another not before {earliest.isoformat()}."
        return Merged(None, (Conflict("reports_disagree", said),), updates)
    words = tuple(f"{d.item}: {_bound_words(d)}" for d in datings)
    time = EventTime(earliest, latest, "stamp", words)
    items = tuple(d.item for d in datings)
    return Merged(Event(item_id(name), time, tuple(instruments), label, items=items), (), updates)


def _public_by(dating: Dating) -> datetime | None:
    """Return when a report was certainly out: accepted, or by its own publication."""
    if dating.event_time is not None:
        return dating.event_time.latest
    spoiled = {"publication_disagrees", "future_of_fetch", "date_line_vs_body"}
    if spoiled & {c.kind for c in dating.conflicts}:
        return None
    return max((e.latest for e in dating.evidence if e.kind == "publication" and e.latest is not None), default=None)


def _not_before(dating: Dating) -> datetime | None:
    """Return the lower bound of a report: only from an accepted time, or from an embargo."""
    if dating.event_time is not None:
        return dating.event_time.earliest
    return max((e.earliest for e in dating.evidence if e.kind == "embargo" and e.earliest is not None), default=None)


def _bound_words(dating: Dating) -> str:
    first, last = _not_before(dating), _public_by(dating)
    return f"not before {first.isoformat() if first else 'unsaid'}, public by {last.isoformat() if last else 'unsaid'}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One event as proposed for review; ``open`` lists what a person must decide before it may be used.

    ``event`` is None where nothing bounds both sides; then ``open`` says what is known.
    """

    event: Event | None
    open: tuple[str, ...] = ()


def propose(item: NewsItem, dating: Dating, *, price_series: str = "") -> Proposal:
    """Return a dating as an event for review, with all that a person must decide before it may be used.

    A time that rests on price claims is marked ``basis: price`` and names the series: a study of that instrument
    would test the price by itself.
    """
    evidence = tuple(f"{e.field}: {e.text[:120]!r} {e.kind}; {e.note}".removesuffix("; ") for e in dating.evidence)
    label = (item.title or item.text.strip().split("\n", 1)[0])[:120]
    sources = tuple(s for s in (item.url, item.source) if s)[:2]
    name = item_id(dating.item)
    if dating.event_time is not None:
        kept = EventTime(dating.event_time.earliest, dating.event_time.latest, "stamp", evidence[:MAX_EVIDENCE])
        return Proposal(Event(name, kept, (), label, items=(name,), sources=sources))
    best = next((c for c in dating.candidates if c.earliest is not None and c.latest is not None), None)
    decide = (*(f"{c.kind}: {c.message}" for c in dating.conflicts), *_rivals(dating.candidates))
    if best is None or best.earliest is None or best.latest is None:
        return Proposal(None, (f"{name} ({label}): no interval is certain", *decide))
    basis = "price" if price_series else "assumed"
    reasons = tuple(f"candidate: {reason}" for reason in best.reasons)
    time = EventTime(best.earliest, best.latest, basis, (*reasons, *evidence)[:MAX_EVIDENCE])
    marked = {"price_series": price_series} if price_series else {}
    event = Event(name, time, (), label, items=(name,), sources=sources, attributes=marked)
    return Proposal(event, decide)


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
