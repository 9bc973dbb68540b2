"""Which known events fall into an event's window, and which touch its placebo days: laid out as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray, instant_from_us, value
from eventstudy.news.items import Event
from eventstudy.response.known import Known, KnownTimes
from eventstudy.response.matching import Matched
from eventstudy.response.placebo_pool import RemovedDay
from eventstudy.response.values import Confounder

IN_WINDOW, BEFORE, EXCLUDED, ELIGIBLE, DOUBTED = range(5)
WHERE = ("event", "before", "placebo", "placebo", "placebo")
EFFECTS = (
    "kept: it cannot be distinguished from the event",
    "kept: it cannot be distinguished from the event",
    "its day is excluded as a placebo day",
    "kept: its day is eligible as a placebo day",
    "its day counts {weight:g} of a placebo day",
)


@value
class Confounders(Sequence[Confounder]):
    """The confounders of one response in order of time, each made when it is looked at: a crowd has thousands.

    Attributes
    ----------
    seams : tuple of Confounder
    times : KnownTimes
        Of all known events.
    rows : IntArray, shape (m,)
        Those of them that matter.
    kinds : IntArray, shape (m,)
        What each does: places in ``EFFECTS``.
    weight : float
        How much of a placebo day a doubted day counts.
    """

    seams: tuple[Confounder, ...]
    times: KnownTimes
    rows: IntArray
    kinds: IntArray
    weight: float

    def content(self) -> tuple[Confounder, ...]:
        """Return them all."""
        at, labels = self.times.spans[self.rows, 0].tolist(), self.times.labels[self.rows]
        effects = [effect.format(weight=self.weight) for effect in EFFECTS]
        known = [
            Confounder(instant_from_us(begins), label, WHERE[kind], effects[kind])
            for begins, label, kind in zip(at, labels, self.kinds.tolist(), strict=True)
        ]
        return tuple(sorted([*self.seams, *known], key=lambda one: one.at))

    def __len__(self) -> int:
        return len(self.seams) + len(self.rows)

    def __iter__(self) -> Iterator[Confounder]:
        return iter(self.content())

    @overload
    def __getitem__(self, at: int) -> Confounder: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Confounder, ...]: ...
    def __getitem__(self, at: int | slice) -> Confounder | tuple[Confounder, ...]:
        return self.content()[at]


def known_nearby(event: Event, matched: Matched, known: Known, seams: Sequence[Confounder] = ()) -> Confounders:
    """Return the known events in the window of an event, and those on its placebo days, beside the seams.

    An event on another day matters if it falls into the same clock window of a placebo day, or if its day is excluded.
    """
    start, zero, end = (int(matched.moments[column]) for column in (matched.start, matched.zero, -1))
    removed = removed_days(matched.removed)
    rows = known.times.starting(*_reach(matched, removed, known.times.longest))
    for own in known.rows_of.get(event.id, ()):
        rows = rows[rows != own]
    earliest, latest = known.times.spans[rows].T
    shift = np.rint((earliest - zero) / DAY_US).astype(np.int64)
    day, inside = matched.event_day + shift, (latest >= start) & (earliest <= end)
    served, place = _among(day, matched.day)
    touches = (latest >= start + shift * DAY_US) & (earliest <= end + shift * DAY_US) & served
    doubted = touches & (np.append(matched.weight, 1.0)[place] < 1)
    eligible = touches & (not matched.on_releases)
    cases = (inside & (latest <= zero), inside, _among(day, np.sort(removed))[0], doubted, eligible)
    kinds = np.select(cases, (BEFORE, IN_WINDOW, EXCLUDED, DOUBTED, ELIGIBLE), -1)
    found = kinds >= 0
    weight = float(matched.weight.min(initial=1.0))
    return Confounders(tuple(seams), known.times, rows[found], kinds[found], weight)


def _among(days: IntArray, sorted_days: IntArray) -> tuple[BoolArray, IntArray]:
    """Return which days are among others in order, and where they would stand."""
    place = np.searchsorted(sorted_days, days)
    return np.asarray(np.append(sorted_days, -1)[place] == days), place


def removed_days(removed: Sequence[RemovedDay]) -> IntArray:
    """Return the days as counts since 1970-01-01."""
    return np.array([one.day for one in removed], dtype="datetime64[D]").astype(np.int64)


def _reach(matched: Matched, removed: IntArray, longest: int) -> tuple[int, int]:
    """Return between which instants an event begins that may matter: on the days looked at, and a day around them."""
    days = np.concatenate([matched.day, removed, [matched.event_day]]) - matched.event_day
    first = int(matched.moments[matched.zero]) + (int(days.min()) - 1) * DAY_US
    last = int(matched.moments[-1]) + (int(days.max()) + 1) * DAY_US
    return min(first, int(matched.moments[matched.start]) - longest), last
