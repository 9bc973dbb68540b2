"""Many series as flat arrays: the only form of market data below the study's door."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, value
from eventstudy.errors import DataError
from eventstudy.market.gaps import missing_days
from eventstudy.market.returns import Returns

# What a bar is called, and the fewest days that it spans.
BAR_NOUNS = (("quarter", 85), ("month", 28), ("week", 5), ("day", 1))


@value
class SeriesSet:
    """S series one after another, so that any window of any series is one run of a flat array.

    Attributes
    ----------
    codes : tuple of str, length S
    values : FloatArray
        Returns of all series, flat. Bar t of series s is ``values[offset[s] + t]``.
    offset, length : IntArray, shape (S,)
    closes, trading_day, clock : IntArray
        As in :class:`Returns`, flat. Bar t of series s closes at ``closes[time_offset[s] + t]``; series that share
        their closes (the columns of a wide frame, the shares of a universe) have the same ``time_offset``.
    time_offset : IntArray, shape (S,)
    spans_break : BoolArray
        On the same axis as ``closes``.
    step_us : IntArray, shape (S,)
        Length of one bar.
    missing_days : IntArray
        Trading days without a bar before each bar, on the axis of ``closes``.
    gap_limit : IntArray, shape (S,)
        Missing trading days beyond which a series has a gap.
    factors : FloatArray, shape (k, len(closes))
        Regressors on the same closes; NaN where a factor has no value there.
    factor_names : tuple of str, length k
    time_origin : int
        Place of the first close among those of the whole study, where this is a part of it.
    frame_closes : IntArray or None
        Closes of all rows of the frame that the series are columns of.
    frame_row : IntArray or None
        Row of that frame of each close, on the axis of ``closes``; None where every series has all rows.
    """

    codes: tuple[str, ...]
    values: FloatArray
    offset: IntArray
    length: IntArray
    closes: IntArray
    time_offset: IntArray
    trading_day: IntArray
    clock: IntArray
    spans_break: BoolArray
    step_us: IntArray
    missing_days: IntArray
    gap_limit: IntArray
    factors: FloatArray
    factor_names: tuple[str, ...] = ()
    time_origin: int = 0
    frame_closes: IntArray | None = None
    frame_row: IntArray | None = None

    @property
    def shared(self) -> bool:
        """Whether all series stand on one time axis."""
        return not self.time_offset.any()

    @property
    def is_daily(self) -> bool:
        return bool((self.step_us >= DAY_US).all())

    @property
    def bar_noun(self) -> str:
        """What the shortest bar is called: "day", "week", "month", "quarter", or "bar" where it is not that long."""
        step = int(self.step_us.min()) if self.is_daily and len(self.step_us) else 0
        return next((noun for noun, least in BAR_NOUNS if step >= least * DAY_US), "bar")


def series_of(returns: Sequence[Returns]) -> SeriesSet:
    """Concatenate several return series; a code given twice is refused."""
    codes = tuple(r.instrument.code for r in returns)
    if not codes:
        raise DataError("No series was given.", remedy="Pass Bars, Returns, a list of them, or a wide frame.")
    twice = {code for code in codes if codes.count(code) > 1} if len(codes) < 5000 else set()
    if twice or len(set(codes)) < len(codes):
        raise DataError(f"The instruments {sorted(twice)} were given more than once.", remedy="Pass each series once.")
    gaps = [gaps_of(r) for r in returns]
    length = np.array([len(r) for r in returns], dtype=np.int64)
    which = _axes(returns, [missing for missing, _ in gaps])
    on = np.unique(which, return_index=True)[1]
    axes = [returns[s] for s in on]
    closes = np.concatenate([r.closes for r in axes])
    return SeriesSet(
        codes=codes,
        values=np.concatenate([r.values for r in returns]),
        offset=_starts(length),
        length=length,
        closes=closes,
        time_offset=_starts(length[on])[which],
        trading_day=np.concatenate([r.trading_day for r in axes]),
        clock=np.concatenate([r.clock for r in axes]),
        spans_break=np.concatenate([r.spans_break for r in axes]),
        step_us=np.array([r.step_us for r in returns], dtype=np.int64),
        missing_days=np.concatenate([gaps[s][0] for s in on]),
        gap_limit=np.array([limit for _, limit in gaps], dtype=np.int64),
        factors=np.empty((0, len(closes))),
    )


def _starts(length: IntArray) -> IntArray:
    """Return where each of several concatenated runs begins."""
    return np.cumsum(length) - length


def _axes(returns: Sequence[Returns], missing: Sequence[IntArray]) -> IntArray:
    """Return the time axis of each series, counted from 0; neighbors with equal bars, as in a universe, share one."""
    columns = [
        (r.closes, r.trading_day, r.clock, r.spans_break, gaps) for r, gaps in zip(returns, missing, strict=True)
    ]
    new = [
        one.step_us != before.step_us or not len(one) or not all(map(np.array_equal, columns[s], columns[s + 1]))
        for s, (before, one) in enumerate(pairwise(returns))
    ]
    return np.cumsum([False, *new], dtype=np.int64)


def gaps_of(returns: Returns) -> tuple[IntArray, int]:
    """Return the trading days missing before each bar, and the count beyond which they are a gap."""
    if returns.missing_days is not None:
        return returns.missing_days, returns.gap_limit
    return missing_days(returns.trading_day, returns.step_us, None)


def with_lags(series: SeriesSet, lags: int) -> SeriesSet:
    """Attach ``lags`` earlier and later values of every factor, within each series' own bars.

    Order: the factors themselves, then for j = 1 .. lags the values of j bars before and of j bars after.
    """
    from dataclasses import replace

    if not lags or not len(series.factors):
        return series
    axis = np.arange(len(series.closes))
    start = np.unique(series.time_offset)
    low = start[np.searchsorted(start, axis, side="right") - 1]
    high = np.append(start, len(axis))[np.searchsorted(start, axis, side="right")]
    columns = [series.factors]
    for shift in [s for j in range(1, lags + 1) for s in (-j, j)]:
        at = axis + shift
        inside = (at >= low) & (at < high)
        columns.append(np.where(inside, series.factors[:, np.where(inside, at, 0)], np.nan))
    return replace(series, factors=np.concatenate(columns))
