"""Every interface that reads a file refuses hostile ones in a sentence; ``scripts/bench faults doors`` tries all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.errors import DataError, EventStudyError
from eventstudy.market.sources.text_stream import is_bomb
from eventstudy.news import raw_rows
from tests.faults.doors import INPUTS, Ended, every, packed

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
    ("events check parquet", "half a Parquet file"),
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


@pytest.mark.parametrize("begin", [b"Date,Close\n", b"["])
def test_an_archive_of_repeated_rows_is_refused_before_all_is_unpacked(here: Path, begin: bytes) -> None:
    path = packed(begin + b"2021-04-13,1\n", "prices.json" if begin == b"[" else "prices.csv", 200_000_000)(
        Path("a.zip")
    )
    with pytest.raises(DataError, match=r"a.zip unpacks to more than 64,000,000 bytes and 150 times its size"):
        es.read_bars(path, instrument="A", step="1D", timezone="UTC", closes_at="16:00")


def test_a_workbook_of_repeated_cells_is_refused_by_its_table_of_contents(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(b"<c r='A1'><v>1</v></c>", "xl/worksheets/sheet1.xml", 200_000_000)(Path("a.xlsx"))
    with pytest.raises(DataError, match="unpacks to more than 64,000,000 bytes and 150 times its size"):
        es.read_bars(path, instrument="A", step="1D", timezone="UTC", closes_at="16:00")
    monkeypatch.setattr(raw_rows, "MAX_BYTES", 100_000_000)
    with pytest.raises(EventStudyError, match=r"a\.xlsx unpacks to more than 100 MB"):
        es.read_events(path)


def test_minute_bars_of_one_price_are_unpacked() -> None:
    # 46,000,000 bytes of minute bars with one price shrink to 1/97 by zstd, level 19.
    assert not is_bomb(970_000_000, 10_000_000)
    assert not is_bomb(60_000_000, 1_000)
    assert is_bomb(64_000_001, 400_000)
    assert is_bomb(1_501_000_000, 10_000_000)


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
