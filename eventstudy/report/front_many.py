"""The top of a page about many events, or about one event on many instruments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.errors import UsageError
from eventstudy.report.figure_data import first_window, window_words
from eventstudy.report.finding import decided, finite, primary_test, words
from eventstudy.report.large import (
    Large,
    adjusted,
    aggregate,
    interval,
    kept,
    nouns,
    with_interval,
)
from eventstudy.report.many_data import dots_view, mean_placebo_view
from eventstudy.report.many_views import Dots
from eventstudy.report.mean_data import aggregates_of
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, p_is, share

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
DAILY_US = 20 * 3_600_000_000


def many(result: StudyResult) -> tuple[tuple[Large, ...], Table, tuple[str, ...]]:
    study, window, unit = aggregates_of(result), first_window(result), unit_of(result.spec)
    row = aggregate(study, window) or {"caar": None, "tests": {}, "n_events": 0}
    value = row.get("abhar", row["caar"])
    value = float(value) if finite(value) else math.nan
    chosen = primary_test(study, row["tests"])
    test: Json = chosen[1] if chosen else {}
    about = window_words(result, window)
    mean = Large(
        f"Mean move, {about}",
        unit.show(value),
        unit.name,
        with_interval(result, value, test.get("low"), test.get("high")),
    )
    unusual = Large("How unusual", "n/a", "", "no test has a p-value")
    if chosen is not None:
        usable = [t for t in row["tests"].values() if finite(t.get("pvalue"))]
        size = 1 - result.spec.level
        agree = sum(decided(t) <= size for t in usable)
        said = (
            f"{words(chosen[0])} test{adjusted(study, test)}. {agree} of {len(usable)} tests are at or below {size:g}"
        )
        unusual = Large("How unusual", p_is(test["pvalue"]), "", said)
    cars = result.abnormal.car(window)
    cars = cars[np.isfinite(cars)]
    rose = int((cars > 0).sum())
    said = (
        f"{100 * rose / max(len(cars), 1):.0f}% of {nouns(result)}; the median moved {unit.of(float(np.median(cars)))}"
    )
    many = Large("How many rose", f"{rose:,} of {len(cars):,}", "", said)
    four = (mean, unusual, many, *_next_window(result, study, window))
    return four, _window_table(result, study), _window_notes(result, study)


def _next_window(result: StudyResult, study: Json, window: Window) -> tuple[Large, ...]:
    """Return the window that follows the reported one, else the one before it."""
    unit = unit_of(result.spec)
    others = [a for a in study["aggregates"] if a["window"] != [window.start, window.stop] and finite(a["caar"])]
    later = [a for a in others if a["window"][0] > window.stop]
    chosen = next(iter(sorted(later, key=lambda a: -a["window"][1])), None) or next(iter(others), None)
    if chosen is None:
        return ()
    found = primary_test(study, chosen["tests"])
    test: Json = found[1] if found else {}
    about = window_words(result, Window(*chosen["window"]))
    value = float(chosen.get("abhar", chosen["caar"]))
    ends = interval(unit, test.get("low"), test.get("high"))
    said = ", ".join(
        filter(
            None, (p_is(test["pvalue"]) if test else "", f"{share(result.spec.level)} interval {ends}" if ends else "")
        )
    )
    return (
        Large(
            f"After that, {about}" if chosen in later else about[:1].upper() + about[1:],
            unit.show(value),
            unit.name,
            said,
        ),
    )


def _window_table(result: StudyResult, study: Json) -> Table:
    """Return one row per window: mean, interval, p, median, share of rises, observations and distinct days."""
    unit, primary = unit_of(result.spec), study.get("primary") or {}
    name = f", {unit.name}" if unit.name else ""
    chosen = next((c for a in study["aggregates"] if (c := primary_test(study, a["tests"]))), None)
    columns = (
        Column("window", "Window"),
        Column("mean", f"Mean{name}", "words"),
        Column("interval", f"{share(result.spec.level)} interval", "words"),
        Column("p", f"p, {words(chosen[0])}" if chosen else "p", "pvalue"),
        Column("adjusted", "p, adjusted", "pvalue"),
        Column("median", f"Median{name}", "words"),
        Column("rose", "Rose", "words"),
        Column("n", "N", "count"),
        Column("dates", "Distinct days", "count"),
    )
    rows = []
    for a in study["aggregates"]:
        window = Window(*a["window"])
        cars = result.abnormal.car(window)
        cars = cars[np.isfinite(cars)]
        found = primary_test(study, a["tests"])
        test: Json = found[1] if found else {}
        label = window_words(result, window)
        rows.append(
            (
                label[:1].upper() + label[1:],
                unit.show(a.get("abhar", a["caar"])),
                interval(unit, test.get("low"), test.get("high")),
                test.get("pvalue"),
                test.get("adjusted_pvalue"),
                unit.show(float(np.median(cars))) if len(cars) else "n/a",
                f"{100 * (cars > 0).mean():.0f}%" if len(cars) else "n/a",
                a["n_events"],
                primary.get("dates"),
            )
        )
    what = "Mean buy-and-hold abnormal" if result.spec.measure == "bhar" else "Mean cumulative abnormal"
    caption = f"{what} {variable_name(result.spec)} in {unit.words}" + (" (100 bp = 1%)" if unit.name == "bp" else "")
    return Table("front", caption, *kept(columns, tuple(rows)), result.simulated)


def _window_notes(result: StudyResult, study: Json) -> tuple[str, ...]:
    primary = study.get("primary") or {}
    reason = f"The {words(primary['test'])} test is primary: {primary['reason']}." if primary.get("reason") else ""
    return tuple(filter(None, (reason,)))


def several(result: StudyResult) -> tuple[tuple[Large, ...], Table, tuple[str, ...]]:
    unit, window, view = unit_of(result.spec), first_window(result), dots_view(result)
    n, mean = len(view.names), view.mean
    value = float(np.mean(view.move))
    low, high = (mean.low, mean.high) if mean is not None else (math.nan, math.nan)
    four = (
        Large(
            f"Mean of {n}, {window_words(result, window, 0)}",
            unit.show(value),
            unit.name,
            with_interval(result, value, low, high),
        ),
        _unusual_mean(result),
        Large("Instruments that stand out", f"{int(view.clear.sum())} of {n}", "", f"filled: {view.filled}"),
        _extremes(unit, view),
    )
    return (
        four,
        _mean_table(result),
        ("Instruments on one day are not independent observations; see what could weaken this.",),
    )


def stand_first(result: StudyResult) -> tuple[str, ...]:
    """Return the finding of one event on many instruments: mean, how many stand out, largest and smallest."""
    unit, view, window = unit_of(result.spec), dots_view(result), first_window(result)
    n, mean = len(view.names), view.mean
    about = window_words(result, window, 0)
    if mean is None:
        return ()
    sure = f" ({p_is(mean.p)}, against the same mean on comparable days)" if math.isfinite(mean.p) else ""
    clear = int(view.clear.sum())
    count = f"{clear or 'None'} of {n} {'stands' if clear == 1 else 'stand'} out: {view.filled}."
    top, bottom = int(np.argmax(view.move)), int(np.argmin(view.move))
    ends = (f"{plain(view.names[i], 40)} {unit.of(float(view.move[i]))}" for i in (top, bottom))
    return (
        f"The mean abnormal {variable_name(result.spec)} of {n} instruments was {unit.of(mean.move)}, {about}{sure}.",
        f"{count} The largest and the smallest were {' and '.join(ends)}.",
    )


def _unusual_mean(result: StudyResult) -> Large:
    try:
        days = mean_placebo_view(result)
    except UsageError:
        return Large(
            "How unusual is the mean", "n/a", "", "one event on daily data has no comparable days to rank the mean in"
        )
    large = int((np.abs(days.cars) >= abs(days.car)).sum())
    p = (1 + large) / (len(days.cars) + 1)
    return Large(
        "How unusual is the mean",
        f"{large} of {len(days.cars)}",
        "",
        f"comparable days had a mean at least as large; {p_is(p)}",
    )


def _extremes(unit: Unit, view: Dots) -> Large:
    top, bottom = int(np.argmax(view.move)), int(np.argmin(view.move))
    middle = np.quantile(view.move, [0.25, 0.75])
    said = (
        f"{plain(view.names[top], 24)} and {plain(view.names[bottom], 24)}; half of the instruments between "
        f"{unit.show(float(middle[0]))} and {unit.show(float(middle[1]))}"
    )
    return Large(
        "Largest and smallest", f"{unit.show(float(view.move[top]))} / {unit.show(float(view.move[bottom]))}", "", said
    )


def _mean_table(result: StudyResult) -> Table:
    """Return one row per window: mean over the instruments, median, quartiles, share of rises."""
    unit = unit_of(result.spec)
    name = f", {unit.name}" if unit.name else ""
    columns = (
        Column("window", "Window"),
        Column("mean", f"Mean{name}", "words"),
        Column("median", f"Median{name}", "words"),
        Column("quartiles", "Half of them between", "words"),
        Column("rose", "Rose", "words"),
        Column("n", "Instruments", "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for window in result.windows or result.spec.test_windows:
        cars = result.abnormal.car(window)
        cars = cars[np.isfinite(cars)]
        if not len(cars):
            continue
        low, high = (float(v) for v in np.quantile(cars, [0.25, 0.75]))
        label = window_words(result, window, 0)
        shown = [unit.show(float(v)) for v in (cars.mean(), np.median(cars))]
        rows.append(
            (
                label[:1].upper() + label[1:],
                *shown,
                interval(unit, low, high),
                f"{int((cars > 0).sum())} of {len(cars)}",
                len(cars),
            )
        )
    caption = f"Abnormal {variable_name(result.spec)} over the instruments, in {unit.words}"
    return Table("front", caption, columns, tuple(rows), result.simulated)
