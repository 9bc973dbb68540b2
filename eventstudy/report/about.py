"""The event itself and its prices: when it became public, on what evidence, and two changes not to be confused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.arrays import instant_from_us
from eventstudy.report.content import Section
from eventstudy.report.figure_data import car_path, first_window, slice_of
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import both_clocks, bp, local, zone_name

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.study.result import StudyResult
    from eventstudy.study.slices import PriceSlice

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


def moved(result: StudyResult) -> str:
    """Return what moved by how much between which closes, or an empty string where the clock cannot tell.

    The moves told together span the same closes; a daily series and a minute series are not one sentence.
    """
    abnormal, window = result.abnormal, first_window(result)
    if not abnormal.closes.size or window.start != 0 or len(set(abnormal.events.tolist())) != 1:
        return ""
    cars = abnormal.car(window)
    spans = [_span(result, row) for row in range(len(abnormal))]
    rows = [r for r in range(len(abnormal)) if spans[r] == spans[0] and np.isfinite(cars[r])]
    piece = slice_of(result, 0)
    if not rows or piece is None:
        return ""
    told = [f"{plain(abnormal.instruments[r], 40)} {bp(cars[r])}\u00a0bp" for r in rows[:MOST_NAMED]]
    listed = " and ".join(part for part in (", ".join(told[:-1]), told[-1]) if part)
    others = len(abnormal) - len(told)
    more = f" ({others} more below)" if others else ""
    net = "" if result.spec.model == "zero" else f", net of {MODELS[result.spec.model].expectation}"
    prices = "the prices" if len(told) > 1 else "the price"
    return f"{from_to(spans[0], piece.zone, piece)} {prices} moved: {listed}{net}{more}."


def _span(result: StudyResult, row: int) -> tuple[int, int]:
    path = car_path(result, row)
    stop = result.abnormal.columns(first_window(result)).stop - 1
    zero = int(np.flatnonzero(path.tau == -1)[0])
    return int(path.at[zero]), int(result.abnormal.closes[row, stop])


def reported_span(result: StudyResult, row: int, window: Sequence[int]) -> tuple[int, int] | None:
    """Return the closing instants from which to which a window that begins with the event is measured."""
    if not result.abnormal.closes.size or window[0] != 0:
        return None
    path = car_path(result, row)
    zero = np.flatnonzero(path.tau == -1)
    stop = np.flatnonzero(result.abnormal.tau == window[1])
    return (int(path.at[zero[0]]), int(result.abnormal.closes[row, stop[0]])) if zero.size and stop.size else None


def from_to(span: tuple[int, int], zone: str, piece: PriceSlice, *, utc: bool = True) -> str:
    """Return the clock times of a move: ``From 18:00 to 18:40 Moscow time on 13 April 2021``."""
    start, stop = (instant_from_us(us) for us in span)
    where = f"{zone_name(zone)} time" if zone not in {"", "UTC"} else "UTC"
    if piece.step_us >= 20 * 3_600_000_000:
        return f"From the close of {local(start, zone, '%d %B %Y')} to that of {local(stop, zone, '%d %B %Y')}"
    in_utc = f" ({local(start, 'UTC', '%H:%M')} to {local(stop, 'UTC', '%H:%M')} UTC)"
    in_utc = in_utc if utc and where != "UTC" else ""
    day = local(stop, zone, "%d %B %Y").lstrip("0")
    return f"From {local(start, zone, '%H:%M')} to {local(stop, zone, '%H:%M')} {where} on {day}{in_utc}"


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
    """Return the prices before and after, and beside the response the change on the day before that papers quote."""
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
        Column("day", "in bp", "bp"),
        Column("response", "Response, bp", "bp"),
    )
    rows = []
    for piece in pieces:
        before, after = float(piece.close[piece.reference]), float(piece.close[piece.first])
        day, response = math.log(after / piece.previous_close), math.log(after / before)
        name = plain(piece.instrument, 40)
        rows.append((name, piece.previous_close, before, after, after - piece.previous_close, day, response))
    caption = "Two changes not to be confused: on the day before (what papers quote), and since just before the news"
    return Table("prices", caption, columns, tuple(rows), result.simulated)
