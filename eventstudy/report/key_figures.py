"""Key figures, and how a page and a terminal write a move, its interval and its window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import instant_from_us, value
from eventstudy.report.clock_words import from_to, reported_span
from eventstudy.report.figure_data import day_words, slice_of, window_moves, window_words, zone_at
from eventstudy.report.finding import at_most_or_least, finite
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.numbers import Unit, local, over, share, zone_name

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult


@value(slots=True)
class KeyFigure:
    """One large figure: what it is, the number, its unit (may be empty), and the words that explain it."""

    label: str
    number: str
    unit: str
    words: str


def capital(words: str) -> str:
    """Return words with a first capital letter, as a label or a sentence begins."""
    return words[:1].upper() + words[1:]


def interval(unit: Unit, low: Any, high: Any) -> str:
    """Return an interval as a cell shows it, a one-sided one by its end; empty where there is none."""
    if finite(low) and finite(high):
        return f"{unit.show(low)} to {unit.show(high)}"
    bound = at_most_or_least(low, high)
    return f"{bound} {unit.show(low if finite(low) else high)}" if bound else ""


def named_interval(level: float, ends: str) -> str:
    """Return the ends of an interval as :func:`interval` gives them, after its name."""
    one_sided = ends.startswith(("at least", "at most"))
    return f"one-sided {share(level)} interval: {ends}" if one_sided else f"{share(level)} interval {ends}"


def is_percent(result: StudyResult) -> bool:
    """Return whether a move of this study can be said in percent of the price."""
    return unit_of(result.spec).name == "bp" and variable_name(result.spec) == "return"


def simple(result: StudyResult, move: float) -> float:
    """Return a move as a simple return: of the price itself, not of its logarithm."""
    return math.expm1(move) if result.spec.returns == "log" and result.spec.measure == "car" else move


def percent(result: StudyResult, move: float) -> str:
    """Return a move in percent with its sign; empty where it is not a move of the price."""
    if not is_percent(result) or not math.isfinite(move):
        return ""
    size = 100 * simple(result, move)
    return f"{size:+.2f}%" if abs(size) < 10 else f"{size:+.1f}%"


def verb_and_size(result: StudyResult, move: float) -> str:
    """Return what a price did: ``rose 1.1%``, ``fell 0.32%``, ``did not move``."""
    size = abs(simple(result, move)) * 100
    shown = f"{size:.2f}%" if size < 1 else f"{size:.1f}%"
    return f"{'rose' if move > 0 else 'fell'} {shown}" if shown.strip("0.%") else "did not move"


def with_interval(result: StudyResult, move: float, low: Any, high: Any) -> str:
    """Return the words of a move: percent of the price, and the interval in the unit of the study."""
    ends = interval(unit_of(result.spec), low, high)
    said = named_interval(result.spec.level, ends) if ends else "no interval"
    return "; ".join(filter(None, (percent(result, move), said)))


def when(result: StudyResult, window: Window, row: int | None = None) -> str:
    """Return when a move was as the end of a sentence: closing times of one event, else event time.

    ``row`` is the response whose clock is meant; None where the events have clocks of their own.
    """
    if row is None:
        return over(window_words(result, window))
    piece, bounds = slice_of(result, row), (window.start, window.stop)
    spans = {reported_span(result, place, bounds) for place in range(len(result.abnormal))}
    if piece is not None and len(spans) == 1 and (span := next(iter(spans))) is not None:
        said = from_to(span, piece.zone, piece, utc=False)
        return said[:1].lower() + said[1:]
    label = window_words(result, window, row)
    if ":" not in label or len(spans) > 1:
        return over(window_words(result, window))
    zone = zone_at(result, row)
    where = f"{zone_name(zone)} time" if zone not in {"", "UTC"} else "UTC"
    return f"from {label} {where} on {day_words(result, row)}"


def net_of(result: StudyResult, *, several: bool) -> str:
    """Return what the model subtracts from a move, as the end of a sentence; empty where it subtracts nothing."""
    if result.spec.model == "zero":
        return ""
    said = MODELS[result.spec.model].expectation
    return f", net of {said.replace('its ', 'their ', 1) if several else said}"


def nouns(result: StudyResult) -> str:
    """Return what a mean is over: observations where an event has several instruments."""
    return "events" if len(set(result.abnormal.events.tolist())) == len(result.abnormal) else "observations"


def date_of(result: StudyResult, row: int) -> str:
    """Return the day of one event with its year."""
    at = instant_from_us(int(result.ledger.table.earliest[int(result.abnormal.row[row])]))
    return local(at, zone_at(result, row), "%d %B %Y").lstrip("0")


def bar_length(result: StudyResult) -> int:
    """Return the length of a bar in microseconds where every series has the same, else zero."""
    steps = {piece.step_us for piece in result.prices}
    return steps.pop() if len(steps) == 1 else 0


def finite_cars(result: StudyResult, window: Window) -> Any:
    """Return the moves over a window that have a number."""
    cars = window_moves(result, window)
    return cars[np.isfinite(cars)]
