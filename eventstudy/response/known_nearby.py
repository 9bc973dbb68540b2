"""Which known events fall into an event's window, and which touch its placebo days: laid out as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, instant_from_us, value
from eventstudy.response.known import KnownTimes
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
class NearWindow:
    """What of an event's window decides which known events are near.

    Attributes
    ----------
    start, zero, end : int
        Instants of the window's start, the pre-event price and the window's end, microseconds since the epoch.
    event_day : int
        Days since 1970-01-01.
    days, removed : IntArray
        Placebo days, and days that could not serve.
    weight : FloatArray
        How much each placebo day counts.
    on_releases : bool
        Whether the placebo days are chosen for the other events on them.
    ahead : int
        How far instants are ahead of the market's clock.
    """

    start: int
    zero: int
    end: int
    event_day: int
    days: IntArray
    removed: IntArray
    weight: FloatArray
    on_releases: bool
    ahead: int = 0

    def clock(self, instant: int) -> int:
        """Return an instant on the market's clock, microseconds since local midnight of the event day."""
        return instant - self.ahead - self.event_day * DAY_US

    def reach(self, longest: int) -> tuple[int, int]:
        """Return between which instants an event begins that may matter: on the days looked at, and a day around."""
        days = np.concatenate([self.days, self.removed, [self.event_day]]) - self.event_day
        first = self.zero + (int(days.min()) - 1) * DAY_US
        return min(first, self.start - longest), self.end + (int(days.max()) + 1) * DAY_US


@value
class Confounders(Sequence[Confounder]):
    """The confounders of one response in order of time, found when they are looked at: a crowd has thousands.

    Attributes
    ----------
    seams : tuple of Confounder
    times : KnownTimes
        Of all known events.
    same_event : tuple of int
        Which of them are the event itself.
    window : NearWindow
    """

    seams: tuple[Confounder, ...]
    times: KnownTimes
    same_event: tuple[int, ...]
    window: NearWindow

    def content(self) -> tuple[Confounder, ...]:
        """Return them all."""
        rows, kinds = self.near
        at, labels = self.times.spans[rows, 0].tolist(), self.times.labels[rows]
        effects = [effect.format(weight=float(self.window.weight.min(initial=1.0))) for effect in EFFECTS]
        known = [
            Confounder(instant_from_us(begins), label, WHERE[kind], effects[kind])
            for begins, label, kind in zip(at, labels, kinds.tolist(), strict=True)
        ]
        return tuple(sorted([*self.seams, *known], key=lambda one: one.at))

    @property
    def near(self) -> tuple[IntArray, IntArray]:
        """Which known events matter, and what each does: places in ``EFFECTS``.

        An event on another day matters if it falls into the same clock window of a placebo day, or if its day is
        excluded.
        """
        window, times = self.window, self.times
        rows = times.starting(*window.reach(times.longest))
        for same_event in self.same_event:
            rows = rows[rows != same_event]
        earliest, latest = times.spans[rows].T
        shift = np.rint((earliest - window.zero) / DAY_US).astype(np.int64)
        inside = (latest >= window.start) & (earliest <= window.end)
        day = window.event_day + shift
        served, place = _among(day, window.days)
        touches = (latest >= window.start + shift * DAY_US) & (earliest <= window.end + shift * DAY_US) & served
        doubted = touches & (np.append(window.weight, 1.0)[place] < 1)
        eligible = touches & (not window.on_releases)
        excluded = _among(day, np.sort(window.removed))[0]
        cases = (inside & (latest <= window.zero), inside, excluded, doubted, eligible)
        kinds = np.select(cases, (BEFORE, IN_WINDOW, EXCLUDED, DOUBTED, ELIGIBLE), -1)
        return rows[kinds >= 0], kinds[kinds >= 0]

    def __len__(self) -> int:
        return len(self.seams) + len(self.near[0])

    def __iter__(self) -> Iterator[Confounder]:
        return iter(self.content())

    @overload
    def __getitem__(self, at: int) -> Confounder: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Confounder, ...]: ...
    def __getitem__(self, at: int | slice) -> Confounder | tuple[Confounder, ...]:
        return self.content()[at]


def _among(days: IntArray, sorted_days: IntArray) -> tuple[BoolArray, IntArray]:
    """Return which days are among others in order, and where they would stand."""
    place = np.searchsorted(sorted_days, days)
    return np.asarray(np.append(sorted_days, -1)[place] == days), place
