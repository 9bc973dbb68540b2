"""One instrument's bars as arrays on its local clock, and its prices at any clock time of many days."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, values_equal, wall_us
from eventstudy.market.calendars import calendar
from eventstudy.market.instruments import Instrument

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars


@dataclass(frozen=True, eq=False)
class Tape:
    """Bars as flat arrays; T bars in order of time.

    Attributes
    ----------
    instrument : Instrument
    zone : str
        The clock of the market.
    step_us : int
        Length of a bar, microseconds.
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch.
    wall : IntArray, shape (T,)
        The same on the market's clock, microseconds since 1970-01-01T00:00 local; never decreasing.
    price, span, volume : FloatArray, shape (T,)
        Log close; log of high over low (NaN without both); volume (NaN without).
    simulated : bool
    day : IntArray, shape (T,)
        Local date of each bar as days since 1970-01-01; a bar that closes at midnight ends the day before.
    """

    instrument: Instrument
    zone: str
    step_us: int
    closes: IntArray
    wall: IntArray
    price: FloatArray
    span: FloatArray
    volume: FloatArray
    simulated: bool = False
    day: IntArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", np.asarray((self.wall - 1) // DAY_US, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.closes)

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Sample:
    """A tape read at a grid of clock times; every array has the shape of the grid.

    ``price`` is the last log price of the same local day at or before the time (NaN before the day's first bar);
    ``traded`` says whether a bar closes in the step that ends there; ``volume`` and ``span`` are that bar's, NaN
    without one; ``age`` is the time since the price was made, microseconds.
    """

    price: FloatArray
    traded: BoolArray
    volume: FloatArray
    span: FloatArray
    age: IntArray


def tape_of(bars: Bars) -> Tape:
    """Return bars as a tape on the clock of their calendar."""
    frame, zone = bars.frame, calendar(bars.instrument.calendar).zone
    columns = {c: np.asarray(frame[c], dtype=np.float64) for c in frame.columns}
    missing = np.full(len(frame), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.log(columns["close"])
        span = np.log(columns.get("high", missing)) - np.log(columns.get("low", missing))
    closes = bars.closes_us
    wall = np.maximum.accumulate(wall_us(closes, zone)) if len(closes) else closes
    volume = columns.get("volume", missing)
    step = bars.step.value // 1000
    return Tape(bars.instrument, zone, step, closes, wall, price, span, volume, bars.simulated)


def days_of(tape: Tape) -> IntArray:
    """Return the local dates that have a bar, as days since 1970-01-01, increasing."""
    day = tape.day
    return day[np.concatenate([[True], day[1:] != day[:-1]])] if len(day) else day


def read_at(tape: Tape, wall: IntArray, *, carry: bool = False) -> Sample:
    """Read a tape at clock times of any shape (microseconds since 1970-01-01T00:00 local).

    ``carry`` keeps the last price over the night: for windows that begin in a closed market.
    """
    at = np.asarray(wall, dtype=np.int64)
    row = np.searchsorted(tape.wall, at, side="right") - 1
    held = np.maximum(row, 0)
    age = at - tape.wall[held]
    there = (row >= 0) & (carry | (tape.day[held] == (at - 1) // DAY_US))
    traded = there & (age < tape.step_us)
    return Sample(
        price=np.where(there, tape.price[held], np.nan),
        traded=traded,
        volume=np.where(traded, tape.volume[held], np.nan),
        span=np.where(traded, tape.span[held], np.nan),
        age=np.where(there, age, -1),
    )
