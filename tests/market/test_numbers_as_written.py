"""Prices as people write them: currency signs and codes, groups of India, bid and ask; closes as they were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import eventstudy as es
from eventstudy.errors import BarsError
from eventstudy.market.sources.number_text import read_numbers
from tests.market.test_vendor_layouts import CLOSE, DAYS, STATED, read_right, written

# How a price of 1234.5 is written.
PRICES = {
    "code after": lambda p: f"{p:,.2f} USD",
    "sign after": lambda p: f"{p:.2f}€",
    "word after": lambda p: f"{p:.2f} zł",
    "code that ends like thousands": lambda p: f"{p:.2f} THB",
    "abbreviation before": lambda p: f"Rs. {p:,.2f}",
    "sign before": lambda p: f"${p:,.2f}",
    "two signs before": lambda p: f"HK${p:.2f}",
}


@pytest.mark.parametrize("kind", PRICES)
def test_currencies_around_a_price(tmp_path: Path, kind: str) -> None:
    rows = "".join(f'{day:%Y-%m-%d},"{PRICES[kind](close)}"\n' for day, close in zip(DAYS, CLOSE, strict=True))
    read_right(written(tmp_path, "AAA.csv", "Date,Close\n" + rows))


def test_groups_of_two_digits_and_signs_in_front() -> None:
    assert read_numbers(["3,33,467.50", "12,34,56,789.5"])[0].tolist() == [333467.5, 123456789.5]
    assert read_numbers(["-$5.25", "$5"])[0].tolist() == [-5.25, 5]


@pytest.mark.parametrize("texts", [["5 EUR", "5 USD"], ["$5", "€5"], ["5", "5*"], ["5 GBX", "5"]])
def test_a_number_in_another_unit_is_refused(tmp_path: Path, texts: list[str]) -> None:
    assert read_numbers(texts)[1] == [1]
    rows = "".join(f"2023-01-0{n + 3},{text}\n" for n, text in enumerate(texts))
    with pytest.raises(BarsError, match=r"line 3, column 'Close'.*(another unit|not a number)"):
        es.read_universe(written(tmp_path, "AAA.csv", "Date,Close\n" + rows), **STATED)


def test_another_column_proves_what_a_comma_is(tmp_path: Path) -> None:
    rows = [f'{day:%Y-%m-%d},"{33_000 + n:,}"' for n, day in enumerate(DAYS)]
    open_file = written(tmp_path, "open.csv", "Date,Close\n" + "\n".join(rows) + "\n")
    with pytest.raises(BarsError, match=r"'33,000' may be a thousand .*Write it without the comma"):
        es.read_universe(open_file, **STATED)
    proven = written(tmp_path, "AAA.csv", "Date,Close,Volume\n" + "".join(f'{row},"1,234,567"\n' for row in rows))
    (one,) = es.read_universe(proven, **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(33_000 + np.arange(len(DAYS)))


@pytest.mark.parametrize("names", ["Bid,Ask", "Best Bid,Best Ask", "ask,bid"])
def test_bid_and_ask_without_another_price_are_studied_by_their_mean(tmp_path: Path, names: str) -> None:
    rows = "".join(f"{day:%Y-%m-%d},{close - 0.25},{close + 0.25}\n" for day, close in zip(DAYS, CLOSE, strict=True))
    one = read_right(written(tmp_path, "AAA.csv", f"Date,{names}\n" + rows))
    assert [notice.code for notice in one.notices] == ["ES-MID-PRICE"]
    bid = read_right_bid(tmp_path, names)
    assert bid == pytest.approx(CLOSE + (0.25 if names.startswith("ask") else -0.25))


def read_right_bid(folder: Path, names: str) -> np.ndarray:
    """Return the bid of the file where it is asked for by name: no mean, and no notice."""
    name = next(part for part in names.split(",") if "bid" in part.casefold())
    (one,) = es.read_universe(folder / "AAA.csv", prices=name, **STATED)
    assert one.notices == ()
    return one.frame["close"].to_numpy()


def test_a_quote_of_one_side_is_no_price(tmp_path: Path) -> None:
    rows = [f"{day:%Y-%m-%d},{close - 0.25},{close + 0.25}\n" for day, close in zip(DAYS, CLOSE, strict=True)]
    rows[50] = f"{DAYS[50]:%Y-%m-%d},0,{CLOSE[50]}\n"
    (one,) = es.read_universe(written(tmp_path, "AAA.csv", "Date,Bid,Ask\n" + "".join(rows)), **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(np.delete(CLOSE, 50))
    assert "ES-MISSING-PRICE" in [notice.code for notice in one.notices]
