"""The abnormal window: what an ordinary day would have done taken off, placebo days brought to one volatility."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eventstudy.abnormal.models.table import MODELS_BY_CLOCK
from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import BoolArray, FloatArray, IntArray, value
from eventstudy.news.items import EventTime
from eventstudy.response.closed_markets import is_closed, nights_closed, opening_time
from eventstudy.response.expected import less_expected
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.known import NO_EVENTS, OtherEvents
from eventstudy.response.matching import Matched, match, without_days
from eventstudy.response.placebo import bands, regime_scaled
from eventstudy.response.placebo_pool import WindowChoice
from eventstudy.response.seasonality import daily_level
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import ShapeColumns
from eventstudy.response.shape_estimates import AfterNews
from eventstudy.response.standardized import tested_paths


@value
class ResponseWindow:
    """A matched window after the expected move was taken off.

    Attributes
    ----------
    matched : Matched
    car : FloatArray, shape (T,)
    placebo : FloatArray, shape (D, T)
    raw_placebo : FloatArray, shape (D, T)
        The placebo days as they were; ``placebo`` are those brought to the event day's volatility.
    factor : FloatArray, shape (D,)
        What each placebo day was multiplied with (ones without standardizing).
    regime : float
        The event day's volatility before the news over the placebo days' median; NaN where it cannot be measured.
    tested, tested_placebo : FloatArray, shapes (T,) and (D, T)
        The paths that tests of entire paths rest on: ``car`` and ``placebo``, or those of returns divided by the
        volatility of their time of day.
    columns : IntArray, shape (n,)
        Columns after the last clean price at which the market trades.
    step_minutes : float
    closed : bool
        The news came while the market was closed; the window begins at the next opening.
    """

    matched: Matched
    car: FloatArray
    placebo: FloatArray
    raw_placebo: FloatArray
    factor: FloatArray
    regime: float
    tested: FloatArray
    tested_placebo: FloatArray
    columns: IntArray
    step_minutes: float
    closed: bool

    @property
    def minutes(self) -> FloatArray:
        """Trading minutes since the last clean price at each of ``columns``."""
        return self.step_minutes * np.arange(1.0, len(self.columns) + 1)

    def place(self, minutes: float, base: int | None = None) -> int:
        """Return the position in ``columns`` that many trading minutes after column ``base`` (``latest`` by default).

        Never before the first close after the news; the last position where the window ends before.
        """
        return min(max(self._target(minutes, base), self.first), len(self.columns) - 1)

    def ends_before(self, minutes: float) -> bool:
        """Return whether the window holds fewer trading minutes than that after the news."""
        return self._target(minutes, None) > len(self.columns) - 1

    @property
    def first(self) -> int:
        """Position in ``columns`` of the first close after the news."""
        return min(int(np.searchsorted(self.columns, self.matched.first)), len(self.columns) - 1)

    def _target(self, minutes: float, base: int | None) -> int:
        begins = int(np.searchsorted(self.columns, self.matched.latest if base is None else base, side="right")) - 1
        return begins + math.ceil(minutes / self.step_minutes)


NO_LEVEL = "its volatility before the time of the news cannot be measured"


def abnormal_window(
    tape: IntradayPrices,
    time: EventTime,
    settings: ResponseSettings,
    others: OtherEvents = NO_EVENTS,
    factors: Sequence[IntradayPrices] = (),
) -> ResponseWindow:
    """Cut, match and correct the window of one event on one tape.

    ``others`` are the other known events on the market's clock, see ``Known.on_clock``.
    """
    nights = nights_closed(tape, time)
    closed = is_closed(tape, time)
    choice = WindowChoice(
        before=settings.pre_event_minutes,
        after=settings.horizons[-1],
        days=settings.placebo.days,
        later=settings.placebo.after,
        pauses=settings.pauses,
        carry=nights > 0,
        nights=nights if closed else 0,
        known_weight=settings.placebo.known_weight,
        match=settings.placebo.match or MatchSettings(),
        volatility=settings.volatility,
    )
    matched = match(tape, opening_time(tape, time) if closed else time, choice, others)
    car, placebo = _less_expected(tape, matched, settings, factors, carry=choice.carry)
    raw, (levels, level) = placebo, regime_levels(matched, settings.volatility)
    regime, factor = regime_ratio(levels, level), np.ones(len(placebo))
    if settings.standardize and math.isfinite(regime):
        known = np.isfinite(levels) & (levels > 0)
        matched, raw = without_days(matched, known, NO_LEVEL), raw[known]
        placebo, factor = regime_scaled(raw, levels[known], level)
    tested = car, placebo
    if settings.seasonality != "none":
        tested = tested_paths(car, placebo, matched, settings.seasonality, settings.volatility)
    columns = np.flatnonzero(matched.open & (np.arange(len(matched.open)) > matched.zero))
    return ResponseWindow(matched, car, placebo, raw, factor, regime, *tested, columns, tape.step_us / 60e6, closed)


def _less_expected(
    tape: IntradayPrices,
    matched: Matched,
    settings: ResponseSettings,
    factors: Sequence[IntradayPrices],
    *,
    carry: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return the event's and the placebo days' paths less what the study expects an ordinary day to do."""
    if settings.expected == "zero" or len(matched.day) < 2:
        return matched.path, matched.placebo_path
    if MODELS_BY_CLOCK[settings.expected].needs == "same_clock_days":
        return less_mean(matched.path, matched.placebo_path)
    return less_expected(tape, matched, factors, settings.expected, settings.expected_options, carry=carry)


def less_mean(car: FloatArray, placebo: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return paths less the mean path of the placebo days; each placebo day less the mean of the other ones.

    Leaving a day out of its own mean keeps it as exchangeable with the event day as it was.
    """
    total, days = placebo.sum(axis=0), len(placebo)
    return np.asarray(car - total / days), np.asarray(placebo - (total - placebo) / (days - 1))


def regime_ratio(levels: FloatArray, level: float) -> float:
    """Return the event day's volatility over the placebo days' median; NaN unless it and half of theirs are known."""
    known = levels[np.isfinite(levels) & (levels > 0)]
    if not (math.isfinite(level) and level > 0) or 2 * len(known) < len(levels) or not len(known):
        return math.nan
    return level / float(np.median(known))


def regime_levels(matched: Matched, kind: str = "medrv") -> tuple[FloatArray, float]:
    """Return the volatility of a bar before the event's clock time, of each placebo day and of the event day."""
    before = matched.open[: matched.zero + 1]
    prices = np.vstack([matched.placebo.price, matched.event.price])[:, : matched.zero + 1][:, before]
    levels = daily_level(np.diff(prices, axis=1), kind)
    return levels[:-1], float(levels[-1])


def after_news(window: ResponseWindow, settings: ResponseSettings) -> AfterNews:
    """Return the trading moments after the last clean price, ready for the numbers of the shape."""
    keep = served(window)
    placebo, weight = window.placebo[keep][:, window.columns], window.matched.weights(keep)
    at = ShapeColumns(
        first=window.first,
        initial=window.place(settings.initial_minutes),
        horizon=window.place(settings.horizons[-1]),
        absorbed=window.place(settings.absorbed_minutes),
    )
    found = bands(placebo, settings.level, weight)
    return AfterNews(window.car[window.columns], placebo, window.minutes, found, at, settings.level, weight)


def served(window: ResponseWindow) -> BoolArray:
    """Return which placebo days have a number at every trading moment, shape (D,)."""
    return np.asarray(np.isfinite(window.placebo[:, window.columns]).all(axis=1))


def bar_returns(window: ResponseWindow) -> tuple[FloatArray, FloatArray, int]:
    """Return bar returns at trading moments, context first, of the event day and of the placebo days.

    Returns
    -------
    event : FloatArray, shape (m,)
    placebo : FloatArray, shape (D, m)
    after_from : int
        The first bar after the last clean price.
    """
    matched = window.matched
    columns: BoolArray = matched.open.copy()
    columns[matched.zero] = True
    prices = np.vstack([matched.event.price, matched.placebo.price])[:, columns]
    moves = np.diff(prices, axis=1)
    return moves[0], moves[1:], int(columns[: matched.zero].sum())
