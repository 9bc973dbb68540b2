"""Segments: a stretch of bars as one immutable Parquet file, named by the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eventstudy.arrays import FloatArray, IntArray, epoch_us
from eventstudy.errors import StoreError
from eventstudy.market.bars import COLUMNS
from eventstudy.market.store.disk import damaged, read_whole, write_whole

TIME = "close_at"
MOST_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Segment:
    """One stored stretch of bars: the name of its file and where it lies in time (closing instants, microseconds)."""

    sha256: str
    rows: int
    first_us: int
    last_us: int
    size: int

    @property
    def file_name(self) -> str:
        return f"{self.sha256}.parquet"


@dataclass(frozen=True)
class Block:
    """Bars as arrays: closing instants, shape (T,), and one float array per column."""

    closes: IntArray
    columns: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.closes)

    def cut(self, first_us: int, last_us: int) -> Block:
        """Return the bars that close in ``[first_us, last_us]``; views, no copies."""
        start, stop = np.searchsorted(self.closes, [first_us, last_us + 1])
        return Block(self.closes[start:stop], {name: values[start:stop] for name, values in self.columns.items()})


def block_of(frame: pd.DataFrame) -> Block:
    """Return a frame of bars (UTC closing index) as arrays; a frame that is not in order is refused."""
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise StoreError("Only bars indexed by closing instants can be stored.")
    closes = epoch_us(frame.index)
    if (closes[1:] <= closes[:-1]).any():
        raise StoreError("Only bars that strictly increase in time can be stored.")
    unknown = [c for c in frame.columns if c not in COLUMNS]
    if unknown:
        raise StoreError(f"The store holds the columns {', '.join(COLUMNS)}; found {', '.join(map(str, unknown))}.")
    return Block(closes, {str(c): frame[c].to_numpy(np.float64) for c in frame.columns})


def joined(blocks: list[Block]) -> Block:
    """Return several blocks, in time order, as one; a column that some of them lack is NaN there."""
    if len(blocks) == 1:
        return blocks[0]
    names = [c for c in COLUMNS if any(c in b.columns for b in blocks)]
    rows = sum(map(len, blocks))
    closes, columns = np.empty(rows, np.int64), {c: np.full(rows, np.nan) for c in names}
    at = 0
    for block in blocks:
        closes[at : at + len(block)] = block.closes
        for name, values in block.columns.items():
            columns[name][at : at + len(block)] = values
        at += len(block)
    return Block(closes, columns)


def write_segments(folder: Path, block: Block) -> list[Segment]:
    """Write a block as files that are committed to the disk when this returns; equal content is written once."""
    written = []
    for start in range(0, len(block), MOST_ROWS):
        stop = min(start + MOST_ROWS, len(block))
        part = Block(block.closes[start:stop], {c: v[start:stop] for c, v in block.columns.items()})
        raw = encode(part)
        segment = Segment(
            hashlib.sha256(raw).hexdigest(), len(part), int(part.closes[0]), int(part.closes[-1]), len(raw)
        )
        path = folder / segment.file_name
        if not _is_there(path, segment):
            write_whole(path, raw)
        written.append(segment)
    return written


def read_segment(
    folder: Path, segment: Segment, columns: tuple[str, ...] | None = None, *, pages: bool = False
) -> Block:
    """Read a segment after its digest has been checked; ``FileNotFoundError`` where it is gone.

    Raises
    ------
    StoreError
        If a bit of the file is not as it was written.
    """
    path = folder / segment.file_name
    raw = read_whole(path)
    if hashlib.sha256(raw).hexdigest() != segment.sha256:
        raise damaged(path)
    return decode(raw, columns, pages=pages)


def encode(block: Block) -> bytes:
    """Return a block as Parquet bytes with a checksum on every page."""
    times = pa.array(block.closes).cast(pa.timestamp("us", tz="UTC"))
    arrays = [times, *(pa.array(values) for values in block.columns.values())]
    sink = io.BytesIO()
    pq.write_table(
        pa.table(arrays, names=[TIME, *block.columns]),
        sink,
        compression="lz4",
        use_dictionary=list(block.columns),
        column_encoding={TIME: "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
    )
    return sink.getvalue()


def decode(raw: bytes, columns: tuple[str, ...] | None = None, *, pages: bool = False) -> Block:
    """Return Parquet bytes of ours as a block; ``pages`` checks the page checksums, which the digest covers already."""
    file = pq.ParquetFile(pa.BufferReader(raw), page_checksum_verification=pages)
    wanted = None if columns is None else [TIME, *(c for c in columns if c in file.schema_arrow.names)]
    table = file.read(columns=wanted, use_threads=False)
    closes = table.column(TIME).cast(pa.int64()).to_numpy()
    return Block(closes, {c: table.column(c).to_numpy() for c in table.column_names if c != TIME})


def _is_there(path: Path, segment: Segment) -> bool:
    try:
        return hashlib.sha256(read_whole(path)).hexdigest() == segment.sha256
    except FileNotFoundError:
        return False
