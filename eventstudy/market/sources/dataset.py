"""A Parquet dataset that stays on disk or behind s3://: only the columns and instruments needed are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from eventstudy.arrays import look_up
from eventstudy.errors import DataError, NetworkError
from eventstudy.files import check_name
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns
from eventstudy.market.sources.dataset_value import shown
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.grid import Grid, Kind, value_of
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.parquet_file import check_decoded, text_columns
from eventstudy.market.sources.price_table import table_of_grid
from eventstudy.market.sources.reach import Around, Axis, rows_around
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.recognize import Recognized, recognize
from eventstudy.market.sources.table_series import Failed, refusal, series_of_table, step_words
from eventstudy.market.universe import LeftOut, Universe

# A label and the close it stands for lie less than two days apart, whatever the zone, the side and the step.
SLACK = timedelta(days=2)


def read_dataset(spec: DataSpec, reading: Reading) -> Universe:
    """Return the series of a Parquet dataset: many files of one schema, partitioned by folders or not.

    Partitions, row groups and columns that hold nothing of the instruments and the period asked for are not read.

    Raises
    ------
    DataError
        If there is no dataset, a file is damaged or has another schema, or no instrument can be used.
    NetworkError
        If the dataset is on a server and the network must not be used, or does not answer.
    """
    universe, failed = read_part(spec, reading)
    if failed and not len(universe):
        raise refusal(failed)
    return universe


def read_part(spec: DataSpec, reading: Reading) -> tuple[Universe, list[Failed]]:
    """Return the series of some instruments, even if none can be used, and those that cannot be used."""
    look_up("file layout", LAYOUTS, spec.preset)
    dataset = parquet_dataset(spec.path, offline=reading.offline)
    wanted = spec.codes() or reading.wanted
    try:
        table = table_of_grid(
            Path(shown(spec.path)), *dataset_grid(dataset, GridRequest(spec, wanted, reading.around)), spec
        )
    except (OSError, pa.ArrowException) as error:
        raise unreadable(spec.path, error) from None
    failed: list[Failed] = []
    series: list[Bars | Returns] = list(series_of_table(table, spec, reading, failed))
    left_out = tuple(LeftOut(one.instrument, f"{one.place}: {one.error}") for one in failed)
    return Universe(tuple(series), left_out, (f"{table}, step {step_words(spec, table)}",)), failed


def parquet_dataset(path: str, *, offline: bool = False) -> Any:
    """Return a dataset of pyarrow; the folder names of partitions, ``instrument=AAA``, are columns."""
    filesystem, place = None, path
    check_name(path)
    try:
        if "://" in path:
            if offline:
                raise NetworkError(
                    f"{shown(path)} needs the network, which --offline forbids.", remedy="Use a local copy."
                )
            from pyarrow.fs import FileSystem

            filesystem, place = FileSystem.from_uri(path)
        found = pads.dataset(place, filesystem=filesystem, format="parquet", partitioning="hive")
    except FileNotFoundError:
        raise DataError(f"The dataset {shown(path)} does not exist.", remedy="Check the path.") from None
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from None
    if not found.files:
        raise DataError(f"The dataset {shown(path)} has no Parquet file.", remedy="Check the path.")
    return found


def unreadable(path: str, error: Exception) -> DataError | NetworkError:
    """Return the error for a dataset that cannot be read: its server, or one of its files, in one line."""
    reason = " ".join(str(error).split())
    if "://" in path and isinstance(error, OSError):
        return NetworkError(
            f"The dataset {shown(path)} cannot be read: {reason[:300]}", remedy="Check address and access."
        )
    return DataError(
        f"The dataset {shown(path)} cannot be read: {reason[:300]}",
        remedy="Write the file again; all files need the columns of the first, with the same types.",
    )


class NoRowsError(DataError):
    """A dataset that has no row of what is asked for."""

    def __init__(self, path: str, wanted: Collection[str] | None) -> None:
        some = ", ".join(sorted(wanted or ["any instrument"])[:5])
        super().__init__(
            f"The dataset {shown(path)} has no row of {some}.", remedy="Check the instruments' names and the period."
        )


@dataclass(frozen=True)
class GridRequest:
    """What is asked of a dataset: its description, the instruments (None: all) and the events that need rows."""

    spec: DataSpec
    wanted: Collection[str] | None
    around: Around | None = None


class NamedColumns(NamedTuple):
    """The columns of a dataset in the order of its grid, and what was recognized in them by their numbers."""

    names: list[str]
    found: Recognized


def dataset_grid(dataset: Any, asked: GridRequest) -> tuple[Grid, Recognized]:
    """Return a dataset as a grid that fetches the rows needed, and what its columns hold.

    Folders that divide it by anything but the instrument are left out: the time of a row is in its file.
    """
    spec = asked.spec
    folders = {part for file in dataset.files for part in file.split("/")[:-1] if "=" in part}
    schema, keys = dataset.schema, {folder.partition("=")[0] for folder in folders}
    tickers = set(LAYOUTS[spec.preset].ticker) | {spec.role("ticker"), spec.role("instrument")}
    names = [name for name in schema.names if name not in keys or name.casefold() in tickers or name in tickers]
    row = first_row(dataset, names, spec.path)
    sample = tuple("" if row[name] is None else str(row[name]) for name in names)
    known: list[NamedColumns] = []

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        table = rows_of(dataset, [names[number] for number in kinds], known[0], asked)
        return {number: as_text(table[names[number]]) for number in kinds}

    grid = Grid(shown(spec.path), tuple((name,) for name in names), sample, 1, fetch)
    found = recognize(grid, spec)
    known.append(NamedColumns(names, found))
    if found.shape == "one" and len(dataset.files) > 1 and not spec.instrument:
        raise DataError(
            f"The dataset {shown(spec.path)} has {len(dataset.files)} files and no column of instruments.",
            remedy="Name the column, columns = { ticker = 'NAME' }, or the instrument that all files are of.",
        )
    return grid, found


def rows_of(dataset: Any, columns: list[str], known: NamedColumns, asked: GridRequest) -> pa.Table:
    """Return some columns of the rows needed: of the instruments wanted, the stated period, and around the events."""
    spec, wanted = asked.spec, asked.wanted

    def scan(rows: Any, codes: Collection[str] | None) -> pa.Table:
        stated = rows_needed(dataset.schema, known, spec, wanted if codes is None else codes)
        both = stated if rows is None else rows if stated is None else stated & rows
        return dataset.to_table(columns=columns, filter=both, use_threads=False)

    check_files(dataset, columns, rows_needed(dataset.schema, known, spec, wanted))
    axis, around = axis_of(dataset.schema, known, spec), asked.around
    table = scan(None, None) if around is None or axis is None else rows_around(scan, axis, around, wanted)
    if not len(table):
        raise NoRowsError(spec.path, wanted)
    return table


def check_files(dataset: Any, columns: list[str], rows: Any) -> None:
    """Refuse a file that lacks a column of the others, which would be read as missing, or has another kind of it."""
    for fragment in dataset.get_fragments(filter=rows):
        held, keys = fragment.physical_schema, pads.get_partition_keys(fragment.partition_expression)
        for name in columns:
            kind = dataset.schema.field(name).type
            if name in keys or (name in held.names and _alike(held.field(name).type, kind)):
                continue
            what = f"a column {name!r} of {held.field(name).type}" if name in held.names else f"no column {name!r}"
            raise DataError(
                f"{fragment.path} has {what}; the first file of the dataset has {name!r} of {kind}.",
                remedy="Write the file again; all files need the columns of the first, with the same types.",
            )


def _alike(one: Any, other: Any) -> bool:
    """Return whether columns of two types can be read as one: numbers, times, or texts of any width."""
    families: tuple[Callable[[Any], bool], ...] = (_is_number, pa.types.is_temporal, _is_text)
    return pa.types.is_null(one) or one == other or any(family(one) and family(other) for family in families)


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def axis_of(schema: Any, columns: NamedColumns, spec: DataSpec) -> Axis | None:
    """Return where times, instruments and prices are; None where it is to be read as a table."""
    names, found = columns
    kind = schema.field(names[found.time]).type
    if (
        found.shape == "wide"
        or "mid" in found.fields[""]
        or not (pa.types.is_timestamp(kind) or pa.types.is_date(kind))
    ):
        return None
    step = spec.length() or pd.Timedelta(days=1)
    ticker = names[found.ticker] if found.ticker >= 0 else ""
    return Axis(names[found.time], ticker, names[found.fields[""]["value"]], kind, step // pd.Timedelta(microseconds=1))


def first_row(dataset: Any, names: list[str], path: str) -> dict[str, Any]:
    """Return the first row, from the first row group that has one; of it its pages are read, not the row group."""
    for fragment in dataset.get_fragments():
        filled = next((group.id for group in fragment.row_groups if group.num_rows), None)
        if filled is None:
            continue
        keys = dict(pads.get_partition_keys(fragment.partition_expression))
        with fragment.open() as opened:
            texts = text_columns(fragment.physical_schema)  # a text of every row is in memory once
            file = pq.ParquetFile(
                opened, metadata=fragment.metadata, read_dictionary=texts, buffer_size=1 << 14, pre_buffer=False
            )
            check_decoded(fragment.path, file.metadata, opened.size())
            held = [name for name in names if name in file.schema_arrow.names]
            batches = file.iter_batches(batch_size=1, row_groups=[filled], columns=held, use_threads=False)
            first = next(batches, None)
            row = {name: value_of(first.column(name)[0]) for name in first.schema.names} if first is not None else {}
        return {name: row.get(name, keys.get(name)) for name in names}
    raise DataError(f"The dataset {shown(path)} has no rows.", remedy="Check the period and the download.")


def as_text(column: Any) -> Any:
    """Return a column of partition keys as text, every other one as it is."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def rows_needed(schema: Any, columns: NamedColumns, spec: DataSpec, wanted: Collection[str] | None) -> Any:
    """Return the filter of a scan: the instruments wanted, and the stated period where times are timestamps."""
    names, found = columns
    rows = None
    if found.ticker >= 0 and wanted is not None:
        name = names[found.ticker]
        rows = pc.field(name).cast(pa.string()).isin(sorted(wanted))
        if pa.types.is_string(schema.field(name).type):
            rows = pc.field(name).isin(sorted(wanted))
    kind = schema.field(names[found.time]).type
    for bound, way in zip(spec.period(), (-1, 1), strict=True):
        if bound is not None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            at = scalar(bound + way * SLACK, kind)
            part = pc.field(names[found.time]) >= at if way < 0 else pc.field(names[found.time]) <= at
            rows = part if rows is None else rows & part
    return rows


def scalar(bound: datetime, kind: Any) -> Any:
    """Return a bound of the period in the type of a time column."""
    if pa.types.is_date(kind):
        return pa.scalar(bound.date(), kind)
    aware = bound.astimezone(UTC)
    return pa.scalar(aware if kind.tz else aware.replace(tzinfo=None), pa.timestamp("us", kind.tz)).cast(kind)
