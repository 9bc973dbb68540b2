"""Columns that are the open, high, low and close of one instrument, recognized by their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from eventstudy.arrays import FloatArray

ENOUGH_ROWS = 20
# Median range of a day, and median distance of open and close, in median moves from close to close.
WIDEST, FARTHEST = 6.0, 3.0
# How many standard errors more bars must begin near the close before than end near the open before.
CERTAIN = 4.0


@dataclass(frozen=True)
class Bar:
    """The columns of one bar.

    Attributes
    ----------
    high, low : int
    between : tuple of int
        The columns between them: open and close where ``decided``.
    decided : bool
        Whether the values show which of two columns is the close.
    """

    high: int
    low: int
    between: tuple[int, ...]
    decided: bool


def find_bar(values: Mapping[int, FloatArray]) -> Bar | None:
    """Return the columns that are one bar, from rows in order of time; None if none are.

    The high is never below and the low never above the others, those change their order, and all stay within a few
    moves of one another: prices of different instruments do not. A bar begins near the close of the bar before, so
    that of two columns between high and low the one whose value is near the other's last value is the open.
    """
    distinct = [n for n, column in values.items() if np.isfinite(column).sum() >= ENOUGH_ROWS]
    for high, low in permutations(distinct, 2):
        if (values[high] >= values[low]).sum() < np.isfinite(values[high] + values[low]).sum():
            continue
        between = tuple(
            n for n in distinct if n not in (high, low) and is_between(values[n], values[low], values[high])
        )
        between = tuple(n for i, n in enumerate(between) if not any(same(values, n, m) for m in between[:i]))
        if len(between) >= 2 and is_bar(values, (high, low), between):
            order = in_order(values[between[0]], values[between[1]])
            pair = between[:2] if order >= 0 else between[1::-1]
            return Bar(high, low, (*pair, *between[2:]), len(between) == 2 and abs(order) >= CERTAIN)
    return None


def is_between(column: FloatArray, low: FloatArray, high: FloatArray) -> bool:
    """Return whether a column lies within the range of every row in which all three have a value."""
    known = np.isfinite(column + low + high)
    return bool(known.sum() >= ENOUGH_ROWS and ((low <= column) & (column <= high))[known].all())


def same(values: Mapping[int, FloatArray], one: int, other: int) -> bool:
    return bool(np.allclose(values[one], values[other], equal_nan=True))


def is_bar(values: Mapping[int, FloatArray], ends: tuple[int, int], between: tuple[int, ...]) -> bool:
    """Return whether columns within a range change their order and stay within a few moves of one another."""
    high, low, one, other = (values[n] for n in (*ends, *between[:2]))
    known = np.isfinite(high + low + one + other)
    high, low, one, other = high[known], low[known], one[known], other[known]
    if len(one) < ENOUGH_ROWS or not 0.1 < (one > other).sum() / max((one != other).sum(), 1) < 0.9:
        return False
    move = float(np.median(np.abs(np.diff(other))))
    width, apart = float(np.median(high - low)), float(np.median(np.abs(one - other)))
    return bool(width <= WIDEST * move and apart <= FARTHEST * move)


def in_order(one: FloatArray, other: FloatArray) -> float:
    """Return the evidence that the first column is the open and the second the close, in standard errors."""
    gap, reverse = np.abs(one[1:] - other[:-1]), np.abs(other[1:] - one[:-1])
    before, after = int((gap < reverse).sum()), int((reverse < gap).sum())
    return float((before - after) / np.sqrt(max(before + after, 1)))
