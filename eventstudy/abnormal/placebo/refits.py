"""The study moved to non-event dates, every model fitted again there: mean CARs of draws, two ways to the same numbers.

The two passes of the study itself are the default and the referee. Windows that prefix sums may have lost digits of are
done in two passes, and a sample of the others is checked against two passes.
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
from eventstudy.abnormal.placebo.dates import PlaceboDates
from eventstudy.abnormal.placebo.prefix_sums import have_line, prefix_cars
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray

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
        draws: FloatArray = mean[np.isfinite(mean)]
        return draws


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
    if settings.path == "two_pass" or not have_line(plan, dates.first - dates.reference, len(data.series.factors)):
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
