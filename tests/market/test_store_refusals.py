"""Every refusal of the disk is a ``StoreError`` or another error of the package, whatever the store was doing."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventstudy.errors import DataError, EventStudyError, StoreError
from eventstudy.market.store import answers, archive, upkeep
from eventstudy.market.store.bar_store import BarStore, append, commit, every_series, read, state, writing
from tests.market.store_bench import KEY, commit_day, day_of_bars, in_a_child

CALLS = ("open", "stat", "scandir", "mkdir", "replace", "unlink", "fsync", "listdir")
WORK: dict[str, Callable[[BarStore, Path], Any]] = {
    "append": lambda store, _: commit(store, KEY, *day_of_bars(2)),
    "keep an answer": lambda store, _: answers.keep(
        answers.open_shelf(store.folder(KEY)), "question", b"answer", datetime.now(UTC)
    ),
    "read": lambda store, _: read(store, KEY),
    "list": lambda store, _: upkeep.listing(store),
    "verify": lambda store, _: list(upkeep.verify(store)),
    "collect": lambda store, _: upkeep.collect(store),
    "export": lambda store, folder: archive.export_archive(store, folder / "bars.zip"),
    "export a table": lambda store, folder: archive.export_table(store, folder / "bars.csv"),
    "import": lambda store, folder: archive.import_archive(BarStore(folder / "new"), folder / "carried.zip"),
}


class Nth:
    """Lets the n-th call to the file system of this process fail, whoever makes it."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, code: int) -> None:
        self.count, self.number, self.code = 0, number, code
        for name in CALLS:
            patch.setattr(os, name, self._counted(getattr(os, name)))
        patch.setattr(io, "open", self._counted(io.open))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.count += 1
            if self.count == self.number:
                raise OSError(self.code, os.strerror(self.code), *map(str, args[:1]))
            return real(*args, **more)

        return call


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("code", [errno.EIO, pytest.param(errno.EACCES, marks=pytest.mark.slow)])
def test_any_refusal_is_typed_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    number, calls = 0, None
    while calls is None or calls.count >= number:
        number += 1
        folder = tmp_path / str(number)
        store = BarStore(folder / "store")
        for day in (0, 1):
            commit_day(store, day)
        archive.export_archive(store, folder / "carried.zip")
        with monkeypatch.context() as patch:
            calls = Nth(patch, number, code)
            try:
                WORK[name](store, folder)
            except EventStudyError as error:
                refused: EventStudyError | None = error
            else:
                refused = None
        assert refused is None or (isinstance(refused, DataError) and refused.remedy), number
        assert len(read(store, KEY)) >= 100
        assert [f for f in upkeep.verify(store) if f.kind != "orphaned"] == []
        assert (
            not (folder / "bars.zip").exists()
            or refused is None
            or archive.import_archive(BarStore(folder / "again"), folder / "bars.zip")
        )
        if number > 60:
            break
    assert number > 1


def test_a_folder_that_vanishes_is_one_sentence(tmp_path: Path) -> None:
    store = BarStore(tmp_path / "store")
    commit_day(store, 0)
    with writing(store, KEY) as writer:
        shutil.rmtree(store.root)
        with pytest.raises(StoreError, match="does not exist"):
            append(writer, *day_of_bars(1))
    assert state(store, KEY).days == ()
    commit_day(store, 1)
    assert len(read(store, KEY)) == 50


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become a user without rights")
def test_a_read_only_store_can_be_read_and_refuses_to_be_written(tmp_path: Path) -> None:
    store = BarStore(tmp_path / "store")
    commit_day(store, 0)
    said = tmp_path / "said"
    said.touch()
    said.chmod(0o666)
    for path in (*tmp_path.parents, tmp_path):
        with suppress(PermissionError):
            path.chmod(path.stat().st_mode | 0o055)
    for path in store.root.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    store.root.chmod(0o555)

    def work() -> None:
        os.setuid(65534)
        assert len(read(store, KEY)) == 50
        try:
            commit_day(store, 1)
        except StoreError as error:
            said.write_text(str(error))

    with in_a_child(work) as child:
        os.waitpid(child, 0)
    assert "permission denied" in said.read_text()
    assert "--store" in said.read_text()


def test_a_segment_that_cannot_be_read_is_never_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BarStore(tmp_path / "store")
    commit_day(store, 0)
    real = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.suffix == ".parquet":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        with pytest.raises(StoreError, match="cannot be read"):
            upkeep.collect(store)
    assert len(read(store, KEY)) == 50
    assert len(every_series(store)) == 1
