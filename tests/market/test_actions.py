"""Corporate actions from a table: splits and dividends bring raw prices to one level, by hand arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources.price_files import read_universe

STATED = {"timezone": "America/New_York", "closes_at": "16:00"}
# A 4:1 split on 5 January, a dividend of 0.50 on 9 January; without them the price never moves by more than 1%.
PRICES = """\
Date,Open,High,Low,Close,Volume,Ticker
2024-01-03,400,404,396,400,100,AAA
2024-01-04,400,404,396,404,100,AAA
2024-01-05,101,102,100,101,400,AAA
2024-01-08,101,102,100,101,400,AAA
2024-01-09,100.5,101,100,100.5,400,AAA
2024-01-03,10,10,10,10,5,BBB
2024-01-04,10,10,10,10,5,BBB
"""


def read(folder: Path, actions: str, prices: str = PRICES) -> dict[str, pd.DataFrame]:
    (folder / "prices.csv").write_text(prices)
    (folder / "splits.csv").write_text(actions)
    universe = read_universe(folder / "prices.csv", actions=str(folder / "splits.csv"), **STATED)
    assert not universe.left_out
    return {one.instrument.code: one.frame for one in universe}


@pytest.mark.parametrize("ratio", ["4:1", "4", "4.0", "4 for 1", "4-for-1", "8/2"])
def test_a_split_divides_earlier_prices_and_multiplies_volume(tmp_path: Path, ratio: str) -> None:
    frames = read(tmp_path, f"date,ticker,ratio\n2024-01-05,AAA,{ratio}\n")
    assert frames["AAA"]["close"].tolist() == [100, 101, 101, 101, 100.5]
    assert frames["AAA"]["high"].tolist() == [101, 101, 102, 102, 101]
    assert frames["AAA"]["volume"].tolist() == [400] * 5
    assert frames["BBB"]["close"].tolist() == [10, 10]


def test_a_reverse_split_multiplies(tmp_path: Path) -> None:
    prices = "Date,Close,Ticker\n2024-01-03,1,AAA\n2024-01-04,30,AAA\n"
    assert read(tmp_path, "Date,Symbol,Split\n2024-01-04,AAA,1:30\n", prices)["AAA"]["close"].tolist() == [30, 30]


def test_a_dividend_makes_total_returns(tmp_path: Path) -> None:
    table = "ex_date,instrument,ratio,dividend\n2024-01-05,AAA,4:1,\n2024-01-09,AAA,,0.50\n"
    closes = read(tmp_path, table)["AAA"]["close"].to_numpy()
    # The return of 9 January is (100.5 + 0.5) / 101 - 1 up to the usual factor 1 - D / P: 100.5 / (101 - 0.5) = 1.
    assert closes[4] / closes[3] == pytest.approx(100.5 / (101 - 0.5), abs=1e-15)
    assert closes[1] / closes[0] == pytest.approx(404 / 400, abs=1e-15)
    assert np.diff(np.log(closes)) == pytest.approx([np.log(1.01), 0, 0, 0], abs=1e-12)


def test_a_dividend_on_the_day_of_a_split_counts_in_new_shares(tmp_path: Path) -> None:
    closes = read(tmp_path, "date,ticker,ratio,dividend\n2024-01-05,AAA,4:1,1.01\n")["AAA"]["close"]
    assert closes.iloc[1] == pytest.approx(101 - 1.01)


def test_actions_take_the_raw_close_and_are_reported(tmp_path: Path) -> None:
    prices = "Date,Close,Adj Close\n2024-01-03,400,7\n2024-01-04,100,8\n"
    (tmp_path / "AAA.csv").write_text(prices)
    (tmp_path / "splits.csv").write_text("date,ratio\n2024-01-04,4:1\n")
    (bars,) = read_universe(tmp_path / "AAA.csv", actions=str(tmp_path / "splits.csv"), **STATED)
    assert bars.frame["close"].tolist() == [100, 100]
    assert [notice.code for notice in bars.notices] == ["ES-ACTIONS"]


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ("date,ratio\n2024-01-05,4:1\n", DataError, "does not say which instrument"),
        ("date,ticker\n2024-01-05,AAA\n", DataError, "needs the columns date and ratio or dividend"),
        ("date,ticker,ratio\n2024-01-05,AAA,four\n", DataError, "line 2: 'four' is not a split ratio"),
        ("date,ticker,ratio\n2024-01-05,AAA,-4\n", DataError, "'-4' is not a split ratio"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, table: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read(tmp_path, table)


def test_a_dividend_above_the_price_leaves_the_instrument_out(tmp_path: Path) -> None:
    (tmp_path / "AAA.csv").write_text("Date,Close\n2024-01-03,1\n2024-01-04,1\n")
    (tmp_path / "splits.csv").write_text("date,dividend\n2024-01-04,50\n")
    with pytest.raises(BarsError, match="dividend 50 of AAA on 2024-01-04 is not below the price"):
        read_universe(tmp_path / "AAA.csv", actions=str(tmp_path / "splits.csv"), **STATED)
