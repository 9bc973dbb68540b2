"""The move by the median rule of the monetary-policy literature, ranked among the same moves of the placebo days."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, instant_us, wall_us
from eventstudy.news.items import EventTime
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.placebo import move_interval, placebo_pvalue
from eventstudy.response.price_rules import median_rules
from eventstudy.response.shape_estimates import AfterNews
from eventstudy.response.values import Estimate
from eventstudy.response.window import ResponseWindow, served

LONGEST_US = 5 * MINUTE_US  # longer bars leave the ten-minute windows without their three prices


def median_move(tape: IntradayPrices, time: EventTime, window: ResponseWindow, after: AfterNews) -> Estimate:
    """Return the median price 15 to 25 minutes after the news over that 15 to 5 minutes before it.

    See ``median_rule``. An uncertain time is bracketed: before ``earliest``, after ``latest``.
    """
    if window.closed or tape.step_us > LONGEST_US:
        reason = "the news came while the market was closed" if window.closed else "the bars are too long for medians"
        return Estimate("median_move", math.nan, reason=reason)
    begins, ends = (
        int(at) for at in wall_us(np.array([instant_us(time.earliest), instant_us(time.latest)]), tape.zone)
    )
    days = window.matched.day[served(window)]
    shifts = (np.concatenate([[window.matched.event_day], days]) - window.matched.event_day) * DAY_US
    value, *others = median_rules(tape.wall, tape.price, begins + shifts, ends + shifts).tolist()
    moves = np.array(others) * window.factor[served(window)]
    if not math.isfinite(value):
        return Estimate("median_move", math.nan, reason="fewer than three prices within a day of the news")
    pvalue = float(placebo_pvalue(np.array(value), moves, after.weight))
    return Estimate("median_move", value, *move_interval(value, moves, after.level, after.weight), pvalue=pvalue)
