"""The ledger: one outcome per input event, kept as columns and spelled out only when somebody reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.panel import EventTable, Outcome, OutcomeName
from eventstudy.arrays import IntArray, instant_from_us, values_equal

if TYPE_CHECKING:
    import pandas as pd

# Position in this table is the code; {time}, {instrument}, {a} and {b} are filled when the reason is read.
REASONS: tuple[tuple[OutcomeName, str], ...] = (
    ("used", "all returns of the estimation and event window were there"),
    ("unknown_instrument", "no series for {instrument} was given; pass its bars, or correct the code"),
    ("outside_data", "the news of {time} lies before the first close of {instrument}; get earlier data"),
    ("outside_data", "no close of {instrument} follows the news of {time}; get later data"),
    ("outside_data", "the news of {time} falls in a hole of {a} hours in {instrument}, longer than the bound of {b}"),
    ("window_incomplete", "the event window needs {a} bars more than {instrument} has around {time}"),
    ("estimation_too_short", "the estimation window holds {a} usable returns; at least {b} are needed"),
    ("missing_returns", "{a} returns of {instrument} or a factor are missing, and no window asked for is complete"),
    ("degenerate_window", "the estimation window of {instrument} has {a} distinct returns, too few to tell a variance"),
    ("duplicate", "the same event on {instrument} was given before; it is counted once"),
    ("overlap", "its window overlaps that of an earlier event on {instrument}, which takes precedence"),
    ("used", "used, with {a} returns of the event window missing; only complete windows count"),
    ("estimation_too_short", "{a} days with the same clock window are usable; at least {b} are needed"),
    ("failed", "the model gave no finite estimate for {instrument}"),
    ("degenerate_window", "the regressors of {instrument} are collinear in the estimation window (rank {a} of {b})"),
    ("overlap", "merged into an overlapping event on {instrument}, whose interval now covers it"),
    ("used", "used; {a} of the event window's bars belong to another event as well"),
    ("circular_time", "the event's time rests on the price move it is to explain; date it from another source"),
)
USED, UNKNOWN, BEFORE, AFTER, HOLE, WINDOW, SHORT, MISSING, DEGENERATE = range(9)
DUPLICATE, OVERLAP, USED_PARTLY, FEW_DAYS, FAILED, COLLINEAR, MERGED, USED_OVERLAPPING, CIRCULAR = range(9, 18)
USED_CODES = (USED, USED_PARTLY, USED_OVERLAPPING)
_IS_USED = np.isin(np.arange(256), USED_CODES)


def is_used(code: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which ledger codes mean that the event was used."""
    return _IS_USED[code]


@dataclass(frozen=True, eq=False)
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

    def __len__(self) -> int:
        return len(self.code)

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, row: int) -> Outcome:
        name, reason = REASONS[self.code[row]]
        instrument = str(self.table.instruments[row])
        time = instant_from_us(int(self.table.earliest[row])).strftime("%Y-%m-%d %H:%M UTC")
        text = reason.format(instrument=instrument, time=time, a=int(self.a[row]), b=int(self.b[row]))
        return Outcome(str(self.table.ids[row]), instrument, name, text)

    def __iter__(self) -> Iterator[Outcome]:
        return (self[row] for row in range(len(self)))

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
