"""The headline of a study of groups: how far apart their means are, before the mean over all events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventstudy.arrays import value
from eventstudy.report.figure_data import first_window
from eventstudy.report.finding import finite, label_of, unbroken_p
from eventstudy.report.front_many import mean_figures
from eventstudy.report.group_tables import count_of_events, group_statistic, primary_window
from eventstudy.report.key_figures import (
    KeyFigure,
    capital,
    interval,
    is_percent,
    net_of,
    percent,
    verb_and_size,
    when,
    with_interval,
)
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.escape import plain
from eventstudy.show.numbers import share

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]


@value(slots=True)
class Contrast:
    """Two groups of the first grouping on the primary window, and the test of all of them.

    ``high`` and ``low`` are the means of the last and the first of two groups or of quantiles, else the largest and the
    smallest mean. ``test`` compares all groups.
    """

    by: str
    quantiles: bool
    high: Json
    low: Json
    test: Json
    count: int


def contrast_of(result: StudyResult, study: Json) -> Contrast | None:
    """Return what the first grouping says on the window of the finding; None where its groups were not compared."""
    one = next(iter(study.get("groups", ())), None)
    window = first_window(result)
    if one is None or list(primary_window(study, one)) != [window.start, window.stop]:
        return None
    means = [m for m in one["means"] if m["window"] == [window.start, window.stop] and finite(m["mean"])]
    tests = [c for c in one["comparisons"] if c["window"] == [window.start, window.stop] and finite(c["pvalue"])]
    wanted = "difference" if len(means) == 2 else "equal means"
    test = next((c for c in tests if c["contrast"] == wanted), None)
    if test is None or len(means) < 2:
        return None
    order = means if one["quantiles"] or len(means) == 2 else sorted(means, key=lambda m: float(m["mean"]))
    by = plain(", ".join(one["by"]), 40)
    return Contrast(by, bool(one["quantiles"]), order[-1], order[0], test, len(means))


def group_title(result: StudyResult, found: Contrast) -> str:
    """Return how two groups moved and whether all differ, as one sentence."""
    window = first_window(result)
    over, (high, low) = when(result, window), (_name(found, m) for m in (found.high, found.low))
    ups, downs = float(found.high["mean"]), float(found.low["mean"])
    if not is_percent(result) or result.spec.measure == "bhar":
        held = "buy-and-hold " if result.spec.measure == "bhar" else ""
        what = f"{held}abnormal {variable_name(result.spec)}"
        sizes = f"{_size(result, ups)} for {high} and {_size(result, downs)} for {low}"
        return f"The mean {what} was {sizes} {over}; {_verdict(result, found)}"
    moves = f"{verb_and_size(result, ups)} on average for {high} and {verb_and_size(result, downs)} for {low}"
    net = net_of(result, several=len(set(result.abnormal.instruments.tolist())) > 1)
    return f"Prices {moves} {over}{net}; {_verdict(result, found)}"


def _size(result: StudyResult, move: float) -> str:
    return percent(result, move) or unit_of(result.spec).of(move)


def _name(found: Contrast, mean: Json) -> str:
    label = ", ".join(plain(str(part), 40) for part in mean["group"].values())
    return f"quantile {label} of {found.by}" if found.quantiles else f"{found.by} = {label}"


def _verdict(result: StudyResult, found: Contrast) -> str:
    """Return the test of all groups: the difference of two, or whether several have equal means."""
    p = unbroken_p(found.test["pvalue"])
    if found.test["contrast"] == "difference":
        return f"the difference is {unit_of(result.spec).of(found.test['estimate'])} ({p})"
    clear = found.test["pvalue"] <= 1 - result.spec.level
    return f"the {found.count} groups {'differ' if clear else 'do not differ significantly'} ({p})"


def group_figures(result: StudyResult, study: Json, found: Contrast) -> tuple[KeyFigure, ...]:
    """Return the two means, the test of all groups, and the mean over all events."""
    return (
        _mean(result, study, found, found.high),
        _mean(result, study, found, found.low),
        _compared(result, found),
        mean_figures(result)[0],
    )


def _mean(result: StudyResult, study: Json, found: Contrast, mean: Json) -> KeyFigure:
    unit, move = unit_of(result.spec), float(mean["mean"])
    said = with_interval(result, move, mean["low"], mean["high"])
    said = f"{said}; {unbroken_p(mean['pvalue'])}" if finite(mean["pvalue"]) else said
    label = f"{capital(_name(found, mean))}, {label_of(study, mean['window'])}"
    return KeyFigure(label, unit.show(move), unit.name, f"{said}, {count_of_events(mean['n'])}")


def _compared(result: StudyResult, found: Contrast) -> KeyFigure:
    unit, test = unit_of(result.spec), found.test
    if test["contrast"] == "difference":
        ends = interval(unit, test["low"], test["high"])
        said = f"{share(result.spec.level)} interval {ends}; {group_statistic(test)}, {unbroken_p(test['pvalue'])}"
        return KeyFigure("Difference", unit.show(test["estimate"]), unit.name, said)
    said = f"test of equal means of the {found.count} groups: {group_statistic(test)}"
    return KeyFigure("Do the groups differ", unbroken_p(test["pvalue"]), "", said)
