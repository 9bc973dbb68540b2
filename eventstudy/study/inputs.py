"""The study's door: events and market data of every accepted shape become an EventTable and a SeriesSet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from eventstudy.abnormal.events import EventTable
from eventstudy.abnormal.regressors import with_factors
from eventstudy.abnormal.series import SeriesSet, series_of
from eventstudy.abnormal.windows import Clock, Window, WindowSpec
from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, ReturnKind
from eventstudy.errors import DataError, Notice, UsageError, did_you_mean, expect
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import INSTRUMENT_COLUMNS
from eventstudy.market.missing_rows import Reading
from eventstudy.market.returns import Returns
from eventstudy.market.sources.dataset_value import Dataset
from eventstudy.market.universe import Universe
from eventstudy.study.event_table import dated_events, dated_table
from eventstudy.study.fit_notices import match_notices
from eventstudy.study.frame_series import frame_series, series_returns
from eventstudy.study.interchange import as_pandas, wide_pandas
from eventstudy.study.long_frame import LONG_COLUMNS, wide_frame
from eventstudy.study.price_doubts import restored
from eventstudy.study.risk_free import in_excess
from eventstudy.study.time_axes import TimeAxes
from eventstudy.study.units import checked_regressors, notices_of, unit_notices

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

Data: TypeAlias = "Bars | Returns | Universe | Dataset | Sequence[Bars | Returns] | pd.DataFrame"
Regressors: TypeAlias = (
    "Bars | Returns | pd.Series | pd.DataFrame | str | Sequence[Bars | Returns | pd.Series | str] | None"
)


class Unstudied(NamedTuple):
    """Events that are not studied, dates aligned with bars, and their columns."""

    events: tuple[Event, ...]
    table: EventTable


@dataclass(frozen=True)
class Inputs:
    """All that a study computes on; ``zone`` is the time zone of the market, ``UTC`` where none is known.

    ``known`` are events that are not studied, and whose days are those of their releases.
    """

    table: EventTable
    series: SeriesSet
    bars: tuple[Bars, ...]
    simulated: bool
    notices: tuple[Notice, ...]
    zone: str = "UTC"
    known: Unstudied | None = None


class GivenRegressors(NamedTuple):
    """The market and the factors as they were passed."""

    market: Regressors = None
    factors: Regressors = None


class FrameRows(NamedTuple):
    """How the rows of a frame are read: their times, and what a row without a return is."""

    axes: TimeAxes
    reading: Reading | None


def read_inputs(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    regressors: GivenRegressors,
    closes_at: str,
) -> Inputs:
    """Bring events, data, market and factors into the engine's form."""
    axes = TimeAxes(closes_at or _declared_close(spec))
    given = [data] if isinstance(data, Bars | Returns) else wide_pandas(data, long=LONG_COLUMNS)
    frame = given
    gaps: tuple[Notice, ...] = ()
    reading: Reading | None = None
    bars: tuple[Bars, ...] = ()
    notices: tuple[Notice, ...] = ()
    if isinstance(given, pd.DataFrame):
        frame = given = wide_frame(given) if all(name in given for name in LONG_COLUMNS) else given
        given = without_regressors(given, regressors, events)
        framed = frame_series(given, axes, spec.missing)
        series, gaps, reading = framed.series, framed.notices, framed.reading
        if spec.variable == "return":
            notices = () if spec.returns == "difference" else unit_notices(series.values)
        else:
            series = replace(series, values=of_returns(spec.variable, series.values))
    else:
        given, notices = _with_doubtful_rows(spec, without_regressors(given, regressors, events), events)
        bars = tuple(item for item in given if isinstance(item, Bars))
        series = series_of([studied(item, spec) for item in given])
    columns = [*many(regressors.market), *many(regressors.factors)]
    read = [factor_returns(item, frame, spec, FrameRows(axes, reading)) for item in columns]
    factors, odd = (read, ()) if spec.returns == "difference" else checked_regressors(read, series.values)
    series, matches = with_factors(series, factors, kind=spec.returns, span=spec.span)
    series, excess = in_excess(series, spec.model)
    notices = (*notices, *gaps, *match_notices(spec, matches), *excess)
    table = dated_table(as_pandas(events), series, spec.event_dates)
    held = [*([] if isinstance(given, pd.DataFrame) else given), *columns]
    sources = [item for item in held if isinstance(item, Bars | Returns)]
    simulated = any(item.simulated for item in sources)
    found = (*notices, *odd, *notices_of(sources))
    return Inputs(table, series, bars, simulated, found, market_zone(given, axes))


def releases_of(spec: StudySpec, known: Sequence[Event]) -> Sequence[Event]:
    """Return the events that are not studied if days are chosen by the releases on them, else none."""
    expect("known", known, (list, tuple), "Pass a list of Events (read_events).")
    return known if spec.placebo.match is not None and spec.placebo.match.releases else ()


def with_known(spec: StudySpec, inputs: Inputs, known: Sequence[Event]) -> Inputs:
    """Return the inputs with events that are not studied, where the days that events are compared with need them."""
    known = releases_of(spec, known)
    if not known:
        return inputs
    table = dated_table(known, inputs.series, spec.event_dates)
    return replace(inputs, known=Unstudied(tuple(dated_events(known, table)), table))


def market_zone(given: pd.DataFrame | Sequence[Bars | Returns], axes: TimeAxes) -> str:
    """Return the time zone of the market: of the first series, of ``closes_at``, or of the rows of a frame."""
    if isinstance(given, pd.DataFrame):
        if axes.rule is not None:
            return axes.rule.zone
        name = str(getattr(given.index, "tz", None) or "UTC")
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):  # an offset such as UTC+03:00 is not a zone
            return "UTC"
    first = next(iter(given), None)
    return "UTC" if first is None else zone_of(first)


def zone_of(series: Bars | Returns) -> str:
    """Return the zone in which dates and times of a series stand: its own, else that of its calendar."""
    from eventstudy.market.calendars import calendar

    return str(getattr(series, "zone", "") or calendar(series.instrument.calendar).zone)


def without_regressors(given: Any, regressors: GivenRegressors, events: Sequence[Event] | pd.DataFrame) -> Any:
    """Return the series without those named as market or factors; one that an event names is studied as well."""
    names = {item for part in regressors for item in many(part) if isinstance(item, str)}
    if not names:
        return given
    frame = as_pandas(events)
    if isinstance(frame, pd.DataFrame):
        column = next((name for name in INSTRUMENT_COLUMNS if name in frame), None)
        named = set() if column is None else set(map(str, frame[column]))
    else:
        named = {code for event in events for code in getattr(event, "instruments", ())}
    out = names - named
    if isinstance(given, pd.DataFrame):
        return given.drop(columns=[name for name in given.columns if name in out])
    return [one for one in given if one.instrument.code not in out]


def _with_doubtful_rows(
    spec: StudySpec, given: Sequence[Bars | Returns], events: Sequence[Event] | pd.DataFrame
) -> tuple[list[Bars | Returns], tuple[Notice, ...]]:
    """Return the series with the rows put back that a check took for bad ticks inside event windows."""
    items = list(given)
    if not any(isinstance(item, Bars) and item.doubtful for item in items):
        return items, ()
    series = series_of([as_returns(item, spec.returns) for item in items])
    table = dated_table(as_pandas(events), series, spec.event_dates)
    notices: list[Notice] = []
    for place, item in enumerate(items):
        if isinstance(item, Bars):
            items[place], more = restored(spec, item, table)
            notices.extend(more)
    return items, tuple(notices)


def check_arguments(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    data: Data,
    regressors: GivenRegressors,
    closes_at: str,
) -> None:
    """Refuse arguments of a type that no study can use, by the name of the argument."""
    from eventstudy.study.spec import StudySpec

    expect("spec", spec, StudySpec, "Pass StudySpec(model=..., event=...), or StudySpec.from_toml(path).")
    expect("closes_at", closes_at, str, "Pass a closing time with its zone: '16:00 America/New_York'.")
    frame = "a frame with the columns `instrument` and `time`"
    expect("events", as_pandas(events), (pd.DataFrame, list, tuple), f"Pass Event values (read_events), or {frame}.")
    series = "Pass Bars, Returns, a list of these, or a frame of returns with one column per instrument."
    expect("data", as_pandas(data), (pd.DataFrame, list, tuple, Bars, Returns, Universe, Dataset), series)
    for one in data if isinstance(data, list | tuple) else ():
        expect("data[...]", one, (Bars, Returns), "Put several pandas.Series into a frame: pandas.concat(..., axis=1).")
    for name, given in zip(regressors._fields, map(as_pandas, regressors), strict=True):
        series = "Pass Bars, Returns, a pandas.Series, the name of a column of `data`, or a list of these."
        if given is not None:
            expect(name, given, (pd.DataFrame, pd.Series, list, tuple, str, Bars, Returns), series)


CLOCK_US = {"bars": 0, "minutes": MINUTE_US, "days": DAY_US}


def windows_in_bars(spec: StudySpec, series: SeriesSet) -> tuple[WindowSpec, tuple[Window, ...]]:
    """Return the study's windows in bars of trading time, whatever clock they were given in.

    On an intraday series a day is the median number of bars of a trading day. A window that is not a whole number of
    bars is refused.
    """
    event = _in_bars(Window(*spec.event), spec.clock, series)
    given = spec.estimation
    estimation = None if given is None else _in_bars(Window(*given), spec.learning_clock, series)
    tests_on = tuple(_in_bars(window, spec.clock, series) for window in spec.test_windows)
    return WindowSpec(estimation, event, spec.min_observations), tests_on


def _in_bars(window: Window, clock: Clock, series: SeriesSet) -> Window:
    if clock == "bars":
        return window
    steps = np.unique(series.step_us)
    if len(steps) > 1:
        raise UsageError(
            f"The series have bars of {len(steps)} lengths, so windows in {clock} differ in bars.",
            remedy="Give clock = 'bars', or one study per bar length.",
        )
    step, unit, ends = int(steps[0]), CLOCK_US[clock], (window.start, window.stop)
    if unit == DAY_US and step < DAY_US:
        per_day = _bars_per_day(series)
        return Window(*(end * per_day for end in ends))
    if any(end * unit % step for end in ends):
        raise UsageError(
            f"The window {window} in {clock} is not a multiple of the bar length {step // 1_000_000} seconds.",
            remedy="Choose ends that are multiples of the bar.",
        )
    return Window(*(end * unit // step for end in ends))


def _bars_per_day(series: SeriesSet) -> int:
    _, counts = np.unique(series.trading_day[: int(series.length[0])], return_counts=True)
    return int(np.median(counts)) if len(counts) else 1


OF_RETURNS: dict[str, Callable[[FloatArray], FloatArray]] = {"absolute_return": np.abs, "squared_return": np.square}


def of_returns(variable: str, values: FloatArray) -> FloatArray:
    """Return a function of returns as the studied variable; volume and range need bars."""
    if variable not in OF_RETURNS:
        raise UsageError(f"The variable {variable!r} needs Bars.", remedy="Pass Bars with volume, high and low.")
    return OF_RETURNS[variable](values)


def studied(item: Bars | Returns, spec: StudySpec) -> Returns:
    """Return the studied variable on the closes of the series: its returns, or what the study names instead.

    ``standardized_return`` is the return over the volatility of its time of day and of the day before; ``log_volume``
    is the log of each bar's volume (missing where nothing traded); ``log_range`` is Parkinson's variance
    ``ln(high/low)^2 / (4 ln 2)``. Over merged bars they are added like returns.
    """
    returns = as_returns(item, spec.returns)
    if spec.variable == "return":
        return returns
    if spec.variable == "standardized_return":
        return _standardized(returns)
    if spec.variable in OF_RETURNS or not isinstance(item, Bars):
        return replace(returns, values=of_returns(spec.variable, returns.values))
    needed = {"log_volume": ("volume",), "log_range": ("high", "low")}[spec.variable]
    lacking = [name for name in needed if name not in item.frame]
    if lacking:
        raise DataError(f"The bars of {item.instrument.code} have no {' and no '.join(lacking)}.")
    columns = [item.frame[name].to_numpy(dtype=np.float64) for name in needed]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.where(column > 0, np.log(column), np.nan) for column in columns]
    values = logs[0] if len(logs) == 1 else np.square(logs[0] - logs[1]) / (4 * np.log(2))
    return replace(returns, values=values)


def _standardized(returns: Returns) -> Returns:
    """Return intraday returns over the volatility of their time of day and of the day before."""
    from eventstudy.response.standardized import standardized_returns

    if returns.step_us >= DAY_US:
        raise UsageError(
            f"The variable 'standardized_return' is for bars shorter than a day; those of {returns.instrument.code} "
            "are daily.",
            remedy="Use variable = 'return'.",
        )
    return standardized_returns(returns)


def as_returns(item: Bars | Returns, kind: ReturnKind) -> Returns:
    """Return the returns of one series; simple returns are made from the logs, by the earlier price."""
    if isinstance(item, Bars):
        how: ReturnKind = "difference" if kind == "difference" else "log"
        item = import_module("eventstudy.market.returns").returns(item, kind=how)
    elif kind == "difference" and isinstance(item, Returns):
        raise UsageError(
            f"returns = 'difference' needs prices; the series of {item.instrument.code} holds returns.",
            remedy="Use returns = 'log' or 'simple'.",
        )
    if not isinstance(item, Returns):
        raise UsageError(
            f"The data holds a {type(item).__name__}.", remedy="Pass Bars, Returns, a list of them, or a wide frame."
        )
    return replace(item, values=np.expm1(item.values)) if kind == "simple" else item


def many(given: Regressors) -> list[Bars | Returns | pd.Series | str]:
    """Return the regressors given as a list: none, one, or several."""
    if given is None:
        return []
    if isinstance(given, pd.DataFrame):
        return [given[column] for column in given.columns]
    return [given] if isinstance(given, Bars | Returns | pd.Series | str) else list(given)


def named_series(name: str, data: object) -> Bars | Returns | pd.Series:
    """Return a series of the data by its name: a column of a wide frame, or one of several instruments."""
    if isinstance(data, pd.DataFrame):
        if name in data.columns:
            return data[name]
        raise UsageError(f"{name!r} is not a column of the data.", remedy="Name a column of the wide frame.")
    found = {one.instrument.code: one for one in data if isinstance(one, Bars | Returns)}  # type: ignore[attr-defined]
    if name not in found:
        raise UsageError(f"{name!r} is not an instrument of the data.", remedy=did_you_mean(name, found))
    return found[name]


def factor_returns(item: Bars | Returns | pd.Series | str, data: object, spec: StudySpec, rows: FrameRows) -> Returns:
    """Return one regressor as returns: a series of its own, or a named column of the wide frame."""
    if isinstance(item, str):
        item = named_series(item, data)
    if isinstance(item, pd.Series):
        return series_returns(item, rows.axes, spec.missing, rows.reading)
    return as_returns(item, spec.returns)


def _declared_close(spec: StudySpec) -> str:
    for part in spec.data:
        if part.closes_at and part.timezone:
            return f"{part.closes_at} {part.timezone}"
    return ""
