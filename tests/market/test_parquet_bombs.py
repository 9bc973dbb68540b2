"""Parquet files that a few repeated values blow up: refused by their metadata, texts in memory once."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import eventstudy as es
from eventstudy.errors import DataError, EventStudyError
from eventstudy.market.sources.parquet_file import open_parquet
from eventstudy.news import raw_rows

STATED = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}
DAYS = pa.array(np.arange(18_000, 18_400), pa.int32()).cast(pa.date32())


def written(path: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False)
    return path


def test_rows_of_one_value_are_refused_by_the_metadata(tmp_path: Path) -> None:
    many = 3_000_000  # of three columns: 72,000,000 bytes of values
    day = pa.array(np.full(many, 18_000), pa.int32()).cast(pa.date32())
    price = pa.array(np.full(many, 100.0))
    path = written(tmp_path / "prices.parquet", {"Date": day, "Open": price, "Close": price})
    with pytest.raises(DataError, match=r"prices.parquet holds 72,000,000 bytes of values, [\d,]+ times its size"):
        es.read_bars(path, instrument="A", **STATED)


def test_a_text_in_every_row_is_in_memory_once(tmp_path: Path) -> None:
    name = pa.DictionaryArray.from_arrays(pa.array(np.zeros(400, np.int32)), pa.array(["x" * 1_000_000]))
    path = written(tmp_path / "prices.parquet", {"Date": DAYS, "Name": name, "Close": pa.array(np.arange(400) + 1.0)})
    before = pa.total_allocated_bytes()
    with open_parquet(path) as file:
        table = file.read()
        assert pa.total_allocated_bytes() - before < 20_000_000  # 400,000,000 as texts
        assert len(table["Name"][399].as_py()) == 1_000_000


def test_a_column_of_words_is_not_that_of_the_instruments(tmp_path: Path) -> None:
    name = pa.array(["x" * 201] * 200 + ["y" * 201] * 200)
    path = written(tmp_path / "prices.parquet", {"Date": DAYS, "ticker": name, "Close": pa.array(np.arange(400) + 1.0)})
    with pytest.raises(DataError, match=r"The code of an instrument has 201 letters, more than 200: x{40}\.\.\."):
        es.read_universe(path, **STATED)


def test_events_that_repeat_one_long_text_are_refused_before_they_are_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2_000, np.int32)), pa.array(["x" * 100_000]))
    path = written(
        tmp_path / "events.parquet",
        {
            "id": pa.array([str(number) for number in range(2_000)]),
            "ticker": pa.array(["A"] * 2_000),
            "time": pa.array(["2021-04-13T10:00:00Z"] * 2_000),
            "label": label,
        },
    )
    monkeypatch.setattr(raw_rows, "MAX_BYTES", 100_000_000)
    with pytest.raises(EventStudyError, match=r"^\S+events\.parquet unpacks to more than 100 MB\."):
        es.read_events(path)


def test_cells_of_parquet_come_as_they_are() -> None:
    sink = io.BytesIO()
    table = pa.table({"a": ["x", None, "x"], "n": [1, 2, None], "many": [["A", "B"], [], None], "c": ["x", "y", "x"]})
    pq.write_table(table.set_column(3, "c", table["c"].dictionary_encode()), sink)
    rows = list(raw_rows.parquet_rows(sink.getvalue(), "x.parquet"))
    assert [row.line for row in rows] == [1, 2, 3]
    assert [row.cells for row in rows] == table.to_pylist()


@pytest.mark.parametrize(("rows", "word"), [(3_000_000, "A"), (2_000, "x" * 1_000_000)])
def test_a_dataset_opens_by_its_first_row_alone(tmp_path: Path, rows: int, word: str) -> None:
    same = np.zeros(rows, np.int32)
    name = pa.DictionaryArray.from_arrays(pa.array(same), pa.array([word]))
    day = pa.array(same + 18_000).cast(pa.date32())
    path = written(tmp_path / "prices.parquet", {"time": day, "ticker": name, "close": pa.array(same + 100.0)})
    before, began = pa.total_allocated_bytes(), time.monotonic()
    if rows > 1_000_000:
        with pytest.raises(DataError, match=r"prices.parquet holds 72,000,000 bytes of values"):
            es.open_dataset(path, **STATED)
    else:
        assert es.open_dataset(path, **STATED) is not None  # 2 GB as texts
    assert time.monotonic() - began < 10
    assert pa.total_allocated_bytes() - before < 50_000_000


def test_json_rows_with_more_cells_than_named_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    rows = [[100.0 + day, f"2021-04-{day:02}", f"2021-05-{day:02}"] for day in range(5, 10)]
    path.write_text(json.dumps({"columns": ["close", "date"], "data": rows}))
    assert es.read_bars(path, instrument="A", **STATED).frame["close"].tolist() == [105.0, 106.0, 107.0, 108.0, 109.0]
    path.write_text(json.dumps({"columns": ["close"], "data": rows}))
    with pytest.raises(DataError, match=r"prices\.json"):
        es.read_bars(path, instrument="A", **STATED)
