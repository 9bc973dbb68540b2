"""How one study stands after a night, and the small file by which a finished report proves that it is whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from eventstudy.files import write_file

State = Literal["made", "unchanged", "waiting", "failed", "not due"]
ENTRY = "entry.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One study's standing.

    Attributes
    ----------
    study, path : str
        Its name in the batch, and the study file.
    state : {"made", "unchanged", "waiting", "failed", "not due"}
    exit_code : int
        What ``eventstudy run`` would have ended with.
    message : str
        Why it failed, or why it is not due.
    folder : str
        Where its report is, relative to the batch folder; named by spec and data digest.
    title, finding : str
    spark : tuple of float
        Cumulated abnormal return of the first response, decimal, at most 60 points.
    spec_digest, data_digest : str
    waiting : int
        How many (event, instrument) pairs lack only bars that have not come yet; ``waiting_until`` is the instant
        (ISO 8601) after which they are no longer waited for.
    """

    study: str
    path: str
    state: State
    exit_code: int = 0
    message: str = ""
    folder: str = ""
    title: str = ""
    finding: str = ""
    spark: tuple[float, ...] = ()
    spec_digest: str = ""
    data_digest: str = ""
    waiting: int = 0
    waiting_until: str = ""


def write_entry(folder: Path, entry: Entry) -> None:
    """Seal a finished report: its standing and the SHA-256 of every file beside it."""
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    kept = {key: value for key, value in asdict(entry).items() if key not in {"state", "path"}}
    text = json.dumps({**kept, "files": files}, ensure_ascii=False, indent=2) + "\n"
    write_file(folder / ENTRY, text.encode())


def read_entry(folder: Path) -> Entry | None:
    """Return the standing a report was sealed with, or None where a file is missing or not as it was written."""
    try:
        sealed: dict[str, Any] = json.loads((folder / ENTRY).read_text(encoding="utf-8"))
        files = sealed.pop("files")
        if any(_sha256(folder / name) != digest for name, digest in files.items()):
            return None
        sealed["spark"] = tuple(sealed["spark"])
        return replace(Entry(study="", path="", state="unchanged"), **sealed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
