"""What tests need beyond abnormal returns; most of it is accumulated block by block, never all residuals at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eventstudy.abnormal.gather import Block
from eventstudy.abnormal.measure import Collector, subtract
from eventstudy.abnormal.models.row import Fit
from eventstudy.abnormal.placebo.placebo_paths import PlaceboPaths
from eventstudy.abnormal.placebo.refits import Refits
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.inference.clustering import CommonDates, calendar_places, common_dates
from eventstudy.inference.diagnostics import diagnose
from eventstudy.inference.intervals import Interval
from eventstudy.inference.ranking import NO_RANKS, RankSums

# Twenty sums side by side are the fewest that can give p <= 0.05; overlapping ones add little to them.
INDEPENDENT_SUMS = 20


def _empty() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class PlaceboCounts:
    """Per event: placebo windows D, and how many are at least as large as the event.

    ``two_sided``, ``greater`` and ``less`` count ``|CAR_d| >= |CAR|``, ``CAR_d >= CAR`` and ``CAR_d <= CAR``; ``sd`` is
    the standard deviation of the D placebo CARs. ``interval`` holds the effects that the test does not reject.
    """

    days: IntArray
    two_sided: IntArray
    greater: IntArray
    less: IntArray
    sd: FloatArray
    interval: Interval


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the tests of a study need beyond abnormal returns; a field that no test of the study needs is empty.

    Attributes
    ----------
    windows : tuple of Window
        Windows tested, W of them.
    portfolio : FloatArray, shape (2, L1)
        Sum and count of residuals per estimation bar.
    positive_share : FloatArray, shape (N, 3)
        Positive residuals, residuals, and residuals that are exactly zero, of each event.
    tail_counts : FloatArray, shape (N, W, 4)
        Runs of residuals as long as the window, and those at least as large as the CAR: two-sided, greater, less.
    market_moments : FloatArray, shape (N, 2)
        Mean and sum of squared deviations of the market over the whole estimation window.
    common_dates : CommonDates or None
        Residuals of length one, summed over the events of each event window.
    residuals : FloatArray or None, shape (N, 2 + L1)
        Event window and residuals of each event; small studies only.
    mean_correlations : mapping of Window to float
        Mean correlation of residuals over pairs of events, weighted by common bars of the window.
    estimation_correlations : mapping of Window to float
        Mean correlation of CARs of one instrument through estimation returns that they share.
    diagnostics : FloatArray or None, shape (N, 8)
    estimation_returns : FloatArray or None, shape (N, 2 L1)
        Returns of the estimation window, then those of the first regressor; a few observations only.
    ranks_raw, ranks_standardized : RankSums
    granks : mapping of Window to RankSums
        Windows with at least two events only.
    paths : PlaceboPaths or None
    draws : mapping of Window to tuple of FloatArray, each (D_i,)
        Placebo CARs of each event.
    placebo : mapping of Window to PlaceboCounts
    standardized_draws, standardized_placebo
        The same with every placebo day at the event day's volatility before the news.
    refits : Refits or None
        None if the model itself is estimated on other days.
    """

    windows: tuple[Window, ...] = ()
    portfolio: FloatArray = field(default_factory=_empty)
    positive_share: FloatArray = field(default_factory=_empty)
    tail_counts: FloatArray = field(default_factory=_empty)
    market_moments: FloatArray = field(default_factory=_empty)
    common_dates: CommonDates | None = None
    residuals: FloatArray | None = None
    mean_correlations: Mapping[Window, float] = field(default_factory=dict)
    estimation_correlations: Mapping[Window, float] = field(default_factory=dict)
    diagnostics: FloatArray | None = None
    estimation_returns: FloatArray | None = None
    ranks_raw: RankSums = NO_RANKS
    ranks_standardized: RankSums = NO_RANKS
    granks: Mapping[Window, RankSums] = field(default_factory=dict)
    paths: PlaceboPaths | None = None
    draws: Mapping[Window, tuple[FloatArray, ...]] = field(default_factory=dict)
    placebo: Mapping[Window, PlaceboCounts] = field(default_factory=dict)
    standardized_draws: Mapping[Window, tuple[FloatArray, ...]] = field(default_factory=dict)
    standardized_placebo: Mapping[Window, PlaceboCounts] = field(default_factory=dict)
    refits: Refits | None = None


class MissingCells(NamedTuple):
    """Rows with missing cells, and which of the cells of these rows are finite."""

    rows: IntArray
    finite: BoolArray


def missing_cells(e: FloatArray, n: IntArray) -> MissingCells:
    """Return the rows that have less than all their cells; ``n`` counts those that each row has."""
    rows = np.flatnonzero(n < e.shape[1])
    return MissingCells(rows, np.isfinite(e[rows]))


def portfolio(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Sum and count of residuals per estimation bar, counted from the event; shape (2, L1)."""
    e = fit.residuals[used]
    rows, finite = missing_cells(e, fit.n[used])
    e[rows] = np.where(finite, e[rows], 0.0)
    return np.stack([e.sum(axis=0), len(e) - (~finite).sum(axis=0)])


def positive_share(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Positive residuals, residuals, and residuals that are exactly zero, of each event; shape (B, 3)."""
    e = fit.residuals
    rows, finite = missing_cells(e, fit.n)
    counts = np.full((len(e), 3), float(e.shape[1]))
    with np.errstate(invalid="ignore"):
        counts[:, 0] = np.count_nonzero(e > 0, axis=1)
    counts[rows, 1] = finite.sum(axis=1)
    counts[:, 2] = e.shape[1] - np.count_nonzero(e, axis=1)
    return counts


def residuals(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """The residuals themselves behind their event window, for small studies only; shape (B, 2 + L1)."""
    window = np.stack([block.reference, block.first], axis=1).astype(np.float64)
    return np.concatenate([window, fit.residuals], axis=1)


def estimation_returns(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """The returns of the estimation window and those of the first regressor, for a few observations; (B, 2 L1)."""
    return np.concatenate([block.y, np.asarray(block.X[0])], axis=1)


def market_moments(block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Mean and sum of squared deviations of the market over the whole estimation window; shape (B, 2).

    The textbook takes the bars on which the instrument traded; see :mod:`eventstudy.inference.compat`.
    """
    x = np.asarray(block.X[0]) if len(block.X) else np.full(block.y.shape, np.nan)
    finite = np.isfinite(x)
    n = np.maximum(finite.sum(axis=1), 1)
    filled = np.where(finite, x, 0.0)
    mean = filled.sum(axis=1) / n
    deviations = np.where(finite, filled - mean[:, None], 0.0)
    return np.stack([mean, np.einsum("ij,ij->i", deviations, deviations)], axis=1)


def tail_counts(spans: tuple[slice, ...], block: Block, fit: Fit, used: BoolArray) -> FloatArray:
    """Count, per event and window, the runs of as many residuals whose sum is at least as far out as the CAR.

    Shape (B, W, 4): runs, and those two-sided, greater, less; no run where fewer than ``INDEPENDENT_SUMS`` fit into the
    estimation window side by side. Runs overlap: M - L + 1 of them. The sum of L residuals has variance
    ``s2 L (1 - L/M)``, for residuals sum to zero, and a CAR ``s2 L (1 + L/M)``: sums are scaled to the latter.
    """
    ar = subtract(block, fit)
    counts = np.zeros((len(ar), len(spans), 4))
    for w, span in enumerate(spans):
        car, L = ar[:, span].sum(axis=1), block.n_bars[:, span].sum(axis=1)
        enough = used & np.isfinite(car) & (fit.n >= INDEPENDENT_SUMS * L)
        for length in np.unique(L[enough]):
            rows = np.flatnonzero((length == L) & enough)
            share = length / fit.n[rows]
            scale = np.sqrt((1 + share) / (1 - share))
            counts[rows, w] = _tails(fit.residuals[rows], car[rows] / scale, int(length))
    return counts


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


# Fields of Evidence that are accumulated over blocks.
COLLECTORS: Mapping[str, Callable[[Context], Collector]] = {
    "portfolio": lambda context: Collector(portfolio, "sum"),
    "positive_share": lambda context: Collector(positive_share, "rows"),
    "common_dates": lambda context: Collector(partial(common_dates, calendar_places(context.series)), "sum"),
    "market_moments": lambda context: Collector(market_moments, "rows"),
    "diagnostics": lambda context: Collector(diagnose, "rows"),
    "residuals": lambda context: Collector(residuals, "rows"),
    "estimation_returns": lambda context: Collector(estimation_returns, "rows"),
    "tail_counts": lambda context: Collector(partial(tail_counts, context.spans), "rows"),
}

KEPT_CELLS = 2_000_000
DIAGNOSED_CELLS = 100_000
# The estimation windows of so many observations are kept for a plot of the fit.
MOST_PLOTTED = 5


def diagnosed(choice: str, context: Context) -> frozenset[str]:
    """Return the need for diagnostics: where they are asked for, or where it is not said and the study is small."""
    cells = context.events * context.bars
    wanted = choice == "on" or (choice == "auto" and cells <= DIAGNOSED_CELLS)
    if not (wanted and cells):
        return frozenset()
    plotted = context.events <= MOST_PLOTTED and context.series.factor_names
    return frozenset({"diagnostics", "estimation_returns"} if plotted else {"diagnostics"})


def collectors(needs: frozenset[str], context: Context) -> dict[str, Collector]:
    """Return the collectors of a study; residuals are kept for the exact clustering of small studies."""
    wanted = set(needs & COLLECTORS.keys())
    if context.events * context.bars > KEPT_CELLS:
        wanted.discard("residuals")
    elif "common_dates" in wanted:
        wanted.add("residuals")
    return {name: COLLECTORS[name](context) for name in sorted(wanted)}
