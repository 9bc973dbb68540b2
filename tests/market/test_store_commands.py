"""``eventstudy data ...`` on the store: what it says, what it writes, how it refuses."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.cli.app import run
from eventstudy.market.store.bar_store import BarStore, state
from eventstudy.market.store.stored_series import POINTER
from tests.market.store_bench import KEY, commit_day, flip, stored_days

LABEL = "moex/CETS/USD000UTSTOM/1min"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BarStore:
    made = BarStore(tmp_path / "store")
    monkeypatch.setenv("EVENTSTUDY_STORE", str(made.root))
    for number in range(3):
        commit_day(made, number)
    return made


def said(capsys: pytest.CaptureFixture[str], *line: str) -> object:
    assert run(["data", *line, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_ls_and_stat_tell_what_is_there(store: BarStore, capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = said(capsys, "ls")  # type: ignore[misc]
    assert (entry["series"], entry["bars"], entry["version"]) == (LABEL, 150, 1)
    assert entry["days"] == [["2021-01-01", "2021-01-03"]]
    total = said(capsys, "stat")
    assert isinstance(total, dict)
    assert (total["series"], total["bars"]) == (1, 150)
    assert total["bytes"] == sum(p.stat().st_size for p in store.root.rglob("*") if p.is_file())
    assert run(["data", "ls"]) == 0
    assert LABEL in capsys.readouterr().out


def test_an_empty_store_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "ls", "--store", str(tmp_path / "none"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(["data", "verify", "--store", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()


def test_verify_finds_damage_gc_clears_it_and_the_days_are_asked_again(
    store: BarStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "verify") == {"ok": True, "findings": []}
    name = state(store, KEY).segments[1].file_name
    flip(store.folder(KEY) / "segments" / name, 4321)
    (store.folder(KEY) / "segments" / "half.parquet.1-1.tmp").write_bytes(b"half")
    assert run(["data", "verify", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert [(f["kind"], Path(f["path"]).name) for f in found["findings"]] == [
        ("corrupt", name),
        ("orphaned", "half.parquet.1-1.tmp"),
    ]
    cleared = said(capsys, "gc")
    assert isinstance(cleared, dict)
    assert (cleared["files"], [d[1:] for d in cleared["days_to_fetch_again"]]) == (2, [["2021-01-02", "2021-01-02"]])
    assert said(capsys, "verify") == {"ok": True, "findings": []}
    assert stored_days(store) == [0, 2]


def test_an_archive_carries_everything_to_another_store(
    store: BarStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, other = tmp_path / "bars.zip", BarStore(tmp_path / "other")
    assert said(capsys, "export", str(archive)) == [{"series": LABEL, "bars": 150, "answers": 0}]
    again = tmp_path / "again.zip"
    said(capsys, "export", str(again), "USD000UTSTOM")
    assert archive.read_bytes() == again.read_bytes()
    assert run(["data", "import", str(archive), "--store", str(other.root)]) == 0
    assert stored_days(other) == [0, 1, 2]
    assert state(other, KEY) == state(store, KEY)
    commit_day(other, 5)
    assert run(["data", "import", str(archive), "--store", str(other.root)]) == 0
    assert stored_days(other) == [0, 1, 2, 5]
    assert state(other, KEY).version == 1
    assert run(["data", "verify", "--store", str(other.root)]) == 0


def test_a_damaged_archive_brings_nothing(store: BarStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, other = tmp_path / "bars.zip", BarStore(tmp_path / "other")
    assert run(["data", "export", str(archive)]) == 0
    with zipfile.ZipFile(archive) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    name = next(n for n in members if n.endswith(".parquet"))
    broken = bytearray(members[name])
    broken[100] ^= 1
    with zipfile.ZipFile(archive, "w") as made:
        for member, content in {**members, name: bytes(broken)}.items():
            made.writestr(member, content)
    capsys.readouterr()
    assert run(["data", "import", str(archive), "--store", str(other.root)]) == 4
    assert "corrupt" in capsys.readouterr().err
    assert stored_days(other) == []
    for content in (b"", b"no zip at all", archive.read_bytes()[:200]):
        archive.write_bytes(content)
        assert run(["data", "import", str(archive), "--store", str(other.root)]) == 4
        assert capsys.readouterr().err.count("\n") == 1


def test_an_archive_cannot_write_outside_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(f"../../{POINTER}", b"{}")
        made.writestr(f"x/{POINTER}", b"{}")
    assert run(["data", "import", str(archive), "--store", str(tmp_path / "in" / "store")]) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.zip"]
    capsys.readouterr()


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_one_series_as_a_table_holds_its_bars(
    store: BarStore, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"bars{suffix}"
    assert run(["data", "export", str(path), LABEL]) == 0
    frame = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path)
    assert len(frame) == 150
    first = pd.to_datetime(frame["close_at"], utc=True)
    assert first.is_monotonic_increasing
    from eventstudy.market.store.bar_store import read

    held = read(store, KEY)
    for name in ("open", "high", "low", "close", "volume"):
        assert frame[name].tolist() == held.columns[name].tolist()
    assert [int(t.value) // 1000 for t in first.dt.as_unit("ns")] == held.closes.tolist()
    capsys.readouterr()


def test_exports_that_cannot_be_are_refused(
    store: BarStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "export", str(tmp_path / "bars.xlsx")]) == 2
    assert ".zip, .parquet or .csv" in capsys.readouterr().err
    assert run(["data", "export", str(tmp_path / "bars.zip"), "NOBODY"]) == 4
    assert "does not hold NOBODY" in capsys.readouterr().err
    assert run(["data", "export", str(tmp_path / "none" / "bars.zip")]) == 4
    assert capsys.readouterr().err.count("\n") == 1
    assert os.listdir(tmp_path) == ["store"]
