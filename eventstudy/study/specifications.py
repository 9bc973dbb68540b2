"""Every defensible specification of a study, computed on the same events and compared on the same other dates."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.placebo.dates import PlaceboDates, placebo_dates
from eventstudy.abnormal.placebo.refits import Path, RefitSettings, placebo_refits
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, look_up
from eventstudy.errors import EventStudyError, UsageError
from eventstudy.inference.findings import Findings
from eventstudy.inference.run_test import options_for
from eventstudy.inference.table import TESTS
from eventstudy.reactions.settings import SpecificationSettings
from eventstudy.reactions.specification_curve import (
    About,
    JointTest,
    Specification,
    SpecificationCurve,
    curve_of,
    joint_test,
)
from eventstudy.renamed import named_arguments
from eventstudy.show.work_steps import counted, unreported
from eventstudy.study.estimate import Estimates, estimate
from eventstudy.study.inputs import GivenRegressors, Inputs, check_arguments, many, read_inputs, with_known
from eventstudy.study.own_calendars import using_calendars
from eventstudy.study.prepare import Study, prepare
from eventstudy.study.primary import chosen_test, tests_of, tests_to_run, used_design
from eventstudy.study.sharding import BlockMap, runner
from eventstudy.study.significance_tests import primary_window, run_tests

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.study.inputs import Data, Regressors
    from eventstudy.study.spec import StudySpec

REFIT = "placebo_refit"
MOST = 20_000
# Models of the default grid, where the study has what they need.
DEFAULT_MODELS = ("constant_mean", "market_adjusted", "market")


@named_arguments
def specifications(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    market: Regressors = None,
    factors: Regressors = None,
    *,
    closes_at: str = "",
    executor: Executor | None = None,
    known: Sequence[Event] = (),
) -> SpecificationCurve:
    """Compute every specification of a study, and one p-value for all of them (doi:10.1038/s41562-020-0912-z).

    The combinations are those of ``[specifications]``; without it the reported windows, the simple models that the data
    allow, and all alignment rules where events are intervals. Every specification is moved to the same sets of other
    dates (``placebo_refit``), so that the joint p-value allows for choosing among them. The null: the events' dates
    are exchangeable with the others in every specification.

    Parameters
    ----------
    spec, events, data, market, factors, closes_at, executor, known
        As for :func:`run_study`.

    Returns
    -------
    SpecificationCurve
        Estimates in order, with intervals and p-values; ``to_frame``, ``to_dict``.

    Raises
    ------
    UsageError, DataError
        If no specification can be computed, or there are more than 20,000.

    Examples
    --------
    >>> import numpy as np, pandas as pd, eventstudy as es
    >>> rng, days = np.random.default_rng(0), pd.bdate_range("2020-01-01", periods=300)
    >>> returns = pd.DataFrame(rng.normal(0, 0.02, (300, 2)), days, ["AAA", "BBB"])
    >>> events = pd.DataFrame({"instrument": ["AAA", "BBB"], "date": [days[250], days[270]]})
    >>> grid = {"models": ["constant_mean", "zero"], "draws": 99}
    >>> spec = es.StudySpec(model="constant_mean", estimation=(-100, -11), event=(-1, 1), windows=[(0, 0), (-1, 1)],
    ...                     tests=["cross_sectional_t"], specifications=grid)
    >>> found = es.specifications(spec, events, returns, closes_at="16:00 America/New_York")
    >>> len(found.specifications)  # two windows, two models, two tests: the primary one is added
    8
    """
    check_arguments(spec, events, data, GivenRegressors(market, factors), closes_at)
    with using_calendars(spec.calendars), runner(executor, spec.calendars) as run:
        inputs = with_known(spec, read_inputs(spec, events, data, GivenRegressors(market, factors), closes_at), known)
        return curve(spec, inputs, run, market=bool(many(market)) or bool(many(factors)))


class Estimator(NamedTuple):
    """What is estimated once for all windows and tests."""

    model: str
    anchor: str
    estimation: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class _EstimatorAnswered:
    """One choice: its aligned study, the estimates, and the tests by window."""

    choice: Estimator
    study: Study
    estimates: Estimates
    findings: dict[tuple[Window, str], Findings]
    tests: tuple[str, ...]
    bar_noun: str = "bar"


def curve(spec: StudySpec, inputs: Inputs, run: BlockMap, *, market: bool) -> SpecificationCurve:
    """Return the specifications of a study whose events and data are columns and arrays already."""
    settings = spec.specifications or SpecificationSettings()
    windows = settings.windows or spec.windows or (spec.event,)
    choices = _choices(spec, settings, inputs, market=market)
    if len(choices) * len(windows) > MOST:
        raise UsageError(f"There are {len(choices) * len(windows):,} specifications; at most {MOST:,} can be computed.")
    answered, left_out = [], []
    for choice in counted(choices, "models and alignment rules"):
        try:
            with unreported():
                answered.append(_answer(spec, settings, inputs, _ChoiceToAnswer(choice, tuple(windows), run)))
        except EventStudyError as error:
            left_out.append(f"{_named(choice)}: {error}")
    usable = [one for one in answered if len(one.estimates.abnormal)]
    left_out += [f"{_named(one.choice)}: no event was used" for one in answered if not len(one.estimates.abnormal)]
    if not usable:
        raise UsageError(f"No specification can be computed. {'; '.join(left_out)[:400]}")
    joint = _joint(spec, settings, usable, run)
    found = _specifications(spec, usable, tuple(windows), joint)
    return curve_of(
        spec.name, found, joint, about=About(spec.level, inputs.simulated, tuple(left_out), usable[0].bar_noun)
    )


def _named(choice: Estimator) -> str:
    return f"model {choice.model}, anchor {choice.anchor}, estimation {choice.estimation}"


def _choices(spec: StudySpec, settings: SpecificationSettings, inputs: Inputs, *, market: bool) -> list[Estimator]:
    """Return every combination of model, anchor and estimation window, the study's own first."""
    for name in settings.models:
        row = look_up("model", MODELS, name)
        if row.needs in ("market", "factors") and not market:
            raise UsageError(
                f"[specifications] models: {name!r} requires a market series.", remedy="Add a `[market]` table."
            )
    models = settings.models or (spec.model, *_simple_models(spec, market=market))
    anchors = settings.anchors or (spec.anchor, *(_ANCHORS if _intervals(inputs) and not spec.specifications else ()))
    estimation = settings.estimation or ((spec.estimation,) if spec.estimation else ())
    found = [
        Estimator(model, anchor, window)
        for model, anchor in product(dict.fromkeys(models), dict.fromkeys(anchors))
        for window in _estimation(model, estimation, spec)
    ]
    first = Estimator(spec.model, spec.anchor, spec.estimation)
    return sorted(dict.fromkeys(found), key=lambda choice: choice != first)


def _estimation(model: str, given: tuple[tuple[int, int], ...], spec: StudySpec) -> tuple[Any, ...]:
    """Return the estimation windows of a model: one is enough where nothing is estimated."""
    return tuple(dict.fromkeys(given)) if given and MODELS[model].has_estimation_window else (spec.estimation,)


_ANCHORS = ("bracket", "earliest", "latest")


def _simple_models(spec: StudySpec, *, market: bool) -> tuple[str, ...]:
    if spec.specifications is not None or spec.estimation is None:
        return ()
    return tuple(name for name in DEFAULT_MODELS if name in MODELS and (market or MODELS[name].needs == "nothing"))


def _intervals(inputs: Inputs) -> bool:
    return bool((inputs.table.latest > inputs.table.earliest).any())


class _ChoiceToAnswer(NamedTuple):
    """One choice of model, anchor and estimation window, the windows to test, and who computes blocks of events."""

    choice: Estimator
    windows: tuple[tuple[int, int], ...]
    run: BlockMap


def _answer(
    spec: StudySpec,
    settings: SpecificationSettings,
    inputs: Inputs,
    given: _ChoiceToAnswer,
) -> _EstimatorAnswered:
    """Estimate one choice and run the tests on all windows, as a study of this choice alone does."""
    choice, windows, run = given
    changed: dict[str, Any] = {"model": choice.model, "anchor": choice.anchor, "estimation": choice.estimation}
    if choice.model != spec.model:
        changed["model_options"] = {}
    nothing = {"groups": None, "surprise": None, "regressions": (), "specifications": None, "primary_window": None}
    tests = settings.tests or spec.tests
    one = spec.model_copy(update={**changed, **nothing, "windows": windows, "adjust": "", "tests": tests})
    aligned = prepare(one, inputs)
    named = tuple(name for name in tests_of(aligned) if name != REFIT)
    study = replace(aligned, tests=named)
    estimates = estimate(study, run)
    design = used_design(study, estimates)
    if design is None:
        return _EstimatorAnswered(choice, study, estimates, {}, ())
    scope, primary = ("event" if design.events == 1 else "average"), chosen_test(one, design)
    able = [name for name in tests_to_run(study, design) if name != REFIT and TESTS[name].scope == scope]
    tests = tuple(name for name in able if not settings.tests or name in settings.tests) or tuple(able)
    tests = tuple(sorted(tests, key=lambda name: name != primary))
    found = run_tests(one, estimates, tests).significances.findings
    findings = {(f.window, f.test): f for f in found}
    return _EstimatorAnswered(choice, study, estimates, findings, tests, design.bar_noun)


def _joint(
    spec: StudySpec, settings: SpecificationSettings, answered: Sequence[_EstimatorAnswered], run: BlockMap
) -> JointTest:
    """Move every choice to the same other dates, and compare the means of all windows together."""
    means, draws = [], []
    at = _other_dates(spec, settings, answered)
    D = 0 if at is None else at.dates.reference.shape[1]
    for one in counted(answered, "models and alignment rules on other dates"):
        abnormal, windows = one.estimates.abnormal, one.study.plan.tests_on
        cars = [abnormal.car(window) for window in windows]
        means += [float(car[np.isfinite(car)].mean()) if np.isfinite(car).any() else np.nan for car in cars]
        if at is None or one.study.uses_other_days:
            draws.append(np.full((len(windows), D), np.nan))
        else:
            draws.append(_refitted(spec, one, at, run))
    return joint_test(np.array(means), np.concatenate(draws), spec.alternative)


class _DatesOfWidest(NamedTuple):
    """The choice with the longest windows, and the dates that its events are moved to."""

    widest: _EstimatorAnswered
    dates: PlaceboDates


def _other_dates(
    spec: StudySpec, settings: SpecificationSettings, answered: Sequence[_EstimatorAnswered]
) -> _DatesOfWidest | None:
    """Return the dates that all choices move to: those of the longest estimation window that leaves any."""
    draws = settings.draws or int(options_for(REFIT, spec.test_options)["draws"])
    able = [one for one in answered if not one.study.uses_other_days and spec.measure == "car"]
    for one in sorted(able, key=lambda one: (one.choice.estimation or (0, 0))[0]):
        study = one.study
        dates = placebo_dates(
            study.data,
            study.ledger.table,
            study.plan.windows,
            draws=draws,
            seed=spec.seed,
            match=spec.placebo.match,
        )
        if (dates.reference >= 0).any():
            return _DatesOfWidest(one, dates)
    return None


def _refitted(spec: StudySpec, one: _EstimatorAnswered, at: _DatesOfWidest, run: BlockMap) -> FloatArray:
    """Return the mean CARs of one choice on the dates drawn for the widest one, shape (W, D)."""
    widest, dates = at
    data, abnormal, plan = one.study.data, one.estimates.abnormal, one.study.plan
    base = widest.study.data.positions
    place = {int(row): i for i, row in enumerate(base.row)}
    used_rows = np.isin(data.positions.row, abnormal.row) & np.isin(data.positions.row, base.row)
    rows = np.flatnonzero(used_rows)
    positions = data.positions[rows]
    of = np.array([place[int(row)] for row in positions.row], dtype=np.int64)
    dated = dates.reference[of] >= 0
    shift = dates.reference[of] - base.reference[of][:, None]
    reference = np.where(dated, positions.reference[:, None] + shift, -1)
    first = np.where(dated, positions.first[:, None] + shift, -1)
    lengths = data.series.length[positions.series][:, None]
    outside = (reference < 0) | (first + max(plan.windows.event.stop, 0) >= lengths)
    moved = PlaceboDates(np.where(outside, -1, reference), np.where(outside, -1, first))
    order = {int(row): i for i, row in enumerate(abnormal.row)}
    used = np.array([order[int(row)] for row in positions.row], dtype=np.int64)
    complete = np.stack([np.isfinite(abnormal.car(window))[used] for window in plan.tests_on])
    path: Path = "prefix" if options_for(REFIT, spec.test_options)["path"] == "prefix" else "two_pass"
    settings = RefitSettings(moved, plan, path)
    return placebo_refits(replace(data, positions=positions), settings, complete, run).mean


def _specifications(
    spec: StudySpec, answered: Sequence[_EstimatorAnswered], windows: tuple[tuple[int, int], ...], joint: JointTest
) -> list[Specification]:
    found, place = [], 0
    from_study_file = Estimator(spec.model, spec.anchor, spec.estimation)
    for one in answered:
        reported = dict(zip(one.study.plan.tests_on, windows, strict=True))
        primary = primary_window(one.study.spec, one.study.plan.tests_on)
        for bars, window in reported.items():
            for test in one.tests:
                row = one.findings[bars, test]
                chosen = one.choice == from_study_file and bars == primary and test == one.tests[0]
                found.append(
                    Specification(
                        *one.choice[:3],
                        (window[0], window[1]),
                        test,
                        int(row.n_events),
                        float(row.estimate[0]),
                        float(row.interval.low[0]),
                        float(row.interval.high[0]),
                        float(row.pvalue[0]),
                        float(joint.alone[place]),
                        float(joint.adjusted[place]),
                        chosen,
                        row.reasons[int(row.reason[0]) - 1] if row.reason is not None and row.reason[0] else "",
                    )
                )
            place += 1
    return found
