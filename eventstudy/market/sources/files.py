"""Bars from files of the user's own: CSV in named layouts, Parquet. Zone and label side must be stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import time_ns

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, IntArray, LabelSide, check_choice, from_epoch_us, instant_us, look_up, wall_us
from eventstudy.errors import DataError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.daily_close import PERIOD_US, days_named
from eventstudy.market.instruments import Instrument
from eventstudy.market.instruments import instrument as instrument_of
from eventstudy.market.local_time import check_zone
from eventstudy.market.quality.checks import repair
from eventstudy.market.quality.findings import DailyCloses, Subject, coverage, notice
from eventstudy.market.raw import RawBars
from eventstudy.market.sources.csv_table import TextTable, read_csv_table
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.parquet_file import read_parquet_table, read_written
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.stamp_columns import read_clock
from eventstudy.market.steps import begins_periods, period_ends, step_of


def read_bars(
    path: str | Path,
    *,
    instrument: str | Instrument,
    step: str | pd.Timedelta,
    timezone: str = "",
    label: LabelSide | None = None,
    calendar: str = "",
    preset: str = "generic",
    columns: Mapping[str, str] | None = None,
    closes_at: str = "",
    force_label: bool = False,
    accept: tuple[str, ...] = (),
    against: Bars | None = None,
) -> Bars:
    """Read one instrument's bars from a CSV or Parquet file.

    Parameters
    ----------
    path : str or Path
        A name ending in ``.parquet`` is read as Parquet, any other as delimited text.
    instrument : str or Instrument
        A code is looked up in ``INSTRUMENTS``. Where the file holds several, it names the one to read.
    step : str or pandas.Timedelta
        Length of a bar: ``"1min"``, ``"10min"``, ``"1D"``, ``"1W"``, ``"1M"`` (a month), ``"1Q"``.
    timezone : str
        Whose clock the labels show, for example ``"Europe/Moscow"``; not needed where stamps carry an offset.
    label : {"left", "right"}
        Which end of the bar the labels mark; not needed for daily bars, and of weeks and longer only where their dates
        are neither first nor last days.
    calendar : str
        A name of ``CALENDARS``; the instrument's own where empty.
    preset : str
        A name of ``LAYOUTS``: generic, finam, quik, moex-iss-csv, metatrader, yahoo-csv, stooq.
    columns : mapping, optional
        Role to column name where the layout's names do not fit: ``{"time": "stamp", "close": "last"}``.
    closes_at : str
        For daily bars: the local time of the close, ``"18:50"``.
    force_label : bool
        Insist on the stated label side although the evidence of the bars contradicts it.
    accept : tuple of str
        Kinds of defect (names of ``CHECKS``) that are reported and left as they are.
    against : Bars, optional
        For daily files: another series of the same thing. Closes taken before a move that it shows on their day are
        left out, so that no news lands a day late.

    Returns
    -------
    Bars
        On closing instants; what was repaired stands in ``notices``.

    Raises
    ------
    DataError, BarsError, CalendarError
        With the rows: what is missing, contradictory, or a local time that does not exist or happens twice.
    UsageError
        If zone, label side or closing time are not stated.
    """
    thing = instrument_of(instrument) if isinstance(instrument, str) else instrument
    return read_file(
        BarRequest(
            replace(thing, calendar=calendar) if calendar else thing,
            step_of(step),
            path=str(path),
            preset=preset,
            columns=columns or {},
            timezone=timezone,
            label=label,
            closes_at=closes_at,
            force_label=force_label,
            accept=accept,
            against=closes_of(against) if against is not None else None,
        )
    )


def read_file(request: BarRequest) -> Bars:
    """Read the bars of a request from its file; the row ``file`` of ``BAR_SOURCES``."""
    path = Path(request.path)
    if path.suffix == ".parquet" and (written := read_written(path)) is not None:
        return as_asked(written, request)
    accept = (*request.accept, "label side") if request.force_label else request.accept
    inspection = repair(subject_of(request, now_us=time_ns() // 1000), accept)
    raw, closes = inspection.subject.raw, inspection.subject.closes
    keep = in_period(closes, request)
    columns = raw.columns if keep.all() else {name: values[keep] for name, values in raw.columns.items()}
    frame = pd.DataFrame(dict(columns), index=from_epoch_us(closes[keep]), copy=False)
    if not len(frame):
        first, last = from_epoch_us(closes[[0, -1]])
        raise DataError(
            f"{request.path} has no bar of {request.instrument.code} from {request.first} to {request.last}; it has "
            f"{first} to {last}."
        )
    return Bars(
        instrument=request.instrument,
        step=request.step,
        label=raw.label,
        frame=frame,
        source=path.name,
        notices=tuple(map(notice, inspection.findings)),
        zone=raw.zone if raw.daily else "",
        doubtful=inspection.doubtful,
    )


def as_asked(bars: Bars, request: BarRequest) -> Bars:
    """Return bars of a file of our own, after checking that they are what was asked for."""
    asked = {"instrument": request.instrument.code, "step": request.step, "label": request.label or bars.label}
    held = {"instrument": bars.instrument.code, "step": bars.step, "label": bars.label}
    for name in asked:
        if asked[name] != held[name]:
            raise DataError(
                f"{request.path} says of itself {name}={str(held[name])!r}; asked was {str(asked[name])!r}.",
                remedy="Ask for what the file holds, or give another file.",
            )
    keep = in_period(bars.closes_us, request)
    return bars if keep.all() else replace(bars, frame=bars.frame[keep])


def subject_of(request: BarRequest, *, now_us: int | None = None) -> Subject:
    """Return the series of a request as the quality checks look at it."""
    raw = read_raw(request)
    venue = calendar_named(request.instrument.calendar)
    covering, unchecked = coverage(venue, raw)
    return Subject(raw, covering, now_us, Path(request.path).name, unchecked, request.against)


def closes_of(bars: Bars) -> DailyCloses:
    """Return the closes of daily bars by their local day."""
    days = (wall_us(bars.closes_us, calendar_named(bars.instrument.calendar).zone) - 1) // DAY_US
    return DailyCloses(days, bars.frame["close"].to_numpy(np.float64), bars.source or bars.instrument.code)


def read_raw(request: BarRequest) -> RawBars:
    """Return the rows of a file as they stand, after checking that the request says what the file does not."""
    path, layout = Path(request.path), look_up("file layout", LAYOUTS, request.preset)
    if not path.is_file():
        raise DataError(f"There is no file {path}.", remedy="Check the path.")
    read = read_parquet_table if path.suffix == ".parquet" else read_csv_table
    table = read(path, layout, request.columns, request.instrument.code)
    daily = request.step >= pd.Timedelta(days=1)
    check_statements(request, daily=daily, has_offset=table.has_offset)
    return raw_of(table, request)


def raw_of(table: TextTable, request: BarRequest) -> RawBars:
    """Return the rows of a table as the request says they are to be read."""
    if request.step >= pd.Timedelta(days=1):
        return daily_raw(table, request)
    return RawBars(
        line=table.line,
        wall=table.wall,
        zone="UTC" if table.has_offset else check_zone(request.timezone),
        columns=table.columns,
        step_us=request.step // pd.Timedelta(microseconds=1),
        label=request.label or "right",
    )


def daily_raw(table: TextTable, request: BarRequest) -> RawBars:
    """Return daily rows by the dates they name; stamps with an offset name the date of the stated clock."""
    venue = calendar_named(request.instrument.calendar)
    zone = check_zone(request.timezone) if request.timezone else venue.zone
    wall, step_us = table.wall, request.step // pd.Timedelta(microseconds=1)
    if table.has_offset:
        wall = days_named(wall, zone) * DAY_US
    if step_us >= PERIOD_US:
        days = wall // DAY_US
        label = request.label or ("left" if begins_periods(days, step_us) else "right")
        wall = period_ends(days, step_us, label, venue) * DAY_US
    return RawBars(
        line=table.line,
        wall=wall,
        zone=zone,
        columns=table.columns,
        step_us=step_us,
        label=request.label or "right",
        closes_at_us=read_clock(request.closes_at) if request.closes_at else None,
        calendar=venue,
        placed=table.has_offset,
    )


def check_statements(request: BarRequest, *, daily: bool, has_offset: bool) -> None:
    """Refuse a request that leaves zone, label side or closing time to be guessed."""
    if request.label is None and not daily:
        raise UsageError(
            f"{request.path} does not say which end of a bar its labels mark.",
            remedy="State label='left' or label='right'; eventstudy data check FILE shows the evidence.",
        )
    if request.label is not None:
        check_choice("label side", request.label, LabelSide)
    sessions_known = daily and not calendar_named(request.instrument.calendar).always
    if not request.timezone and not sessions_known and (daily or not has_offset):
        raise UsageError(
            f"{request.path} does not say whose clock its times show.",
            remedy="State timezone='Europe/Moscow' or whichever it is.",
        )
    if daily and not request.closes_at and not sessions_known:
        raise UsageError(
            f"{request.path} holds days and does not say when a day closes.",
            remedy="State closes_at='18:50' (local time of the close) or calendar='XNYS', so that no news is read into "
            "an earlier price.",
        )


def in_period(closes: IntArray, request: BarRequest) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which closes lie between the bounds of the request."""
    keep = np.ones(len(closes), dtype=np.bool_)
    for bound, compare in ((request.first, np.greater_equal), (request.last, np.less_equal)):
        if bound is not None:
            keep &= compare(closes, instant_us(bound))
    return keep
