"""A file of many instruments: memory near that of its table, rows in any order, names read once."""

from __future__ import annotations

import pickle
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import eventstudy as es
from eventstudy.market.bars import Bars
from eventstudy.market.lazy_frame import FrameColumns
from eventstudy.market.sources.price_table import instruments_of

STATED = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}
DAYS = [f"{day:%Y-%m-%d}" for day in pd.bdate_range("2020-01-01", periods=40)]
# Bytes of a row in Arrow: 4 of a day, 8 of a price, 11 of the name of an instrument of seven letters.
TABLE_ROW = 23


def price(number: int, day: int) -> float:
    return 100 + number % 7 + day * 0.25


def universe_file(path: Path, count: int, *, by_day: bool) -> Path:
    order = (
        [(n, d) for d in range(40) for n in range(count)] if by_day else [divmod(row, 40) for row in range(count * 40)]
    )
    rows = [f"{DAYS[day]},T{number:06},{price(number, day)}" for number, day in order]
    path.write_text("\n".join(["Date,Ticker,Close", *rows]) + "\n")
    return path


@pytest.mark.parametrize("by_day", [False, True])
def test_many_instruments_take_no_more_than_three_times_the_memory_of_their_table(tmp_path: Path, by_day: bool) -> None:
    es.read_universe(universe_file(tmp_path / "few.csv", 3, by_day=by_day), **STATED)  # imports what readers import
    path = universe_file(tmp_path / "prices.csv", 2_000, by_day=by_day)
    tracemalloc.start()
    read = es.read_universe(path, **STATED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read) == 2_000
    # Columns of time and price in pyarrow's memory, which is not traced, take 16 bytes a row beside it.
    assert peak < (3 * TABLE_ROW - 16) * 2_000 * 40


def test_rows_by_day_are_the_bars_of_rows_by_instrument(tmp_path: Path) -> None:
    one = es.read_universe(universe_file(tmp_path / "prices.csv", 5, by_day=False), **STATED)
    other = es.read_universe(universe_file(tmp_path / "prices.csv", 5, by_day=True), **STATED)
    assert one.codes == other.codes == tuple(f"T{number:06}" for number in range(5))
    for number, (left, right) in enumerate(zip(one, other, strict=True)):
        assert isinstance(left, Bars)
        assert left == right
        assert left.frame["close"].tolist() == [price(number, day) for day in range(40)]
        assert [f"{at:%Y-%m-%d %H:%M %Z}" for at in left.frame.index] == [f"{day} 16:00 UTC" for day in DAYS]


def test_a_frame_is_built_when_it_is_asked_for_and_stays(tmp_path: Path) -> None:
    (bars,) = es.read_universe(universe_file(tmp_path / "prices.csv", 1, by_day=False), **STATED)
    assert isinstance(bars, Bars)
    assert isinstance(bars.unbuilt, FrameColumns)
    assert len(bars) == len(bars.closes_us) == 40
    sent = pickle.loads(pickle.dumps(bars))  # to a worker  # noqa: S301
    assert isinstance(sent.unbuilt, FrameColumns)
    frame = bars.frame
    assert bars.frame is frame
    assert bars.unbuilt is frame
    assert list(frame.columns) == ["close"]
    assert sent == bars == replace(bars, source=bars.source)
    assert (sent.closes_us == bars.closes_us).all()


def test_columns_that_are_no_bars_are_refused_before_a_frame_is_built(tmp_path: Path) -> None:
    (bars,) = es.read_universe(universe_file(tmp_path / "prices.csv", 1, by_day=False), **STATED)
    assert isinstance(bars, Bars)
    held = bars.unbuilt
    assert isinstance(held, FrameColumns)
    with pytest.raises(es.DataError, match=r"not strictly increasing at row 1 \(2020-02-24 16:00:00\+00:00\)"):
        replace(bars, frame=FrameColumns(held.closes[::-1], held.names, held.block))
    with pytest.raises(es.DataError, match="with 'close' always"):
        replace(bars, frame=FrameColumns(held.closes, ("open",), held.block))


def test_names_with_blanks_around_them_cost_no_more_than_names_without() -> None:
    names = [f"T{number:05}" for number in range(20_000)]

    def seconds(column: list[str]) -> float:
        array = pa.array(column).dictionary_encode()
        began = time.perf_counter()
        codes, place = instruments_of(array)
        took = time.perf_counter() - began
        assert codes == names
        assert place[-1] == 19_999 if column == names else place[-1] == 0
        return took

    padded = min(seconds([*names, "T00000 "]) for _ in range(3))
    assert padded < 20 * min(seconds(names) for _ in range(3))
