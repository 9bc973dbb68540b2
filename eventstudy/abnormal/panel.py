"""Events and returns to one rectangular panel in event time; the last place that knows about clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from eventstudy.abnormal.windows import Window, WindowSpec
from eventstudy.arrays import BoolArray, FloatArray, IntArray, StrArray, values_equal

OutcomeName = Literal[
    "used",
    "needs_review",
    "unknown_instrument",
    "outside_data",
    "outside_validity",
    "window_incomplete",
    "estimation_too_short",
    "missing_returns",
    "degenerate_window",
    "overlap",
    "duplicate",
    "circular_time",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event on one instrument: exactly one per input pair, with a sentence that says why."""

    event: str
    instrument: str
    outcome: OutcomeName
    reason: str


@dataclass(frozen=True, eq=False)
class EventTable:
    """Events as columns, one row per (event, instrument) pair; the form in which a million events travel.

    Attributes
    ----------
    given : StrArray or pandas.Series of texts, shape (N,)
        Ids as they were given; texts of a frame become strings when somebody reads them.
    places : (StrArray, IntArray), shapes (S,), (N,)
        Instruments, each once, and which of them each row names.
    earliest, latest : IntArray, shape (N,)
        Microseconds since the epoch.
    named : bool
        Whether the ids were given; where they were only numbered, two rows of one instrument and one time are the
        same event given twice.
    circular : BoolArray or None, shape (N,)
        True where the time was derived from the price of the very instrument; such a pair is refused.
    distinct : bool
        Whether all ids are known to differ.
    """

    given: Any
    places: tuple[StrArray, IntArray]
    earliest: IntArray
    latest: IntArray
    named: bool = True
    circular: BoolArray | None = None
    distinct: bool = False

    def __len__(self) -> int:
        return len(self.earliest)

    @cached_property
    def ids(self) -> StrArray:
        return np.asarray(self.given, dtype=object)

    @cached_property
    def instruments(self) -> StrArray:
        names, place = self.places
        return names[place]

    def content(self) -> tuple[Any, ...]:
        """Return what two equal tables share, however their names are kept."""
        return self.ids, self.instruments, self.earliest, self.latest, self.named, self.circular

    def keys(self, which: IntArray) -> tuple[IntArray, ...]:
        """Return integer columns that are all equal exactly where two rows are one event on one instrument."""
        if not self.named:
            return which, self.earliest, self.latest
        import pandas as pd

        return which, np.asarray(pd.factorize(self.ids)[0], dtype=np.int64)

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


_NONE: IntArray = np.empty(0, dtype=np.int64)
NO_EVENTS = EventTable(_NONE.astype(object), (_NONE.astype(object), _NONE), _NONE, _NONE)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The (event, instrument) pairs that rows of numbers belong to; names are looked up when somebody reads them.

    Attributes
    ----------
    table : EventTable
    row : IntArray, shape (n,)
        Rows of the table.
    """

    table: EventTable
    row: IntArray

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, rows: Any) -> Pairs:
        return Pairs(self.table, self.row[rows])

    @cached_property
    def events(self) -> StrArray:
        return self.table.ids[self.row]

    @cached_property
    def instruments(self) -> StrArray:
        return self.table.instruments[self.row]


@dataclass(frozen=True, eq=False)
class Positions:
    """Where each used event sits in its series: the alignment, before any value is gathered.

    The same positions gather returns, factors, volume, range or prices, so every studied variable sees the same
    bars. tau = 0 merges the bars ``reference + 1 .. first``; tau = -j ends at ``reference - j + 1``;
    tau = +j ends at ``first + j``.

    Attributes
    ----------
    row : IntArray, shape (N,)
        Row of the event in the event table.
    series : IntArray, shape (N,)
        Which series of the data.
    reference : IntArray, shape (N,)
        Index of the last close that cannot contain the news (anchor ``bracket``: at or before ``earliest``).
    first : IntArray, shape (N,)
        Index of the first close after the news (anchor ``bracket``: at or after ``latest``).
    placebo_reference, placebo_first : IntArray, shape (N, D)
        The same clock window on D other trading days; -1 where a day cannot serve.
    placebo_day : IntArray, shape (N, D)
        Trading day of each placebo, days since 1970-01-01; -1 where there is none.
    """

    row: IntArray
    series: IntArray
    reference: IntArray
    first: IntArray
    placebo_reference: IntArray
    placebo_first: IntArray
    placebo_day: IntArray


@dataclass(frozen=True, eq=False)
class Panel:
    """What leaves pandas: N events by bars of event time.

    Attributes
    ----------
    events, instruments : StrArray, shape (N,)
    windows : WindowSpec
    tau : IntArray, shape (L2,)
        Event time of the event-window columns.
    y : FloatArray, shape (N, L1 + L2)
        Studied returns: L1 estimation bars, then L2 event-window cells. NaN is missing.
    F : FloatArray, shape (N, L1 + L2, k)
        Regressors without the intercept; k may be 0.
    n_bars : IntArray, shape (N, L2)
        Bars merged into each event-window cell (1 everywhere but at tau = 0).
    valid : BoolArray, shape (N, L1 + L2)
        Cells whose return and regressors are all there.
    closes : IntArray, shape (N, L2)
        Closing instant of each event-window cell, microseconds since the epoch.
    placebo : FloatArray, shape (N, D, L2)
        The studied return on the same clock window of D other days; NaN rows where a day cannot serve.
    placebo_day : IntArray, shape (N, D)
    """

    events: StrArray
    instruments: StrArray
    windows: WindowSpec
    tau: IntArray
    y: FloatArray
    F: FloatArray
    n_bars: IntArray
    valid: BoolArray
    closes: IntArray
    placebo: FloatArray
    placebo_day: IntArray

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    def columns(self, window: Window) -> slice:
        """Return the slice of event-window columns that ``window`` covers."""
        return slice(window.start - int(self.tau[0]), window.stop - int(self.tau[0]) + 1)


Attributes = Mapping[str, Mapping[str, float | str]]
