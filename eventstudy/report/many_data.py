"""Views of many responses, cut from a result: single moves, distributions, the tests of one window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import t

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray
from eventstudy.errors import UsageError
from eventstudy.inference.intervals import beyond as one_sided
from eventstudy.inference.intervals import symmetric
from eventstudy.inference.multiple import holm
from eventstudy.inference.placebo_test import EQUAL_MOVES
from eventstudy.report.figure_data import (
    day_words,
    find_row,
    first_window,
    placebo_days,
    placebo_half,
    same_responses,
    window_moves,
    window_words,
)
from eventstudy.report.finding import finite, primary_test, test_ends, words
from eventstudy.report.key_figures import nouns
from eventstudy.report.key_numbers import reported_rows, size_of
from eventstudy.report.many_views import (
    Agreement,
    Distribution,
    Dots,
    Mean,
)
from eventstudy.report.mean_data import aggregates_of
from eventstudy.report.shown_units import unit_of
from eventstudy.report.views import PlaceboView

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
MOST_HEAT_ROWS = 125


def moves_of(result: StudyResult) -> tuple[FloatArray, FloatArray, FloatArray, str]:
    """Return each response's move with its interval from the test that gives its p-value, and what that is."""
    window, level, side = first_window(result), result.spec.level, result.spec.alternative
    car = window_moves(result, window)
    if result.spec.measure == "bhar":
        none = np.full(len(car), np.nan)
        return car, none, none, ""  # a product has no closed-form variance
    days = placebo_days(result, window)
    if days and any(len(d) for d in days):
        if side != "two-sided":
            pairs = zip(car.tolist(), days, strict=True)
            ends = np.array([one_sided(c, np.asarray(d), level, EQUAL_MOVES, alternative=side) for c, d in pairs])
            return car, ends[:, 0], ends[:, 1], "one-sided interval from comparable days"
        half = np.array([placebo_half(np.asarray(d), level) for d in days])
        return car, car - half, car + half, "interval from comparable days"
    df = np.maximum(result.abnormal.df(), 1)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(result.abnormal.window_variance(window))
        half = se * t.isf((1 - level) / 2, df)
    if side != "two-sided":
        one = symmetric(car, se, df, level, alternative=side)
        return car, one.low, one.high, "one-sided interval from its estimation window"
    return car, car - half, car + half, "interval from its estimation window"


def single_pvalues(result: StudyResult) -> FloatArray:
    """Return the p-value of every response on the reported window, of the primary single-event test; NaN if none."""
    window, n = first_window(result), len(result.abnormal)
    found = [f for f in result.significances.findings if f.window == window and len(f) == n and f.n_events == 1]
    found = [f for f in found if n and f.events[0] != ""]
    wanted = result.primary.test if result.primary is not None else ""
    preferred = (wanted, "placebo", "time_series_t")
    for name in (*preferred, *(f.test for f in found)):
        for f in found:
            if f.test == name and np.isfinite(f.pvalue).any():
                return np.asarray(f.pvalue, dtype=np.float64)
    return np.full(n, np.nan)


def response_moves(result: StudyResult) -> dict[tuple[str, str], Any]:
    """Return the first move of the intraday responses, which has an interval and adjusted p-values of its own."""
    return {(r.event, r.instrument): r.first for r in same_responses(result) or ()}


@dataclass(frozen=True, slots=True)
class _Rows:
    """The moves of every response with their intervals and p-values, shapes (N,), and what the interval is from."""

    car: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    joint: FloatArray
    interval: str


def _rows_of(result: StudyResult) -> _Rows:
    """Return the moves as the table beside the figure shows them: of the intraday response where it has all."""
    car, low, high, interval = moves_of(result)
    firsts, pairs = response_moves(result), pairs_of(result)
    if not firsts or first_window(result) != Window(0, 0) or not all(pair in firsts for pair in pairs):
        p = single_pvalues(result)
        return _Rows(car, low, high, p, np.full(len(p), np.nan), interval)
    rows = [firsts[pair] for pair in pairs]
    names = ("value", "low", "high", "pvalue", "joint_pvalue")
    car, low, high, p, joint = (np.array([getattr(m, k) for m in rows], dtype=np.float64) for k in names)
    return _Rows(car, low, high, p, joint, interval)


def pairs_of(result: StudyResult) -> list[tuple[str, str]]:
    """Return the event and the instrument of every response."""
    return list(zip(result.abnormal.events.tolist(), result.abnormal.instruments.tolist(), strict=True))


def _names_of(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], str]:
    """Return what each row is called, and what the rows are together: ``40 instruments``, ``100 events``."""
    events, codes = len({event for event, _ in pairs}), len({code for _, code in pairs})
    if events == 1:
        return [code for _, code in pairs], f"{codes} instruments"
    many = f"{len(pairs):,} events" if codes == 1 or events == len(pairs) else f"{len(pairs):,} observations"
    return [event if codes == 1 else f"{code} {event}" for event, code in pairs], many


def dots_view(result: StudyResult) -> Dots:
    """Return every response with its interval, largest first, and the mean of all."""
    if not len(result.abnormal):
        raise UsageError("No event of this study was used, so there is nothing to draw.", remedy="See its outcomes.")
    rows, pairs = _rows_of(result), pairs_of(result)
    kept, size = np.isfinite(rows.car), 1 - result.spec.level
    adjusted, words_of_p = _adjusted(rows.p, rows.joint)
    known = np.isfinite(adjusted)
    clear = np.where(known, adjusted <= size, (rows.low > 0) | (rows.high < 0)) & kept
    filled = f"p at most {size:g}{', ' + words_of_p if words_of_p else ''}"
    names, what = _names_of(pairs)
    unclear = not known.any() and not np.isfinite(rows.low).any()
    stand_out = f"Moves of {what}" if unclear else f"{int(clear.sum())} of {what} stand out"
    return Dots(
        stand_out if len(pairs) > 1 else f"The move of {names[0]}",
        tuple(n for n, k in zip(names, kept, strict=True) if k),
        rows.car[kept],
        rows.low[kept],
        rows.high[kept],
        adjusted[kept],
        clear[kept],
        window_words(result, first_window(result), 0 if len({event for event, _ in pairs}) == 1 else None),
        result.spec.level,
        rows.interval if np.isfinite([rows.low, rows.high]).any() else "",
        filled if known.any() else "" if unclear else "the interval excludes zero",
        "p, adjusted" if words_of_p else "p",
        _mean_row(result, rows.car[kept]),
        True,
        unit_of(result.spec),
        result.simulated,
    )


def _adjusted(p: FloatArray, joint: FloatArray) -> tuple[FloatArray, str]:
    """Return p-values that allow for the number of rows: those of the response, else by Holm's method."""
    if np.isfinite(joint).all() and len(joint):
        return joint, "adjusted for all instruments"
    known = np.isfinite(p)
    if known.sum() < 2:
        return p, ""
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = holm(p[known])
    return adjusted, f"adjusted for {int(known.sum()):,} tests (Holm)"


def _mean_row(result: StudyResult, car: FloatArray) -> Mean | None:
    """Return the mean over all rows; for instruments of one event with the days' means as its distribution."""
    if len(car) < 2:
        return None
    window, level = first_window(result), result.spec.level
    mean = float(np.mean(car))
    events = len(set(result.abnormal.events.tolist()))
    if events == 1:
        if (tested := _tested_mean(result, mean, len(car))) is not None:
            return tested
        low = high = p = np.nan
        if (days := mean_days(result)) is not None and len(days):
            half = placebo_half(days, level)
            low, high = mean - half, mean + half
            p = (1 + int((np.abs(days) >= abs(mean)).sum())) / (len(days) + 1)
        return Mean(f"Mean of {len(car)}", mean, low, high, p)
    study = aggregates_of(result)
    shared = next((a for a in study["aggregates"] if a["window"] == [window.start, window.stop]), None)
    chosen = primary_test(study, shared["tests"]) if shared else None
    if shared is None or not finite(shared["caar"]):
        return None
    test: Json = chosen[1] if chosen else {}
    p = float(test["pvalue"]) if finite(test.get("pvalue")) else np.nan
    return Mean(f"Mean of {shared['n_events']:,}", float(shared["caar"]), *test_ends(test), p)


def tested_mean(result: StudyResult) -> str:
    """Return the test of the mean over instruments of one day that allows for what they share on it.

    Empty where comparable days give its distribution, or the study does not have that test: others reject too often.
    """
    from eventstudy.study.primary import average_test

    if result.primary is None or mean_days(result) is not None:
        return ""
    name = average_test(result.spec, result.primary.design)
    return name if name in result.tests else ""


def _tested_mean(result: StudyResult, mean: float, n: int) -> Mean | None:
    """Return the mean over instruments of one day with the test that allows for what they share on it, if it has it."""
    name, window = tested_mean(result), first_window(result)
    rows = [a for a in aggregates_of(result)["aggregates"] if a["window"] == [window.start, window.stop]]
    test: Json = next((a["tests"][name] for a in rows if name in a["tests"]), {})
    if not finite(test.get("pvalue")):
        return None
    low, high = (float(test[k]) if finite(test.get(k)) else np.nan for k in ("low", "high"))
    return Mean(f"Mean of {n}", mean, low, high, float(test["pvalue"]), words(name))


def mean_days(result: StudyResult) -> FloatArray | None:
    """Return the mean over the instruments of one event on every comparable day that all of them have."""
    responses = list(same_responses(result) or ())
    if len(responses) == len(result.abnormal) > 1 and first_window(result) == Window(0, 0):
        days = [
            dict(zip(r.path.placebo_day.tolist(), r.path.raw_placebo[:, r.path.first].tolist(), strict=True))
            for r in responses
        ]
    elif result.placebo is not None and len(result.abnormal) > 1:
        cells = result.abnormal.columns(first_window(result))
        rows = zip(result.placebo.day, result.placebo.ar, strict=True)
        days = [dict(zip(np.asarray(d).tolist(), a[:, cells].sum(axis=1).tolist(), strict=True)) for d, a in rows]
    else:
        return None
    shared = sorted(set.intersection(*(set(d) for d in days)))
    values = np.array([[d[day] for day in shared] for d in days], dtype=np.float64)
    if not values.size:
        return None
    means = values.mean(axis=0)
    return np.asarray(means[np.isfinite(means)], dtype=np.float64)


def mean_placebo_view(result: StudyResult) -> PlaceboView:
    """Return the mean of all instruments of one event among the same means on comparable days."""
    events = dict.fromkeys(result.abnormal.events.tolist())
    days = mean_days(result) if len(events) == 1 else None
    if days is None or not len(days):
        raise UsageError(
            "The study has no comparable days that all instruments share.",
            remedy="Study several instruments of one event on intraday data.",
        )
    window, n = first_window(result), len(result.abnormal)
    mean, level = float(np.nanmean(result.abnormal.car(window))), result.spec.level
    about, unit = window_words(result, window, 0), unit_of(result.spec)
    names = next(iter(events)), f"Mean of {n} instruments"
    half = placebo_half(days, level)
    words, alternative = day_words(result, 0), result.spec.alternative
    return PlaceboView(*names, about, mean, days, result.simulated, unit, half, words, level, alternative)


def distribution_view(result: StudyResult) -> Distribution:
    window = first_window(result)
    cars = window_moves(result, window)
    cars = cars[np.isfinite(cars)]
    if len(cars) < 2:
        raise UsageError("The study has one response, so there is no distribution to plot.", remedy="Draw 'placebo'.")
    one = len(set(result.abnormal.events.tolist())) == 1
    about = window_words(result, window, 0 if one else None)
    noun = "instrument" if one else nouns(result).removesuffix("s")
    middle = float(cars.mean()), float(np.median(cars))
    return Distribution(cars, *middle, about, noun, unit_of(result.spec), result.simulated)


def _largest_row(result: StudyResult) -> int:
    """Return the row of the response with the largest move on the reported window; the first if none has a number."""
    rows = [r for r in reported_rows(result) if finite(size_of(r))]
    if not rows:
        return find_row(result, "", "")
    top = max(rows, key=lambda r: abs(size_of(r)))
    return find_row(result, top["event"], top["instrument"])


def agreement_view(result: StudyResult, event: str = "", instrument: str = "", *, largest: bool = False) -> Agreement:
    """Return every p-value of the reported window: of the mean where there are several events, else of one response.

    ``largest`` draws the response with the largest move where none is named, for the first of many is arbitrary.
    """
    study, window = aggregates_of(result), first_window(result)
    bounds = [window.start, window.stop]
    several = len(set(result.abnormal.events.tolist())) > 1 and not event and not instrument
    shared = next((a for a in study["aggregates"] if a["window"] == bounds and several and a["tests"]), None)
    if shared is not None:
        tests, about = shared["tests"], window_words(result, window)
    else:
        largest = largest and not event and not instrument
        row = _largest_row(result) if largest else find_row(result, event, instrument)
        pair = str(result.abnormal.events[row]), str(result.abnormal.instruments[row])
        found = [
            r for r in result.tables()["responses"] if (r["event"], r["instrument"]) == pair and r["window"] == bounds
        ]
        which = f"{pair[1]}, the largest move" if largest else pair[1]
        tests, about = found[0]["tests"] if found else {}, f"{which}, {window_words(result, window, row)}"
    known = {name: test for name, test in tests.items() if finite(test.get("pvalue"))}
    if not known:
        raise UsageError("No test of this study has a p-value to draw.", remedy="See why in to_frame('tests').")
    chosen = primary_test(study, known)
    names = list(known)
    if chosen:
        names = [chosen[0], *(n for n in names if n != chosen[0])]
    p = np.array([known[n]["pvalue"] for n in names], dtype=np.float64)
    listed = tuple(words(n) for n in names)
    return Agreement(listed, p, 0 if chosen else -1, about, result.spec.level, result.simulated)
