"""A simulated year of nights from a seed: crashes, overlaps, late and restated data, no network, a full disk.

Clock, data source and file system are injected; the batch is the real one. A crash stops every later effect on the
disk, as a killed process does: the clean-up code of the language still runs, but nothing it asks for happens.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eventstudy.batch.entry import LedgerEntry, read_entry
from eventstudy.batch.jobs import Job, plan
from eventstudy.batch.run_batch import BatchRun, hold, run_batch
from eventstudy.batch.work import Prepared, bring_up_to_date
from eventstudy.errors import FileError, LockHeldError, NetworkError
from tests.batch import toys
from tests.batch.toys import in_this_process

EFFECTS = ("rename", "replace", "mkdir", "unlink", "rmdir", "fsync", "chmod")


class Crash(BaseException):
    """The machine stops here."""


@contextmanager
def faulty_disk(at: int, fault: str) -> Iterator[None]:
    """Let the ``at``-th effect on the disk crash the process for good, or fail once because the disk is full."""
    real = {name: getattr(os, name) for name in EFFECTS}
    count, dead = 0, False

    def effect(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal count, dead
            count += 1
            if count == at and fault == "full":
                raise OSError(errno.ENOSPC, "No space left on device")
            dead = dead or (count >= at and fault == "crash")
            if dead:
                raise Crash
            return None if name == "fsync" else real[name](*arguments, **options)

        return call

    try:
        for name in EFFECTS:
            setattr(os, name, effect(name))
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


class World:
    """The studies, and what the source would answer for each of them tonight."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.draw = random.Random(seed)
        self.studies, self.out = folder / "in", folder / "out"
        self.answers: dict[str, str] = {}
        self.night = 0
        self.expected: dict[str, str] = {}
        self.seen: dict[str, tuple[tuple[int, ...], str]] = {}
        for number in range(3):
            self.add(f"s{number}")

    def add(self, name: str) -> None:
        toys.study(self.studies, name, "")
        self.answers[name] = ""

    def pass_a_day(self) -> None:
        self.night += 1
        for name in self.answers:
            if self.draw.random() < 0.10:  # late data come, or what came before is restated
                self.answers[name] = f"data as of night {self.night}"
        if self.draw.random() < 0.01:
            self.add(f"t{self.night}")

    def prepare(self, job: Job) -> Prepared | None:
        answer = self.answers[job.study]
        if self.draw.random() < 0.05 or not answer:
            raise NetworkError("the source does not answer.")
        spec = toys.digest(job.path.read_text(encoding="utf-8"))

        def write(folder: Path) -> LedgerEntry:
            (folder / "report.html").write_text(f"{job.study}: {answer}")
            return LedgerEntry("", "", "written", 0, "", "", job.study, answer, (0.0, 0.001))

        return Prepared(spec, toys.digest(answer), write)

    def run(self) -> BatchRun:
        jobs = plan([self.studies], self.out)
        pool = partial(in_this_process, work=partial(bring_up_to_date, prepare=self.prepare))
        at = toys.NIGHT + timedelta(days=self.night)
        return run_batch(jobs, self.out, pool=pool, now=lambda: at)

    def trouble(self) -> BatchRun | None:
        """Run tonight's batch, with what befalls it."""
        lot = self.draw.random()
        if lot < 0.05:
            with hold(self.out, wait=False), pytest.raises(LockHeldError):
                self.run()
            return None
        if lot < 0.25:
            fault = "full" if lot < 0.12 else "crash"
            with faulty_disk(self.draw.randint(1, 30), fault):
                try:
                    return self.run()
                except (Crash, FileError, OSError):
                    return None
        return self.run()

    def check(self, night: BatchRun | None) -> None:
        """Every report once, whole, right; none lost."""
        on_disk = {}
        for folder in self.out.glob("[st]*/*"):
            name = f"{folder.parent.name}/{folder.name}"
            on_disk[name] = self.look(folder, name)
        assert set(self.expected) <= set(on_disk), "a report was lost"
        for entry in night.entries if night else ():
            if entry.state != "failed":
                assert on_disk[entry.folder] == self.answers[entry.study]
        self.expected = on_disk
        assert len({(name.split("/")[0], finding) for name, finding in on_disk.items()}) == len(on_disk), "made twice"
        if (self.out / "batch.json").exists():
            json.loads((self.out / "batch.json").read_text())
            assert (self.out / "index.html").exists() or night is None

    def look(self, folder: Path, name: str) -> str:
        """Return what a report says; one that nobody has touched since it was looked at is not read again."""
        now = touched(folder)
        if self.seen.get(name, ((), ""))[0] != now:
            entry = read_entry(folder)
            assert entry is not None, f"{folder} is not whole"
            assert (folder / "report.html").read_text() == f"{entry.study}: {entry.finding}"
            assert name.endswith(f"-{toys.digest(entry.finding)[:12]}")
            self.seen[name] = now, entry.finding
        return self.seen[name][1]

    def heal(self) -> None:
        """After one quiet night everything stands as the source says; every report is read once more."""
        self.seen.clear()
        self.draw = random.Random(0)
        self.draw.random = lambda: 0.99  # type: ignore[method-assign]
        night = self.run()
        self.check(night)
        assert {e.study for e in night.entries if e.state == "failed"} == {n for n, a in self.answers.items() if not a}
        stored = json.loads((self.out / "batch.json").read_text())
        kept = {version["folder"] for study in stored["studies"] for version in study["versions"]}
        assert kept == set(self.expected)
        assert not (self.out / ".aside").exists()
        assert {p.name for p in self.out.iterdir() if p.is_file()} <= {"batch.json", "index.html", ".batch.lock"}


def touched(folder: Path) -> tuple[int, ...]:
    """Return what changes when a folder or a file in it is written to."""
    with os.scandir(folder) as entries:
        stats = [folder.stat(), *(entry.stat() for entry in sorted(entries, key=lambda entry: entry.name))]
    return tuple(value for stat in stats for value in (stat.st_ino, stat.st_mtime_ns, stat.st_size))


def live(folder: Path, seed: int, nights: int) -> int:
    world = World(folder, seed)
    world.out.mkdir()
    for _ in range(nights):
        world.pass_a_day()
        world.check(world.trouble())
    world.heal()
    shutil.rmtree(folder)
    return len(world.expected)


@pytest.mark.parametrize("seed", range(6))
def test_two_months_of_nights(tmp_path: Path, seed: int) -> None:
    assert live(tmp_path / "world", seed, 60) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_a_year_of_nights_500_times(tmp_path: Path, block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        assert live(tmp_path / str(seed), 1000 + seed, 365) >= 50
