"""Raw prices around each event of a small study: what a figure needs, without the whole series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

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


def price_slices(
    bars: Sequence[Bars], series: SeriesSet, positions: Positions, abnormal: AbnormalReturns
) -> tuple[PriceSlice, ...]:
    """Return the bars of each used event's window and a margin; nothing for large studies or data without prices."""
    by_code = {b.instrument.code: b for b in bars}
    if not by_code or len(abnormal) > MAX_EVENTS:
        return ()
    place = {int(row): i for i, row in enumerate(positions.row)}
    made = []
    for event, code, row in zip(abnormal.events, abnormal.instruments, abnormal.row, strict=True):
        if code in by_code:
            i = place[int(row)]
            s = positions.series[i]
            start = int(series.time_offset[s])
            ends = [int(series.closes[start + at]) for at in (positions.reference[i], positions.first[i])]
            made.append(_slice(str(event), by_code[code], (ends[0], ends[1]), abnormal.tau))
            before = _day_before(series, int(s), int(positions.reference[i]), by_code[code])
            made[-1] = replace(made[-1], previous_close=before)
    return tuple(made)


def _day_before(series: SeriesSet, s: int, reference: int, bars: Bars) -> float:
    """Return the last close of the trading day before that of bar ``reference``."""
    start, length = int(series.time_offset[s]), int(series.length[s])
    days = series.trading_day[start : start + length]
    row = int(np.searchsorted(days, days[reference])) - 1
    if row < 0:
        return math.nan
    at = int(np.searchsorted(bars.closes_us, series.closes[start + row]))
    return float(bars.frame["close"].iloc[at])


def _slice(event: str, bars: Bars, ends: tuple[int, int], tau: IntArray) -> PriceSlice:
    closes = bars.closes_us
    reference, first = np.searchsorted(closes, ends)
    low = max(0, int(reference) + min(int(tau[0]), 0) - MARGIN_BARS)
    high = min(len(closes), int(first) + max(int(tau[-1]), 0) + MARGIN_BARS + 1)
    if bars.step < timedelta(days=1):  # figures show price and path over one window, which goes on to the last horizon
        high = max(high, int(np.searchsorted(closes, ends[1] + AFTER_US, side="right")))
    frame = bars.frame.iloc[low:high]
    close = frame["close"].to_numpy(dtype=np.float64)
    volume = frame["volume"].to_numpy(dtype=np.float64) if "volume" in frame else np.full(high - low, np.nan)
    step = bars.step // timedelta(microseconds=1)
    traded = bars.instrument
    rows = int(reference) - low, int(first) - low
    about = traded.quote, zone_of(bars), bars.source
    return PriceSlice(event, traded.code, step, closes[low:high], close, volume, *rows, *about)
