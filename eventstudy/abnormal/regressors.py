"""Market and factor returns over each series' own bars: compounded between its consecutive closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, ReturnKind, Span
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.gaps import period_of
from eventstudy.market.returns import Returns


@dataclass(frozen=True, eq=False)
class Match:
    """How one regressor fits some series.

    Attributes
    ----------
    series : tuple of str
        Codes of the series.
    factor : str
    n_bars : int
        Bars of the series after their first ones.
    compounded : int
        Bars over which more than one return of the regressor was compounded or, by choice, left out.
    without : int
        Bars of the series on which the regressor has no return.
    resting : int
        Bars that end on a day of the week on which the regressor never trades: they take its last close before.
    closes : (int, int) or None
        Close of the series and of the regressor on the last day both have, microseconds since the epoch, where daily
        series close at different times.
    """

    series: tuple[str, ...]
    factor: str
    n_bars: int
    compounded: int
    without: int
    resting: int = 0
    closes: tuple[int, int] | None = None


def with_factors(
    series: SeriesSet, factors: Sequence[Returns], *, kind: ReturnKind = "log", span: Span = "own"
) -> tuple[SeriesSet, tuple[Match, ...]]:
    """Attach regressors: the return of each factor from one close of a series to the next.

    Parameters
    ----------
    series : SeriesSet
    factors : sequence of Returns
        Daily series are matched by trading day, others by closing instant.
    kind : {"log", "simple"}
        How returns over several bars of the factor are put together.
    span : {"own", "drop"}
        ``own`` compounds the factor's returns over a bar of the series that spans several of them (holidays,
        halts, thin trading; Maynes and Rumsey 1993), ``drop`` leaves such bars out.

    Returns
    -------
    (SeriesSet, tuple of Match)
        NaN where the factor has no close at one of the two ends.
    """
    if not factors:
        return series, ()
    columns = np.full((len(factors), len(series.closes)), np.nan)
    matches: list[Match] = []
    for column, factor in zip(columns, factors, strict=True):
        if factor.closes is series.closes:
            column[:] = factor.values
            continue
        levels = Levels.of(factor, kind)
        if factor.closes is series.frame_closes and series.frame_row is not None:
            column[:], match = over_rows(series, levels, span)
            matches.append(match)
            continue
        for which in axes(series).tolist():
            bars = slice(int(series.time_offset[which]), int(series.time_offset[which] + series.length[which]))
            column[bars], match = over_spans(series, which, levels, span)
            matches.append(match)
    names = tuple(f.instrument.code for f in factors)
    return replace(series, factors=columns, factor_names=names), tuple(matches)


def axes(series: SeriesSet) -> IntArray:
    """Return the series whose time axes differ: of those that share one, the first."""
    return np.sort(np.unique(series.time_offset, return_index=True)[1])


@dataclass(frozen=True, eq=False)
class Levels:
    """Running totals of a factor, so that its return over any span is a difference of two."""

    factor: Returns
    logs: FloatArray
    missing: IntArray
    kind: ReturnKind

    @classmethod
    def of(cls, factor: Returns, kind: ReturnKind) -> Levels:
        finite = np.isfinite(factor.values)
        known = np.where(finite, factor.values, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = np.log1p(known) if kind == "simple" else known
        return cls(factor, np.cumsum(logs), np.cumsum(~finite), kind)

    def between(self, low: IntArray, high: IntArray) -> FloatArray:
        """Return the return over the factor's bars ``low + 1 .. high``; NaN where one of them is missing."""
        total = self.logs[high] - self.logs[low]
        complete = self.missing[high] == self.missing[low]
        return np.where(complete, np.expm1(total) if self.kind == "simple" else total, np.nan)


def over_rows(series: SeriesSet, levels: Levels, span: Span) -> tuple[FloatArray, Match]:
    """Return one factor with all rows of a frame over the bars of the columns of the frame, and how they fit."""
    factor, row = levels.factor, series.frame_row
    assert row is not None  # noqa: S101 - the caller looks
    column = factor.values[row]
    starts = np.unique(series.time_offset)
    spans = np.setdiff1d(np.flatnonzero(np.diff(row) != 1) + 1, starts, assume_unique=True)
    column[spans] = levels.between(row[spans - 1], row[spans]) if span == "own" else np.nan
    low = np.searchsorted(spans, series.time_offset)
    several = np.searchsorted(spans, series.time_offset + series.length) - low
    which = np.flatnonzero(several)
    codes = tuple(series.codes[s] for s in which)
    return column, Match(codes, factor.instrument.code, int((series.length - 1).sum()), int(several.sum()), 0)


def over_spans(series: SeriesSet, which: int, levels: Levels, span: Span) -> tuple[FloatArray, Match]:
    """Return one factor over the bars of one series, and how the two fit."""
    factor = levels.factor
    low, n = int(series.time_offset[which]), int(series.length[which])
    place, found = places(series, slice(low, low + n), int(series.step_us[which]), factor)
    rests = weekly_rest(series.trading_day[low : low + n], int(series.step_us[which]), factor) & (place > 0) & ~found
    column = np.full(n, np.nan)
    if n and found[0]:  # nothing says where the first return of a series begins
        column[0] = factor.values[place[0]]
    steps = place[1:] - place[:-1]
    both = with_a_return(found | rests, steps)
    one, more = np.flatnonzero(both & (steps == 1)) + 1, np.flatnonzero(both & (steps > 1)) + 1
    column[one] = factor.values[place[one]]
    if span == "own":
        column[more] = levels.between(place[more - 1], place[more])
    codes = tuple(series.codes[s] for s in np.flatnonzero(series.time_offset == low))
    match = Match(
        codes,
        factor.instrument.code,
        max(n - 1, 0) * len(codes),
        len(more) * len(codes),
        int((~both | (steps == 0)).sum()) * len(codes),
        int((both & (steps > 0) & rests[1:]).sum()) * len(codes),
        different_closes(series.closes[low : low + n], factor, place, found),
    )
    return column, match


WEEKS_AT_LEAST, SELDOM = 8, 0.1


def weekly_rest(day: IntArray, step_us: int, factor: Returns) -> BoolArray:
    """Return the trading days of a daily series that fall on a day of the week on which a daily factor never trades.

    A share that trades from Sunday to Thursday, against an index from Monday to Friday: on Sunday the index stands at
    its close of Friday, and its return since Thursday lies inside the bar of the share. A holiday or a missing row of
    the factor is another thing, and so are a few special sessions at weekends.
    """
    daily = all(DAY_US <= step < PERIOD_US for step in (step_us, factor.step_us))
    if not daily or not len(factor):
        return np.zeros(len(day), dtype=np.bool_)
    bars = np.bincount((factor.trading_day + 3) % 7, minlength=7)
    never = (bars < SELDOM * bars.max()) & (bars.max() >= WEEKS_AT_LEAST)
    return np.asarray(never[(day + 3) % 7], dtype=np.bool_)


def with_a_return(found: BoolArray, steps: IntArray) -> BoolArray:
    """Return the bars, from the second on, at both ends of which the factor has a level that can be used.

    The bar after one in which the factor did not trade is none of them: part of what the factor then makes up for came
    while that bar of the series went on.
    """
    both = np.asarray(found[1:] & found[:-1], dtype=np.bool_)
    stood = both & (steps == 0)
    both[1:] &= ~stood[:-1]
    return both


def places(series: SeriesSet, bars: slice, step_us: int, factor: Returns) -> tuple[IntArray, BoolArray]:
    """Return the factor's bar at each close of a series, and where there is one.

    Bars of a day or longer are matched by trading day, two series of weeks or months by their period; the close of a
    week or month takes the factor's last day in it.
    """
    if not len(factor):
        none = np.zeros(bars.stop - bars.start, dtype=np.int64)
        return none, none.astype(np.bool_)
    if step_us < DAY_US or factor.step_us < DAY_US:
        key, known = series.closes[bars], factor.closes
    elif step_us >= PERIOD_US and factor.step_us >= PERIOD_US:
        key, known = (period_of(day, step_us) for day in (series.trading_day[bars], factor.trading_day))
    else:
        key, known = series.trading_day[bars], factor.trading_day
    place = np.searchsorted(known, key, side="right") - 1
    at = np.maximum(place, 0)
    if step_us >= PERIOD_US > factor.step_us >= DAY_US:
        return at, (place >= 0) & (key - known[at] < PERIOD_US // DAY_US)
    return at, (place >= 0) & (known[at] == key)


def different_closes(closes: IntArray, factor: Returns, place: IntArray, found: BoolArray) -> tuple[int, int] | None:
    """Return the last pair of closes of one trading day if the two series usually close at different times."""
    rows = np.flatnonzero(found)
    if not len(rows) or not np.median(factor.closes[place[rows]] - closes[rows]):
        return None
    return int(closes[rows[-1]]), int(factor.closes[place[rows[-1]]])
