"""The move by the median rule of the monetary-policy literature, ranked among the same moves of the placebo days."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, instant_us, wall_us
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.later_closes import Moves, judged
from eventstudy.response.price_rules import median_rules
from eventstudy.response.values import Estimate
from eventstudy.response.window import ResponseWindows

LONGEST_US = 5 * MINUTE_US  # longer bars leave the ten-minute windows without their three prices


def median_moves(prices: IntradayPrices, windows: ResponseWindows, level: float) -> list[Estimate]:
    """Return the median price 15 to 25 minutes after each event's news over that 15 to 5 minutes before it.

    See ``median_rule``. An uncertain time is bracketed: before ``earliest``, after ``latest``.
    """
    if windows.closed or prices.step_us > LONGEST_US:
        reason = "the news came while the market was closed" if windows.closed else "the bars are too long for medians"
        return [Estimate("median_move", math.nan, reason=reason)] * len(windows.asked)
    days, events = np.nonzero(windows.served & windows.days)
    times = [one.event.time for one in windows.asked]
    instants = np.array([[instant_us(time.earliest), instant_us(time.latest)] for time in times])
    walls = wall_us(instants.reshape(-1), prices.zone).reshape(-1, 2)
    day = np.empty(windows.days.shape, dtype=np.int64)
    for row, one in enumerate(windows.asked):
        day[windows.days[:, row], row] = one.matched.day - one.matched.event_day
    shifted = walls[events] + day[days, events][:, None] * DAY_US
    begins, ends = np.concatenate([walls, shifted]).T
    numbers = median_rules(prices.wall, prices.price, begins, ends)
    value, moves = numbers[: len(times)], np.full(windows.days.shape, np.nan)
    moves[days, events] = numbers[len(times) :] * windows.factor[days, events]
    found = judged([Moves(value, moves, moves)], level, windows.weight)
    columns = (found.value, found.low, found.high, found.pvalue)
    return [_estimate(*row) for row in np.concatenate(columns, axis=1).tolist()]


def _estimate(value: float, low: float, high: float, pvalue: float) -> Estimate:
    if not math.isfinite(value):
        return Estimate("median_move", math.nan, reason="fewer than three prices within a day of the news")
    return Estimate("median_move", value, low, high, pvalue=pvalue)
