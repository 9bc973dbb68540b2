"""The one call that answers a study: events and data in, every number with its reason out. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal import events as book
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import TREATMENTS, Codes, align, find_overlaps, subset, without_events
from eventstudy.abnormal.events import EventTable, Ledger, Positions
from eventstudy.abnormal.measure import SMALL_CELLS, Plan, measure, select
from eventstudy.abnormal.models.row import ModelRow, Options
from eventstudy.abnormal.models.table import MODELS, options_of
from eventstudy.abnormal.placebo.dates import Moved, moved
from eventstudy.abnormal.placebo.paths import PlaceboPaths, placebo_paths, with_same_clock_mean
from eventstudy.abnormal.placebo.refits import Path, Refits, placebo_refits
from eventstudy.abnormal.placebo.same_clock import Missing, path_windows, placebo_draws
from eventstudy.abnormal.series import SeriesSet, with_lags
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, FloatArray, ReturnKind, check_choice, look_up
from eventstudy.errors import Notice, UsageError
from eventstudy.inference.clustering import mean_correlations
from eventstudy.inference.evidence import Context, collectors, diagnosed
from eventstudy.inference.findings import Findings, Significances
from eventstudy.inference.multiple import adjust, event_draws, family_draws
from eventstudy.inference.placebo_test import count_placebo
from eventstudy.inference.rank_pass import RANKINGS, rank_pass
from eventstudy.inference.run_test import check_options, needs_of, options_for, run_test
from eventstudy.inference.sample import Sample
from eventstudy.study.inputs import Data, Inputs, Regressors, many, read_inputs, windows_in_bars
from eventstudy.study.notices import overlap_notices, refit_notices, study_notices
from eventstudy.study.responses import response_notices, response_of
from eventstudy.study.result import StudyResult
from eventstudy.study.sharding import Run, runner
from eventstudy.study.slices import price_slices

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec


# So few cells have the placebo days of every point of their paths counted apart.
PATH_CELLS = 400


def run_study(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    market: Regressors = None,
    factors: Regressors = None,
    *,
    closes_at: str = "",
    executor: Executor | None = None,
) -> StudyResult:
    """Measure what prices did around events that they would not have done anyway, and how sure that is.

    Parameters
    ----------
    spec : StudySpec
        Windows, model, tests and all other settings.
    events : sequence of Event, or pandas.DataFrame
        A frame has the columns ``instrument`` and ``time`` (aware instants), or ``earliest`` and ``latest``, and
        optionally ``id``. An event that names no instrument is studied on all.
    data : Bars, Returns, a sequence of them, or a wide pandas.DataFrame of returns
        Frame: rows are aware closing instants, or dates with ``closes_at``; columns are instruments.
    market, factors : Bars, Returns, pandas.Series, column name of the frame, or several of them
        Regressors of models that need them, matched on the very same closing instants.
    closes_at : str
        Local closing time and zone of the dates of a daily frame, ``"18:50 Europe/Moscow"``.
    executor : concurrent.futures.Executor, optional
        Computes the blocks of events; the outcome is the same to the last bit with any executor and without one.

    Returns
    -------
    StudyResult
        Every input event has exactly one outcome in ``result.ledger``.

    Raises
    ------
    UsageError, DataError, EventTimeError
        If a setting cannot be meant, or data or times break a rule. What concerns one event is never raised.
    """
    model = look_up("model", MODELS, spec.model)
    check_options(spec.tests, spec.test_options)
    _check_needs(spec, model.needs, market, factors)
    inputs = read_inputs(spec, events, data, (market, factors), closes_at)
    with runner(executor) as run:
        result = solve(spec, inputs, run)
    regressors = (*many(market), *many(factors))
    response = response_of(spec, events, inputs.bars, regressors)
    notices = (*result.notices, *response_notices(spec, response, regressors))
    return replace(result, response=response, notices=notices)


def solve(spec: StudySpec, inputs: Inputs, run: Run = map) -> StudyResult:
    """Answer a study whose events and data are columns and arrays already."""
    model = look_up("model", MODELS, spec.model)
    options = options_of(f"model {spec.model}", model.options, spec.model_options)
    series = with_model_factors(inputs.series, model, options)
    windows, tests_on = windows_in_bars(spec, series)
    plan = Plan(windows, tests_on, model, options, _kind(spec))
    placed, learn, notices = place(spec, inputs.table, series, plan)
    abnormal, evidence = compute(spec, (inputs.table, placed[1]), (series, learn), placed[0], plan, run)
    paths = None
    if model.needs == "same_clock_days" or "placebo" in spec.tests:
        abnormal, paths = _placebo(spec, series, placed, abnormal, tests_on)
        evidence["paths"] = paths
        if "placebo" in spec.tests:
            evidence["draws"] = window_draws(spec, (series, placed[0]), (abnormal, paths), tests_on)
    if "placebo_refit" in spec.tests and model.needs != "same_clock_days":
        evidence["refits"] = refits = study_refits(
            spec, (inputs.table, placed[0]), (series, learn), abnormal, plan, run
        )
        notices = (*notices, *refit_notices(refits))
    significances = adjusted(spec, infer(spec, abnormal, evidence, tests_on), abnormal, evidence, tests_on)
    notices = (*inputs.notices, *notices, *study_notices(spec, abnormal, placed[1]))
    result = _result(spec, replace(inputs, notices=notices), placed, abnormal, significances, paths)
    draws = evidence.get("draws", {})
    small = sum(cars.size for window in draws.values() for cars in window) <= SMALL_CELLS
    kept = draws if small else {}
    return replace(result, windows=tests_on, diagnostics=evidence.get("diagnostics"), placebo_cars=kept)


def place(
    spec: StudySpec, table: EventTable, series: SeriesSet, plan: Plan
) -> tuple[tuple[Positions, Codes], FloatArray, tuple[Notice, ...]]:
    """Lay the events on the bars, treat overlaps as the study says, and return what models may learn from."""
    positions, codes = align(table, series, plan.windows, anchor=spec.anchor)
    overlaps = find_overlaps(positions, plan.windows.event)
    learn = learnable(series)
    if spec.overlaps == "exclude_from_estimation":
        learn = without_events(learn, series, positions, overlaps)
    treated, kept = TREATMENTS[spec.overlaps](positions, overlaps, codes)
    notices = overlap_notices(spec, overlaps)
    return (subset(treated, kept), codes), learn, notices


def compute(
    spec: StudySpec,
    events: tuple[EventTable, Codes],
    data: tuple[SeriesSet, FloatArray],
    positions: Positions,
    plan: Plan,
    run: Run,
) -> tuple[AbnormalReturns, dict[str, Any]]:
    """Measure, collect what the tests need, and pass over the data again where ranks are asked for."""
    needs = needs_of(spec.tests, spec.test_options)
    context = Context(data[0], tuple(map(plan.columns, plan.tests_on)), len(positions.row), plan.cells[0])
    plan = replace(plan, collect=collectors(needs | diagnosed(spec.diagnostics, context), context))
    abnormal, found = measure(events, data, positions, plan, run)
    evidence: dict[str, Any] = dict(found)
    if "common_dates" in evidence:
        kept = evidence.get("residuals")
        correlations = mean_correlations(evidence["common_dates"], plan.tests_on, plan.cells[0], kept)
        evidence["mean_correlations"] = correlations
    if needs & RANKINGS:
        evidence |= rank_pass(data, (positions, replace(plan, collect={})), abnormal, needs, run)
    return abnormal, evidence


def with_model_factors(series: SeriesSet, model: ModelRow, options: Options) -> SeriesSet:
    """Return the series with the regressors the model wants: none, the first with its leads and lags, or all."""
    if model.needs not in ("market", "factors"):
        return replace(series, factors=series.factors[:0], factor_names=())
    lags = model.lags(options)
    if model.needs == "market":
        series = replace(series, factors=series.factors[:1], factor_names=series.factor_names[:1])
    return with_lags(series, lags)


def _kind(spec: StudySpec) -> ReturnKind:
    """Return how merged bars are put together: only simple returns compound, every other variable adds."""
    return spec.returns if spec.variable == "return" else "log"


def learnable(series: SeriesSet) -> FloatArray:
    """Return the values models may learn from: in an intraday series, not the returns that span a break."""
    if series.is_daily or not series.spans_break.any():
        return series.values
    gaps = series.spans_break & np.repeat(series.step_us < DAY_US, series.length)
    return np.where(gaps, np.nan, series.values)


def infer(
    spec: StudySpec, abnormal: AbnormalReturns, evidence: Mapping[str, Any], windows: tuple[Window, ...]
) -> Significances:
    """Run every test of the study on every window."""
    findings: list[Findings] = []
    for index, window in enumerate(windows):
        car, variance = judged(spec, abnormal, window), abnormal.window_variance(window)
        if spec.measure == "bhar":  # a product has no closed-form variance: only tests across events have a number
            variance = np.full(len(abnormal), np.nan)
        found = dict(evidence)
        if evidence.get("draws"):
            found["placebo"] = {window: count_placebo(car, evidence["draws"][window])}
        for name in spec.tests:
            options = {**options_for(name, spec.test_options), "window_index": index}
            sample = Sample(abnormal, window, car, variance, abnormal.df(), spec.alternative, options, found, spec.seed)
            findings.append(run_test(name, sample, spec.measure))
    return Significances(tuple(findings))


def judged(spec: StudySpec, abnormal: AbnormalReturns, window: Window) -> FloatArray:
    """Return what the tests judge: summed abnormal returns, or buy-and-hold ones; shape (N,)."""
    return abnormal.bhar(window, spec.returns) if spec.measure == "bhar" else abnormal.car(window)


def adjusted(
    spec: StudySpec,
    found: Significances,
    abnormal: AbnormalReturns,
    evidence: Mapping[str, Any],
    windows: tuple[Window, ...],
) -> Significances:
    """Adjust p-values for many tests where the study asks for it."""
    if not spec.adjust or not len(abnormal):
        return found
    cars = [judged(spec, abnormal, window) for window in windows]
    draws = {}
    if "paths" in evidence and spec.measure == "car":
        columns = [abnormal.columns(window) for window in windows]
        paths = [np.stack([ar[:, c].sum(axis=1) for c in columns], axis=1) for ar in evidence["paths"].ar]
        draws["placebo"] = family_draws(cars, paths, evidence["paths"].day, spec.alternative)
    if "cross_sectional_t" in spec.tests:
        draws["cross_sectional_t"] = event_draws(cars, spec.seed, spec.alternative)
    return adjust(found, spec.adjust, draws)


def _check_needs(spec: StudySpec, needs: str, market: Regressors, factors: Regressors) -> None:
    if needs == "market" and market is None:
        raise UsageError(f"The model {spec.model!r} needs a market.", remedy="Pass market=... or choose another model.")
    if needs == "factors" and factors is None and market is None:
        raise UsageError(f"The model {spec.model!r} needs factors.", remedy="Pass factors=... or another model.")
    if needs in ("estimation", "market", "factors") and spec.estimation is None:
        raise UsageError(
            f"The model {spec.model!r} has parameters, but there is no estimation window.",
            remedy="Set estimation, for example [-260, -11].",
        )


def _placebo(
    spec: StudySpec,
    series: SeriesSet,
    placed: tuple[Positions, Codes],
    abnormal: AbnormalReturns,
    windows: tuple[Window, ...],
) -> tuple[AbnormalReturns, PlaceboPaths]:
    positions, codes = placed
    paths = placebo_paths(
        series, positions, abnormal, limit=spec.placebo_days, after=spec.placebo_after, kind=_kind(spec)
    )
    if MODELS[spec.model].needs != "same_clock_days":
        return abnormal, paths
    abnormal, paths = with_same_clock_mean(abnormal, paths, windows)
    days = np.array([len(day) for day in paths.day], dtype=np.int64)
    needed = max(2, min(spec.min_observations, spec.placebo_days or spec.min_observations))
    enough = days >= needed
    if not enough.all():
        rows, keep = np.flatnonzero(~enough), np.flatnonzero(enough)
        codes.mark(abnormal.row[rows], book.FEW_DAYS, days[rows], needed)
        paths = PlaceboPaths(tuple(paths.ar[i] for i in keep), tuple(paths.day[i] for i in keep))
        abnormal = select(abnormal, enough)
    return abnormal, paths


def window_draws(
    spec: StudySpec,
    where: tuple[SeriesSet, Positions],
    studied: tuple[AbnormalReturns, PlaceboPaths],
    windows: tuple[Window, ...],
) -> dict[Window, tuple[FloatArray, ...]]:
    """Return each window's placebo CARs; each window has the days that can serve for it, whatever others need."""
    abnormal, paths = studied
    if MODELS[spec.model].needs == "same_clock_days":  # event and placebo days share the mean of the whole path
        return {w: tuple(path[:, abnormal.columns(w)].sum(axis=1) for path in paths.ar) for w in windows}
    if abnormal.ar.size <= PATH_CELLS:  # a figure then shows, at every point, the days that serve for that point
        windows = tuple(dict.fromkeys((*windows, *path_windows(abnormal.tau))))
    missing = str(options_for("placebo", spec.test_options)["missing"])
    check_choice("treatment of missing bars", missing, Missing)
    rules = partial(
        placebo_draws, *where, abnormal, limit=spec.placebo_days, after=spec.placebo_after, kind=_kind(spec)
    )
    return {w: rules(w, missing="merge" if missing == "merge" else "refuse") for w in windows}


def study_refits(
    spec: StudySpec,
    events: tuple[EventTable, Positions],
    data: tuple[SeriesSet, FloatArray],
    abnormal: AbnormalReturns,
    plan: Plan,
    run: Run,
) -> Refits:
    """Return the mean CARs of the study moved to quiet dates, over the events that it used itself."""
    options = options_for("placebo_refit", spec.test_options)
    path: Path = "prefix" if options["path"] == "prefix" else "two_pass"
    check_choice("path of placebo refits", str(options["path"]), Path)
    dates = moved(events[0], data[0], events[1], plan.windows, (int(options["draws"]), spec.seed))
    keep = np.isin(events[1].row, abnormal.row)
    used, at = subset(events[1], keep), np.searchsorted(abnormal.row, events[1].row[keep])
    complete = np.stack([np.isfinite(abnormal.car(window))[at] for window in plan.tests_on])
    placed = used, Moved(dates.reference[keep], dates.first[keep])
    return placebo_refits(data, placed, plan, complete, path, run)


def _result(
    spec: StudySpec,
    inputs: Inputs,
    placed: tuple[Positions, Codes],
    abnormal: AbnormalReturns,
    significances: Significances,
    paths: PlaceboPaths | None,
) -> StudyResult:
    positions, codes = placed
    small = paths is not None and sum(path.size for path in paths.ar) <= SMALL_CELLS
    return StudyResult(
        spec=spec,
        ledger=Ledger(inputs.table, codes.code, codes.a, codes.b),
        abnormal=abnormal,
        significances=significances,
        prices=price_slices(inputs.bars, inputs.series, positions, abnormal),
        placebo=paths if small else None,
        notices=inputs.notices,
        simulated=inputs.simulated,
    )
