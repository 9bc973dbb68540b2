"""News while the market is closed: the answer is the next opening, held against past openings of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, instant_from_us, instant_us, value
from eventstudy.errors import DataError
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import LONGEST_CARRY_US, IntradayPrices, gap_returns
from eventstudy.response.known import OtherEvents
from eventstudy.response.placebo import move_interval, placebo_pvalue
from eventstudy.response.values import Estimate


@value(slots=True)
class ClosedMarketGap:
    """The gap over a closed market, and past gaps of the same kind.

    Attributes
    ----------
    kind : str
        "overnight", "weekend" (two nights or more) or "break" (inside a day).
    before_at, after_at : int
        Closing instants of the last bar before and of the opening bar, microseconds since the epoch.
    to_open, to_vwap : float
        Log return from the last price to the opening bar's close, and to the volume-weighted price of the first five
        minutes (NaN without volume).
    open_pvalue, vwap_pvalue : float
        Two-sided placebo p-values against the past gaps.
    past : FloatArray, shape (D, 2)
        The same two returns of the past gaps.
    """

    kind: str
    before_at: int
    after_at: int
    to_open: float
    to_vwap: float
    open_pvalue: float
    vwap_pvalue: float
    past: FloatArray


class Closures(NamedTuple):
    """What E news times, shape (E,) each, have around them.

    Attributes
    ----------
    before, after : IntArray
        Rows of the last bar that cannot contain the news and of the first one after it.
    closed : BoolArray
        Whether the news falls into a stretch without bars that spans a night or more than an hour. Shorter breaks
        (clearing, the auction before the evening session) do not count: the bars on both sides of them merge into the
        first return after the news. A market that trades around the clock on seven days is never closed: a stretch
        without bars is an outage.
    nights : IntArray
        0 where bars stand on both sides of the news on one local date, 1 for one night, 2 for longer. Where trading
        goes on through midnight, only a pause of hours is a night.
    """

    before: IntArray
    after: IntArray
    closed: BoolArray
    nights: IntArray


TOLERANCE_US = 60 * MINUTE_US


def closures(prices: IntradayPrices, instants: IntArray) -> Closures:
    """Return whether the market is closed around news between two instants (E, 2).

    Times outside the bars have rows outside of them and are not closed, see ``check_inside``.
    """
    closes, last = prices.closes, len(prices) - 1
    before = np.searchsorted(closes, instants[:, 0], side="right") - 1
    after = np.maximum(before + 1, np.searchsorted(closes, instants[:, 1], side="left"))
    low, high = np.maximum(before, 0), np.minimum(after, last)
    nights = np.minimum((prices.wall[high] - 1) // DAY_US - (prices.wall[low] - 1) // DAY_US, 2)
    opens, clean, latest = closes[high] - prices.step_us, closes[low], instants[:, 1]
    closed = ((nights > 0) & (opens >= latest) & (opens > clean)) | (opens - np.maximum(latest, clean) > TOLERANCE_US)
    if prices.around_the_clock:
        nights = np.where(closes[high] - clean < LONGEST_CARRY_US, 0, nights)
    inside = (before >= 0) & (after <= last) & (not prices.never_closes)
    return Closures(before, after, np.asarray(closed & inside), nights)


def instants_of(times: Sequence[EventTime]) -> IntArray:
    """Return the earliest and the latest instant of each news time, microseconds since the epoch, shape (E, 2)."""
    return np.array([(instant_us(time.earliest), instant_us(time.latest)) for time in times], dtype=np.int64)


def check_inside(prices: IntradayPrices, time: EventTime, rows: tuple[int, int]) -> None:
    """Refuse news before the first or after the last bar; ``rows`` are those of the bars around it."""
    before, after = rows
    if before < 0 or after >= len(prices):
        raise DataError(
            f"The news of {time.earliest:%Y-%m-%d %H:%M} UTC lies outside the bars of {prices.instrument.code}.",
            remedy="Get bars that reach from before the news to after it.",
        )


def bracket_rows(prices: IntradayPrices, time: EventTime) -> tuple[int, int]:
    """Return the rows of the last clean bar and the first bar after the news.

    Raises
    ------
    DataError
        If the news lies before the first or after the last bar of the prices.
    """
    before, after, *_ = closures(prices, instants_of([time]))
    rows = int(before[0]), int(after[0])
    check_inside(prices, time, rows)
    return rows


class PastGaps(NamedTuple):
    """The gaps over the closed market of E news times and the past gaps of their kind.

    Attributes
    ----------
    around : Closures
    gap : FloatArray, shape (E, 2)
        Log returns to the opening bar's close, and to ``first_vwap`` from there on.
    past : FloatArray, shape (G, E, 2)
        The same of past gaps; NaN where one is of another kind.
    same : BoolArray, shape (G, E)
        Which are of the same kind.
    """

    around: Closures
    gap: FloatArray
    past: FloatArray
    same: BoolArray


def past_gaps(prices: IntradayPrices, times: Sequence[EventTime]) -> PastGaps:
    """Return the opening gaps after news in a closed market, and past gaps of the same kind.

    Same kind: as many nights between, and the same opening clock time to half an hour. Only gaps that end before the
    news count, so nothing looks ahead.
    """
    around = closures(prices, instants_of(times))
    before, after, day = around.before, around.after, prices.day
    count, opening = np.searchsorted(prices.pauses, before), prices.wall[after] - day[after] * DAY_US
    nights, clock = (each[:, None] for each in prices.reopenings)
    same = (nights == np.minimum(day[after] - day[before], 2)) & (np.abs(clock - opening) <= 30 * MINUTE_US)
    same &= np.arange(len(prices.pauses))[:, None] < count
    rows = np.flatnonzero(same.any(axis=1))
    same = np.asarray(same[rows])
    past = np.where(same[..., None], prices.gaps[rows][:, None], np.nan)
    return PastGaps(around, gap_returns(prices, np.column_stack([before, after])), past, same)


KINDS = ("break", "overnight", "weekend")


def gap_response(prices: IntradayPrices, time: EventTime) -> ClosedMarketGap:
    """Return the opening gap after news in a closed market, with its rank among past gaps, see ``past_gaps``."""
    before, after = bracket_rows(prices, time)
    found = past_gaps(prices, [time])
    (to_open, to_vwap), pvalues = found.gap[0].tolist(), placebo_pvalue(found.gap[0], found.past[:, 0])
    ends = int(prices.closes[before]), int(prices.closes[after])
    kind = KINDS[min(int(prices.day[after] - prices.day[before]), 2)]
    past = found.past[found.same[:, 0], 0]
    return ClosedMarketGap(kind, *ends, to_open, to_vwap, float(pvalues[0]), float(pvalues[1]), past)


def gap_estimates(prices: IntradayPrices, times: Sequence[EventTime], level: float) -> tuple[Estimate, ...]:
    """Return the opening gaps with their intervals and the p-values of their ranks among the past gaps."""
    found = past_gaps(prices, times)
    gap, past, (before, after, *_) = found.gap[:, 0], found.past[..., 0], found.around
    kinds = np.minimum(prices.day[after] - prices.day[before], 2).tolist()
    columns = (gap, *move_interval(gap, past, level), placebo_pvalue(gap, past))
    rows = zip(kinds, *(column.tolist() for column in columns), strict=True)
    return tuple(Estimate(f"{KINDS[kind]} gap", value, low, high, pvalue=p) for kind, value, low, high, p in rows)


def opening_time(prices: IntradayPrices, after: int) -> EventTime:
    """Return the effective time of news as if it had come at the opening, the bar ``after``; the reported one stays."""
    opens = instant_from_us(int(prices.closes[after]) - prices.step_us)
    return EventTime(opens, opens, "calendar", ("the first bar after the news",))


def at_openings(prices: IntradayPrices, others: OtherEvents) -> OtherEvents:
    """Return other events as if those that came while the market was closed had come at its next opening."""
    return OtherEvents(lambda: _at_openings(prices, others))


def _at_openings(prices: IntradayPrices, others: OtherEvents) -> tuple[IntArray, BoolArray]:
    earliest, latest = others.spans.T
    after = np.searchsorted(prices.wall, latest, side="left")
    before = np.searchsorted(prices.wall, earliest, side="right") - 1
    inside = (before >= 0) & (after < len(prices))
    opens = prices.wall[np.where(inside, after, 0)] - prices.step_us
    closed = inside & (opens >= latest) & (opens > prices.wall[np.maximum(before, 0)])
    spans = np.where(closed[:, None], opens[:, None], others.spans)
    order = np.argsort(spans[:, 0], kind="stable")
    return spans[order], others.same_release[order]
