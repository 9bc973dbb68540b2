"""Carrying series between machines: one ZIP of segments, pointers and raw answers, every digest checked on arrival."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eventstudy.errors import DataError, StoreError, UsageError
from eventstudy.files import check_regular, explained, replacing, write_file
from eventstudy.market.store import answers
from eventstudy.market.store.bar_store import BarStore, append, every_series, read, to_frame, writing
from eventstudy.market.store.disk import read_bytes, unsealed, write_private
from eventstudy.market.store.stored_series import (
    POINTER,
    TIME,
    BarBlock,
    Segment,
    decode,
    encode,
    joined,
    pointer_from,
    read_pointer,
    write_pointer,
)

EPOCH = (1980, 1, 1, 0, 0, 0)
MOST_BYTES = 1 << 31


@dataclass(frozen=True, slots=True)
class Carried:
    """One series that was written to or read from an archive."""

    label: str
    rows: int
    answers: int


def matching(store: BarStore, labels: Iterable[str]) -> list[Path]:
    """Return the folders of the series named, all where none is; ``moex/CETS`` names everything below it."""
    wanted = [label.strip("/") for label in labels]
    found: list[Path] = []
    for folder in every_series(store):
        pointer = read_pointer(folder)
        label = pointer.key.label if pointer else ""
        if not wanted or any(label == w or label.startswith(w + "/") or f"/{w}/" in f"/{label}/" for w in wanted):
            found.append(folder)
    if not found:
        what = ", ".join(wanted) or "any series"
        raise DataError(f"The store {store.root} does not hold {what}.", remedy="See 'eventstudy data ls'.")
    return found


def export_archive(store: BarStore, path: Path, labels: Iterable[str] = ()) -> list[Carried]:
    """Write series to a ZIP, at once or not at all."""
    folders = matching(store, labels)
    try:
        with replacing(path) as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
            return [_export_series(archive, number, folder) for number, folder in enumerate(folders)]
    except OSError as fault:
        raise explained(path, fault) from None


def export_table(store: BarStore, path: Path, labels: Iterable[str] = ()) -> Carried:
    """Write the bars of one series as Parquet or CSV, indexed by closing instant (UTC), at once or not at all."""
    folders = matching(store, labels)
    pointer = read_pointer(folders[0])
    if len(folders) > 1 or pointer is None:
        raise UsageError(f"{path.suffix} holds one series, and {len(folders)} are named.", remedy="Name one.")
    block = read(store, pointer.key)
    if path.suffix == ".parquet":
        write_file(path, encode(block))
    else:
        frame = to_frame(block)
        frame.index = frame.index.rename(TIME)
        write_file(path, frame.to_csv(date_format="%Y-%m-%dT%H:%M:%S.%fZ").encode())
    return Carried(pointer.key.label, len(block), 0)


def import_archive(store: BarStore, path: Path) -> list[Carried]:
    """Bring the series of a ZIP into the store; days already there with other bars become a new version.

    Raises
    ------
    DataError
        If the file is not such an archive, or anything in it is not what its digest says; nothing of that series is
        written then.
    """
    try:
        check_regular(path, path.stat().st_mode)
        with zipfile.ZipFile(path) as archive:
            names = sorted({n.partition("/")[0] for n in archive.namelist() if n.endswith(f"/{POINTER}")})
            if not names:
                raise _no_archive(path, "it holds no series")
            return [_import_series(store, archive, name) for name in names]
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise _no_archive(path, str(error).strip("'\"") or type(error).__name__) from None
    except OSError as fault:
        raise explained(path, fault, verb="read") from None


def _export_series(archive: zipfile.ZipFile, number: int, folder: Path) -> Carried:
    pointer = read_pointer(folder)
    if pointer is None:
        raise StoreError(f"{folder / POINTER} is gone.", remedy="Run 'eventstudy data verify'.")
    _put(archive, f"{number}/{POINTER}", read_bytes(folder / POINTER))
    for name in sorted({s.file_name for s in pointer.every_segment()}):
        _put(archive, f"{number}/segments/{name}", read_bytes(folder / "segments" / name))
    records = sorted((folder / "raw").glob(f"*{answers.RECORD}"))
    for record in records:
        kept = answers.read_record(record)
        _put(archive, f"{number}/raw/{record.name}", read_bytes(record))
        body = f"{number}/raw/{kept.stored}{answers.BODY}"
        if body not in archive.NameToInfo:
            _put(archive, body, read_bytes(record.parent / (kept.stored + answers.BODY)))
    return Carried(pointer.key.label, pointer.rows, len(records))


def _import_series(store: BarStore, archive: zipfile.ZipFile, name: str) -> Carried:
    pointer = pointer_from(Path(f"{name}/{POINTER}"), _take(archive, f"{name}/{POINTER}"))
    segments = {s: _checked(archive, name, s) for s in pointer.every_segment()}
    with writing(store, pointer.key) as writer:
        if read_pointer(writer.folder) is None:
            for segment, raw in segments.items():
                write_private(writer.segments / segment.file_name, raw)
            write_pointer(writer.folder, pointer)
        else:
            held = joined([decode(segments[s]) for s in pointer.segments]) if pointer.segments else None
            for days in pointer.days:
                block = held.cut(*pointer.key.bounds_us(days)) if held else _nothing()
                append(writer, to_frame(block), days)
        shelf = answers.open_shelf(writer.folder)
        arrived = list(_answers(archive, name))
        for kept in arrived:
            answers.keep(shelf, kept.question, kept.body, kept.fetched_at)
    return Carried(pointer.key.label, pointer.rows, len(arrived))


def _checked(archive: zipfile.ZipFile, name: str, segment: Segment) -> bytes:
    raw = _take(archive, f"{name}/segments/{segment.file_name}")
    if hashlib.sha256(raw).hexdigest() != segment.sha256:
        raise DataError(f"The segment {segment.file_name} of the archive is corrupt.", remedy="Export it again.")
    return raw


def _answers(archive: zipfile.ZipFile, name: str) -> Iterator[answers.Kept]:
    for member in archive.namelist():
        if member.startswith(f"{name}/raw/") and member.endswith(answers.RECORD):
            record = unsealed(Path(member), _take(archive, member))
            body = f"{name}/raw/{record['stored']}{answers.BODY}"
            yield answers.checked(record, _take(archive, body), Path(body))


def _take(archive: zipfile.ZipFile, member: str) -> bytes:
    if archive.getinfo(member).file_size > MOST_BYTES:
        raise DataError(f"{member} of the archive is larger than any file of a store.")
    return archive.read(member)


def _put(archive: zipfile.ZipFile, member: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(member, EPOCH), content)


def _nothing() -> BarBlock:
    return BarBlock(np.empty(0, np.int64), {})


def _no_archive(path: Path, reason: str) -> DataError:
    return DataError(f"{path} is not an archive of a bar store: {reason}.", remedy="Use one of 'data export'.")
