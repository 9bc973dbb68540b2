"""Log returns on a trading clock: inside sessions, with the returns that span a break kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, ReturnKind, check_choice, value, wall_us
from eventstudy.errors import BarsError, Notice, expect
from eventstudy.renamed import named_arguments, named_fields

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.market.calendars import TradingCalendar
    from eventstudy.market.instruments import Instrument


@named_fields
@value
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
    missing_days : IntArray, shape (T,), or None
        Trading days without a bar between each bar and the one before it; None where no calendar was asked.
    gap_limit : int
        Missing trading days beyond which the series has a gap.
    source : str
        Where the returns come from, where they were not computed from bars.
    simulated : bool
    notices : tuple of Notice

    Examples
    --------
    >>> from eventstudy.market.bars import Bars
    >>> from eventstudy.market.instruments import Instrument
    >>> closes = pd.date_range("2021-04-13 07:10", periods=2, freq="10min", tz="UTC", unit="us")
    >>> bars = Bars(Instrument("AAA"), pd.Timedelta("10min"), "right", pd.DataFrame({"close": [100.0, 101.0]}, closes))
    >>> log_returns(bars)
    <Returns AAA: 2 bars of 0 days 00:10:00>
    """

    instrument: Instrument
    step_us: int
    closes: IntArray
    values: FloatArray
    spans_break: BoolArray
    trading_day: IntArray
    clock: IntArray
    missing_days: IntArray | None = None
    gap_limit: int = 0
    source: str = ""
    simulated: bool = False
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        length = pd.Timedelta(self.step_us, "us")
        return f"<Returns {self.instrument.code}: {len(self):,} bars of {length}>"

    def __len__(self) -> int:
        return len(self.closes)


@named_arguments
def log_returns(bars: Bars, calendar: str | TradingCalendar | None = None) -> Returns:
    """Return the log returns of a bar series, each marked where it crosses a break of the market.

    Parameters
    ----------
    bars : Bars
    calendar : str or TradingCalendar, optional
        The market's trading clock; that of ``bars.instrument`` where absent ("24/7" unless the instrument says).

    Returns
    -------
    Returns
        ``values[i] = ln(P_i / P_{i-1})``; NaN for the first bar, for a bar without a price and for the bar after it
        (nothing is filled forward). ``spans_break`` is True where closed time lies between the two bars (a night, a
        clearing, a halt), and for a bar made inside an auction. For daily bars it is True where the calendar has a
        trading day between the two bars on which the series has no bar.

    Raises
    ------
    BarsError
        If a price is zero, negative or infinite: the first such row is named.
    CalendarError
        If the bars reach outside the calendar's validity.

    Examples
    --------
    >>> from eventstudy.market.bars import Bars
    >>> from eventstudy.market.instruments import Instrument
    >>> closes = pd.date_range("2021-04-13 07:10", periods=2, freq="10min", tz="UTC", unit="us")
    >>> bars = Bars(Instrument("AAA"), pd.Timedelta("10min"), "right", pd.DataFrame({"close": [100.0, 101.0]}, closes))
    >>> float(log_returns(bars).values[1].round(5))  # ln(101 / 100)
    0.00995
    """
    return returns(bars, calendar, kind="log")


def returns(bars: Bars, calendar: str | TradingCalendar | None = None, *, kind: ReturnKind = "log") -> Returns:
    """Return log returns, simple ones (``P_i / P_{i-1} - 1``) or differences (``P_i - P_{i-1}``); see ``log_returns``.

    Differences are in the units of the series and need no positive prices: yields, spreads, prices at or below zero.
    """
    # A study of a frame of returns reads no calendar.
    from eventstudy.market import calendars
    from eventstudy.market.bars import Bars

    expect("bars", bars, Bars, "Pass Bars (read_bars); of a frame of prices take numpy.log(prices).diff().")
    check_choice("kind of return", kind, ReturnKind)
    expect("calendar", calendar, (str, calendars.TradingCalendar, type(None)), "Pass the name of a calendar.")
    clock = calendar or bars.instrument.calendar
    venue = calendars.calendar(clock) if isinstance(clock, str) else clock
    timed = TimedReturns(bars.closes_us, bars.step // pd.Timedelta(microseconds=1), bars.zone)
    prices = bars.column("close") if kind == "difference" else checked_prices(bars)
    return returns_on(bars.instrument, venue, timed, changes(prices, kind))


@value
class TimedReturns:
    """The closing instants of a series, the length of its bars, and the zone of ``Bars.zone``."""

    closes: IntArray
    step_us: int
    zone: str = ""


@value
class CalendarDays:
    """Where closing instants stand on a calendar: trading days, local times, breaks, and the days without a bar."""

    day: IntArray
    clock: IntArray
    breaks: BoolArray
    missing: IntArray | None
    gap_limit: int


def returns_on(instrument: Instrument, venue: TradingCalendar, timed: TimedReturns, values: FloatArray) -> Returns:
    """Return values on closing instants, with the days, breaks and gaps of a calendar."""
    on = calendar_days(venue, timed)
    return Returns(
        instrument=instrument,
        step_us=timed.step_us,
        closes=timed.closes,
        values=values,
        spans_break=on.breaks,
        trading_day=on.day,
        clock=on.clock,
        missing_days=on.missing,
        gap_limit=on.gap_limit,
    )


# The closes that were placed last; the calendar is held so that its id stays its own.
_LAST_PLACED: dict[str, tuple[tuple[object, ...], CalendarDays, TradingCalendar]] = {}


def calendar_days(venue: TradingCalendar, timed: TimedReturns) -> CalendarDays:
    """Return closing instants on a calendar; daily shares of a universe have the same ones, which are placed once."""
    if timed.step_us < DAY_US:
        return placed_on(venue, timed)
    key = (np.asarray(timed.closes).tobytes(), timed.step_us, timed.zone, id(venue))
    known = _LAST_PLACED.get("days")
    if known is None or known[0] != key:
        placed = placed_on(venue, timed)
        for shared in (placed.day, placed.clock, placed.breaks, placed.missing):
            if shared is not None:
                shared.setflags(write=False)
        known = _LAST_PLACED["days"] = (key, placed, venue)
    return known[1]


def placed_on(venue: TradingCalendar, timed: TimedReturns) -> CalendarDays:
    """Return the trading days, local times, breaks and gaps of closing instants."""
    from eventstudy.market import gaps, sessions

    closes, step_us = timed.closes, timed.step_us
    daily = step_us >= DAY_US
    local = wall_us(closes, (daily and timed.zone) or sessions.clock_zone(venue, timed.zone))
    day = (local - 1) // DAY_US if daily or venue.always else sessions.trading_day(venue, closes, step_us)
    missing, limit = gaps.missing_days(day, step_us, venue)
    breaks = skips_trading_days(venue, missing) if daily else crosses_closed_time(venue, closes, step_us)
    return CalendarDays(day, local - (local - 1) // DAY_US * DAY_US, breaks, missing, limit)


def checked_prices(bars: Bars) -> FloatArray:
    """Return the closes; a price that is zero, negative or infinite is refused."""
    prices = bars.column("close")
    good = (prices > 0) & (prices < np.inf) | np.isnan(prices)
    if not good.all():
        bad = np.flatnonzero(~good)
        raise BarsError(
            f"The close of {bars.instrument.code} at row {bad[0]} ({bars.frame.index[bad[0]]}) is {prices[bad[0]]}; "
            f"a return needs positive prices ({len(bad)} such rows).",
            remedy='Study price changes with returns = "difference", or correct or drop these rows.',
        )
    return prices


def changes(prices: FloatArray, kind: ReturnKind) -> FloatArray:
    """Return the change from each price to the next; NaN first and wherever one of the two is missing."""
    change = np.full(len(prices), np.nan)
    if kind == "difference":
        change[1:] = np.diff(prices)
    else:
        change[1:] = np.diff(np.log(prices)) if kind == "log" else prices[1:] / prices[:-1] - 1
    return change


def crosses_closed_time(venue: TradingCalendar, closes: IntArray, step_us: int) -> BoolArray:
    """Return where the market was closed between a bar and the one before it, or the bar lies inside an auction."""
    from eventstudy.market import sessions

    row = sessions.session_rows(venue, closes, step_us)
    known = np.maximum(row, 0)
    run = np.where(row >= 0, venue.table.run[known], -1)
    auction = venue.table.auction[known] & (closes - step_us >= venue.table.opens[known])
    breaks = np.ones(len(closes), dtype=np.bool_)
    breaks[1:] = (run[1:] != run[:-1]) | (run[1:] < 0)
    return np.asarray(breaks | auction, dtype=np.bool_)


def skips_trading_days(venue: TradingCalendar, missing: IntArray) -> BoolArray:
    """Return where the calendar has trading days between a daily bar and the one before it."""
    return np.asarray((missing > 0) & (not venue.always), dtype=np.bool_)
