"""Parquet files: of any origin, and those of ``write_bars``, which say everything about themselves."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eventstudy.arrays import from_epoch_us
from eventstudy.errors import DataError, EventStudyError, Notice, takes
from eventstudy.files import require_regular, write_file
from eventstudy.market.bars import Bars, DoubtfulRows
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.grid import Grid, Kind, value_of
from eventstudy.market.sources.text_stream import MOST_BYTES, USUAL_TIMES, is_bomb
from eventstudy.market.sources.unpack import Stored
from eventstudy.renamed import named_arguments

ABOUT = b"eventstudy.bars"
CLOSES = "closes_at"


@named_arguments
@takes(bars=Bars, path=(str, Path))
def write_bars(bars: Bars, path: str | Path) -> None:
    """Write bars to a Parquet file that ``read_bars`` reads back exactly, with everything known about them.

    The file is written aside, flushed to the disk and renamed; every page carries a checksum.

    Parameters
    ----------
    bars : Bars
    path : str or Path
        Ends in ``.parquet``.

    Returns
    -------
    None

    Raises
    ------
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from eventstudy.market.sources.price_files import read_bars
    >>> from eventstudy.simulate import demo_market
    >>> bars, path = demo_market().bars[2], pathlib.Path(tempfile.mkdtemp()) / "SBER.parquet"
    >>> write_bars(bars, path)
    >>> read_bars(path) == bars
    True
    """
    about = {
        "instrument": asdict(bars.instrument),
        "step_us": bars.step // pd.Timedelta(microseconds=1),
        "label": bars.label,
        "source": bars.source,
        "simulated": bars.simulated,
        "notices": [asdict(notice) for notice in bars.notices],
        "zone": bars.zone,
        "doubtful": [as_json(rows) for rows in bars.doubtful],
    }
    columns = {CLOSES: pa.array(bars.closes_us).cast(pa.timestamp("us", tz="UTC"))}
    columns |= {name: pa.array(bars.frame[name].to_numpy(np.float64)) for name in bars.frame.columns}
    table = pa.table(columns).replace_schema_metadata({ABOUT: json.dumps(about, default=str).encode()})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    write_file(Path(path), sink.getvalue())


def read_written(path: Path) -> Bars | None:
    """Return the bars of a file written by ``write_bars``; None for any other Parquet file."""
    with open_parquet(path) as file:
        about = (file.schema_arrow.metadata or {}).get(ABOUT)
        if about is None:
            return None
        table = file.read()
    return _bars_of(table, path, about)


def _bars_of(table: pa.Table, path: Path, about: bytes) -> Bars:
    try:
        return _described(table, json.loads(about))
    except EventStudyError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} does not describe its bars as write_bars does: {error!r}.", remedy="Write it again."
        ) from None


def _described(table: pa.Table, known: Mapping[str, Any]) -> Bars:
    closes = table[CLOSES].cast(pa.int64()).to_numpy()
    frame = pd.DataFrame(
        {name: table[name].to_numpy() for name in table.column_names if name != CLOSES}, index=from_epoch_us(closes)
    )
    return Bars(
        instrument=instrument_from(known["instrument"]),
        step=pd.Timedelta(known["step_us"], unit="us"),
        label=known["label"],
        frame=frame,
        source=known["source"],
        simulated=known["simulated"],
        notices=tuple(Notice(**notice) for notice in known["notices"]),
        zone=known.get("zone", ""),
        doubtful=tuple(map(from_json, known.get("doubtful", ()))),
    )


def as_json(rows: DoubtfulRows) -> dict[str, Any]:
    """Return doubtful rows as JSON values; NaN is null."""
    columns = {name: [None if v != v else v for v in values.tolist()] for name, values in rows.columns.items()}
    return {"kind": rows.kind, "left_out": rows.left_out, "closes": rows.closes.tolist(), "columns": columns}


def from_json(found: Mapping[str, Any]) -> DoubtfulRows:
    """Return doubtful rows from their JSON values."""
    columns = {name: np.array(values, dtype=np.float64) for name, values in found["columns"].items()}
    return DoubtfulRows(found["kind"], found["left_out"], np.array(found["closes"], dtype=np.int64), columns)


def instrument_from(fields: Mapping[str, Any]) -> Instrument:
    """Return an instrument from its JSON fields."""
    dates = {k: date.fromisoformat(fields[k]) if fields[k] else None for k in ("valid_from", "valid_to")}
    return replace(Instrument(**{**fields, **dates}), successors=tuple(fields["successors"]))


@contextmanager
def open_parquet(source: Path | io.BytesIO, path: Path | None = None) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; one that is not valid, or unpacks to far more than a table does, is refused.

    Columns of text stay dictionaries: a text that stands in every row is in memory once. ``path`` is the file that
    the user named, where its content was unpacked into memory.
    """
    path = path or (source if isinstance(source, Path) else Path("the file"))
    if isinstance(source, Path):
        require_regular(source)
    try:
        texts = text_columns(pq.read_schema(source))
        with pq.ParquetFile(source, page_checksum_verification=True, read_dictionary=texts) as file:
            check_decoded(path, file.metadata, size_of_source(source))
            yield file
    except EventStudyError:
        raise
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())
        raise DataError(f"{path} is not a valid Parquet file: {why}.", remedy="Write it again.") from None


def size_of_source(source: Path | io.BytesIO) -> int:
    return source.stat().st_size if isinstance(source, Path) else source.getbuffer().nbytes


def text_columns(schema: pa.Schema) -> list[str]:
    """Return the columns of text."""
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def decoded_bytes(about: pq.FileMetaData) -> int:
    """Return how many bytes the columns of a file need at least when they are read: eight a value."""
    size = 0
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        values = sum(group.column(place).num_values for place in range(group.num_columns))
        size += max(group.total_byte_size, 8 * values)
    return size


def check_decoded(path: Path | str, about: pq.FileMetaData, stored: int) -> None:
    """Refuse a file of ``stored`` bytes that a few repeated values blow up to more than memory."""
    size = decoded_bytes(about)
    if is_bomb(size, stored) or size > max(MOST_BYTES, USUAL_TIMES * stored):
        raise DataError(
            f"{path} holds {size:,} bytes of values, {size / max(stored, 1):,.0f} times its size, as no table of "
            "prices does.",
            remedy="Split it into files of fewer rows if it is one.",
        )


def parquet_grid(stored: Stored) -> Grid:
    """Return a Parquet file of any origin as a grid; two-level column names of pandas become two header rows."""
    with open_parquet(stored.binary(), stored.path) as file:
        schema = file.schema_arrow
        rows = file.metadata.num_rows
        first = next(file.iter_batches(batch_size=1), None) if rows else None
    if not rows or first is None:
        raise DataError(f"{stored.path} has no rows.", remedy="Check the period and the download.")
    names = schema.names

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        with open_parquet(stored.binary(), stored.path) as file:
            table = file.read(columns=[names[number] for number in kinds])
        return {number: table[names[number]] for number in kinds}

    sample = tuple("" if (cell := value_of(first.column(i)[0])) is None else str(cell) for i in range(len(names)))
    return Grid(str(stored.path), levels_of(names), sample, 1, fetch)


def levels_of(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return column names with the levels that pandas writes as the text of a tuple: ``('Close', 'AAA')``."""
    found = [literal_levels(name) for name in names]
    depth = max(len(levels) for levels in found)
    return tuple((*levels, *[""] * (depth - len(levels))) for levels in found)


def literal_levels(name: str) -> tuple[str, ...]:
    if not (name.startswith("(") and name.endswith(")")):
        return ("" if name.startswith("__index_level_") else name,)
    try:
        levels = ast.literal_eval(name)
    except (ValueError, SyntaxError):
        return (name,)
    return tuple(map(str, levels)) if isinstance(levels, tuple) else (name,)
