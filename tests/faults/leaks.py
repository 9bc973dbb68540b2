"""Many studies in one process: memory, file descriptors, threads and temporary files after each of them."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eventstudy.batch.jobs import plan
from eventstudy.batch.library import run_one
from eventstudy.batch.work import attempt
from tests.faults.commands import write_study


@dataclass(frozen=True)
class Held:
    """What this process holds."""

    megabytes: float
    descriptors: int
    threads: int
    temporary: int


def held() -> Held:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(os.listdir(tempfile.gettempdir())),
    )


def after_studies(folder: Path, count: int) -> Iterator[Held]:
    """Bring small studies up to date one after the other, here, and yield what is held after each."""
    for number in range(count):
        write_study(folder / "studies" / f"s{number:03}", f"Study {number}")
    for job in plan([folder / "studies"], folder / "out"):
        entry = attempt(run_one, job)
        if entry.state != "written":
            raise AssertionError(entry.message)
        yield held()
