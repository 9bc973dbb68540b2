"""The primary test of a study: chosen by its design before any p-value, or named in ``[inference] primary``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.events import is_used
from eventstudy.abnormal.windows import EventBars, Window
from eventstudy.arrays import BoolArray, value
from eventstudy.errors import Notice
from eventstudy.inference.clustering import calendar_places
from eventstudy.inference.designs import (
    DESIGNS,
    Design,
    count_distinct,
    design_name,
    mean_skewness,
    sharing,
    sharing_words,
    size_of_independent,
    unsuited,
    violated,
)
from eventstudy.inference.findings import Findings
from eventstudy.inference.run_test import needs_of
from eventstudy.inference.sample import Scope
from eventstudy.inference.shared_estimation import complete_windows, estimation_correlation
from eventstudy.inference.table import TESTS
from eventstudy.study.contamination import noun_of
from eventstudy.study.estimate import Estimates
from eventstudy.study.fit_notices import NAMED, names
from eventstudy.study.prepare import Study
from eventstudy.study.significance_tests import Tested, primary_window

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

AUTO = "auto"
# Instruments of one daily event from which on their mean is tested: with fewer, few pairs estimate their correlation.
FEWEST_OF_ONE_DAY = 10


@value(slots=True)
class Primary:
    """The test and the window on which the finding rests.

    Attributes
    ----------
    test : str
        Row of ``TESTS``.
    window : Window
        In bars.
    design : Design
    words, reason : str
        The design in words, and why the test suits it.
    unsuited : mapping of str to str
        Other tests of the study whose assumptions the data violate, and which.
    """

    test: str
    window: Window
    design: Design
    words: str
    reason: str
    unsuited: Mapping[str, str] = field(default_factory=dict)


def tests_of(study: Study) -> tuple[str, ...]:
    """Return the tests of a study, with its primary test last where it is not among those named."""
    spec = study.spec
    if not len(study.data):
        return spec.tests
    if spec.primary != AUTO:
        return tuple(dict.fromkeys((*spec.tests, *_beside(spec.primary))))
    design = aligned_design(study)
    skewed = chosen_test(spec, replace(design, skewness=np.inf))  # known only after estimation
    chosen = (*_beside(chosen_test(spec, design)), skewed, *_of_the_mean(spec, design))
    return tuple(dict.fromkeys((*spec.tests, *chosen)))


def _of_the_mean(spec: StudySpec, design: Design) -> tuple[str, ...]:
    """Return the test of the mean of many instruments of one daily event, which is shown beside their own moves.

    Within the day the comparable days give the distribution of the mean.
    """
    many = design.single and design.daily and design.instruments >= FEWEST_OF_ONE_DAY
    return (average_test(spec, design),) if many and design.residuals else ()


def _beside(test: str) -> tuple[str, ...]:
    """Return a test and the raw count that is always reported beside a scaled one."""
    return ("placebo", test) if test == "standardized_placebo" else (test,)


def chosen_test(spec: StudySpec, design: Design) -> str:
    """Return the primary test of a design: the one that the study names, or that of ``DESIGNS``."""
    return DESIGNS[design_name(design)].primary if spec.primary == AUTO else spec.primary


def average_test(spec: StudySpec, design: Design) -> str:
    """Return the primary test of a mean across events, also where all of them have one time."""
    several = replace(design, names=max(design.names, 2))
    named = spec.primary != AUTO and TESTS[spec.primary].scope == "average"
    return spec.primary if named else DESIGNS[design_name(several)].primary


def calendar_bars(study: Study) -> EventBars:
    """Return the places in calendar time of the closes that bound the news of each aligned event, shape (N,)."""
    positions, series = study.data.positions, study.data.series
    low = series.time_offset[positions.series]
    calendar = calendar_places(series)
    bars = EventBars(low + positions.reference, low + positions.first)
    return bars if calendar is None else EventBars(calendar[bars.reference], calendar[bars.first])


def aligned_design(study: Study, complete: BoolArray | None = None) -> Design:
    """Return the design of the events that are aligned with bars, before anything is estimated.

    ``complete``: events whose estimation windows are known to have all returns, shape (N,).
    """
    spec, positions, series = study.spec, study.data.positions, study.data.series
    shared, dates = sharing(*calendar_bars(study), study.plan.tests_on)
    return Design(
        events=len(positions.row),
        dates=dates,
        instruments=count_distinct(positions.series),
        names=_events(study),
        shared=shared,
        bar_noun=series.bar_noun,
        variance=spec.estimation is not None or study.uses_other_days,
        residuals=spec.estimation is not None,
        bhar=spec.measure == "bhar",
        shared_estimation=1 + (len(positions) - 1) * _shared_estimation(study, complete),
    )


def _shared_estimation(study: Study, complete: BoolArray | None) -> float:
    """Return the mean correlation of two CARs of the primary window through estimation returns that they share."""
    if not study.plan.model.estimated:
        return 0.0
    window = primary_window(study.spec, study.plan.tests_on)
    return estimation_correlation(study.data, study.plan.windows.estimation, window, complete)


def _events(study: Study) -> int:
    """Return how many events there are: distinct times, or distinct ids where all have one time."""
    table, rows = study.ledger.table, study.data.positions.row
    times = count_distinct(table.earliest[rows])
    return times if times > 1 else len(set(table.ids[rows].tolist()))


def used_design(study: Study, estimates: Estimates) -> Design | None:
    """Return the design of the events that were used, with the skewness of their residuals; None without events."""
    positions = study.data.positions
    if not len(estimates.abnormal):
        return None
    if len(estimates.abnormal) < len(positions):
        used = is_used(study.ledger.code[positions.row])
        study = replace(study, data=replace(study.data, positions=positions[used]))
    complete = complete_windows(study.data.positions, estimates.abnormal, study.plan.windows.estimation)
    return replace(aligned_design(study, complete), skewness=mean_skewness(estimates.evidence.diagnostics))


def tests_to_run(study: Study, design: Design | None) -> tuple[str, ...]:
    """Return the tests to compute: those named, and the primary test, which may change with the events left out."""
    spec = study.spec
    if design is None:
        return study.tests
    wanted = (*_beside(chosen_test(spec, design)), *_of_the_mean(spec, design))
    if needs_of(wanted, spec.test_options) <= needs_of(study.tests, spec.test_options):
        return tuple(dict.fromkeys((*spec.tests, *wanted)))
    return study.tests


def _has_number(found: Findings) -> bool:
    """Return whether a test has a p-value; those of t and normal tests are computed when they are read."""
    return bool(np.isfinite(found.statistic if found.given_pvalue is None else found.given_pvalue).any())


def primary_of(study: Study, estimates: Estimates, design: Design | None, tested: Tested) -> Primary | None:
    """Return the primary test of the events that were used; None where none was.

    It is the design's or the one that the study names; if that has no number, the first valid test that has one.
    """
    spec, found = study.spec, tested.significances
    if design is None:
        return None
    window = primary_window(spec, estimates.evidence.windows)
    row = DESIGNS[design_name(design)]
    violations = violated(design, tested.variance)
    tests = tuple(dict.fromkeys(f.test for f in found.findings))
    poor = {name: why for name in tests if (why := unsuited(TESTS[name], violations))}
    test = chosen_test(spec, design)
    reason = row.reason if spec.primary == AUTO else "the study names it"
    scope: Scope = "event" if design.single else "average"
    able = [f.test for f in found.findings if f.window == window and _has_number(f)]
    others = [name for name in able if name not in poor and TESTS[name].scope == scope]
    if test not in able and others:
        test, reason = others[0], f"{test} has no number here"
    if test in poor:
        reason = f"{reason} (limitation: it {poor[test]})"
    return Primary(test, window, design, row.words, reason, {n: why for n, why in poor.items() if n != test})


def clustering_notices(primary: Primary | None, tests: Sequence[str]) -> tuple[Notice, ...]:
    """Warn about observations that share event dates, name the tests that assume independence, and the cure."""
    if primary is None or primary.design.single or primary.design.shared == "none":
        return ()
    assuming = [TESTS[name].words for name in tests if "independence" in TESTS[name].assumes]
    listed = f" ({', '.join(assuming)})" if assuming else ""
    found = sharing_words(primary.design)
    message = (
        f"{found[:1].upper()}{found[1:]}. Tests that assume independence{listed} over-reject where returns of the same "
        f"time are correlated. {_clustering_cure(primary)}"
    )
    return (Notice("ES-CLUSTERED", message),)


def _clustering_cure(primary: Primary) -> str:
    """Return what allows for the correlation: the primary test, or the setting by which it would."""
    said = f"The primary test, {TESTS[primary.test].words}, "
    if "independence" not in TESTS[primary.test].assumes:
        return f"{said}allows for it."
    able = DESIGNS[design_name(primary.design)].primary
    if "independence" not in TESTS[able].assumes:
        return f'{said}is one of them. Set `[inference] primary = "{able}"`, which allows for it.'
    return f"{said}is one of them. Set `[window] estimation`: the correlation is measured there."


def dense_notices(study: Study, primary: Primary | None) -> tuple[Notice, ...]:
    """Warn about events of one instrument that share estimation returns: how many, by how much, and the cure."""
    if primary is None or not primary.design.dense:
        return ()
    d, positions = primary.design, study.data.positions
    several = np.flatnonzero(np.bincount(positions.series)[positions.series] > 1)
    some = positions.row[several[:NAMED]].tolist()
    first = names(map(study.ledger.table.id_of, some)) + (", ..." if len(several) > NAMED else "")
    cure = (
        f"The primary test, {TESTS[primary.test].words}, allows for it."
        if "separate estimation" not in TESTS[primary.test].assumes
        else f'Set `[inference] primary = "{DESIGNS[design_name(d)].primary}"`, which allows for it.'
    )
    noun = noun_of(study.ledger.table, positions)
    message = (
        f"{len(several):,} {noun}s on {d.instruments:,} instrument{'s' * (d.instruments > 1)} share estimation returns "
        f"({first}){_consequence(d, study.spec.level)}. {cure}"
    )
    return (Notice("ES-DENSE", message),)


def _consequence(design: Design, level: float) -> str:
    """Return what shared estimation returns do to a test of independent events.

    Where event windows overlap as well, the estimation returns alone can make up a negative part of the variance.
    """
    factor = design.shared_estimation
    if factor <= 0:
        return ", and their event windows overlap: the variance of their mean CAR is not that of independent events"
    size = size_of_independent(factor, level)
    return (
        f", which multiplies the variance of their mean CAR by {factor:.2f}: a test that takes them as independent "
        f"rejects {100 * size:.1f}% at the {100 * (1 - level):g}% level"
    )
