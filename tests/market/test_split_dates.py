"""Dates in several columns: Year, Month, Day, and Hour, Minute; read as the dates they are, or refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import eventstudy as es

DAYS = [day for day in (date(2023, 1, 3) + timedelta(n) for n in range(120)) if day.weekday() < 5]
CLOSE = [100 + (n * 7) % 11 for n in range(len(DAYS))]
STATED = {"timezone": "America/New_York", "closes_at": "16:00"}


def written(folder: Path, name: str, header: str, rows: list[str]) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows] if header else rows) + "\n", encoding="utf-8")
    return path


def days_read(bars: es.Bars) -> list[date]:
    assert bars.frame["close"].tolist() == CLOSE
    return [at.date() for at in bars.frame.index.tz_convert("America/New_York")]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Year,Month,Day,Close", "{d.year},{d.month},{d.day},{c}"),
        ("YEAR,MONTH,DAY,CLOSE,VOLUME", "{d.year},{d.month:02d},{d.day:02d},{c},20230103"),
        ("day,month,year,ticker,close", "{d.day},{d.month},{d.year},AAA,{c}"),
        ("Year,Month,Day,Close", "{d.year},{d:%b},{d.day},{c}"),
        ("Close,Year,Month,Day", "{c},{d.year},{d:%B},{d.day}"),
    ],
)
def test_a_date_in_three_columns(tmp_path: Path, header: str, row: str) -> None:
    path = written(tmp_path, "AAA.csv", header, [row.format(d=d, c=c) for d, c in zip(DAYS, CLOSE, strict=True)])
    (one,) = es.read_universe(path, **STATED)
    assert one.instrument.code == "AAA"
    assert days_read(one) == DAYS


def test_of_a_universe_and_of_a_parquet_file(tmp_path: Path) -> None:
    rows = [f"{d.year},{d.month},{d.day},{c},{2 * c}" for d, c in zip(DAYS, CLOSE, strict=True)]
    one, two = es.read_universe(written(tmp_path, "wide.csv", "Year,Month,Day,AAA,BBB", rows), **STATED)
    assert (one.instrument.code, two.instrument.code) == ("AAA", "BBB")
    assert days_read(one) == DAYS
    parts = {name: [getattr(d, name) for d in DAYS] for name in ("year", "month", "day")}
    pq.write_table(pa.table({**parts, "close": CLOSE}), tmp_path / "AAA.parquet")
    (one,) = es.read_universe(tmp_path / "AAA.parquet", **STATED)
    assert days_read(one) == DAYS


def test_of_a_file_without_a_header_no_row_is_lost(tmp_path: Path) -> None:
    rows = [f"{d.year},{d.month},{d.day},{c}" for d, c in zip(DAYS, CLOSE, strict=True)]
    (one,) = es.read_universe(
        written(tmp_path, "AAA.csv", "", rows), columns=["year", "month", "day", "close"], **STATED
    )
    assert days_read(one) == DAYS


def test_a_month_without_a_day_stands_for_its_end(tmp_path: Path) -> None:
    rows = [f"{2015 + n // 12},{n % 12 + 1},{c}" for n, c in enumerate(CLOSE)]
    (one,) = es.read_universe(written(tmp_path, "AAA.csv", "Year,Month,Close", rows), **STATED)
    ends = pd.date_range("2015-01-31", periods=len(rows), freq="ME")
    assert days_read(one) == [at.date() for at in ends]


def test_hours_and_minutes_join_the_date(tmp_path: Path) -> None:
    labels = [pd.Timestamp(d) + pd.Timedelta(hours=10, minutes=m) for d in DAYS[:40] for m in (0, 30)]
    rows = [f"{at.year},{at.month},{at.day},{at.hour},{at.minute},{100 + n % 7}" for n, at in enumerate(labels)]
    path = written(tmp_path, "AAA.csv", "Year,Month,Day,Hour,Minute,Close", rows)
    (one,) = es.read_universe(path, timezone="America/New_York", label="right")
    assert one.frame.index.tz_convert("America/New_York").tz_localize(None).tolist() == labels


def test_a_column_of_whole_dates_comes_first_and_a_day_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    rows = [f"{d},{d.year},{d.month},{c}" for d, c in zip(DAYS, CLOSE, strict=True)]
    (one,) = es.read_universe(written(tmp_path, "AAA.csv", "Date,Year,Month,Close", rows), **STATED)
    assert days_read(one) == DAYS
    path = written(tmp_path, "bad.csv", "Year,Month,Day,Close", ["2023,1,3,100", "2023,2,30,101"])
    with pytest.raises(es.EventStudyError, match="'2023-02-30' is a day that does not exist"):
        es.read_universe(path, **STATED)
    path = written(tmp_path, "short.csv", "Year,Month,Day,Close", ["23,1,3,100", "23,1,4,101"])
    with pytest.raises(es.EventStudyError, match="is not a date"):
        es.read_universe(path, **STATED)
