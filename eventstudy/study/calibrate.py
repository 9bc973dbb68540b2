"""Size of the tests on a study's series at non-event times, and the smallest detectable effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.align import align
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import EventTable
from eventstudy.abnormal.placebo.dates import CandidateDates, EventMoment, candidate_dates, draw_dates
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray
from eventstudy.errors import DataError, UsageError, expect
from eventstudy.renamed import named_arguments
from eventstudy.show.work_steps import counted, unreported
from eventstudy.study.inputs import (
    Data,
    GivenRegressors,
    Inputs,
    Regressors,
    check_arguments,
    read_inputs,
    windows_in_bars,
)
from eventstudy.study.run import solve
from eventstudy.study.sharding import BlockMap, runner

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

LEVELS = (0.01, 0.05, 0.10)
POWER = 0.8
# Shocks tried, in standard deviations of a window's CAR: from the smallest window's to the largest's.
FEWEST, MOST, SHOCKS = 0.2, 8.0, 14
Key = tuple[str, Window]
PValues = Mapping[Key, FloatArray]


@dataclass(frozen=True, slots=True)
class Calibration:
    """One test on one window.

    Attributes
    ----------
    test : str
    window : Window
    draws : int
        p-values behind the fractions: placebo studies, times events for a test of single events.
    independent : int
        Number of independent p-values with the same information (effective N).
    size : mapping of float to float
        Fraction of p-values at or below each nominal level.
    band : mapping of float to (float, float)
        Where that fraction lies with 95 % probability if the test is correctly sized, by the effective N.
    smallest_effect : float
        Shock in one bar of the window (tau = 0 where the window holds it), decimal return, found in 80 % of placebo
        studies at the 5 % level; NaN where none of the shocks tried is.
    study : str
        Title or name of the study.
    simulated : bool
        Some series was drawn, not traded.
    """

    test: str
    window: Window
    draws: int
    independent: int
    size: Mapping[float, float]
    band: Mapping[float, tuple[float, float]]
    smallest_effect: float
    study: str = ""
    simulated: bool = False


@named_arguments
def calibrate(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    market: Regressors = None,
    factors: Regressors = None,
    *,
    closes_at: str = "",
    draws: int = 200,
    executor: Executor | None = None,
) -> tuple[Calibration, ...]:
    """Estimate size and power of the study's tests on its own series, on non-event dates.

    The study is repeated with its events moved, together where they share a time, so that clustering is preserved.
    Daily events move to dates whose windows hold no event of the study; intraday events move to the same time of other
    days. The dates drawn for an event depend on its time alone: adding an event changes no other.

    Parameters
    ----------
    spec, events, data, market, factors, closes_at
        As for ``run_study``.
    draws : int
        Number of placebo studies.
    executor : concurrent.futures.Executor, optional
        Computes the placebo studies; the results are bit-identical with any executor and without one.

    Returns
    -------
    tuple of Calibration
        Rejection rates at 1%, 5% and 10% with their 95% band, and the smallest detectable effect, by test and window.

    Raises
    ------
    DataError
        If an event can be moved to fewer than two non-event dates.

    Examples
    --------
    >>> import numpy as np, pandas as pd, eventstudy as es
    >>> days = pd.bdate_range("2020-01-01", periods=400)
    >>> returns = pd.DataFrame({"AAA": np.random.default_rng(0).normal(0, 0.02, 400)}, days)  # SIMULATED
    >>> noon = pd.Timestamp("2021-01-27 12:00", tz="America/New_York")
    >>> events = pd.DataFrame({"instrument": ["AAA"], "time": [noon]})
    >>> spec = es.StudySpec(model="constant_mean", estimation=(-100, -11), tests=["time_series_t"])
    >>> row, = es.calibrate(spec, events, returns, closes_at="16:00 America/New_York", draws=20)
    >>> row.test, sorted(row.size)
    ('time_series_t', [0.01, 0.05, 0.1])
    """
    check_arguments(spec, events, data, GivenRegressors(market, factors), closes_at)
    expect("draws", draws, int, "Pass an integer number of placebo studies, for example 200.")
    if draws < 1:
        raise UsageError(f"`draws` is {draws}.", remedy="Pass 1 or more, for example 200.")
    inputs = read_inputs(spec, events, data, GivenRegressors(market, factors), closes_at)
    quiet = quiet_times(spec, inputs)
    tables = _tables(inputs.table, quiet, draws, spec.seed)
    plain = spec.model_copy(update={"adjust": "", "response": "off", "overlaps": "keep"})
    studies = PlaceboStudies(plain, replace(inputs, bars=(), notices=()), tuple(tables))
    with runner(executor, spec.calendars) as run:
        null = studies.answers(run)
        few = replace(studies, tables=studies.tables[: max(50, draws // 4)])
        effects = _smallest_effects(few, _sds(null), run)
    rows = []
    for key in _common([found for found, _ in null]):
        p = np.concatenate([one[key] for one, _ in null])
        p = p[np.isfinite(p)]
        n_effective = _independent(len(p), quiet, inputs.series, key[1])
        size = {level: float((p <= level).mean()) if len(p) else float("nan") for level in LEVELS}
        band = {level: _band(level, n_effective) for level in LEVELS}
        effect, about = effects.get(key, float("nan")), (spec.title or spec.name, inputs.simulated)
        rows.append(Calibration(key[0], key[1], len(p), n_effective, size, band, effect, *about))
    return tuple(rows)


def quiet_times(spec: StudySpec, inputs: Inputs) -> Mapping[EventMoment, CandidateDates]:
    """Return, for every distinct event time, where it may be moved to."""
    windows, _ = windows_in_bars(spec, inputs.series)
    positions, _ = align(inputs.table, inputs.series, windows, anchor=spec.anchor)
    data = EventData(inputs.series, inputs.series.values, positions)
    quiet = candidate_dates(data, inputs.table, windows)
    short = [moment for moment, found in quiet.items() if len(found) < 2]
    if short or not quiet:
        raise DataError(
            f"{len(short) or len(inputs.table)} event times have fewer than 2 quiet times to move to.",
            remedy="Give longer series, or a shorter estimation window.",
        )
    return quiet


def _tables(table: EventTable, quiet: Mapping[EventMoment, CandidateDates], draws: int, seed: int) -> list[EventTable]:
    """Return the events at quiet times, no combination of times twice."""
    chosen = draw_dates(quiet, draws, seed)
    pairs = list(map(EventMoment, table.earliest.tolist(), table.latest.tolist()))
    quiet_pairs = np.array([pair in quiet for pair in pairs], dtype=bool)
    moments = [pair for pair in pairs if pair in quiet]
    ids = table.ids[quiet_pairs]
    instruments = table.places[0], table.places[1][quiet_pairs]
    return [
        EventTable(ids, instruments, *np.array([quiet[m].ends[:, chosen[m][d]] for m in moments]).T)
        for d in range(min(map(len, chosen.values())))
    ]


Answer = tuple[PValues, Mapping[Window, FloatArray]]


@dataclass(frozen=True, eq=False)
class PlaceboStudies:
    """The study at quiet times, once for each table of events, a shock planted in one bar of every event window."""

    spec: StudySpec
    inputs: Inputs
    tables: tuple[EventTable, ...]
    bar: int = 0
    shock: float = 0.0

    def answers(self, run: BlockMap) -> list[Answer]:
        """Return the p-values of each placebo study, and the CARs of its windows."""
        planted = f" with a move of {1e4 * self.shock:+,.0f} bp" if self.shock else ""
        answered = run(self, [slice(at, at + 1) for at in range(len(self.tables))])
        return [answer for _, answer in zip(counted(self.tables, f"placebo studies{planted}"), answered, strict=True)]

    def part(self, rows: slice) -> PlaceboStudies:
        """Return the placebo studies ``rows`` alone."""
        return replace(self, tables=self.tables[rows])

    def __call__(self, rows: slice) -> Answer:
        (table,) = self.tables[rows]
        inputs = _planted(self.spec, self.inputs, table, self.bar, self.shock) if self.shock else self.inputs
        with unreported():
            result = solve(self.spec, replace(inputs, table=table))
        found = {(f.test, f.window): f.pvalue for f in result.significances.findings}
        return found, {window: result.abnormal.car(window) for window in result.windows}


def _sds(null: Sequence[Answer]) -> Mapping[Window, float]:
    """Return the standard deviation of single CARs, by window."""
    cars = {window: np.concatenate([one[window] for _, one in null]) for window in null[0][1]}
    return {window: float(np.nanstd(car)) for window, car in cars.items() if np.isfinite(car).any()}


def _smallest_effects(few: PlaceboStudies, by_window: Mapping[Window, float], run: BlockMap) -> Mapping[Key, float]:
    """Return the shock that 80 % of placebo studies find at the 5 % level, by straight lines between shocks tried."""
    sds = [value for value in by_window.values() if value > 0]
    if not sds:
        return {}
    shocks = np.geomspace(FEWEST * min(sds) / np.sqrt(len(few.tables[0])), MOST * max(sds), SHOCKS)
    found: dict[Key, float] = {}
    for bar in sorted({_shocked(window) for window in by_window}):
        power: dict[Key, list[float]] = {}
        for shock in shocks if few.spec.alternative != "less" else -shocks:
            studies = [found for found, _ in replace(few, bar=bar, shock=float(shock)).answers(run)]
            for key in _common(studies):
                p = np.concatenate([one[key] for one in studies])
                p = p[np.isfinite(p)]
                power.setdefault(key, []).append(float((p <= 0.05).mean()) if len(p) else 0.0)
        found |= {key: _reached(shocks, values) for key, values in power.items() if _shocked(key[1]) == bar}
    return found


def _common(studies: Sequence[PValues]) -> list[Key]:
    """Return what every placebo study tested: the primary test of a design may change with its dates."""
    return [key for key in studies[0] if all(key in one for one in studies)] if studies else []


def _shocked(window: Window) -> int:
    """Return the bar of the window that the shock is planted in: tau = 0, or the nearest to it."""
    return min(max(0, window.start), window.stop)


def _reached(shocks: FloatArray, power: Sequence[float]) -> float:
    rising = np.maximum.accumulate(power)
    at = int(np.searchsorted(rising, POWER))
    if at == len(shocks):
        return float("nan")
    if at == 0:
        return float(shocks[0])
    return float(np.interp(POWER, rising[at - 1 : at + 1], shocks[at - 1 : at + 1]))


def _planted(spec: StudySpec, inputs: Inputs, table: EventTable, bar: int, shock: float) -> Inputs:
    series = inputs.series
    windows, _ = windows_in_bars(spec, series)
    positions, _ = align(table, series, windows, anchor=spec.anchor)
    values = series.values.copy()
    at = positions.first + bar if bar >= 0 else positions.reference + bar + 1
    np.add.at(values, series.offset[positions.series] + at, shock)
    return replace(inputs, series=replace(series, values=values))


def _independent(n: int, quiet: Mapping[EventMoment, CandidateDates], series: SeriesSet, window: Window) -> int:
    """Return ``n / (1 + (n - 1) r)``: any two p-values rest on the same bars with probability ``r = L / Q``.

    Q distinct quiet bars hold Q / L windows of L bars that share none; in an intraday series windows stand on different
    days and never overlap. Events of one day count as one, which errs towards a wide band.
    """
    instants = np.unique(np.concatenate([places.ends[0] for places in quiet.values()]))
    share = min(1.0, (len(window) if series.is_daily else 1) / len(instants))
    return round(n / (1 + (n - 1) * share)) if n else 0


def _band(level: float, n: int) -> tuple[float, float]:
    from scipy.stats import binom

    if n == 0:
        return float("nan"), float("nan")
    return float(binom.ppf(0.025, n, level) / n), float(binom.ppf(0.975, n, level) / n)
