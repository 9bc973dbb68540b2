"""Ranks of every event's residuals and event-window cells together, summed over events column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import FloatArray, IntArray


class Ranks(NamedTuple):
    """Average ranks (B, T) with NaN where a value is missing, values per row (B,), and their medians (B,)."""

    rank: FloatArray
    n: IntArray
    median: FloatArray


@dataclass(frozen=True, eq=False)
class RankSums:
    """Sums over events, column by column; T columns: estimation bars, then event cells.

    Attributes
    ----------
    centred : FloatArray, shape (T,)
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

    centred: FloatArray
    scaled: FloatArray
    signs: FloatArray
    count: FloatArray
    lengths: FloatArray

    def __add__(self, other: RankSums) -> RankSums:
        pairs = zip(self.columns(), other.columns(), strict=True)
        return RankSums(*(a + b for a, b in pairs))

    def columns(self) -> tuple[FloatArray, ...]:
        return self.centred, self.scaled, self.signs, self.count, self.lengths


def average_ranks(values: FloatArray) -> Ranks:
    """Rank each row, ties sharing their mean rank, missing values left out."""
    B, T = values.shape
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    n = np.isfinite(ordered).sum(axis=1)
    place = np.broadcast_to(np.arange(1.0, T + 1), (B, T))
    tied = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    if len(tied):
        place = place.copy()
        place[tied] = _shared_places(ordered[tied])
    rank = np.empty((B, T))
    np.put_along_axis(rank, order, place, axis=1)
    if (n < T).any():
        rank[~np.isfinite(values)] = np.nan
    rows, middle = np.arange(B), np.maximum(n, 1)
    median = 0.5 * (ordered[rows, (middle - 1) // 2] + ordered[rows, middle // 2])
    return Ranks(rank, n, median)


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
    """Rank each row of values (B, T) and sum over rows."""
    rank, n, median = average_ranks(values)
    middle = (n[:, None] + 1) / 2
    centred = rank - middle
    signs = np.sign(values - median[:, None])
    there = np.isfinite(rank)
    columns = (centred, centred / (n[:, None] + 1), signs)
    if there.all():
        summed = [column.sum(axis=0) for column in columns]
    else:
        summed = [np.where(there, column, 0.0).sum(axis=0) for column in columns]
    lengths = np.array([n.sum(), len(n)], dtype=np.float64)
    return RankSums(summed[0], summed[1], summed[2], there.sum(axis=0).astype(np.float64), lengths)
