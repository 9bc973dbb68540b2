"""Frames of returns as series: rows without a return are not bars of an instrument, or bars whose return is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray, IntArray, Missing
from eventstudy.errors import DataError, Notice
from eventstudy.market.instruments import Instrument
from eventstudy.market.missing_rows import Reading, find_gaps, reading_of
from eventstudy.market.returns import Returns
from eventstudy.study.fit_notices import names
from eventstudy.study.time_axes import TimeAxes, TimeAxis

# Kinds of columns that numpy would turn into numbers without a word.
NOT_RETURNS = {"c": "complex numbers", "M": "dates", "m": "durations"}


@dataclass(frozen=True, eq=False)
class FrameSeries:
    """A frame of returns as series, how its rows without a return were read if it has any, and a notice of them."""

    series: SeriesSet
    reading: Reading | None = None
    notices: tuple[Notice, ...] = ()


def frame_series(frame: pd.DataFrame, axes: TimeAxes, missing: Missing = "auto") -> FrameSeries:
    """Return a wide frame of returns (rows: closes, columns: instruments) as series, uncopied where memory allows.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (T, S)
    axes : TimeAxes
    missing : {"auto", "no bar", "return"}
        What a row without a return between two returns of an instrument is.
    """
    numbers = numbers_of(frame)
    axis = axes.of(frame.index)
    if not frame.columns.is_unique:
        raise DataError("The wide frame names an instrument twice.", remedy="Keep one column per instrument.")
    codes = tuple(map(str, frame.columns.to_numpy(dtype=object).tolist()))
    values = np.ascontiguousarray(numbers.T)
    if missing == "return":
        return FrameSeries(on_one_axis(codes, values, axis), "return")
    gaps = find_gaps(values)
    if not len(gaps):
        return FrameSeries(on_one_axis(codes, values, axis))
    reading = reading_of(missing, values, gaps, axis.days())
    left_out = gaps.left_out(reading)
    if not len(left_out):
        return FrameSeries(on_one_axis(codes, values, axis), reading)
    lacking = [codes[s] for s in np.unique(left_out // len(frame))]
    notice = rows_notice(lacking, len(codes), len(left_out), reading)
    return FrameSeries(on_series_axes(codes, values, axis, left_out), reading, (notice,) if missing == "auto" else ())


def numbers_of(frame: pd.DataFrame) -> FloatArray:
    """Return the values of a wide frame; refuse one without rows or columns, or with cells that are not numbers."""
    if frame.empty:
        rows, columns = frame.shape
        raise DataError(
            f"`data` has {rows} rows and {columns} columns of returns.", remedy="Pass one column per instrument."
        )
    return as_numbers(frame, "`data`")


def as_numbers(frame: pd.DataFrame, argument: str) -> FloatArray:
    """Return the values of a frame; refuse cells that are not real numbers, in the words of the argument."""
    numbers = frame.to_numpy()
    if numbers.dtype == np.float64:
        return numbers
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if what := NOT_RETURNS.get(getattr(dtype, "kind", "O")):
            raise DataError(f"{argument} column {str(name)!r} holds {what}.", remedy="Pass real returns.")
    try:
        return frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{argument} holds a cell that is not a number: {str(error)[:120].rstrip('.')}.",
            remedy="Pass numbers; NaN where missing.",
        ) from None


def on_one_axis(codes: tuple[str, ...], values: FloatArray, axis: TimeAxis) -> SeriesSet:
    """Return series (S, T) that all have the closes of the frame."""
    S, T = values.shape
    length = np.full(S, T, dtype=np.int64)
    return _series(codes, values.reshape(-1), length, AxisPlaces(axis, np.zeros(S, dtype=np.int64)))


def on_series_axes(codes: tuple[str, ...], values: FloatArray, axis: TimeAxis, left_out: IntArray) -> SeriesSet:
    """Return series (S, T) of which some lack rows; instruments with the same rows share an axis."""
    S, T = values.shape
    series, row = np.divmod(left_out, T)
    lacking, first = np.unique(series, return_index=True)
    patterns: dict[bytes, int] = {} if len(lacking) == S else {b"": 0}
    which, lacks = np.zeros(S, dtype=np.int64), [np.empty(0, dtype=np.int64)] * len(patterns)
    for s, rows in zip(lacking, np.split(row, first[1:]), strict=True):
        which[s] = patterns.setdefault(rows.tobytes(), len(patterns))
        if which[s] == len(lacks):
            lacks.append(rows)
    bars = np.ones((len(lacks), T), dtype=np.bool_)
    for kept, rows in zip(bars, lacks, strict=True):
        kept[rows] = False
    begin = np.concatenate([[0], np.cumsum([T - len(rows) for rows in lacks[:-1]])]).astype(np.int64)
    frame_row = np.nonzero(bars)[1]
    after = np.concatenate([low + places_after(rows) for low, rows in zip(begin, lacks, strict=True)])
    length = T - np.bincount(series, minlength=S)
    on_axes = _series(
        codes, np.delete(values.reshape(-1), left_out), length, AxisPlaces(axis.part(frame_row, after), begin[which])
    )
    return replace(on_axes, frame_closes=axis.closes, frame_row=frame_row)


def places_after(left_out: IntArray) -> IntArray:
    """Return which of the rows that are left follow one that is not."""
    return np.unique(left_out - np.arange(len(left_out)))


class AxisPlaces(NamedTuple):
    """Closes, and the place among them at which each of S series begins."""

    axis: TimeAxis
    begin: IntArray


def _series(codes: tuple[str, ...], values: FloatArray, length: IntArray, places: AxisPlaces) -> SeriesSet:
    """Return flat values as series whose closes begin at stated places of the axis."""
    axis, time_offset = places
    spans, day, clock = axis.clock_columns()
    S = len(codes)
    return SeriesSet(
        codes=codes,
        values=values,
        offset=np.cumsum(length) - length,
        length=length,
        closes=axis.closes,
        time_offset=time_offset,
        trading_day=day,
        clock=clock,
        spans_break=spans,
        step_us=np.full(S, axis.step_us, dtype=np.int64),
        missing_days=axis.missing_days,
        gap_limit=np.full(S, axis.gap_limit, dtype=np.int64),
        factors=np.empty((0, len(axis.closes))),
    )


def series_returns(item: pd.Series, axes: TimeAxes, missing: Missing, reading: Reading | None) -> Returns:
    """Return a market or factor series; rows without a value are read as those of the frame are, if it has any."""
    axis = axes.of(item.index)
    name = Instrument("market" if item.name is None else str(item.name))
    values = as_numbers(item.to_frame(name.code), "`market` or `factors`")[:, 0]
    gaps = find_gaps(values[None])
    left_out = gaps.left_out(reading or reading_of(missing, values[None], gaps, axis.days()))
    if len(left_out):
        rows = np.delete(np.arange(len(values)), left_out)
        axis, values = axis.part(rows, places_after(left_out)), values[rows]
    return Returns(
        name,
        axis.step_us,
        axis.closes,
        values,
        *axis.clock_columns(),
        missing_days=axis.missing_days,
        gap_limit=axis.gap_limit,
    )


def rows_notice(codes: Sequence[str], instruments: int, rows: int, reading: Reading) -> Notice:
    """Return which rows were read as no bars, and how to have them read otherwise."""
    whose = f"{names(codes)} ({len(codes)} of {instruments} instruments)"
    if reading == "no bar":
        message = (
            f"{rows:,} rows without a return are not bars of {whose}: windows skip them, and the next return spans "
            "them. Set `missing` to 'return' if the instruments traded on these rows."
        )
    else:
        message = (
            f"{rows:,} rows without a return are not bars of {whose}. Every gap has several rows, as of returns "
            "computed from prices: its last row is a bar whose return is missing, and the next return is of one row. "
            "Set `missing` to 'no bar' if that return spans the gap."
        )
    return Notice("ES-ROWS-WITHOUT-RETURN", message)
