"""Parquet files: of anybody's making, and our own, which say everything about themselves."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eventstudy.arrays import from_epoch_us
from eventstudy.errors import DataError, Notice
from eventstudy.files import write_file
from eventstudy.market.bars import Bars, DoubtfulRows
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.csv_table import TextTable, choose_columns, rows_of
from eventstudy.market.sources.layouts import PRICES, Layout

ABOUT = b"eventstudy.bars"
CLOSES = "closes_at"


def write_bars(bars: Bars, path: str | Path) -> None:
    """Write bars to a Parquet file that ``read_bars`` reads back exactly, with all that is known of them.

    The file is written aside, forced to the disk and renamed; every page carries a checksum.
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
    """Return the bars of a file that ``write_bars`` made; None for any other Parquet file."""
    with open_parquet(path) as file:
        about = (file.schema_arrow.metadata or {}).get(ABOUT)
        if about is None:
            return None
        table = file.read()
    known = json.loads(about)
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


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file; one that is no Parquet is refused."""
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", remedy="Check the path.") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is no whole Parquet file: {error}.", remedy="Write it again.") from None


def read_parquet_table(path: Path, layout: Layout, mapping: Mapping[str, str], ticker: str) -> TextTable:
    """Read the columns a layout names from a Parquet file of anybody's making."""
    with open_parquet(path) as file:
        chosen = choose_columns(file.schema_arrow.names, layout, mapping, path)
        table = file.read(columns=list(dict.fromkeys(chosen.values())))
    line = np.arange(1, table.num_rows + 1, dtype=np.int64)
    keep = rows_of(table, chosen.get("ticker", ""), ticker, path)
    if keep is not None:
        table, line = table.filter(pa.array(keep)), line[keep]
    stamps = table[chosen["time"]]
    if pa.types.is_date(stamps.type):
        stamps = stamps.cast(pa.timestamp("us"))
    if not pa.types.is_timestamp(stamps.type):
        raise DataError(f"The column {chosen['time']!r} of {path} holds {stamps.type}, not times.")
    wall = stamps.cast(pa.timestamp("us", stamps.type.tz)).cast(pa.int64()).to_numpy()
    prices = {n: table[chosen[n]].cast(pa.float64()).to_numpy() for n in PRICES if n in chosen}
    return TextTable(line, wall, stamps.type.tz is not None, prices)
