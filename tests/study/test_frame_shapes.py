"""The same frame in every shape people have gives the same abnormal returns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import eventstudy as es
from eventstudy.errors import DataError, UsageError

DAYS = pd.bdate_range("2023-01-02", periods=150)
PRICES = pd.DataFrame(
    100 * np.exp(np.random.default_rng(3).normal(0, 0.01, (150, 3)).cumsum(axis=0)), DAYS, ["AAA", "BBB", "SPY"]
)
NOONS = pd.to_datetime(["2023-07-03 12:00", "2023-07-10 12:00"]).tz_localize("America/New_York")
EVENTS = pd.DataFrame({"instrument": ["AAA", "BBB"], "time": NOONS})


def study(prices: object) -> np.ndarray:
    result = es.event_study(
        EVENTS,
        prices=prices,
        market="SPY",
        closes_at="16:00 America/New_York",
        estimation=(-100, -11),
        event=(-2, 2),
    )
    return result.abnormal.ar


def long() -> pd.DataFrame:
    return PRICES.rename_axis("Date").reset_index().melt("Date", var_name="ticker", value_name="Close")


SHAPES: dict[str, Callable[[], object]] = {
    "yfinance": lambda: pd.concat({"Close": PRICES, "Volume": PRICES * 0}, axis=1, names=["Price", "Ticker"]),
    "yfinance by ticker": lambda: pd.concat({"Close": PRICES, "Volume": PRICES * 0}, axis=1).swaplevel(axis=1),
    "adjusted beside raw": lambda: pd.concat({"Adj Close": PRICES, "Close": PRICES * 3}, axis=1),
    "periods": lambda: PRICES.to_period("D"),
    "whole numbers": lambda: PRICES.set_axis(DAYS.strftime("%Y%m%d").astype(int)),
    "texts": lambda: PRICES.set_axis(DAYS.strftime("%Y-%m-%d")),
    "a date column": lambda: PRICES.rename_axis("date").reset_index(),
    "a column of dates by another name": lambda: PRICES.rename_axis("when").reset_index(),
    "long": long,
    "long, shuffled": lambda: long().sample(frac=1, random_state=1).reset_index(drop=True),
    "long, in the order of a sample": lambda: long().sample(frac=1, random_state=1),
    "long, dates as rows": lambda: long().set_index("Date"),
    "dates of Taiwan": lambda: PRICES.set_axis([f"{day.year - 1911}/{day:%m/%d}" for day in DAYS]),
    "polars": lambda: pl.from_pandas(PRICES.rename_axis("date").reset_index()),
    "polars, long": lambda: pl.from_pandas(long()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_frame_gives_the_same_numbers(shape: str) -> None:
    assert study(SHAPES[shape]()) == pytest.approx(study(PRICES), abs=1e-14)


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (lambda: PRICES.reset_index(drop=True), UsageError, "rows of the frame are numbered"),
        (lambda: pd.concat([long(), long().tail(1)], ignore_index=True), DataError, "Row 450 .* SPY at .* again"),
        (lambda: PRICES[::-1], DataError, r"not strictly increasing at row 1 .*frame.sort_index\(\)"),
        (lambda: pd.concat([PRICES, PRICES.tail(1)]), DataError, r"at row 150 .*frame.index.duplicated\(\)"),
        (lambda: PRICES.set_axis(DAYS.where(np.arange(len(DAYS)) != 5)), UsageError, "Row 5 of the frame has no time"),
        (
            lambda: pd.DataFrame(dict.fromkeys(["Open", "High", "Low", "Close"], PRICES["AAA"]), DAYS),
            UsageError,
            r"of one instrument, not instruments.*frame\[\[\"Close\"\]\].set_axis",
        ),
        (lambda: pd.concat({"X": PRICES, "Y": PRICES}, axis=1), UsageError, r"two-level columns, as \('X', 'AAA'\)"),
    ],
)
def test_a_shape_that_cannot_be_read_is_named(frame: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        study(frame())


def closing_in(zone: str) -> pd.DataFrame:
    """The returns at closes of 16:00 in New York, on the clock of a zone."""
    closes = DAYS.tz_localize("America/New_York") + pd.Timedelta("16h")
    return np.log(PRICES).diff().set_axis(closes.tz_convert(zone))


def test_closes_on_the_clock_of_another_continent_are_refused_with_their_zone() -> None:
    dated = pd.DataFrame({"instrument": ["AAA"], "date": ["2023-07-03"], "session": ["bmo"]})
    spec = es.StudySpec(model="market", estimation=(-100, -11), event=(-2, 2), tests=[])
    for zone in ("America/New_York", "UTC", "Europe/London", "Europe/Moscow"):  # the dates are the same there
        result = es.run_study(spec, dated, closing_in(zone), market="SPY")
        assert result.abnormal.ar[0] == pytest.approx(study(PRICES)[0]), zone
    with pytest.raises(DataError, match=r"clock of America/New_York.*frame.tz_convert\('America/New_York'\)"):
        es.run_study(spec, dated, closing_in("Asia/Tokyo"), market="SPY")


def test_an_arrow_table_of_a_frame_keeps_its_index() -> None:
    assert study(pa.Table.from_pandas(PRICES)) == pytest.approx(study(PRICES))


def test_instruments_that_are_numbers_are_named_by_their_digits() -> None:
    events = EVENTS.assign(instrument=["10107", "10108"])
    for labels in ([10107, 10108, 84398], [10107.0, 10108.0, 84398.0]):
        result = es.event_study(
            events,
            prices=PRICES.set_axis(labels, axis=1),
            market="84398",
            closes_at="16:00 America/New_York",
            estimation=(-100, -11),
            event=(-2, 2),
        )
        assert result.abnormal.ar == pytest.approx(study(PRICES))


def test_a_list_of_columns_and_rows_without_an_instrument_are_refused() -> None:
    with pytest.raises(UsageError, match=r"`data...... is a Series.*pandas.concat"):
        study([PRICES["AAA"], PRICES["SPY"]])
    with pytest.raises(DataError, match=r"2 rows of the frame name no instrument, the first is row 4"):
        study(long().assign(ticker=lambda f: f["ticker"].where(~f.index.isin([4, 9]))))
