"""Log returns on a trading clock: inside sessions, with the returns that span a break kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.arrays import BoolArray, FloatArray, IntArray, values_equal

if TYPE_CHECKING:
    from eventstudy.market.instruments import Instrument


@dataclass(frozen=True, eq=False)
class Returns:
    """Decimal returns of one instrument; everything the engine needs to know of the market, as arrays.

    Attributes
    ----------
    instrument : Instrument
    step_us : int
        Length of one bar in microseconds.
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch, increasing.
    values : FloatArray, shape (T,)
        ``values[i] = ln(P_i / P_{i-1})`` in decimals (0.01 is 1 %); NaN for the first bar and where a price is missing.
    spans_break : BoolArray, shape (T,)
        True where the return crosses a session break, a night or a halt: a gap return, a different object.
    trading_day : IntArray, shape (T,)
        Exchange trading day as days since 1970-01-01 (a weekend session may belong to the next trading day).
    clock : IntArray, shape (T,)
        Local time of day of the close in the calendar's zone, microseconds since local midnight.
    """

    instrument: Instrument
    step_us: int
    closes: IntArray
    values: FloatArray
    spans_break: BoolArray
    trading_day: IntArray
    clock: IntArray

    def __len__(self) -> int:
        return len(self.closes)

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]
