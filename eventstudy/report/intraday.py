"""The intraday responses of a result, cut for figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import instant_from_us
from eventstudy.errors import UsageError
from eventstudy.news.items import EventTime

if TYPE_CHECKING:
    from eventstudy.response.values import Response
    from eventstudy.study.result import StudyResult


def intraday_responses(result: StudyResult, event: str = "") -> list[Response]:
    """Return the responses of one event, the first one's where none is named.

    Raises
    ------
    UsageError
        If the study has no intraday response, or none of that event.
    """
    everything = list(result.response or ())
    if not everything:
        raise UsageError(
            "The study has no intraday response.",
            remedy='Give Bars shorter than a day, and set response = "on" where the events are many.',
        )
    found = [response for response in everything if response.event == (event or everything[0].event)]
    if not found:
        known = ", ".join(dict.fromkeys(response.event for response in everything))
        raise UsageError(f"The study has no intraday response to {event!r}.", remedy=f"It has {known}.")
    return found


def interval_of(result: StudyResult, response: Response) -> EventTime:
    """Return the interval in which the news of a response became public."""
    table = result.ledger.table
    row = int(np.flatnonzero(table.ids == response.event)[0])
    return EventTime(instant_from_us(int(table.earliest[row])), instant_from_us(int(table.latest[row])))
