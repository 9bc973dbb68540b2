"""The headline of a study of surprises: what one unit of the surprise moves, before the mean over all events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.report.finding import finite, label_of, unbroken_p
from eventstudy.report.front_many import mean_figures
from eventstudy.report.key_figures import KeyFigure, interval
from eventstudy.report.shown_units import unit_in
from eventstudy.report.surprise_tables import SIGNS, Slope, named, together, unit_words
from eventstudy.show.numbers import number, share

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
MOST_NAMED = 3


def surprise_title(study: Json, slopes: Sequence[Slope]) -> str:
    """Return the slopes of a study in one sentence: ``A surprise of one standard deviation moved EURUSD by +7.8 bp``.

    A positive and a negative slope of the same instrument are one sentence.
    """
    unit, first = unit_in(study), slopes[0]
    what, end = unit_words(study["surprise"]), f"{first.within}, across {first.count}"
    if len(slopes) == 2 and {one.sign for one in slopes} == {"positive", "negative"}:
        positive, negative = sorted(slopes, key=lambda one: one.sign, reverse=True)
        moves = f"by {unit.of(positive.slope)} and a negative one by {unit.of(negative.slope)}"
        return f"A positive surprise of {what} moved {named(first)} {moves} {first.within}"
    if len(slopes) == 1 and _undetected(first, study):
        size = f"{unit.of(first.slope)} in {named(first)} per {what.removeprefix('one ')}"
        return f"No detectable slope on the {SIGNS[first.sign]}surprise: {size} {end}"
    if len(slopes) == 1:
        return f"A {SIGNS[first.sign]}surprise of {what} moved {named(first)} by {unit.of(first.slope)} {end}"
    listed = [f"{_subject(one)} by {unit.of(one.slope)}" for one in slopes[:MOST_NAMED]]
    moves = " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
    more = f" ({len(slopes) - MOST_NAMED} more below)" if len(slopes) > MOST_NAMED else ""
    none = "; none is distinguishable from zero" * all(_undetected(one, study) for one in slopes)
    return f"A surprise of {what} moved {moves}{more} {first.within}{none}"


def _undetected(one: Slope, study: Json) -> bool:
    """Return whether a slope is not distinguishable from zero at the level of the study."""
    level = float((study.get("primary") or {}).get("level", 0.95))
    return finite(one.pvalue) and one.pvalue > 1 - level


def _subject(one: Slope) -> str:
    return named(one) if one.sign == "both" else f"{named(one)} ({one.sign} surprises)"


def surprise_figures(result: StudyResult, study: Json, slopes: Sequence[Slope]) -> tuple[KeyFigure, ...]:
    """Return the slope, how unusual it is, its R2, and the mean over all events; of several regressions the slopes."""
    mean = mean_figures(result)[0]
    if len(slopes) > 1:
        return (*(_brief(result, study, one) for one in slopes[:MOST_NAMED]), mean)
    one, given = slopes[0], study["surprise"]
    tests = "; ".join((f"{given['covariance']} standard errors", *together(one.path)))
    return (
        _slope(result, study, one, f"per {unit_words(given).removeprefix('one ')} of the surprise"),
        KeyFigure("How unusual", unbroken_p(one.pvalue) if finite(one.pvalue) else "n/a", "", tests),
        KeyFigure("R2", number(one.r2), "", f"of the CAR on the surprise, {one.count}"),
        mean,
    )


def _slope(result: StudyResult, study: Json, one: Slope, words: str) -> KeyFigure:
    unit = unit_in(study)
    ends = interval(unit, one.low, one.high)
    said = f"{words}; {share(result.spec.level)} interval {ends}" if ends else words
    return KeyFigure(f"Slope, {label_of(study, one.window)}", unit.show(one.slope), unit.name, said)


def _brief(result: StudyResult, study: Json, one: Slope) -> KeyFigure:
    p = unbroken_p(one.pvalue) if finite(one.pvalue) else "no standard error"
    shown = _slope(result, study, one, f"{p}, R2 = {number(one.r2)}, {one.count}")
    sign = "" if one.sign == "both" else f"{one.sign} surprises"
    about = ", ".join(filter(None, (one.who, sign)))
    return KeyFigure(f"{about or 'Slope'}, {label_of(study, one.window)}", shown.number, shown.unit, shown.words)
