"""The mean correlation of estimation residuals over pairs of events, aligned on calendar time, diagonal left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eventstudy.arrays import FloatArray

MAX_GROUP_CELLS = 50_000_000


def mean_correlation(evidence: Mapping[str, Any]) -> float:
    """Return r-bar of Kolari and Pynnonen over all pairs i != j; NaN for fewer than two events.

    The sum over pairs is ``sum_t (sum_i u_it)^2 - N`` with residuals ``u_i`` of length one on calendar time: O(N T).
    Events with one estimation window but bars missing here and there are corrected to their correlation on common bars
    exactly. Windows that overlap in part count by the part; windows that do not meet count zero.
    """
    calendar = evidence["calendar_sums"]
    N = float(calendar[-1])
    if N < 2:
        return float("nan")
    pairs = float(np.square(calendar[:-1]).sum() - N)
    if "residuals" in evidence:
        pairs += _common_support(evidence["residuals"])
    return pairs / (N * (N - 1))


def _common_support(kept: FloatArray) -> float:
    """Return what the sum over pairs changes by when pairs of one window are normed on their common bars."""
    start, e = kept[:, 0], kept[:, 1:]
    there = np.isfinite(e)
    change = 0.0
    for window in np.unique(start[~there.all(axis=1)]):
        rows = start == window
        if rows.sum() < 2:
            continue
        supports, member = np.unique(there[rows], axis=0, return_inverse=True)
        G = len(supports)
        if G > 1 and G * G * e.shape[1] <= MAX_GROUP_CELLS:
            change += _exact(e[rows], supports, member.ravel()) - _own(e[rows])
    return change


def _unit(e: FloatArray) -> FloatArray:
    """Centre each row and bring it to length one, missing bars 0."""
    there = np.isfinite(e)
    n = np.maximum(there.sum(axis=1, keepdims=True), 1)
    filled = np.where(there, e, 0.0)
    centred = np.where(there, filled - filled.sum(axis=1, keepdims=True) / n, 0.0)
    length = np.sqrt(np.einsum("ij,ij->i", centred, centred))[:, None]
    unit: FloatArray = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return unit


def _own(e: FloatArray) -> float:
    unit = _unit(e)
    return float(np.square(unit.sum(axis=0)).sum() - np.square(unit).sum())


def _exact(e: FloatArray, supports: np.ndarray[Any, Any], member: np.ndarray[Any, Any]) -> float:
    total = 0.0
    for g in range(len(supports)):
        for h in range(g, len(supports)):
            common = supports[g] & supports[h]
            if common.sum() < 3:
                continue
            left = _unit(e[member == g][:, common])
            if g == h:
                total += float(np.square(left.sum(axis=0)).sum() - np.square(left).sum())
            else:
                right = _unit(e[member == h][:, common])
                total += 2 * float(left.sum(axis=0) @ right.sum(axis=0))
    return total
