"""The store as its users see it: append complete days, read what windows need; one writer, any number of readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from eventstudy.arrays import from_epoch_us
from eventstudy.errors import StoreError
from eventstudy.market.bars import COLUMNS
from eventstudy.market.store.disk import disk_errors, make_folder, only_writer, safe_name, store_root, sweep
from eventstudy.market.store.stored_series import (
    POINTER,
    BarBlock,
    Days,
    Pointer,
    Segment,
    SeriesKey,
    block_of,
    joined,
    missing_days,
    read_pointer,
    read_segment,
    restated,
    with_days,
    write_pointer,
    write_segments,
)

T = TypeVar("T")
EVER_US = 2**62
WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class BarStore:
    """A folder of stored series, and how long a writer waits for another one."""

    root: Path
    wait_s: float = WAIT_S

    def folder(self, key: SeriesKey) -> Path:
        return self.root / key.place


@dataclass(frozen=True, slots=True)
class Writer:
    """The right to write one series; only ``writing`` gives it."""

    key: SeriesKey
    folder: Path

    @property
    def segments(self) -> Path:
        return self.folder / "segments"


def open_store(given: str | Path = "", *, wait_s: float | None = None) -> BarStore:
    """Return the store in a folder, in ``EVENTSTUDY_STORE``, or in the user's cache folder; nothing is written yet."""
    return BarStore(store_root(given), WAIT_S if wait_s is None else wait_s)


@contextmanager
def writing(store: BarStore, key: SeriesKey) -> Iterator[Writer]:
    """Hold a series for writing; what a killed writer left behind is swept first.

    Raises
    ------
    LockHeldError
        If another process holds it for longer than the store waits.
    """
    writer = Writer(key, store.folder(key))
    with only_writer(writer.folder, store.wait_s):
        make_folder(writer.segments)
        sweep(writer.folder)
        sweep(writer.segments)
        yield writer


@disk_errors("written")
def append(writer: Writer, frame: pd.DataFrame, days: Days) -> Pointer:
    """Commit all bars of complete days; when this returns they survive a power cut.

    Days already stored with the same bars are left alone. Other bars for days already stored make a new version of the
    series, and the version before is kept.

    Parameters
    ----------
    frame : pandas.DataFrame
        Every bar that closes on the days, indexed by closing instant (UTC); it may be empty.
    days : (date, date)
        First and last day, both included, in the zone of the series.
    """
    low, high = writer.key.bounds_us(days)
    new = block_of(frame)
    if len(new) and (new.closes[0] < low or new.closes[-1] > high):
        raise StoreError(f"Bars outside the days {days[0]} to {days[1]} were handed to the store.")
    pointer = read_pointer(writer.folder) or Pointer(writer.key)
    touched = pointer.overlapping(low, high)
    held = _all_of(writer.segments, touched)
    before, inside, after = held.cut(-EVER_US, low - 1), held.cut(low, high), held.cut(high + 1, EVER_US)
    if same_bars(inside, new):
        changed = pointer
    else:
        parts = [part for part in (before, new, after) if len(part)]
        written = write_segments(writer.segments, joined(parts)) if parts else []
        kept = [s for s in pointer.segments if s not in touched]
        segments = tuple(sorted([*kept, *written], key=lambda s: s.first_us))
        known = len(inside) or not missing_days(pointer, days)
        changed = restated(pointer, segments, datetime.now(UTC)) if known else replace(pointer, segments=segments)
    changed = replace(changed, days=with_days(pointer.days, days))
    if changed != pointer:
        write_pointer(writer.folder, changed)
    return changed


def commit(store: BarStore, key: SeriesKey, frame: pd.DataFrame, days: Days) -> Pointer:
    """Take the lock of a series, append complete days, and release it."""
    with writing(store, key) as writer:
        return append(writer, frame, days)


@disk_errors()
def state(store: BarStore, key: SeriesKey) -> Pointer:
    """Return what is stored of a series; nothing yet is an empty series."""
    return read_pointer(store.folder(key)) or Pointer(key)


@disk_errors()
def stored_board(store: BarStore, source: str, code: str) -> str | None:
    """Return the board under which a symbol is stored; None where it is not, or under several."""
    found = {path.parts[-3] for path in (store.root / "bars" / safe_name(source)).glob(f"*/{safe_name(code)}/*")}
    return found.pop() if len(found) == 1 else None


@disk_errors()
def every_series(store: BarStore) -> list[Path]:
    """Return the folder of every stored series."""
    return sorted(path.parent for path in (store.root / "bars").glob(f"*/*/*/*/{POINTER}"))


@disk_errors()
def read(
    store: BarStore, key: SeriesKey, first_us: int = -EVER_US, last_us: int = EVER_US, columns: Sequence[str] = COLUMNS
) -> BarBlock:
    """Return the stored bars that close in ``[first_us, last_us]``; only the segments that hold any are opened.

    Raises
    ------
    StoreError
        If a file is corrupt.
    """

    def work(pointer: Pointer, folder: Path) -> BarBlock:
        found = _all_of(folder, pointer.overlapping(first_us, last_us), tuple(columns))
        return found.cut(first_us, last_us)

    return _settled(store, key, work)


@disk_errors()
def windows(
    store: BarStore, key: SeriesKey, spans: Sequence[tuple[int, int]], columns: Sequence[str] = COLUMNS
) -> list[BarBlock]:
    """Return one block per span of closing instants, both ends included, in the order of the spans.

    Each segment is opened once, whatever the number of spans in it; memory holds the result and one segment.
    """

    def work(pointer: Pointer, folder: Path) -> list[BarBlock]:
        parts: list[list[BarBlock]] = [[] for _ in spans]
        wanted: dict[Segment, list[int]] = {}
        for number, (first, last) in enumerate(spans):
            for segment in pointer.overlapping(first, last):
                wanted.setdefault(segment, []).append(number)
        for segment in sorted(wanted, key=lambda s: s.first_us):
            block = read_segment(folder, segment, tuple(columns))
            for number in wanted[segment]:
                cut = block.cut(*spans[number])
                parts[number].append(BarBlock(cut.closes.copy(), {c: v.copy() for c, v in cut.columns.items()}))
        return [joined(part) if part else _nothing(columns) for part in parts]

    return _settled(store, key, work)


def to_frame(block: BarBlock) -> pd.DataFrame:
    """Return a block as a frame indexed by closing instants, without copying a column."""
    return pd.DataFrame(block.columns, index=from_epoch_us(block.closes), copy=False)


def same_bars(left: BarBlock, right: BarBlock) -> bool:
    """Return whether two blocks hold the same bars, bit for bit (a missing value equals a missing value)."""
    if not np.array_equal(left.closes, right.closes):
        return False
    missing = np.full(len(left), np.nan)
    return all(
        np.array_equal(left.columns.get(name, missing), right.columns.get(name, missing), equal_nan=True)
        for name in {*left.columns, *right.columns}
    )


def _settled(store: BarStore, key: SeriesKey, work: Callable[[Pointer, Path], T]) -> T:
    """A collection may remove a segment between pointer and file; the newer pointer then names another one."""
    folder = store.folder(key)
    for _ in range(3):
        pointer = state(store, key)
        try:
            return work(pointer, folder / "segments")
        except FileNotFoundError:
            continue
    raise StoreError(
        f"{folder} lacks files that its pointer names.",
        remedy="Run 'eventstudy data verify' to see which, 'eventstudy data gc' to clear the damage, then fetch again.",
    )


def _all_of(folder: Path, segments: Sequence[Segment], columns: tuple[str, ...] | None = None) -> BarBlock:
    """Read segments into arrays made once at their full length, so that memory holds the columns and one segment."""
    if not segments:
        return _nothing(columns or ())
    first = read_segment(folder, segments[0], columns)
    if len(segments) == 1:
        return first
    rows = sum(s.rows for s in segments)
    closes, columns_of = np.empty(rows, np.int64), {c: np.empty(rows) for c in first.columns}
    at = 0
    for segment in segments:
        block = first if segment is segments[0] else read_segment(folder, segment, columns)
        closes[at : at + len(block)] = block.closes
        for name in {*columns_of, *block.columns}:
            target = columns_of.setdefault(name, np.full(rows, np.nan) if name not in columns_of else columns_of[name])
            target[at : at + len(block)] = block.columns.get(name, np.nan)
        at += len(block)
    return BarBlock(closes, columns_of)


def _nothing(columns: Sequence[str]) -> BarBlock:
    return BarBlock(np.empty(0, np.int64), {c: np.empty(0) for c in columns})
