"""From positions to abnormal returns, block by block: cut, fit, subtract, keep only what is small."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import Codes
from eventstudy.abnormal.expected import ModelRow, Options
from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Block, blocks, cut
from eventstudy.abnormal.panel import EventTable, Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window, WindowSpec
from eventstudy.arrays import BoolArray, FloatArray, IntArray, ReturnKind

SMALL_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings that every block shares."""

    windows: WindowSpec
    tests_on: tuple[Window, ...]
    model: ModelRow
    options: Options
    kind: ReturnKind


def measure(
    table: EventTable, series: SeriesSet, positions: Positions, plan: Plan, learn: FloatArray
) -> AbnormalReturns:
    """Fit every event's model on its estimation window and subtract its expectation in the event window.

    Rows come back in the order of the event table. ``learn`` are the values that models may learn from.
    """
    N, L2 = len(positions.row), len(plan.windows.event)
    k = len(series.factors)
    ar, n_bars = np.empty((N, L2)), np.ones((N, L2), dtype=np.int64)
    event_X = np.empty((k, N, L2))
    fits: list[Fit] = []
    back = np.argsort(positions.row, kind="stable")
    place = np.empty_like(back)
    place[back] = np.arange(N)
    L1 = 0 if plan.windows.estimation is None else len(plan.windows.estimation)
    for rows in blocks(N, (L1 + L2) * (1 + k)):
        block = cut(series, learn, positions, plan.windows, rows, plan.kind)
        fit = plan.model.function(block.y, block.X, plan.options)
        fits.append(replace(fit, residuals=np.empty((len(fit), 0))))
        ar[place[rows]] = subtract(block, fit)
        n_bars[place[rows]] = block.n_bars
        event_X[:, place[rows]] = block.event_X
    row = positions.row[back]
    closes = _closes(series, positions, plan.windows, back)
    tau = np.arange(plan.windows.event.start, plan.windows.event.stop + 1)
    nothing = plan.model.function(np.empty((0, L1)), np.empty((max(k, 1), 0, L1)), plan.options)
    fit = take(stack([*fits, replace(nothing, residuals=np.empty((0, 0)))]), back)
    return AbnormalReturns(table.ids[row], table.instruments[row], row, tau, ar, n_bars, event_X, closes, fit)


def subtract(block: Block, fit: Fit) -> FloatArray:
    """Return event-window returns less their expectation: the intercept counts once per merged bar; shape (B, L2)."""
    expected = fit.coef[:, :1] * block.n_bars
    for j in range(1, fit.coef.shape[1]):
        expected += fit.coef[:, j : j + 1] * block.event_X[j - 1]
    return np.subtract(block.event_y, expected, out=expected)


def stack(fits: list[Fit]) -> Fit:
    """Put the fits of blocks below one another."""
    columns = ("coef", "root", "sigma2", "df", "n", "condition", "status", "residuals")
    return Fit(*(np.concatenate([getattr(fit, name) for fit in fits]) for name in columns))


def take(fit: Fit, rows: object) -> Fit:
    """Return the fits of ``rows`` (an index array or a mask)."""
    columns = ("coef", "root", "sigma2", "df", "n", "condition", "status", "residuals")
    return Fit(*(getattr(fit, name)[rows] for name in columns))


def select(abnormal: AbnormalReturns, keep: BoolArray) -> AbnormalReturns:
    """Return the events of ``keep``."""
    if keep.all():
        return abnormal
    return replace(
        abnormal,
        events=abnormal.events[keep],
        instruments=abnormal.instruments[keep],
        row=abnormal.row[keep],
        ar=compact(abnormal.ar, keep),
        n_bars=compact(abnormal.n_bars, keep),
        event_X=abnormal.event_X[:, keep],
        closes=abnormal.closes[keep] if len(abnormal.closes) else abnormal.closes,
        fit=take(abnormal.fit, keep),
    )


def compact(array: NDArray[Any], keep: BoolArray) -> NDArray[Any]:
    """Move the kept rows to the front in place and return them: a copy would double the memory of a million events."""
    rows = np.flatnonzero(keep)
    for low in range(0, len(rows), 4096):
        part = rows[low : low + 4096]
        array[low : low + len(part)] = array[part]
    kept: NDArray[Any] = array[: len(rows)]
    return kept


def _closes(series: SeriesSet, positions: Positions, windows: WindowSpec, back: NDArray[np.intp]) -> IntArray:
    tau = np.arange(windows.event.start, windows.event.stop + 1)
    if len(positions.row) * len(tau) > SMALL_CELLS:
        return np.empty((len(positions.row), 0), dtype=np.int64)
    start = series.time_offset[positions.series[back]][:, None]
    reference, first = positions.reference[back][:, None], positions.first[back][:, None]
    closes: IntArray = series.closes[start + np.where(tau < 0, reference + tau + 1, first + tau)]
    return closes


def judge(abnormal: AbnormalReturns, plan: Plan, codes: Codes) -> BoolArray:
    """Mark events whose fit or event window does not hold up; return which are used."""
    fit, row = abnormal.fit, abnormal.row
    status = np.zeros(len(row), dtype=np.uint8)
    a, b = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
    missing = np.isnan(abnormal.ar).sum(axis=1)
    status[missing > 0] = book.USED_PARTLY
    a[missing > 0] = missing[missing > 0]
    complete = np.zeros(len(row), dtype=bool)
    for window in plan.tests_on:
        complete |= ~np.isnan(abnormal.car(window))
    status[~complete], a[~complete] = book.MISSING, missing[~complete]
    if plan.windows.estimation is not None:
        failed = ~np.isfinite(fit.sigma2)
        status[failed] = book.FAILED
        bad = fit.status > 0
        status[bad], a[bad], b[bad] = fit.status[bad], 1, fit.coef.shape[1]
        short = fit.n < max(plan.windows.min_observations, fit.coef.shape[1] + 1)
        status[short], a[short], b[short] = book.SHORT, fit.n[short], plan.windows.min_observations
    rows = np.flatnonzero(status)
    codes.mark(row[rows], status[rows], a[rows], b[rows])  # type: ignore[arg-type]
    return np.isin(status, book.USED_CODES)
