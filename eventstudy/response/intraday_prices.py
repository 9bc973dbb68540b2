"""One instrument's bars as arrays on its local clock, and its prices at any clock time of many days."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, look_up, value, wall_us
from eventstudy.market.calendars import calendar
from eventstudy.market.instruments import Instrument
from eventstudy.market.sessions import clock_zone
from eventstudy.response.price_rules import PRICE_RULES, prices_of

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars


HOUR_US = 60 * MINUTE_US
# Of the hours of the days with bars; a currency week has 120 of the 144 hours of its six days.
MOST_HOURS, ENOUGH_DAYS = 0.8, 3
LONGEST_CARRY_US = 12 * HOUR_US


@value
class IntradayPrices:
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
        Log price under ``rule``; log of high over low (NaN without both); volume (NaN without).
    simulated : bool
    rule : str
        Row of ``PRICE_RULES``.
    reach_us : int
        How far back that rule looks.
    spread : FloatArray, shape (T,)
        Log of ask over bid at each close; NaN without quotes.
    around_the_clock : bool
        Whether trading goes on through midnight, so that no window ends there.
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
    rule: str = "last"
    reach_us: int = 0
    spread: FloatArray | None = None
    around_the_clock: bool = False
    day: IntArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", np.asarray((self.wall - 1) // DAY_US, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.closes)

    @cached_property
    def days(self) -> IntArray:
        """Local dates that have a bar, increasing."""
        day = self.day
        return day[np.concatenate([[True], day[1:] != day[:-1]])] if len(day) else day

    @cached_property
    def last_rows(self) -> IntArray:
        """Row of the last bar of each of ``days``."""
        return np.append(np.flatnonzero(np.diff(self.day)), len(self) - 1)

    @cached_property
    def never_closes(self) -> bool:
        """Whether the market trades around the clock and on weekends."""
        weekend = (self.days + 3) % 7 > 4
        return self.around_the_clock and len(self.days) > 7 and bool(weekend.mean() > 0.2)  # two of seven are 0.29

    @cached_property
    def latest_clock(self) -> int:
        """Latest closing time of any day, microseconds since local midnight."""
        return int((self.wall - self.day * DAY_US).max())


@dataclass(frozen=True, eq=False)
class PriceSample:
    """A tape read at a grid of clock times; every array has the shape of the grid.

    ``price`` is the last log price of the same local day at or before the time (NaN before the day's first bar); where
    trading goes on through midnight, that of the last twelve hours;
    ``traded`` says whether a bar closes in the step that ends there; ``volume``, ``span`` and ``spread`` are that
    bar's, NaN without one; ``age`` is the time since the price was made, microseconds.
    """

    price: FloatArray
    traded: BoolArray
    volume: FloatArray
    span: FloatArray
    spread: FloatArray
    age: IntArray


def intraday_prices(bars: Bars, rule: str = "last") -> IntradayPrices:
    """Return bars as a tape on the clock of their calendar, its prices made by one row of ``PRICE_RULES``."""
    zone, prices = clock_zone(calendar(bars.instrument.calendar), bars.zone), prices_of(bars)
    chosen = look_up("price rule", PRICE_RULES, rule)
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.log(chosen.levels(prices))
        span = np.log(prices.high) - np.log(prices.low)
        spread = np.log(prices.ask) - np.log(prices.bid)
    closes = prices.closes
    wall = np.maximum.accumulate(wall_us(closes, zone)) if len(closes) else closes
    step, reach, through = bars.step.value // 1000, chosen.reach(prices), trades_around_the_clock(wall)
    return IntradayPrices(
        bars.instrument,
        zone,
        step,
        closes,
        wall,
        price,
        span,
        prices.volume,
        bars.simulated,
        rule,
        reach,
        spread,
        through,
    )


def trades_around_the_clock(wall: IntArray) -> bool:
    """Return whether most hours of the days with bars have a bar: markets of 24 hours on five or seven days."""
    hours = np.unique((wall - 1) // HOUR_US)
    days = np.unique(hours // 24)
    return len(days) >= ENOUGH_DAYS and len(hours) >= MOST_HOURS * 24 * len(days)


def read_at(tape: IntradayPrices, wall: IntArray, *, carry: bool = False) -> PriceSample:
    """Read a tape at clock times of any shape (microseconds since 1970-01-01T00:00 local).

    ``carry`` keeps the last price over the night: for windows that begin in a closed market.
    """
    at = np.asarray(wall, dtype=np.int64)
    row, age = _latest_bar(tape, at)
    near = age < LONGEST_CARRY_US if tape.around_the_clock else tape.day[row] == (at - 1) // DAY_US
    there = (age >= 0) & (carry | near)
    traded = there & (age < tape.step_us)
    return PriceSample(
        price=np.where(there, tape.price[row], np.nan),
        traded=traded,
        volume=np.where(traded, tape.volume[row], np.nan),
        span=np.where(traded, tape.span[row], np.nan),
        spread=np.full(at.shape, np.nan) if tape.spread is None else np.where(traded, tape.spread[row], np.nan),
        age=np.where(there, age, -1),
    )


def traded_at(tape: IntradayPrices, wall: IntArray) -> BoolArray:
    """Return whether a bar closes in the step that ends at each of these clock times, as ``read_at`` does."""
    at = np.asarray(wall, dtype=np.int64)
    row, age = _latest_bar(tape, at)
    same = True if tape.around_the_clock else tape.day[row] == (at - 1) // DAY_US
    return np.asarray((age >= 0) & (age < tape.step_us) & same)


def _latest_bar(tape: IntradayPrices, at: IntArray) -> tuple[IntArray, IntArray]:
    """Return the row of the last bar at or before each time and its age; the first row, of negative age, where none."""
    row = np.maximum(np.searchsorted(tape.wall, at, side="right") - 1, 0)
    return row, at - tape.wall[row]
