"""``batch.json``: every study the batch knows, its state and which versions of its report exist."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventstudy.batch.entry import ENTRY, LedgerEntry, State, checked, read_entry, with_digest
from eventstudy.errors import FileError, Notice
from eventstudy.files import read_json, read_regular, write_file
from eventstudy.renamed import new_name

LEDGER, DAMAGED = "batch.json", "batch-damaged.json"


@dataclass(frozen=True, slots=True)
class Version:
    """One report of a study; restated data make a new one beside the old."""

    folder: str
    written_at: str
    spec_digest: str
    data_digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A study, its last run, and all versions of its report, oldest first.

    ``current`` is the folder that belongs to the spec and data of the last run that could read them.
    """

    entry: LedgerEntry
    current: str = ""
    failing_since: str = ""
    versions: tuple[Version, ...] = field(default=())

    @property
    def written_at(self) -> str:
        return next((v.written_at for v in self.versions if v.folder == self.current), "")


Ledger = Mapping[str, Standing]
# What a study found stays with its last good report.
KEPT = (
    *("title", "finding", "move", "low", "high", "pvalue", "unit", "scale", "decimals", "spark", "mark"),
    *("spec_digest", "data_digest"),
)


def read_ledger(out: Path) -> dict[str, Standing]:
    """Return what the last batch wrote; empty where there is nothing, or nothing that is as it was written."""
    try:
        stored = checked(read_json(out / LEDGER))
        return {row["study"]: _standing(row) for row in stored["studies"]}
    except (FileError, ValueError, KeyError, TypeError):
        return {}


def repair_ledger(out: Path, now: Callable[[], datetime]) -> tuple[Notice, ...]:
    """Set a damaged ``batch.json`` aside and write it again from the reports; return a notice that says so.

    There is none where the ledger is missing or as it was written.
    """
    path = out / LEDGER
    if not os.path.lexists(path) or read_ledger(out):
        return ()
    if _is_intact(path):  # a batch without studies
        return ()
    aside = path.with_name(DAMAGED)
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    path.replace(aside)
    ledger = from_reports(out)
    write_ledger(out, ledger, now())
    count = f"{len(ledger)} stud{'y' if len(ledger) == 1 else 'ies'}"
    message = f"{LEDGER} was damaged: it was set aside as {DAMAGED} and written again from the reports of {count}."
    return (Notice("ES-LEDGER-DAMAGED", message),)


def _is_intact(path: Path) -> bool:
    """Return whether a ledger can be read and is as it was written."""
    try:
        checked(read_json(path))
    except (FileError, ValueError):
        return False
    return True


def from_reports(out: Path) -> dict[str, Standing]:
    """Return the ledger that the complete reports of a folder amount to; a report's age is that of its files."""
    found: dict[str, list[tuple[Version, LedgerEntry]]] = {}
    for path in sorted(out.glob(f"*/*/{ENTRY}")):
        study = path.parent.parent.name
        entry = None if study.startswith(".") else read_entry(path.parent)
        if entry is not None:
            written_at = _text(datetime.fromtimestamp(path.stat().st_mtime, UTC))
            version = Version(f"{study}/{path.parent.name}", written_at, entry.spec_digest, entry.data_digest)
            found.setdefault(study, []).append((version, replace(entry, study=study)))
    ledger = {}
    for study, reports in found.items():
        reports.sort(key=lambda report: (report[0].written_at, report[0].folder))
        last, entry = reports[-1]
        ledger[study] = Standing(entry, last.folder, "", tuple(version for version, _ in reports))
    return ledger


def _standing(row: dict[str, Any]) -> Standing:
    names = {f.name for f in fields(LedgerEntry)}
    state: State = "unchanged" if row.get("state", "current") == "current" else row["state"]
    entry = replace(
        LedgerEntry(study=row["study"], path=row["path"], state=state),
        **{name: row[name] for name in names - {"spark", "state"} if name in row},
        spark=tuple(row.get("spark", ())),
    )
    versions = tuple(
        Version(**{new_name("column", name) or name: value for name, value in version.items()})
        for version in row["versions"]
    )
    return Standing(entry, row["current"], row.get("failing_since", ""), versions)


def after_run(before: Ledger, entries: Iterable[LedgerEntry], out: Path, now: datetime) -> dict[str, Standing]:
    """Return the ledger after a run: the studies of this run, and every other study as it was."""
    this_run = {entry.study: entry for entry in entries}
    names = sorted({*before, *this_run})
    after = {name: _updated(before.get(name), this_run.get(name), out, now) for name in names}
    return {name: standing for name, standing in after.items() if standing is not None}


def _updated(before: Standing | None, entry: LedgerEntry | None, out: Path, now: datetime) -> Standing | None:
    study = entry.study if entry else before.entry.study if before else ""
    versions = _versions(before, out, study, now)
    if entry is None:  # not in this run; a study without a report is remembered while its file is there
        if before is None or not (versions or Path(before.entry.path).exists()):
            return None
        return replace(before, versions=versions)
    if entry.folder:
        return Standing(entry, entry.folder, "", versions)
    # Nothing new: the last good report stays the current one, and what it found stays with it.
    known = before or Standing(entry, versions[-1].folder if versions else "")
    shown = replace(entry, **{name: getattr(known.entry, name) for name in KEPT})
    since = (known.failing_since or _text(now)) if entry.state == "failed" else ""
    return Standing(shown, known.current, since, versions)


def _versions(before: Standing | None, out: Path, study: str, now: datetime) -> tuple[Version, ...]:
    """Every complete report on the disk, with the time each was first seen."""
    known = {version.folder: version for version in before.versions} if before else {}
    found: list[Version] = []
    for path in sorted((out / study).glob(f"*/{ENTRY}")):
        folder = f"{study}/{path.parent.name}"
        if folder in known:
            found.append(known[folder])
        elif entry := read_entry(path.parent):
            found.append(Version(folder, _text(now), entry.spec_digest, entry.data_digest))
    return tuple(sorted(found, key=lambda version: (version.written_at, version.folder)))


def write_ledger(out: Path, ledger: Ledger, now: datetime) -> None:
    """Write ``batch.json``, unless it says the same already."""
    write_if_new(out / LEDGER, with_digest(as_data(ledger, now)))


def as_data(ledger: Ledger, now: datetime) -> dict[str, Any]:
    """Return the ledger as plain data; the day is its only clock, so that a run without work changes nothing."""
    states = [settled(standing.entry.state) for standing in ledger.values()]
    rows = [
        {
            **asdict(standing.entry),
            "state": settled(standing.entry.state),
            "current": standing.current,
            "report": f"{standing.current}/report.html" if standing.current else "",
            "written_at": standing.written_at,
            "failing_since": standing.failing_since,
            "versions": [asdict(version) for version in standing.versions],
        }
        for standing in ledger.values()
    ]
    counts = {state: states.count(state) for state in ("current", "waiting", "failed", "not due")}
    return {"as_of": now.astimezone(UTC).date().isoformat(), "counts": counts, "studies": rows}


def settled(state: str) -> str:
    """Return the state for the ledger: a report of this run and one written before are both current."""
    return "current" if state in {"written", "unchanged"} else state


def write_if_new(path: Path, content: bytes) -> None:
    """Write a file durably unless it holds exactly this content."""
    if not _holds(path, content):
        write_file(path, content)


def _holds(path: Path, content: bytes) -> bool:
    """Return whether a file can be read and holds exactly this content."""
    try:
        return read_regular(path, len(content)) == content
    except FileError:  # absent, longer, or not a regular file
        return False


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
