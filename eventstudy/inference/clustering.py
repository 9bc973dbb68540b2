"""The mean correlation of estimation residuals over pairs of events, aligned on calendar time, diagonal left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray

MAX_PAIRS = 1_000_000
FLAT = 1e-12


def mean_correlation(evidence: Mapping[str, Any]) -> float:
    """Return r-bar of Kolari and Pynnonen over all pairs i != j; NaN for fewer than two events.

    The sum over pairs is ``sum_t (sum_i u_it)^2 - N`` with residuals ``u_i`` of length one on calendar time: O(N T).
    Events with one estimation window but bars missing here and there are corrected to their correlation on common bars
    exactly. Windows that overlap in part count by the part; windows that do not meet count zero.
    """
    if "mean_correlation" in evidence:
        return float(evidence["mean_correlation"])
    calendar = evidence["calendar_sums"]
    N = float(calendar[-1])
    if N < 2:
        return float("nan")
    pairs = float(np.square(calendar[:-1]).sum() - N)
    if "residuals" in evidence:
        pairs += _common_support(evidence["residuals"])
    return pairs / (N * (N - 1))


def _common_support(kept: FloatArray) -> float:
    """Return what the sum over pairs changes by when pairs of one window are normed on their common bars.

    Only pairs with a row that misses bars change.
    """
    start, e = kept[:, 0], kept[:, 1:]
    holed = np.asarray(~np.isfinite(e).all(axis=1))
    order = np.argsort(start, kind="stable")
    edges = np.searchsorted(start[order], np.unique(start[holed]))
    ends = np.searchsorted(start[order], np.unique(start[holed]), side="right")
    groups = (order[low:high] for low, high in zip(edges, ends, strict=True) if high - low > 1)
    return sum((_pairs(e[rows], holed[rows]) for rows in groups), 0.0)


def _pairs(e: FloatArray, holed: BoolArray) -> float:
    """Sum, over ordered pairs with a holed row, of their correlation on common bars less that of their own bars."""
    there = np.isfinite(e)
    W, E = there.astype(np.float64), np.where(there, e, 0.0)
    unit, squares = _unit(e), np.square(E)
    total = 0.0
    for rows in np.array_split(np.flatnonzero(holed), 1 + holed.sum() * len(e) // MAX_PAIRS):
        n = np.maximum(W[rows] @ W.T, 1)
        left, right = E[rows] @ W.T, W[rows] @ E.T
        own, other = squares[rows] @ W.T, W[rows] @ squares.T
        spread = (own - left**2 / n, other - right**2 / n)
        flat = (n < 3) | (spread[0] <= FLAT * own) | (spread[1] <= FLAT * other)
        product = np.where(flat, 1.0, spread[0] * spread[1])
        change = np.where(flat, 0.0, (E[rows] @ E.T - left * right / n) / np.sqrt(product)) - unit[rows] @ unit.T
        change[np.arange(len(rows)), rows] = 0.0
        # A pair of a holed and a complete row is met once here, a pair of two holed rows twice.
        total += float((change * np.where(holed, 1.0, 2.0)).sum())
    return total


def _unit(e: FloatArray) -> FloatArray:
    """Center each row and bring it to length one, missing bars 0."""
    there = np.isfinite(e)
    n = np.maximum(there.sum(axis=1, keepdims=True), 1)
    filled = np.where(there, e, 0.0)
    centerd = np.where(there, filled - filled.sum(axis=1, keepdims=True) / n, 0.0)
    length = np.sqrt(np.einsum("ij,ij->i", centerd, centerd))[:, None]
    unit: FloatArray = np.divide(centerd, length, out=np.zeros_like(centerd), where=length > 0)
    return unit
