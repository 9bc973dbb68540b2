"""How honest and how sharp the tests are on a study's own series: size on quiet times, smallest visible effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.align import align
from eventstudy.abnormal.panel import EventTable, Positions
from eventstudy.abnormal.placebo import clock_index, placebo_windows
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray
from eventstudy.errors import DataError
from eventstudy.inference.bootstrap import generator
from eventstudy.study.inputs import Data, Inputs, Regressors, read_inputs, windows_in_bars
from eventstudy.study.run import solve

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

LEVELS = (0.01, 0.05, 0.10)
POWER = 0.8
STEPS = 7


@dataclass(frozen=True, slots=True)
class Calibration:
    """One test on one window.

    Attributes
    ----------
    test : str
    window : Window
    draws : int
        p-values behind the shares: placebo studies, times events for a test of single events.
    size : mapping of float to float
        Share of p-values at or below each nominal level.
    band : mapping of float to (float, float)
        Where that share lies with 95 % probability if the test is honest.
    smallest_effect : float
        Shock in tau = 0, decimal return, found in 80 % of placebo studies at the 5 % level; NaN where none up to eight
        standard deviations of the mean CAR is.
    study : str
        Title or name of the study.
    simulated : bool
        Some series was drawn, not traded.
    """

    test: str
    window: Window
    draws: int
    size: Mapping[float, float]
    band: Mapping[float, tuple[float, float]]
    smallest_effect: float
    study: str = ""
    simulated: bool = False


def calibrate(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    market: Regressors = None,
    factors: Regressors = None,
    *,
    closes_at: str = "",
    draws: int = 200,
) -> tuple[Calibration, ...]:
    """Run the study again and again on its own series at times when nothing happened.

    Each placebo study has the events of the real one, moved together where they shared a time: clustering stays.
    Daily events move to any bar whose window holds no real event; intraday ones to the same clock on other days.

    Parameters
    ----------
    spec, events, data, market, factors, closes_at
        As for ``run_study``.
    draws : int
        Placebo studies.

    Raises
    ------
    DataError
        If the series offer fewer than two quiet times for some event.
    """
    inputs = read_inputs(spec, events, data, (market, factors), closes_at)
    quiet = quiet_times(spec, inputs)
    rng = generator(spec.seed, "calibrate")
    tables = [_drawn(inputs.table, quiet, rng) for _ in range(draws)]
    plain = spec.model_copy(update={"adjust": "", "response": "off", "overlaps": "keep"})
    null = [_pvalues(plain, inputs, table, 0.0) for table in tables]
    scale = float(np.nanstd([m for _, means in null for m in means.values()])) or 1e-4
    made = []
    for key in null[0][0] if null else ():
        p = np.concatenate([one[key] for one, _ in null])
        p = p[np.isfinite(p)]
        size = {level: float((p <= level).mean()) if len(p) else float("nan") for level in LEVELS}
        band = {level: _band(level, len(p)) for level in LEVELS}
        effect = _smallest_effect(plain, inputs, tables[: max(50, draws // 4)], key, scale)
        about = (spec.title or spec.name, inputs.simulated)
        made.append(Calibration(key[0], key[1], len(p), size, band, effect, *about))
    return tuple(made)


Quiet = dict[tuple[int, int], list[tuple[int, int]]]
Key = tuple[str, Window]


def quiet_times(spec: StudySpec, inputs: Inputs) -> Quiet:
    """Return, for every distinct event time, the (earliest, latest) it may be moved to."""
    windows, _ = windows_in_bars(spec, inputs.series)
    positions, _ = align(inputs.table, inputs.series, windows, anchor=spec.anchor)
    quiet: Quiet = {}
    for i, row in enumerate(positions.row):
        key = (int(inputs.table.earliest[row]), int(inputs.table.latest[row]))
        if key not in quiet:
            quiet[key] = _quiet_for(inputs.series, positions, i, windows.event, windows.estimation)
    short = [key for key, found in quiet.items() if len(found) < 2]
    if short or not quiet:
        raise DataError(
            f"{len(short) or len(inputs.table)} event times have fewer than 2 quiet times to move to.",
            remedy="Give longer series, or a shorter estimation window.",
        )
    return quiet


def _quiet_for(
    series: SeriesSet, positions: Positions, i: int, event: Window, estimation: Window | None
) -> list[tuple[int, int]]:
    s, start = int(positions.series[i]), int(series.time_offset[positions.series[i]])
    reference, first = int(positions.reference[i]), int(positions.first[i])
    n, width, length = first - reference, len(event), int(series.length[s])
    busy = positions.reference[positions.series == s]
    index = clock_index(series, s)
    if index.daily:
        room = 1 if estimation is None else -estimation.start
        places = np.arange(max(room, -event.start) + 1, length - n - max(event.stop, 0))
    else:
        places = placebo_windows(index, (reference, first), event, after=True)[0]
    far = (np.abs(places[:, None] - busy) > width + n).all(axis=1)
    closes = series.closes[start : start + length]
    return [(int(closes[at]), int(closes[at + n])) for at in places[far]]


def _drawn(table: EventTable, quiet: Quiet, rng: np.random.Generator) -> EventTable:
    moved = {key: found[int(rng.integers(len(found)))] for key, found in quiet.items()}
    pairs = list(zip(table.earliest.tolist(), table.latest.tolist(), strict=True))
    there = np.array([pair in moved for pair in pairs], dtype=bool)
    ends = np.array([moved[pair] for pair in pairs if pair in moved], dtype=np.int64)
    ids = np.array([f"quiet-{i}" for i in range(int(there.sum()))], dtype=object)
    return EventTable(ids, table.instruments[there], ends[:, 0], ends[:, 1])


def _pvalues(
    spec: StudySpec, inputs: Inputs, table: EventTable, shock: float
) -> tuple[dict[Key, FloatArray], dict[Window, float]]:
    series = inputs.series if shock == 0 else _planted(spec, inputs.series, table, shock)
    result = solve(spec, replace(inputs, table=table, series=series, bars=(), notices=()))
    found = {(f.test, f.window): f.pvalue for f in result.significances.findings}
    means = {w: float(np.nanmean(result.abnormal.car(w))) if len(result.abnormal) else np.nan for w in result.windows}
    return found, means


def _planted(spec: StudySpec, series: SeriesSet, table: EventTable, shock: float) -> SeriesSet:
    windows, _ = windows_in_bars(spec, series)
    positions, _ = align(table, series, windows, anchor=spec.anchor)
    values = series.values.copy()
    values[series.offset[positions.series] + positions.first] += shock
    return replace(series, values=values)


def _smallest_effect(spec: StudySpec, inputs: Inputs, tables: Sequence[EventTable], key: Key, scale: float) -> float:
    """Bisect the shock that 80 % of placebo studies find at the 5 % level."""
    sign = -1.0 if spec.alternative == "less" else 1.0
    only = spec.model_copy(update={"tests": (key[0],), "windows": ((key[1].start, key[1].stop),), "clock": "bars"})
    only = only if spec.clock == "bars" else spec.model_copy(update={"tests": (key[0],)})

    def power(effect: float) -> float:
        found = [_pvalues(only, inputs, table, sign * effect)[0].get(key, np.array([np.nan])) for table in tables]
        p = np.concatenate(found)
        return float((p[np.isfinite(p)] <= 0.05).mean()) if np.isfinite(p).any() else 0.0

    low, high = 0.0, 8 * scale
    if power(high) < POWER:
        return float("nan")
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high


def _band(level: float, n: int) -> tuple[float, float]:
    from scipy.stats import binom

    if n == 0:
        return float("nan"), float("nan")
    return float(binom.ppf(0.025, n, level) / n), float(binom.ppf(0.975, n, level) / n)
