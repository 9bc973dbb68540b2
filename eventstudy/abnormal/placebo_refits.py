"""The study moved to quiet dates, every model fitted again there: mean CARs of draws, two ways to the same numbers.

The two passes of the study itself are the default and the referee. Prefix sums are many times faster and lose digits
to whatever stands earlier in a series: one bad tick of 1e4 costs ten of them. So each window must pass a bound on its
own rounding error, those that fail are done in two passes, and a sample of the others is checked against two passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.gather import blocks
from eventstudy.abnormal.measure import Plan, measure_block
from eventstudy.abnormal.panel import Positions
from eventstudy.abnormal.placebo_dates import Moved
from eventstudy.abnormal.prefix import prefix_cars, serves
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.shards import Work
from eventstudy.arrays import FloatArray, IntArray

Path = Literal["two_pass", "prefix"]
Data = tuple[SeriesSet, FloatArray]
EVENTS_AT_ONCE = 256
REFEREED = 64
AGREE = 1e-9


@dataclass(frozen=True, eq=False)
class Refits:
    """Outcome of moving a study D times.

    Attributes
    ----------
    mean : FloatArray, shape (W, D)
        Mean CAR per window and draw, over the events of ``complete`` that have one there; NaN where none has.
    refits : int
        Models fitted: N times D.
    fallen_back : int
        Those that prefix sums were not trusted with.
    """

    mean: FloatArray
    refits: int
    fallen_back: int


Runner = Callable[[Work, list[slice]], Iterable[Any]]


def placebo_refits(
    data: Data, placed: tuple[Positions, Moved], plan: Plan, complete: np.ndarray, path: Path, run: Runner = map
) -> Refits:
    """Return the mean CARs of the study on each draw of dates.

    Parameters
    ----------
    data : (SeriesSet, FloatArray)
        Series, and the values models may learn from.
    placed : (Positions, Moved)
        N used events and their D quiet dates.
    plan : Plan
        Of the study; its collectors are left out.
    complete : array of bool, shape (W, N)
        Events that have a CAR in each tested window; the draws average the same events.
    path : {"two_pass", "prefix"}
    run : callable
        Maps the block function over blocks of events; the sums are taken in the order of the blocks.
    """
    positions, dates = placed
    plan = replace(plan, collect={})
    N, D = dates.reference.shape
    total, count = np.zeros((len(plan.tests_on), D)), np.zeros((len(plan.tests_on), D))
    pieces = [slice(low, min(low + EVENTS_AT_ONCE, N)) for low in range(0, N, EVENTS_AT_ONCE)]
    work = Work(_some, *data, positions, (dates, plan, path))
    fallen = 0
    for rows, (cars, doubtful) in zip(pieces, run(work, pieces), strict=True):
        there = np.isfinite(cars) & complete[:, rows, None]
        total += np.where(there, cars, 0.0).sum(axis=1)
        count += there.sum(axis=1)
        fallen += doubtful
    with np.errstate(invalid="ignore"):
        return Refits(np.where(count > 0, total / np.maximum(count, 1), np.nan), N * D, fallen)


def _some(
    series: SeriesSet, learn: FloatArray, positions: Positions, dates: Moved, plan: Plan, path: Path, rows: slice
) -> tuple[FloatArray, int]:
    """CARs of some events on all their dates, shape (W, B, D), and how many fits fell back to two passes."""
    data = series, learn
    s, reference, first = positions.series[rows], dates.reference[rows], dates.first[rows]
    if path == "two_pass" or not serves(plan, first - reference, len(series.factors)):
        return two_pass_cars(data, s, (reference, first), plan), 0
    cars, doubtful = prefix_cars(data, s, (reference, first), plan)
    trusted = np.argwhere(~doubtful & (reference >= 0))
    check = trusted[:: max(1, len(trusted) // REFEREED)]
    exact = _picked(data, s, (reference, first), plan, check)
    if not _agree(cars[:, check[:, 0], check[:, 1]], exact):
        return two_pass_cars(data, s, (reference, first), plan), int((reference >= 0).sum())
    again = np.argwhere(doubtful & (reference >= 0))
    cars[:, again[:, 0], again[:, 1]] = _picked(data, s, (reference, first), plan, again)
    return cars, len(again)


def _agree(left: FloatArray, right: FloatArray) -> bool:
    """Whether two ways agree to nine digits of each value or of a typical one, missing ones included."""
    there = np.isfinite(right)
    if not np.array_equal(there, np.isfinite(left)):
        return False
    room = np.abs(right[there]) + np.median(np.abs(right[there])) if there.any() else right[there]
    return bool((np.abs(left[there] - right[there]) <= AGREE * room).all())


def _picked(data: Data, s: IntArray, where: tuple[IntArray, IntArray], plan: Plan, cells: IntArray) -> FloatArray:
    reference, first = (ends[cells[:, 0], cells[:, 1]][:, None] for ends in where)
    return two_pass_cars(data, s[cells[:, 0]], (reference, first), plan)[:, :, 0]


def two_pass_cars(data: Data, s: IntArray, where: tuple[IntArray, IntArray], plan: Plan) -> FloatArray:
    """Return the CARs of B events on D dates each by the study's own two passes, shape (W, B, D)."""
    (series, learn), (reference, first) = data, where
    B, D = reference.shape
    there = np.flatnonzero(reference.ravel() >= 0)
    none = np.empty((len(there), 0), dtype=np.int64)
    flat = Positions(
        np.arange(len(there)), np.repeat(s, D)[there], reference.ravel()[there], first.ravel()[there], none, none, none
    )
    cars = np.full((len(plan.tests_on), B * D), np.nan)
    for rows in blocks(len(there), sum(plan.cells) * (1 + len(series.factors))):
        made = measure_block(series, learn, flat, plan, rows)
        used = book.is_used(made.status[0])
        for w, window in enumerate(plan.tests_on):
            cars[w, there[rows]] = np.where(used, made.ar[:, plan.columns(window)].sum(axis=1), np.nan)
    return cars.reshape(len(plan.tests_on), B, D)
