"""A folder of Parquet files larger than memory: only the row groups that a window needs are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventstudy.arrays import DAY_US, IntArray, from_epoch_us, instant_us
from eventstudy.errors import BarsError, DataError
from eventstudy.market.bars import Bars
from eventstudy.market.raw import closing_instants
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.layouts import PRICES
from eventstudy.market.sources.parquet_file import open_parquet, parquet_grid
from eventstudy.market.sources.recognize import recognize
from eventstudy.market.sources.source_series import Origin, raw_of
from eventstudy.market.sources.unpack import open_stored
from eventstudy.market.store.stored_series import BarBlock, joined

TICKS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}
# A label and the close it stands for lie less than two days apart, whatever the zone, the side and the step.
SLACK_US = 2 * DAY_US
EVER_US = 2**61
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _FolderFile:
    """One file of the folder: where its times, instruments and prices are, and what is asked of it."""

    path: Path
    time: str
    ticker: str
    prices: dict[str, str]
    unit: str
    aware: bool


@dataclass(frozen=True, slots=True)
class _FolderRequest:
    spec: DataSpec
    code: str
    step: pd.Timedelta


def read_folder(spec: DataSpec, code: str) -> Bars:
    """Read the bars of one instrument from a folder of Parquet files.

    Zone and label must be stated as for any file. Files may overlap in no bar, and need no order.

    Raises
    ------
    DataError
        If there is no file, no such column, or no bar in the period.
    BarsError
        If two files hold the same bar.
    """
    start, stop = spec.period()
    first = instant_us(start) if start else -EVER_US
    last = instant_us(stop) if stop else EVER_US
    (block,) = folder_windows(spec, code, [(first, last)])
    if not len(block):
        raise DataError(
            f"{spec.path} has no bar of {code} from {start} to {stop}.",
            remedy="Check the period, the zone and the instrument's name in the files.",
        )
    frame = pd.DataFrame(block.columns, index=from_epoch_us(block.closes), copy=False)
    return Bars(spec.traded(code), pd.Timedelta(spec.step), spec.label or "right", frame, Path(spec.path).name)


def folder_windows(spec: DataSpec, code: str, spans: Sequence[Span]) -> list[BarBlock]:
    """Return one block per span of closing instants, both ends included; memory holds them and one row group."""
    asked = _FolderRequest(spec, code, pd.Timedelta(spec.step))
    parts: list[list[BarBlock]] = [[] for _ in spans]
    for block in _blocks(asked, spans):
        for number, span in enumerate(spans):
            cut = block.cut(*span)
            if len(cut):
                parts[number].append(BarBlock(cut.closes.copy(), {c: v.copy() for c, v in cut.columns.items()}))
    return [_ordered(part, asked) for part in parts]


def _blocks(asked: _FolderRequest, spans: Sequence[Span]) -> Iterator[BarBlock]:
    folder = Path(asked.spec.path)
    paths = sorted(folder.rglob("*.parquet"))
    if not paths:
        raise DataError(f"There is no Parquet file in the folder {folder}.", remedy="Check the path.")
    for path in paths:
        with open_parquet(path) as file:
            source = _describe(file, path, asked)
            for group in range(file.metadata.num_row_groups):
                if _may_hold(file.metadata.row_group(group), source, spans):
                    block = _read_group(file, group, source, asked)
                    if len(block):
                        yield block


def _describe(file: pq.ParquetFile, path: Path, asked: _FolderRequest) -> _FolderFile:
    names = file.schema_arrow.names
    found = recognize(parquet_grid(open_stored(path)), asked.spec)
    kind = file.schema_arrow.field(names[found.time]).type
    if not pa.types.is_timestamp(kind):
        raise DataError(f"The column {names[found.time]!r} of {path} holds {kind}, not times.")
    aware = kind.tz is not None
    roles = found.fields.get("", {})
    if "mid" in roles:
        raise DataError(f"{path} has bid and ask and no close.", remedy="Add a column with the price to study.")
    prices = {role: names[roles[role]] for role in PRICES if role in roles}
    prices |= {"close": names[roles["value"]]} if "value" in roles else {}
    ticker = names[found.ticker] if found.ticker >= 0 else ""
    return _FolderFile(path, names[found.time], ticker, prices, kind.unit, aware)


def _may_hold(group: pq.RowGroupMetaData, source: _FolderFile, spans: Sequence[Span]) -> bool:
    """Return whether a row group can hold a bar of any span, as far as its statistics say."""
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema == source.time:
            bounds = column.statistics
            if bounds is None or not bounds.has_min_max:
                return True
            low, high = _to_us(bounds.min_raw, source.unit), _to_us(bounds.max_raw, source.unit)
            return any(low <= last + SLACK_US and first - SLACK_US <= high for first, last in spans)
    return True


def _read_group(file: pq.ParquetFile, group: int, source: _FolderFile, asked: _FolderRequest) -> BarBlock:
    wanted = [source.time, *([source.ticker] if source.ticker else []), *source.prices.values()]
    table = file.read_row_group(group, columns=list(dict.fromkeys(wanted)), use_threads=False)
    if source.ticker:
        table = table.filter(pc.equal(table[source.ticker].cast(pa.string()), asked.code))
    stamps = table[source.time]
    if pc.any(pc.is_null(stamps)).as_py():
        raise BarsError(f"{source.path} holds rows without a time.", remedy="Leave them out or give their times.")
    rows = Rows(
        line=np.arange(1, table.num_rows + 1, dtype=np.int64),
        wall=stamps.cast(pa.timestamp("us", stamps.type.tz)).cast(pa.int64()).to_numpy(),
        has_offset=source.aware,
        columns={role: table[name].cast(pa.float64()).to_numpy() for role, name in source.prices.items()},
    )
    raw = raw_of(rows, asked.spec.traded(asked.code), asked.spec, Origin(str(source.path), asked.step))
    closes = closing_instants(raw, raw.label)
    return _sorted(closes, dict(raw.columns))


def _sorted(closes: IntArray, columns: dict[str, np.ndarray]) -> BarBlock:
    if (closes[1:] >= closes[:-1]).all():
        return BarBlock(closes, columns)
    order = np.argsort(closes, kind="stable")
    return BarBlock(closes[order], {name: values[order] for name, values in columns.items()})


def _ordered(parts: list[BarBlock], asked: _FolderRequest) -> BarBlock:
    """Return the parts of one window in time order; a bar that is there twice is refused."""
    if not parts:
        return BarBlock(np.empty(0, np.int64), {})
    block = joined(sorted(parts, key=lambda part: int(part.closes[0])))
    ordered = _sorted(block.closes, block.columns)
    twice = np.flatnonzero(ordered.closes[1:] == ordered.closes[:-1])
    if len(twice):
        at = from_epoch_us(ordered.closes[twice[:1]])[0]
        raise BarsError(
            f"{asked.spec.path} holds {len(twice)} bar(s) of {asked.code} more than once, first {at}.",
            remedy="Keep one of the files, or name the column of the instrument: columns={'ticker': 'NAME'}.",
        )
    return ordered


def _to_us(ticks: int, unit: str) -> int:
    return ticks // 1000 if unit == "ns" else ticks * TICKS[unit]
