"""Paths and bars of a window: returns between moments at which the market trades, and the path they add up to."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.response.matching import Matched


def trading_columns(matched: Matched) -> IntArray:
    """Return the window's columns without context: its start, the last clean close, and every trading moment."""
    wanted: BoolArray = matched.open.copy()
    wanted[: matched.start] = False
    wanted[[matched.start, matched.zero]] = True
    return np.flatnonzero(wanted)


def bars_of(paths: FloatArray, columns: IntArray) -> FloatArray:
    """Return the bar returns between the columns, shape (..., T) to (..., n - 1)."""
    return np.asarray(np.diff(paths[..., columns], axis=-1))


def paths_of(bars: FloatArray, columns: IntArray, zero: int, moments: int) -> FloatArray:
    """Return the paths through 0 at column ``zero`` that bars add up to, shape (D, n - 1) to (D, moments).

    Moments between trading moments keep the value before; moments before the first column have none.

    Examples
    --------
    >>> paths_of(np.array([[1.0, 2.0, 4.0]]), np.array([1, 2, 4, 5]), 2, 6).tolist()
    [[nan, -1.0, 0.0, 0.0, 2.0, 6.0]]
    """
    total = np.concatenate([np.zeros((len(bars), 1)), np.cumsum(bars, axis=1)], axis=1)
    total = total - total[:, columns == zero]
    at = np.arange(moments)
    last = np.maximum(np.searchsorted(columns, at, side="right") - 1, 0)
    return np.where(at >= columns[0], total[:, last], np.nan)
