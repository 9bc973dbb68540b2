"""What tests across events need from estimation windows, accumulated block by block: never all residuals at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy.abnormal.gather import Block
from eventstudy.abnormal.measure import Collector, subtract
from eventstudy.abnormal.models.row import Fit
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.inference.clustering import calendar_places, common_dates
from eventstudy.inference.diagnostics import diagnose


def holes(e: FloatArray, n: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the rows with missing cells, which have less than all, and which of their cells are there."""
    rows = np.flatnonzero(n < e.shape[1])
    return rows, np.isfinite(e[rows])


def portfolio(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Sum and count of residuals per estimation bar, counted from the event; shape (2, L1)."""
    e = fit.residuals[used]
    rows, there = holes(e, fit.n[used])
    e[rows] = np.where(there, e[rows], 0.0)
    return np.stack([e.sum(axis=0), len(e) - (~there).sum(axis=0)])


def positive_share(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Positive residuals, residuals, and residuals that are exactly zero, of each event; shape (B, 3)."""
    e = fit.residuals
    rows, there = holes(e, fit.n)
    made = np.full((len(e), 3), float(e.shape[1]))
    with np.errstate(invalid="ignore"):
        made[:, 0] = np.count_nonzero(e > 0, axis=1)
    made[rows, 1] = there.sum(axis=1)
    made[:, 2] = e.shape[1] - np.count_nonzero(e, axis=1)
    return made


def residuals(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """The residuals themselves behind their event window, for small studies only; shape (B, 2 + L1)."""
    window = np.stack([block.reference, block.first], axis=1).astype(np.float64)
    return np.concatenate([window, fit.residuals], axis=1)


def market_moments(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Mean and sum of squared deviations of the market over the whole estimation window; shape (B, 2).

    Only the profile ``compat="estudy2"`` uses them: the textbook takes the bars on which the instrument traded.
    """
    x = block.X[0] if len(block.X) else np.full(block.y.shape, np.nan)
    there = np.isfinite(x)
    n = np.maximum(there.sum(axis=1), 1)
    filled = np.where(there, x, 0.0)
    mean = filled.sum(axis=1) / n
    deviations = np.where(there, filled - mean[:, None], 0.0)
    return np.stack([mean, np.einsum("ij,ij->i", deviations, deviations)], axis=1)


def tail_counts(spans: tuple[slice, ...], block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Count, per event and window, the runs of as many residuals whose sum is at least as far out as the CAR.

    Shape (B, W, 4): runs, and those two-sided, greater, less. Runs overlap: M - L + 1 of them.
    """
    ar = subtract(block, fit)
    made = np.zeros((len(ar), len(spans), 4))
    for w, span in enumerate(spans):
        car, L = ar[:, span].sum(axis=1), block.n_bars[:, span].sum(axis=1)
        for length in np.unique(L):
            rows = np.flatnonzero((length == L) & used & np.isfinite(car))
            if length <= fit.residuals.shape[1]:
                made[rows, w] = _tails(fit.residuals[rows], car[rows], int(length))
    return made


def _tails(e: FloatArray, car: FloatArray, length: int) -> FloatArray:
    sums = e if length == 1 else sliding_window_view(e, length, axis=1).sum(axis=2)
    level = car[:, None]
    with np.errstate(invalid="ignore"):
        columns = (np.isfinite(sums), np.abs(sums) >= np.abs(level), sums >= level, sums <= level)
    return np.stack([column.sum(axis=1) for column in columns], axis=1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Context:
    """What collectors are made for: the series, the cells of each window tested, and the size of the study."""

    series: SeriesSet
    spans: tuple[slice, ...]
    events: int = 0
    bars: int = 0


EVIDENCE: Mapping[str, Callable[[Context], Collector]] = {
    "portfolio": lambda context: Collector(portfolio, "sum"),
    "positive_share": lambda context: Collector(positive_share, "rows"),
    "common_dates": lambda context: Collector(partial(common_dates, calendar_places(context.series)), "sum"),
    "market_moments": lambda context: Collector(market_moments, "rows"),
    "diagnostics": lambda context: Collector(diagnose, "rows"),
    "residuals": lambda context: Collector(residuals, "rows"),
    "tail_counts": lambda context: Collector(partial(tail_counts, context.spans), "rows"),
}

KEPT_CELLS = 2_000_000
DIAGNOSED_CELLS = 100_000


def diagnosed(choice: str, context: Context) -> frozenset[str]:
    """Return the need for diagnostics: where they are asked for, or where it is not said and the study is small."""
    cells = context.events * context.bars
    wanted = choice == "on" or (choice == "auto" and cells <= DIAGNOSED_CELLS)
    return frozenset({"diagnostics"} if wanted and cells else ())


def collectors(needs: frozenset[str], context: Context) -> dict[str, Collector]:
    """Return the collectors of a study; residuals are kept for the exact clustering of small studies."""
    wanted = set(needs & EVIDENCE.keys())
    if "common_dates" in wanted and context.events * context.bars <= KEPT_CELLS:
        wanted.add("residuals")
    return {name: EVIDENCE[name](context) for name in sorted(wanted)}
