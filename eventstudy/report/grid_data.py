"""Heat maps and fits, cut from a result."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray
from eventstudy.errors import UsageError
from eventstudy.report.figure_data import (
    bar_noun,
    find_row,
    first_window,
    window_moves,
    window_words,
)
from eventstudy.report.many_views import (
    Cloud,
    HeatMap,
)
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.numbers import over, true_minus

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
MOST_HEAT_ROWS = 125


def heat_view(result: StudyResult) -> HeatMap:
    """Return abnormal returns by event and day, largest move first; by event and instrument where events share many."""
    abnormal, unit = result.abnormal, unit_of(result.spec)
    if not len(abnormal):
        raise UsageError("No event of this study was used, so there is nothing to draw.", remedy="See its outcomes.")
    events, codes = (list(dict.fromkeys(v.tolist())) for v in (abnormal.events, abnormal.instruments))
    window = first_window(result)
    car = window_moves(result, window)
    if 1 < len(events) <= 60 and len(codes) > 1 and len(abnormal) > 1.5 * max(len(events), len(codes)):
        return _by_instrument(result, events, codes, car)
    order = np.argsort(-np.nan_to_num(car, nan=-np.inf), kind="stable")
    values, together = _binned(abnormal.ar[order] * unit.scale)
    pairs = list(zip(abnormal.events.tolist(), abnormal.instruments.tolist(), strict=True))
    names = [c if len(events) == 1 else e if len(codes) == 1 or e.startswith(c) else f"{c} {e}" for e, c in pairs]
    columns = abnormal.columns(window)
    noun = bar_noun(result)
    rows = tuple(names[i] for i in order[::together])
    taus = tuple(true_minus(f"{v:+d}") if v else "0" for v in abnormal.tau.tolist())
    marked = columns.start, columns.stop - 1
    title = f"Every {'instrument' if len(events) == 1 else 'event'}, every {noun}"
    about = window_words(result, window)
    each = "one row each" if together == 1 else f"each row is the mean of {together} neighbors"
    note = f"Abnormal {variable_name(result.spec)}; {each}, sorted by the move {over(about)}"
    more: dict[str, Any] = {"marked": marked, "marked_words": about}
    return HeatMap(title, note, rows, taus, values, _reach(values), **more, unit=unit, simulated=result.simulated)


def _binned(values: FloatArray) -> tuple[FloatArray, int]:
    """Return no more rows than a figure can show: means of neighbors in their order, and of how many."""
    together = -(-len(values) // MOST_HEAT_ROWS)
    if together == 1:
        return values, 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        rows = [np.nanmean(values[i : i + together], axis=0) for i in range(0, len(values), together)]
    return np.array(rows), together


def _by_instrument(result: StudyResult, events: list[str], codes: list[str], car: FloatArray) -> HeatMap:
    unit = unit_of(result.spec)
    values = np.full((len(events), len(codes)), np.nan)
    for e, c, move in zip(result.abnormal.events.tolist(), result.abnormal.instruments.tolist(), car, strict=True):
        values[events.index(e), codes.index(c)] = move * unit.scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        order = np.argsort(-np.nan_to_num(np.nanmean(values, axis=1), nan=-np.inf), kind="stable")
    rows = tuple(events[i] for i in order)
    note = f"Move {over(window_words(result, first_window(result)))}; a row per event, a column per instrument"
    shown = values[order]
    title = "Every event, every instrument"
    return HeatMap(title, note, rows, tuple(codes), shown, _reach(shown), unit=unit, simulated=result.simulated)


def _reach(values: FloatArray) -> float:
    """Return four and a half steps of color that are round and that nine of ten entries do not exceed."""
    known = np.abs(values[np.isfinite(values)])
    top = float(np.quantile(known, 0.9)) if known.size else 1.0
    if top <= 0:
        return 1.0
    step = top / 4.5
    power = 10.0 ** np.floor(np.log10(step))
    return float(4.5 * power * next(round_ for round_ in (1, 2, 4, 6, 8, 10) if round_ * power >= step * 0.999))


def fit_view(result: StudyResult, event: str, instrument: str) -> Cloud:
    """Return the estimation window of one response against the market, its line, and the reported returns.

    Where the estimation window of so many observations was not kept, the points are those of the event window.
    """
    row = find_row(result, event, instrument)
    abnormal = result.abnormal
    if not result.regressors or abnormal.same_clock is not None or not abnormal.regressors.size:
        raise UsageError("The study's model has no market to draw the fit against.", remedy="Use the model 'market'.")
    expected = np.array([abnormal.expected(Window(int(v), int(v)))[row] for v in abnormal.tau])
    market, moved = abnormal.regressors[0][row], abnormal.ar[row] + expected
    fits = result.to_frame("fits").iloc[row]
    name = result.regressors[0]
    beta = float(fits["beta"] if "beta" in fits else fits[f"beta_{name}"])
    alpha = float(fits["alpha"])
    r2 = float(fits["r2"])
    window = first_window(result)
    marked = (abnormal.tau >= window.start) & (abnormal.tau <= window.stop)
    code = str(abnormal.instruments[row])
    kept = result.estimation_returns
    if kept is not None:
        before = kept[row].reshape(2, -1)
        market, moved = np.r_[before[1], market[marked]], np.r_[before[0], moved[marked]]
        marked = np.arange(len(market)) >= before.shape[1]
    known = np.isfinite(market) & np.isfinite(moved)
    noun = f"{bar_noun(result)}s"
    explained = f", R² {r2:.2f}" if np.isfinite(r2) else ""
    title = f"{code}: beta {beta:.2f}{explained}"
    note = f"Line: estimated on {int(fits['n'])} {noun} before; points: the event window, the reported {noun} in color"
    if kept is not None:
        note = f"Line and gray points: the {int(fits['n'])} {noun} it is estimated on; in color: the reported {noun}"
    of = "the estimation window and the reported window" if kept is not None else "the event window"
    alt = f"{title}. Alpha {alpha * 1e4:+.1f} bp per bar; {int(known.sum())} points of {of}."
    about = f"return of {name}, basis points", f"return of {code}, basis points"
    words_of = window_words(result, window)
    return Cloud(
        title,
        note,
        alt,
        market[known],
        moved[known],
        beta,
        alpha,
        *about,
        marked[known],
        words_of,
        simulated=result.simulated,
    )
