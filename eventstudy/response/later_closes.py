"""One move against the placebo days, and the moves to later closes: is it still there tonight, tomorrow, in a week?"""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import FloatArray, instant_from_us, value
from eventstudy.response.intraday_prices import Tape, days_of
from eventstudy.response.placebo import placebo_pvalue
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import interval, noise_draws
from eventstudy.response.values import Move
from eventstudy.response.window import Window


@value(slots=True)
class Days:
    """What the placebo days did, all of shape (D,): the move as told, as the test sees it, and how much each counts."""

    moves: FloatArray
    tested: FloatArray
    weight: FloatArray | None = None


@value(slots=True)
class LaterClose:
    """A move to a later close and the same move of each placebo day, (D,); NaN where a day cannot tell."""

    move: Move
    placebo: FloatArray


def move_of(
    where: tuple[str, int, float],
    value: tuple[float, ...],
    days: Days,
    settings: ResponseSettings,
    reason: str = "",
) -> Move:
    """Return one move with its interval and placebo p-value.

    Parameters
    ----------
    where : (label, closing instant in microseconds, trading minutes)
    value : (as told, as the test sees it)
    days : Days
    settings : ResponseSettings
    reason : str
        What qualifies the move.
    """
    label, at, minutes = where
    told, tested = value
    draws = noise_draws(np.array([told]), days.moves[:, None])[:, 0]
    low, high = interval(draws, settings.level, days.weight)
    pvalue = float(placebo_pvalue(np.array(tested), days.tested, days.weight))
    return Move(label, instant_from_us(at), minutes, float(told), low, high, pvalue, reason=reason)


def no_move(label: str, reason: str) -> Move:
    """Return a move that could not be measured, with the reason."""
    return Move(label, None, math.nan, math.nan, math.nan, math.nan, math.nan, reason=reason)


def later_closes(tape: Tape, window: Window, settings: ResponseSettings) -> tuple[LaterClose, ...]:
    """Return the moves to the last bar of the event day, of the next day with bars, and of ``days_later`` days on."""
    matched, days = window.matched, days_of(tape)
    last = np.append(np.flatnonzero(np.diff(tape.day)), len(tape) - 1)
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
        moves = (tape.price[last[ends]] - matched.placebo.price[:, matched.zero]) * window.factor
        moves = np.where(clean, moves, np.nan)
        at = int(tape.closes[last[own + ahead]])
        judged = Days(moves, moves, matched.weights())
        found.append(LaterClose(move_of((label, at, math.nan), (value, value), judged, settings), moves))
    return tuple(found)
