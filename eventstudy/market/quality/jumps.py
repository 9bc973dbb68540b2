"""Prices that jump as no market does (a unit, a split, one bad tick), or do not move at all."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.market.quality.findings import Sight, Subject, robust_scale, shown
from eventstudy.market.quality.rows import sight

# A fall of a third is a crash as often as a 3:2 split, so factors begin at 2.
UNIT = math.log(100)
SPLITS = np.log([2, 3, 4, 5, 6, 7, 8, 10, 20, 25, 50, 1000])
BAD_TICK_SCALES, SPLIT_SCALES = 25, 20
NEIGHBOURS, LOCAL = 5, 50


def find_bad_ticks(subject: Subject) -> Sight | None:
    """One close jumps away and the next comes back.

    A jump of more than 5 % and of more than 25 robust standard deviations of the 100 bars around it, of which the
    next bar takes back at least nine tenths.
    """
    if not len(subject.jumps):
        return None
    moves = subject.changes
    where = np.zeros(len(subject.raw), dtype=np.bool_)
    for move in subject.jumps[subject.jumps < len(moves) - 1].tolist():
        size = abs(moves[move])
        around = robust_scale(moves[max(0, move - LOCAL) : move + LOCAL])
        where[move + 1] = abs(moves[move] + moves[move + 1]) < 0.1 * size and size > BAD_TICK_SCALES * around > 0
    if not where.any():
        return None
    row = int(np.argmax(where))
    return sight(where, f"{prices(subject, row - 1, row + 2)} at {shown(subject, row)} jumps away and back")


def find_unit_jumps(subject: Subject) -> Sight | None:
    """The level changes by a factor of 100: another unit."""
    if not len(subject.jumps):
        return None
    size = np.abs(subject.changes[subject.jumps])
    return level_change(subject, subject.jumps[np.abs(size - UNIT) < 0.1], "the level changes about 100 times")


def find_splits(subject: Subject) -> Sight | None:
    """The level changes by the factor of a split or a redenomination, and stays there."""
    found = [move for move in subject.jumps.tolist() if looks_like_a_split(subject, move)]
    return level_change(subject, np.array(found, dtype=np.int64), "the level changes like a split")


def looks_like_a_split(subject: Subject, move: int) -> bool:
    """Return whether a move has the size of a split, is far beyond the usual, and the level stays afterwards."""
    size = abs(float(subject.changes[move]))
    if (np.abs(SPLITS - size) >= 0.03).all() or size <= SPLIT_SCALES * subject.scale:
        return False
    before = np.nanmedian(subject.raw.close[max(0, move + 1 - NEIGHBOURS) : move + 1])
    after = np.nanmedian(subject.raw.close[move + 1 : move + 1 + NEIGHBOURS])
    return abs(abs(math.log(after / before)) - size) < 0.1


def level_change(subject: Subject, moves: IntArray, words: str) -> Sight | None:
    """Return the rows at which the level changes, with the first two prices as the example."""
    if not len(moves):
        return None
    row = int(moves[0]) + 1
    return Sight(moves + 1, f"{words}: {prices(subject, row - 1, row + 1)} at {shown(subject, row)}")


def prices(subject: Subject, start: int, stop: int) -> str:
    """Return a few closes as they follow each other."""
    return " -> ".join(f"{p:.6g}" for p in subject.raw.close[start:stop])


def find_stale_runs(subject: Subject) -> Sight | None:
    """The close stays unchanged, without trading, for longer than the series' own habit explains.

    With a share p of unchanged bars, a run of k or more is expected about n p^k times; a run counts as stale where
    that is below one in a thousand. Bars with a volume of their own are trades at the same price and do not count.
    """
    volume = subject.raw.columns.get("volume")
    still = subject.ratios == 1
    if volume is not None and still.any():
        rows = np.flatnonzero(still)
        still[rows] = ~(volume[rows + 1] > 0) | (volume[rows + 1] == volume[rows])
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
