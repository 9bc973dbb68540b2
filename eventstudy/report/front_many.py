"""The key figures of many events, and of one event on many instruments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.errors import UsageError
from eventstudy.report.clock_words import with_words
from eventstudy.report.counted_days import AS
from eventstudy.report.figure_data import bar_noun, first_window, window_words
from eventstudy.report.finding import adjusted_words, beyond, decided, finite, primary_test, unbroken_p, words
from eventstudy.report.key_figures import (
    KeyFigure,
    capital,
    finite_cars,
    interval,
    named_interval,
    nouns,
    with_interval,
)
from eventstudy.report.key_numbers import aggregate_of, size_of, test_of
from eventstudy.report.many_data import dots_view, mean_placebo_view
from eventstudy.report.many_views import Dots
from eventstudy.report.mean_data import aggregates_of
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, date_label

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
NO_MEAN: Json = {"caar": None, "tests": {}, "n_events": 0}


def _primary_mean(result: StudyResult, study: Json) -> Json:
    window = first_window(result)
    return aggregate_of(study, (window.start, window.stop)) or NO_MEAN


def mean_figures(result: StudyResult) -> tuple[KeyFigure, ...]:
    """Return the mean, how unusual it is, how many rose, and another window."""
    study, window, unit = aggregates_of(result), first_window(result), unit_of(result.spec)
    row = _primary_mean(result, study)
    test = test_of(study, row)
    mean = KeyFigure(
        f"Mean, {window_words(result, window)}",
        unit.show(size_of(row)),
        unit.name,
        with_interval(result, size_of(row), test.get("low"), test.get("high")),
    )
    cars = finite_cars(result, window)
    rose = int((cars > 0).sum())
    dates = (study.get("primary") or {}).get("dates")
    said = f"{100 * rose / max(len(cars), 1):.0f}% of {nouns(result)}"
    said += f", on {dates:,} distinct {date_label(bar_noun(result), dates)}" if dates else ""
    said += f"; the median is {unit.of(float(np.median(cars)))}" if len(cars) else ""
    how_many = KeyFigure("How many rose", f"{rose:,} of {len(cars):,}", "", said)
    return mean, _unusual(result, study, row), how_many, *_next_window(result, study, window)


def mean_sentences(result: StudyResult) -> tuple[str, ...]:
    """Return what qualifies a mean: disagreement of tests, power, reversal."""
    study = with_words(result, aggregates_of(result))
    row = _primary_mean(result, study)
    return tuple(filter(None, beyond(study, study["aggregates"], row)))


def _unusual(result: StudyResult, study: Json, row: Json) -> KeyFigure:
    chosen = primary_test(study, row["tests"])
    if chosen is None:
        reason = next((str(t["reason"]) for t in row["tests"].values() if t.get("reason")), "no test has a p-value")
        return KeyFigure("How unusual", "n/a", "", plain(reason, 120))
    name, test = chosen
    usable = [t for t in row["tests"].values() if finite(t.get("pvalue"))]
    size = 1 - result.spec.level
    below = sum(decided(t) <= size for t in usable)
    said = f"{words(name)} test{adjusted_words(study, test)}"
    said += (
        f"; {below} of {len(usable)} tests {'is' if below == 1 else 'are'} at or below {size:.2g}"
        if len(usable) > 1
        else ""
    )
    return KeyFigure("How unusual", unbroken_p(test["pvalue"]), "", said)


def _next_window(result: StudyResult, study: Json, window: Window) -> tuple[KeyFigure, ...]:
    """Return the window that follows the reported one, else the first other one."""
    unit = unit_of(result.spec)
    others = [a for a in study["aggregates"] if a["window"] != [window.start, window.stop] and finite(size_of(a))]
    later = [a for a in others if a["window"][0] > window.stop]
    chosen = next(iter(sorted(later, key=lambda a: -a["window"][1])), None) or next(iter(others), None)
    if chosen is None:
        return ()
    test, label = test_of(study, chosen), window_words(result, Window(*chosen["window"]))
    ends = interval(unit, test.get("low"), test.get("high"))
    parts = (unbroken_p(test["pvalue"]) if test else "", named_interval(result.spec.level, ends) if ends else "")
    label = f"After that, {label}" if chosen in later else capital(label)
    return (KeyFigure(label, unit.show(size_of(chosen)), unit.name, "; ".join(filter(None, parts))),)


def several_figures(result: StudyResult) -> tuple[KeyFigure, ...]:
    """Return the mean over the instruments of one event, how unusual it is, how many stand out, and the extremes."""
    unit, window, view = unit_of(result.spec), first_window(result), dots_view(result)
    n, mean = len(view.names), view.mean
    move = float(np.mean(view.move)) if n else math.nan
    low, high = (mean.low, mean.high) if mean is not None else (math.nan, math.nan)
    return (
        KeyFigure(
            f"Mean of {n}, {window_words(result, window, 0)}",
            unit.show(move),
            unit.name,
            with_interval(result, move, low, high),
        ),
        _unusual_mean(result, view),
        KeyFigure(
            "Instruments that stand out",
            f"{int(view.clear.sum())} of {n}",
            "",
            f"filled: {view.filled}" if view.filled else "",
        ),
        *((_extremes(unit, view),) if n else ()),
    )


def stand_first(result: StudyResult) -> tuple[str, ...]:
    """Return the finding of one event on many instruments: mean, how many stand out, largest and smallest."""
    unit, view, window = unit_of(result.spec), dots_view(result), first_window(result)
    n, mean = len(view.names), view.mean
    about = window_words(result, window, 0)
    if mean is None:
        return ()
    against = f"{mean.test} test" if mean.test else "against the same mean on comparable days"
    p = f" ({unbroken_p(mean.p)}, {against})" if math.isfinite(mean.p) else ""
    clear = int(view.clear.sum())
    count = f"{clear or 'None'} of {n} {'stand' if clear > 1 else 'stands'} out: {view.filled}."
    top, bottom = int(np.argmax(view.move)), int(np.argmin(view.move))
    ends = (f"{plain(view.names[i], 40)} {unit.of(float(view.move[i]))}" for i in (top, bottom))
    return (
        f"The mean abnormal {variable_name(result.spec)} of {n} instruments was {unit.of(mean.move)}, {about}{p}.",
        count,
        f"The largest and the smallest were {' and '.join(ends)}.",
    )


def _unusual_mean(result: StudyResult, view: Dots) -> KeyFigure:
    if view.mean is not None and view.mean.test:
        return KeyFigure("How unusual is the mean", unbroken_p(view.mean.p), "", f"{view.mean.test} test")
    try:
        days = mean_placebo_view(result)
    except UsageError:
        return KeyFigure("How unusual is the mean", "not tested", "", _why_untested(result))
    large = int(days.counted.sum())
    p = (1 + large) / (len(days.cars) + 1)
    said = f"comparable days had a mean at least {AS[days.alternative]}; {unbroken_p(p)}"
    return KeyFigure("How unusual is the mean", f"{large} of {len(days.cars)}", "", said)


def _why_untested(result: StudyResult) -> str:
    """Return why the mean of instruments of one day has no p-value, and the test that would give it one."""
    from eventstudy.study.primary import average_test

    shared = "instruments share the news of one day"
    name = average_test(result.spec, result.primary.design) if result.primary is not None else ""
    if name not in result.spec.tests and MODELS[result.spec.model].has_estimation_window:
        return f"{shared}; the {words(name)} test allows for that: add {name} to the tests of the study"
    return f"{shared}, and there are no comparable days with which their mean could be compared"


def _extremes(unit: Unit, view: Dots) -> KeyFigure:
    top, bottom = int(np.argmax(view.move)), int(np.argmin(view.move))
    middle = np.quantile(view.move, [0.25, 0.75])
    said = (
        f"{plain(view.names[top], 24)} and {plain(view.names[bottom], 24)}; half of the instruments between "
        f"{unit.show(float(middle[0]))} and {unit.show(float(middle[1]))}"
    )
    number = f"{unit.show(float(view.move[top]))} / {unit.show(float(view.move[bottom]))}"
    return KeyFigure("Largest and smallest", number, "", said)
