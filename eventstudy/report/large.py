"""Large figures, and how a page writes a move, its interval and its window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.report.figure_data import day_words, window_words, zone_at
from eventstudy.report.finding import adjustment_words, finite
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.tables import Column
from eventstudy.show.numbers import Unit, local, p_is, share

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
DAILY_US = 20 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Large:
    """One of the four large figures: what it is, the number, its unit, and a line that explains it."""

    label: str
    number: str
    unit: str
    words: str


def interval(unit: Unit, low: Any, high: Any) -> str:
    """Return an interval as a cell shows it; empty without both ends."""
    return f"{unit.show(low)} to {unit.show(high)}" if finite(low) and finite(high) else ""


def verb(value: float) -> str:
    return "rose" if value > 0 else "fell" if value < 0 else "moved"


def size(result: StudyResult, value: float) -> str:
    """Return the size of a move: percent of a price, else the units of what is studied."""
    unit = unit_of(result.spec)
    if unit.name != "bp" or result.spec.variable != "return":
        return "by " + unit.of(abs(value), signed=False)
    percent = abs(np.expm1(value) if result.spec.returns == "log" and result.spec.measure == "car" else value) * 100
    return f"{percent:.2f}%" if percent < 1 else f"{percent:.1f}%"


def when(result: StudyResult, window: Window, row: int | None) -> str:
    said = window_words(result, window, row)
    if "day" in said or "bar" in said:
        return f"{'on' if ' to ' not in said else 'over'} {said}"
    return f"from {said} on {day_words(result, row or 0)}"


def percent(result: StudyResult, value: float) -> str:
    unit = unit_of(result.spec)
    if unit.name != "bp" or result.spec.variable != "return" or not math.isfinite(value):
        return ""
    percent = (math.expm1(value) if result.spec.returns == "log" and result.spec.measure == "car" else value) * 100
    return f"{percent:+.2f}%. " if abs(percent) < 10 else f"{percent:+.1f}%. "


def with_interval(result: StudyResult, value: float, low: Any, high: Any) -> str:
    ends = interval(unit_of(result.spec), low, high)
    return percent(result, value) + (f"{share(result.spec.level)} interval {ends}" if ends else "no interval")


def aggregate(study: Json, window: Window) -> Json | None:
    return next((a for a in study["aggregates"] if a["window"] == [window.start, window.stop]), None)


def subject(result: StudyResult) -> str:
    what = variable_name(result.spec)
    return "Prices" if what == "return" else what[:1].upper() + what[1:]


def nouns(result: StudyResult) -> str:
    return "events" if len(set(result.abnormal.events.tolist())) == len(result.abnormal) else "observations"


def kept(
    columns: tuple[Column, ...], rows: tuple[tuple[Any, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Any, ...], ...]]:
    """Return a table without columns that say nothing in any row."""
    keep = [
        i
        for i in range(len(columns))
        if any(finite(r[i]) or (isinstance(r[i], str) and r[i] not in {"", "n/a"}) for r in rows)
    ]
    return tuple(columns[i] for i in keep), tuple(tuple(r[i] for i in keep) for r in rows)


def daily(result: StudyResult) -> bool:
    return bool(result.primary is not None and result.primary.design.daily)


def date(result: StudyResult, row: int) -> str:
    from eventstudy.arrays import instant_from_us

    at = instant_from_us(int(result.ledger.table.earliest[int(result.abnormal.row[row])]))
    return local(at, zone_at(result, row), "%d %B %Y").lstrip("0")


def adjusted(study: Json, test: Json) -> str:
    if not finite(test.get("adjusted_pvalue")):
        return ""
    try:
        return f"; {p_is(test['adjusted_pvalue'])} adjusted ({adjustment_words({'responses': [], **study})})"
    except (KeyError, IndexError):
        return f"; {p_is(test['adjusted_pvalue'])} adjusted"
