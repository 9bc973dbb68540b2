"""How much the CARs of different instruments move together through estimation returns of the same days.

The errors of two estimated means are as correlated as the returns of the two instruments, in proportion to the days
that both are estimated on, and an event within the estimation window of another instrument is in part subtracted from
its CAR. On windows of many days this is not small: the error of the mean has L / M of the variance of the returns, so
that event-window bars in common are less of the variance of a CAR, and estimation bars more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.clustering import CommonDates, calendar_places, distinct
from eventstudy.inference.shared_estimation import EstimatedWindow, by_instrument, in_order

# Days in common over those of an estimation window, summed over pairs, from which on a correlation is measured.
LEAST_COMMON = 1e-9


class ReturnWeights(NamedTuple):
    """Weights of the returns of some instruments in the CARs of their events, summed over the events.

    They are, in this order, those of estimation returns and of event returns in CARs of variance one, of event returns
    in CARs that have variance one without the error of the mean, and of residuals, those of each event brought to
    length one.

    Attributes
    ----------
    total : FloatArray, shape (4, T)
        Summed over the instruments, at every place on the axis of the closes.
    within : FloatArray, shape (3,)
        Sums over the returns of ``b'b + 2 b'e``, of ``e'e`` less that of known means, and of squared residuals.
    error : FloatArray, shape (B,)
        Standard deviation of the error of each estimated mean in a CAR of variance one.
    """

    total: FloatArray
    within: FloatArray
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


def correlation_across(data: EventData, windows: EstimatedWindow, dates: CommonDates, missing: IntArray) -> float:
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
    missing : IntArray
        Cells of the series that nothing is estimated on, in order (:func:`missing_returns`).

    Returns
    -------
    float
        0 for one event window.
    """
    n = len(data)
    if n < 2 or len(dates.windows) < 2:
        return 0.0
    days = _days(data)
    total, within, error = np.zeros((4, len(data.series.closes))), np.zeros(3), np.zeros(n)
    for rows in by_instrument(data.positions.series):
        part = _weights(data, rows, windows, missing)
        total, within, error[rows] = total + part.total, within + part.within, part.error
    if days.calendar is not None:
        day = days.number(days.calendar)
        total = np.stack([np.bincount(day, weights, minlength=days.n) for weights in total])
    estimation, excess, common = _products(total, np.ones(days.n), np.ones(days.n)) - within
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


def _weights(data: EventData, rows: IntArray, windows: EstimatedWindow, missing: IntArray) -> ReturnWeights:
    """Return the weights of the returns in the CARs of these events: between two ends of any windows they are constant.

    ``missing`` are the cells of the series that nothing is estimated on, in order.
    """
    positions, n, series = data.positions[rows], len(rows), data.series
    offset, length = (part[positions.series] for part in (series.offset, series.length))
    first, last = positions.reference + windows.estimation.start + 1, positions.reference + windows.estimation.stop + 2
    spans = (first, last, *(end + 1 for end in span_of(windows.window, positions.reference, positions.first)))
    ends = np.concatenate([offset + np.clip(end, 0, length) for end in spans])
    at, order = in_order(ends)
    used, before = at - np.searchsorted(missing, at), np.empty(4 * n, dtype=np.int64)
    before[order] = used  # cells estimated on, before each end
    L = (ends[3 * n :] - ends[2 * n : 3 * n]).astype(np.float64)
    M = np.maximum(before[n : 2 * n] - before[:n], 1).astype(np.float64)
    one, none = 1 / np.sqrt(L + L**2 / M), np.zeros(2 * n)  # the weights of a CAR of variance one
    estimated, alone, residual = -L / M * one, 1 / np.sqrt(L), 1 / np.sqrt(M)
    steps = np.stack(
        [
            np.concatenate([estimated, -estimated, none]),
            np.concatenate([none, one, -one]),
            np.concatenate([none, alone, -alone]),
            np.concatenate([residual, -residual, none]),
        ]
    )
    level = np.cumsum(steps[:, order], axis=1)
    within = _products(level[:, :-1], np.diff(used), np.diff(at))
    return ReturnWeights(_total(data, ends, steps, rows) - _on(data, missing, at, level), within, L / np.sqrt(M) * one)


def _total(data: EventData, ends: IntArray, steps: FloatArray, rows: IntArray) -> FloatArray:
    """Return the sums of weights at every place on the axis of the closes from their steps at the ends of windows."""
    series = data.series
    places = ends + np.tile((series.time_offset - series.offset)[data.positions.series[rows]], 4)
    found = [np.bincount(places, step, minlength=len(series.closes) + 1) for step in steps]
    return np.asarray(np.cumsum(found, axis=1)[:, :-1])


def _on(data: EventData, missing: IntArray, at: IntArray, level: FloatArray) -> FloatArray:
    """Return the weights that estimation windows would give to missing returns, at the places of their closes."""
    series, found = data.series, np.zeros((4, len(data.series.closes)))
    after = np.searchsorted(at, missing, side="right")
    cells, after = missing[after > 0], after[after > 0] - 1
    which = np.searchsorted(series.offset, cells, side="right") - 1
    places = cells + (series.time_offset - series.offset)[which]
    for kind in (0, 3):
        found[kind] = np.bincount(places, level[kind, after], minlength=len(series.closes))
    return found


def _products(weights: FloatArray, used: IntArray | FloatArray, all_cells: IntArray | FloatArray) -> FloatArray:
    """Return ``b'b + 2 b'e``, ``e'e`` less that of known means, and the squared length of residuals of one series.

    Each weight stands for so many cells that are estimated on, and so many cells in all.
    """
    estimated, event, alone, residual = weights
    cross = used * estimated * (estimated + 2 * event)
    excess = all_cells * (np.square(event) - np.square(alone))
    return np.array([cross.sum(), excess.sum(), (used * np.square(residual)).sum()])


def _residuals(dates: CommonDates, days: ClosePlaces) -> FloatArray:
    """Return the residuals of all events, each brought to length one, summed by day."""
    place = dates.windows[:, :1] + np.arange(1 - dates.residuals.shape[1], 1)
    day = np.clip(days.number(place), 0, days.n - 1)  # beyond the data residuals are zero, which may go anywhere
    found = np.bincount(day.ravel(), dates.residuals.ravel(), minlength=days.n)
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
