"""Looking after the store: what is in it, whether every bit is as it was written, and clearing what is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from eventstudy.arrays import instant_from_us
from eventstudy.errors import StoreError
from eventstudy.files import ASIDE
from eventstudy.market.store.answers import BODY, RECORD, read_record
from eventstudy.market.store.bar_store import BarStore, every_series
from eventstudy.market.store.disk import CorruptError, disk_errors, only_writer, remove
from eventstudy.market.store.stored_series import (
    POINTER,
    POINTER_COPY,
    Days,
    Pointer,
    Segment,
    read_pointer,
    read_segment,
    without_days,
    write_pointer,
)

FindingKind = Literal["corrupt", "missing", "orphaned"]


@dataclass(frozen=True, slots=True)
class ListedSeries:
    """One stored series in a listing."""

    label: str
    zone: str
    rows: int
    first_at: datetime | None
    last_at: datetime | None
    days: tuple[Days, ...]
    version: int
    earlier: int
    answers: int
    size: int


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One file that is not as it should be; ``orphaned`` is harmless."""

    kind: FindingKind
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a collection did to one series."""

    folder: Path
    files: int
    size: int
    days_lost: tuple[Days, ...]


@disk_errors()
def listing(store: BarStore) -> list[ListedSeries]:
    """Return every stored series with its extent; a corrupt pointer is a ``StoreError`` that names it."""
    return [_entry(folder) for folder in every_series(store)]


def verify(store: BarStore) -> Iterator[FileProblem]:
    """Read every file of the store and check every digest and page checksum."""
    with disk_errors():
        for folder in every_series(store):
            yield from _verify_series(folder)


@disk_errors("written")
def collect(store: BarStore, *, drop_earlier: bool = False) -> list[Cleared]:
    """Clear every series of leftovers and damage, one lock at a time.

    Damaged segments leave the series and their days count as missing, so the next fetch asks for them. Former versions
    stay unless ``drop_earlier``.
    """
    cleared = []
    for folder in every_series(store):
        with only_writer(folder, store.wait_s):
            cleared.append(_collect_series(folder, drop_earlier))
    return cleared


def _entry(folder: Path) -> ListedSeries:
    pointer = read_pointer(folder)
    if pointer is None:
        raise _gone_error(folder)
    held = pointer.segments
    files = [path for path in folder.rglob("*") if path.is_file()]
    return ListedSeries(
        label=pointer.key.label,
        zone=pointer.key.zone,
        rows=pointer.rows,
        first_at=instant_from_us(held[0].first_us) if held else None,
        last_at=instant_from_us(held[-1].last_us) if held else None,
        days=pointer.days,
        version=pointer.version,
        earlier=len(pointer.earlier),
        answers=sum(path.parent.name == "raw" and path.suffix == RECORD for path in files),
        size=sum(path.stat().st_size for path in files),
    )


def _verify_series(folder: Path) -> Iterator[FileProblem]:
    named: set[Path] = {folder / "lock"}
    for name in (POINTER, POINTER_COPY):
        named.add(folder / name)
        try:
            pointer = read_pointer(folder, name)
        except CorruptError as error:
            yield FileProblem("corrupt", folder / name, error.message)
            continue
        if pointer is None:
            yield FileProblem("missing", folder / name, "The pointer of the series or its copy is gone.")
            continue
        for segment in pointer.every_segment():
            path = folder / "segments" / segment.file_name
            if path not in named:
                named.add(path)
                yield from _verify_segment(folder, segment)
    for record in sorted((folder / "raw").glob(f"*{RECORD}")):
        named.add(record)
        yield from _verify_answer(record, named)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in named:
            yield FileProblem("orphaned", path, "Nothing names this file.")


def _verify_segment(folder: Path, segment: Segment) -> Iterator[FileProblem]:
    path = folder / "segments" / segment.file_name
    try:
        block = read_segment(folder / "segments", segment, pages=True)
    except FileNotFoundError:
        yield FileProblem("missing", path, "The pointer names this segment, and it is gone.")
    except (CorruptError, pa.ArrowException) as error:
        yield FileProblem("corrupt", path, str(error))
    else:
        ends = (len(block), int(block.closes[0]), int(block.closes[-1]))
        if ends != (segment.rows, segment.first_us, segment.last_us):
            yield FileProblem("corrupt", path, "The segment does not hold the bars the pointer says.")


def _verify_answer(record: Path, named: set[Path]) -> Iterator[FileProblem]:
    try:
        kept = read_record(record)
    except FileNotFoundError:
        yield FileProblem("missing", record, "The bytes this record names are gone.")
    except CorruptError as error:
        yield FileProblem("corrupt", record, error.message)
    else:
        named.add(record.parent / (kept.stored + BODY))


def _collect_series(folder: Path, drop_earlier: bool) -> Cleared:
    pointer, lost = _sound_pointer(folder, drop_earlier)
    needed = {POINTER, POINTER_COPY, "lock", *(s.file_name for s in pointer.every_segment())}
    for record in (folder / "raw").glob(f"*{RECORD}"):
        try:
            needed |= {record.name, read_record(record).stored + BODY}
        except (CorruptError, FileNotFoundError):
            continue
    write_pointer(folder, pointer)
    unneeded = [p for p in folder.rglob("*") if p.is_file() and (p.name not in needed or p.name.endswith(ASIDE))]
    return Cleared(folder, len(unneeded), sum(map(remove, unneeded)), lost)


def _sound_pointer(folder: Path, drop_earlier: bool) -> tuple[Pointer, tuple[Days, ...]]:
    """Return the pointer, from its copy where bits have rotted, less every segment that cannot be read."""
    pointer = _either_pointer(folder)
    bad = {s for s in pointer.every_segment() if any(True for _ in _verify_segment(folder, s))}
    gone = tuple(_days_of(s, pointer.key.zone) for s in pointer.segments if s in bad)
    days = pointer.days
    for stretch in gone:
        days = without_days(days, stretch)
    earlier = () if drop_earlier else tuple(e for e in pointer.earlier if not bad & set(e.segments))
    sound = tuple(s for s in pointer.segments if s not in bad)
    return replace(pointer, segments=sound, days=days, earlier=earlier), gone


def _either_pointer(folder: Path) -> Pointer:
    for name in (POINTER, POINTER_COPY):
        try:
            found = read_pointer(folder, name)
        except CorruptError:
            continue
        if found is not None:
            return found
    raise _gone_error(folder)


def _days_of(segment: Segment, zone: str) -> Days:
    def day(us: int) -> date:
        return (instant_from_us(us) - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()

    return day(segment.first_us), day(segment.last_us)


def _gone_error(folder: Path) -> StoreError:
    return StoreError(
        f"Neither {folder / POINTER} nor its copy can be read.",
        remedy="Move the folder away and fetch again; its segments are valid Parquet files and can be read by hand.",
    )
