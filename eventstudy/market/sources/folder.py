"""A folder of Parquet files of the user's own, larger than memory: only the row groups that a window needs are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventstudy.arrays import DAY_US, IntArray, from_epoch_us, instant_us, look_up
from eventstudy.errors import BarsError, DataError
from eventstudy.market.bars import Bars
from eventstudy.market.raw import closing_instants
from eventstudy.market.sources.csv_table import TextTable, choose_columns, rows_of
from eventstudy.market.sources.files import check_statements, raw_of
from eventstudy.market.sources.layouts import LAYOUTS, PRICES
from eventstudy.market.sources.parquet_file import open_parquet
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.store.series import Block, joined

TICKS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}
# A label and the close it stands for lie less than two days apart, whatever the zone, the side and the step.
SLACK_US = 2 * DAY_US
EVER_US = 2**61
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Source:
    """One file of the folder: where its times and prices stand."""

    path: Path
    chosen: dict[str, str]
    unit: str
    aware: bool


def read_folder(request: BarRequest) -> Bars:
    """Read the bars of a request from a folder of Parquet files; the row ``folder`` of ``BAR_SOURCES``.

    Zone and label side must be stated as for any file. Files may overlap in no bar, and need no order.

    Raises
    ------
    DataError
        If there is no file, no such column, or no bar in the period.
    BarsError
        If two files hold the same bar.
    """
    first = instant_us(request.first) if request.first else -EVER_US
    last = instant_us(request.last) if request.last else EVER_US
    (block,) = folder_windows(request, [(first, last)])
    if not len(block):
        raise DataError(
            f"{request.path} has no bar of {request.instrument.code} from {request.first} to {request.last}.",
            remedy="Check the period, the zone and the instrument's name in the files.",
        )
    frame = pd.DataFrame(block.columns, index=from_epoch_us(block.closes), copy=False)
    return Bars(request.instrument, request.step, request.label or "right", frame, Path(request.path).name)


def folder_windows(request: BarRequest, spans: Sequence[Span]) -> list[Block]:
    """Return one block per span of closing instants, both ends included; memory holds them and one row group."""
    parts: list[list[Block]] = [[] for _ in spans]
    for block in _blocks(request, spans):
        for number, span in enumerate(spans):
            cut = block.cut(*span)
            if len(cut):
                parts[number].append(Block(cut.closes.copy(), {c: v.copy() for c, v in cut.columns.items()}))
    return [_ordered(part, request) for part in parts]


def _blocks(request: BarRequest, spans: Sequence[Span]) -> Iterator[Block]:
    folder = Path(request.path)
    paths = sorted(folder.rglob("*.parquet"))
    if not paths:
        raise DataError(f"There is no Parquet file in the folder {folder}.", remedy="Check the path.")
    for path in paths:
        with open_parquet(path) as file:
            source = _describe(file, path, request)
            for group in range(file.metadata.num_row_groups):
                if _may_hold(file.metadata.row_group(group), source, spans):
                    block = _read_group(file, group, source, request)
                    if len(block):
                        yield block


def _describe(file: pq.ParquetFile, path: Path, request: BarRequest) -> _Source:
    layout = look_up("file layout", LAYOUTS, request.preset)
    chosen = choose_columns(file.schema_arrow.names, layout, request.columns, path)
    kind = file.schema_arrow.field(chosen.get("time", chosen.get("date", ""))).type
    if not pa.types.is_timestamp(kind):
        raise DataError(f"The column {chosen.get('time')!r} of {path} holds {kind}, not times.")
    daily = request.step >= pd.Timedelta(days=1)
    check_statements(request, daily=daily, has_offset=kind.tz is not None)
    return _Source(path, chosen, kind.unit, kind.tz is not None)


def _may_hold(group: pq.RowGroupMetaData, source: _Source, spans: Sequence[Span]) -> bool:
    """Return whether a row group can hold a bar of any span, as far as its statistics say."""
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema == source.chosen["time"]:
            bounds = column.statistics
            if bounds is None or not bounds.has_min_max:
                return True
            low, high = _to_us(bounds.min_raw, source.unit), _to_us(bounds.max_raw, source.unit)
            return any(low <= last + SLACK_US and first - SLACK_US <= high for first, last in spans)
    return True


def _read_group(file: pq.ParquetFile, group: int, source: _Source, request: BarRequest) -> Block:
    rows = file.read_row_group(group, columns=list(dict.fromkeys(source.chosen.values())), use_threads=False)
    keep = rows_of(rows, source.chosen.get("ticker", ""), request.instrument.code, source.path)
    if keep is not None:
        rows = rows.filter(pa.array(keep))
    stamps = rows[source.chosen["time"]]
    if pc.any(pc.is_null(stamps)).as_py():
        raise BarsError(f"{source.path} holds rows without a time.", remedy="Leave them out or give their times.")
    table = TextTable(
        line=np.arange(1, rows.num_rows + 1, dtype=np.int64),
        wall=stamps.cast(pa.timestamp("us", stamps.type.tz)).cast(pa.int64()).to_numpy(),
        has_offset=source.aware,
        columns={n: rows[source.chosen[n]].cast(pa.float64()).to_numpy() for n in PRICES if n in source.chosen},
    )
    raw = raw_of(table, request)
    closes = closing_instants(raw, raw.label)
    return _sorted(closes, dict(raw.columns))


def _sorted(closes: IntArray, columns: dict[str, np.ndarray]) -> Block:
    if (closes[1:] >= closes[:-1]).all():
        return Block(closes, columns)
    order = np.argsort(closes, kind="stable")
    return Block(closes[order], {name: values[order] for name, values in columns.items()})


def _ordered(parts: list[Block], request: BarRequest) -> Block:
    """Return the parts of one window in time order; a bar that is there twice is refused."""
    if not parts:
        return Block(np.empty(0, np.int64), {})
    block = joined(sorted(parts, key=lambda part: int(part.closes[0])))
    whole = _sorted(block.closes, block.columns)
    twice = np.flatnonzero(whole.closes[1:] == whole.closes[:-1])
    if len(twice):
        at = from_epoch_us(whole.closes[twice[:1]])[0]
        raise BarsError(
            f"{request.path} holds {len(twice)} bar(s) of {request.instrument.code} more than once, first {at}.",
            remedy="Keep one of the files, or name the column of the instrument: columns={'ticker': 'NAME'}.",
        )
    return whole


def _to_us(ticks: int, unit: str) -> int:
    return ticks // 1000 if unit == "ns" else ticks * TICKS[unit]
