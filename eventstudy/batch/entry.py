"""How one study stands, and the small file by which a finished report proves that it and its files are complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from eventstudy.errors import FileError
from eventstudy.files import read_json, write_file
from eventstudy.show.numbers import BP, Unit

State = Literal["written", "unchanged", "waiting", "failed", "not due"]
ENTRY = "entry.json"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One study's standing.

    Attributes
    ----------
    study, path : str
        Its name in the batch, and the study file.
    state : {"written", "unchanged", "waiting", "failed", "not due"}
    exit_code : int
        What ``eventstudy run`` would have ended with.
    message : str
        Why it failed, or why it is not due.
    folder : str
        Where its report is, relative to the batch folder; named by spec and data digest.
    title, finding : str
    spark : tuple of float
        Cumulative abnormal return since the start of the primary window, decimal, at most 60 points: of the mean, or of
        the response that ``move`` is of. ``mark`` is the place of ``move`` on it, -1 where it is not on the path.
    spec_digest, data_digest : str
    waiting : int
        How many (event, instrument) pairs lack only bars that have not come yet; ``waiting_until`` is the instant
        (ISO 8601) after which they are no longer waited for.
    move, low, high, pvalue : float or None
        The move or mean of the primary window (decimal), its interval and the p-value that decides. ``unit``,
        ``scale`` and ``decimals`` are how it is shown.
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
    move: float | None = None
    low: float | None = None
    high: float | None = None
    pvalue: float | None = None
    mark: int = -1
    unit: str = BP.name
    scale: float = BP.scale
    decimals: int = BP.decimals

    @property
    def shown_unit(self) -> Unit:
        """The unit in which the move is shown."""
        return Unit(self.unit, "", self.scale, self.decimals)


def write_entry(folder: Path, entry: LedgerEntry) -> None:
    """Seal a finished report: its standing and the SHA-256 of every file beside it."""
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    kept = {key: value for key, value in asdict(entry).items() if key not in {"state", "path"}}
    write_file(folder / ENTRY, with_digest({**kept, "files": files}))


def read_entry(folder: Path) -> LedgerEntry | None:
    """Return the standing a report was sealed with, or None where a file is missing or not as it was written."""
    try:
        sealed = checked(read_json(folder / ENTRY))
        files = sealed.pop("files")
        if any(_sha256(folder / name) != digest for name, digest in files.items()):
            return None
        sealed["spark"] = tuple(sealed["spark"])
        return replace(LedgerEntry(study="", path="", state="unchanged"), **sealed)
    except (OSError, FileError, ValueError, KeyError, TypeError, AttributeError):
        return None


def with_digest(content: Mapping[str, Any]) -> bytes:
    """Return the JSON text of ``content`` with the SHA-256 of its content under ``digest``."""
    return (json.dumps({**content, "digest": _digest_of(content)}, ensure_ascii=False, indent=2) + "\n").encode()


def checked(stored: Any) -> dict[str, Any]:
    """Return the content of a text written by ``with_digest``; ``ValueError`` if it is not as it was written."""
    if not isinstance(stored, dict):
        raise ValueError("not a table")
    content = {key: value for key, value in stored.items() if key != "digest"}
    if stored.get("digest") != _digest_of(content):
        raise ValueError("the digest does not match")
    return content


def _digest_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
