"""The known events of a study, laid out once for all its responses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import BoolArray, IntArray, instant_us, value
from eventstudy.news.items import Event


@value
class Known:
    """Events that may disturb others.

    Attributes
    ----------
    events : tuple of Event
    spans : IntArray, shape (n, 2)
        Earliest and latest instant of each, microseconds since the epoch.
    """

    events: tuple[Event, ...]
    spans: IntArray

    def besides(self, event: Event) -> BoolArray:
        """Return which of them are another event than this one, shape (n,)."""
        return np.array([other.id != event.id for other in self.events], dtype=np.bool_)


def known_events(events: Sequence[Event] | Known) -> Known:
    """Return events with their instants as an array."""
    if isinstance(events, Known):
        return events
    spans = [(instant_us(e.time.earliest), instant_us(e.time.latest)) for e in events]
    return Known(tuple(events), np.array(spans, dtype=np.int64).reshape(-1, 2))
