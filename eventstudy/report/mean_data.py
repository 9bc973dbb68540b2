"""Views of means over many events, and of one event in event time, cut from a result."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import t

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.errors import UsageError
from eventstudy.inference.multiple import holm
from eventstudy.report.figure_data import (
    bar_noun,
    car_path,
    find_row,
    first_window,
    held_since,
    since,
    window_words,
)
from eventstudy.report.finding import primary_test, test_ends, words
from eventstudy.report.many_views import (
    EventBands,
    MeanPath,
    MeanSteps,
)
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.views import joint_band, pointwise_band
from eventstudy.show.numbers import Unit, date_label

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
MOST_HEAT_ROWS = 125


def observations(result: StudyResult) -> str:
    """Return how many observations on how many days there are: pairs of event and instrument are not events."""
    n, names = len(result.abnormal), len(set(result.abnormal.events.tolist()))
    design = result.primary.design if result.primary is not None else None
    codes = len(set(result.abnormal.instruments.tolist()))
    what = f"{n:,} events" if names == n else f"{n:,} observations ({names:,} events, {codes:,} instruments)"
    if design is None or design.dates >= n:
        return what
    return f"{what} on {design.dates:,} distinct {date_label(design.bar_noun, design.dates)}"


def against_words(result: StudyResult) -> str:
    model = MODELS[result.spec.model]
    if not model.has_estimation_window:
        return f"against {model.expectation}"
    return f"abnormal returns of the {model.label}"


def mean_steps(result: StudyResult) -> MeanSteps:
    """Return the mean abnormal return of each cell with its cross-sectional interval, adjusted by Holm's method."""
    from eventstudy.study.frames import across

    if not len(result.abnormal):
        raise UsageError("No event of this study was used, so there is nothing to draw.", remedy="See its outcomes.")
    level, tau = result.spec.level, result.abnormal.tau
    mean, se, n = across(result.abnormal.ar)
    df = np.maximum(n - 1, 1)
    half = t.isf((1 - level) / 2, df) * se
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * t.sf(np.abs(mean / se), df)
    known = np.isfinite(p)
    adjusted = np.ones(len(p))
    adjusted[known] = holm(p[known]) if known.any() else 1.0
    joint = t.isf((1 - level) / 2 / max(len(tau), 1), df) * se
    window = first_window(result)
    return MeanSteps(
        tau,
        mean,
        mean - half,
        mean + half,
        adjusted <= 1 - level,
        joint,
        (window.start, window.stop),
        level,
        bar_noun(result),
        observations(result),
        unit_of(result.spec),
        result.simulated,
    )


def mean_path(result: StudyResult) -> MeanPath:
    """Return the mean path from the last close before the news, its interval, and the mean that the finding states."""
    from eventstudy.study.frames import across

    steps = mean_steps(result)
    if len(result.abnormal) < 2:
        raise UsageError("The study has one response, so there is no mean to plot.", remedy="Draw 'response_panel'.")
    tau = steps.tau
    zero = int(np.clip(-1 - (int(tau[0]) - 1), 0, len(tau)))
    bhar = result.spec.measure == "bhar"
    paths = held_since(result, steps.window[0]) if bhar else since(result.abnormal.ar, zero)
    mean, se, n = across(paths)
    half = np.nan_to_num(t.isf((1 - steps.level) / 2, np.maximum(n - 1, 1)) * se)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        fan = np.nanquantile(paths, [0.1, 0.9], axis=0)
    study = aggregates_of(result)
    row = next((a for a in study["aggregates"] if tuple(a["window"]) == steps.window), None)
    chosen = primary_test(study, row["tests"]) if row else None
    held = row is not None and "abhar" in row
    value = float((row.get("abhar", row["caar"]) if row else None) or np.nan)
    ends = np.array(test_ends(chosen[1] if chosen else {}))
    return MeanPath(
        steps,
        mean,
        mean - half,
        mean + half,
        fan[0],
        fan[1],
        value,
        ends,
        words(chosen[0]) if chosen else "",
        f"buy-and-hold abnormal {_what(result)}" if held else f"abnormal {_what(result)}",
        window_words(result, Window(*steps.window)),
        against_words(result),
        steps.window[0] == 0 or held,
        held,
    )


def _what(result: StudyResult) -> str:
    return variable_name(result.spec)


def aggregates_of(result: StudyResult) -> Json:
    """Return means and their tests as the report states them, without a row per response."""
    return {"responses": [], "aggregates": [], **result.tables(0)}


def event_bands(result: StudyResult, event: str, instrument: str) -> EventBands:
    """Return one event's path in event time with both bands."""
    row = find_row(result, event, instrument)
    path = car_path(result, row)
    pair = str(result.abnormal.instruments[row]), str(result.abnormal.events[row])
    names = pair[0] if len(set(result.abnormal.events.tolist())) == 1 else f"{pair[0]}, {pair[1]}"
    bands = pointwise_band(path), joint_band(path)
    return EventBands(names, path.tau, path.car, *bands, bar_noun(result), unit_of(result.spec), result.simulated)


def volume_view(result: StudyResult) -> MeanSteps:
    """Return trading volume over its usual level, bar by bar around the news, as the median over responses."""
    responses = [r for r in result.response or () if np.isfinite(r.path.volume).any()]
    if not responses:
        raise UsageError("No response of this study has volume to draw.", remedy="Give intraday Bars with volume.")
    rows = []
    for r in responses:
        shown = r.path.open & (np.arange(len(r.path.open)) >= r.path.start)
        with np.errstate(divide="ignore", invalid="ignore"):
            multiple = np.where(shown, r.path.volume / r.path.volume_median, np.nan)
        place = np.cumsum(shown) - 1
        rows.append({int(place[i] - place[r.path.first]): float(multiple[i]) for i in np.flatnonzero(shown)})
    low, high = max(min(r) for r in rows), min(max(r) for r in rows)
    tau = np.arange(low, high + 1, dtype=np.int64)
    values = np.array([[r.get(int(v), np.nan) for v in tau] for r in rows])
    values[~np.isfinite(values)] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.asarray(np.nanmedian(values, axis=0))
        few, many = np.asarray(np.nanquantile(values, [0.1, 0.9], axis=0))
    many_events = len(rows) > 1
    lower, upper = (few, many) if many_events else (middle, middle)
    count = f"median of {len(rows)} responses; whiskers: 8 of 10" if many_events else str(responses[0].instrument)
    unit = Unit("", "volume over its median on comparable days", 1.0, 2)
    none = np.full(len(tau), np.nan)
    clear = np.zeros(len(tau), dtype=np.bool_)
    window = (int(responses[0].path.zero - responses[0].path.first) + 1, 0)
    about = window, result.spec.level, "bar", count, unit, result.simulated
    return MeanSteps(tau, middle, lower, upper, clear, none, *about)
