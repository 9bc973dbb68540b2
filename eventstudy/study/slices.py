"""Raw prices around each event of a small study: what a figure needs, without the whole series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray, IntArray, value
from eventstudy.market.bars import Bars
from eventstudy.study.inputs import zone_of

MAX_EVENTS = 200
MARGIN_BARS = 12
AFTER_US = 2 * 3_600_000_000


@value
class PriceSlice:
    """Bars around one event on one instrument.

    Attributes
    ----------
    event, instrument : str
    step_us : int
    closes : IntArray, shape (n,)
        Closing instants, microseconds since the epoch.
    close, volume : FloatArray, shape (n,)
        Volume is NaN where the source has none.
    reference, first : int
        Rows of this slice: the last close before the news and the first after it.
    quote, zone, source : str
        The instrument's quote, the time zone of its market, and where its bars came from, in words.
    previous_close : float
        Last close of the trading day before the event's, what newspapers compare with; NaN where there is none.
    """

    event: str
    instrument: str
    step_us: int
    closes: IntArray
    close: FloatArray
    volume: FloatArray
    reference: int
    first: int
    quote: str = ""
    zone: str = "UTC"
    source: str = ""
    previous_close: float = math.nan


@value
class _Prices:
    """The columns of one instrument's bars that figures need, taken from its frame once."""

    bars: Bars
    closes: IntArray
    close: FloatArray
    volume: FloatArray
    about: tuple[str, str, str]


def price_slices(
    bars: Sequence[Bars], series: SeriesSet, positions: Positions, abnormal: AbnormalReturns
) -> tuple[PriceSlice, ...]:
    """Return the bars of each used event's window and a margin; nothing for large studies or data without prices."""
    if not bars or len(abnormal) > MAX_EVENTS:
        return ()
    studied = set(abnormal.instruments)
    prices = {b.instrument.code: _prices(b) for b in bars if b.instrument.code in studied}
    place = {int(row): i for i, row in enumerate(positions.row)}
    return tuple(
        _slice(str(event), prices[code], _closes(series, positions, place[int(row)]), abnormal.tau)
        for event, code, row in zip(abnormal.events, abnormal.instruments, abnormal.row, strict=True)
        if code in prices
    )


def _prices(bars: Bars) -> _Prices:
    closes, close = bars.closes_us, bars.column("close")
    volume = bars.column("volume") if "volume" in bars.names else np.full(len(closes), np.nan)
    return _Prices(bars, closes, close, volume, (bars.instrument.quote, zone_of(bars), bars.source))


class EventCloses(NamedTuple):
    """Closing instants of an event's reference bar, its first bar, and the last bar of the day before, or -1."""

    reference: int
    first: int
    before: int


def _closes(series: SeriesSet, positions: Positions, i: int) -> EventCloses:
    """Return the closing instants that bound an event."""
    s, reference, first = (int(of[i]) for of in (positions.series, positions.reference, positions.first))
    rows = slice(int(series.time_offset[s]), int(series.time_offset[s]) + int(series.length[s]))
    closes, days = series.closes[rows], series.trading_day[rows]
    before = int(np.searchsorted(days, days[reference])) - 1
    return EventCloses(int(closes[reference]), int(closes[first]), int(closes[before]) if before >= 0 else -1)


def _slice(event: str, prices: _Prices, at: EventCloses, tau: IntArray) -> PriceSlice:
    bars, closes = prices.bars, prices.closes
    reference, first, before = np.searchsorted(closes, at).tolist()
    low = max(0, reference + min(int(tau[0]), 0) - MARGIN_BARS)
    high = min(len(closes), first + max(int(tau[-1]), 0) + MARGIN_BARS + 1)
    if bars.step < timedelta(days=1):  # figures show price and path over one window, which goes on to the last horizon
        high = max(high, int(np.searchsorted(closes, at.first + AFTER_US, side="right")))
    cut = slice(low, high)
    step = bars.step // timedelta(microseconds=1)
    previous = float(prices.close[before]) if at.before >= 0 else math.nan
    columns = closes[cut], prices.close[cut], prices.volume[cut]
    return PriceSlice(
        event, bars.instrument.code, step, *columns, reference - low, first - low, *prices.about, previous
    )
