"""``eventstudy events check``: what is odd about a list of events."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from eventstudy.cli import console, exits
from eventstudy.errors import UsageError

_SPAN = re.compile(r"(\d+)\s*(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def check(
    path: Annotated[Path, typer.Argument(help="An event list: TOML, CSV, Excel, Parquet, JSON or iCalendar.")],
    known: Annotated[
        list[Path] | None, typer.Option("--known", help="Other events, such as a macro calendar. Repeatable.")
    ] = None,
    zone: Annotated[str, typer.Option("--zone", help="Time zone of times without a UTC offset.")] = "",
    before: Annotated[str, typer.Option("--before", help="Window before an event: 30min, 2h, 1d.")] = "1h",
    after: Annotated[str, typer.Option("--after", help="Window after an event.")] = "1d",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Check an event file for duplicates, overlaps and closed markets.

    Ends with exit code 1 when there is something to look at.

    Examples:
        eventstudy events check data/events/biden-putin-2021-04-13.toml
        eventstudy events check events.toml --known fomc.ics --after 2d
    """
    from eventstudy.news.events.event_checks import check_events
    from eventstudy.news.events.event_files import read_events

    events = read_events(path, timezone=zone)
    others = [event for file in known or [] for event in read_events(file, timezone=zone)]
    remarks = check_events(events, known=others, before=read_span(before), after=read_span(after))
    if as_json:
        listed = [{"kind": r.kind, "events": list(r.events), "message": r.message} for r in remarks]
        console.json_data({"file": str(path), "events": len(events), "remarks": listed})
    else:
        console.data(f"{path}: {len(events)} events, {len(remarks)} to look at")
        for remark in remarks:
            console.data(f"  {remark.kind}: {remark.message}")
    if remarks:
        raise typer.Exit(exits.PARTLY)


def read_span(text: str) -> timedelta:
    """Read a length of time such as ``30min``, ``2h`` or ``1d``."""
    found = _SPAN.fullmatch(text.strip())
    if not found or len(found[1]) > 6:
        raise UsageError(f"{text!r} is not a length of time.", remedy="Write 30min, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2]]
