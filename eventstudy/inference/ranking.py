"""Ranks of every event's residuals and event-window cells together, summed over events column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import BoolArray, FloatArray, IntArray


class Ranks(NamedTuple):
    """Average ranks (B, T) with NaN where a value is missing, and the values in order, missing ones last.

    Per row: values, their median, and whether any tie.
    """

    rank: FloatArray
    n: IntArray
    median: FloatArray
    tied: BoolArray
    ordered: FloatArray


@dataclass(frozen=True, eq=False)
class RankSums:
    """Sums over events, column by column; T columns: estimation bars, then event cells.

    Attributes
    ----------
    centered : FloatArray, shape (T,)
        ``sum_i (K_it - (n_i + 1) / 2)``.
    scaled : FloatArray, shape (T,)
        ``sum_i (K_it / (n_i + 1) - 1/2)``.
    signs : FloatArray, shape (T,)
        ``sum_i sign(A_it - median_i)``.
    count : FloatArray, shape (T,)
        Events with a value in the column.
    lengths : FloatArray, shape (2,)
        Sum of n_i, and number of events.
    """

    centered: FloatArray
    scaled: FloatArray
    signs: FloatArray
    count: FloatArray
    lengths: FloatArray

    def __add__(self, other: RankSums) -> RankSums:
        pairs = zip(self.columns(), other.columns(), strict=True)
        return RankSums(*(a + b for a, b in pairs))

    def columns(self) -> tuple[FloatArray, ...]:
        return self.centered, self.scaled, self.signs, self.count, self.lengths


NO_RANKS = RankSums(np.empty(0), np.empty(0), np.empty(0), np.empty(0), np.zeros(2))


def row_ranks(values: FloatArray) -> Ranks:
    """Rank each row, missing values left out; ties share their mean rank."""
    B, T = values.shape
    order = np.argsort(values, axis=1)
    order += (np.arange(B) * T)[:, None]
    ordered = np.take(values, order)
    rank = np.empty((B, T))
    np.put(rank, order, np.arange(1.0, T + 1))
    tied = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    if tied.any():
        np.put(rank, order[tied], _shared_places(ordered[tied]))
    n = np.full(B, T, dtype=np.int64)
    # Missing values sort to the ends.
    holed = np.flatnonzero(~np.isfinite(ordered[:, :1] + ordered[:, -1:]).all(axis=1))
    n[holed] = np.isfinite(ordered[holed]).sum(axis=1)
    rank[holed] = np.where(np.isfinite(values[holed]), rank[holed], np.nan)
    rows, middle = np.arange(B), np.maximum(n, 1)
    median = 0.5 * (ordered[rows, (middle - 1) // 2] + ordered[rows, middle // 2])
    return Ranks(rank, n, median, tied, ordered)


def picked(ranks: Ranks, rows: BoolArray) -> Ranks:
    """Return the ranks of some rows."""
    if rows.all():
        return ranks
    return Ranks(ranks.rank[rows], ranks.n[rows], ranks.median[rows], ranks.tied[rows], ranks.ordered[rows])


def _shared_places(ordered: FloatArray) -> FloatArray:
    T = ordered.shape[1]
    fresh = np.ones(ordered.shape, dtype=bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    index = np.arange(T)
    first = np.maximum.accumulate(np.where(fresh, index, 0), axis=1)
    ends = np.ones(ordered.shape, dtype=bool)
    ends[:, :-1] = fresh[:, 1:]
    last = np.minimum.accumulate(np.where(ends, index, T - 1)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((first + last) / 2 + 1, dtype=np.float64)


def rank_sums(values: FloatArray) -> RankSums:
    """Rank each row of values (B, T) and sum over rows; signs are about the row's median."""
    ranks = row_ranks(values)
    centered, signs = _about_the_middle(ranks.rank, ranks.n)
    # A tie at the median has the sign 0 although its mean rank may lie off the middle.
    signs[ranks.tied] = np.sign(values[ranks.tied] - ranks.median[ranks.tied, None])
    return _summed(centered, signs, ranks.n)


def inserted_sums(estimation: Ranks, values: FloatArray, extra: FloatArray) -> RankSums:
    """Rank each row of ``values`` (B, M) and ``extra`` (B, L) together and sum over rows, as ``rank_sums`` does.

    ``own`` are the ranks of the values, or of any increasing function of them. A value's rank grows by the extra ones
    below it, which takes a comparison each; only rows with ties are sorted again.
    """
    free = ~estimation.tied
    below = _below(values, extra)
    rank, tied = _inserted(estimation, extra, below)
    free &= ~tied
    again = np.concatenate([values[~free], extra[~free]], axis=1)
    n = estimation.n + np.isfinite(extra).sum(axis=1)
    if free.all():
        return sums_of(rank, n)
    return sums_of(rank[free], n[free]) + rank_sums(again)


def _below(values: FloatArray, extra: FloatArray) -> NDArray[np.signedinteger[Any]]:
    """Count, for each value, the extra ones of its row that are smaller; shape (B, M)."""
    count = np.zeros(values.shape, dtype=np.int8 if extra.shape[1] < 128 else np.int32)
    smaller = np.empty(values.shape, dtype=np.bool_)
    for column in extra.T:
        np.greater(values, column[:, None], out=smaller)
        np.add(count, smaller.view(np.int8), out=count)
    return count


def _inserted(
    estimation: Ranks, extra: FloatArray, below: NDArray[np.signedinteger[Any]]
) -> tuple[FloatArray, BoolArray]:
    """Return the ranks of values and extra ones together (B, M + L), if no two are equal, and which rows have such."""
    (B, M), L = estimation.rank.shape, extra.shape[1]
    row = np.arange(B)
    order = np.argsort(extra, axis=1)
    ranked = np.take_along_axis(extra, order, axis=1)
    # Of the values of a row, as many lie above its j-th smallest extra one as have j or more of them below.
    counts = np.bincount((below + (row * (L + 1))[:, None]).ravel(), minlength=B * (L + 1)).reshape(B, L + 1)
    above = np.cumsum(counts[:, :0:-1], axis=1)[:, ::-1]
    until = estimation.n[:, None] - above
    rank = np.empty((B, M + L))
    np.add(estimation.rank, below, out=rank[:, :M])
    place = np.where(np.isfinite(ranked), until + np.arange(1, L + 1), np.nan)
    np.put_along_axis(rank[:, M:], order, place, axis=1)
    next_below = estimation.ordered[row[:, None], np.maximum(until - 1, 0)]
    tied = (ranked == next_below).any(axis=1) | (ranked[:, 1:] == ranked[:, :-1]).any(axis=1)
    return rank, tied


def sums_of(rank: FloatArray, n: IntArray) -> RankSums:
    """Sum ranks over rows; signs are those of the ranks about their middle."""
    return _summed(*_about_the_middle(rank, n), n)


def _about_the_middle(rank: FloatArray, n: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return ranks less their middle, in place, and their signs: they are multiples of a half."""
    rank -= (n[:, None] + 1) / 2
    return rank, np.clip(2 * rank, -1.0, 1.0)


def _summed(centered: FloatArray, signs: FloatArray, n: IntArray) -> RankSums:
    T = centered.shape[1]
    lost = np.zeros(T)
    holed = np.flatnonzero(n < T)
    if len(holed):
        finite = np.isfinite(centered[holed])
        lost += (~finite).sum(axis=0)
        centered[holed], signs[holed] = np.where(finite, centered[holed], 0.0), np.where(finite, signs[holed], 0.0)
    scaled = np.einsum("i,ij->j", 1 / (n + 1), centered)
    lengths = np.array([n.sum(), len(n)], dtype=np.float64)
    return RankSums(centered.sum(axis=0), scaled, signs.sum(axis=0), len(n) - lost, lengths)
