"""One stored series: which days are complete, which segments hold them now, and which held them before."""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eventstudy.arrays import DAY_US, MINUTE_US, SECOND_US, FloatArray, IntArray, epoch_us, instant_us
from eventstudy.errors import StoreError
from eventstudy.market.bars import COLUMNS
from eventstudy.market.store.disk import corrupt, read_bytes, safe_name, sealed, unsealed, write_private

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
class BarBlock:
    """Bars as arrays: closing instants, shape (T,), and one float array per column."""

    closes: IntArray
    columns: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.closes)

    def cut(self, first_us: int, last_us: int) -> BarBlock:
        """Return the bars that close in ``[first_us, last_us]``; views, no copies."""
        start, stop = np.searchsorted(self.closes, [first_us, last_us + 1])
        return BarBlock(self.closes[start:stop], {name: values[start:stop] for name, values in self.columns.items()})


def block_of(frame: pd.DataFrame) -> BarBlock:
    """Return a frame of bars (UTC closing index) as arrays; a frame that is not in order is refused."""
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise StoreError("Only bars indexed by closing instants can be stored.")
    closes = epoch_us(frame.index)
    if (closes[1:] <= closes[:-1]).any():
        raise StoreError("Only bars that strictly increase in time can be stored.")
    unknown = [c for c in frame.columns if c not in COLUMNS]
    if unknown:
        raise StoreError(f"The store holds the columns {', '.join(COLUMNS)}; found {', '.join(map(str, unknown))}.")
    return BarBlock(closes, {str(c): frame[c].to_numpy(np.float64) for c in frame.columns})


def joined(blocks: list[BarBlock]) -> BarBlock:
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
    return BarBlock(closes, columns)


def write_segments(folder: Path, block: BarBlock) -> list[Segment]:
    """Write a block as files that are committed to the disk when this returns; equal content is written once."""
    written = []
    for start in range(0, len(block), MOST_ROWS):
        stop = min(start + MOST_ROWS, len(block))
        part = BarBlock(block.closes[start:stop], {c: v[start:stop] for c, v in block.columns.items()})
        raw = encode(part)
        segment = Segment(
            hashlib.sha256(raw).hexdigest(), len(part), int(part.closes[0]), int(part.closes[-1]), len(raw)
        )
        path = folder / segment.file_name
        if not _exists(path, segment):
            write_private(path, raw)
        written.append(segment)
    return written


def read_segment(
    folder: Path, segment: Segment, columns: tuple[str, ...] | None = None, *, pages: bool = False
) -> BarBlock:
    """Read a segment after its digest has been checked; ``FileNotFoundError`` where it is gone.

    Raises
    ------
    StoreError
        If a bit of the file is not as it was written.
    """
    path = folder / segment.file_name
    raw = read_bytes(path)
    if hashlib.sha256(raw).hexdigest() != segment.sha256:
        raise corrupt(path)
    return decode(raw, columns, pages=pages)


def encode(block: BarBlock) -> bytes:
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


def decode(raw: bytes, columns: tuple[str, ...] | None = None, *, pages: bool = False) -> BarBlock:
    """Return Parquet bytes of ours as a block; ``pages`` checks the page checksums, which the digest covers already."""
    try:
        file = pq.ParquetFile(pa.BufferReader(raw), page_checksum_verification=pages)
        wanted = None if columns is None else [TIME, *(c for c in columns if c in file.schema_arrow.names)]
        table = file.read(columns=wanted, use_threads=False)
        closes = table.column(TIME).cast(pa.int64()).to_numpy()
    except (pa.ArrowException, OSError, KeyError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"A segment is not one that this program wrote: {why}.", remedy="Fetch it again.") from None
    return BarBlock(closes, {c: table.column(c).to_numpy() for c in table.column_names if c != TIME})


def _exists(path: Path, segment: Segment) -> bool:
    try:
        return hashlib.sha256(read_bytes(path)).hexdigest() == segment.sha256
    except FileNotFoundError:
        return False


FORMAT = 1
POINTER, POINTER_COPY = "series.json", "series.copy.json"
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What a stored series is: its source, board, code and bar length, and the zone whose days count as complete."""

    source: str
    code: str
    board: str
    step: pd.Timedelta
    zone: str = "UTC"

    @property
    def place(self) -> Path:
        """The folder of the series inside the store."""
        parts = (self.source, self.board or "-", self.code, step_name(self.step))
        return Path("bars", *(safe_name(part) if part != "-" else part for part in parts))

    @property
    def label(self) -> str:
        """The series as one word a person can type: ``moex/CETS/USD000UTSTOM/1min``."""
        return "/".join((self.source, self.board or "-", self.code, step_name(self.step)))

    def bounds_us(self, days: Days) -> tuple[int, int]:
        """Return the first and last closing instant that belong to the days: after midnight, up to the next one."""
        return instant_us(day_bounds(days[0], self.zone)[0]), instant_us(day_bounds(days[1], self.zone)[1])


@dataclass(frozen=True, slots=True)
class Earlier:
    """A former state of a series, kept when the source gave other bars for days already stored."""

    version: int
    segments: tuple[Segment, ...]
    replaced_at: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """The state of a series; the only file of the store that is ever replaced."""

    key: SeriesKey
    version: int = 1
    segments: tuple[Segment, ...] = ()
    days: tuple[Days, ...] = ()
    earlier: tuple[Earlier, ...] = ()

    @property
    def rows(self) -> int:
        return sum(s.rows for s in self.segments)

    def overlapping(self, first_us: int, last_us: int) -> tuple[Segment, ...]:
        """Return the segments with any bar that closes in ``[first_us, last_us]``."""
        start = bisect_left(self.segments, first_us, key=lambda s: s.last_us)
        stop = bisect_left(self.segments, last_us + 1, key=lambda s: s.first_us)
        return self.segments[start:stop]

    def every_segment(self) -> Iterator[Segment]:
        yield from self.segments
        for state in self.earlier:
            yield from state.segments


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the first and last instant (UTC) at which a bar of a local day can close: after midnight, midnight."""
    begins, ends = (datetime.combine(d, datetime.min.time(), ZoneInfo(zone)) for d in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC) + timedelta(microseconds=1), ends.astimezone(UTC)


def step_name(step: pd.Timedelta) -> str:
    """Return a bar length in the shortest exact form: ``1min``, ``1h``, ``1d``."""
    length = step // pd.Timedelta(1, "us")
    for unit, name in ((DAY_US, "d"), (60 * MINUTE_US, "h"), (MINUTE_US, "min"), (SECOND_US, "s")):
        if length % unit == 0:
            return f"{length // unit}{name}"
    return f"{length}us"


def missing_days(pointer: Pointer, wanted: Days) -> list[Days]:
    """Return the stretches of days that are wanted and not complete in the store."""
    gaps, at = [], wanted[0]
    for first, last in pointer.days:
        if last < at:
            continue
        if first > wanted[1]:
            break
        if first > at:
            gaps.append((at, first - timedelta(days=1)))
        at = last + timedelta(days=1)
    return [*gaps, (at, wanted[1])] if at <= wanted[1] else gaps


def without_days(held: Iterable[Days], gone: Days) -> tuple[Days, ...]:
    """Return stretches of days less one."""
    left: list[Days] = []
    for first, last in held:
        left.append((first, min(last, gone[0] - timedelta(days=1))))
        left.append((max(first, gone[1] + timedelta(days=1)), last))
    return tuple(sorted({(first, last) for first, last in left if first <= last}))


def with_days(held: Iterable[Days], more: Days) -> tuple[Days, ...]:
    """Return stretches of days with one more, touching stretches joined."""
    joined: list[Days] = []
    for first, last in sorted([*held, more]):
        if joined and first <= joined[-1][1] + timedelta(days=1):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def read_pointer(folder: Path, name: str = POINTER) -> Pointer | None:
    """Return the state of the series in a folder, None where there is none yet."""
    path = folder / name
    try:
        return pointer_from(path, read_bytes(path))
    except FileNotFoundError:
        return None


def pointer_from(path: Path, raw: bytes) -> Pointer:
    """Return the state of a series from the bytes of its pointer, every bit checked."""
    content = unsealed(path, raw)
    if content.get("format") != FORMAT:
        raise StoreError(
            f"{path} is of format {content.get('format')}; this program knows format {FORMAT}.",
            remedy="Use a newer eventstudy, or another store.",
        )
    try:
        return _from_json(content)
    except (KeyError, TypeError, ValueError):
        raise corrupt(path) from None


def write_pointer(folder: Path, pointer: Pointer) -> None:
    """Replace the state of the series in a folder, at once or not at all; the copy is for ``data gc`` after bit rot."""
    content = sealed(_to_json(pointer))
    write_private(folder / POINTER, content)
    write_private(folder / POINTER_COPY, content)


def _to_json(pointer: Pointer) -> dict[str, Any]:
    key = {**asdict(pointer.key), "step": pointer.key.step // pd.Timedelta(1, "us")}
    return {
        "format": FORMAT,
        "key": key,
        "version": pointer.version,
        "segments": [_row(s) for s in pointer.segments],
        "days": [[first.isoformat(), last.isoformat()] for first, last in pointer.days],
        "earlier": [[e.version, e.replaced_at, [_row(s) for s in e.segments]] for e in pointer.earlier],
    }


def _from_json(content: dict[str, Any]) -> Pointer:
    key = SeriesKey(**{**content["key"], "step": pd.Timedelta(content["key"]["step"], "us")})
    return Pointer(
        key,
        content["version"],
        tuple(Segment(*row) for row in content["segments"]),
        tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in content["days"]),
        tuple(Earlier(v, tuple(Segment(*row) for row in rows), at) for v, at, rows in content["earlier"]),
    )


def _row(segment: Segment) -> list[Any]:
    return [segment.sha256, segment.rows, segment.first_us, segment.last_us, segment.size]


def restated(pointer: Pointer, segments: tuple[Segment, ...], at: datetime) -> Pointer:
    """Return the next version of a series, with the state it replaces kept."""
    kept = Earlier(pointer.version, pointer.segments, at.isoformat(timespec="seconds"))
    return replace(pointer, version=pointer.version + 1, segments=segments, earlier=(*pointer.earlier, kept))
