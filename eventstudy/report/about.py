"""The event itself and its prices: when it became public, on what evidence, and two changes not to be confused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventstudy.report.page_parts import Section
from eventstudy.report.shown_units import unit_of
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import both_clocks

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.study.result import StudyResult

MOST_EVENTS = 5
MOST_NAMED = 3


def event_section(events: Sequence[Event], zone: str) -> Section | None:
    """Return when each event became public and why one believes so; None where the events are unknown or many."""
    if not events or len(events) > MOST_EVENTS:
        return None
    points: list[str] = []
    for event in events:
        name = plain(event.label or event.id, 160)
        start, stop = both_clocks(event.time.earliest, zone), both_clocks(event.time.latest, zone)
        points.append(f"{name}: public between {start} and {stop} (basis: {plain(event.time.basis, 60)}).")
        if event.time.basis == "price":
            read = plain(str(event.attributes.get("price_series", "the instrument")), 60)
            points.append(f"This time was read from the price of {read}; to test that price by it would be circular.")
        points += [_sentence(plain(evidence, 500)) for evidence in event.time.evidence]
        points += [f"Source: {plain(source, 300)}" for source in event.sources]
    return Section("event", "The event and its time", points=tuple(points))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def claim_table(result: StudyResult) -> Table | None:
    """Return what the news said the price did, beside the three moves it may have meant; None without a claim."""
    found = [(r.instrument, claim) for r in result.response or () for claim in r.claims]
    if not found:
        return None
    columns = (
        Column("instrument", "Instrument"),
        Column("claim", "The news said"),
        Column("claimed", "Claimed, bp", "bp"),
        Column("on_previous_close", "On the previous close, bp", "bp"),
        Column("since_news", "Since just before the news, bp", "bp"),
        Column("abnormal", "Abnormal part, bp", "bp"),
        Column("against", "The claim is true of the change on"),
    )
    rows = tuple(
        (plain(name, 40), plain(c.text, 160), c.claimed, c.on_previous_close, c.since_news, c.abnormal, c.against)
        for name, c in found
    )
    return Table("claims", "What the news said the price did, and what it did", columns, rows, result.simulated)


def price_table(result: StudyResult) -> Table | None:
    """Return the prices before and after, and beside the response the change on the day before that papers quote.

    Changes of a yield are differences, which may be of numbers below zero; a study of volume has no table of prices.
    """
    if result.spec.variable != "return":
        return None
    logs = result.spec.returns != "difference"
    pieces = [piece for piece in result.prices if math.isfinite(piece.previous_close)]
    pieces = [p for p in pieces if p.step_us < 20 * 3_600_000_000][: 4 * MOST_NAMED]
    if not pieces:
        return None
    columns = (
        Column("instrument", "Instrument"),
        Column("previous_close", "Close of the day before", "price"),
        Column("before", "Last price before", "price"),
        Column("after", "First price after", "price"),
        Column("change", "Change on the day before", "change"),
        *((Column("day", "in bp", "bp"),) if logs else ()),
        Column("response", "Response, bp", "bp"),
    )
    rows = []
    for piece in pieces:
        before, after = float(piece.close[piece.reference]), float(piece.close[piece.first])
        moves = (math.log(after / piece.previous_close), math.log(after / before)) if logs else (after - before,)
        name, change = plain(piece.instrument, 40), after - piece.previous_close
        rows.append((name, piece.previous_close, before, after, change, *moves))
    caption = "Two changes not to be confused: on the day before (what papers quote), and since just before the news"
    table = Table("prices", caption, columns, tuple(rows), result.simulated)
    return table if logs else table.in_unit(unit_of(result.spec))
