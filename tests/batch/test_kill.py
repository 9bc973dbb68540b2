"""kill -9 at random moments of a batch on two workers, then run again: every report once, whole, as if undisturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.batch import toys

ROOT = Path(__file__).parents[2]
STUDIES = 20


def start(studies: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.batch.toys", str(studies), str(out)], cwd=ROOT, start_new_session=True
    )


def kill_at(studies: Path, out: Path, seconds: float, *, group: bool) -> bool:
    """Kill a batch after some seconds; return whether it was still at work."""
    process = start(studies, out)
    time.sleep(seconds)
    working = process.poll() is None
    if working:
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return working


def look(out: Path) -> None:
    """A reader at any moment sees only whole reports."""
    from eventstudy.batch.entry import read_entry

    for folder in out.glob("s*/*"):
        assert read_entry(folder) is not None, f"{folder} is not whole"
        assert len(list(folder.iterdir())) == toys.FILES + 2


def undisturbed(tmp_path: Path) -> tuple[Path, dict[str, bytes], float]:
    studies = tmp_path / "studies"
    toys.make_studies(studies, STUDIES)
    before = time.monotonic()
    process = start(studies, tmp_path / "calm")
    assert process.wait() == 0
    return studies, toys.tree(tmp_path / "calm"), time.monotonic() - before


def kills(tmp_path: Path, count: int, seed: int) -> int:
    studies, calm, seconds = undisturbed(tmp_path)
    draw = random.Random(seed)
    caught = 0
    for number in range(count):
        out = tmp_path / f"out{number}"
        # Some batches are killed twice, the second time while they heal the first.
        for _ in range(draw.choice((1, 1, 2))):
            caught += kill_at(studies, out, draw.uniform(0.15, seconds), group=draw.random() < 0.5)
            if out.exists():
                look(out)
        process = start(studies, out)
        assert process.wait() == 0
        look(out)
        assert toys.tree(out) == calm, f"kill {number} of seed {seed} left a difference"
    return caught


def test_killed_batches_heal(tmp_path: Path) -> None:
    assert kills(tmp_path, 4, seed=1) >= 2


@pytest.mark.slow
def test_killed_batches_heal_200_times(tmp_path: Path) -> None:
    assert kills(tmp_path, 200, seed=2) >= 150


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    studies = tmp_path / "studies"
    toys.make_studies(studies, STUDIES)
    process = start(studies, tmp_path / "out")
    deadline = time.monotonic() + 20
    while not list((tmp_path / "out").glob("s*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while _alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(process.pid)
    look(tmp_path / "out")


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, number: signal.Signals) -> None:
    studies = tmp_path / "studies"
    toys.make_studies(studies, STUDIES)
    process = start(studies, tmp_path / "out")
    deadline = time.monotonic() + 20
    while not list((tmp_path / "out").glob("s*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, number)
    process.wait()
    while _alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(process.pid)
    look(tmp_path / "out")
    assert start(studies, tmp_path / "out").wait() == 0
    assert len(list((tmp_path / "out").glob("s*/*"))) == STUDIES
