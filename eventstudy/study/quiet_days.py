"""The events of a study on days without them: abnormal returns of the same windows, laid beside one another by day."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from eventstudy.abnormal.placebo.placebo_paths import PlaceboPaths, placebo_paths
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.study.estimate import Estimates, day_rules
from eventstudy.study.prepare import Study

# So many days before each event are compared with it, if there are as many.
MOST_DAYS = 200
# A day counts if so many of the observations have it.
ENOUGH = 0.9
MOST_CELLS = 20_000_000


def quiet_paths(study: Study, estimates: Estimates, part: Window | None = None) -> FloatArray:
    """Return the abnormal returns of the used observations on R placebo days, shape (R, N, L2), nearest days first.

    ``part`` is the part of the event window that is needed, the entire one by default.

    Observations of one trading day move to the same day together, so that their dependence stays. Days on which the
    window of another event of the instrument lies are left out. An observation without a day is NaN there.
    """
    abnormal = estimates.abnormal
    limit = min(study.spec.placebo.days or MOST_DAYS, MOST_DAYS)
    columns = abnormal.columns(part or (int(abnormal.tau[0]), int(abnormal.tau[-1])))
    nothing = np.full((0, *abnormal.ar[:, columns].shape), np.nan)
    if study.uses_other_days:
        assert estimates.evidence.paths is not None  # noqa: S101
        paths = estimates.evidence.paths
        paths = PlaceboPaths(tuple(ar[:, columns] for ar in paths.ar), paths.day)
    elif abnormal.ar[:, columns].size * limit > MOST_CELLS:
        return nothing
    else:
        rules, kind = day_rules(study, _settings(study.spec.placebo)), study.plan.kind
        paths = placebo_paths(study.data, abnormal, rules, kind=kind, complete=False, part=part)
    places = _places(study, abnormal.row)
    event_days = _event_days(study, places)
    free = [_free(paths, i, event_days[i]) for i in range(len(abnormal))]
    days = _common_days(paths, free, _reference_days(study, places), limit)
    return _by_day(paths, days) if days.size else nothing


def _settings(given: PlaceboSettings) -> PlaceboSettings:
    """Return the settings of the study, but for its releases: these days hold no event, and busy ones are left out."""
    match = given.match and given.match.model_copy(update={"releases": None})
    return PlaceboSettings(after=given.after, known_events="keep", match=match)


def _places(study: Study, rows: IntArray) -> IntArray:
    """Return where the used observations stand among the aligned ones."""
    order = np.argsort(study.data.positions.row, kind="stable")
    places: IntArray = order[np.searchsorted(study.data.positions.row[order], rows)]
    return places


def _reference_days(study: Study, places: IntArray) -> IntArray:
    positions, series = study.data.positions, study.data.series
    bars = series.time_offset[positions.series[places]] + positions.reference[places]
    days: IntArray = series.trading_day[bars]
    return days


def _event_days(study: Study, places: IntArray) -> list[IntArray]:
    """Return, for each observation, the reference days whose windows share a bar with a window of its instrument."""
    positions, series, event = study.data.positions, study.data.series, study.plan.windows.event
    order = np.argsort(positions.series, kind="stable")
    edges = np.searchsorted(positions.series[order], np.arange(len(series.codes) + 1))
    busy: list[IntArray] = []
    for s, (a, b) in enumerate(pairwise(edges.tolist())):
        start, length = int(series.time_offset[s]), int(series.length[s])
        bars = (positions.reference[order[a:b]][:, None] + np.arange(1 - len(event), len(event))).ravel()
        bars = bars[(bars >= 0) & (bars < length)]
        busy.append(np.unique(series.trading_day[start + bars]))
    return [busy[s] for s in positions.series[places]]


def _free(paths: PlaceboPaths, i: int, busy: IntArray) -> BoolArray:
    free: BoolArray = ~np.isin(paths.day[i], busy)
    return free


def _common_days(paths: PlaceboPaths, free: list[BoolArray], reference: IntArray, limit: int) -> IntArray:
    """Return the day of each observation in each draw, shape (R, N); -1 where it has none."""
    N = len(free)
    columns: list[IntArray] = [np.empty(0, np.int64)] * N
    for day in np.unique(reference):
        members = np.flatnonzero(reference == day)
        found = np.unique(np.concatenate([paths.day[i][free[i]] for i in members]))
        nearest = found[np.argsort(np.abs(found - day), kind="stable")][:limit]
        for i in members:
            columns[i] = np.where(np.isin(nearest, paths.day[i][free[i]]), nearest, -1)
    lengths = np.sort([len(column) for column in columns])[::-1]
    R = int(lengths[max(int(np.ceil(ENOUGH * N)) - 1, 0)]) if N else 0
    days = np.full((R, N), -1, dtype=np.int64)
    for at, column in enumerate(columns):
        days[: len(column[:R]), at] = column[:R]
    return days


def _by_day(paths: PlaceboPaths, days: IntArray) -> FloatArray:
    R, N = days.shape
    values = np.full((R, N, paths.ar[0].shape[1]), np.nan)
    for i in range(N):
        at = {day: place for place, day in enumerate(paths.day[i].tolist())}
        rows = [(r, at[day]) for r, day in enumerate(days[:, i].tolist()) if day >= 0]
        if rows:
            draw, place = np.array(rows).T
            values[draw, i] = paths.ar[i][place]
    return values
