"""From the rows of an instrument to Bars or Returns: zone, label, step and close are settled, defects are repaired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import time_ns
from typing import NamedTuple

import numpy as np
import pandas as pd

from eventstudy.arrays import (
    DAY_US,
    MINUTE_US,
    BoolArray,
    FloatArray,
    IntArray,
    LabelSide,
    check_choice,
    from_epoch_us,
    instant_us,
    wall_us,
)
from eventstudy.errors import BarsError, DataError, Notice, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.daily_close import PERIOD_US, days_named
from eventstudy.market.gaps import MONTHS, QUARTERS, YEARS
from eventstudy.market.instruments import Instrument
from eventstudy.market.lazy_frame import frame_columns
from eventstudy.market.local_time import check_zone
from eventstudy.market.quality.checks import repair
from eventstudy.market.quality.problems import DailyCloses, Subject, coverage, notice
from eventstudy.market.raw import RawBars
from eventstudy.market.returns import Returns, TimedReturns, returns_on
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.stamp_columns import read_clock
from eventstudy.market.steps import begins_periods, period_ends, step_of

# Codes for a return that does not exist: CRSP's letters are read as missing, these are numbers.
MISSING_CODES = (-66.0, -77.0, -88.0, -99.0, -99.99, -999.0)


@dataclass(frozen=True)
class Origin:
    """Where rows come from, for messages and for checks that compare.

    Attributes
    ----------
    name : str
        The file.
    step : pandas.Timedelta
        Length of a bar.
    against : DailyCloses or None
        Another daily series of the same thing, to find closes that were cut.
    adjusted : bool
        Whether the prices are adjusted ones.
    """

    name: str
    step: pd.Timedelta
    against: DailyCloses | None = None
    adjusted: bool = False


def series_from(rows: Rows, traded: Instrument, spec: DataSpec, origin: Origin) -> Bars | Returns:
    """Return the rows of one instrument as bars on their closing instants, or as returns where the table holds returns.

    Raises
    ------
    UsageError
        If zone, label or closing time are neither stated nor in the file.
    BarsError, CalendarError, DataError
        With the rows that cannot be used.
    """
    if not len(rows):
        raise DataError(f"{origin.name} has no row of {traded.code}.", remedy="Check the file.")
    raw = raw_of(rows, traded, spec, origin)
    if spec.holds != "prices":
        return returns_from(raw, traded, spec, origin)
    accept = (*spec.accept, "label side") if spec.force_label else spec.accept
    inspection = repair(subject_of(raw, traded, origin), accept)
    clean, closes = inspection.subject.raw, inspection.subject.closes
    keep = in_period(closes, spec, f"{origin.name}: {traded.code}")
    columns = clean.columns
    if not keep.all():
        closes, columns = closes[keep], {name: values[keep] for name, values in columns.items()}
    found = tuple(map(notice, inspection.findings))
    return Bars(
        traded,
        origin.step,
        clean.label,
        frame_columns(closes, columns),  # type: ignore[arg-type]  # see LazyFrame
        source=origin.name,
        notices=found,
        zone=clock_of(clean, traded, spec),
        doubtful=inspection.doubtful,
    )


def clock_of(raw: RawBars, traded: Instrument, spec: DataSpec) -> str:
    """Return the zone of the dates of daily rows, or of the clock of intraday rows without a calendar; else empty."""
    if raw.daily:
        return raw.zone
    return (spec.timezone or raw.zone) if calendar_named(traded.calendar).always else ""


def subject_of(raw: RawBars, traded: Instrument, origin: Origin) -> Subject:
    """Return rows as the quality checks look at them."""
    covering, unchecked = coverage(calendar_named(traded.calendar), raw)
    return Subject(raw, covering, time_ns() // 1000, origin.name, unchecked, origin.against)


def raw_of(rows: Rows, traded: Instrument, spec: DataSpec, origin: Origin) -> RawBars:
    """Return rows with everything that is stated about them, after checking that nothing needed is missing."""
    daily = origin.step >= pd.Timedelta(days=1)
    zone = zone_of(rows, traded, spec, daily=daily)
    check_statements(spec, origin.name, zone, traded, daily=daily)
    if daily:
        return daily_raw(rows, traded, Stated(spec, zone), origin.step)
    return RawBars(
        line=rows.line,
        wall=rows.wall,
        zone="UTC" if rows.has_offset else check_zone(zone),
        columns=without_delisting(rows),
        step_us=origin.step // pd.Timedelta(microseconds=1),
        label=spec.label or "right",
    )


class Stated(NamedTuple):
    """What a study states about a file, and the time zone that follows from it."""

    spec: DataSpec
    zone: str


def daily_raw(rows: Rows, traded: Instrument, stated: Stated, step: pd.Timedelta) -> RawBars:
    """Return daily rows by the dates they name; timestamps with an offset name the date on the clock of the zone."""
    spec, zone = stated
    venue, wall = calendar_named(traded.calendar), rows.wall
    step_us = step // pd.Timedelta(microseconds=1)
    if rows.has_offset:
        wall = days_named(wall, check_zone(zone)) * DAY_US
    wall = wall // DAY_US * DAY_US  # the time of day of a live row says nothing: the row is that of its date
    if step_us >= PERIOD_US:
        days = wall // DAY_US
        label = spec.label or ("left" if begins_periods(days, step_us) else "right")
        wall = period_ends(days, step_us, label, venue) * DAY_US
    return RawBars(
        line=rows.line,
        wall=wall,
        zone=check_zone(zone),
        columns=without_delisting(rows),
        step_us=step_us,
        label=spec.label or "right",
        closes_at_us=read_clock(spec.closes_at) if spec.closes_at else None,
        calendar=venue,
        placed=rows.has_offset,
    )


def without_delisting(rows: Rows) -> dict[str, FloatArray]:
    return {name: values for name, values in rows.columns.items() if name != "delisting"}


def zone_of(rows: Rows, traded: Instrument, spec: DataSpec, *, daily: bool) -> str:
    """Return the zone of the timestamps: the stated one, the calendar's for days, UTC where they carry an offset."""
    if spec.timezone or (rows.has_offset and not daily):
        return spec.timezone or "UTC"
    venue = calendar_named(traded.calendar)
    if daily and not venue.always:
        return venue.zone
    return "UTC" if rows.has_offset and not (rows.wall % DAY_US).any() else ""


def raw_bars(bars: Bars) -> RawBars:
    """Return bars as rows, counted from 1, whose timestamps are their closing instants."""
    venue = calendar_named(bars.instrument.calendar)
    daily = bars.step >= pd.Timedelta(days=1)
    zone = venue.zone if daily else "UTC"
    wall = wall_us(bars.closes_us, zone)
    return RawBars(
        line=np.arange(1, len(bars) + 1, dtype=np.int64),
        wall=wall,
        zone=zone,
        columns={str(name): bars.frame[name].to_numpy(np.float64) for name in bars.frame.columns},
        step_us=bars.step // pd.Timedelta(microseconds=1),
        label="right",
        closes_at_us=int(wall[-1] % DAY_US) if daily and len(wall) else None,
    )


def dates_of(rows: Rows, traded: Instrument, spec: DataSpec) -> IntArray:
    """Return the date of every row on the clock of its series, as days since 1970-01-01."""
    zone = zone_of(rows, traded, spec, daily=True)
    wall = wall_us(rows.wall, check_zone(zone)) if rows.has_offset and zone else rows.wall
    return np.asarray(wall // DAY_US, dtype=np.int64)


Missing = tuple[str, str, str]


def missing_statements(spec: DataSpec, zone: str, traded: Instrument, *, daily: bool) -> list[Missing]:
    """Return what a description leaves to be guessed: the key, what is missing, and what to set."""
    found: list[Missing] = []
    if spec.label is None and not daily:
        remedy = 'Set label = "left" (start of the bar) or "right" (end); `eventstudy data check` shows the evidence.'
        found.append(("label", "bar label convention not set", remedy))
    if not zone:
        remedy = 'Set timezone = "America/New_York" or another zone.'
        found.append(("timezone", "time zone of the timestamps not set", remedy))
    if daily and not spec.closes_at and calendar_named(traded.calendar).always:
        remedy = 'Set closes_at = "16:00", the local time of the close, or calendar = "XNYS".'
        if spec.calendar:  # a market that never closes
            remedy = (
                'Set closes_at = "24:00" (or the hour at which the days of this source end) in the zone of its dates.'
            )
        found.append(("closes_at", "closing time of the daily data not set", remedy))
    return found


def check_statements(spec: DataSpec, name: str, zone: str, traded: Instrument, *, daily: bool) -> None:
    """Refuse a description that leaves zone, label or closing time to be guessed."""
    if spec.label is not None:
        check_choice("label side", spec.label, LabelSide)
    for _, what, remedy in missing_statements(spec, zone, traded, daily=daily):
        raise UsageError(f"{name}: {what}.", remedy=remedy)


def checked_bars(bars: Bars, accept: tuple[str, ...] = ()) -> Bars:
    """Return bars of a source that reads no rows of its own after the same checks that the rows of a file pass."""
    raw = raw_bars(bars)
    covering, unchecked = coverage(calendar_named(bars.instrument.calendar), raw)
    inspection = repair(Subject(raw, covering, time_ns() // 1000, bars.source, unchecked), accept)
    if not inspection.findings:
        return bars
    clean = inspection.subject.raw
    # The instants are closes already, half days included; what is left is found again by the numbers of its rows.
    frame = pd.DataFrame(dict(clean.columns), index=bars.frame.index[clean.line - 1], copy=False)
    notices = (*bars.notices, *map(notice, inspection.findings))
    return replace(bars, frame=frame, notices=notices, doubtful=(*bars.doubtful, *inspection.doubtful))


def in_period(closes: IntArray, spec: DataSpec, what: str) -> BoolArray:
    """Return which closes lie in the stated period.

    Raises
    ------
    DataError
        If none does.
    """
    first, last = spec.period()
    keep = np.ones(len(closes), dtype=np.bool_)
    for bound, compare in ((first, np.greater_equal), (last, np.less_equal)):
        if bound is not None:
            keep &= compare(closes, instant_us(bound))
    if not keep.any():
        begin, end = from_epoch_us(closes[[0, -1]]) if len(closes) else ("nothing", "nothing")
        raise DataError(f"{what} has no bar from {first} to {last}; it has {begin} to {end}.")
    return keep


def guess_step(wall: IntArray) -> pd.Timedelta:
    """Return the most frequent distance between two rows; of days and longer the period that it stands for."""
    steps = np.diff(np.sort(wall))
    steps = steps[steps > 0]
    if not len(steps):
        return pd.Timedelta(days=1) if not (wall % DAY_US).any() else pd.Timedelta(minutes=1)
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if step < DAY_US:
        return pd.Timedelta(max(step, MINUTE_US // 60), unit="us")
    middle = float(np.median(steps))
    if middle < PERIOD_US:
        return pd.Timedelta(days=1)
    return step_of("1W" if middle < MONTHS else "1M" if middle < QUARTERS else "1Q" if middle < YEARS else "1Y")


def returns_from(raw: RawBars, traded: Instrument, spec: DataSpec, origin: Origin) -> Returns:
    """Return the rows of a table of returns as log returns on their closing instants."""
    subject = subject_of(raw, traded, origin)
    order = np.argsort(subject.closes, kind="stable")
    closes, values = subject.closes[order], raw.close[order]
    again = np.flatnonzero(closes[1:] == closes[:-1]) + 1
    conflicting = again[~np.isclose(values[again], values[again - 1], rtol=0, atol=0, equal_nan=True)]
    if len(conflicting):
        lines = raw.line[order][[conflicting[0] - 1, conflicting[0]]]
        raise BarsError(
            f"{origin.name}: lines {lines[0]} and {lines[1]} give different returns of {traded.code} for one day.",
            remedy="Keep one of them.",
        )
    unique = np.ones(len(closes), dtype=np.bool_)
    unique[again] = False
    keep = unique & in_period(closes, spec, f"{origin.name}: {traded.code}")
    timed = TimedReturns(closes[keep], raw.step_us, raw.zone if raw.daily else "")
    return returns_on(traded, calendar_named(traded.calendar), timed, values[keep])


def as_log_returns(rows: Rows, spec: DataSpec) -> tuple[FloatArray, tuple[Notice, ...]]:
    """Return the returns of a table as decimal log returns, and how many codes of missing values stood among them.

    A delisting return (CRSP's DLRET) is joined to the return of its row: (1 + RET)(1 + DLRET) - 1.
    """
    values, notices = without_codes(rows.columns["close"], spec.unit)
    if spec.unit == "percent":
        values = values / 100
    if "delisting" in rows.columns:
        delisting, _ = without_codes(rows.columns["delisting"], spec.unit)
        joined = np.isfinite(delisting)
        if joined.any():
            values = np.where(joined, (1 + np.nan_to_num(values)) * (1 + np.nan_to_num(delisting)) - 1, values)
            notices = (*notices, Notice("ES-DELISTING", f"{int(joined.sum())} delisting return(s) were joined."))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log1p(values) if spec.holds == "simple returns" else values
    return np.asarray(logs, dtype=np.float64), notices


def without_codes(values: FloatArray, unit: str = "decimal") -> tuple[FloatArray, tuple[Notice, ...]]:
    """Return returns with the numbers that stand for a missing one set missing, and a notice that counts them.

    No decimal return lies below -1; among percent returns only codes below -99 are certain.
    """
    codes = [code for code in MISSING_CODES if unit != "percent" or code <= -99]
    coded = np.isin(values, codes)
    if not coded.any():
        return values, ()
    found = ", ".join(f"{code:g}" for code in np.unique(values[coded]))
    message = f"{int(coded.sum())} value(s) are codes of a missing return ({found}) and were set missing."
    return np.where(coded, np.nan, values), (Notice("ES-MISSING-CODE", message),)
