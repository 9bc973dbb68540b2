"""One study of a batch: load it, see whether its report exists, write it aside, rename it into place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from eventstudy.batch.entry import LedgerEntry, read_entry, write_entry
from eventstudy.batch.jobs import Job
from eventstudy.batch.redact import redact
from eventstudy.errors import EventStudyError, FileError, printable
from eventstudy.files import sync_folder, uninterrupted
from eventstudy.report.placing import listed, swap

ASIDE = ".aside"
SPARK_POINTS = 60


@dataclass(frozen=True)
class Prepared:
    """A study whose inputs are known: what names its folder, and the call that computes and writes it.

    ``write`` receives an empty folder, fills it and returns the standing to seal it with.
    """

    spec_digest: str
    data_digest: str
    write: Callable[[Path], LedgerEntry]


Prepare = Callable[[Job], Prepared | None]


def bring_up_to_date(job: Job, prepare: Prepare) -> LedgerEntry:
    """Make the report of a study unless a complete one for the same spec and data exists.

    A report is written in a folder aside and renamed into its place, so it exists completely or not at all.
    """
    standing = LedgerEntry(job.study, job.shown_path, "not due", message="all its events are older than --since")
    prepared = prepare(job)
    if prepared is None:
        return standing
    folder = f"{job.study}/{prepared.spec_digest[:12]}-{prepared.data_digest[:12]}"
    final = job.out / folder
    if kept := read_entry(final):
        return replace(kept, study=job.study, path=job.shown_path)
    aside = job.out / ASIDE / f"{job.study}-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    report = aside / "report"
    report.mkdir(parents=True)
    try:
        entry = replace(
            prepared.write(report),
            study=job.study,
            path=job.shown_path,
            folder=folder,
            spec_digest=prepared.spec_digest,
            data_digest=prepared.data_digest,
        )
        write_entry(report, entry)
        _publish(report, final)
    finally:
        with uninterrupted():
            shutil.rmtree(aside, ignore_errors=True)
    return entry


def _publish(report: Path, final: Path) -> None:
    """Move a report into its place; one that is there was damaged since: read_entry refused it.

    Raises
    ------
    FileError
        If the place holds a file that no report has: it is left where it is.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    sync_folder(report)
    if final.exists() and (foreign := sorted({*os.listdir(final)} - {*os.listdir(report), *listed(final)})):
        raise FileError(
            f"{final} is damaged, and it holds what is not of a report: {', '.join(foreign[:5])}.", remedy="Move it."
        )
    with uninterrupted():
        swap(report, final, damaged := report.with_name("damaged"))
        shutil.rmtree(damaged, ignore_errors=True)


def attempt(work: Callable[[Job], LedgerEntry], job: Job) -> LedgerEntry:
    """Do one job; a failure is recorded for this job alone."""
    try:
        return work(job)
    except EventStudyError as error:
        return _failed(job, error.exit_code, str(error))
    except OSError as error:
        return _failed(job, 4, f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except MemoryError:
        return _failed(job, 4, "there is not enough memory for this study")
    except RecursionError:
        return _failed(job, 4, "an input is nested too deep")
    except Exception as error:
        return _failed(job, 70, f"a defect of this program: {type(error).__name__}: {error}")


def _failed(job: Job, exit_code: int, message: str) -> LedgerEntry:
    return LedgerEntry(job.study, job.shown_path, "failed", exit_code, printable(redact(message)))
