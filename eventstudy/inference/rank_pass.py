"""The second pass over the data, for rank tests only: residuals are cut again rather than kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.gather import blocks, cut, whole
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.series import SeriesSet, Work
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.ranking import Ranks, RankSums, Ties, inserted_sums, picked, row_ranks, sums_of

KINDS = ("ranks_raw", "ranks_standardized", "granks")
# By how ties are ranked: "granks" with mean ranks, "granks:first" in the order of the bars.
RANKINGS = frozenset({*KINDS, *(f"{kind}:first" for kind in KINDS)})
RANKED_ARRAYS = 12  # arrays of the size of a block that ranking holds at once: they must share the cache
PART = 1 << 15  # events whose values are held at once
Totals = Mapping[str, RankSums]
Runner = Callable[[Work, list[slice]], Iterable[Totals]]


@dataclass(frozen=True, eq=False)
class Ranked:
    """What each block needs besides the data: the abnormal returns, and which row of them is each position's.

    ``spread`` holds, by kind of ranking, what the event values are divided by: a number per column. ``wanted`` are
    the rankings asked for.
    """

    abnormal: AbnormalReturns
    at: IntArray
    spread: Mapping[str, FloatArray]
    wanted: frozenset[str]

    def shard(self, rows: slice) -> Ranked:
        """Return what the positions ``rows`` need."""
        own = self.at[rows]
        return replace(self, abnormal=self.abnormal.part(own), at=np.arange(len(own)))


def rank_pass(
    data: tuple[SeriesSet, FloatArray],
    placed: tuple[Positions, Plan],
    abnormal: AbnormalReturns,
    wanted: frozenset[str],
    run: Runner = map,
) -> dict[str, Any]:
    """Return the rank sums that were asked for, by ranking; GRANK's come as a mapping from window to sums."""
    (series, learn), (positions, plan), wanted = data, placed, wanted & RANKINGS
    keep = np.isin(positions.row, abnormal.row)
    rows = np.flatnonzero(keep)
    if not len(rows) or plan.windows.estimation is None:
        return {name: {} if name.startswith("granks") else _nothing(plan) for name in wanted}
    at = np.searchsorted(abnormal.row, positions.row[rows])
    kinds = sorted({_kind(name) for name in wanted})
    spread = {
        kind: np.ones(1) if kind == "ranks_raw" else _spread(abnormal, partial(EVENT_VALUES[kind], plan))
        for kind in kinds
    }
    ranked = Ranked(abnormal, at, spread, wanted)
    used = _subset(positions, rows)
    pieces = blocks(len(rows), sum(plan.cells) * (RANKED_ARRAYS + len(series.factors)))
    totals = run(Work(_rank_block, series, learn, used, (plan, ranked)), pieces)
    summed: dict[str, RankSums] = reduce(_add, totals, {})
    made: dict[str, Any] = {name: value for name, value in summed.items() if name in RANKINGS}
    for name in wanted:
        if name.startswith("granks"):
            sums = {window: summed[_place(name, window)] for window in plan.tests_on}
            made[name] = {window: value for window, value in sums.items() if value.count[-1] > 1}
    return made


def _place(ranking: str, window: Window) -> str:
    return f"{ranking} {window}"


def _nothing(plan: Plan) -> RankSums:
    zeros = np.zeros(sum(plan.cells))
    return RankSums(zeros, zeros, zeros, zeros, np.zeros(2))


def _add(left: dict[str, RankSums], right: Totals) -> dict[str, RankSums]:
    return {name: add(left[name], value) if name in left else value for name, value in right.items()}


def _subset(positions: Positions, rows: IntArray) -> Positions:
    empty = np.empty((len(rows), 0), dtype=np.int64)
    columns = (positions.row[rows], positions.series[rows], positions.reference[rows], positions.first[rows])
    return Positions(*columns, empty, empty, empty)


def _raw(plan: Plan, part: AbnormalReturns) -> FloatArray:
    return np.asarray(part.ar / np.sqrt(part.n_bars))


def _standardized(plan: Plan, part: AbnormalReturns) -> FloatArray:
    return np.asarray(part.ar / np.sqrt(part.variance()))


def _scars(plan: Plan, part: AbnormalReturns) -> FloatArray:
    """Return one value per window, shape (B, W)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([part.car(w) / np.sqrt(part.window_variance(w)) for w in plan.tests_on], axis=1)


EVENT_VALUES: Mapping[str, Callable[[Plan, AbnormalReturns], FloatArray]] = {
    "ranks_raw": _raw,
    "ranks_standardized": _standardized,
    "granks": _scars,
}


def _spread(abnormal: AbnormalReturns, values: Callable[[AbnormalReturns], FloatArray]) -> FloatArray:
    """Return the standard deviation of each column over events, NaN for one without spread; in two passes of parts."""
    parts = [slice(low, low + PART) for low in range(0, len(abnormal), PART)]
    n, total = 0, 0.0
    for rows in parts:
        column = values(abnormal.part(rows))
        n, total = n + np.isfinite(column).sum(axis=0), total + np.where(np.isfinite(column), column, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, squares = total / n, 0.0
        for rows in parts:
            column = values(abnormal.part(rows))
            squares = squares + np.square(np.where(np.isfinite(column), column - mean, 0.0)).sum(axis=0)
        spread = np.sqrt(squares / (n - 1))
    return np.asarray(np.where(spread > 0, spread, np.nan))


def _rank_block(
    series: SeriesSet, learn: FloatArray, positions: Positions, plan: Plan, ranked: Ranked, rows: slice
) -> Totals:
    block = plan.model.prepare(whole(cut(series, learn, positions, plan.windows, rows, plan.kind)), plan.options)
    part = ranked.abnormal.part(ranked.at[rows])
    coef, sigma = part.fit.coef, np.sqrt(part.fit.sigma2)
    e = block.y - coef[:, :1]
    for j in range(1, coef.shape[1]):
        e = e - coef[:, j : j + 1] * block.X[j - 1]
    # A return that is not finite is missing, and so is its residual.
    rows_with_gaps = np.flatnonzero(part.fit.n < e.shape[1])
    e[rows_with_gaps] = _finite(e[rows_with_gaps])
    made: dict[str, RankSums] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        event = {kind: _finite(EVENT_VALUES[kind](plan, part) / spread) for kind, spread in ranked.spread.items()}
    scaled = e / sigma[:, None] if event.keys() - {"ranks_raw"} else e
    ranks = {ties: row_ranks(scaled, ties) for ties in sorted(set(map(_ties, ranked.wanted)))}
    for name in sorted(ranked.wanted):
        kind, ties = _kind(name), _ties(name)
        own = ranks[ties]
        if kind == "granks":
            for w, window in enumerate(plan.tests_on):
                made[_place(name, window)] = grank_sums(scaled, own, event[kind][:, w], ties)
        else:
            learned = e if kind == "ranks_raw" else scaled
            made[name] = inserted_sums(own, learned, event[kind], ties)
    return made


def _finite(values: FloatArray) -> FloatArray:
    """Return the values with NaN in place of all that is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def _kind(name: str) -> str:
    return name.removesuffix(":first")


def _ties(name: str) -> Ties:
    return "first" if name.endswith(":first") else "average"


def grank_sums(scaled: FloatArray, own: Ranks, extra: FloatArray, ties: Ties = "average") -> RankSums:
    """Sum ranks of M residuals and one extra value: the residuals' own ranks need one more comparison, not a sort.

    The extra value is the last bar: among equals in the order of the bars it comes last.
    """
    there = np.isfinite(extra)
    if not there.all():
        own = picked(own, there)
        scaled, extra = scaled[there], extra[there]
    M = scaled.shape[1]
    with np.errstate(invalid="ignore"):
        above, equal = scaled > extra[:, None], scaled == extra[:, None]
    K, same = np.empty((len(scaled), M + 1)), np.count_nonzero(equal, axis=1) * (ties == "average")
    np.add(own.rank, above, out=K[:, :M])
    if same.any():
        K[:, :M] += 0.5 * equal
    K[:, M] = 1 + own.n - np.count_nonzero(above, axis=1) - 0.5 * same
    return sums_of(K, own.n + 1)
