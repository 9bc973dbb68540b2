"""From positions to abnormal returns, block by block: cut, fit, subtract, classify, keep only what is small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_columns import EventColumns, compact
from eventstudy.abnormal.event_data import BlockTask, EventData, Run
from eventstudy.abnormal.event_windows import EventWindows, windows_at
from eventstudy.abnormal.events import OpenLedger, Pairs
from eventstudy.abnormal.gather import Block, Windows, blocks, cut, materialize, materialize_event
from eventstudy.abnormal.models.fit_rules import no_parameters
from eventstudy.abnormal.models.row import EXACT_FIT, Fit, ModelRow, Options
from eventstudy.abnormal.windows import Window, WindowSpec
from eventstudy.arrays import BoolArray, FloatArray, IntArray, ReturnKind, keep_freed_memory
from eventstudy.show.work_steps import step

SMALL_CELLS = 2_000_000
Combine = Literal["rows", "sum"]


@dataclass(frozen=True, slots=True)
class Collector:
    """What is accumulated over blocks for tests: one value per event (``rows``), or one total (``sum``).

    ``function(block, fit, used)`` sees one block and the mask of the events that are used.
    """

    function: Callable[[Block, Fit, BoolArray], Any]
    combine: Combine


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings that every block shares."""

    windows: WindowSpec
    tests_on: tuple[Window, ...]
    model: ModelRow
    options: Options
    kind: ReturnKind
    collect: Mapping[str, Collector] = field(default_factory=dict)

    @property
    def tau(self) -> IntArray:
        return np.arange(self.windows.event.start, self.windows.event.stop + 1)

    @property
    def estimation_bars(self) -> int:
        """L1."""
        return 0 if self.windows.estimation is None else len(self.windows.estimation)

    @property
    def event_bars(self) -> int:
        """L2."""
        return len(self.windows.event)

    @property
    def reads_only(self) -> bool:
        """Whether estimation windows are read a few rows at a time and nothing of their length is kept."""
        return self.model.streams(self.options) and not self.collect

    @property
    def totals(self) -> frozenset[str]:
        """What is collected as one total over all events."""
        return frozenset(name for name, collector in self.collect.items() if collector.combine == "sum")

    def observations_needed(self, coefficients: int) -> int:
        """Return the fewest usable estimation bars of an event that is used."""
        return max(self.windows.min_observations, self.model.parameters(coefficients) + 1)

    def columns(self, window: Window) -> slice:
        return slice(window.start - self.windows.event.start, window.stop - self.windows.event.start + 1)


class Status(NamedTuple):
    """Ledger code of each event, and the numbers its reason mentions; shapes (B,)."""

    code: NDArray[np.uint8]
    a: IntArray
    b: IntArray


@dataclass(frozen=True, eq=False)
class MeasuredBlock:
    """One block's outcome; the fit without residuals."""

    ar: FloatArray
    fit: Fit
    status: Status
    collected: Mapping[str, Any]


class Measurement(NamedTuple):
    """Abnormal returns of the used events, and what was collected over their blocks."""

    abnormal: AbnormalReturns
    collected: Mapping[str, Any]


def measure_block(data: EventData, plan: Plan, rows: slice) -> MeasuredBlock:
    """Cut, fit, subtract, classify and collect the events ``rows``; nothing here depends on any other block."""
    keep_freed_memory()
    block = cut(data, plan.windows, rows, plan.kind)
    if not plan.model.streams(plan.options):
        block = materialize(block)
    elif plan.reads_only and isinstance(block.y, Windows):
        block = replace(block, y=replace(block.y, discard_residuals=True))
    block = plan.model.prepare(block, plan.options)
    fit = plan.model.function(block.y, block.X, plan.options)
    block = materialize_event(block)
    ar = subtract(block, fit)
    status = classify(ar, fit, plan, size_of_returns(block, fit))
    used = outcomes.is_used(status.code)
    collected = {name: collector.function(block, fit, used) for name, collector in plan.collect.items()}
    # A new array, not a view: a view would keep every block's residuals alive.
    bare = replace(fit, residuals=np.empty((len(fit), 0)))
    return MeasuredBlock(ar, bare, status, collected)


def measure(data: EventData, plan: Plan, ledger: OpenLedger, run: Run[MeasuredBlock] = map) -> Measurement:
    """Fit every event's model on its estimation window and subtract its expectation in the event window.

    Rows come back in the order of the event table, used events only; the others are marked in the ledger. ``run`` maps
    the block function over the blocks: their split and the order in which totals are added never depend on it, so
    neither does any bit of the outcome.
    """
    k = plan.model.regressors(len(data.series.factors))
    columns, totals = EventColumns(data.positions.row, len(ledger.table)), dict[str, Any]()
    pieces = blocks(len(data), (plan.event_bars + (0 if plan.reads_only else plan.estimation_bars)) * (1 + k))
    for rows, part in zip(pieces, run(BlockTask(measure_block, data, plan), pieces), strict=True):
        step("events estimated", min(rows.stop, len(data)), len(data))
        _append(columns, rows, part, plan)
        _record_outcomes(ledger, data.positions.row[rows], part.status)
        for name in part.collected.keys() & plan.totals:
            totals[name] = totals[name] + part.collected[name] if name in totals else part.collected[name]
    if not pieces:
        _append(columns, slice(0), _nothing(plan, k), plan)
    columns.filter(outcomes.is_used(ledger.code[data.positions.row[columns.kept]]))
    windows = windows_at(data, columns.kept, tau=plan.tau, kind=plan.kind, regressors=k)
    fit = Fit(**{name: columns.column(name) for name in FIT_COLUMNS})
    abnormal = AbnormalReturns(
        pairs=Pairs(ledger.table, data.positions.row[columns.kept]),
        windows=windows,
        ar=columns.column("ar"),
        fit=fit,
        noise=_noise(plan, windows, fit),
    )
    by_event = {name: columns.column(_collected(name)) for name in plan.collect if name not in plan.totals}
    return Measurement(abnormal, totals | {name: column for name, column in by_event.items() if column is not None})


def _append(columns: EventColumns, rows: slice, part: MeasuredBlock, plan: Plan) -> None:
    fit = {name: getattr(part.fit, name) for name in FIT_COLUMNS}
    by_event = {_collected(name): column for name, column in part.collected.items() if name not in plan.totals}
    for name, column in {"ar": part.ar, **fit, **by_event}.items():
        columns.append(name, rows, column)


def _collected(name: str) -> str:
    """Return the column of what a collector found; a fit has residuals as well."""
    return f"collected: {name}"


def _nothing(plan: Plan, k: int) -> MeasuredBlock:
    """Return the outcome of no event."""
    none = np.zeros(0, dtype=np.int64)
    fit = no_parameters(np.empty((0, plan.estimation_bars)), 1 + k)
    return MeasuredBlock(np.empty((0, plan.event_bars)), fit, Status(none.astype(np.uint8), none, none), {})


def _record_outcomes(ledger: OpenLedger, row: IntArray, status: Status) -> None:
    """Write into the ledger what a block found."""
    marked = np.flatnonzero(status.code)
    ledger.mark(row[marked], status.code[marked], status.a[marked], status.b[marked])


def subtract(block: Block, fit: Fit) -> FloatArray:
    """Return event-window returns less their expectation: the intercept counts once per merged bar; shape (B, L2)."""
    expected = fit.coef[:, :1] * block.n_bars
    for j in range(1, fit.coef.shape[1]):
        expected += fit.coef[:, j : j + 1] * np.asarray(block.event_X[j - 1])
    ar: FloatArray = np.subtract(np.asarray(block.event_y), expected, out=expected)
    return ar


def size_of_returns(block: Block, fit: Fit) -> FloatArray:
    """Return the length of each event's vector of studied returns, or its intercept if that is larger; (B,)."""
    y = np.asarray(block.event_y)
    squares = np.vecdot(y, y)
    rows = np.flatnonzero(~np.isfinite(squares))
    squares[rows] = np.square(np.where(np.isfinite(y[rows]), y[rows], 0.0)).sum(axis=1)
    return np.asarray(np.fmax(np.sqrt(squares), np.abs(fit.coef[:, 0])), dtype=np.float64)


def classify(ar: FloatArray, fit: Fit, plan: Plan, size: FloatArray) -> Status:
    """Return ledger codes and their numbers: events without a usable fit or event window are not used.

    A residual standard deviation below 1e-12 of the ``size`` of the returns is rounding: the model explains the series
    exactly, and a statistic over it could be any number.
    """
    B = len(ar)
    status = Status(np.zeros(B, dtype=np.uint8), np.zeros(B, np.int64), np.zeros(B, np.int64))
    if plan.windows.estimation is not None:
        short = fit.n < plan.estimation_bars
        status.code[short], status.a[short] = outcomes.USED_SHORTENED, plan.estimation_bars - fit.n[short]
        status.b[short] = plan.estimation_bars
    rows = np.flatnonzero(~np.isfinite(ar @ np.ones(ar.shape[1])))
    if len(rows):
        gaps = ~np.isfinite(ar[rows])
        ar[rows] = np.where(gaps, np.nan, ar[rows])  # an infinite return is a missing one
        complete = np.logical_or.reduce([~gaps[:, plan.columns(window)].any(axis=1) for window in plan.tests_on])
        missing = gaps.sum(axis=1)
        some = rows[missing > 0]
        status.a[some] = missing[missing > 0]
        status.code[some] = np.where(complete, outcomes.USED_PARTLY, outcomes.MISSING)[missing > 0]
    if plan.windows.estimation is not None:
        status.code[~np.isfinite(fit.sigma2)] = outcomes.FAILED
        with np.errstate(invalid="ignore"):
            status.code[np.sqrt(fit.sigma2) <= EXACT_FIT * size] = outcomes.EXACT
        bad = fit.status > 0
        status.code[bad], status.a[bad], status.b[bad] = fit.status[bad], fit.rank[bad], fit.coef.shape[1]
        needed = plan.observations_needed(fit.coef.shape[1])
        short = fit.n < needed
        status.code[short], status.a[short], status.b[short] = outcomes.SHORT, fit.n[short], needed
    return status


FIT_COLUMNS = tuple(f.name for f in fields(Fit))


def take(fit: Fit, rows: NDArray[Any]) -> Fit:
    """Return the fits of ``rows`` (an index array or a mask)."""
    present = {name: getattr(fit, name) for name in FIT_COLUMNS if getattr(fit, name) is not None}
    return Fit(**{name: column[rows] for name, column in present.items()})


def select(abnormal: AbnormalReturns, keep: BoolArray) -> AbnormalReturns:
    """Return the events of ``keep``."""
    if keep.all():
        return abnormal
    return replace(
        abnormal,
        pairs=abnormal.pairs[keep],
        windows=abnormal.windows[keep],
        ar=compact(abnormal.ar, keep),
        fit=take(abnormal.fit, keep),
        same_clock=None if abnormal.same_clock is None else abnormal.same_clock.take(keep),
        noise=None if abnormal.noise is None else abnormal.noise[keep],
    )


def _noise(plan: Plan, windows: EventWindows, fit: Fit) -> FloatArray | None:
    """Return the variance of each cell's own noise, by the bars since the estimation window; None if it is constant."""
    if fit.variance_params is None or plan.model.noise is None:
        return None
    estimation = plan.windows.estimation
    gap = 0 if estimation is None else plan.windows.event.start - estimation.stop - 1
    last = gap + np.cumsum(windows.n_bars, axis=1)
    return plan.model.noise(fit.variance_params, last - windows.n_bars, last)
