"""A stand-in for the library in the proofs of the batch itself: a study is a text, its data a text beside it.

Everything that makes a report appear once and whole (folders aside, seals, renames, the ledger, the lock) is the real
code; only the computing is cheap, so that hundreds of kills and thousands of nights fit into a test.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.jobs import Job, plan
from eventstudy.batch.pool import in_processes
from eventstudy.batch.run_batch import BatchRun, run_batch
from eventstudy.batch.work import Prepared, attempt, bring_up_to_date
from eventstudy.errors import DataError, SpecError

NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)
FILES = 6


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def prepare(job: Job, pause: float = 0.0) -> Prepared | None:
    """Read the toy study and its data; what the study says decides what goes wrong."""
    spec = job.path.read_text(encoding="utf-8")
    try:
        asked = tomllib.loads(spec)
    except tomllib.TOMLDecodeError as error:
        raise SpecError([]) from error
    file = job.path.parent / asked["data"]["path"]
    if not file.exists():
        raise DataError(f"{file.name} is missing.")
    data = file.read_text(encoding="utf-8")
    if asked.get("name") == "dies":
        os._exit(9)
    if asked.get("name") == "defect":
        raise ZeroDivisionError("division by zero")

    def write(folder: Path) -> LedgerEntry:
        for number in range(FILES):
            (folder / f"part{number}.txt").write_text(f"{number} of {asked['name']} on {data}\n" * 200)
            time.sleep(pause)
        (folder / "report.html").write_text(f"<title>{asked['name']}</title>{data}")
        complete = "review" not in data
        spark = (0.0, 0.001, 0.0025)
        return LedgerEntry(
            "", "", "written", int(not complete), "", "", asked["name"], f"It says {data}.", spark, move=0.0025, mark=2
        )

    return Prepared(digest(spec), digest(data), write)


def work(job: Job, pause: float = 0.0) -> LedgerEntry:
    return bring_up_to_date(job, partial(prepare, pause=pause))


slow_work = partial(work, pause=0.004)


def make_studies(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        study(folder, f"s{number:02}", f"data {number}")


def study(folder: Path, name: str, data: str, title: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(f'name = "{title or name}"\n[data]\npath = "{name}.txt"\n', encoding="utf-8")
    (folder / f"{name}.txt").write_text(data, encoding="utf-8")


def in_this_process(jobs: Iterable[Job], work: Callable[[Job], LedgerEntry]) -> Iterator[LedgerEntry]:
    """Do the jobs one after the other, here; test_library.py and test_faults.py prove the workers."""
    for job in jobs:
        yield attempt(work, job)


def night(studies: Path, out: Path, at: datetime = NIGHT, workers: int = 0) -> BatchRun:
    jobs = plan([studies], out)
    pool = partial(in_processes, work=slow_work, workers=workers) if workers else partial(in_this_process, work=work)
    return run_batch(jobs, out, pool=pool, now=lambda: at)


def tree(out: Path) -> dict[str, bytes]:
    """Return every file below a folder but the lock, with its bytes."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name != ".batch.lock")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


if __name__ == "__main__":
    night(Path(sys.argv[1]), Path(sys.argv[2]), workers=2)
