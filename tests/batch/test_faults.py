"""A batch survives what is in its folder: hostile study files, damaged records, studies without end."""

from __future__ import annotations

import json
import os
import socket
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from eventstudy.batch.index import INDEX
from eventstudy.batch.jobs import plan
from eventstudy.batch.ledger import LEDGER, read_ledger
from eventstudy.batch.library import run_one
from eventstudy.batch.pool import in_processes
from eventstudy.batch.run_batch import run_batch
from eventstudy.errors import FileError
from tests.batch import toys
from tests.batch.test_library import write_studies
from tests.batch.toys import in_this_process
from tests.faults.flips import FLIPS

TRIALS = 300


def hostile_entries(folder: Path) -> list[str]:
    """Put into a folder what a study file must not be; return the names of these studies."""
    texts = {
        "brackets": b"a = " + b"[" * 5_000 + b"]" * 5_000,
        "dotted": b"a" + b".a" * 5_000 + b" = 1",
        "tables": b"[" + b".".join([b"a"] * 5_000) + b"]",
        "inline": b"a = " + b"{a = " * 2_000 + b"1" + b"}" * 2_000,
        "digits": b"a = " + b"9" * 5_000,
        "latin": b'title = "caf\xe9"',
        "zero_bytes": b"\x00" * 100,
        "empty": b"[data]",
        "huge": b"# " + b"x" * 6_000_000,
    }
    for name, text in texts.items():
        (folder / f"{name}.toml").write_bytes(text)
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "gone.toml").symlink_to("nowhere")
    (folder / "loop.toml").symlink_to("loop.toml")
    (folder / "zeros.toml").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.toml"))
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.toml")).write_bytes(b"name = ")
    return [*texts, "pipe", "folder", "gone", "loop", "zeros", "socket"]


def test_every_hostile_entry_fails_alone(tmp_path: Path) -> None:
    write_studies(tmp_path)
    names = hostile_entries(tmp_path / "studies")
    out = tmp_path / "reports"
    began = time.monotonic()
    jobs = plan([tmp_path / "studies"], out, offline=True)
    assert time.monotonic() - began < 5
    hostile = [job for job in jobs if job.study not in ("fixing", "minutes")]
    for job in hostile:
        began = time.monotonic()
        (entry,) = in_this_process([job], run_one)
        assert entry.state == "failed", job
        assert entry.exit_code in (3, 4), entry
        assert "defect" not in entry.message
        assert "\n" not in entry.message.strip() or "toml:" in entry.message
        assert time.monotonic() - began < 3, job
    night = run_batch(jobs, out, pool=partial(in_this_process, work=run_one), now=lambda: toys.NIGHT)
    states = {entry.study: entry.state for entry in night.entries}
    assert states["fixing"] == states["minutes"] == "written"
    assert {states[name] for name in names} == {"failed"}
    assert len(states) == len(names) + 3, "and the study whose name is not UTF-8"
    stored = json.loads((out / LEDGER).read_text(encoding="utf-8"))
    assert stored["counts"] == {"current": 2, "waiting": 0, "failed": len(names) + 1, "not due": 0}
    assert (out / INDEX).read_text(encoding="utf-8").count("failed") > len(names)


@pytest.mark.parametrize("name", FLIPS)
def test_no_flipped_bit_changes_what_is_read_unnoticed(tmp_path: Path, name: str) -> None:
    assert FLIPS[name](tmp_path, TRIALS) == 0


def test_a_flipped_ledger_is_set_aside_and_the_next_night_is_right(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 2)
    out = tmp_path / "out"
    toys.night(tmp_path / "in", out)
    for old, new in ((b"current", b"curbent"), (b"2026-11", b"2026!11"), (b"It says", b"It sayz")):
        content = (out / LEDGER).read_bytes()
        (out / LEDGER).write_bytes(content.replace(old, new))
        night = toys.night(tmp_path / "in", out)
        assert [notice.code for notice in night.notices] == ["ES-LEDGER-DAMAGED"]
        assert night.exit_code == 0
        assert "It says data 0" in (out / INDEX).read_text()


def test_reports_of_studies_not_asked_for_are_found_again(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 3)
    out = tmp_path / "out"
    toys.night(tmp_path / "in", out)
    (out / LEDGER).write_bytes(b"{")
    toys.night(tmp_path / "in" / "s00.toml", out)
    assert set(read_ledger(out)) == {"s00", "s01", "s02"}


def _endless(job: toys.Job) -> toys.Entry:
    while job.study == "s01":
        time.sleep(0.01)
    return toys.work(job)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_study_without_end_is_stopped_at_the_time_limit(tmp_path: Path, workers: int) -> None:
    toys.make_studies(tmp_path / "in", 3)
    jobs = plan([tmp_path / "in"], tmp_path / "out")
    pool = partial(in_processes, work=_endless, workers=workers, time_limit=6.0)
    night = run_batch(jobs, tmp_path / "out", pool=pool, now=lambda: toys.NIGHT)
    assert {entry.study: entry.state for entry in night.entries} == {
        "s00": "written",
        "s01": "failed",
        "s02": "written",
    }
    assert "time limit of 6 s" in night.ledger["s01"].entry.message


def test_an_interrupted_batch_leaves_nothing_aside(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 3)
    out = tmp_path / "out"

    def interrupted(entry: toys.Entry) -> None:
        (out / ".aside" / "left").mkdir(parents=True, exist_ok=True)
        raise KeyboardInterrupt

    pool = partial(in_processes, work=toys.slow_work, workers=2)
    with pytest.raises(KeyboardInterrupt):
        run_batch(plan([tmp_path / "in"], out), out, pool=pool, now=lambda: toys.NIGHT, tell=interrupted)
    assert not (out / ".aside").exists()
    assert {path.name for path in out.iterdir()} <= {".batch.lock", "s00", "s01", "s02"}


def test_a_batch_into_a_file_names_it_and_the_cure(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(FileError, match=r"taken cannot be written: a file is in the place of a folder\. Choose"):
        run_batch([], tmp_path / "taken", pool=in_this_process, now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    assert (tmp_path / "taken").read_text() == "mine"
