"""The table of responses summed up over events: all of them, and each instrument's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from eventstudy.response.across import AcrossEvents
    from eventstudy.response.response_rows import ResponseSet

COLUMNS = (
    Column("group", "Instrument"),
    Column("responses", "Responses", "count"),
    Column("moved", "With a detectable move"),
    Column("significant", "Significant at the last horizon"),
    Column("median_move", "Median move, bp", "bp"),
    Column("median_size", "Median absolute move, bp", "bp"),
    Column("median_half_life", "Median time to 50%, min", "number"),
    Column("median_absorbed", "Median share absorbed early"),
    Column("pvalue", "p, joint", "pvalue"),
)


def across_tables(responses: ResponseSet, *, simulated: bool) -> tuple[Table, ...]:
    """Return one row for all responses and one per instrument; no table where there is but one event."""
    from eventstudy.response.across import across_events

    if len({response.event for response in responses}) < 2:
        return ()
    rows = tuple(_cells(group) for group in across_events(responses.responses))
    caption = "Responses across events; the joint p-value tests whether any event moved the price by the last horizon"
    return (Table("across_events", caption, COLUMNS, rows, simulated),)


def _cells(group: AcrossEvents) -> tuple[Any, ...]:
    return (
        plain(group.group, 40),
        group.responses,
        _percent(group.moved),
        _percent(group.significant),
        group.median_move,
        group.median_size,
        group.median_half_life,
        _percent(group.median_absorbed),
        group.pvalue,
    )


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.0f}%" if math.isfinite(fraction) else "n/a"
