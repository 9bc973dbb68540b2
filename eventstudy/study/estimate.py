"""Abnormal returns of a prepared study and the evidence that its tests need, each piece where the study asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import EventTable, Positions
from eventstudy.abnormal.measure import measure, select
from eventstudy.abnormal.placebo.dates import placebo_dates
from eventstudy.abnormal.placebo.day_rules import DayRules
from eventstudy.abnormal.placebo.placebo_paths import PlaceboPaths, placebo_paths, with_same_clock_mean
from eventstudy.abnormal.placebo.refits import Path, RefitSettings, placebo_refits
from eventstudy.abnormal.placebo.same_clock import DrawSettings, Missing, path_windows, placebo_draws
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.abnormal.placebo.shared_days import SharedDays
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, StrArray
from eventstudy.errors import UsageError
from eventstudy.inference.across_instruments import correlation_across
from eventstudy.inference.clustering import CommonDates, mean_correlations
from eventstudy.inference.evidence import Context, Evidence, collectors, diagnosed
from eventstudy.inference.rank_pass import rank_pass
from eventstudy.inference.run_test import needs_of, options_for
from eventstudy.inference.shared_estimation import (
    EstimatedWindow,
    complete_windows,
    estimation_correlation,
    missing_returns,
)
from eventstudy.study.prepare import Study
from eventstudy.study.response_days import shared_days
from eventstudy.study.sharding import BlockMap

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

# Up to so many cells, the placebo days of every point of the paths are counted separately.
PATH_CELLS = 400


class Estimates(NamedTuple):
    """Abnormal returns of the used events, and what their tests need beyond them."""

    abnormal: AbnormalReturns
    evidence: Evidence
    shared: Sequence[SharedDays | None] = ()  # of each event, the placebo days of its intraday response


def estimate(study: Study, run: BlockMap) -> Estimates:
    """Measure abnormal returns and gather the evidence for the tests of the study."""
    estimates = _measure(study, run)
    if study.uses_other_days or {"placebo", "standardized_placebo"} & set(study.tests):
        estimates = _with_placebo_days(study, estimates)
    if "placebo_refit" in study.tests and not study.uses_other_days:
        estimates = _with_refits(study, estimates, run)
    return estimates


def _measure(study: Study, run: BlockMap) -> Estimates:
    """Measure, collect what the tests need, and pass over the data again if ranks are needed."""
    spec, data, plan = study.spec, study.data, study.plan
    needs = needs_of(study.tests, spec.test_options)
    context = Context(data.series, tuple(map(plan.columns, plan.tests_on)), len(data), plan.estimation_bars)
    collect = collectors(needs | diagnosed(spec.diagnostics, context), context)
    abnormal, collected = measure(data, replace(plan, collect=collect), study.ledger, run)
    fields: dict[str, Any] = dict(collected)
    evidence = Evidence(windows=plan.tests_on, **fields)
    if evidence.common_dates is not None:
        r = mean_correlations(evidence.common_dates, plan.tests_on, plan.estimation_bars, evidence.residuals)
        evidence = replace(evidence, mean_correlations=dict(zip(plan.tests_on, r, strict=True)))
    if "estimation_correlations" in needs:
        h = _estimation_correlations(study, abnormal, evidence.common_dates)
        evidence = replace(evidence, estimation_correlations=h)
    ranks = rank_pass(data, plan, abnormal, needs, run)
    return Estimates(abnormal, replace(evidence, **ranks._asdict()))


def _estimation_correlations(study: Study, abnormal: AbnormalReturns, dates: CommonDates | None) -> dict[Window, float]:
    """Return, by tested window, the mean correlation of CARs through estimation returns; 0 if no mean is estimated."""
    data, estimation, windows = study.data, study.plan.windows.estimation, study.plan.tests_on
    if not study.plan.model.estimated or estimation is None:
        return dict.fromkeys(windows, 0.0)
    used = replace(data, positions=data.positions[outcomes.is_used(study.ledger.code[data.positions.row])])
    complete = complete_windows(used.positions, abnormal, estimation)
    found = {w: estimation_correlation(used, estimation, w, complete) for w in windows}
    if dates is None:
        return found
    missing = missing_returns(used, estimation, complete)
    return {w: h + correlation_across(used, EstimatedWindow(estimation, w), dates, missing) for w, h in found.items()}


def _with_placebo_days(study: Study, estimates: Estimates) -> Estimates:
    abnormal, evidence, _ = estimates
    paths = placebo_paths(study.data, abnormal, day_rules(study), kind=study.plan.kind)
    if study.uses_other_days:
        abnormal, paths = with_same_clock_mean(abnormal, paths, study.plan.tests_on)
        abnormal, paths = _with_enough_days(study, abnormal, paths)
    chosen = Estimates(abnormal, replace(evidence, paths=paths), _shared(study, abnormal))
    draws = window_draws(study, chosen, paths) if "placebo" in study.tests else {}
    scaled = {}
    if "standardized_placebo" in study.tests:
        scaled = window_draws(study, chosen, paths, standardize=True)
    return chosen._replace(evidence=replace(chosen.evidence, draws=draws, standardized_draws=scaled))


def _shared(study: Study, abnormal: AbnormalReturns) -> Sequence[SharedDays | None]:
    """Return the days that all placebo tests share with the intraday responses; nothing where no test needs them."""
    needed = not study.uses_other_days and missing_of(study.spec) == "merge"
    return shared_days(study, abnormal) if needed else ()


def _with_enough_days(
    study: Study, abnormal: AbnormalReturns, paths: PlaceboPaths
) -> tuple[AbnormalReturns, PlaceboPaths]:
    """Leave out events that have too few days to estimate a mean and a variance, and mark them in the ledger."""
    spec = study.spec
    days = np.array([len(day) for day in paths.day], dtype=np.int64)
    needed = max(2, min(spec.min_observations, spec.placebo.days or spec.min_observations))
    enough = days >= needed
    if enough.all():
        return abnormal, paths
    rows, keep = np.flatnonzero(~enough), np.flatnonzero(enough)
    study.ledger.mark(abnormal.row[rows], outcomes.FEW_DAYS, days[rows], needed)
    return select(abnormal, enough), PlaceboPaths(tuple(paths.ar[i] for i in keep), tuple(paths.day[i] for i in keep))


def missing_of(spec: StudySpec) -> Missing:
    """Return whether a bar without trades refuses a placebo day."""
    return "merge" if options_for("placebo", spec.test_options)["missing"] == "merge" else "refuse"


def day_rules(study: Study, settings: PlaceboSettings | None = None) -> DayRules:
    """Return which days the events of a study are compared with, by its settings or by others.

    Where days are chosen by their releases, events that are not studied follow those that are.

    Raises
    ------
    UsageError
        If days of the same release are asked for, and the events have no column ``release``.
    """
    settings = settings or study.spec.placebo
    positions, table = study.data.positions, study.ledger.table
    if settings.match is not None and settings.match.releases == "same" and RELEASE not in table.attributes:
        raise UsageError(
            f"The placebo days are to be days of the same release, and the events have no column `{RELEASE}`.",
            remedy='Add it, or set releases = "any" in placebo["match"]. (Study file: `[inference.placebo.match]`.)',
        )
    names = _releases(table, positions)
    if study.known is not None and settings.match is not None and settings.match.releases:
        further = study.known.positions
        names = np.concatenate([names, _releases(study.known.table, further)])
        columns = zip(astuple(positions), astuple(further), strict=True)
        positions = Positions(*(np.concatenate(pair) for pair in columns))
    release = np.full(len(positions), -1, dtype=np.int64)
    known = names != ""
    release[known] = np.unique(names[known], return_inverse=True)[1]
    return DayRules(settings, positions, release)


def draw_settings(study: Study, estimates: Estimates, *, standardize: bool) -> DrawSettings:
    """Return how the placebo windows of a study are chosen and summed."""
    return DrawSettings(day_rules(study), missing_of(study.spec), study.plan.kind, standardize, estimates.shared)


def _releases(table: EventTable, positions: Positions) -> StrArray:
    """Return the name of the release of each aligned event, empty where it has none, shape (N,)."""
    given = table.attributes.get(RELEASE)
    if given is None:
        return np.full(len(positions), "", dtype=object)
    words = [str(name).strip() for name in given[positions.row]]
    return np.array(["" if word in ("nan", "None") else word for word in words], dtype=object)


RELEASE = "release"  # the column of the events that names their release


def window_draws(
    study: Study, estimates: Estimates, paths: PlaceboPaths, *, standardize: bool = False
) -> dict[Window, tuple[FloatArray, ...]]:
    """Return the placebo CARs of each window: on the days of the response, or else those eligible for it."""
    windows, abnormal = study.plan.tests_on, estimates.abnormal
    if study.uses_other_days and not standardize:  # event and placebo days share the mean of the whole path
        return {w: tuple(path[:, abnormal.columns(w)].sum(axis=1) for path in paths.ar) for w in windows}
    if (
        abnormal.ar.size <= PATH_CELLS and not standardize
    ):  # a figure then shows, at every point, the days that are eligible for that point
        windows = tuple(dict.fromkeys((*windows, *path_windows(abnormal.tau))))
    how = draw_settings(study, estimates, standardize=standardize)
    return {w: placebo_draws(study.data, abnormal, w, how) for w in windows}


def _with_refits(study: Study, estimates: Estimates, run: BlockMap) -> Estimates:
    """Add the mean CARs of the study moved to random non-event dates, over the events that it used itself."""
    spec, data, plan, (abnormal, evidence, _) = study.spec, study.data, study.plan, estimates
    options = options_for("placebo_refit", spec.test_options)
    path: Path = "prefix" if options["path"] == "prefix" else "two_pass"
    dates = placebo_dates(
        data, study.ledger.table, plan.windows, draws=int(options["draws"]), seed=spec.seed, match=spec.placebo.match
    )
    keep = np.flatnonzero(np.isin(data.positions.row, abnormal.row))
    used = replace(data, positions=data.positions[keep])
    at = np.searchsorted(abnormal.row, used.positions.row)
    complete = np.stack([np.isfinite(abnormal.car(window))[at] for window in plan.tests_on])
    refits = placebo_refits(used, RefitSettings(dates.part(keep), plan, path), complete, run)
    return estimates._replace(evidence=replace(evidence, refits=refits))
