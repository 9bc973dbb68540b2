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

from eventstudy.abnormal import events as book
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.gather import blocks
from eventstudy.abnormal.measure import Plan, measure_block
from eventstudy.abnormal.models import regressions, simple
from eventstudy.abnormal.placebo.dates import Moved
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.abnormal.series import SeriesSet, Work
from eventstudy.arrays import BoolArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
# Share of a slope or a mean that rounding may take; a window that may lose more goes through two passes.
TRUSTED = 1e-9
FEW_CHANGES = 5
CENTERD_BY = 250
ONE, Y, X, YY, XX, XY = range(6)


def serves(plan: Plan, merged: IntArray, factors: int) -> bool:
    """Whether prefix sums know the model: a mean, or least squares on one regressor; merged simple returns compound."""
    if plan.windows.estimation is None or (plan.kind == "simple" and bool((merged > 1).any())):
        return False
    if plan.model.function is simple.constant_mean:
        return True
    return plan.model.function is regressions.regression and factors == 1 and regressions.plain(plan.options)


def prefix_cars(
    data: tuple[SeriesSet, FloatArray], s: IntArray, where: tuple[IntArray, IntArray], plan: Plan
) -> tuple[FloatArray, BoolArray]:
    """Return CARs (W, B, D) of B events on D dates each, and which of them (B, D) must not be trusted.

    ``where`` are the bars (reference, first); the CARs of dates that are not there are NaN.
    """
    (series, learn), (reference, first) = data, where
    cars = np.full((len(plan.tests_on), *reference.shape), np.nan)
    doubtful = np.zeros(reference.shape, dtype=bool)
    for one in np.unique(s):
        rows = np.flatnonzero(s == one)
        sums, study = _sums(series, learn, int(one))
        ends = reference[rows], first[rows]
        cars[:, rows], doubtful[rows] = _cars(sums, study, ends, plan)
    cars[:, reference < 0] = np.nan
    return cars, doubtful


def _sums(series: SeriesSet, learn: FloatArray, s: int) -> tuple[FloatArray, FloatArray]:
    """Prefix sums (6, T + 1) of what the model learns from, and (3, T + 1) of what is studied; last row: changes."""
    low, time_low, T = int(series.offset[s]), int(series.time_offset[s]), int(series.length[s])
    x = series.factors[0, time_low : time_low + T] if len(series.factors) else np.zeros(T)
    y, own = learn[low : low + T], series.values[low : low + T]
    middle = _middle(own), _middle(x)
    learned = _prefix(y - middle[0], x - middle[1], squares=True)
    same = y is own or np.shares_memory(y, own)
    studied = learned[:3] if same else _prefix(own - middle[0], x - middle[1], squares=False)
    changes = np.concatenate([[0.0, 0.0], np.cumsum(y[1:] != y[:-1])])
    return np.concatenate([learned, changes[None]]), studied


def _middle(values: FloatArray) -> float:
    """Return the median of some hundred values spread over all: any center serves that is near most of them.

    Centering by a mean would carry a bad tick into every window, the earlier ones as well.
    """
    some = values[:: max(1, len(values) // CENTERD_BY)]
    there = some[np.isfinite(some)]
    return float(np.median(there)) if len(there) else 0.0


def _prefix(y: FloatArray, x: FloatArray, *, squares: bool) -> FloatArray:
    rows = [np.ones(len(y)), y, x, *((y * y, x * x, x * y) if squares else ())]
    there = np.isfinite(y + x)
    if not there.all():
        rows = [np.where(there, row, 0.0) for row in rows]
    total = np.zeros((len(rows), len(y) + 1))
    np.cumsum(np.stack(rows), axis=1, out=total[:, 1:])
    return total


def _cars(
    sums: FloatArray, studied: FloatArray, ends: tuple[IntArray, IntArray], plan: Plan
) -> tuple[FloatArray, BoolArray]:
    """CARs (W, B, D) and doubts (B, D) of the dates of one series, all in centerd units, where they are the same."""
    (reference, first), estimation, T = ends, plan.windows.estimation, sums.shape[1] - 1
    assert estimation is not None  # noqa: S101
    a, b = reference + estimation.start + 1, reference + estimation.stop + 2
    outside = (a < 0) | (reference < 0)
    a, b = np.where(outside, 0, a), np.where(outside, len(estimation), b)
    upper = sums[:, b]
    part = upper - sums[:, a]
    n = np.maximum(part[ONE], 1)
    with np.errstate(all="ignore"):
        syy = part[YY] - part[Y] ** 2 / n
        sxx, sxy = part[XX] - part[X] ** 2 / n, part[XY] - part[X] * part[Y] / n
        market = plan.model.function is not simple.constant_mean
        beta = sxy / sxx if market else np.zeros_like(syy)
        alpha = (part[Y] - beta * part[X]) / n
        # Of a sum of products up to bar b, eps sqrt(b) of sqrt(XX YY) is lost; what is left is measured on the window.
        grown_x, grown_y = (upper[XX] / sxx if market else np.ones_like(syy)), upper[YY] / syy
        lost = EPS * np.sqrt(b) * np.maximum(grown_x, np.sqrt(grown_x * grown_y))
        doubtful = ~(lost <= TRUSTED) | (part[-1] < FEW_CHANGES) | outside
    needed = max(plan.windows.min_observations, 3 if market else 2)
    usable = np.where(n >= needed, 0.0, np.nan)
    made = []
    for window in plan.tests_on:
        ahead = span_of(window, reference, first)
        inside = (ahead[0] >= -1) & (ahead[1] < T)
        doubtful |= ~inside
        head, tail = (np.where(inside, end + 1, 0) for end in ahead)
        moved = studied[:, tail] - studied[:, head]
        complete = np.where(moved[ONE] == tail - head, usable, np.nan)
        made.append(moved[Y] - alpha * moved[ONE] - beta * moved[X] + complete)
    return np.stack(made), doubtful


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
