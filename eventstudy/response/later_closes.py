"""One move against the placebo days, and the moves to later closes: is it still there tonight, tomorrow, in a week?"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import FloatArray, instant_from_us, value
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.placebo import move_interval, placebo_pvalue
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import Move, RawCount
from eventstudy.response.window import ResponseWindow


@value(slots=True)
class PlaceboDayMoves:
    """What the placebo days did, all of shape (D,): standardized, as it was, and how much each day counts."""

    moves: FloatArray
    raw: FloatArray
    weight: FloatArray | None = None


@value(slots=True)
class LaterClose:
    """A move to a later close and the same move of each placebo day, (D,); NaN where a day cannot tell."""

    move: Move
    placebo: FloatArray


class Horizon(NamedTuple):
    """Where a move ends: its label, the closing instant in microseconds, and the minutes it covers (NaN: not asked)."""

    label: str
    at: int
    minutes: float = math.nan


def move_of(
    where: Horizon,
    value: float,
    days: PlaceboDayMoves,
    settings: ResponseSettings,
    reason: str = "",
) -> Move:
    """Return one move with its interval, its standardized p-value, and its raw count among the placebo days.

    Parameters
    ----------
    where : Horizon
    value : float
    days : PlaceboDayMoves
    settings : ResponseSettings
    reason : str
        What qualifies the move.
    """
    ends = move_interval(value, days.moves, settings.level, days.weight)
    pvalue = float(placebo_pvalue(np.array(value), days.moves, days.weight))
    count = RawCount.of(value, days.raw, days.weight)
    return Move(
        where.label, instant_from_us(where.at), where.minutes, float(value), *ends, pvalue, reason=reason, placebo=count
    )


def no_move(label: str, reason: str, minutes: float = math.nan) -> Move:
    """Return a move that could not be measured, with the reason."""
    return Move(label, None, minutes, math.nan, math.nan, math.nan, math.nan, reason=reason)


def later_closes(tape: IntradayPrices, window: ResponseWindow, settings: ResponseSettings) -> tuple[LaterClose, ...]:
    """Return the moves to the last bar of the event day, of the next day with bars, and of ``days_later`` days on."""
    matched, days, last = window.matched, tape.days, tape.last_rows
    own = int(np.searchsorted(days, matched.event_day))
    others = np.searchsorted(days, matched.day)
    labels = {0: "close", 1: "next close", settings.days_later: f"close {settings.days_later} days later"}
    found = []
    for ahead, label in labels.items():
        if own + ahead >= len(days):
            nothing = np.full(len(others), np.nan)
            found.append(LaterClose(no_move(label, "the bars end before"), nothing))
            continue
        value = float(tape.price[last[own + ahead]] - matched.event.price[matched.zero])
        ends = np.minimum(others + ahead, len(days) - 1)
        clean = (others + ahead < own) | ((others > own) & (others + ahead < len(days)))
        raw = np.where(clean, tape.price[last[ends]] - matched.placebo.price[:, matched.zero], np.nan)
        moves = raw * window.factor
        at = int(tape.closes[last[own + ahead]])
        compared = PlaceboDayMoves(moves, raw, matched.weights())
        found.append(LaterClose(move_of(Horizon(label, at), value, compared, settings), moves))
    return tuple(found)
