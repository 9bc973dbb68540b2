"""The finding in five seconds: one sentence, four figures with words, and the sentences that belong to them.

Terminal, notebook and page print these values; each number is computed once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.arrays import value
from eventstudy.report.about import from_to, reported_span
from eventstudy.report.figure_data import slice_of
from eventstudy.report.finding import (
    average_of,
    beyond,
    decided,
    finite,
    primary_test,
    primary_window,
    when,
    words,
)
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, pvalue
from eventstudy.show.numbers import p_is as p_words

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
MOST_IN_TITLE = 2


@value(slots=True)
class KeyFigure:
    """One large figure: what it is, the figure itself, and the words beside it."""

    label: str
    value: str
    words: str


@value(slots=True)
class Headline:
    """The finding of a result in one sentence, its key figures, and what qualifies it (disagreement, power, reversal).

    ``title`` says nothing about simulation: whoever shows it puts the mark SIMULATED before it.
    """

    title: str
    figures: tuple[KeyFigure, ...] = ()
    sentences: tuple[str, ...] = ()


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


def headline(result: StudyResult, study: Json) -> Headline:
    """Return the headline of a result; ``study`` is the result as JSON values."""
    rows = primary_rows(study)
    if not rows:
        total = len(result.ledger)
        return Headline(f"No event could be studied: {total} of {total} were left out.")
    mean = average_of(study)
    if mean is not None:
        return Headline(
            _mean_title(result, study, mean), _mean_figures(result, study, mean), _qualified(result, study, mean)
        )
    return Headline(_title(result, study, rows), _figures(result, study, rows[0]), _qualified(result, study, rows[0]))


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


def _qualified(result: StudyResult, study: Json, row: Json) -> tuple[str, ...]:
    same = study["aggregates"]
    if "car" in row:
        same = [r for r in study["responses"] if (r["event"], r["instrument"]) == (row["event"], row["instrument"])]
    sentences = filter(None, beyond(study, same, row))
    # Sizes in these sentences are in basis points, which another variable than a return does not have.
    return tuple(s for s in sentences if unit_of(result.spec).name == "bp" or "\u00a0bp" not in s)


def p_is(p: float) -> str:
    return p_words(p).replace(" ", "\u00a0")  # a line never breaks inside it


def _moved(row: Json, result: StudyResult) -> str:
    """Return that an instrument rose or fell by so much; for another variable than a return, its abnormal size."""
    unit, number, name = unit_of(result.spec), size_of(row), plain(row["instrument"], 40)
    if unit.name != "bp" or variable_name(result.spec) != "return":
        return f"{name} had an abnormal {variable_name(result.spec)} of {unit.of(number)}"
    if not unit.show(number).strip("+-0.,"):
        return f"{name} did not move"
    return f"{name} {'rose' if number > 0 else 'fell'} {unit.of(abs(number), signed=False)}"


def _mean_title(result: StudyResult, study: Json, mean: Json) -> str:
    kind = "buy-and-hold abnormal return" if "abhar" in mean else f"abnormal {variable_name(result.spec)}"
    if mean["window"][0] != mean["window"][1] and "abhar" not in mean:
        kind = "CAR"
    where = when(study, mean["window"])
    return f"The mean {kind} {where} was {unit_of(result.spec).of(size_of(mean))} across {observations(study, mean)}."


def observations(study: Json, mean: Json) -> str:
    """Return how many observations a mean has, and on how many days where they share days."""
    n = int(mean["n_events"])
    dates = int((study.get("primary") or {}).get("dates") or n)
    return f"{n:,} events" if dates == n else f"{n:,} observations on {dates:,} day{'s' * (dates != 1)}"


def _title(result: StudyResult, study: Json, rows: Sequence[Json]) -> str:
    """Return what one event did: the first one or two instruments, or how many of many moved unusually."""
    where = _where(result, study, rows)
    if len(rows) <= MOST_IN_TITLE:
        return " and ".join(_moved(r, result) for r in rows) + f"{where}."
    level = float((study.get("primary") or {}).get("level", 0.95))
    chosen = [primary_test(study, r["tests"]) for r in rows]
    tested = [(row, decided(test[1])) for row, test in zip(rows, chosen, strict=True) if test is not None]
    largest = max(rows, key=lambda row: abs(size_of(row)))
    most = f"{_moved(largest, result)}, the largest move of {len(rows)}{where}"
    if not tested:
        return f"{most}."
    moved = sum(p <= 1 - level for _, p in tested)
    compared = "than on comparable days" if any("placebo" in t[0] for t in chosen if t) else "than usual"
    return f"{most}; {moved or 'none'} of {len(tested)} moved more {compared} at the {(1 - level) * 100:g}% level."


def _where(result: StudyResult, study: Json, rows: Sequence[Json]) -> str:
    """Return the clock times of a move, or its window in event time where instruments close at other times."""
    net = "" if result.spec.model == "zero" else f", net of {MODELS[result.spec.model].expectation}"
    places = [_row_of(result, row) for row in rows]
    spans = {reported_span(result, place, rows[0]["window"]) for place in places}
    piece = slice_of(result, places[0])
    if len(spans) > 1 or None in spans or piece is None:
        return f" {when(study, rows[0]['window'])}{net}"
    clock = from_to(next(span for span in spans if span is not None), piece.zone, piece, utc=False)
    return f" {clock[:1].lower()}{clock[1:]}{net}"


def _row_of(result: StudyResult, row: Json) -> int:
    pairs = zip(result.abnormal.events.tolist(), result.abnormal.instruments.tolist(), strict=True)
    return next(place for place, pair in enumerate(pairs) if pair == (row["event"], row["instrument"]))


def _interval(study: Json, test: Json, unit: Unit) -> str:
    if not (finite(test.get("low")) and finite(test.get("high"))):
        return ""
    level = float((study.get("primary") or {}).get("level", 0.95))
    return f"{level * 100:g}% interval {unit.show(test['low'])} to {unit.show(test['high'])}"


def _unusual(study: Json, tests: Json) -> KeyFigure:
    """Return how unusual a move is: a count of comparable days, or a p-value with its test."""
    chosen = primary_test(study, tests)
    if chosen is None:
        reason = next((str(t["reason"]) for t in tests.values() if t.get("reason")), "no test applied")
        return KeyFigure("How unusual", "n/a", plain(reason, 120))
    name, test = chosen
    adjusted = finite(test.get("adjusted_pvalue"))
    p = f"{p_is(decided(test))}{', adjusted' if adjusted else ''}"
    if "placebo" not in name:
        return KeyFigure("How unusual", p_is(test["pvalue"]), _tests_agree(study, tests, name, adjusted, test))
    raw = tests.get("placebo") or test
    raw = raw if finite(raw.get("pvalue")) else test
    n = int(raw.get("n") or 0)
    as_large = round(float(raw["pvalue"]) * (n + 1)) - 1
    said = f"comparable day{'s' * (as_large != 1)} moved at least as much; {p}"
    scaled = ", scaled by volatility" if name == "standardized_placebo" else ""
    return KeyFigure("How unusual", f"{as_large} of {n}", f"{said}{scaled}")


def _tests_agree(study: Json, tests: Json, name: str, adjusted: bool, test: Json) -> str:
    level = float((study.get("primary") or {}).get("level", 0.95))
    usable = [t for t in tests.values() if finite(t.get("pvalue"))]
    below = sum(decided(t) <= 1 - level for t in usable)
    after = f"; {pvalue(test['adjusted_pvalue'])} adjusted" if adjusted else ""
    several = f"; {below} of {len(usable)} tests below {1 - level:.2g}" if len(usable) > 1 else ""
    return f"{words(name)}{after}{several}"


def _mean_figures(result: StudyResult, study: Json, mean: Json) -> tuple[KeyFigure, ...]:
    chosen, unit = primary_test(study, mean["tests"]), unit_of(result.spec)
    car = result.abnormal.car(tuple(mean["window"]))
    car = car[np.isfinite(car)]
    dates = int((study.get("primary") or {}).get("dates") or len(car))
    rose = KeyFigure(
        "Positive", f"{int((car > 0).sum()):,} of {len(car):,}", f"on {dates:,} distinct day{'s' * (dates != 1)}"
    )
    figures = [
        KeyFigure("Mean", unit.of(size_of(mean)), _interval(study, chosen[1], unit) if chosen else ""),
        _unusual(study, mean["tests"]),
        rose,
    ]
    later = _later(study["aggregates"], mean["window"])
    return (*figures, *([_in_window(study, later, unit)] if later is not None else []))


def _later(rows: Sequence[Json], window: Sequence[int]) -> Json | None:
    """Return the window after the primary one, or the longest that contains it."""
    after = [r for r in rows if r["window"][0] > window[1] and finite(size_of(r))]
    longer = [r for r in rows if r["window"][0] <= window[0] and r["window"][1] > window[1] and finite(size_of(r))]
    if after:
        return min(after, key=lambda r: (r["window"][0], -r["window"][1]))
    return max(longer, key=lambda r: r["window"][1] - r["window"][0], default=None)


def _in_window(study: Json, row: Json, unit: Unit) -> KeyFigure:
    test = primary_test(study, row["tests"])
    p = f"; {p_is(decided(test[1]))}" if test else ""
    words = when(study, row["window"]).removeprefix("over ").removeprefix("on ").removeprefix("in ")
    return KeyFigure("Also", unit.of(size_of(row)), f"{words}{p}")


def _figures(result: StudyResult, study: Json, row: Json) -> tuple[KeyFigure, ...]:
    """Return the key figures of one response; with several instruments, of the first."""
    chosen, unit = primary_test(study, row["tests"]), unit_of(result.spec)
    name = plain(row["instrument"], 40) if len(primary_rows(study)) > MOST_IN_TITLE - 1 else ""
    interval = _interval(study, chosen[1], unit) if chosen else ""
    move = KeyFigure("Move", unit.of(size_of(row)), "; ".join(filter(None, (name, interval))))
    return (move, _unusual(study, row["tests"]), *(_speed(result, row) or _window_figures(study, row, unit)))


def _window_figures(study: Json, row: Json, unit: Unit) -> tuple[KeyFigure, ...]:
    figures = []
    if finite(row.get("se")) and row["se"] > 0:
        times = abs(row["car"]) / row["se"]
        figures.append(KeyFigure("Size", f"{times:.1f} sd", "of the forecast error of such a window"))
    same = [r for r in study["responses"] if (r["event"], r["instrument"]) == (row["event"], row["instrument"])]
    later = _later(same, row["window"])
    return (*figures, *([_in_window(study, later, unit)] if later is not None else []))


def _speed(result: StudyResult, row: Json) -> tuple[KeyFigure, ...]:
    """Return when half of the move was done and what remained at the last horizon, of an intraday response."""
    from eventstudy.response.response_rows import last_horizon, minutes_after_news

    pair = row["event"], row["instrument"]
    response = next((r for r in result.response or () if (r.event, r.instrument) == pair), None)
    if response is None:
        return ()
    last = last_horizon(response)
    kept = last.value / response.first.value if response.first.value else math.nan
    unit = unit_of(result.spec)
    after = f"after {last.label.lstrip('+')}" if last.label.startswith("+") else f"at the {last.label}"
    moved = KeyFigure("Afterwards", unit.of(last.value), f"{after}; {p_is(last.pvalue)}")
    if response.pattern != "no detectable move" and math.isfinite(kept) and last is not response.first:
        moved = KeyFigure("Still there", f"{100 * kept:.0f}%", f"{unit.of(last.value)} {after}; {p_is(last.pvalue)}")
    times = minutes_after_news(response, "t50")
    if times is None:
        return (moved,)
    low, high = times
    between = f"between {low:.0f} and {high:.0f} min after the news" if high - low > 1e-9 else "after the last price"
    return (KeyFigure("Half done", f"within {high:.0f} min" if high > low else f"{high:.0f} min", between), moved)
