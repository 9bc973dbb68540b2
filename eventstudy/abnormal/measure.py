"""From positions to abnormal returns, block by block: cut, fit, subtract, judge, keep only what is small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal import events as book
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import Codes
from eventstudy.abnormal.columns import Columns, compact
from eventstudy.abnormal.event_windows import EventWindows, windows_at
from eventstudy.abnormal.events import EventTable, Pairs, Positions
from eventstudy.abnormal.gather import Block, blocks, cut, studied, whole
from eventstudy.abnormal.models.ols import no_parameters
from eventstudy.abnormal.models.row import Fit, ModelRow, Options
from eventstudy.abnormal.series import SeriesSet, Work
from eventstudy.abnormal.windows import Window, WindowSpec
from eventstudy.arrays import BoolArray, FloatArray, IntArray, ReturnKind, keep_freed_memory

SMALL_CELLS = 2_000_000
Combine = Literal["rows", "sum"]
Evidence = Mapping[str, Any]


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
    def cells(self) -> tuple[int, int]:
        """(L1, L2)."""
        return 0 if self.windows.estimation is None else len(self.windows.estimation), len(self.windows.event)

    @property
    def reads_only(self) -> bool:
        """Whether estimation windows are read a few rows at a time and nothing of their length is kept."""
        return self.model.streams(self.options) and not self.collect

    @property
    def totals(self) -> frozenset[str]:
        """What is collected as one total over all events."""
        return frozenset(name for name, collector in self.collect.items() if collector.combine == "sum")

    def columns(self, window: Window) -> slice:
        return slice(window.start - self.windows.event.start, window.stop - self.windows.event.start + 1)


@dataclass(frozen=True, eq=False)
class Measured:
    """One block's outcome."""

    ar: FloatArray
    fit: Fit
    status: tuple[NDArray[np.uint8], IntArray, IntArray]
    evidence: Evidence


def measure_block(series: SeriesSet, learn: FloatArray, positions: Positions, plan: Plan, rows: slice) -> Measured:
    """Cut, fit, subtract, judge and collect the events ``rows``; nothing here depends on any other block."""
    keep_freed_memory()
    block = cut(series, learn, positions, plan.windows, rows, plan.kind)
    if not plan.model.streams(plan.options):
        block = whole(block)
    elif plan.reads_only:
        block = replace(block, y=replace(block.y, spent=True))
    block = plan.model.prepare(block, plan.options)
    fit, ar = _fitted(block, plan)
    status = judge(ar, fit, plan)
    used = book.is_used(status[0])
    block = studied(block) if plan.collect else block
    evidence = {name: collector.function(block, fit, used) for name, collector in plan.collect.items()}
    # A new array, not a view: a view would keep every block's residuals alive.
    bare = replace(fit, residuals=np.empty((len(fit), 0)))
    return Measured(ar, bare, status, evidence)


def _fitted(block: Block, plan: Plan) -> tuple[Fit, FloatArray]:
    """Return the fits and the abnormal returns."""
    fit = plan.model.function(block.y, block.X, plan.options)
    return fit, subtract(studied(block), fit)


Runner = Callable[[Work, list[slice]], Iterable[Measured]]


def measure(
    events: tuple[EventTable, Codes],
    data: tuple[SeriesSet, FloatArray],
    positions: Positions,
    plan: Plan,
    run: Runner = map,
) -> tuple[AbnormalReturns, Evidence]:
    """Fit every event's model on its estimation window and subtract its expectation in the event window.

    Rows come back in the order of the event table, used events only; the others are marked. The data are the series
    and the values that models may learn from. ``run`` maps the block function over the blocks: their split and the
    order in which totals are added never depend on it, so neither does any bit of the outcome.
    """
    (table, codes), (series, learn) = events, data
    N, (L1, L2), k = len(positions.row), plan.cells, plan.model.regressors(len(series.factors))
    columns, totals = Columns(positions.row, len(table)), dict[str, Any]()
    pieces = blocks(N, (L2 if plan.reads_only else L1 + L2) * (1 + k))
    work = Work(measure_block, series, learn, positions, (plan,))
    for rows, part in zip(pieces, run(work, pieces), strict=True):
        _put(columns, rows, part, plan)
        for name in part.evidence.keys() & plan.totals:
            totals[name] = totals[name] + part.evidence[name] if name in totals else part.evidence[name]
    if not pieces:
        _put(columns, slice(0), _nothing(plan, k), plan)
    _settle(columns, codes, positions)
    windows = windows_at(series, positions, columns.kept, (plan.tau, plan.kind, k))
    fit = Fit(**{name: columns.taken(name) for name in (*FIT_COLUMNS, "law")})
    made = AbnormalReturns(
        pairs=Pairs(table, positions.row[columns.kept]),
        windows=windows,
        ar=columns.taken("ar"),
        fit=fit,
        noise=_noise(plan, windows, fit),
    )
    by_event = {name: columns.taken(_evidence(name)) for name in plan.collect if name not in plan.totals}
    return made, totals | {name: value for name, value in by_event.items() if value is not None}


def _put(columns: Columns, rows: slice, part: Measured, plan: Plan) -> None:
    code, a, b = part.status
    fit = {name: getattr(part.fit, name) for name in (*FIT_COLUMNS, "law")}
    by_event = {_evidence(name): value for name, value in part.evidence.items() if name not in plan.totals}
    for name, value in {"ar": part.ar, "code": code, "a": a, "b": b, **fit, **by_event}.items():
        columns.put(name, rows, value)


def _evidence(name: str) -> str:
    """Return the column of a piece of evidence; a fit has residuals as well."""
    return f"evidence: {name}"


def _nothing(plan: Plan, k: int) -> Measured:
    """Return the outcome of no event."""
    (L1, L2), none = plan.cells, np.zeros(0, dtype=np.int64)
    fit = no_parameters(np.empty((0, L1)), 1 + k)
    return Measured(np.empty((0, L2)), fit, (none.astype(np.uint8), none, none), {})


def _settle(columns: Columns, codes: Codes, positions: Positions) -> None:
    """Write into the ledger what the blocks told, and leave out the events that are not used."""
    code, a, b = (columns.taken(name) for name in ("code", "a", "b"))
    marked = np.flatnonzero(code)
    codes.mark(positions.row[columns.kept[marked]], code[marked], a[marked], b[marked])
    columns.keep(book.is_used(code))


def subtract(block: Block, fit: Fit) -> FloatArray:
    """Return event-window returns less their expectation: the intercept counts once per merged bar; shape (B, L2)."""
    expected = fit.coef[:, :1] * block.n_bars
    for j in range(1, fit.coef.shape[1]):
        expected += fit.coef[:, j : j + 1] * block.event_X[j - 1]
    ar: FloatArray = np.subtract(block.event_y, expected, out=expected)
    return ar


def judge(ar: FloatArray, fit: Fit, plan: Plan) -> tuple[NDArray[np.uint8], IntArray, IntArray]:
    """Return ledger codes and their numbers: events whose fit or event window does not hold up are not used."""
    B = len(ar)
    status, a, b = np.zeros(B, dtype=np.uint8), np.zeros(B, np.int64), np.zeros(B, np.int64)
    rows = np.flatnonzero(~np.isfinite(ar @ np.ones(ar.shape[1])))
    if len(rows):
        gaps = ~np.isfinite(ar[rows])
        ar[rows] = np.where(gaps, np.nan, ar[rows])  # an infinite return is a missing one
        complete = np.logical_or.reduce([~gaps[:, plan.columns(window)].any(axis=1) for window in plan.tests_on])
        a[rows] = gaps.sum(axis=1)
        status[rows] = np.where(complete, np.where(a[rows] > 0, book.USED_PARTLY, book.USED), book.MISSING)
    if plan.windows.estimation is not None:
        failed = ~np.isfinite(fit.sigma2)
        status[failed] = book.FAILED
        bad = fit.status > 0
        status[bad], a[bad], b[bad] = fit.status[bad], fit.rank[bad], fit.coef.shape[1]
        needed = max(plan.windows.min_observations, fit.coef.shape[1] + 1)
        short = fit.n < needed
        status[short], a[short], b[short] = book.SHORT, fit.n[short], needed
    return status, a, b


FIT_COLUMNS = ("coef", "root", "sigma2", "df", "n", "condition", "status", "rank", "residuals")


def take(fit: Fit, rows: NDArray[Any]) -> Fit:
    """Return the fits of ``rows`` (an index array or a mask)."""
    made = Fit(*(getattr(fit, name)[rows] for name in FIT_COLUMNS))
    return made if fit.law is None else replace(made, law=fit.law[rows])


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
    if fit.law is None or plan.model.noise is None:
        return None
    estimation = plan.windows.estimation
    gap = 0 if estimation is None else plan.windows.event.start - estimation.stop - 1
    last = gap + np.cumsum(windows.n_bars, axis=1)
    return plan.model.noise(fit.law, last - windows.n_bars, last)
