"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eventstudy.report import write
from eventstudy.report.manifest import digest, versions


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report.html"
    write.write_file(target, b"old")
    write.write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert [p.name for p in target.parent.iterdir()] == ["report.html"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write.write_file(target, b"old")

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        write.write_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    link = tmp_path / "out" / "car.csv"
    link.parent.mkdir()
    link.symlink_to(outside)
    write.write_file(link, b"new")
    assert outside.read_bytes() == b"precious"
    assert link.read_bytes() == b"new"


def test_digests_are_sha256() -> None:
    # The empty string's SHA-256, from FIPS 180-4 examples.
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_versions_name_what_computes() -> None:
    assert {"eventstudy", "python", "numpy", "pandas"} <= set(versions())
