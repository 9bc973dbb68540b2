"""The second pass over the data, for rank tests only: residuals are cut again rather than kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_data import BlockTask, EventData, Run
from eventstudy.abnormal.gather import blocks, cut, materialize
from eventstudy.abnormal.measure import Plan
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.ranking import NO_RANKS, Ranks, RankSums, inserted_sums, picked, row_ranks, sums_of

RANKINGS = frozenset({"ranks_raw", "ranks_standardized", "granks"})
RANKED_ARRAYS = 12  # arrays of the size of a block that ranking holds at once: they must share the cache
PART = 1 << 15  # events whose values are held at once
Key = str | Window  # a ranking of bars, or the window that GRANK ranks as one bar
Totals = Mapping[Key, RankSums]


@dataclass(frozen=True, eq=False)
class RankSettings:
    """What each block needs besides the data.

    Attributes
    ----------
    plan : Plan
    abnormal : AbnormalReturns
    at : IntArray, shape (N,)
        Row of the abnormal returns of each position.
    sd : mapping of str to FloatArray
        By ranking asked for: what the event values are divided by, a number per column.
    """

    plan: Plan
    abnormal: AbnormalReturns
    at: IntArray
    sd: Mapping[str, FloatArray]

    def part(self, rows: slice) -> RankSettings:
        """Return what the positions ``rows`` need."""
        at = self.at[rows]
        return replace(self, abnormal=self.abnormal.part(at), at=np.arange(len(at)))


class RankEvidence(NamedTuple):
    """Rank sums over events; empty where a ranking was not asked for."""

    ranks_raw: RankSums = NO_RANKS
    ranks_standardized: RankSums = NO_RANKS
    granks: Mapping[Window, RankSums] = {}


def rank_pass(
    data: EventData, plan: Plan, abnormal: AbnormalReturns, needs: frozenset[str], run: Run[Totals] = map
) -> RankEvidence:
    """Return the rank sums that the tests need."""
    wanted = needs & RANKINGS
    if not wanted or not len(abnormal) or plan.windows.estimation is None:
        return RankEvidence()
    rows = np.flatnonzero(np.isin(data.positions.row, abnormal.row))
    used = replace(data, positions=data.positions[rows])
    sd = {
        kind: np.ones(1) if kind == "ranks_raw" else _sd(abnormal, partial(EVENT_VALUES[kind], plan))
        for kind in sorted(wanted)
    }
    settings = RankSettings(plan, abnormal, np.searchsorted(abnormal.row, used.positions.row), sd)
    cells = (plan.estimation_bars + plan.event_bars) * (RANKED_ARRAYS + len(data.series.factors))
    sums: Totals = reduce(_add, run(BlockTask(_rank_block, used, settings), blocks(len(rows), cells)), {})
    granks = {window: sums[window] for window in plan.tests_on if window in sums and sums[window].count[-1] > 1}
    return RankEvidence(sums.get("ranks_raw", NO_RANKS), sums.get("ranks_standardized", NO_RANKS), granks)


def _add(left: Totals, right: Totals) -> Totals:
    return {key: left[key] + sums if key in left else sums for key, sums in right.items()}


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


def _sd(abnormal: AbnormalReturns, values: Callable[[AbnormalReturns], FloatArray]) -> FloatArray:
    """Return the standard deviation of each column over events, NaN for one without variance; in two passes."""
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
        sd = np.sqrt(squares / (n - 1))
    return np.asarray(np.where(sd > 0, sd, np.nan))


def _rank_block(data: EventData, settings: RankSettings, rows: slice) -> Totals:
    plan = settings.plan
    block = plan.model.prepare(materialize(cut(data, plan.windows, rows, plan.kind)), plan.options)
    part = settings.abnormal.part(settings.at[rows])
    coef, sigma = part.fit.coef, np.sqrt(part.fit.sigma2)
    e = np.asarray(block.y) - coef[:, :1]
    for j in range(1, coef.shape[1]):
        e = e - coef[:, j : j + 1] * np.asarray(block.X[j - 1])
    # A return that is not finite is missing, and so is its residual.
    rows_with_gaps = np.flatnonzero(part.fit.n < e.shape[1])
    e[rows_with_gaps] = _finite(e[rows_with_gaps])
    with np.errstate(invalid="ignore", divide="ignore"):
        event = {kind: _finite(EVENT_VALUES[kind](plan, part) / sd) for kind, sd in settings.sd.items()}
    scaled = e / sigma[:, None] if event.keys() - {"ranks_raw"} else e
    ranks = row_ranks(scaled)
    sums: dict[Key, RankSums] = {}
    for kind, values in event.items():
        if kind == "granks":
            sums |= {w: grank_sums(scaled, ranks, values[:, i]) for i, w in enumerate(plan.tests_on)}
        else:
            sums[kind] = inserted_sums(ranks, e if kind == "ranks_raw" else scaled, values)
    return sums


def _finite(values: FloatArray) -> FloatArray:
    """Return the values with NaN in place of all that is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def grank_sums(scaled: FloatArray, estimation: Ranks, extra: FloatArray) -> RankSums:
    """Sum ranks of M residuals and one extra value: the residuals' own ranks need one more comparison, not a sort."""
    finite = np.isfinite(extra)
    if not finite.all():
        estimation = picked(estimation, finite)
        scaled, extra = scaled[finite], extra[finite]
    M = scaled.shape[1]
    with np.errstate(invalid="ignore"):
        above, equal = scaled > extra[:, None], scaled == extra[:, None]
    K, same = np.empty((len(scaled), M + 1)), np.count_nonzero(equal, axis=1)
    np.add(estimation.rank, above, out=K[:, :M])
    if same.any():
        K[:, :M] += 0.5 * equal
    K[:, M] = 1 + estimation.n - np.count_nonzero(above, axis=1) - 0.5 * same
    return sums_of(K, estimation.n + 1)
