"""A file read once: the rows of every instrument in it, whatever its format and layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray
from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources.by_values import instruments_by_values
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.grid import Grid, Kind, Lines, numbers_of, one_chunk
from eventstudy.market.sources.instrument_rows import LongColumns, Rows, RowsByCode, sizes_of
from eventstudy.market.sources.layouts import PRICES, SIGNED_PRICES, plain
from eventstudy.market.sources.recognize import KNOWN_NAMES, Recognized
from eventstudy.market.sources.time_columns import date_and_clock, timestamps
from eventstudy.market.sources.unfinished import end_column, last_is_unfinished
from eventstudy.market.sources.unpack import PACKED_SUFFIXES

RANGE = ("open", "high", "low")
MOST_NAMELESS = 0.1
MANY_ROWS = 1_000_000
EARLIEST = -(370 * 365 + 90) * DAY_US  # about the year 1600


@dataclass(frozen=True, eq=False)
class PriceTable:
    """One file, read once.

    Attributes
    ----------
    path : Path
    series : mapping of str to Rows
        By instrument, in the order of the file.
    layout : str
        How the table was recognized, in words.
    adjusted : bool
        Whether the prices are the adjusted ones of a file that has both.
    unread : tuple of str
        Columns that could not be read as numbers, and that are not needed.
    unfinished : tuple of str
        Instruments whose last candle was still forming and is not among the rows.
    signed : bool
        Whether a minus sign marks prices that are averages of bid and ask.
    mid : bool
        Whether the studied prices are means of bid and ask, because the file has no other price.
    nameless : int
        Rows of a long table that name no instrument and are not among the rows.
    """

    path: Path
    series: Mapping[str, Rows]
    layout: str
    adjusted: bool = False
    unread: tuple[str, ...] = field(default=())
    unfinished: tuple[str, ...] = field(default=())
    signed: bool = False
    nameless: int = 0
    mid: bool = False

    def __str__(self) -> str:
        rows, names = sum(self.sizes), list(self.series)
        what = f"{len(names):,} instruments" if len(names) != 1 else f"instrument {names[0]}"
        return f"read {self.path.name}: {what}, {rows:,} rows, {self.layout}"

    @cached_property
    def sizes(self) -> list[int]:
        """Number of rows of each instrument, in their order."""
        return sizes_of(self.series)


def table_of_grid(path: Path, grid: Grid, found: Recognized, spec: DataSpec) -> PriceTable:
    """Return the rows of every instrument of a grid whose columns are known."""
    if found.shape == "long":
        return long_table(path, grid, found, spec)
    return wide_table(path, grid, found, spec)


def long_table(path: Path, grid: Grid, found: Recognized, spec: DataSpec) -> PriceTable:
    """Return the rows of a table that tells its instruments apart in a column."""
    roles = found.fields[""]
    kinds: dict[int, Kind] = time_kinds(found) | dict.fromkeys(roles.values(), "number") | {found.ticker: "text"}
    end = end_column(grid.names, found.time)
    read = dict(grid.fetch(kinds | ({end: "time"} if end >= 0 else {})))
    codes, place = instruments_of(read.pop(found.ticker))  # columns are released once they are arrays
    release_freed(len(place))
    wall, has_offset = times_of(grid, found, read)
    refuse_other_calendars(path, wall)
    read.pop(found.time)
    columns, unread = prices_of(grid, roles, read, spec)
    columns |= ends_of(grid, end, read)
    read.clear()
    release_freed(len(place))
    if len(codes) == 1 and spec.instrument:
        codes = [spec.instrument]  # a single series may go by another code than in its file
    series: Mapping[str, Rows] = RowsByCode(
        LongColumns(grid.lines, wall, has_offset, columns), codes, place, set(spec.codes())
    )
    missing = [code for code in spec.codes() if code not in series]
    if missing and (not series or spec.instrument):
        some = ", ".join(codes[:20]) + (", ..." if len(codes) > 20 else "")
        raise DataError(
            f"{path} holds {len(codes)} instruments and none is {missing[0]!r}: {some}.",
            remedy="Name one of them as the instrument.",
        )
    layout = f"long by {name_of(grid, found.ticker)!r}, {value_words(grid, found, spec)}"
    series, unfinished = finished(series)
    signed = is_signed(grid, roles)
    nameless = nameless_rows(path, place, grid.lines, name_of(grid, found.ticker))
    return PriceTable(path, series, layout, is_adjusted(roles), unread, unfinished, signed, nameless, "mid" in roles)


def nameless_rows(path: Path, place: IntArray, lines: Lines, name: str) -> int:
    """Return how many rows name no instrument; many of them are refused, as under merged cells of a workbook."""
    rows = np.flatnonzero(place < 0)
    if len(rows) > MOST_NAMELESS * len(place):
        raise DataError(
            f"{path}: {len(rows):,} of {len(place):,} rows name no instrument in {name!r}, the first on line "
            f"{lines.at(rows[0])}.",
            remedy="Write the instrument in every row.",
        )
    return len(rows)


def release_freed(n_rows: int) -> None:
    """Return to the system what pyarrow freed and keeps: of a large table as much again as its columns."""
    if n_rows > MANY_ROWS:
        pa.default_memory_pool().release_unused()


def instruments_of(column: Any) -> tuple[list[str], IntArray]:
    """Return the instruments of a column and the number of each row's; -1 for a row without one."""
    if not pa.types.is_dictionary(column.type):
        whole = pa.types.is_floating(column.type)
        column = column.cast(pa.int64()) if whole else column
        column = column.cast(pa.string()).dictionary_encode()
    joined = one_chunk(column)
    place = joined.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    names = [str(name).strip() for name in joined.dictionary.to_pylist()]
    codes = list(dict.fromkeys(names))
    if len(codes) == len(names):
        return codes, place
    number = {code: n for n, code in enumerate(codes)}
    same = np.array([number[name] for name in names] + [-1], dtype=np.int64)
    return codes, same[place]


def wide_table(path: Path, grid: Grid, found: Recognized, spec: DataSpec) -> PriceTable:
    """Return the rows of a table with one column, or one set of columns, per instrument.

    A row without a price of an instrument is not a bar of that instrument.
    """
    kinds: dict[int, Kind] = time_kinds(found)
    kinds |= dict.fromkeys((n for roles in found.fields.values() for n in roles.values()), "number")
    end = end_column(grid.names, found.time) if found.shape == "one" else -1
    read = grid.fetch(kinds | ({end: "time"} if end >= 0 else {}))
    wall, has_offset = times_of(grid, found, read)
    refuse_other_calendars(path, wall)
    used = {found.time, found.clock, *(n for roles in found.fields.values() for n in roles.values())}
    ticker = instruments_by_values(grid, used, wall) if found.shape == "one" else -1
    if ticker >= 0:
        return long_table(path, grid, replace(found, shape="long", ticker=ticker), spec)
    line = grid.lines.of(np.arange(len(wall)))
    series: dict[str, Rows] = {}
    unread: list[str] = []
    for code, roles in found.fields.items():
        if "value" not in roles:
            continue
        try:
            columns, left = prices_of(grid, roles, read, spec)
        except BarsError:
            if len(found.fields) == 1 or code in spec.codes():
                raise
            columns, left = {}, (code,)  # a column of words among those of the instruments
        unread += left
        if not columns:
            continue
        columns |= ends_of(grid, end, read)
        alone = len(found.fields) == 1 and spec.instrument  # a single series may go by another code than in its file
        name = alone or code or (grid.about or {}).get("instrument", "") or code_of(path)
        series[name] = rows_with_a_price(Rows(line, wall, has_offset, columns), several=len(found.fields) > 1)
    if found.shape == "wide" and not spec.codes() and all(plain(code) in KNOWN_NAMES for code in series):
        series = {}  # a volume alone is not an instrument
    if not series:
        raise DataError(f"{path} has no column of closing prices.", remedy='Name one: prices = "NAME".')
    shape = "one instrument" if found.shape == "one" else "one column per instrument"
    layout = f"{shape}, {value_words(grid, found, spec)}"
    complete, unfinished = finished(series)
    adjusted = any(map(is_adjusted, found.fields.values()))
    signed = any(is_signed(grid, roles) for roles in found.fields.values())
    mid = any("mid" in roles for roles in found.fields.values())
    return PriceTable(path, complete, layout, adjusted, tuple(unread), unfinished, signed, mid=mid)


def rows_with_a_price(rows: Rows, *, several: bool) -> Rows:
    """Return the rows of one of several instruments that have a price."""
    present: BoolArray = np.isfinite(rows.columns["close"])
    if not several or present.all():
        return rows
    columns = {name: values[present] for name, values in rows.columns.items()}
    return Rows(rows.line[present], rows.wall[present], rows.has_offset, columns)


def ends_of(grid: Grid, end: int, read: Mapping[int, Any]) -> dict[str, FloatArray]:
    """Return the ends of candles as the column ``end``, where the file has them and they can be read."""
    if end < 0:
        return {}
    try:
        return {"end": timestamps(read[end], name_of(grid, end), grid.lines)[0].astype(np.float64)}
    except BarsError:
        return {}


def finished(series: Mapping[str, Rows]) -> tuple[Mapping[str, Rows], tuple[str, ...]]:
    """Return the rows without a last candle that was still forming, and the instruments that had one."""
    if not any("end" in rows.columns for rows in islice(series.values(), 1)):  # a column of all or of none
        return series, ()
    kept, unfinished = {}, []
    for code, rows in series.items():
        columns = dict(rows.columns)
        end = columns.pop("end", None)
        keep: Any = slice(None)
        if end is not None and last_is_unfinished(rows.wall, end):
            unfinished.append(code)
            keep = np.arange(len(rows)) != int(np.argmax(rows.wall))
        parts = {name: values[keep] for name, values in columns.items()}
        kept[code] = Rows(rows.line[keep], rows.wall[keep], rows.has_offset, parts)
    return kept, tuple(unfinished)


def code_of(path: Path) -> str:
    """Return the instrument a file is named after: its name without what says how it is stored."""
    name = path.name
    while Path(name).suffix.casefold() in PACKED_SUFFIXES:
        name = Path(name).stem
    return Path(name).stem.removesuffix(".SIMULATED")


def time_kinds(found: Recognized) -> dict[int, Kind]:
    return {found.time: "date", found.clock: "clock"} if found.clock >= 0 else {found.time: "time"}


def times_of(grid: Grid, found: Recognized, read: Mapping[int, Any]) -> tuple[IntArray, bool]:
    """Return what the timestamps read, and whether they are instants."""
    name = name_of(grid, found.time)
    try:
        if found.clock >= 0:
            return date_and_clock(read[found.time], read[found.clock], (name, name_of(grid, found.clock))), False
        wall, has_offset = timestamps(read[found.time], name, grid.lines)
    except BarsError as error:
        raise BarsError(f"{grid.path}: {error.message}", remedy=error.remedy) from None
    return wall, has_offset or found.utc


def refuse_other_calendars(path: Path, wall: IntArray) -> None:
    """Refuse years that no price file has, as those of the Iranian calendar are."""
    if len(wall) and wall.min() < EARLIEST:
        day = np.datetime64(int(wall.min()), "us").astype("datetime64[D]")
        raise DataError(
            f"{path} begins on {day}: a date of another calendar than the Gregorian, or not a date.",
            remedy="Write dates of the Gregorian calendar, as YYYY-MM-DD.",
        )


def prices_of(
    grid: Grid, roles: Mapping[str, int], read: Mapping[int, Any], spec: DataSpec
) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Return the columns of prices by role, and those that cannot be read as numbers and are not needed.

    Where the studied price is an adjusted one, open, high and low are brought to its level; where it is another column
    than the close beside them, they are left out, because a range around one price says nothing about another.
    """
    codes = spec.holds != "prices"
    value = roles["value"]
    columns = {"close": numbers_of(grid, read[value], value, codes=codes)}
    if "mid" in roles:
        columns["bid"] = columns["close"]
        columns["close"] = mean_of_quotes(columns["bid"], numbers_of(grid, read[roles["ask"]], roles["ask"]))
    unread = []
    for role in (*PRICES, "delisting"):
        number = roles.get(role, value)
        if number == value or role == "close" or (codes and role in RANGE):
            continue
        try:
            columns[role] = numbers_of(grid, read[number], number, codes=codes)
        except BarsError:
            unread.append(name_of(grid, number))
    factors = [role for role in ("divisor", "multiplier") if by_factors(roles, spec) and role in roles]
    for role in factors:
        factor = numbers_of(grid, read[roles[role]], roles[role])
        factor = np.where(np.isfinite(factor) & (factor > 0), factor, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 1 / factor if role == "divisor" else factor
            columns |= {name: columns[name] * scale for name in ("close", *RANGE, "bid", "ask") if name in columns}
    if is_adjusted(roles):
        close = numbers_of(grid, read[roles["close"]], roles["close"])
        with np.errstate(divide="ignore", invalid="ignore"):
            level = {name: columns[name] / close * columns["close"] for name in RANGE if name in columns}
        columns |= level
    elif roles.get("close", value) != value and not spec.role("high"):
        columns = {name: values for name, values in columns.items() if name not in RANGE}
    return columns, tuple(unread)


def mean_of_quotes(bid: FloatArray, ask: FloatArray) -> FloatArray:
    """Return the means of bid and ask; missing where one side is (zero, as files write a side without a quote)."""
    return np.where((bid != 0) & (ask != 0), (bid + ask) / 2, np.nan)


def is_adjusted(roles: Mapping[str, int]) -> bool:
    """Return whether the studied prices are the adjusted ones of a table that has both."""
    return "close" in roles and "value" in roles and roles.get("adjusted") == roles["value"] != roles["close"]


def by_factors(roles: Mapping[str, int], spec: DataSpec) -> bool:
    """Return whether the raw close of a table is brought to one level by the factors that stand beside it."""
    return spec.holds == "prices" and spec.prices in {"", "adj_close"} and roles.get("close") == roles.get("value")


def is_signed(grid: Grid, roles: Mapping[str, int]) -> bool:
    """Return whether the studied prices are CRSP's, in which a minus sign marks an average of bid and ask."""
    return bool(grid.header) and "value" in roles and plain(name_of(grid, roles["value"])) in SIGNED_PRICES


def value_words(grid: Grid, found: Recognized, spec: DataSpec) -> str:
    """Return what was read as the price, in words, and the rows that hold words instead."""
    rows = [words for _, words in grid.skipped if words]
    words = list(dict.fromkeys(rows))
    shown = f" ({', '.join(map(repr, words[:3]))}{', ...' if len(words) > 3 else ''})"
    return price_words(grid, found, spec) + (f", {len(rows)} rows of words left out{shown}" if words else "")


def price_words(grid: Grid, found: Recognized, spec: DataSpec) -> str:
    """Return what was read as the price, in words."""
    kind = "prices" if spec.holds == "prices" else spec.holds
    if any("mid" in roles for roles in found.fields.values()):
        return "means of bid and ask"
    columns = {roles["value"] for roles in found.fields.values() if "value" in roles}
    if len(found.fields) > 1 and not any(len(roles) > 1 for roles in found.fields.values()):
        return kind
    adjusted = any(map(is_adjusted, found.fields.values()))
    name = grid.header[next(iter(columns))] if grid.header else ("",)
    shown = name_of(grid, next(iter(columns))) if len(columns) == 1 else next((part for part in name if part), "")
    factors = [
        name_of(grid, roles[role])
        for roles in found.fields.values()
        for role in ("divisor", "multiplier")
        if role in roles and by_factors(roles, spec)
    ]
    how = ", the adjusted close" if adjusted else f", adjusted by {' and '.join(map(repr, factors))}" if factors else ""
    if found.by_values:
        (roles,) = found.fields.values()
        how += f" (by their values: {', '.join(f'{r} {name_of(grid, roles[r])!r}' for r in (*RANGE, 'close'))})"
    return f"{kind} from {shown!r}{how}"


def name_of(grid: Grid, number: int) -> str:
    """Return the name of a column for a sentence."""
    if not grid.header:
        return f"number {number + 1}"
    return " ".join(part for part in grid.header[number] if part) or f"number {number + 1}"
