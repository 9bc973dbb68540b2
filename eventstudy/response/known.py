"""The known events of a study, laid out once for all its responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import BoolArray, IntArray, StrArray, instant_us, value, wall_us
from eventstudy.errors import DataError, expect
from eventstudy.news.items import Event

RELEASE = "release"  # the attribute of an event that names its release


@dataclass(frozen=True, eq=False)
class OtherEvents:
    """The known events besides one, on its market's clock, in the order of their earliest times.

    They are listed when they are looked at: most settings do not ask, and each of many events would copy all others.

    Attributes
    ----------
    found : callable
        Returns ``spans`` and ``same_release``.
    """

    found: Callable[[], tuple[IntArray, BoolArray]]

    @classmethod
    def listed(cls, spans: IntArray, same_release: BoolArray) -> OtherEvents:
        """Return events that are arrays already."""
        return cls(lambda: (spans, same_release))

    @cached_property
    def _both(self) -> tuple[IntArray, BoolArray]:
        return self.found()

    @property
    def spans(self) -> IntArray:
        """Earliest and latest clock time, microseconds since 1970-01-01 local, shape (n, 2)."""
        return self._both[0]

    @property
    def same_release(self) -> BoolArray:
        """Whether each is of the same release: has the same attribute ``release``; shape (n,)."""
        return self._both[1]


NO_EVENTS = OtherEvents.listed(np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.bool_))


@value
class ClockSpans:
    """Events on one market's clock, in the order of their earliest times; microseconds since 1970-01-01 local.

    Attributes
    ----------
    ids, releases : StrArray, shape (n,)
    spans : IntArray, shape (n, 2)
        Earliest and latest clock time.
    """

    ids: StrArray
    releases: StrArray
    spans: IntArray

    @cached_property
    def rows_of(self) -> dict[str, list[int]]:
        return rows_by_id(self.ids)

    def besides(self, event: Event) -> OtherEvents:
        """Return the events that are not this one, in the same order."""
        return OtherEvents(lambda: self._besides(event))

    def _besides(self, event: Event) -> tuple[IntArray, BoolArray]:
        same_event, release = self.rows_of.get(event.id, []), release_of(event)
        others = np.ones(len(self.spans), dtype=np.bool_)
        others[same_event] = False
        spans = self.spans[others]
        same = self.releases[others] == release if release else np.zeros(len(spans), dtype=np.bool_)
        return spans, np.asarray(same, dtype=np.bool_)


@value
class KnownTimes:
    """When known events were, and what they are called.

    Attributes
    ----------
    spans : IntArray, shape (n, 2)
        Earliest and latest instant of each, microseconds since the epoch.
    labels : StrArray, shape (n,)
    """

    spans: IntArray
    labels: StrArray

    @cached_property
    def order(self) -> IntArray:
        """Rows in the order of their earliest instants."""
        return np.argsort(self.spans[:, 0], kind="stable")

    @cached_property
    def begins(self) -> IntArray:
        return np.asarray(self.spans[self.order, 0])

    @cached_property
    def longest(self) -> int:
        """How long the longest of them may have lasted, microseconds."""
        return int((self.spans[:, 1] - self.spans[:, 0]).max(initial=0))

    def starting(self, first: int, last: int) -> IntArray:
        """Return the rows, in order, of those whose earliest instant is between two instants."""
        low, high = np.searchsorted(self.begins, [first, last + 1])
        return np.sort(self.order[low:high])


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
    _clocks: dict[tuple[str, str], ClockSpans] = field(init=False, default_factory=dict, compare=False)

    @cached_property
    def ids(self) -> StrArray:
        return np.array([event.id for event in self.events], dtype=object)

    @cached_property
    def releases(self) -> StrArray:
        return np.array([release_of(event) for event in self.events], dtype=object)

    @cached_property
    def rows_of(self) -> dict[str, list[int]]:
        return rows_by_id(self.ids)

    @cached_property
    def times(self) -> KnownTimes:
        labels = [event.label or event.id for event in self.events]
        return KnownTimes(self.spans, np.array(labels, dtype=object))

    @cached_property
    def named(self) -> frozenset[str]:
        """Instruments that any of them names."""
        return frozenset(code for event in self.events for code in event.instruments)

    def on_clock(self, zone: str, code: str) -> ClockSpans:
        """Return the events on one instrument, on the clock of a zone; an event that names none is on all."""
        key = (zone, code if code in self.named else "")
        if key not in self._clocks:
            on = [row for row, event in enumerate(self.events) if not event.instruments or code in event.instruments]
            spans = wall_us(self.spans[on].reshape(-1), zone).reshape(-1, 2)
            order = np.argsort(spans[:, 0], kind="stable")
            self._clocks[key] = ClockSpans(self.ids[on][order], self.releases[on][order], spans[order])
        return self._clocks[key]


def rows_by_id(ids: StrArray) -> dict[str, list[int]]:
    """Return the places of each identifier."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(ids.tolist()):
        rows.setdefault(name, []).append(row)
    return rows


def known_events(events: Sequence[Event] | Known) -> Known:
    """Return events with their instants as an array."""
    if isinstance(events, Known):
        return events
    expect("known", events, (list, tuple), "Pass a list of Events (read_events).")
    for event in events:
        expect("known", event, Event, "Pass a list of Events (read_events).")
    spans = [(instant_us(e.time.earliest), instant_us(e.time.latest)) for e in events]
    return Known(tuple(events), np.array(spans, dtype=np.int64).reshape(-1, 2))


def check_release(event: Event, match: MatchSettings | None) -> None:
    """Refuse to compare an event with days of its release if it names none."""
    if match is not None and match.releases == "same" and not release_of(event):
        raise DataError(
            f"The placebo days are to be days of the same release, and event {event.id} has no attribute `{RELEASE}`.",
            remedy=f'Add the column `{RELEASE}` to the events, or set releases = "any".',
        )


def release_of(event: Event) -> str:
    """Return the name of the release that an event belongs to; empty where its attributes name none."""
    return str(event.attributes.get(RELEASE, "")).strip()
