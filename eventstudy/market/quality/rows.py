"""Rows in the wrong order, twice, from the future, or without a usable price."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.market.quality.problems import Defect, Subject, extremes, robust_scale, shown
from eventstudy.market.raw import RawBars, take

# A fall of a third is a crash as often as a 3:2 split, so factors begin at 2.
UNIT = math.log(100)
SPLITS = np.log([2, 3, 4, 5, 6, 7, 8, 10, 20, 25, 50, 1000])
BAD_TICK_SCALES, SPLIT_SCALES = 25, 20
NEIGHBORS, LOCAL = 5, 50
JUMP, LARGE, LARGE_SCALES = 0.4, math.log(1.15), 12


def find_bad_ticks(subject: Subject) -> Defect | None:
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
        if abs(moves[move] + moves[move + 1]) < 0.1 * size:
            around = robust_scale(moves[max(0, move - LOCAL) : move + LOCAL])
            where[move + 1] = size > BAD_TICK_SCALES * around > 0
    if not where.any():
        return None
    row = int(np.argmax(where))
    return defect(where, f"{prices(subject, row - 1, row + 2)} at {shown(subject, row)} jumps away and back")


def find_unit_jumps(subject: Subject) -> Defect | None:
    """The level changes by a factor of 100: another unit."""
    if not len(subject.jumps):
        return None
    size = np.abs(subject.changes[subject.jumps])
    return level_change(subject, subject.jumps[np.abs(size - UNIT) < 0.1], "the level changes about 100 times")


def find_splits(subject: Subject) -> Defect | None:
    """The level changes by the factor of a split or a redenomination, and stays there."""
    found = [move for move in subject.jumps.tolist() if looks_like_a_split(subject, move)]
    return level_change(subject, np.array(found, dtype=np.int64), "the level changes like a split")


def looks_like_a_split(subject: Subject, move: int) -> bool:
    """Return whether a move has the size of a split, is far beyond the usual, and the level stays afterwards."""
    size = abs(float(subject.changes[move]))
    if (np.abs(SPLITS - size) >= 0.03).all() or size <= SPLIT_SCALES * subject.scale:
        return False
    before = np.nanmedian(subject.raw.close[max(0, move + 1 - NEIGHBORS) : move + 1])
    after = np.nanmedian(subject.raw.close[move + 1 : move + 1 + NEIGHBORS])
    level = float(after / before)
    return level > 0 and abs(abs(math.log(level)) - size) < 0.1


def find_large_jumps(subject: Subject) -> Defect | None:
    """The level changes by more than 40 %, or far beyond the usual and by more than 15 %, and stays there."""
    found = [move for move in subject.jumps.tolist() if large_and_stays(subject, move)]
    return level_change(subject, np.array(found, dtype=np.int64), f"{len(found)} jump(s) that stay")


def large_and_stays(subject: Subject, move: int) -> bool:
    """Return whether a move that is neither a split nor a change of unit is large, and the level stays afterwards."""
    change = float(subject.changes[move])
    size = abs(change)
    if is_usual(subject, move) and abs(math.expm1(change)) <= JUMP:
        return False
    if abs(size - UNIT) < 0.1 or looks_like_a_split(subject, move):
        return False
    after = subject.raw.close[move + 1 : move + 1 + NEIGHBORS]
    before = subject.raw.close[max(0, move + 1 - NEIGHBORS) : move + 1]
    level = float(np.nanmedian(after) / np.nanmedian(before))
    return level > 0 and 0.75 < math.log(level) / change < 1.25


def is_usual(subject: Subject, move: int) -> bool:
    """Return whether a move is at most 15 %, or of the size that the moves around it or those of the series explain."""
    size = abs(float(subject.changes[move]))
    if size <= LARGE:
        return True
    around = robust_scale(subject.changes[max(0, move - LOCAL) : move + LOCAL])
    return size <= LARGE_SCALES * max(subject.scale, around)


def level_change(subject: Subject, moves: IntArray, words: str) -> Defect | None:
    """Return the rows at which the level changes, with the first two prices as the example."""
    if not len(moves):
        return None
    row = int(moves[0]) + 1
    return Defect(moves + 1, f"{words}: {prices(subject, row - 1, row + 1)} at {shown(subject, row)}")


def prices(subject: Subject, start: int, stop: int) -> str:
    """Return a few closes as they follow each other."""
    return " -> ".join(f"{p:.6g}" for p in subject.raw.close[start:stop])


def find_stale_runs(subject: Subject) -> Defect | None:
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
    longest = max(NEIGHBORS, math.ceil(math.log(1e-3 / n) / math.log(p))) if p < 1 else NEIGHBORS
    length = run_lengths(still)
    where = np.concatenate(([False], length >= longest))
    if not where.any():
        return None
    row = int(np.argmax(where))
    return defect(
        where, f"the close stays at {subject.raw.close[row]:.6g} for {int(length.max())} bars without trading"
    )


def run_lengths(flags: BoolArray) -> FloatArray:
    """Return for each true flag the length of the run it belongs to, 0 for a false one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    lengths = np.zeros(len(flags))
    starts, stops = edges[::2], edges[1::2]
    lengths[flags] = np.repeat(stops - starts, stops - starts)
    return lengths


RANGE = ("open", "high", "low")


def defect(where: BoolArray, message: str) -> Defect | None:
    """Return the rows where something holds, or None where it holds nowhere."""
    rows = np.flatnonzero(where)
    return Defect(np.asarray(rows, dtype=np.int64), message) if len(rows) else None


def drop(raw: RawBars, rows: IntArray) -> RawBars:
    """Leave the rows out."""
    keep = np.ones(len(raw), dtype=np.bool_)
    keep[rows] = False
    return take(raw, keep)


def find_disorder(subject: Subject) -> Defect | None:
    """A row is earlier than the one before it."""
    late = subject.raw.wall[1:] < subject.raw.wall[:-1]
    if not late.any():
        return None
    row = int(np.argmax(late)) + 1
    where = np.concatenate(([False], late))
    return defect(where, f"{shown(subject, row)} stands after {shown(subject, row - 1)}")


def sort(raw: RawBars, rows: IntArray) -> RawBars:
    """Put all rows in order of time."""
    return take(raw, np.argsort(raw.wall, kind="stable"))


def same_as_before(subject: Subject) -> BoolArray:
    """Return the rows that have time and values of the row before them."""
    same = subject.again.copy()
    for values in subject.raw.columns.values():
        same[1:] &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    return same


def find_duplicates(subject: Subject) -> Defect | None:
    """A row repeats the one before it exactly."""
    if not subject.again.any():
        return None
    return defect(same_as_before(subject), "a row repeats the one before it, time and values")


def find_conflicts(subject: Subject) -> Defect | None:
    """Two rows give different values for one time."""
    if not subject.again.any():
        return None
    return defect(subject.again & ~same_as_before(subject), "two rows give different values for one time")


def find_future(subject: Subject) -> Defect | None:
    """A bar closes after the present."""
    if subject.now_us is None or not len(subject.raw) or subject.closes.max() <= subject.now_us:
        return None
    return defect(subject.closes > subject.now_us, "bars close in the future")


def find_missing(subject: Subject) -> Defect | None:
    """A row has no closing price."""
    return defect(np.isnan(subject.raw.close), "no closing price")


def find_nothing(subject: Subject) -> Defect | None:
    """After all repairs no row is left."""
    return None if len(subject.raw) else Defect(np.empty(0, dtype=np.int64), "no row with a usable price is left")


def find_infinite(subject: Subject) -> Defect | None:
    """The closing price is infinite."""
    return defect(np.isinf(subject.raw.close), "the closing price is infinite")


def find_zero(subject: Subject) -> Defect | None:
    """The closing price is zero: an empty bar that was filled in."""
    return defect(subject.raw.close == 0, "the closing price is zero")


def find_negative(subject: Subject) -> Defect | None:
    """The closing price is below zero."""
    return defect(subject.raw.close < 0, "the closing price is below zero and has no logarithm")


def find_bad_range(subject: Subject) -> Defect | None:
    """Open, high or low is zero, negative or infinite although the close is a price."""
    if all(low > 0 and high < np.inf for low, high in map(extremes, ranges(subject.raw).values())):
        return None
    where = np.logical_or.reduce(impossible(subject.raw), axis=0)
    return defect(np.asarray(where, dtype=np.bool_), "open, high or low is not a price")


def ranges(raw: RawBars) -> dict[str, FloatArray]:
    """Return the opens, highs and lows there are."""
    return {name: raw.columns[name] for name in RANGE if name in raw.columns}


def impossible(raw: RawBars) -> BoolArray:
    """Return which opens, highs and lows are zero, negative or infinite, shape (3, T)."""
    found = np.zeros((len(RANGE), len(raw)), dtype=np.bool_)
    for name, values in ranges(raw).items():
        found[RANGE.index(name)] = (values <= 0) | np.isinf(values)
    return found


def blank_impossible(raw: RawBars, rows: IntArray) -> RawBars:
    """Set the opens, highs and lows that are not prices to missing."""
    bad = dict(zip(RANGE, impossible(raw), strict=True))
    columns = {name: np.where(bad[name], np.nan, v) if name in bad else v for name, v in raw.columns.items()}
    return replace(raw, columns=columns)


def find_high_below_low(subject: Subject) -> Defect | None:
    """The high is below the low."""
    columns = subject.raw.columns
    if not {"high", "low"} <= columns.keys():
        return None
    return defect(columns["high"] < columns["low"], "the high is below the low")


def find_close_outside(subject: Subject) -> Defect | None:
    """The close (or the open) lies outside the range from low to high."""
    columns = subject.raw.columns
    if not {"high", "low"} <= columns.keys():
        return None
    high, low = columns["high"], columns["low"]
    prices = [columns[name] for name in ("close", "open") if name in columns]
    beyond = [side for price in prices for side in (price > high, price < low)]
    if not any(side.any() for side in beyond):
        return None
    outside = np.logical_or.reduce(beyond) & (high >= low)
    return defect(np.asarray(outside, dtype=np.bool_), "open or close lies outside low to high")


def blank_range(raw: RawBars, rows: IntArray) -> RawBars:
    """Set high and low of the rows missing; the close stays."""
    columns = {name: values.copy() if name in {"high", "low"} else values for name, values in raw.columns.items()}
    for name in ("high", "low"):
        columns[name][rows] = np.nan
    return replace(raw, columns=columns)
