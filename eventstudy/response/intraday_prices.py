"""One instrument's bars as arrays on its local clock, and its prices at any clock time of many days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, counts, look_up, runs, value, wall_us
from eventstudy.market.calendars import calendar
from eventstudy.market.instruments import Instrument
from eventstudy.market.sessions import clock_zone
from eventstudy.response.clock_table import BarsAt, ClockTable
from eventstudy.response.price_rules import PRICE_RULES, prices_of

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars


HOUR_US = 60 * MINUTE_US
# Of the hours of the days with bars; a currency week has 120 of the 144 hours of its six days.
MOST_HOURS, ENOUGH_DAYS = 0.8, 3
LONGEST_CARRY_US = 12 * HOUR_US
# A series is laid out by clock with some days around it, into which windows reach through midnight; one with very few
# bars for its length is searched instead.
MARGIN_DAYS, MOST_STEPS_PER_BAR, ALWAYS_ALLOWED = 2, 30, 100_000


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
    def pauses(self) -> IntArray:
        """Rows of the last bars before stretches of half an hour and three bars without any."""
        return np.flatnonzero(np.diff(self.closes) > max(30 * MINUTE_US, 3 * self.step_us))

    @cached_property
    def gaps(self) -> FloatArray:
        """Log returns over each of ``pauses``, see ``gap_returns``, shape (G, 2)."""
        return gap_returns(self, np.column_stack([self.pauses, self.pauses + 1]))

    @cached_property
    def reopenings(self) -> tuple[IntArray, IntArray]:
        """How many nights, two at most, each of ``pauses`` lasts, and the clock time of the bar after it."""
        after = self.pauses + 1
        return np.minimum(self.day[after] - self.day[self.pauses], 2), self.wall[after] - self.day[after] * DAY_US

    @cached_property
    def never_closes(self) -> bool:
        """Whether the market trades around the clock and on weekends."""
        weekend = (self.days + 3) % 7 > 4
        return self.around_the_clock and len(self.days) > 7 and bool(weekend.mean() > 0.2)  # two of seven are 0.29

    @cached_property
    def latest_clock(self) -> int:
        """Latest closing time of any day, microseconds since local midnight."""
        return int((self.wall - self.day * DAY_US).max())

    @cached_property
    def all_priced(self) -> bool:
        """Whether every bar has a price."""
        return bool(np.isfinite(self.price).all())

    @cached_property
    def clock_table(self) -> ClockTable | None:
        """The bars at every step of the clock; None where steps do not divide the day or bars are rare."""
        if not len(self) or DAY_US % self.step_us:
            return None
        first, last = (int(self.wall[row] // DAY_US) for row in (0, -1))
        steps = (last - first + 1 + 2 * MARGIN_DAYS) * (DAY_US // self.step_us)
        if steps > MOST_STEPS_PER_BAR * len(self) + ALWAYS_ALLOWED:
            return None
        begin = (first - MARGIN_DAYS) * DAY_US + int(self.wall[0] % self.step_us)
        place = -(-(self.wall - begin) // self.step_us)  # the first step at or after each bar
        latest = np.maximum(np.cumsum(np.bincount(place, minlength=steps)) - 1, 0)
        bars = bars_of_rows(self, latest, begin + self.step_us * np.arange(steps, dtype=np.int64))
        return ClockTable(begin, self.step_us, BarsAt(bars.row.astype(np.int32), bars.on_time, bars.traded))


@dataclass(frozen=True, eq=False)
class PriceSample:
    """Prices read at a grid of clock times; every array has the shape of the grid.

    Attributes
    ----------
    prices : IntradayPrices
    bars : BarsAt
        The latest bar at or before each time.
    present : BoolArray
        Whether it has a price: one of the same local day, where trading goes on through midnight of the last twelve
        hours, or any earlier one where prices are kept over the night.
    """

    prices: IntradayPrices
    bars: BarsAt
    present: BoolArray

    @property
    def traded(self) -> BoolArray:
        """Whether a bar closes in the step that ends there."""
        return self.bars.traded

    @cached_property
    def price(self) -> FloatArray:
        """The last log price at or before the time; NaN before the day's first bar."""
        return self._read(self.prices.price, self.present)

    @cached_property
    def volume(self) -> FloatArray:
        """The volume of the bar that closes there; NaN without one, and so ``span`` and ``spread``."""
        return self._of_bar(self.prices.volume)

    @cached_property
    def span(self) -> FloatArray:
        return self._of_bar(self.prices.span)

    @cached_property
    def spread(self) -> FloatArray:
        if self.prices.spread is None:
            return np.full(self.present.shape, np.nan)
        return self._of_bar(self.prices.spread)

    def days(self, rows: IntArray | BoolArray) -> PriceSample:
        """Return some of its rows."""
        bars = BarsAt(self.bars.row[rows], self.bars.on_time[rows], self.bars.traded[rows])
        return PriceSample(self.prices, bars, self.present[rows])

    def at(self, columns: slice | IntArray) -> PriceSample:
        """Return some of its moments."""
        bars = BarsAt(self.bars.row[..., columns], self.bars.on_time[..., columns], self.bars.traded[..., columns])
        return PriceSample(self.prices, bars, self.present[..., columns])

    def of_events(self, places: IntArray, days: int) -> PriceSample:
        """Return the first days of some events, shape (days, P, T) out of (D, E, T)."""
        at, bars = (slice(days), places), self.bars
        return PriceSample(self.prices, BarsAt(bars.row[at], bars.on_time[at], bars.traded[at]), self.present[at])

    def of_event(self, place: int, days: int) -> PriceSample:
        """Return the first days of one event, shape (days, T) out of (D, E, T)."""
        bars = BarsAt(self.bars.row[:days, place], self.bars.on_time[:days, place], self.bars.traded[:days, place])
        return PriceSample(self.prices, bars, self.present[:days, place])

    def only(self, rows: BoolArray) -> PriceSample:
        """Return the same with nothing at the rows that are not asked for."""
        present = rows[..., None]
        bars = BarsAt(self.bars.row, self.bars.on_time & present, self.bars.traded & present)
        return PriceSample(self.prices, bars, self.present & present)

    def day(self, row: int) -> PriceSample:
        """Return one of its rows, shape (T,)."""
        bars = BarsAt(self.bars.row[row], self.bars.on_time[row], self.bars.traded[row])
        return PriceSample(self.prices, bars, self.present[row])

    def _of_bar(self, values: FloatArray) -> FloatArray:
        return self._read(values, self.bars.traded)

    @cached_property
    def _in_one_piece(self) -> BoolArray:
        """Which windows have a bar in every step from their first bar on, and no price before it; shape (...)."""
        row, traded, length = self.bars.row, self.bars.traded, self.bars.row.shape[-1]
        first, count = traded.argmax(axis=-1), counts(traded, -1)
        at_first = np.take_along_axis(row, first[..., None], axis=-1)[..., 0]
        no_gap = traded[..., -1] & (first + count == length) & (row[..., -1] - at_first == length - 1 - first)
        return np.asarray(no_gap & (row[..., -1] >= length - 1) & (counts(self.present, -1) == count))

    def _read(self, values: FloatArray, where: BoolArray) -> FloatArray:
        """Return values of the bars, NaN where not asked for; bars without a gap are copied in one piece."""
        row, length = self.bars.row, self.bars.row.shape[-1]
        if row.ndim < 3 or not 0 < length <= len(values):
            return np.where(where, values.take(row), np.nan)
        whole = self._in_one_piece
        found = runs(values, length)[np.where(whole, row[..., -1] - (length - 1), 0)]
        if not whole.all():
            found[~whole] = values.take(row[~whole])
        return found if where.all() else np.where(where, found, np.nan)


def samples_beside(samples: Sequence[PriceSample]) -> PriceSample:
    """Return P samples of one instrument together, (T,) each to (P, T) or (D, T) each to (D, P, T)."""
    shapes = [sample.present.shape for sample in samples]
    days = [max(shape[0] for shape in shapes)] if len(shapes[0]) == 2 else []
    shape = (*days, len(samples), shapes[0][-1])
    row, flags = np.zeros(shape, dtype=np.int64), [np.zeros(shape, dtype=np.bool_) for _ in range(3)]
    for place, sample in enumerate(samples):
        rows = (slice(len(sample.present)), place) if days else place
        row[rows] = sample.bars.row
        for flag, column in zip(flags, (sample.bars.on_time, sample.bars.traded, sample.present), strict=True):
            flag[rows] = column
    return PriceSample(samples[0].prices, BarsAt(row, flags[0], flags[1]), flags[2])


def intraday_prices(bars: Bars, rule: str = "last") -> IntradayPrices:
    """Return bars as prices on the clock of their calendar, by one row of ``PRICE_RULES``."""
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


def gap_returns(prices: IntradayPrices, rows: IntArray) -> FloatArray:
    """Return the log returns from one bar to the close of another, and to ``first_vwap`` from there on, shape (G, 2).

    ``rows`` (G, 2) are those of the two bars.
    """
    before, after = rows.T
    ends = np.column_stack([prices.price[after], first_vwap(prices, after)])
    return np.asarray(ends - prices.price[before][:, None])


def first_vwap(prices: IntradayPrices, rows: IntArray, minutes: int = 5) -> FloatArray:
    """Return the log of the volume-weighted mean close of the first minutes from each opening bar on, shape (G,)."""
    span = max(1, minutes * MINUTE_US // prices.step_us)
    take = np.minimum(rows[:, None] + np.arange(span), len(prices) - 1)
    inside = prices.closes[take] < prices.closes[rows][:, None] + minutes * MINUTE_US
    weight = np.where(inside & np.isfinite(prices.volume[take]), prices.volume[take], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log((weight * np.exp(prices.price[take])).sum(axis=1) / weight.sum(axis=1)))


def read_at(prices: IntradayPrices, wall: IntArray, *, carry: bool = False) -> PriceSample:
    """Read prices at clock times of any shape (microseconds since 1970-01-01T00:00 local).

    ``carry`` keeps the last price over the night: for windows that begin in a closed market.
    """
    at = np.asarray(wall, dtype=np.int64)
    return _sample(prices, bars_at(prices, at), at, carry=carry)


def read_days(prices: IntradayPrices, days: IntArray, offsets: IntArray, *, carry: bool = False) -> PriceSample:
    """Read prices at clock times ``offsets`` (..., T) after midnight of ``days`` (...), shape (..., T)."""
    at = days[..., None] * DAY_US + offsets if carry else offsets
    return _sample(prices, bars_on_days(prices, days, offsets), at, carry=carry)


def _sample(prices: IntradayPrices, bars: BarsAt, at: IntArray, *, carry: bool) -> PriceSample:
    present = at >= prices.wall[0] if carry else bars.on_time
    return PriceSample(prices, bars, present if prices.all_priced else present & np.isfinite(prices.price[bars.row]))


def bars_on_days(prices: IntradayPrices, days: IntArray, offsets: IntArray) -> BarsAt:
    """Return ``bars_at`` at clock times ``offsets`` (..., T) after midnight of ``days`` (...), shape (..., T)."""
    table = prices.clock_table
    cut = None if table is None else table.windows(days, offsets)
    return bars_at(prices, days[..., None] * DAY_US + offsets) if cut is None else cut


def traded_on_days(prices: IntradayPrices, days: IntArray, offsets: IntArray) -> BoolArray:
    """Return whether a bar closes in the step that ends at each of these times, shape (..., T)."""
    table = prices.clock_table
    cut = None if table is None else table.traded(days, offsets)
    return bars_at(prices, days[..., None] * DAY_US + offsets).traded if cut is None else cut


def count_traded(prices: IntradayPrices, days: IntArray, offsets: IntArray) -> IntArray:
    """Return in how many of the steps that end at these times a bar closes, shape (...)."""
    table = prices.clock_table
    found = None if table is None else table.count_traded(days, offsets)
    return counts(traded_on_days(prices, days, offsets), -1) if found is None else found


def priced_throughout(prices: IntradayPrices, days: IntArray, offsets: IntArray, *, carry: bool = False) -> BoolArray:
    """Return whether there is a price at all of these times, shape (...)."""
    table = prices.clock_table
    found = None if table is None or carry or not prices.all_priced else table.count_on_time(days, offsets)
    if found is None:
        return np.asarray(read_days(prices, days, offsets, carry=carry).present.all(axis=-1))
    return np.asarray(found == offsets.shape[-1])


def bars_at(prices: IntradayPrices, at: IntArray) -> BarsAt:
    """Return the latest bar at or before each of some clock times, of any shape."""
    return bars_of_rows(prices, np.maximum(np.searchsorted(prices.wall, at, side="right") - 1, 0), at)


def bars_of_rows(prices: IntradayPrices, row: IntArray, at: IntArray) -> BarsAt:
    """Return the bars ``row`` as the latest at or before some clock times."""
    age = at - prices.wall[row]
    near = age < LONGEST_CARRY_US if prices.around_the_clock else prices.day[row] == (at - 1) // DAY_US
    on_time = (age >= 0) & near
    return BarsAt(row, on_time, on_time & (age < prices.step_us))
