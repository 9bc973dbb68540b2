"""The numbers that a finding rests on: the responses of the primary window, the move, its interval and p-value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventstudy.arrays import value
from eventstudy.report.figure_data import first_window
from eventstudy.report.finding import average_of, decided, finite, primary_test, primary_window

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]


@value(slots=True)
class KeyNumbers:
    """The move or mean of the primary window (decimal), its interval and the p-value that decides; None if missing."""

    move: float | None = None
    low: float | None = None
    high: float | None = None
    pvalue: float | None = None


def key_numbers(study: Json) -> KeyNumbers:
    """Return the numbers of the finding: of the mean, else of the first response of the primary window."""
    row = average_of(study) or next(iter(primary_rows(study)), None)
    if row is None:
        return KeyNumbers()
    chosen = primary_test(study, row["tests"])
    if chosen is None:
        return KeyNumbers(size_of(row))
    test = chosen[1]
    low, high = (test[end] if finite(test.get(end)) else None for end in ("low", "high"))
    return KeyNumbers(size_of(row), low, high, decided(test))


def primary_rows(study: Json) -> list[Json]:
    """Return the responses of the primary window that have a number."""
    if not study["responses"]:
        return []
    window = primary_window(study)
    return [r for r in study["responses"] if r["window"] == window and finite(size_of(r))]


def size_of(row: Json) -> float:
    """Return the move of a response or a mean: the buy-and-hold return where the study measures that."""
    name = next(key for key in ("bhar", "abhar", "caar", "car") if key in row)
    return math.nan if row[name] is None else float(row[name])


def reported_rows(result: StudyResult) -> list[Json]:
    """Return every response on the window that the finding is about, with or without a number."""
    window = first_window(result)
    return [r for r in result.tables()["responses"] if r["window"] == [window.start, window.stop]]


def test_of(study: Json, row: Json) -> Json:
    """Return the primary test of a response or a mean; empty if none has a p-value."""
    chosen = primary_test(study, row["tests"])
    return {} if chosen is None else chosen[1]


def aggregate_of(study: Json, window: tuple[int, int]) -> Json | None:
    """Return the mean over one window."""
    return next((a for a in study["aggregates"] if tuple(a["window"]) == window), None)
