"""The time of every row of a grid: one column of timestamps, or a date and a clock, in whatever form a file has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eventstudy.arrays import FIRST_US, LAST_US, IntArray
from eventstudy.errors import BarsError
from eventstudy.market.sources.grid import Lines, one_chunk
from eventstudy.market.sources.stamp_columns import (
    compact_clocks,
    compact_midnights,
    read_clocks,
    read_midnights,
    read_stamps,
)

COMPACT_DATES = (18_000_101, 22_001_231)
COMPACT_MONTHS = (180_001, 220_012)
EPOCH_UNITS = {10: 1_000_000, 13: 1_000, 16: 1}


def date_and_clock(date: Any, clock: Any, names: tuple[str, str]) -> IntArray:
    """Return clock readings of separate columns of date and time of day."""
    days = as_date(date, names[0])
    return days + mapped(clock, names[1], read_clocks, compact_clocks)


def as_date(column: Any, name: str) -> IntArray:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return as_microseconds(column, name)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        try:
            column = column.cast(pa.int32())
        except pa.ArrowInvalid:  # no date; its text is refused by name
            column = column.cast(pa.string())
    return mapped(column, name, read_midnights, compact_midnights)


def timestamps(column: Any, name: str, lines: Lines) -> tuple[IntArray, bool]:
    """Return clock readings in microseconds, and whether they are instants because they carry an offset."""
    if column.null_count:
        bad = int(np.flatnonzero(column.is_null().to_numpy())[0])
        raise BarsError(
            f"The column {name!r} has {column.null_count} rows without a time, the first on line {lines.at(bad)}.",
            remedy="Give their times, or remove the rows.",
        )
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return as_microseconds(column, name), getattr(column.type, "tz", None) is not None
    if pa.types.is_integer(column.type):
        return whole_numbers(column.to_numpy(), lines)
    if pa.types.is_floating(column.type):
        numbers = column.to_numpy()
        whole = len(numbers) and (numbers == np.floor(numbers)).all() and (np.abs(numbers) < 2.0**63).all()
        if whole and (numbers >= 100_000).all():
            return whole_numbers(numbers.astype(np.int64), lines)
        if whole:
            column = column.cast(pa.int64())
    if not is_text(column):
        column = column.cast(pa.string())
    joined = one_chunk(column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode())
    wall, aware = read_stamps([str(text).strip() for text in joined.dictionary.to_pylist()])
    return np.asarray(wall[joined.indices.to_numpy()], dtype=np.int64), aware


def is_text(column: Any) -> bool:
    kind = column.type
    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def as_microseconds(column: Any, name: str) -> IntArray:
    """Return dates or timestamps as microseconds, cut off where they are finer."""
    kind = pa.timestamp("us", getattr(column.type, "tz", None))
    try:
        found = as_int(column.cast(options=pc.CastOptions(kind, allow_time_truncate=True)))
    except pa.ArrowInvalid:
        found = np.array([LAST_US + 1])
    if len(found) and not FIRST_US <= found.min() <= found.max() <= LAST_US:
        raise BarsError(
            f"The column {name!r} has a time outside the years 1 to 9999.", remedy="Correct it, or remove the row."
        )
    return found


def as_int(column: Any) -> IntArray:
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def whole_numbers(numbers: IntArray, lines: Lines) -> tuple[IntArray, bool]:
    """Return dates written as 20230103, months written as 202301, or counts since 1970."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if COMPACT_DATES[0] <= low and high <= COMPACT_DATES[1]:
        return compact_midnights(numbers.astype(np.int32)), False
    if COMPACT_MONTHS[0] <= low and high <= COMPACT_MONTHS[1]:
        texts, place = np.unique(numbers, return_inverse=True)
        return read_midnights([str(number) for number in texts])[place], False
    if low >= 100_000 and high < 1_000_000:  # 230401
        texts, first, place = np.unique(numbers, return_index=True, return_inverse=True)
        order = np.argsort(first)
        days = np.empty(len(texts), dtype=np.int64)
        days[order] = read_midnights([f"{number:06d}" for number in texts[order]])
        return days[place], False
    return epoch_column(numbers, lines), True


def mapped(
    column: Any, name: str, read: Callable[[list[str]], IntArray], compact: Callable[[Any], IntArray]
) -> IntArray:
    """Return a column of numbers by ``compact``, a column of texts with each distinct one read once."""
    if column.null_count:
        raise BarsError(f"The column {name!r} has {column.null_count} rows without a value.")
    if pa.types.is_int32(column.type):
        return np.asarray(compact(column.to_numpy()), dtype=np.int64)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    joined = one_chunk(column)
    values = read([str(text).strip() for text in joined.dictionary.to_pylist()])
    return np.asarray(values[joined.indices.to_numpy()], dtype=np.int64)


def epoch_column(numbers: IntArray, lines: Lines) -> IntArray:
    """Return instants of counts since 1970; seconds, milli-, micro- and nanoseconds are told apart by their length."""
    digits = np.floor(np.log10(np.maximum(numbers, 1))).astype(np.int64) + 1
    mixed = np.flatnonzero(digits != digits[0])
    if len(mixed):
        raise BarsError(
            f"Row {lines.at(mixed[0])} counts time in another unit than the first row: {numbers[mixed[0]]} "
            f"against {numbers[0]} ({len(mixed)} such rows).",
            remedy="Write every row in one unit.",
        )
    if int(digits[0]) == 19:
        return np.asarray(numbers // 1000, dtype=np.int64)
    if int(digits[0]) not in EPOCH_UNITS:
        raise BarsError(f"{numbers[0]} is neither a date nor a count of seconds or their fractions since 1970.")
    return np.asarray(numbers * EPOCH_UNITS[int(digits[0])], dtype=np.int64)
