"""The second pass over the data, for rank tests only: residuals are cut again rather than kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.gather import blocks, cut, whole
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.panel import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.ranking import Ranks, RankSums, average_ranks, rank_sums, sums_of

RANKINGS = frozenset({"ranks_raw", "ranks_standardised", "granks"})
SCALED = RANKINGS - {"ranks_raw"}
RANKED_ARRAYS = 12  # arrays of the size of a block that ranking holds at once: they must share the cache
PART = 1 << 15  # events whose values are held at once
Totals = Mapping[str, RankSums]
Runner = Callable[[Callable[[slice], Totals], list[slice]], Iterable[Totals]]


@dataclass(frozen=True, eq=False)
class Ranked:
    """What each block needs besides the data: the abnormal returns, and which row of them is each position's.

    ``spread`` holds, by ranking, what the event values are divided by: a number per column.
    """

    abnormal: AbnormalReturns
    at: IntArray
    spread: Mapping[str, FloatArray]


def rank_pass(
    data: tuple[SeriesSet, FloatArray],
    placed: tuple[Positions, Plan],
    abnormal: AbnormalReturns,
    wanted: frozenset[str],
    run: Runner = map,
) -> dict[str, Any]:
    """Return the rank sums that were asked for; GRANK's come as a mapping from window to sums."""
    (series, learn), (positions, plan) = data, placed
    keep = np.isin(positions.row, abnormal.row)
    rows = np.flatnonzero(keep)
    if not len(rows) or plan.windows.estimation is None:
        return dict.fromkeys(wanted & {"ranks_raw", "ranks_standardised"}, _nothing(plan)) | {"granks": {}}
    at = np.searchsorted(abnormal.row, positions.row[rows])
    spread = {name: _spread(abnormal, partial(EVENT_VALUES[name], plan)) for name in sorted(wanted & SCALED)}
    raw = {"ranks_raw": np.ones(1)} if "ranks_raw" in wanted else {}
    ranked = Ranked(abnormal, at, raw | spread)
    used = _subset(positions, rows)
    pieces = blocks(len(rows), sum(plan.cells) * (RANKED_ARRAYS + len(series.factors)))
    totals = run(partial(_rank_block, series, learn, used, plan, ranked), pieces)
    summed: dict[str, RankSums] = reduce(_add, totals, {})
    named = {str(window): window for window in plan.tests_on}
    made: dict[str, Any] = {name: value for name, value in summed.items() if name in RANKINGS}
    made["granks"] = {named[name]: value for name, value in summed.items() if name in named and value.count[-1] > 1}
    return made


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


def _standardised(plan: Plan, part: AbnormalReturns) -> FloatArray:
    return np.asarray(part.ar / np.sqrt(part.variance()))


def _scars(plan: Plan, part: AbnormalReturns) -> FloatArray:
    """Return one value per window, shape (B, W)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([part.car(w) / np.sqrt(part.window_variance(w)) for w in plan.tests_on], axis=1)


EVENT_VALUES: Mapping[str, Callable[[Plan, AbnormalReturns], FloatArray]] = {
    "ranks_raw": _raw,
    "ranks_standardised": _standardised,
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
    made = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        event = {name: EVENT_VALUES[name](plan, part) / spread for name, spread in ranked.spread.items()}
    if "ranks_raw" in event:
        made["ranks_raw"] = rank_sums(np.concatenate([e, event["ranks_raw"]], axis=1))
    scaled = e / sigma[:, None]
    if "ranks_standardised" in event:
        made["ranks_standardised"] = rank_sums(np.concatenate([scaled, event["ranks_standardised"]], axis=1))
    if "granks" in event:
        own = average_ranks(scaled)
        for w, window in enumerate(plan.tests_on):
            made[str(window)] = grank_sums(scaled, own, event["granks"][:, w])
    return made


def grank_sums(scaled: FloatArray, own: Ranks, extra: FloatArray) -> RankSums:
    """Sum ranks of M residuals and one extra value: the residuals' own ranks need one more comparison, not a sort."""
    there = np.isfinite(extra)
    if not there.all():
        own = Ranks(own.rank[there], own.n[there], own.median[there], own.tied[there])
        scaled, extra = scaled[there], extra[there]
    M = scaled.shape[1]
    with np.errstate(invalid="ignore"):
        above, equal = scaled > extra[:, None], scaled == extra[:, None]
    K, same = np.empty((len(scaled), M + 1)), np.count_nonzero(equal, axis=1)
    np.add(own.rank, above, out=K[:, :M])
    if same.any():
        K[:, :M] += 0.5 * equal
    K[:, M] = 1 + own.n - np.count_nonzero(above, axis=1) - 0.5 * same
    return sums_of(K, own.n + 1)
