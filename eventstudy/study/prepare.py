"""From settings and inputs to what every later stage of a study shares: the plan, the aligned events, the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.align import TREATMENTS, align, find_gaps, find_overlaps
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import EventTable, OpenLedger, Positions
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.models.row import ModelRow, Options
from eventstudy.abnormal.models.table import MODELS, options_of
from eventstudy.abnormal.series import SeriesSet, with_lags
from eventstudy.arrays import DAY_US, FloatArray, ReturnKind, look_up
from eventstudy.errors import Notice
from eventstudy.study.contamination import contamination_notices, without_other_events
from eventstudy.study.fit_notices import gap_notices
from eventstudy.study.inputs import Inputs, windows_in_bars
from eventstudy.study.notices import overlap_notices
from eventstudy.study.price_doubts import mark_jumps

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.study.spec import StudySpec


class KnownEvents(NamedTuple):
    """Events that are not studied: their columns, and where they are in the series."""

    table: EventTable
    positions: Positions


@dataclass(frozen=True, eq=False)
class Study:
    """A study whose events are aligned with bars.

    Attributes
    ----------
    spec : StudySpec
    plan : Plan
        Windows in bars, model and options.
    data : EventData
        Series with the model's regressors, and the aligned events.
    ledger : OpenLedger
        Every (event, instrument) pair of the input; later stages mark those that they cannot use.
    notices : tuple of Notice
    tests : tuple of str
        Tests that evidence is gathered for: those named, and the primary test.
    bars : tuple of Bars
        Series that were given as prices.
    known : KnownEvents or None
        Events that are not studied, and whose days are those of their releases.
    """

    spec: StudySpec
    plan: Plan
    data: EventData
    ledger: OpenLedger
    notices: tuple[Notice, ...]
    tests: tuple[str, ...] = ()
    bars: tuple[Bars, ...] = ()
    known: KnownEvents | None = None

    @property
    def uses_other_days(self) -> bool:
        """Whether the model is estimated on the same clock window of other days."""
        return self.plan.model.needs == "same_clock_days"


def prepare(spec: StudySpec, inputs: Inputs) -> Study:
    """Align the events with the bars and treat overlaps as the study says."""
    model = look_up("model", MODELS, spec.model)
    options = options_of(f"model {spec.model}", model.options, spec.model_options)
    series = with_model_factors(inputs.series, model, options)
    windows, tests_on = windows_in_bars(spec, series)
    plan = Plan(windows, tests_on, model, options, return_kind(spec))
    positions, ledger = align(inputs.table, series, windows, anchor=spec.anchor)
    doubts: tuple[Notice, ...] = ()
    if any(bars.doubtful for bars in inputs.bars):
        doubts = mark_jumps(inputs.bars, series, positions, windows.event, ledger)
        positions = positions[ledger.code[positions.row] == outcomes.USED]
    overlaps = find_overlaps(positions, windows.event)
    aligned = EventData(series, estimation_values(series), positions)
    values, contaminated = without_other_events(spec, aligned, overlaps, windows)
    others = contamination_notices(spec, contaminated, positions, ledger)
    treated, kept = TREATMENTS[spec.overlaps](positions, overlaps, ledger)
    data = EventData(series, values, treated if kept.all() else treated[kept])
    gaps = gap_notices(find_gaps(data.positions, series, windows))
    known = None
    if inputs.known is not None:
        table = inputs.known.table
        known = KnownEvents(table, align(table, series, windows, anchor=spec.anchor)[0])
    notices = (*doubts, *gaps, *others, *overlap_notices(spec, overlaps))
    return Study(spec, plan, data, ledger, notices, bars=inputs.bars, known=known)


def with_model_factors(series: SeriesSet, model: ModelRow, options: Options) -> SeriesSet:
    """Return the series with the regressors of the model: none, the first with its leads and lags, or all."""
    if model.needs not in ("market", "factors"):
        return replace(series, factors=series.factors[:0], factor_names=())
    if model.needs == "market":
        series = replace(series, factors=series.factors[:1], factor_names=series.factor_names[:1])
    return with_lags(series, model.lags(options))


def return_kind(spec: StudySpec) -> ReturnKind:
    """Return how merged bars are put together: only simple returns compound, every other variable adds."""
    return spec.returns if spec.variable == "return" else "log"


def estimation_values(series: SeriesSet) -> FloatArray:
    """Return the values that models are estimated on: in an intraday series, not the returns that span a break."""
    if series.is_daily or not series.spans_break.any():
        return series.values
    values = series.values.copy()
    for s in np.flatnonzero(series.step_us < DAY_US):
        bars = slice(int(series.offset[s]), int(series.offset[s] + series.length[s]))
        times = slice(int(series.time_offset[s]), int(series.time_offset[s] + series.length[s]))
        values[bars][series.spans_break[times]] = np.nan
    return values
