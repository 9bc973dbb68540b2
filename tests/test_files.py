"""Files appear complete or not at all, and every refusal of the disk names the path and the remedy."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from eventstudy.errors import FileError
from eventstudy.files import left_aside, read_json, read_regular, replacing, write_file


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report.html"
    write_file(target, b"old")
    write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert [p.name for p in target.parent.iterdir()] == ["report.html"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_file(target, b"old")

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(FileError, match=r"the disk is full\. Free"):
        write_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    link = tmp_path / "out" / "car.csv"
    link.parent.mkdir()
    link.symlink_to(outside)
    write_file(link, b"new")
    assert outside.read_bytes() == b"precious"
    assert link.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.EDQUOT, "quota is used up. Free disk space"), (errno.EROFS, "read-only. Choose a folder")],
)
def test_a_refusal_names_path_reason_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    def broken(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(FileError) as caught:
        write_file(tmp_path / "car.csv", b"new")
    assert str(tmp_path / "car.csv") in str(caught.value)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_never_replaces_one_that_exists(tmp_path: Path) -> None:
    target = tmp_path / "events.toml"
    with replacing(target, new=True) as stream:
        stream.write(b"first")
    with pytest.raises(FileExistsError), replacing(target, new=True) as stream:
        stream.write(b"second")
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupt_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = write_file(tmp_path / "car.csv", b"old")

    def interrupted() -> None:
        with replacing(target) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_permissions_follow_the_umask_and_the_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "report.html", b"")
        with replacing(tmp_path / "private", mode=0o600) as stream:
            stream.write(b"")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"report.html": 0o640, "private": 0o600}


def test_what_a_killed_writer_left_is_found_and_a_file_of_the_user_is_not(tmp_path: Path) -> None:
    (tmp_path / "mine.tmp").touch()
    with replacing(tmp_path / "car.csv"):
        assert len(left_aside(tmp_path)) == 1
    assert left_aside(tmp_path) == []


def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "exact").write_bytes(b"x" * 100)
    assert read_regular(tmp_path / "exact", 100) == b"x" * 100
    refused = {
        "pipe": "not a regular file but a pipe",
        ".": "not a regular file but a folder",
        "/dev/zero": "not a regular file but a device",
        "/dev/tty": "not a regular file but a device",
        "loop": "cannot be read",
        "missing": "There is no file",
        "a\0b": "not the name of a file",
        "/proc/self/status": "larger than 99 bytes",  # the system states a size of 0
        "exact": "larger than 99 bytes",
    }
    for name, reason in refused.items():
        with pytest.raises(FileError, match=reason):
            read_regular(tmp_path / name, 99)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"9" * 5_000, b"{", b"\xff\xfe\x00"])
def test_json_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(FileError, match=r"x\.json is not JSON: "):
        read_json(tmp_path / "x.json")
