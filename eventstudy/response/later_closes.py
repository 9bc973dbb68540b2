"""Moves against the placebo days, those to later closes among them: is it still there tonight, tomorrow, in a week?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, instant_from_us, value
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.placebo import TIE, order_bound, placebo_pvalue
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import Move, RawCount
from eventstudy.response.window import ResponseWindows


class Horizon(NamedTuple):
    """Where a move ends: its label, the closing instant in microseconds, and the minutes it covers (NaN: not asked)."""

    label: str
    at: int
    minutes: float = math.nan


@value(slots=True)
class Moves:
    """Moves of P events over one stretch, and the same moves of their placebo days.

    Attributes
    ----------
    value : FloatArray, shape (P,)
    days, raw : FloatArray, shape (D, P)
        Of the placebo days: brought to the event day's volatility, and as they were; NaN where a day cannot tell.
    """

    value: FloatArray
    days: FloatArray
    raw: FloatArray


@value
class JudgedMoves:
    """M moves of P events with their intervals and p-values, all of shape (P, M).

    Attributes
    ----------
    value, low, high, pvalue : FloatArray
    bound : FloatArray
        What the size of an ordinary day's move stays within at the level; NaN where the days are too few.
    as_large, days : IntArray
        On how many placebo days, as they were, the price moved at least as much, and of how many.
    raw_pvalue : FloatArray
        The p-value of that count.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    pvalue: FloatArray
    bound: FloatArray
    as_large: IntArray
    days: IntArray
    raw_pvalue: FloatArray

    @cached_property
    def rows(self) -> list[list[list[float]]]:
        """The numbers of each move of each event."""
        columns = (self.value, self.low, self.high, self.pvalue, self.as_large, self.days, self.raw_pvalue)
        return np.stack(columns, axis=-1).tolist()  # type: ignore[no-any-return]

    def move(self, row: int, column: int, where: Horizon) -> Move:
        """Return one of them as a value."""
        number, low, high, pvalue, as_large, days, raw_pvalue = self.rows[row][column]
        count = RawCount(int(as_large), int(days), raw_pvalue)
        return Move(where.label, instant_from_us(where.at), where.minutes, number, low, high, pvalue, placebo=count)


def judged(moves: Sequence[Moves], level: float, weight: FloatArray | None = None) -> JudgedMoves:
    """Return moves with their intervals, their standardized p-values, and their raw counts among the placebo days."""
    value = np.stack([one.value for one in moves], axis=-1)
    days, raw = (np.stack([getattr(one, name) for one in moves], axis=-1) for name in ("days", "raw"))
    bound, usable = order_bound(np.abs(days), level, weight), np.isfinite(raw)
    as_large = ((np.abs(np.where(usable, raw, 0.0)) >= np.abs(value) * TIE) & usable).sum(axis=0)
    return JudgedMoves(
        value=value,
        low=value - bound / TIE,
        high=value + bound / TIE,
        pvalue=placebo_pvalue(value, days, weight),
        bound=bound,
        as_large=np.where(np.isfinite(value), as_large, 0),
        days=usable.sum(axis=0),
        raw_pvalue=placebo_pvalue(value, raw, weight),
    )


def no_move(label: str, reason: str, minutes: float = math.nan) -> Move:
    """Return a move that could not be measured, with the reason."""
    return Move(label, None, minutes, math.nan, math.nan, math.nan, math.nan, reason=reason)


BARS_END = "the bars end before"


@value(slots=True)
class LaterCloses:
    """The moves of P events to one later close.

    Attributes
    ----------
    label : str
    at : IntArray, shape (P,)
        Closing instants, microseconds since the epoch.
    usable : BoolArray, shape (P,)
        Whether the bars reach so far.
    moves : Moves
    """

    label: str
    at: IntArray
    usable: BoolArray
    moves: Moves

    def without_days(self) -> LaterCloses:
        """Return the closes without the moves of the placebo days."""
        none = self.moves.days[:0].copy()
        return LaterCloses(self.label, self.at, self.usable, Moves(self.moves.value, none, none))


def later_closes(
    prices: IntradayPrices, windows: ResponseWindows, settings: ResponseSettings
) -> tuple[LaterCloses, ...]:
    """Return the moves to the last bar of the event day, of the next day with bars, and of ``days_later`` days on."""
    days, last, zero = prices.days, prices.last_rows, windows.layout.zero
    event_rows = np.searchsorted(days, [one.matched.event_day for one in windows.asked])
    others = np.full(windows.days.shape, len(days))
    for row, one in enumerate(windows.asked):
        others[windows.days[:, row], row] = np.searchsorted(days, one.matched.day)
    labels = ((0, "close"), (1, "next close"), (settings.days_later, f"close {settings.days_later} days later"))
    found = []
    for ahead, label in labels:
        usable = event_rows + ahead < len(days)
        end = last[np.minimum(event_rows + ahead, len(days) - 1)]
        ends = last[np.minimum(others + ahead, len(days) - 1)]
        clean = (
            usable
            & (others < len(days))
            & ((others + ahead < event_rows) | (others > event_rows))
            & (others + ahead < len(days))
        )
        raw = np.where(clean, prices.price[ends] - windows.others.price[..., zero], np.nan)
        value = np.where(usable, prices.price[end] - windows.event.price[..., zero], np.nan)
        found.append(LaterCloses(label, prices.closes[end], usable, Moves(value, raw * windows.factor, raw)))
    return tuple(found)
