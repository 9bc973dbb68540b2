"""The key figures of one event on one or a few instruments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.windows import Window
from eventstudy.report.clock_words import with_words
from eventstudy.report.counted_days import days_moved
from eventstudy.report.figure_data import first_window, price_responses, window_words
from eventstudy.report.finding import adjusted_words, beyond, finite, primary_test, unbroken_p, words
from eventstudy.report.key_figures import KeyFigure, capital, interval, with_interval
from eventstudy.report.key_numbers import reported_rows, size_of, test_of
from eventstudy.report.shown_units import unit_of
from eventstudy.show.escape import plain
from eventstudy.show.numbers import local, share

if TYPE_CHECKING:
    from eventstudy.response.values import Response
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]


def responses_of(result: StudyResult) -> dict[tuple[str, str], Response]:
    """Return the intraday responses by event and instrument."""
    return {(r.event, r.instrument): r for r in price_responses(result) or ()}


def ends_of(result: StudyResult, row: Json, response: Response | None) -> tuple[Any, Any]:
    """Return the interval of a move: that of the test whose p-value stands beside it, else that of the response."""
    test = test_of(result.tables(0), row)
    if (
        not (finite(test.get("low")) or finite(test.get("high")))
        and response is not None
        and first_window(result) == Window(0, 0)
    ):
        return response.first.low, response.first.high
    return test.get("low"), test.get("high")


def single_figures(result: StudyResult) -> tuple[KeyFigure, ...]:
    """Return the move, how unusual it is, and what came of it; with several instruments of the first."""
    row, unit = reported_rows(result)[0], unit_of(result.spec)
    response = responses_of(result).get((row["event"], row["instrument"]))
    name = plain(row["instrument"], 30) if len(result.abnormal) > 1 else "Move"
    move = KeyFigure(
        f"{name}, {window_words(result, first_window(result), 0)}",
        unit.show(size_of(row)),
        unit.name,
        with_interval(result, size_of(row), *ends_of(result, row, response)),
    )
    after = _windows(result, row) if response is None else (_half(response), _remained(result, response))
    return move, _unusual(result, row), *after


def single_sentences(result: StudyResult) -> tuple[str, ...]:
    """Return what qualifies the first response: disagreement of tests, power, reversal."""
    study = with_words(result, result.tables())
    row = reported_rows(result)[0]
    same = [r for r in study["responses"] if (r["event"], r["instrument"]) == (row["event"], row["instrument"])]
    return tuple(filter(None, beyond(study, same, row)))


def _unusual(result: StudyResult, row: Json) -> KeyFigure:
    """Return on how many comparable days the move was as large, or the p-value where there are none."""
    study = result.tables(0)
    chosen, raw = primary_test(study, row["tests"]), row["tests"].get("placebo", {})
    if finite(raw.get("pvalue")):
        n = int(raw["n"])
        as_large = round(float(raw["pvalue"]) * (n + 1)) - 1
        said = f"comparable days {days_moved(result.spec.alternative)}; {unbroken_p(raw['pvalue'])}"
        if chosen is not None and chosen[0] != "placebo":
            said += f"; {unbroken_p(chosen[1]['pvalue'])} with the {words(chosen[0])} test, which is primary"
        return KeyFigure("How unusual", f"{as_large} of {n}", "", said + _adjusted(result, chosen))
    if chosen is None:
        reason = next((str(t["reason"]) for t in row["tests"].values() if t.get("reason")), "no test has a p-value")
        return KeyFigure("How unusual", "n/a", "", plain(reason, 120))
    name, test = chosen
    return KeyFigure("How unusual", unbroken_p(test["pvalue"]), "", f"{words(name)} test{_adjusted(result, chosen)}")


def _adjusted(result: StudyResult, chosen: tuple[str, Json] | None) -> str:
    return adjusted_words(result.tables(), chosen[1]) if chosen is not None else ""


def _half(response: Response) -> KeyFigure:
    estimate = response.number("t50")
    if not estimate.defined:
        reason = plain(estimate.reason or "not defined for a move of this size", 160)
        return KeyFigure("Half of the move", "n/a", "", reason)
    from eventstudy.response.response_rows import uncertain_minutes

    uncertain = uncertain_minutes(response)
    said = (
        "after the news; the range reflects its uncertain time" if uncertain else "after the last price before the news"
    )
    low, high = max(0.0, estimate.low - uncertain), estimate.high
    reached = minute_range(max(0.0, estimate.value - uncertain), estimate.value)
    between = minute_range(low, high) if finite(low) and finite(high) else reached
    if between != reached:
        said += f". {share(response.level)} interval {between} min"
    return KeyFigure("Half of the move", reached, "min", said)


def minute_range(low: float, high: float) -> str:
    """Return two numbers of minutes in words; one where they print alike.

    >>> minute_range(0, 25), minute_range(25, 25)
    ('0 to 25', '25')
    """
    first, last = f"{low:.0f}", f"{high:.0f}"
    return first if first == last else f"{first} to {last}"


def _remained(result: StudyResult, response: Response) -> KeyFigure:
    """Return the move at the last horizon that was reached, and how much of the first move it is."""
    from eventstudy.response.response_rows import last_horizon

    unit, last = unit_of(result.spec), last_horizon(response)
    if last.at is None or last is response.first:
        return KeyFigure("Still there later", "n/a", "", "no later horizon was reached")
    first = response.first.value
    kept = first and last.value / first > 0 and response.pattern != "no detectable move"
    p = unbroken_p(last.pvalue)
    said = f"{100 * last.value / first:.0f}% of the first move; {p}" if kept else p
    ends = interval(unit, last.low, last.high)
    label = "Still there" if kept else "Move"
    said += f"; {share(result.spec.level)} interval {ends}" if ends else ""
    return KeyFigure(f"{label} at {local(last.at, response.zone, '%H:%M')}", unit.show(last.value), unit.name, said)


def _windows(result: StudyResult, row: Json) -> tuple[KeyFigure, ...]:
    """Return two further windows of one response, or its size in standard deviations."""
    pair, unit = (row["event"], row["instrument"]), unit_of(result.spec)
    others = [
        r
        for r in result.tables()["responses"]
        if (r["event"], r["instrument"]) == pair and r["window"] != row["window"] and finite(size_of(r))
    ]
    figures = []
    for other in others[:2]:
        test = test_of(result.tables(0), other)
        label = capital(window_words(result, Window(*other["window"]), 0))
        said = unbroken_p(test["pvalue"]) if test else ""
        figures.append(KeyFigure(label, unit.show(size_of(other)), unit.name, said))
    if len(figures) < 2 and finite(row.get("se")) and row["se"] > 0:
        said = f"standard deviations of such a window ({unit.of(row['se'], signed=False)} each)"
        figures.append(KeyFigure("Size of the move", f"{abs(row['car']) / row['se']:.1f}", "", said))
    return tuple(figures)
