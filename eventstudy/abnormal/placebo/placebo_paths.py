"""Abnormal returns of placebo windows, and where the event stands among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns, SameClock
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.placebo.clock_index import ClockIndex, OneEvent, clock_index
from eventstudy.abnormal.placebo.day_rules import DayRules, SeriesOnClock, compared, disjoint
from eventstudy.abnormal.placebo.same_clock import PlaceboWindows, placebo_windows, window_returns
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import BarSpan, EventBars, Window
from eventstudy.arrays import FloatArray, IntArray, ReturnKind


@dataclass(frozen=True, eq=False)
class PlaceboPaths:
    """The same clock window on D other days, one entry per event.

    Attributes
    ----------
    ar : tuple of FloatArray, each (D_i, L2)
        Abnormal returns of each placebo window under the event's own model.
    day : tuple of IntArray, each (D_i,)
        Trading days since 1970-01-01.
    """

    ar: tuple[FloatArray, ...]
    day: tuple[IntArray, ...]

    def __repr__(self) -> str:
        days = [len(day) for day in self.day]
        return f"<PlaceboPaths: {len(days):,} events, {min(days, default=0)} to {max(days, default=0)} days each>"


def placebo_paths(
    data: EventData,
    abnormal: AbnormalReturns,
    rules: DayRules,
    *,
    kind: ReturnKind = "log",
    complete: bool = True,
    part: Window | None = None,
) -> PlaceboPaths:
    """Return every placebo window of each event; with ``complete`` only days without a missing bar or return.

    ``part`` is the part of the event window that is needed, the entire one by default.
    """
    series, positions = data.series, data.positions
    place = {int(row): i for i, row in enumerate(positions.row)}
    indices: dict[int, ClockIndex] = {}
    window = part or Window(int(abnormal.tau[0]), int(abnormal.tau[-1]))
    paths, days = [], []
    for i, row in enumerate(abnormal.row):
        at = place[int(row)]
        s = int(positions.series[at])
        index = indices.get(s) or indices.setdefault(s, clock_index(series, s))
        found = _windows(rules, at, SeriesOnClock(series, index), window)
        bars = EventBars(found.reference, found.first)
        cells = _abnormal_cells(series, s, bars, OneWindow(abnormal.part(slice(i, i + 1)), window), kind=kind)
        present = np.isfinite(cells).all(axis=1) if complete else np.ones(len(cells), np.bool_)
        paths.append(cells[present])
        days.append(found.day[present])
    return PlaceboPaths(tuple(paths), tuple(days))


def _windows(rules: DayRules, at: int, source: SeriesOnClock, window: Window) -> PlaceboWindows:
    """Return the windows that the rules leave of the event at place ``at``, nearest first."""
    index = source.clocks
    event = OneEvent(int(rules.positions.reference[at]), int(rules.positions.first[at]))
    found = placebo_windows(index, event, window, after=rules.settings.after, every=rules.selects)
    lead, end = min(window.start, 0), max(window.stop, 0)
    spans = BarSpan(found.reference + lead, found.first + end)
    keep, _ = compared(rules, at, source, BarSpan(event.reference + lead, event.first + end), spans)
    rows = np.flatnonzero(keep)
    if index.daily and rules.selects:
        rows = rows[disjoint(BarSpan(spans.head[rows], spans.tail[rows]))]
    rows = rows[: rules.settings.days]
    return PlaceboWindows(*(column[rows] for column in found))


class OneWindow(NamedTuple):
    """The abnormal returns of one event, and the part of its event window that is needed."""

    abnormal: AbnormalReturns
    window: Window


def _abnormal_cells(series: SeriesSet, s: int, bars: EventBars, event: OneWindow, *, kind: ReturnKind) -> FloatArray:
    """Cells of one event's placebo windows less what its model expects, shape (D, L2)."""
    abnormal, window = event
    columns = abnormal.columns(window)
    tau = abnormal.tau[columns]
    low, time_low = series.offset[s], series.time_offset[s]
    cells = window_returns(series.values, _shifted(bars, low), tau, kind)
    coef = abnormal.fit.coef[0]
    cells -= coef[0] * abnormal.n_bars[0, columns]
    for j in range(1, len(coef)):
        factor = window_returns(series.factors[j - 1], _shifted(bars, time_low), tau, kind)
        cells -= coef[j] * factor
    return cells


def _shifted(bars: EventBars, by: int) -> EventBars:
    return EventBars(bars.reference + by, bars.first + by)


def with_same_clock_mean(
    abnormal: AbnormalReturns, paths: PlaceboPaths, windows: tuple[Window, ...]
) -> tuple[AbnormalReturns, PlaceboPaths]:
    """Subtract the mean of the same clock window on other days.

    Event and placebo days are treated alike, so that they stay exchangeable: each is measured against the mean of
    all the others, the event day included: ``AR_d = (R_d - mean_all) (D + 1) / D``.
    """
    N, L2 = abnormal.ar.shape
    mean, variance = np.full((N, len(windows)), np.nan), np.full((N, len(windows)), np.nan)
    cell_mean, cell_variance, ar = (np.full((N, L2), np.nan) for _ in range(3))
    alike = []
    for i, cells in enumerate(paths.ar):
        D = len(cells)
        if D < 2:
            alike.append(cells[:0])
            continue
        cell_mean[i] = cells.mean(axis=0)
        ar[i] = abnormal.ar[i] - cell_mean[i]
        cell_variance[i] = cells.var(axis=0, ddof=1)
        for j, window in enumerate(windows):
            total = cells[:, abnormal.columns(window)].sum(axis=1)
            mean[i, j], variance[i, j] = total.mean(), total.var(ddof=1)
        alike.append(cells - (cells.sum(axis=0) + abnormal.ar[i] - cells) / D)
    days = np.array([len(cells) for cells in paths.ar], dtype=np.int64)
    same_clock = SameClock(windows, mean, variance, cell_mean, cell_variance, days)
    return replace(abnormal, ar=ar, same_clock=same_clock), PlaceboPaths(tuple(alike), paths.day)
