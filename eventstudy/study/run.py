"""The one call that answers a study: events and data in, every number with its reason out. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from eventstudy.abnormal.measure import SMALL_CELLS
from eventstudy.abnormal.models.row import ModelRow
from eventstudy.abnormal.models.table import MODELS
from eventstudy.arrays import collector_paused, look_up
from eventstudy.errors import Notice, UsageError
from eventstudy.inference.designs import Design
from eventstudy.inference.run_test import check_options
from eventstudy.market.sources.dataset_value import Dataset
from eventstudy.renamed import named_arguments
from eventstudy.study.compounding import compounding_notices
from eventstudy.study.estimate import Estimates, estimate
from eventstudy.study.fit_notices import number_notices, time_notices
from eventstudy.study.frame_events import events_to_answer
from eventstudy.study.inputs import (
    Data,
    GivenRegressors,
    Inputs,
    Regressors,
    check_arguments,
    many,
    read_inputs,
    with_known,
)
from eventstudy.study.notices import match_notices, merged_notices, refit_notices, study_notices, unused_notices
from eventstudy.study.own_calendars import calendar_notices, using_calendars
from eventstudy.study.prepare import Study, prepare
from eventstudy.study.primary import clustering_notices, dense_notices, primary_of, tests_of, tests_to_run, used_design
from eventstudy.study.reactions import reactions_of
from eventstudy.study.responses import response_needs, response_notices, response_of
from eventstudy.study.result import StudyResult
from eventstudy.study.sharding import BlockMap, runner
from eventstudy.study.significance_tests import Tested, run_tests
from eventstudy.study.slices import price_slices
from eventstudy.study.specifications import curve
from eventstudy.study.tested_balance import balance_notices, balance_of
from eventstudy.study.thin_trading import thin_trading_notices

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.study.shards import Held
    from eventstudy.study.spec import StudySpec


@named_arguments
@collector_paused()
def run_study(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    market: Regressors = None,
    factors: Regressors = None,
    *,
    closes_at: str = "",
    executor: Executor | None = None,
    known: Sequence[Event] = (),
) -> StudyResult:
    """Estimate abnormal returns around events and test them (doi:10.1515/9781400830213, ch. 4).

    Parameters
    ----------
    spec : StudySpec
        Windows, model, tests and all other settings.
    events : sequence of Event or pandas.DataFrame
        Columns ``instrument`` (or ``ticker``, ``symbol``, ``permno``) and ``time``, or ``earliest`` and ``latest``
        (time-zone aware), or ``date`` with an optional ``session`` (bmo, dmh, amc); ``id`` is optional, and every
        other column comes out in ``to_frame("events")``. An Event that names no instrument applies to every series in
        ``data``.
    data : Bars, Returns, a sequence of these, pandas.DataFrame, or Dataset
        A frame holds decimal returns, shape (T, N), one column per instrument, indexed by time-zone-aware closing
        times, or by dates if ``closes_at`` is given. A row without a return of an instrument is not one of its bars,
        and its next return spans it (``StudySpec.missing``). Of a Dataset (``open_dataset``) workers read what the
        events need.
    market, factors : Bars, Returns, pandas.Series, column name, or sequence, optional
        Regressors, matched to ``data`` on identical closing times.
    closes_at : str, optional
        Closing time and zone of daily data, e.g. ``"16:00 America/New_York"``, or a calendar with these sessions,
        e.g. ``"XNYS"``.
    executor : concurrent.futures.Executor, optional
        Computes blocks of events: of ``concurrent.futures``, loky, or a Dask cluster's ``Client.get_executor()``. The
        results are bit-identical with any executor and without one.
    known : sequence of Event, optional
        Events that are not studied. With ``match = {"releases": ...}`` in ``StudySpec.placebo`` their days are placebo
        days like those of the other events studied.

    Returns
    -------
    StudyResult
        Abnormal returns, tests, and one outcome per (event, instrument) pair.

    Raises
    ------
    UsageError, DataError, EventTimeError
        If settings conflict or data are invalid. A problem with one event is an outcome.

    Examples
    --------
    >>> import numpy as np, pandas as pd, eventstudy as es
    >>> rng, names = np.random.default_rng(0), ["AAA", "BBB", "CCC"]
    >>> days = pd.bdate_range("2020-01-01", periods=300)
    >>> index = pd.Series(rng.normal(0, 0.01, 300), days, name="index")
    >>> returns = pd.DataFrame(rng.normal(0, 0.02, (300, 3)), days, names).add(index, axis=0)
    >>> returns.iloc[280] += 0.05  # SIMULATED effect on 2021-01-27
    >>> noon = pd.Timestamp("2021-01-27 12:00", tz="America/New_York")
    >>> events = pd.DataFrame({"id": ["a", "b", "c"], "instrument": names, "time": noon})
    >>> spec = es.StudySpec(model="market", estimation=(-250, -11), event=(-5, 5),
    ...                     windows=[(0, 0)], tests=["bmp", "kp_bmp"])
    >>> es.run_study(spec, events, returns, market=index, closes_at="16:00 America/New_York")
    <StudyResult 'study': 3 of 3 events used>
    """
    check_arguments(spec, events, data, GivenRegressors(market, factors), closes_at)
    model = look_up("model", MODELS, spec.model)
    check_options(spec.tests, spec.test_options)
    _check_needs(spec, model, market, factors)
    _check_kind(spec, data)
    held: Held | None = None
    if isinstance(data, Dataset):
        from eventstudy.study.shards import answer_shards

        with using_calendars(spec.calendars):
            held = answer_shards(spec, events, data, (*many(market), *many(factors)), executor, known)
            market, factors = (held.read_regressors(many(given), data) for given in (market, factors))
        data, executor = held.series, None  # what is left is little, and would travel to workers
    with using_calendars(spec.calendars), runner(executor, spec.calendars) as run:
        inputs = with_known(spec, read_inputs(spec, events, data, GivenRegressors(market, factors), closes_at), known)
        result = solve(spec, inputs, run, reactions=True)
        if spec.specifications is not None and len(result.abnormal):
            found = curve(spec, inputs, run, market=bool(many(market)) or bool(many(factors)))
            result = replace(result, reactions=replace(result.reactions, specifications=found))
        regressors = (*many(market), *many(factors))
        response, unanswered = (held.response, ()) if held else _response(spec, events, inputs, regressors, run)
        hours = calendar_notices(inputs.bars)
    if response is not None:
        balance = tuple(one.balance for one in response.rows if one.balance is not None)
        balance = (*result.reactions.placebo_balance, *balance)
        result = replace(result, reactions=replace(result.reactions, placebo_balance=balance))
    given = {"market": bool(many(market)), "factors": bool(many(factors))}
    unused = unused_notices(spec, given, response_needs(spec, response, regressors))
    unused = (*unused, *match_notices(spec, result.tests, response=response is not None))
    notices = (*result.notices, *response_notices(spec, response, regressors), *unanswered, *unused, *hours)
    if response is None and isinstance(events, Sequence):  # a response warns of its own event's time
        notices = (*notices, *time_notices(events, result.abnormal))
    if held is not None:
        ledger = result.ledger.naming_left_out([out.instrument for out in held.left_out])
        result, notices = replace(result, ledger=ledger), (*held.notices, *notices)
    return replace(result, response=response, notices=notices)


def solve(spec: StudySpec, inputs: Inputs, run: BlockMap = map, *, reactions: bool = False) -> StudyResult:
    """Answer a study whose events and data are columns and arrays already; ``reactions``: with what they go with."""
    aligned = prepare(spec, inputs)
    study = replace(aligned, tests=tests_of(aligned))
    estimates = estimate(study, run)
    design = used_design(study, estimates)
    tests = run_tests(spec, estimates, tests_to_run(study, design))
    result = _result(study, inputs, Solved(estimates, design, tests))
    if not reactions:
        return result
    found, notices = reactions_of(study, estimates, run)
    balance = balance_of(study, estimates, inputs.bars)
    notices = (*result.notices, *notices, *balance_notices(study, balance))
    return replace(result, reactions=replace(found, placebo_balance=balance), notices=notices)


def _response(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    inputs: Inputs,
    regressors: Sequence[object],
    run: BlockMap,
) -> tuple[ResponseSet | None, tuple[Notice, ...]]:
    """Return the intraday response, and why there is none where the events of a frame do not allow it."""
    asked, unanswered = events_to_answer(spec, events, inputs)
    if unanswered:
        return None, unanswered
    known = inputs.known.events if inputs.known else ()
    return response_of(spec, asked, inputs.bars, regressors, run=run, known=known), ()


def _check_needs(spec: StudySpec, model: ModelRow, market: Regressors, factors: Regressors) -> None:
    needs = model.needs
    if needs == "market" and market is None:
        raise UsageError(
            f"Model {spec.model!r} requires a market series.",
            remedy="Pass `market=`. (Study file: add a `[market]` table.)",
        )
    if needs == "factors" and factors is None and market is None:
        raise UsageError(
            f"Model {spec.model!r} requires factors.",
            remedy="Pass `factors=`. (Study file: add a `[[factors]]` table.)",
        )
    if model.has_estimation_window and model.estimated and spec.estimation is None:
        raise UsageError(
            f"Model {spec.model!r} requires an estimation window.",
            remedy="Set `estimation`, for example (-250, -11). (Study file: `[window] estimation = [-250, -11]`.)",
        )


def _check_kind(spec: StudySpec, data: Data) -> None:
    """Refuse to compound the returns of a frame without knowing whether they are log or simple."""
    if spec.measure == "bhar" and hasattr(data, "columns") and "returns" not in spec.model_fields_set:
        raise UsageError(
            "Buy-and-hold returns are compounded, and a frame does not say whether its returns are log or simple.",
            remedy="Set returns='simple' for prices.pct_change() or returns='log' for differences of log prices.",
        )


class Solved(NamedTuple):
    """What a study found: estimates, the design of the events used (None without any), and tests."""

    estimates: Estimates
    design: Design | None
    tested: Tested


def _result(study: Study, inputs: Inputs, answer: Solved) -> StudyResult:
    estimates, design, tested = answer
    significances = tested.significances
    spec, (abnormal, evidence, _) = study.spec, estimates
    paths, draws = evidence.paths, evidence.draws
    kept_paths = paths is not None and sum(path.size for path in paths.ar) <= SMALL_CELLS
    kept_draws = sum(cars.size for window in draws.values() for cars in window) <= SMALL_CELLS
    notices = (*study.notices, *refit_notices(spec, evidence.refits), *study_notices(spec, abnormal, study.ledger))
    primary = primary_of(study, estimates, design, tested)
    notices = (*notices, *clustering_notices(primary, tuple(dict.fromkeys(f.test for f in significances.findings))))
    notices = (*notices, *dense_notices(study, primary), *thin_trading_notices(study, abnormal))
    notices = (*notices, *compounding_notices(study, abnormal, primary, tested))
    notices = (*notices, *number_notices(abnormal, study.plan.tests_on, study.ledger))
    merged = merged_notices(abnormal, inputs.table, inputs.series.bar_noun)
    return StudyResult(
        spec=spec,
        ledger=study.ledger.closed(),
        abnormal=abnormal,
        significances=significances,
        prices=price_slices(inputs.bars, inputs.series, study.data.positions, abnormal),
        placebo=paths if kept_paths else None,
        placebo_cars=draws if kept_draws else {},
        notices=(*merged, *inputs.notices, *notices),
        simulated=inputs.simulated,
        windows=evidence.windows,
        diagnostics=evidence.diagnostics,
        estimation_returns=evidence.estimation_returns,
        estimation=study.plan.windows.estimation,
        regressors=study.data.series.factor_names,
        primary=primary,
        zone=inputs.zone,
    )
