"""A folder of Parquet files: the bars a file would give, only the row groups a window needs, no bar twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventstudy.arrays import epoch_us, from_epoch_us
from eventstudy.errors import BarsError, DataError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.folder import folder_windows
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.table import read_source

START = datetime(2021, 4, 1, tzinfo=UTC)
MINUTES = pd.date_range(START, periods=6000, freq="1min").as_unit("us")
PRICES = 77 + np.random.default_rng(3).standard_normal(len(MINUTES)).cumsum() / 100


def write(folder: Path, *, unit: str = "us", zone: str | None = "UTC", codes: int = 1) -> Path:
    folder.mkdir()
    order = np.random.default_rng(1).permutation(6)
    for number in order:
        rows = slice(number * 1000, (number + 1) * 1000)
        index = MINUTES[rows]
        local = index.tz_convert("Europe/Moscow").tz_localize(None) if zone is None else index
        columns = {
            "stamp": pa.array(np.repeat(local.tz_localize(None).to_numpy() if zone else local.to_numpy(), codes)),
            "last": pa.array(np.repeat(PRICES[rows], codes) + np.tile(np.arange(codes), 1000)),
            "leg": pa.array(np.tile([f"S{n}" for n in range(codes)], 1000)),
        }
        table = pa.table(columns)
        table = table.set_column(0, "stamp", table["stamp"].cast(pa.timestamp(unit, zone)))
        pq.write_table(table, folder / f"part{number}.parquet", row_group_size=250)
    return folder


def asked(folder: Path, **more: object) -> DataSpec:
    columns = {"time": "stamp", "close": "last", "ticker": "leg"}
    given = {"path": str(folder), "label": "left", "columns": columns, "instrument": "S0", "step": "1min", **more}
    return DataSpec(source="folder", **given)  # type: ignore[arg-type]


def read(spec: DataSpec) -> Bars:
    (bars,) = read_source(spec, Reading())
    assert isinstance(bars, Bars)
    return bars


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(("zone", "stated"), [("UTC", ""), ("Europe/Moscow", ""), (None, "Europe/Moscow")])
def test_every_way_of_writing_times_gives_the_same_bars(
    tmp_path: Path, unit: str, zone: str | None, stated: str
) -> None:
    bars = read(asked(write(tmp_path / "bars", unit=unit, zone=zone), timezone=stated))
    assert epoch_us(bars.frame.index).tolist() == (epoch_us(MINUTES) + 60_000_000).tolist()
    assert bars.frame["close"].tolist() == PRICES.tolist()


def test_only_the_row_groups_that_windows_need_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "bars")
    groups: list[int] = []
    real = pq.ParquetFile.read_row_group

    def counted(file: pq.ParquetFile, group: int, **more: object) -> pa.Table:
        groups.append(group)
        return real(file, group, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    monkeypatch.setattr("eventstudy.market.sources.folder.SLACK_US", 60_000_000)
    closes = epoch_us(MINUTES) + 60_000_000
    spans = [(int(closes[10]), int(closes[30])), (int(closes[2990]), int(closes[3010])), (0, 1)]
    found = folder_windows(asked(folder), "S0", spans)
    assert [len(block) for block in found] == [21, 21, 0]
    assert found[1].columns["close"].tolist() == PRICES[2990:3011].tolist()
    assert len(groups) == 3


def test_periods_cut_both_ends_and_an_empty_one_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "bars")
    closes = from_epoch_us(epoch_us(MINUTES) + 60_000_000)
    bars = read(asked(folder, first=closes[100].isoformat(), last=closes[4000].isoformat()))
    assert bars.frame["close"].tolist() == PRICES[100:4001].tolist()
    with pytest.raises(DataError, match="no bar of S0"):
        read(asked(folder, first="2030-01-01"))


def test_several_instruments_are_told_apart_or_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "bars", codes=3)
    assert read(asked(folder)).frame["close"].tolist() == PRICES.tolist()
    with pytest.raises((BarsError, DataError)):
        read(asked(folder, columns={"time": "stamp", "close": "last"}))


def test_zone_and_label_must_be_stated_and_files_must_be_there(tmp_path: Path) -> None:
    folder = write(tmp_path / "bars", zone=None)
    with pytest.raises(UsageError, match="zone|clock"):  # noqa: RUF043 - either word will do
        read(asked(folder))
    with pytest.raises(UsageError, match="label|end of a bar"):  # noqa: RUF043
        read(asked(folder, timezone="Europe/Moscow", label=None))
    with pytest.raises(DataError, match="no Parquet file"):
        read(asked(tmp_path / "nothing"))
    (folder / "cut.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="not a valid Parquet"):
        read(asked(folder, timezone="Europe/Moscow"))


def test_no_source_skips_the_quality_checks(tmp_path: Path) -> None:
    folder = write(tmp_path / "bars")
    part = pd.read_parquet(folder / "part2.parquet")
    part.loc[500, "last"] *= 100  # one bad tick
    part.to_parquet(folder / "part2.parquet")
    bars = read(asked(folder))
    assert [notice.code for notice in bars.notices] == ["ES-BAD-TICK"]
    assert len(bars) == len(MINUTES) - 1
