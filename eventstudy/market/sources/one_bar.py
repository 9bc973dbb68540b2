"""Columns of a wide table that are open, high, low and close of one instrument under names that are not known."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from eventstudy.arrays import FloatArray

ENOUGH_ROWS, MOST_COLUMNS = 20, 12
# Median range of a day, and median distance of open and close, in median moves from close to close.
WIDEST, FARTHEST = 6.0, 3.0


def bar_columns(values: Mapping[str, FloatArray]) -> tuple[str, ...]:
    """Return the names of high, low and the two columns between them, or () if no four columns are one bar.

    The high is never below and the low never above the others, the other two change their order, and all stay within
    a few daily moves of one another: instruments of their own do not.
    """
    rows = {len(column) for column in values.values()}
    if len(rows) != 1 or min(rows) < ENOUGH_ROWS or len(values) > MOST_COLUMNS:
        return ()
    for names in combinations(values, 4):
        columns = np.column_stack([values[name] for name in names])
        found = high_and_low(columns[np.isfinite(columns).all(axis=1)])
        if found is not None:
            return tuple(names[n] for n in found)
    return ()


def high_and_low(columns: FloatArray) -> tuple[int, ...] | None:
    """Return the places of high, low and the two columns between, shape (T, 4) in; None if they are not one bar."""
    if len(columns) < ENOUGH_ROWS:
        return None
    highs = np.flatnonzero((columns >= columns.max(axis=1, keepdims=True)).all(axis=0))
    lows = np.flatnonzero((columns <= columns.min(axis=1, keepdims=True)).all(axis=0))
    if len(highs) != 1 or len(lows) != 1 or highs[0] == lows[0]:
        return None
    high, low = int(highs[0]), int(lows[0])
    one, other = (n for n in range(4) if n not in (high, low))
    above = columns[:, one] > columns[:, other]
    move = float(np.median(np.abs(np.diff(columns[:, other]))))
    width = float(np.median(columns[:, high] - columns[:, low]))
    apart = float(np.median(np.abs(columns[:, one] - columns[:, other])))
    if not 0.1 < above.mean() < 0.9 or width > WIDEST * move or apart > FARTHEST * move:
        return None
    return high, low, one, other
