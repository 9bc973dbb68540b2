"""How much the CARs of different instruments move together through estimation returns of the same days.

The errors of two estimated means are as correlated as the returns of the two instruments, in proportion to the days
that both are estimated on, and an event within the estimation window of another instrument is in part subtracted from
its CAR. On windows of many days this is not small: the error of the mean has L / M of the variance of the returns, so
that event-window bars in common are less of the variance of a CAR, and estimation bars more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.clustering import CommonDates, calendar_places, distinct
from eventstudy.inference.shared_estimation import EstimatedWindow

RETURNS_AT_ONCE = 4_000_000
# Days in common over those of an estimation window, summed over pairs, from which on a correlation is measured.
LEAST_COMMON = 1e-9


class ReturnWeights(NamedTuple):
    """Weights of the returns of some instruments in the CARs of their events, summed over the events.

    Attributes
    ----------
    estimated, event : FloatArray, shape (C,)
        Of estimation returns and of event returns, in CARs of variance one.
    alone : FloatArray, shape (C,)
        Of event returns, in CARs that have variance one without the error of the mean.
    residual : FloatArray, shape (C,)
        Of residuals, those of each event brought to length one.
    bar : IntArray, shape (C,)
        Place of each return on the axis of the closes.
    error : FloatArray, shape (B,)
        Standard deviation of the error of each estimated mean in a CAR of variance one.
    """

    estimated: FloatArray
    event: FloatArray
    alone: FloatArray
    residual: FloatArray
    bar: IntArray
    error: FloatArray


class ClosePlaces(NamedTuple):
    """The place of every close in calendar time and the distinct places in order, None where series share closes."""

    calendar: IntArray | None
    places: IntArray | None
    n: int

    def place(self, bar: IntArray) -> IntArray:
        """Return the place of closes in calendar time."""
        return bar if self.calendar is None else self.calendar[bar]

    def number(self, place: IntArray) -> IntArray:
        """Return which of the days a place is."""
        return place if self.places is None else np.searchsorted(self.places, place)


def correlation_across(data: EventData, windows: EstimatedWindow, dates: CommonDates) -> float:
    """Return what the mean correlation of CARs, over all ordered pairs, has beside its parts within instruments.

    With ``b_i`` and ``e_i`` the weights of estimation and event returns in CAR i, pairs of different instruments and
    event windows have the covariance ``r (b_i'b_j + 2 b_i'e_j + e_i'e_j)``; CARs of one event window are correlated by
    ``r`` as a whole, as in the Kolari-Pynnonen tests. ``r`` is the mean residual correlation of different instruments
    on common days, where residuals of one instrument are taken as one series whatever window they are estimated on. For
    event-window bars in common, those tests count their fraction of the L bars of a window, which takes the mean as
    known: the excess is subtracted, within instruments (``r = 1``) as well. No pair is formed: sums over pairs are
    those of all events less those within each instrument.

    Parameters
    ----------
    data : EventData
        N events; returns that are not estimated on are NaN in ``estimation_values``.
    windows : EstimatedWindow
    dates : CommonDates
        Of the same events.

    Returns
    -------
    float
        0 for one event window.
    """
    n = len(data)
    if n < 2 or len(dates.windows) < 2:
        return 0.0
    days = _days(data)
    total, within, error = np.zeros((4, days.n)), np.zeros(3), np.zeros(n)
    for rows in _parts(data):
        part = _weights(data, rows, windows)
        day = days.number(days.place(part.bar))
        total += [np.bincount(day, weights, minlength=days.n) for weights in part[:4]]
        within += _products(*part[:4])
        error[rows] = part.error
    estimation, excess, common = _products(*total) - within
    r = 0.0
    if common > LEAST_COMMON * n:
        r = float(np.clip((np.square(_residuals(dates, days)).sum() - within[2]) / common, -1, 1))
    same = _of_one_window(data, days, error)
    across = r * (estimation - same[0] + excess - same[1])
    return float(across + within[1] + np.square(error).sum()) / (n * (n - 1))


def _days(data: EventData) -> ClosePlaces:
    calendar = calendar_places(data.series)
    if calendar is None:
        return ClosePlaces(None, None, int(data.series.length.max()))
    places = np.unique(calendar)
    return ClosePlaces(calendar, places, len(places))


def _parts(data: EventData) -> Iterator[IntArray]:
    """Yield the rows of the events of a few instruments at a time, so that few returns are looked at together."""
    order = np.argsort(data.positions.series, kind="stable")
    which = data.positions.series[order]
    last, begin = (data.series.offset + data.series.length)[which], 0
    while begin < len(order):
        limit = max(int(data.series.offset[which[begin]]) + RETURNS_AT_ONCE, int(last[begin]))
        end = int(np.searchsorted(last, limit, side="right"))
        yield order[begin:end]
        begin = end


def _weights(data: EventData, rows: IntArray, windows: EstimatedWindow) -> ReturnWeights:
    """Return the weights of the returns in the CARs of these events, whose instruments follow one another."""
    positions, series = data.positions[rows], data.series
    first, last = int(positions.series[0]), int(positions.series[-1])
    offset, length = (part[positions.series] for part in (series.offset, series.length))
    low, count = int(offset[0]), int(offset[-1] + length[-1] - offset[0])
    estimated = positions.reference + windows.estimation.start + 1, positions.reference + windows.estimation.stop + 2
    ends = (*estimated, *(end + 1 for end in span_of(windows.window, positions.reference, positions.first)))
    start, stop, head, tail = (offset - low + np.clip(end, 0, length) for end in ends)
    finite = np.isfinite(data.estimation_values[low : low + count])
    before = np.concatenate([[0], np.cumsum(finite)])
    L, M = (tail - head).astype(np.float64), np.maximum(before[stop] - before[start], 1).astype(np.float64)
    one = 1 / np.sqrt(L + L**2 / M)  # the weights of a CAR of variance one
    sizes = series.length[first : last + 1]
    moved = np.repeat((series.time_offset - series.offset)[first : last + 1] + low, sizes)
    return ReturnWeights(
        _summed(start, stop, -L / M * one, count) * finite,
        _summed(head, tail, one, count),
        _summed(head, tail, 1 / np.sqrt(L), count),
        _summed(start, stop, 1 / np.sqrt(M), count) * finite,
        np.arange(count) + moved,
        L / np.sqrt(M) * one,
    )


def _summed(start: IntArray, stop: IntArray, weight: FloatArray, count: int) -> FloatArray:
    """Return the sum of the weights of all runs ``start .. stop - 1`` at every place, shape (count,)."""
    steps = np.bincount(start, weight, minlength=count + 1) - np.bincount(stop, weight, minlength=count + 1)
    return np.asarray(np.cumsum(steps)[:-1])


def _products(estimated: FloatArray, event: FloatArray, alone: FloatArray, residual: FloatArray) -> FloatArray:
    """Return ``b'b + 2 b'e``, ``e'e`` less that of known means, and the squared length of residuals of one series."""
    return np.array([estimated @ (estimated + 2 * event), event @ event - alone @ alone, residual @ residual])


def _residuals(dates: CommonDates, days: ClosePlaces) -> FloatArray:
    """Return the residuals of all events, each brought to length one, summed by day."""
    row, column = np.nonzero(dates.residuals)
    place = dates.windows[row, 0] + column + 1 - dates.residuals.shape[1]
    found = np.bincount(days.number(place), dates.residuals[row, column], minlength=days.n)
    return np.asarray(found, dtype=np.float64)


def _of_one_window(data: EventData, days: ClosePlaces, error: FloatArray) -> tuple[float, float]:
    """Return what :func:`_products` gives for estimation and event returns over pairs of events of one window."""
    positions = data.positions
    begin = data.series.time_offset[positions.series]
    windows = np.stack([days.place(begin + positions.reference), days.place(begin + positions.first)], axis=1)
    group = distinct(windows)[1]
    returns = np.sqrt(1 - np.square(error))  # standard deviation of the event returns
    of_errors, of_returns, of_known = (
        float(np.square(np.bincount(group, sd)).sum() - np.square(sd).sum())
        for sd in (error, returns, np.ones(len(error)))
    )
    return of_errors, of_returns - of_known
