"""Raw answers: the very bytes a service gave, kept under the digest of what was stored, found by what was asked."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from eventstudy.errors import StoreError
from eventstudy.market.store.disk import (
    corrupt,
    disk_errors,
    make_folder,
    read_bytes,
    remove,
    sealed,
    sweep,
    unsealed,
    write_private,
)

RECORD, BODY = ".json", ".z"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept answer: what was asked, when, and the digest of the answer's bytes."""

    question: str
    fetched_at: datetime
    sha256: str
    stored: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Shelf:
    """The raw answers of one series; only the holder of the series' lock may put anything here."""

    folder: Path


def open_shelf(series_folder: Path) -> Shelf:
    """Return the shelf of a series, swept of what a killed writer left."""
    folder = series_folder / "raw"
    make_folder(folder)
    sweep(folder)
    return Shelf(folder)


@disk_errors("written")
def keep(shelf: Shelf, question: str, body: bytes, fetched_at: datetime) -> None:
    """Store an answer durably: its bytes first, then the record that names them."""
    packed = zlib.compress(body, 6)
    stored = hashlib.sha256(packed).hexdigest()
    if not (shelf.folder / (stored + BODY)).exists():
        write_private(shelf.folder / (stored + BODY), packed)
    record = {
        "question": question,
        "fetched_at": fetched_at.isoformat(),
        "stored": stored,
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
    }
    write_private(record_path(shelf, question), sealed(record))


def kept(shelf: Shelf, question: str) -> Kept | None:
    """Return the answer kept for a question; None where there is none or it is corrupt, so that it is asked again."""
    try:
        found = read_record(record_path(shelf, question))
    except (FileNotFoundError, StoreError):
        return None
    return found if found.question == question else None


def forget(shelf: Shelf, questions: Iterable[str]) -> None:
    """Drop the records of questions, so that they are asked again; their bytes stay until ``data gc``."""
    for question in questions:
        remove(record_path(shelf, question))


def read_record(path: Path) -> Kept:
    """Return the answer a record names, every digest checked.

    Raises
    ------
    StoreError
        If the record or the bytes are not as they were written.
    FileNotFoundError
        If either is gone.
    """
    record = unsealed(path, read_bytes(path))
    body_path = path.parent / (record["stored"] + BODY)
    return checked(record, read_bytes(body_path), body_path)


def checked(record: dict[str, Any], packed: bytes, path: Path) -> Kept:
    """Return an answer from its record and its packed bytes, both digests checked."""
    if hashlib.sha256(packed).hexdigest() != record["stored"]:
        raise corrupt(path)
    body = zlib.decompress(packed)
    if hashlib.sha256(body).hexdigest() != record["sha256"]:
        raise corrupt(path)
    at = datetime.fromisoformat(record["fetched_at"])
    return Kept(record["question"], at, record["sha256"], record["stored"], body)


def record_path(shelf: Shelf, question: str) -> Path:
    """Return where the record of a question stands."""
    return shelf.folder / (hashlib.sha256(question.encode()).hexdigest()[:40] + RECORD)
