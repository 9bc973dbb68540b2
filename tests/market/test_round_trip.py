"""CSV -> Bars -> Parquet -> Bars is exact, for any prices and any instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eventstudy as es
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument

PRICE = st.floats(1e-12, 1e12, allow_subnormal=False)
EXACT = {"accept": ("bad tick", "unit jump", "split-like jump", "stale run")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(1, 10**9), PRICE, st.floats(0, 1e15)), min_size=1, max_size=30),
    start=st.integers(0, 1_700_000_000),
    label=st.sampled_from(["left", "right"]),
)
def test_text_and_parquet_hold_the_same_bits(
    tmp_path: Path, rows: list[tuple[int, float, float]], start: int, label: str
) -> None:
    wall = (start + np.cumsum([gap % 10_000 + 1 for gap, _, _ in rows])).astype("M8[s]")
    text = "".join(f"{t}+00:00,{p!r},{v!r}\n" for t, (_, p, v) in zip(wall, rows, strict=True))
    (tmp_path / "a.csv").write_text("time,close,volume\n" + text, encoding="utf-8")
    asked = {"instrument": "ABC", "step": "1s", "label": label}
    first = es.read_bars(tmp_path / "a.csv", **asked, **EXACT)
    assert first.frame["close"].tolist() == [p for _, p, _ in rows]
    assert first.frame["volume"].tolist() == [v for _, _, v in rows]
    assert (first.closes_us // 10**6 - (label == "left")).tolist() == wall.astype(np.int64).tolist()
    es.write_bars(first, tmp_path / "a.parquet")
    assert es.read_bars(tmp_path / "a.parquet", instrument="ABC", step="1s") == first


def rich_bars() -> Bars:
    thing = Instrument("A", "B", "24/7", "RUB", -1, date(2020, 1, 1), date(2024, 6, 11), ("C", "D"), "ends")
    index = pd.DatetimeIndex(["2021-04-13 15:00", "2021-04-13 15:01"], tz="UTC").as_unit("us")
    frame = pd.DataFrame({"open": [1.0, np.nan], "close": [2.0, 3.0]}, index=index)
    return Bars(thing, pd.Timedelta("1min"), "left", frame, "SIMULATED by hand", True, (Notice("ES-X", "words"),))


def test_all_that_is_known_of_the_bars_comes_back(tmp_path: Path) -> None:
    es.write_bars(rich_bars(), tmp_path / "a.parquet")
    assert es.read_bars(tmp_path / "a.parquet", instrument="A", step="1min") == rich_bars()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"instrument": "Z"}, "instrument='A'"),
        ({"step": "1h"}, "step='0 days 00:01:00'"),
        ({"label": "right"}, "label='left'"),
    ],
)
def test_a_file_of_our_own_is_not_read_as_something_else(tmp_path: Path, asked: dict[str, str], message: str) -> None:
    es.write_bars(rich_bars(), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=message):
        es.read_bars(tmp_path / "a.parquet", **({"instrument": "A", "step": "1min"} | asked))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    es.write_bars(replace(rich_bars()), tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="not a valid Parquet file"):
        es.read_bars(tmp_path / "a.parquet", instrument="A", step="1min")
