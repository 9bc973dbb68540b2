"""Parquet datasets: by instrument, by date, one file; the numbers of plain files, and nothing else read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

import eventstudy as es
from eventstudy.errors import DataError, NetworkError
from eventstudy.market.sources import dataset
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.table import read_source
from eventstudy.market.universe import Universe
from eventstudy.study.load import load_study
from tests.market.s3_server import serving

CODES = ("AAA", "BBB", "CCC")


def rows() -> pd.DataFrame:
    days = pd.bdate_range("2020-01-01", periods=400)
    rng = np.random.default_rng(4)
    parts = [
        pd.DataFrame({"date": days, "ticker": code, "close": 100 * np.exp(rng.normal(0, 0.01, 400).cumsum())})
        for code in CODES
    ]
    return pd.concat(parts, ignore_index=True)


def write(folder: Path, layout: str) -> Path:
    frame = rows()
    if layout == "year":
        frame["year"] = frame["date"].dt.year
    table = pa.Table.from_pandas(frame, preserve_index=False)
    keys = {"ticker": ["ticker"], "year": ["year"], "files": []}[layout]
    pads.write_dataset(
        table,
        folder,
        format="parquet",
        partitioning=keys or None,
        partitioning_flavor="hive" if keys else None,
        max_rows_per_group=100,
        min_rows_per_group=1,
    )
    return folder


def spec_of(path: Path | str, **more: Any) -> DataSpec:
    stated = {"timezone": "America/New_York", "closes_at": "16:00", "step": "1D"}
    return DataSpec(source="dataset", path=str(path), **{**stated, **more})


def read(path: Path | str, wanted: tuple[str, ...] | None = None, **more: Any) -> Universe:
    return read_source(spec_of(path, **more), Reading(wanted=wanted))


@pytest.mark.parametrize("layout", ["ticker", "year", "files"])
def test_a_dataset_gives_the_bars_of_the_rows_written(tmp_path: Path, layout: str) -> None:
    universe = read(write(tmp_path / "bars", layout))
    assert sorted(universe.codes) == list(CODES)
    for code in CODES:
        held = rows().query("ticker == @code")
        assert universe[code].frame["close"].tolist() == held["close"].tolist()  # type: ignore[union-attr]
        assert universe[code].frame.index[0] == pd.Timestamp("2020-01-01 21:00", tz="UTC")  # type: ignore[union-attr]


@pytest.mark.parametrize("layout", ["ticker", "year", "files"])
def test_only_the_instruments_wanted_and_the_period_are_read(
    tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(tmp_path / "bars", layout)
    scanned: list[int] = []
    original = dataset.parquet_dataset

    def counting(path: str, *, offline: bool = False) -> Any:
        real = original(path, offline=offline)

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

            def to_table(self, **how: Any) -> Any:
                kept = real.get_fragments(filter=how["filter"])
                groups = [g for f in kept for g in f.split_by_row_group(how["filter"], schema=real.schema)]
                scanned.append(sum(group.num_rows for fragment in groups for group in fragment.row_groups))
                return real.to_table(**how)

        return Counting()

    monkeypatch.setattr(dataset, "parquet_dataset", counting)
    universe = read(place, ("BBB",), first="2021-01-01")
    assert universe.codes == ("BBB",)
    assert universe["BBB"].frame.index[0] == pd.Timestamp("2021-01-01 21:00", tz="UTC")  # type: ignore[union-attr]
    needed = 138  # trading days of BBB from 2021 on
    assert len(universe["BBB"]) == needed
    assert scanned[0] <= {"ticker": 200, "year": 420, "files": 200}[layout]  # of 1,200 rows


def test_a_study_reads_a_dataset_as_it_reads_a_file(tmp_path: Path) -> None:
    write(tmp_path / "bars", "ticker")
    rows().to_csv(tmp_path / "prices.csv", index=False)
    (tmp_path / "events.csv").write_text("id,ticker,time\na,BBB,2021-03-03T10:00-05:00\n")
    common = 'timezone = "America/New_York"\ncloses_at = "16:00"\n'
    rest = '[window]\nestimation = [-100, -11]\nevent = [-1, 1]\n[model]\nname = "constant_mean"\n'
    for name, row in (("file", 'path = "prices.csv"\n'), ("set", 'source = "dataset"\npath = "bars"\n')):
        text = f'[events]\nfile = "events.csv"\n[[data]]\n{row}{common}{rest}'
        (tmp_path / f"{name}.toml").write_text(text)
    one, other = (load_study(tmp_path / f"{name}.toml") for name in ("file", "set"))
    assert [s.instrument.code for s in other.data] == ["BBB"]
    read_rows, all_rows = other.data[0].frame, one.data[0].frame  # type: ignore[union-attr]
    assert read_rows.equals(all_rows.loc[: read_rows.index[-1]])  # nothing after the event that no window needs
    assert 280 + 1 < len(read_rows) < len(all_rows)


def test_what_cannot_be_read_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no Parquet file"):
        read(tmp_path / "empty")
    with pytest.raises(DataError, match="has no row of XXX"):
        read(write(tmp_path / "bars", "ticker"), ("XXX",))
    with pytest.raises(NetworkError, match="--offline forbids"):
        read_source(spec_of("s3://bucket/bars"), Reading(offline=True))


def test_files_of_unnamed_instruments_are_never_joined_into_one(tmp_path: Path) -> None:
    for number, code in enumerate(CODES[:2]):
        held = rows().query("ticker == @code")[["date", "close"]]
        held["date"] += pd.Timedelta(days=1001 * number)
        held.to_parquet(tmp_path / f"{code}.parquet", index=False)
    with pytest.raises(DataError, match="2 files and no column of instruments"):
        read(tmp_path)
    assert len(read(tmp_path, instrument="AAA")["AAA"]) == 800


@pytest.mark.parametrize("damage", ["truncated", "another type"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    place = write(tmp_path / "bars", "ticker")
    (file,) = (place / "ticker=BBB").glob("*.parquet")
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-40])
    else:
        pq.write_table(pa.table({"date": ["x", "y"], "close": ["a", "b"]}), file)
    with pytest.raises(DataError) as said:
        read(place)
    assert "ticker=BBB" in str(said.value)
    assert "\n" not in str(said.value)


def test_a_dataset_behind_s3_is_read_by_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    place = write(tmp_path / "bars", "ticker")
    with serving(tmp_path) as (bucket, address):
        universe = read(address.format("bars"), ("BBB",))
        assert universe["BBB"] == replace(read(place, ("BBB",))["BBB"], source=universe["BBB"].source)
        read_from = {key.split("/")[1] for key in bucket.sent}
        assert read_from == {"ticker=AAA", "ticker=BBB"}  # the schema is that of the first file
        bucket.refuse = True
        with pytest.raises(NetworkError) as said:
            read(address.format("bars"), ("BBB",))
    assert "secret" not in str(said.value)
    assert "\n" not in str(said.value)


def sparse_rows() -> pd.DataFrame:
    """AAA trades daily, BBB every third day, CCC from 2020-06 on; seven years of days."""
    days = pd.bdate_range("2015-01-01", "2021-12-31")
    rng, parts = np.random.default_rng(8), []
    for code, held in {"AAA": days, "BBB": days[::3], "CCC": days[days >= "2020-06-01"]}.items():
        closes = 100 * np.exp(rng.normal(0, 0.01, len(held)).cumsum())
        parts.append(pd.DataFrame({"date": held, "ticker": code, "close": closes}))
    return pd.concat(parts, ignore_index=True)


STUDY = """[events]
file = "events.csv"
[[data]]
{row}
timezone = "America/New_York"
closes_at = "16:00"
step = "1D"
[window]
estimation = [-100, -11]
event = [-1, 5]
[model]
name = "market"
[market]
instrument = "AAA"
[response]
compute = "off"
"""


def both_studies(folder: Path, frame: pd.DataFrame, events: str, **writing: Any) -> list[Any]:
    """Load one study from a file and from a dataset of the same rows."""
    pads.write_dataset(pa.Table.from_pandas(frame, preserve_index=False), folder / "bars", format="parquet", **writing)
    frame.to_csv(folder / "prices.csv", index=False)
    (folder / "events.csv").write_text("id,ticker,time\n" + events)
    rows = {"file": 'path = "prices.csv"', "set": 'source = "dataset"\npath = "bars"'}
    for name, row in rows.items():
        (folder / f"{name}.toml").write_text(STUDY.format(row=row))
    return [load_study(folder / f"{name}.toml") for name in rows]


def bytes_read() -> int:
    """Bytes that this process has read from files so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def test_only_the_rows_that_windows_need_are_read_and_they_are_enough(tmp_path: Path) -> None:
    """Who trades every third day is read three times as far back, and numbers are those of all rows."""
    events = "a,BBB,2018-03-07T10:00-05:00\nb,CCC,2020-09-01T10:00-04:00\nc,BBB,2018-09-05T10:00-04:00\n"
    whole, part = both_studies(tmp_path, sparse_rows(), events)
    closes = {one.instrument.code: one.frame.index for one in part.data}
    # 100 bars, a twentieth and 15 more before the first event, and six months to the second, every third day.
    assert 120 + 43 < len(closes["BBB"]) < 300
    assert closes["BBB"][-1] < pd.Timestamp("2019-06-30", tz="UTC")
    assert closes["CCC"][0] == pd.Timestamp("2020-06-01 20:00", tz="UTC")
    assert part.market is not None
    assert len(part.market) < 1300 < len(whole.market)
    one, other = (es.run_study(s.spec, s.events, s.data, s.market, s.factors).to_dict() for s in (whole, part))
    assert one.pop("spec_digest") != other.pop("spec_digest")  # the paths of the prices differ
    said, here = (result.pop("warnings") for result in (one, other))  # they count bars that were read
    assert [row["code"] for row in said] == [row["code"] for row in here]
    assert one == other
    assert [row["outcome"] for row in one["outcomes"]] == ["used"] * 3


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="bytes read are counted by Linux")
def test_the_bytes_read_are_at_most_twice_those_of_the_bars_needed(tmp_path: Path) -> None:
    """Four instruments with 400 sessions of 390 minutes; two events need 12,000 minutes before and 60 after each."""
    open_at = pd.bdate_range("2019-01-01", periods=400, tz="America/New_York") + pd.Timedelta("9h30min")
    minutes = pd.DatetimeIndex(
        np.concatenate([pd.date_range(at, periods=390, freq="1min") for at in open_at.tz_convert("UTC")]), tz="UTC"
    )
    rng, codes = np.random.default_rng(3), ("A0", "A1", "A2", "A3")
    closes = 100 * np.exp(rng.normal(0, 1e-4, (4, len(minutes))).cumsum(axis=1))
    frame = pd.concat(
        [pd.DataFrame({"date": minutes, "ticker": code, "close": closes[k]}) for k, code in enumerate(codes)]
    )
    how: dict[str, Any] = {"max_rows_per_group": 1_000, "min_rows_per_group": 1}
    pads.write_dataset(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "bars", format="parquet", **how)
    events = "id,ticker,time\na,A1,2019-06-12T12:00-04:00\nb,A3,2020-01-15T12:00-05:00\n"
    (tmp_path / "events.csv").write_text(events)
    text = STUDY.format(row='source = "dataset"\npath = "bars"\nlabel = "left"').replace('"1D"', '"1min"')
    text = (
        text.replace('closes_at = "16:00"\n', "").replace("[-100, -11]", "[-12000, -11]").replace("[-1, 5]", "[-5, 60]")
    )
    (tmp_path / "study.toml").write_text(text.replace('"market"\n[market]\ninstrument = "AAA"', '"constant_mean"'))
    load_study(tmp_path / "study.toml")  # what is read once in a process, such as time zones
    before = bytes_read()
    part = load_study(tmp_path / "study.toml")
    spent = bytes_read() - before
    assert es.run_study(part.spec, part.events, part.data).complete
    (file,) = (tmp_path / "bars").glob("*.parquet")
    footer = (
        pq.ParquetFile(file).metadata.serialized_size + 2**16
    )  # pyarrow reads at least so much of the end of a file
    per_row = (file.stat().st_size - footer) / len(frame)
    assert spent - 2 * footer <= 2 * per_row * 2 * (12_000 + 60)  # the statistics are read when opened and when scanned
