"""Prices that jump as no market does (a unit, a split, one bad tick), or do not move at all."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.market.quality.findings import Sight, Subject, robust_scale, shown
from eventstudy.market.quality.rows import sight

# A fall of a third is a crash as often as a 3:2 split, so factors begin at 2.
UNIT = math.log(100)
SPLITS = np.log([2, 3, 4, 5, 6, 7, 8, 10, 20, 25, 50, 1000])
BAD_TICK_SCALES, BAD_TICK_MOVE = 25, 0.05
SPLIT_SCALES = 20
NEIGHBOURS, LOCAL = 5, 50


def find_bad_ticks(subject: Subject) -> Sight | None:
    """One close jumps away and the next comes back.

    A jump of more than 5 % and of more than 25 robust standard deviations of the 100 bars around it, of which the
    next bar takes back at least nine tenths.
    """
    moves, back = subject.changes[:-1], subject.changes[1:]
    size = np.abs(moves)
    where = np.zeros(len(subject.raw), dtype=np.bool_)
    for move in np.flatnonzero((size > BAD_TICK_MOVE) & (np.abs(moves + back) < 0.1 * size)):
        around = robust_scale(subject.changes[max(0, move - LOCAL) : move + LOCAL])
        where[move + 1] = size[move] > BAD_TICK_SCALES * around > 0
    if not where.any():
        return None
    row = int(np.argmax(where))
    return sight(where, f"{prices(subject, row - 1, row + 2)} at {shown(subject, row)} jumps away and back")


def find_unit_jumps(subject: Subject) -> Sight | None:
    """The level changes by a factor of 100: another unit."""
    jumps = np.abs(np.abs(subject.changes) - UNIT) < 0.1
    return level_change(subject, jumps, "the level changes about 100 times")


def find_splits(subject: Subject) -> Sight | None:
    """The level changes by the factor of a split or a redenomination, and stays there."""
    size = np.abs(subject.changes)
    if not (size > SPLITS[0] - 0.03).any() or not subject.scale:
        return None
    near = np.zeros(len(size), dtype=np.bool_)
    for row in np.flatnonzero((size > SPLITS[0] - 0.03) & (size > SPLIT_SCALES * subject.scale)):
        before = np.nanmedian(subject.raw.close[max(0, row + 1 - NEIGHBOURS) : row + 1])
        after = np.nanmedian(subject.raw.close[row + 1 : row + 1 + NEIGHBOURS])
        level = abs(math.log(after / before))
        near[row] = bool((np.abs(SPLITS - size[row]) < 0.03).any() and abs(level - size[row]) < 0.1)
    return level_change(subject, near, "the level changes like a split")


def level_change(subject: Subject, jumps: BoolArray, words: str) -> Sight | None:
    """Return the rows at which the level changes, with the first two prices as the example."""
    if not jumps.any():
        return None
    row = int(np.argmax(jumps)) + 1
    where = np.concatenate(([False], jumps))
    return sight(where, f"{words}: {prices(subject, row - 1, row + 1)} at {shown(subject, row)}")


def prices(subject: Subject, start: int, stop: int) -> str:
    """Return a few closes as they follow each other."""
    return " -> ".join(f"{p:.6g}" for p in subject.raw.close[start:stop])


def find_stale_runs(subject: Subject) -> Sight | None:
    """The close stays unchanged, without trading, for longer than the series' own habit explains.

    With a share p of unchanged bars, a run of k or more is expected about n p^k times; a run counts as stale where
    that is below one in a thousand. Bars with a volume of their own are trades at the same price and do not count.
    """
    volume = subject.raw.columns.get("volume")
    still = subject.changes == 0
    if volume is not None:
        traded = np.nan_to_num(volume[1:]) > 0
        still &= ~traded | (volume[1:] == volume[:-1])
    n, p = len(still), float(still.mean()) if len(still) else 0.0
    if p == 0.0:
        return None
    longest = max(NEIGHBOURS, math.ceil(math.log(1e-3 / n) / math.log(p))) if p < 1 else NEIGHBOURS
    length = run_lengths(still)
    where = np.concatenate(([False], length >= longest))
    if not where.any():
        return None
    row = int(np.argmax(where))
    return sight(where, f"the close stays at {subject.raw.close[row]:.6g} for {int(length.max())} bars without trading")


def run_lengths(flags: BoolArray) -> FloatArray:
    """Return for each true flag the length of the run it belongs to, 0 for a false one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    lengths = np.zeros(len(flags))
    starts, stops = edges[::2], edges[1::2]
    lengths[flags] = np.repeat(stops - starts, stops - starts)
    return lengths
