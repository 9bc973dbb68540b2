"""A result takes the place of its folder at once: the old whole, the new whole, or the old one beside."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventstudy.cli.app import run
from eventstudy.errors import FileError
from eventstudy.report.placing import beside, check_replaceable, discard, put_result
from tests.faults.kills import NEW, OLD, kill_placing, kill_saving, tree


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Put Python's handler in place: a shell starts what runs in its background with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_new_result_replaces_the_old_one_and_nothing_is_left_beside(tmp_path: Path) -> None:
    for files in (OLD, NEW, OLD):
        put_result(tmp_path / "deep" / "result", files)
        assert tree(tmp_path / "deep" / "result") == files
        assert os.listdir(tmp_path / "deep") == ["result"]


@pytest.mark.parametrize("inside", ["notes.txt", ".hidden", "folder/file", "entry.json"])
def test_a_file_that_no_manifest_lists_is_named_and_not_moved(tmp_path: Path, inside: str) -> None:
    out = tmp_path / "result"
    put_result(out, OLD)
    place = out / inside
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"precious")
    number = place.stat().st_ino
    with pytest.raises(FileError, match=rf"result does not list, or what was changed since: {Path(inside).parts[0]}\."):
        put_result(out, NEW)
    assert place.stat().st_ino == number
    assert {name: (out / name).read_bytes() for name in OLD} == OLD
    assert os.listdir(tmp_path) == ["result"]


def test_a_file_edited_since_it_was_written_is_not_lost(tmp_path: Path) -> None:
    put_result(tmp_path / "result", OLD)
    (tmp_path / "result" / "car.csv").write_bytes(b"edited by hand")
    with pytest.raises(FileError, match=r"changed since: car\.csv\. Choose another folder"):
        put_result(tmp_path / "result", NEW)
    assert (tmp_path / "result" / "car.csv").read_bytes() == b"edited by hand"


@pytest.mark.parametrize("manifest", [b"{", b"[1]", b'{"files": [1]}', b'{"files": {"../../x": "0"}}', b"[" * 5000])
def test_a_damaged_manifest_lists_nothing(tmp_path: Path, manifest: bytes) -> None:
    put_result(tmp_path / "result", OLD)
    (tmp_path / "result" / "manifest.json").write_bytes(manifest)
    before = tree(tmp_path / "result")
    with pytest.raises(FileError, match=r"ar\.csv, car\.csv"):
        put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == before


def test_folders_that_cannot_be_replaced_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match=r"the folder this program runs in.*Choose a folder inside"):
        check_replaceable(Path())
    with pytest.raises(FileError, match="a mounted disk"):
        check_replaceable(Path("/"))


def test_links_lead_to_the_folder_that_is_replaced_and_rights_are_kept(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o750)
    (tmp_path / "result").symlink_to("disk")
    for files in (OLD, NEW):
        put_result(tmp_path / "result", files)
        assert tree(tmp_path / "disk") == files
        assert stat.S_IMODE((tmp_path / "disk").stat().st_mode) == 0o750
        assert (tmp_path / "result").is_symlink()


def failing_rename(at: set[int]) -> Callable[..., None]:
    real, calls = os.rename, iter(range(100))

    def rename(*args: Any) -> None:
        if next(calls) in at:
            raise OSError(28, os.strerror(28))
        real(*args)

    return rename


@pytest.mark.parametrize("at", [0, 1])
def test_if_a_rename_fails_the_old_result_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    put_result(tmp_path / "result", OLD)
    monkeypatch.setattr(os, "rename", failing_rename({at}))
    with pytest.raises(FileError, match=r"result cannot be written: the disk is full\. Free"):
        put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == OLD
    assert os.listdir(tmp_path) == ["result"]


def test_if_the_renames_cannot_be_flushed_the_old_result_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_result(tmp_path / "result", OLD)
    synced: list[Path] = []

    def sync(folder: Path) -> None:
        synced.append(folder)
        if folder == tmp_path:
            raise OSError(5, os.strerror(5))

    monkeypatch.setattr("eventstudy.report.placing.sync_folder", sync)
    with pytest.raises(FileError, match="result cannot be written: Input/output error"):
        put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == OLD
    assert os.listdir(tmp_path) == ["result"]
    assert tmp_path in synced


def test_if_it_cannot_be_put_back_it_is_beside_and_the_next_run_puts_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_result(tmp_path / "result", OLD)
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", failing_rename({1, 2}))
        with pytest.raises(FileError):
            put_result(tmp_path / "result", NEW)
    assert tree(beside(tmp_path / "result")[1]) == OLD
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing_rename({0}))
        with pytest.raises(FileError):
            put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == OLD


def test_an_earlier_result_that_cannot_be_read_for_a_moment_is_removed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_result(tmp_path / "result", OLD)
    os.rename(tmp_path / "result", beside(tmp_path / "result")[1])
    put_result(tmp_path / "other", NEW)
    os.rename(tmp_path / "other", tmp_path / "result")
    with monkeypatch.context() as patched:
        patched.setattr("eventstudy.report.placing.listed", lambda _: {})
        with pytest.raises(FileError, match=r"earlier\.tmp cannot be removed"):
            discard(beside(tmp_path / "result")[1])
    put_result(tmp_path / "result", OLD)
    assert tree(tmp_path / "result") == OLD
    assert os.listdir(tmp_path) == ["result"]


def interrupting(place: str, number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        if str(args[0]).endswith(place):
            os.kill(os.getpid(), number)
        return real(*args, **more)

    return call


@pytest.mark.parametrize("place", ["result", ".new.tmp"])
def test_ctrl_c_between_the_renames_waits_until_the_new_result_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    put_result(tmp_path / "result", OLD)
    monkeypatch.setattr(os, "rename", interrupting(place, signal.SIGINT, os.rename))
    with pytest.raises(KeyboardInterrupt):
        put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == NEW
    assert os.listdir(tmp_path) == ["result"]


def test_ctrl_c_while_files_are_written_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_result(tmp_path / "result", OLD)
    monkeypatch.setattr(os, "fsync", interrupting("", signal.SIGINT, os.fsync))
    with pytest.raises(KeyboardInterrupt):
        put_result(tmp_path / "result", NEW)
    assert tree(tmp_path / "result") == OLD
    assert os.listdir(tmp_path) == ["result"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked writers")
def test_a_writer_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    seen = kill_placing(tmp_path, 150)
    assert seen["lost"] == seen["not mended"] == seen["left beside"] == 0
    assert min(seen["old"], seen["new"]) > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked writers")
def test_a_killed_save_loses_nothing(tmp_path: Path) -> None:
    seen = kill_saving(tmp_path, 11)
    assert seen["lost"] == seen["not mended"] == seen["left beside"] == 0
    assert seen["old"] + seen["new"] + seen["old beside"] + seen["new beside"] == 11


def test_run_refuses_a_folder_of_other_files_before_it_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "fx-intraday", str(tmp_path / "study")]) == 0
    study = str(tmp_path / "study" / "study.toml")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    monkeypatch.setattr("eventstudy.study.load.load_reviewed", None)
    assert run(["run", study, "--out", str(tmp_path / "out")]) == 4
    assert "notes.txt" in capsys.readouterr().err
    assert run(["run", study, "--out", str(tmp_path / "study")]) == 2
    assert "is the folder of the study file" in capsys.readouterr().err
