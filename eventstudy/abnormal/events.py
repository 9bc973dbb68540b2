"""Events as columns, their positions on the bars, and the ledger: one outcome with a reason for every pair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import BoolArray, IntArray, StrArray, instant_from_us, value

if TYPE_CHECKING:
    import pandas as pd


# Position in this table is the code; {time}, {instrument}, {a} and {b} are filled when the reason is read.
REASONS: tuple[tuple[OutcomeName, str], ...] = (
    ("used", "all returns of the estimation and event window were there"),
    ("unknown_instrument", "no series for {instrument} was given; pass its bars, or correct the code"),
    ("outside_data", "the news of {time} lies before the first close of {instrument}; get earlier data"),
    ("outside_data", "no close of {instrument} follows the news of {time}; get later data"),
    (
        "outside_data",
        "the news of {time} falls among {a} trading days without a bar of {instrument}; at most {b} are allowed",
    ),
    ("window_incomplete", "the event window needs {a} bars more than {instrument} has around {time}"),
    ("estimation_too_short", "the estimation window holds {a} usable returns; at least {b} are needed"),
    ("missing_returns", "{a} returns of {instrument} or a factor are missing, and no window asked for is complete"),
    (
        "degenerate_window",
        "the estimation window of {instrument} has {a} distinct returns, too few to estimate a variance",
    ),
    ("duplicate", "the same event on {instrument} was given before; it is counted once"),
    ("overlap", "its window overlaps that of an earlier event on {instrument}, which takes precedence"),
    ("used", "used, with {a} returns of the event window missing; only complete windows count"),
    ("estimation_too_short", "{a} days with the same clock window are usable; at least {b} are needed"),
    ("failed", "the model gave no finite estimate for {instrument}"),
    ("degenerate_window", "the regressors of {instrument} are collinear in the estimation window (rank {a} of {b})"),
    ("overlap", "merged into an overlapping event on {instrument}, whose interval now covers it"),
    ("used", "used; {a} of {b} returns of the estimation window are missing, infinite or set aside"),
    ("circular_time", "the event's time rests on the price move it is to explain; date it from another source"),
    (
        "degenerate_window",
        "the model explains {instrument} exactly: the residual standard deviation of the estimation window is below "
        "1e-12 of its returns, so no test can be computed",
    ),
    (
        "window_incomplete",
        "the windows reach over {a} trading days without a bar of {instrument}, more than {b}: as a rule two companies "
        "under one code; cut the prices there",
    ),
    ("outside_data", "{instrument} has no bar on the day of the event, which is marked as during market hours"),
    (
        "needs_review",
        "the price of {instrument} jumps by {a} % inside the event window and stays there, as after a split; give "
        "adjusted prices, or accept 'large jump' for this series",
    ),
    ("unknown_instrument", "the prices of {instrument} were left out when they were read; the first warnings say why"),
)
USED, UNKNOWN, BEFORE, AFTER, HOLE, WINDOW, SHORT, MISSING, DEGENERATE = range(9)
DUPLICATE, OVERLAP, USED_PARTLY, FEW_DAYS, FAILED, COLLINEAR, MERGED, USED_SHORTENED, CIRCULAR = range(9, 18)
EXACT, YEARS, NO_SESSION, JUMP, LEFT_OUT = range(18, 23)
USED_CODES = (USED, USED_PARTLY, USED_SHORTENED)
_IS_USED = np.isin(np.arange(256), USED_CODES)


def is_used(code: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which ledger codes mean that the event was used."""
    return _IS_USED[code]


def _of_one(reason: str) -> str:
    """Return a reason with its first number in the singular.

    >>> _of_one("the estimation window holds {a} usable returns; at least {b} are needed")
    'the estimation window holds {a} usable return; at least {b} are needed'
    """
    found = re.match(r"(.*?\{a\}(?: usable| distinct| trading)? (?:return|day|bar))s\b(.*)", reason, re.S)
    if found is None:
        return reason
    return found[1] + re.sub(r" are (missing|usable)\b", r" is \1", found[2], count=1)


@value
class Ledger:
    """What became of every (event, instrument) pair, in input order.

    Attributes
    ----------
    table : EventTable
        The input, N rows.
    code : NDArray of uint8, shape (N,)
        Row of :data:`REASONS`.
    a, b : IntArray, shape (N,)
        Numbers the reason mentions.
    """

    table: EventTable
    code: NDArray[np.uint8]
    a: IntArray
    b: IntArray

    def __repr__(self) -> str:
        return f"<Ledger: {int(self.used.sum()):,} of {len(self):,} events used>"

    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, row: int) -> Outcome:
        name, reason = REASONS[self.code[row]]
        instrument = str(self.table.instruments[row])
        time = instant_from_us(int(self.table.earliest[row])).strftime("%Y-%m-%d %H:%M UTC")
        a, b = int(self.a[row]), int(self.b[row])
        text = (_of_one(reason) if a == 1 else reason).format(instrument=instrument, time=time, a=a, b=b)
        return Outcome(str(self.table.ids[row]), instrument, name, text)

    def __iter__(self) -> Iterator[Outcome]:
        return (self[row] for row in range(len(self)))

    def naming_left_out(self, codes: Sequence[str]) -> Ledger:
        """Return the ledger in which an instrument whose prices were refused is not one that was not given."""
        refused = (self.code == UNKNOWN) & np.isin(self.table.instruments, list(codes))
        return replace(self, code=np.where(refused, np.uint8(LEFT_OUT), self.code)) if refused.any() else self

    @property
    def used(self) -> NDArray[np.bool_]:
        """Which rows were used, shape (N,)."""
        return is_used(self.code)

    def counts(self) -> Mapping[str, int]:
        """Return how many pairs ended in each outcome; the counts sum to the input."""
        found: dict[str, int] = {}
        for code, count in enumerate(np.bincount(self.code, minlength=len(REASONS))):
            if count:
                found[REASONS[code][0]] = found.get(REASONS[code][0], 0) + int(count)
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return the ledger as a frame: event, instrument, outcome, reason."""
        import pandas as pd

        rows = list(self)
        return pd.DataFrame(
            {
                "event": [r.event for r in rows],
                "instrument": [r.instrument for r in rows],
                "outcome": [r.outcome for r in rows],
                "reason": [r.reason for r in rows],
            }
        )


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


@value
class EventTable:
    """Events as columns, one row per (event, instrument) pair; the form in which a million events travel.

    Attributes
    ----------
    given : StrArray or pandas.Series of texts, shape (N,)
        Ids as they were given; texts of a frame become strings when they are read.
    places : (StrArray, IntArray), shapes (S,), (N,)
        Instruments, each once, and which of them each row names.
    earliest, latest : IntArray, shape (N,)
        Microseconds since the epoch.
    named : bool
        Whether the ids were given; where they were only numbered, two rows of one instrument and one time are the
        same event given twice.
    refused : NDArray of uint8 or None, shape (N,)
        Ledger code of pairs that are refused whatever the data say (circular time); 0 for the others.
    distinct : bool
        Whether all ids are known to differ.
    day, session : IntArray or None, shape (N,)
        Days since 1970-01-01 of events given by a date without a time (``NO_DAY`` for the others), and the code of
        the session; ``earliest`` and ``latest`` are then laid on the bars of each series.
    zoned : BoolArray or None, shape (N,)
        Whether the interval of such a date is in a time zone that was given with it.
    attributes : mapping of str to array, each (N,)
        Every further column of the events, by its name.
    """

    given: Any
    places: tuple[StrArray, IntArray]
    earliest: IntArray
    latest: IntArray
    named: bool = True
    refused: NDArray[np.uint8] | None = None
    distinct: bool = False
    day: IntArray | None = None
    session: IntArray | None = None
    zoned: BoolArray | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.earliest)

    @cached_property
    def ids(self) -> StrArray:
        return np.asarray(self.given, dtype=object)

    def id_of(self, row: int) -> str:
        """Return one id without turning the texts of all into strings."""
        return str(self.given[row] if isinstance(self.given, np.ndarray) else self.given.array[row])

    @cached_property
    def instruments(self) -> StrArray:
        names, place = self.places
        return names[place]

    def content(self) -> tuple[Any, ...]:
        """Return what two equal tables share, however their names are kept."""
        times = self.earliest, self.latest, self.day, self.session
        return self.ids, self.instruments, times, self.named, self.refused, dict(self.attributes)

    def keys(self, which: IntArray) -> tuple[IntArray, ...]:
        """Return integer columns that are all equal exactly where two rows are one event on one instrument."""
        if not self.named:
            return which, self.earliest, self.latest
        import pandas as pd

        return which, np.asarray(pd.factorize(self.ids)[0], dtype=np.int64)


Numbers = NDArray[Any] | int


@dataclass(eq=False)
class OpenLedger:
    """The ledger while a study fills it; :meth:`closed` returns the frozen one.

    Attributes
    ----------
    table : EventTable
    code : NDArray of uint8, shape (N,)
        Row of :data:`REASONS`.
    a, b : IntArray, shape (N,)
        Numbers the reason mentions.
    """

    table: EventTable
    code: NDArray[np.uint8]
    a: IntArray
    b: IntArray

    @classmethod
    def of(cls, table: EventTable) -> OpenLedger:
        """Return a ledger in which every pair is used so far."""
        n = len(table)
        return cls(table, np.zeros(n, np.uint8), np.zeros(n, np.int64), np.zeros(n, np.int64))

    def mark(self, rows: NDArray[np.intp], code: Numbers, a: Numbers = 0, b: Numbers = 0) -> None:
        """Record why ``rows`` are not used, or are used in part."""
        self.code[rows], self.a[rows], self.b[rows] = code, a, b

    def closed(self) -> Ledger:
        return Ledger(self.table, self.code, self.a, self.b)


# Stands for no date in EventTable.day.
NO_DAY = -(1 << 40)
_NONE: IntArray = np.empty(0, dtype=np.int64)
NO_EVENTS = EventTable(_NONE.astype(object), (_NONE.astype(object), _NONE), _NONE, _NONE)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The (event, instrument) pairs that rows of numbers belong to; names are looked up when they are read.

    Attributes
    ----------
    table : EventTable
    row : IntArray, shape (n,)
        Rows of the table.
    """

    table: EventTable
    row: IntArray

    def __repr__(self) -> str:
        return f"<Pairs: {len(self):,} (event, instrument) pairs>"

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
    """Where each event sits in its series: the alignment, before any value is gathered.

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
    """

    row: IntArray
    series: IntArray
    reference: IntArray
    first: IntArray

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> Positions:
        return Positions(self.row[rows], self.series[rows], self.reference[rows], self.first[rows])
