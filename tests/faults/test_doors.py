"""Every interface that reads a file refuses hostile ones in a sentence; ``scripts/bench faults doors`` tries all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.errors import DataError
from tests.faults.doors import INPUTS, Ended, every

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="calls interfaces in forked processes")
# Interfaces and kinds that failed once, or that need the same care; the bench has all of them.
TRIED = (
    ("data check parquet", "a pipe"),
    ("date html", "a pipe"),
    ("[events] file", "a pipe"),
    ("validate", "/dev/zero"),
    ("read_bars csv", "/proc/self/mem"),
    ("data check parquet", "a name that is not UTF-8"),
    ("open_dataset", "a name that is not UTF-8"),
    ("load_study", "a name that is not UTF-8"),
    ("read_bars csv", "surrogates"),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # ``every`` changes the folder; this one comes back at the end
    return tmp_path


def test_hostile_files_are_refused_in_a_sentence(here: Path) -> None:
    seen = [one for door, kind in TRIED for one in every(here / "place", door, kind)]
    assert [(one.door, one.kind, one.wrong, one.said) for one in seen if one.wrong] == []
    assert len(seen) == len(TRIED)


def test_an_archive_of_one_line_is_refused_by_its_beginning(here: Path) -> None:
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.csv", b"0" * 5_000_000)
    with pytest.raises(DataError, match="unpacks to a line of more than 1,000,000 bytes"):
        es.read_bars("bomb.zip", instrument="A", step="1D", timezone="UTC", closes_at="16:00")


def test_what_is_wrong_is_seen() -> None:
    right = Ended("run", "a pipe", 4, "eventstudy: x is not a regular file.", 0.1, 1.0)
    assert not right.wrong
    assert Ended("run", "a pipe", 70, "a defect", 0.1, 1.0).wrong
    assert Ended("run", "a pipe", 4, "Traceback (most recent call last)", 0.1, 1.0).wrong
    assert Ended("run", "a pipe", 4, "", 0.1, 1.0).wrong
    assert Ended("run", "a pipe", 4, "one\ntwo", 0.1, 1.0).wrong
    assert Ended("run", "a pipe", 4, "slow", 9.0, 1.0).wrong
    assert Ended("run", "a pipe", 4, "large", 0.1, 5_000.0).wrong
    assert {"a pipe", "/dev/zero"} < set(INPUTS)
