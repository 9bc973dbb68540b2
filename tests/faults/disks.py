"""Disks that are full, read-only or gone while a command writes, and clocks that jump back."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from tests.faults.commands import World, begin, complaint, finish, mended
from tests.faults.failing_calls import Failing, failing

NOBODY, PAGE = 65534, 4096


@dataclass
class Tally:
    """What became of the trials of one command."""

    trials: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, code: int, *wrongs: str) -> None:
        self.trials += 1
        self.refused += code not in {0, 1}
        self.wrong += [wrong for wrong in wrongs if wrong][:1]


def sentence(code: int, said: str, *, full: bool = False) -> str:
    """Return what is wrong with how a command ended: a traceback, a defect, or no path and remedy for a full disk."""
    if code not in {0, 1, 4, 5, 6} or "Traceback" in said or "defect" in said:
        return f"it ends with {code}: {said[-500:]}"
    if full and code == 4 and not ("the disk is full. " in said and "Free disk space" in said and "/" in said):
        return f"it names no path or no remedy: {said[-300:]}"
    return ""


def may_mount(place: Path) -> bool:
    """Return whether this process may mount a file system in memory."""
    place.mkdir(exist_ok=True)
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)
    return done.returncode == 0


@contextmanager
def mounted(place: Path, room: int) -> Iterator[None]:
    """Mount a file system in memory with the files that were in its place, and room for some bytes more."""
    aside = place.with_name("before")
    shutil.copytree(place, aside)
    size = sum(in_pages(path.stat().st_size) for path in aside.rglob("*") if path.is_file()) + PAGE + in_pages(room)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        shutil.copytree(aside, place, dirs_exist_ok=True)
        (place / "lock").write_bytes(bytes(PAGE))  # a name that is not counted as a result
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)
        shutil.rmtree(aside)


def in_pages(size: int) -> int:
    return -(-size // PAGE) * PAGE


def fill_disk(disturbed: World, name: str, count: int) -> Tally:
    """Run a command on a disk with room for a part of what it writes, from nothing to all of it."""
    tally = Tally()
    needed = sum(in_pages(len(content)) for content in disturbed.calm[name].values()) + 4 * PAGE
    for number in range(count):
        disturbed.clear(name)
        room = needed * number // max(count - 1, 1)
        with mounted(disturbed.folder / "work", room):
            done = finish(begin(disturbed, name))
            wrong = sentence(done.code, done.said, full=True) or complaint(disturbed, name)
        tally.add(done.code, wrong and f"{name}, room for {room:,} bytes: {wrong}")
    return tally


def vanish(disturbed: World, name: str, count: int) -> Tally:
    """Remove the working folder at the n-th call of the disk; the command ends in a sentence, the next one is right."""
    tally, draw = Tally(), random.Random(f"vanish {name}")
    disturbed.clear(name)
    finish(begin(disturbed, name, lambda: failing(disturbed, 0, 0)))
    calls = int((disturbed.folder / "calls").read_text().split()[0])
    for _ in range(count):
        disturbed.clear(name)
        number = draw.randrange(calls) + 1
        done = finish(begin(disturbed, name, lambda number=number: vanishing(disturbed, number)))  # type: ignore[misc]
        wrong = sentence(done.code, done.said)
        (disturbed.folder / "work").mkdir(exist_ok=True)
        wrong = wrong or mended(disturbed, name) if name != "date" else wrong
        tally.add(done.code, wrong and f"{name}, gone at call {number} of {calls}: {wrong}")
    return tally


class Vanishing(Failing):
    """Instead of failing, the n-th call finds that its folder is gone."""

    def due(self, what: object, name: str) -> None:
        try:
            super().due(what, name)
        except OSError:
            shutil.rmtree(self.work, ignore_errors=True)


def vanishing(disturbed: World, number: int) -> AbstractContextManager[object]:
    return failing(disturbed, number, 2, Vanishing)


def read_only(disturbed: World, name: str, _: int) -> Tally:
    """Run a command as a user who may read the working folder and not write into it."""
    tally = Tally()
    disturbed.clear(name)
    before = disturbed.tree()
    for path in disturbed.folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in (disturbed.folder, *disturbed.folder.parents):
        path.chmod(path.stat().st_mode | 0o111 if path != Path("/") else path.stat().st_mode)
    try:
        done = finish(begin(disturbed, name, as_nobody))
    finally:
        for path in disturbed.folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    wrong = sentence(done.code, done.said) or (
        "" if done.code == 4 else f"it ends with {done.code}: {done.said[-300:]}"
    )
    if not wrong and not ("permission denied" in done.said.casefold() and str(disturbed.folder) in done.said):
        wrong = f"it does not say why or where: {done.said[-300:]}"
    if not wrong and disturbed.tree() != before:
        wrong = "it changed something"
    tally.add(done.code, wrong and f"{name}: {wrong}")
    return tally


@contextmanager
def as_nobody() -> Iterator[None]:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    yield


def jump_back(disturbed: World, name: str, _: int) -> Tally:
    """Run a command under a clock that is a year ahead, then one that is years behind, then one that jumps inside."""
    tally = Tally()
    disturbed.clear(name)
    for years in ((1, 1), (-3, -3), (1, -3), (0, 0)):
        done = finish(begin(disturbed, name, lambda years=years: clock(*years)))  # type: ignore[misc]
        wrong = sentence(done.code, done.said) or complaint(disturbed, name)
        if not wrong and done.code not in {0, 1} and "events.toml" not in done.said:
            wrong = f"it ends with {done.code}: {done.said[-300:]}"
        tally.add(done.code, wrong and f"{name}, clock {years}: {wrong}")
    return tally


@contextmanager
def clock(before: int, after: int) -> Iterator[None]:
    """Let ``datetime.now`` in the package be some years off, other ones from its third call on."""
    calls = []

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Shifted:
            calls.append(1)
            real = datetime.now(tz) + timedelta(days=365 * (before if len(calls) < 3 else after))
            return cls.fromtimestamp(real.timestamp(), tz)

    places = [
        m for key, m in sys.modules.items() if key.startswith("eventstudy") and vars(m).get("datetime") is datetime
    ]
    for module in places:
        vars(module)["datetime"] = Shifted
    try:
        yield
    finally:
        for module in places:
            vars(module)["datetime"] = datetime


DISKS: Mapping[str, Callable[[World, str, int], Tally]] = {
    "full": fill_disk,
    "vanished": vanish,
    "read-only": read_only,
    "clock": jump_back,
}
