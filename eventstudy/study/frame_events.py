"""A frame of events as Event values: for the intraday response, and for a dataset, which is read around events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from eventstudy.abnormal.event_days import SESSION_CODES
from eventstudy.abnormal.events import NO_DAY, EventTable
from eventstudy.arrays import instant_from_us
from eventstudy.errors import Notice, UsageError
from eventstudy.study.event_table import EPOCH_DAY, dated_events, event_table
from eventstudy.study.inputs import Inputs
from eventstudy.study.responses import is_intraday

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

RENAME = "Use 1 to 64 of the letters A-Z a-z 0-9 . _ - in ids, or leave the column out: events are then numbered."
SESSIONS = {code: name for name, code in SESSION_CODES.items()}


def events_of_frame(frame: pd.DataFrame, *, daily: bool) -> list[Event]:
    """Return the rows of a frame as Event values, a date without a time as such.

    Raises
    ------
    UsageError
        If an id cannot name an event.
    """
    table = event_table(frame, (), daily=daily)
    if odd := odd_id(table):
        raise refused_id(odd)
    return events_of_table(table)


def events_to_answer(
    spec: StudySpec, events: Sequence[Event] | pd.DataFrame, inputs: Inputs
) -> tuple[list[Event], tuple[Notice, ...]]:
    """Return the events whose intraday response is asked for, dates aligned with bars; of a frame, its rows.

    Raises
    ------
    UsageError
        If an id of a frame cannot name an event, and the study asks for the response.
    """
    if spec.response == "off" or not any(map(is_intraday, inputs.bars)):
        return [], ()
    if isinstance(events, Sequence):
        return dated_events(events, inputs.table), ()
    odd = odd_id(inputs.table)
    if not odd:
        return events_of_table(inputs.table, dated=True), ()
    if spec.response == "on":
        raise refused_id(odd)
    text = f"The intraday response was not computed: the id {odd!r} cannot name an event. {RENAME}"
    return [], (Notice("ES-RESPONSE-IDS", text),)


def odd_id(table: EventTable) -> str:
    """Return the first id that cannot name an event, or an empty string."""
    from eventstudy.news.items import SAFE_ID

    return next((name for name in map(str, table.ids) if not SAFE_ID.fullmatch(name)), "")


def refused_id(name: str) -> UsageError:
    return UsageError(f"`events` contains the id {name!r}, which cannot name an event.", remedy=RENAME)


def events_of_table(table: EventTable, *, dated: bool = False) -> list[Event]:
    """Return the rows of a table as Event values; rows of one id and one interval are one event on several instruments.

    ``dated``: dates without a time have been aligned with bars, so that their intervals count and not the dates.
    """
    from eventstudy.news.items import Event, EventDay, EventTime

    days = None if dated else table.day
    numbers = [NO_DAY] * len(table) if days is None else days.tolist()
    rows = zip(map(str, table.ids), table.earliest.tolist(), table.latest.tolist(), numbers, strict=True)
    found: dict[tuple[str, int, int, int], tuple[int, dict[str, None]]] = {}
    for row, (key, code) in enumerate(zip(rows, map(str, table.instruments), strict=True)):
        found.setdefault(key, (row, {}))[1][code] = None
    events = []
    for (name, earliest, latest, number), (row, codes) in found.items():
        day = None
        if number != NO_DAY:
            session = 0 if table.session is None else int(table.session[row])
            zone = "UTC" if table.zoned is not None and table.zoned[row] else ""
            day = EventDay(EPOCH_DAY + timedelta(days=number), SESSIONS[session], zone)  # type: ignore[arg-type]
        time = EventTime(instant_from_us(earliest), instant_from_us(latest), day=day)
        events.append(Event(name, time, tuple(codes)))
    return events
