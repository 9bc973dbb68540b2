"""News while the market is closed: the answer is the next opening, held against past openings of the same kind."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, instant_from_us, instant_us, value
from eventstudy.errors import DataError
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import LONGEST_CARRY_US, IntradayPrices, gap_returns
from eventstudy.response.known import OtherEvents
from eventstudy.response.placebo import placebo_pvalue


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


def is_closed(prices: IntradayPrices, time: EventTime, *, tolerance_us: int = 60 * MINUTE_US) -> bool:
    """Return whether the news falls into a stretch without bars that spans a night or more than ``tolerance_us``.

    Breaks shorter than the tolerance (clearing, the auction before the evening session) do not count as closed: the
    bars on both sides of them merge into the first return after the news. A market that trades around the clock on
    seven days is never closed: a stretch without bars is an outage.
    """
    before, after = bracket_rows(prices, time)
    if prices.never_closes:
        return False
    overnight = (prices.wall[before] - 1) // DAY_US != (prices.wall[after] - 1) // DAY_US
    latest = instant_us(time.latest)
    quiet = int(prices.closes[after]) - prices.step_us - max(latest, int(prices.closes[before]))
    opens = int(prices.closes[after]) - prices.step_us
    return bool(overnight and opens >= latest and opens > prices.closes[before]) or quiet > tolerance_us


def bracket_rows(prices: IntradayPrices, time: EventTime) -> tuple[int, int]:
    """Return the rows of the last clean bar and the first bar after the news.

    Raises
    ------
    DataError
        If the news lies before the first or after the last bar of the prices.
    """
    before = int(np.searchsorted(prices.closes, instant_us(time.earliest), side="right")) - 1
    after = max(before + 1, int(np.searchsorted(prices.closes, instant_us(time.latest), side="left")))
    if before < 0 or after >= len(prices):
        raise DataError(
            f"The news of {time.earliest:%Y-%m-%d %H:%M} UTC lies outside the bars of {prices.instrument.code}.",
            remedy="Get bars that reach from before the news to after it.",
        )
    return before, after


def gap_response(prices: IntradayPrices, time: EventTime) -> ClosedMarketGap:
    """Return the opening gap after news in a closed market, with its rank among past gaps of the same kind.

    Same kind: as many nights between, and the same opening clock time to half an hour. Only gaps that end before the
    news count, so nothing looks ahead.
    """
    before, after = bracket_rows(prices, time)
    count, day = int(np.searchsorted(prices.pauses, before)), prices.day
    event_nights, opening = int(day[after] - day[before]), int(prices.wall[after] - day[after] * DAY_US)
    nights, clock = (each[:count] for each in prices.reopenings)
    same = (nights == min(event_nights, 2)) & (np.abs(clock - opening) <= 30 * MINUTE_US)
    returns = prices.gaps[:count][same]
    is_pause = count < len(prices.pauses) and prices.pauses[count] == before
    gap = (
        prices.gaps[count] if is_pause and after == before + 1 else gap_returns(prices, np.array([[before, after]]))[0]
    )
    to_open, to_vwap = gap.tolist()
    pvalues = placebo_pvalue(gap, returns) if len(returns) else np.array([np.nan, np.nan])
    kind = ("break", "overnight", "weekend")[min(event_nights, 2)]
    ends = int(prices.closes[before]), int(prices.closes[after])
    return ClosedMarketGap(kind, *ends, to_open, to_vwap, float(pvalues[0]), float(pvalues[1]), returns)


def opening_time(prices: IntradayPrices, time: EventTime) -> EventTime:
    """Return the event time as if the news had come at the opening: the effective time; the reported one stays."""
    _, after = bracket_rows(prices, time)
    opens = instant_from_us(int(prices.closes[after]) - prices.step_us)
    return EventTime(opens, opens, "calendar", ("the first bar after the news",))


def at_openings(prices: IntradayPrices, others: OtherEvents) -> OtherEvents:
    """Return other events as if those that came while the market was closed had come at its next opening."""
    earliest, latest = others.spans.T
    after = np.searchsorted(prices.wall, latest, side="left")
    before = np.searchsorted(prices.wall, earliest, side="right") - 1
    inside = (before >= 0) & (after < len(prices))
    opens = prices.wall[np.where(inside, after, 0)] - prices.step_us
    closed = inside & (opens >= latest) & (opens > prices.wall[np.maximum(before, 0)])
    spans = np.where(closed[:, None], opens[:, None], others.spans)
    order = np.argsort(spans[:, 0], kind="stable")
    return OtherEvents(spans[order], others.same_release[order])


def nights_closed(prices: IntradayPrices, time: EventTime) -> int:
    """Return 0 where bars stand on both sides of the news on one local date, 1 for one night, 2 for longer.

    Where trading goes on through midnight, only a pause of hours is a night.
    """
    before, after = bracket_rows(prices, time)
    if prices.around_the_clock and prices.closes[after] - prices.closes[before] < LONGEST_CARRY_US:
        return 0
    day = (prices.wall[[before, after]] - 1) // DAY_US
    return int(min(2, day[1] - day[0]))
