"""The study moved to non-event dates, every model fitted again there: mean CARs of draws, two ways to the same numbers.

The two passes of the study itself are the default and the referee. Prefix sums are many times faster and lose digits
to whatever stands earlier in a series: one bad tick of 1e4 costs ten of them. So each window must pass a bound on its
own rounding error, those that fail are done in two passes, and a sample of the others is checked against two passes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.event_data import BlockTask, EventData, Run
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.gather import blocks
from eventstudy.abnormal.measure import Plan, measure_block
from eventstudy.abnormal.models import regressions, simple
from eventstudy.abnormal.placebo.dates import PlaceboDates
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.abnormal.windows import EventBars, Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
# Share of a slope or a mean that rounding may take; a window that may lose more goes through two passes.
TRUSTED = 1e-9
FEW_CHANGES = 5
CENTERED_BY = 250
ONE, Y, X, YY, XX, XY = range(6)


def serves(plan: Plan, merged: IntArray, factors: int) -> bool:
    """Whether prefix sums know the model: a mean, or least squares on one regressor; merged simple returns compound."""
    if plan.windows.estimation is None or (plan.kind == "simple" and bool((merged > 1).any())):
        return False
    if plan.model.function is simple.constant_mean:
        return True
    return plan.model.function is regressions.regression and factors == 1 and regressions.plain(plan.options)


class PrefixCars(NamedTuple):
    """CARs (W, B, D) of B events on D dates each, and which of them (B, D) must not be trusted."""

    cars: FloatArray
    doubtful: BoolArray


def prefix_cars(data: EventData, dates: PlaceboDates, plan: Plan) -> PrefixCars:
    """Return the CARs of the events of ``data`` on their ``dates``; those of dates that do not exist are NaN."""
    s, reference = data.positions.series, dates.reference
    cars = np.full((len(plan.tests_on), *reference.shape), np.nan)
    doubtful = np.zeros(reference.shape, dtype=bool)
    for one in np.unique(s):
        rows = np.flatnonzero(s == one)
        sums = _sums(data, int(one))
        cars[:, rows], doubtful[rows] = _cars(sums, EventBars(reference[rows], dates.first[rows]), plan)
    cars[:, reference < 0] = np.nan
    return PrefixCars(cars, doubtful)


class PrefixSums(NamedTuple):
    """Sums up to every bar: of estimation values (7, T + 1), the last row changes; of studied ones (3, T + 1)."""

    estimation: FloatArray
    studied: FloatArray


def _sums(data: EventData, s: int) -> PrefixSums:
    series = data.series
    low, time_low, T = int(series.offset[s]), int(series.time_offset[s]), int(series.length[s])
    x = series.factors[0, time_low : time_low + T] if len(series.factors) else np.zeros(T)
    y, own = data.estimation_values[low : low + T], series.values[low : low + T]
    middle = _middle(own), _middle(x)
    learned = _prefix(y - middle[0], x - middle[1], squares=True)
    same = y is own or np.shares_memory(y, own)
    studied = learned[:3] if same else _prefix(own - middle[0], x - middle[1], squares=False)
    changes = np.concatenate([[0.0, 0.0], np.cumsum(y[1:] != y[:-1])])
    return PrefixSums(np.concatenate([learned, changes[None]]), studied)


def _middle(values: FloatArray) -> float:
    """Return the median of some hundred values spread over all: any center serves that is near most of them.

    Centering by a mean would carry a bad tick into every window, the earlier ones as well.
    """
    some = values[:: max(1, len(values) // CENTERED_BY)]
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


def _cars(prefix: PrefixSums, bars: EventBars, plan: Plan) -> PrefixCars:
    """Return the CARs of the dates of one series, all in centered units, where they are the same."""
    (reference, first), estimation, (sums, studied) = bars, plan.windows.estimation, prefix
    T = sums.shape[1] - 1
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
    return PrefixCars(np.stack(made), doubtful)


Path = Literal["two_pass", "prefix"]
EVENTS_AT_ONCE = 256
REFEREED = 64
AGREE = 1e-9


@dataclass(frozen=True, eq=False)
class Refits:
    """Outcome of moving a study D times.

    Attributes
    ----------
    windows : tuple of Window, length W
    mean : FloatArray, shape (W, D)
        Mean CAR per window and draw, over the events of ``complete`` that have one there; NaN where none has.
    refits : int
        Models fitted: N times D.
    fallen_back : int
        Those that prefix sums were not trusted with.
    """

    windows: tuple[Window, ...]
    mean: FloatArray
    refits: int
    fallen_back: int

    def of(self, window: Window) -> FloatArray:
        """Return the mean CAR of ``window`` in every draw that has one, shape (n,)."""
        mean = self.mean[self.windows.index(window)]
        drawn: FloatArray = mean[np.isfinite(mean)]
        return drawn


@dataclass(frozen=True, eq=False)
class RefitSettings:
    """What each block of events needs besides the data."""

    dates: PlaceboDates
    plan: Plan
    path: Path

    def part(self, rows: slice) -> RefitSettings:
        """Return what the events ``rows`` need."""
        return replace(self, dates=self.dates.part(rows))


class RefitCars(NamedTuple):
    """CARs (W, B, D) of some events on all their dates, and how many fits fell back to two passes."""

    cars: FloatArray
    fallen_back: int


def placebo_refits(data: EventData, settings: RefitSettings, complete: BoolArray, run: Run[RefitCars] = map) -> Refits:
    """Return the mean CARs of the study on each draw of dates.

    Parameters
    ----------
    data : EventData
        N used events.
    settings : RefitSettings
        Their D dates, the plan of the study, whose collectors are left out, and the path.
    complete : array of bool, shape (W, N)
        Events that have a CAR in each tested window; the draws average the same events.
    run : callable
        Maps the block function over blocks of events; the sums are taken in the order of the blocks.
    """
    plan = replace(settings.plan, collect={})
    N, D = settings.dates.reference.shape
    total, count = np.zeros((len(plan.tests_on), D)), np.zeros((len(plan.tests_on), D))
    pieces = [slice(low, min(low + EVENTS_AT_ONCE, N)) for low in range(0, N, EVENTS_AT_ONCE)]
    work = BlockTask(_refit_block, data, replace(settings, plan=plan))
    fallen = 0
    for rows, (cars, fallen_back) in zip(pieces, run(work, pieces), strict=True):
        present = np.isfinite(cars) & complete[:, rows, None]
        total += np.where(present, cars, 0.0).sum(axis=1)
        count += present.sum(axis=1)
        fallen += fallen_back
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Refits(plan.tests_on, mean, N * D, fallen)


def _refit_block(data: EventData, settings: RefitSettings, rows: slice) -> RefitCars:
    data, dates, plan = replace(data, positions=data.positions[rows]), settings.dates.part(rows), settings.plan
    if settings.path == "two_pass" or not serves(plan, dates.first - dates.reference, len(data.series.factors)):
        return RefitCars(two_pass_cars(data, dates, plan), 0)
    cars, doubtful = prefix_cars(data, dates, plan)
    trusted = np.argwhere(~doubtful & (dates.reference >= 0))
    check = trusted[:: max(1, len(trusted) // REFEREED)]
    exact = _picked(data, dates, plan, check)
    if not _agree(cars[:, check[:, 0], check[:, 1]], exact):
        return RefitCars(two_pass_cars(data, dates, plan), int((dates.reference >= 0).sum()))
    again = np.argwhere(doubtful & (dates.reference >= 0))
    cars[:, again[:, 0], again[:, 1]] = _picked(data, dates, plan, again)
    return RefitCars(cars, len(again))


def _agree(left: FloatArray, right: FloatArray) -> bool:
    """Whether two ways agree to nine digits of each value or of a typical one, missing ones included."""
    present = np.isfinite(right)
    if not np.array_equal(present, np.isfinite(left)):
        return False
    room = np.abs(right[present]) + np.median(np.abs(right[present])) if present.any() else right[present]
    return bool((np.abs(left[present] - right[present]) <= AGREE * room).all())


def _picked(data: EventData, dates: PlaceboDates, plan: Plan, cells: IntArray) -> FloatArray:
    """Return the CARs (W, n) of single (event, date) cells (n, 2) in two passes."""
    event, date = cells[:, 0], cells[:, 1]
    one = PlaceboDates(dates.reference[event, date][:, None], dates.first[event, date][:, None])
    return two_pass_cars(replace(data, positions=data.positions[event]), one, plan)[:, :, 0]


def two_pass_cars(data: EventData, dates: PlaceboDates, plan: Plan) -> FloatArray:
    """Return the CARs of B events on D dates each by the study's own two passes, shape (W, B, D)."""
    B, D = dates.reference.shape
    reference, first = dates.reference.ravel(), dates.first.ravel()
    found = np.flatnonzero(reference >= 0)
    series = np.repeat(data.positions.series, D)[found]
    moved = replace(data, positions=Positions(np.arange(len(found)), series, reference[found], first[found]))
    cars = np.full((len(plan.tests_on), B * D), np.nan)
    for rows in blocks(len(found), (plan.estimation_bars + plan.event_bars) * (1 + len(data.series.factors))):
        part = measure_block(moved, plan, rows)
        used = outcomes.is_used(part.status.code)
        for w, window in enumerate(plan.tests_on):
            cars[w, found[rows]] = np.where(used, part.ar[:, plan.columns(window)].sum(axis=1), np.nan)
    return cars.reshape(len(plan.tests_on), B, D)
